//! Where the views are.

use std::sync::Arc;

use eframe::egui::{self, CornerRadius, Frame, Margin, Panel, Rangef, Ui};

use super::Window;
use super::opening::Opening;
use super::requests::file_name;
use crate::app::actions::Action;
use crate::app::axes::clock;
use crate::app::jobs::Separating;
use crate::app::request::Request;
use crate::app::theme::{self, PANEL_PADDING, Tokens};
use crate::app::views::separation::{self, Running};
use crate::app::views::transport::Transport;
use crate::app::views::{empty, inspector, menu, reading, sources, transport};
use crate::audio::SampleFormat;
use crate::project::{Group, Project, RecentFiles};
use crate::separation::suggested_names;
use crate::spectral::Axes;

const BAR: f32 = 40.0;
const TRANSPORT: f32 = 60.0;
const SETTINGS: f32 = 252.0;
/// What can be dragged wider or higher, from and to.
const LIST: Rangef = Rangef {
    min: 312.0,
    max: 480.0,
};
const PLOTS: Rangef = Rangef {
    min: 140.0,
    max: 420.0,
};

impl Window {
    /// Draws the views. Below a dialog they do not know of the pointer, so that no tooltip and no
    /// reading of theirs covers the dialog.
    pub(super) fn lay_out_below(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let ctx = ui.ctx().clone();
        let covered = ctx.memory(|memory| memory.top_modal_layer().is_some());
        let pointer = covered.then(|| ctx.input_mut(|input| std::mem::take(&mut input.pointer)));
        self.lay_out(ui, out);
        if let Some(pointer) = pointer {
            ctx.input_mut(|input| input.pointer = pointer);
        }
    }

    fn lay_out(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let t = Tokens::of(ui.ctx());
        let plain = |padding: i8| {
            Frame::new()
                .fill(t.panel)
                .inner_margin(Margin::symmetric(padding, 0))
        };
        self.drop_here(ui.ctx());
        Panel::top("bar")
            .exact_size(BAR)
            .frame(plain(PANEL_PADDING))
            .show(ui, |ui| self.bar(ui, out));
        Panel::bottom("transport")
            .exact_size(TRANSPORT)
            .frame(plain(PANEL_PADDING))
            .show(ui, |ui| self.transport(ui, out));
        if self.samples.is_none() {
            let window = Frame::new().fill(t.window);
            let opening = self.work.opening.as_ref().map(Opening::words);
            let look = self.work.opening.as_mut().map(|opening| &mut opening.look);
            let shown = egui::CentralPanel::default().frame(window).show(ui, |ui| {
                if let (Some(look), Some(words)) = (look.filter(|look| look.is_due()), &opening) {
                    reading::show(ui, look, words, out);
                    self.frames.pictured(true, false);
                    return;
                }
                let recent = self.recent.as_ref().map_or(&[][..], RecentFiles::paths);
                empty::show(ui, recent, opening.as_deref(), out);
            });
            self.toasts.show(ui.ctx(), shown.response.rect);
            return;
        }
        let padded = plain(PANEL_PADDING).inner_margin(Margin::same(PANEL_PADDING));
        if self.view.settings {
            Panel::right("settings")
                .exact_size(SETTINGS)
                .frame(padded)
                .show(ui, |ui| self.settings(ui, out));
        }
        let list = plain(0).inner_margin(Margin {
            left: 8,
            right: 8,
            top: PANEL_PADDING,
            bottom: 8,
        });
        let shown = Panel::left("sources")
            .resizable(true)
            .default_size(LIST.clamp(self.remembered.list))
            .size_range(LIST)
            .frame(list)
            .show(ui, |ui| {
                // The panel keeps its width whatever is in it.
                ui.set_min_width(ui.available_width());
                self.sources(ui, out);
            });
        self.remembered.list = shown.response.rect.width();
        if self.view.inspector && self.project().separation().is_some() {
            let shown = Panel::bottom("inspector")
                .default_size(PLOTS.clamp(self.remembered.plots))
                .size_range(PLOTS)
                .frame(plain(PANEL_PADDING))
                .show(ui, |ui| self.inspector(ui, out));
            self.remembered.plots = shown.response.rect.height();
        }
        let centre = Frame::new()
            .fill(t.window)
            .corner_radius(CornerRadius::ZERO);
        let shown = egui::CentralPanel::default()
            .frame(centre)
            .show(ui, |ui| self.picture(ui, out));
        // They cover nothing that is read but the picture.
        self.toasts.show(ui.ctx(), shown.response.rect);
    }

