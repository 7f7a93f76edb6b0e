//! Work in the background: starting it, and taking over what comes of it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui;

use super::Window;
use super::exports::Exports;
use super::leaving::{Checking, Leaving};
use super::opening::Opening;
use super::picking::Picking;
use super::window::Dialog;
use crate::app::actions::Action;
use crate::app::jobs::{self, Ask, Finished, OpenedProject, Pick, Separating, Task};
use crate::app::live_mix::LiveMix;
use crate::app::picture::Show;
use crate::app::views::toasts::Weight;
use crate::app::widgets::span;
use crate::playback::{DeviceState, Event};
use crate::project::{Edit, RecentFiles, Row};
use crate::separation::Advice;

/// What goes on.
#[derive(Default)]
pub(super) struct Work {
    /// The file that is being read.
    pub opening: Option<Opening>,
    pub separating: Option<Separating>,
    pub exports: Exports,
    /// Files to put in front of the recent ones, and the list that is being kept.
    pub to_remember: VecDeque<PathBuf>,
    pub remembering: Option<Task<RecentFiles>>,
    /// Which settings suit the recording that is open.
    pub advising: Option<Task<Option<Advice>>>,
    /// The file that is looked at before the project is left for it.
    pub checking: Option<Checking>,
    /// What the user is asked for.
    pub picking: Option<Picking>,
    /// What is asked for by a dialog of our own, and the dialog under it.
    pub entering: Option<(Pick, Option<Dialog>)>,
    /// A project whose recording the user is asked for.
    pub astray: Option<(Box<OpenedProject>, PathBuf)>,
    /// What waits for the project to be saved.
    pub after_saving: Option<Leaving>,
}

impl Window {
    /// Takes over what jobs and the player have to tell.
    pub(super) fn poll(&mut self, ctx: &egui::Context) {
        for event in self.player.poll() {
            self.told(event);
        }
        self.poll_opening();
        self.poll_checking();
        self.poll_separating();
        self.poll_remembering();
        if let Some(advice) = self.work.advising.as_ref().and_then(Task::poll) {
            self.work.advising = None;
            // Settings that nobody advises are as good as any.
            self.advice = advice.ok().flatten();
        }
        self.poll_picking(ctx);
        self.poll_exports();
    }

    fn told(&mut self, event: Event) {
        // Who does not want to hear anything misses no device.
        let misses = self.player.state().playing;
        match event {
            Event::DeviceLost { why } if misses => self.toasts.say(
                Weight::Warning,
                format!(
                    "The output device is gone ({why}); playing goes on as soon as one is there"
                ),
            ),
            Event::NoDevice { why } if misses => self.say_no_device(&why),
            Event::DeviceLost { .. } | Event::NoDevice { .. } => {}
            Event::DeviceOpened { .. } => {
                self.toasts.withdraw("The output device is gone");
                self.toasts.withdraw("There is no output device");
            }
            Event::DevicesListed | Event::Ended => {}
        }
    }

    fn say_no_device(&mut self, why: &str) {
        self.toasts.say(
            Weight::Warning,
            format!("There is no output device ({why}); it is tried again every second"),
        );
    }

    /// Plays; says where there is nothing to play on.
    pub(super) fn play(&mut self) {
        self.player.play();
        if let DeviceState::None { why } | DeviceState::Lost { why } = self.player.state().device {
            self.say_no_device(&why);
        }
    }

    /// Starts a separation of what the action says.
    pub(super) fn separate(&mut self, action: Action) {
        let project = self.project();
        let (Some(recording), Some(path)) = (
            self.samples.clone(),
            project.recording().map(|recording| recording.path.clone()),
        ) else {
            return;
        };
        let settings = project.settings().clone();
        let excerpt = match (action, &self.view.selection) {
            (Action::TrySelection, Some(part)) => {
                // On the grid of the hops, so that its frames are frames of the whole recording.
                let hop = settings.stft.hop.max(1);
                let sample = |seconds: f64| (seconds * f64::from(recording.rate())) as usize;
                let start = sample(part.start) / hop * hop;
                let end = sample(part.end).min(recording.frames());
                (end > start).then_some(start..end)
            }
            _ => None,
        };
        if let (Some(_), Some(part)) = (&excerpt, self.view.selection.clone()) {
            // What is tried is what is heard.
            let heard = self.player.state().position as f64 / f64::from(recording.rate());
            if !part.contains(&heard) {
                self.seek(part.start);
            }
        }
        let going = self.project().separation();
        let going = going.filter(|_| action == Action::KeepGoing);
        let from = going.map(|data| Arc::clone(&data.factors));
        let excerpt = match going {
            Some(data) => data.excerpt.clone(),
            None => excerpt,
        };
        let ask = Ask {
            recording,
            path,
            excerpt,
            settings,
            from,
        };
        if ask.from.is_none() {
            // The rows give way to those that are found.
            self.view.focused = None;
        }
        self.frames.separating();
        self.work.separating = Some(jobs::separate(ask, Arc::clone(&self.wake)));
        self.view.selected.clear();
        self.view.live_mix = LiveMix::default();
        self.view.renaming = None;
        self.view.show = Show::BySource;
    }

    pub(super) fn cancel(&mut self) {
        if let Some(job) = &self.work.exports.stems {
            job.cancel();
        }
        if self.work.separating.take().is_some() {
            self.toasts
                .say(Weight::BrokenOff, "The separation was cancelled");
        } else if self.work.opening.take().is_some() {
            self.unsaved.recovering = None;
        }
    }

    fn poll_separating(&mut self) {
        let Some(result) = self.work.separating.as_ref().and_then(Separating::poll) else {
            return;
        };
        self.work.separating = None;
        match result {
            Ok(Some(finished)) => self.separated(finished),
            Ok(None) => {
                self.toasts.say(
                    Weight::Error,
                    "The separation broke down; nothing has changed",
                );
            }
            Err(error) => self.toasts.say(Weight::Error, error.to_string()),
        }
    }

    fn separated(&mut self, finished: Finished) {
        self.frames.separated(true);
        let Finished {
            data,
            whole,
            groups,
            ask,
            took,
        } = finished;
        self.followed.place(&data.factors, whole);
        if ask.from.is_some() {
            let data = match self.project().separation() {
                Some(before) => data.after(before),
                None => data,
            };
            self.edit(&Edit::KeepGoing(Arc::new(data)), None);
            return;
        }
        let sources = groups.len();
        let place = match &ask.excerpt {
            Some(_) => " in the selection",
            None => "",
        };
        let data = Arc::new(data);
        self.edit(&Edit::SetSeparation { data, groups }, None);
        let plural = if sources == 1 { "" } else { "s" };
        let took = span(took.as_secs_f64());
        self.focus_first();
        self.toasts.say(
            Weight::Done,
            format!("Found {sources} source{plural}{place} in {took}"),
        );
    }

    /// Sound, picture and rows of an edit follow in the next frame; rows that are gone are let go.
    pub(super) fn edited(&mut self) {
        let project = Arc::clone(self.project());
        let atoms = project.atoms().len();
        self.view.selected.retain(|&k| k < atoms);
        self.view
            .unfolded
            .retain(|&id| project.source(id).is_some());
        let there = |row: &Row| match *row {
            Row::Source(id) => project.source(id).is_some(),
            Row::Atom(k) => k < atoms,
        };
        self.view.focused = self.view.focused.filter(there);
        self.view.hovered = self.view.hovered.filter(there);
    }

    /// The window closes.
    pub(super) fn end(&mut self) {
        self.end_keeping();
        self.keep_looks();
        if let Some(path) = self.options.diagnostics.take() {
            self.write_diagnostics(&path);
        }
    }
}