    /// Says that what is dragged over the window can be dropped.
    fn drop_here(&self, ctx: &egui::Context) {
        if ctx.input(|input| input.raw.hovered_files.is_empty()) {
            return;
        }
        let t = Tokens::of(ctx);
        let rect = ctx.content_rect().shrink(12.0);
        let layer = egui::LayerId::new(egui::Order::Tooltip, egui::Id::unique("drop"));
        let painter = ctx.layer_painter(layer);
        painter.rect(
            rect,
            12,
            t.window.gamma_multiply(0.8),
            egui::Stroke::new(2.0, t.accent),
            egui::StrokeKind::Inside,
        );
        let words = "Drop to open";
        painter.text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            words,
            theme::heading(),
            t.text,
        );
    }

    /// The name of what is open, with a mark where something of it is not saved.
    fn title(&self) -> Option<String> {
        let recording = self.project().recording().map(|recording| &recording.path);
        let name = file_name(self.file.as_ref().or(recording)?);
        let mark = if self.history.is_saved() { "" } else { " •" };
        Some(format!("{name}{mark}"))
    }

    /// Tells the system what the window is called.
    pub(super) fn entitle(&mut self, ctx: &egui::Context) {
        let title = self.title().map_or_else(
            || "Partita".to_owned(),
            |title| format!("{title} – Partita"),
        );
        if title != self.entitled {
            self.entitled.clone_from(&title);
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(title));
        }
    }

    fn bar(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let recording = self.project().recording();
        let reading = self.work.opening.as_ref().map(Opening::words);
        let facts = match (&reading, recording) {
            (Some(_), _) | (None, None) => String::new(),
            (None, Some(recording)) => {
                let info = &recording.info;
                let channels = match info.channels {
                    1 => "mono".to_owned(),
                    2 => "stereo".to_owned(),
                    n => format!("{n} channels"),
                };
                let format = match info.format {
                    SampleFormat::F32 | SampleFormat::F64 => "float".to_owned(),
                    format => format!("{} bit", format.bits()),
                };
                let length = clock(self.duration().floor(), 0);
                let rate = f64::from(info.rate) / 1000.0;
                format!("{rate} kHz · {channels} · {format} · {length}")
            }
        };
        let bar = menu::Bar {
            title: reading.or_else(|| self.title()),
            facts,
            unsaved: !self.history.is_saved(),
            undo: self.history.undo_name(),
            redo: self.history.redo_name(),
            recent: self.recent.as_ref().map_or(&[], RecentFiles::paths),
            why_not: &|action| self.why_not(action),
            checked: &|action| self.is_checked(action),
        };
        menu::show(ui, &bar, out);
    }

    fn transport(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let player = self.player.state();
        self.meter.follow(&player.levels.peaks);
        let what = Transport {
            player: &player,
            devices: self.player.devices(),
            device: self.device.as_deref(),
            rate: self.rate(),
            duration: self.duration(),
            looping: self.view.looping,
            solo: self.project().any_solo(),
        };
        transport::show(ui, &what, &self.meter, out);
    }

    fn settings(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let project = self.project();
        let running = self
            .work
            .separating
            .as_ref()
            .map(|job: &Separating| Running {
                iterations: job.live.iterations(),
                phase: job.live.phase(),
                stage: job.live.stage(),
                left: job.live.left().map(|left| left.as_secs_f64()),
                curve: job.live.curve(),
                stops: self.is_enabled(Action::StopAndKeep),
                stopping: job.live.is_kept(),
            });
        let panel = separation::Panel {
            settings: project.settings(),
            recording: self
                .samples
                .as_ref()
                .map(|samples| (samples.frames(), samples.channel_count())),
            selected: self
                .view
                .selection
                .as_ref()
                .map(|part| ((part.end - part.start) * f64::from(self.rate())) as usize),
            rate: self.rate(),
            advice: self.advice.as_ref(),
            running,
            curve: project
                .separation()
                .map_or(&[][..], |data| data.divergence_curve.as_slice()),
            stages: project.settings().is_by_atoms(),
            choice: project.separation().and_then(|data| data.choice.as_ref()),
            why_not: &|action| self.why_not(action),
        };
        separation::show(ui, &panel, out);
    }

    fn sources(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let (project, live) = (Arc::clone(self.project()), self.live_rows());
        let cut = cut(&project);
        let input = sources::Input {
            project: &project,
            live: live.as_ref(),
            meters: &self.followed.meters,
            atom_meters: &self.followed.atom_meters,
            cut: cut.as_deref(),
            separating: self.work.separating.is_some(),
        };
        sources::show(ui, &input, &mut self.view, &mut self.caches.sources, out);
    }

    fn inspector(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let (project, live) = (Arc::clone(self.project()), self.live_rows());
        let input = inspector::Input {
            project: &project,
            live: live.as_ref(),
            playhead: Some(self.position()),
        };
        inspector::show(ui, &input, &mut self.view, &mut self.caches.inspector, out);
    }

    /// The atoms that are being found.
    fn live_rows(&self) -> Option<sources::LiveRows> {
        let job = self.work.separating.as_ref()?;
        Some(sources::LiveRows {
            factors: job.live.factors()?,
            axes: Axes::new(self.project().settings().stft, self.rate()),
            continues: job.continues,
        })
    }
}

/// The groupings into fewer or more sources, where it is known which atoms join first.
fn cut(project: &Project) -> Option<Box<sources::Cut<'_>>> {
    let data = project.separation()?;
    let tree = data.dendrogram.as_ref()?;
    Some(Box::new(move |count| {
        let groups = tree.cut(count);
        let names = suggested_names(&groups, &data.measured());
        let named = groups.into_iter().zip(names);
        named.map(|(atoms, name)| Group { name, atoms }).collect()
    }))
}
