//! Work in the background: starting it, and taking over what comes of it.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui;

use super::Window;
use super::requests::file_name;
use super::window::{Dialog, Then};
use crate::app::actions::Action;
use crate::app::jobs::{self, Ask, Finished, Opened, Pick, Picked, Separating, Task};
use crate::app::picture::Show;
use crate::app::views::dialogs::PathEntry;
use crate::app::views::toasts::Weight;
use crate::app::widgets::span;
use crate::audio::AudioError;
use crate::playback::Event;
use crate::project::{Edit, Group, History, Project, RecordingRef, SeparationData};

/// The demo recording comes with the program.
const DEMO: &[u8] = include_bytes!("../../../assets/demo.wav");

/// What goes on.
#[derive(Default)]
pub(super) struct Work {
    /// The file that is being read, and the project that it belongs to.
    pub opening: Option<Opening>,
    pub separating: Option<Separating>,
    /// What the user is asked for.
    pub picking: Option<(Task<Picked>, Pick)>,
    /// What is asked for by a dialog of our own.
    pub entering: Option<Pick>,
    /// What waits for the project to be saved.
    pub after_saving: Option<Then>,
}

pub(super) struct Opening {
    pub name: String,
    pub task: Task<Result<Opened, AudioError>>,
}

impl Work {
    /// Whether the project is being saved.
    pub fn saves(&self) -> bool {
        false
    }

    /// Whether something is being exported.
    pub fn exports(&self) -> bool {
        false
    }
}

impl Window {
    /// Takes over what jobs and the player have to tell.
    pub(super) fn poll(&mut self, ctx: &egui::Context) {
        for event in self.player.poll() {
            self.told(event);
        }
        self.poll_opening();
        self.poll_separating();
        self.poll_picking(ctx);
    }

    fn told(&mut self, event: Event) {
        match event {
            Event::DeviceLost { why } => self.toasts.say(
                Weight::Warning,
                format!(
                    "The output device is gone ({why}); playing goes on as soon as one is there"
                ),
            ),
            Event::NoDevice { why } => self.toasts.say(
                Weight::Warning,
                format!("There is no output device ({why}); it is tried again every second"),
            ),
            Event::DeviceOpened { .. } => {
                self.toasts.withdraw("The output device is gone");
                self.toasts.withdraw("There is no output device");
            }
            Event::DevicesListed | Event::Ended => {}
        }
    }

    /// Opens a file without asking.
    pub(super) fn open_path(&mut self, path: PathBuf) {
        self.work.separating = None;
        let name = file_name(&path);
        let task = jobs::open(&path, Arc::clone(&self.wake));
        self.work.opening = Some(Opening { name, task });
    }

    pub(super) fn open_demo(&mut self) {
        match demo_file(self.options.state.as_deref()) {
            Ok(path) => self.open_unless_unsaved(path),
            Err(error) => self.toasts.say(
                Weight::Error,
                format!("The demo recording could not be written to a folder of its own: {error}"),
            ),
        }
    }

    fn poll_opening(&mut self) {
        let Some(opening) = &self.work.opening else {
            return;
        };
        let Some(result) = opening.task.poll() else {
            return;
        };
        let name = opening.name.clone();
        self.work.opening = None;
        match result {
            Ok(Ok(opened)) => self.opened(opened),
            Ok(Err(error)) => self
                .toasts
                .say(Weight::Error, format!("{name} cannot be opened: {error}")),
            Err(_) => self.toasts.say(
                Weight::Error,
                format!("{name} cannot be opened: reading it broke down"),
            ),
        }
    }

    fn opened(&mut self, opened: Opened) {
        for repair in &opened.repairs {
            self.toasts
                .say(Weight::Warning, format!("Repaired while reading: {repair}"));
        }
        let recording = Arc::new(RecordingRef {
            path: opened.path.clone(),
            info: opened.info,
            size: opened.size,
            sha256: None,
            repairs: opened.repairs,
        });
        let fresh = Project::default().apply(&Edit::SetSettings(self.project().settings().clone()));
        let project = fresh.and_then(|fresh| fresh.apply(&Edit::Open(recording)));
        match project {
            Ok(project) => self.history = History::new(project),
            Err(error) => {
                self.toasts.say(Weight::Error, error.to_string());
                return;
            }
        }
        self.file = None;
        self.player.load(Arc::clone(&opened.samples));
        self.samples = Some(opened.samples);
        self.reset_view();
        self.remember(opened.path);
    }

    /// Puts a file in front of the recent ones.
    pub(super) fn remember(&mut self, path: PathBuf) {
        self.recent.retain(|other| *other != path);
        self.recent.insert(0, path);
        self.recent.truncate(12);
    }

    /// Starts a separation of what the action says.
    pub(super) fn separate(&mut self, action: Action) {
        let Some(recording) = self.samples.clone() else {
            return;
        };
        let project = self.project();
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
        let from = match action {
            Action::KeepGoing => project.separation().map(|data| Arc::clone(&data.factors)),
            _ => None,
        };
        let ask = Ask {
            recording,
            excerpt,
            settings,
            from,
        };
        self.work.separating = Some(jobs::separate(ask, Arc::clone(&self.wake)));
        self.view.selected.clear();
        self.view.renaming = None;
        self.view.show = Show::BySource;
    }

    pub(super) fn cancel(&mut self) {
        if self.work.separating.take().is_some() {
            self.toasts
                .say(Weight::Done, "The separation was cancelled");
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
        let Finished {
            separation,
            ask,
            took,
        } = finished;
        let groups: Vec<Group> = separation.sources.iter().map(Group::from).collect();
        let (rate, frames) = (ask.recording.rate(), ask.recording.frames());
        let goes_on = ask.from.is_some();
        let sources = groups.len();
        match SeparationData::new(*separation, rate, frames, ask.excerpt) {
            Ok(data) if goes_on => self.edit(&Edit::KeepGoing(Arc::new(data)), None),
            Ok(data) => {
                let data = Arc::new(data);
                self.edit(&Edit::SetSeparation { data, groups }, None);
                let first = self.project().sources().first().map(|source| source.id);
                self.view.focused = first.map(crate::project::Row::Source);
                self.toasts.say(
                    Weight::Done,
                    format!("Found {sources} sources in {}", span(took.as_secs_f64())),
                );
            }
            Err(error) => self.toasts.say(Weight::Error, error.to_string()),
        }
    }

    /// Asks the user for a path.
    pub(super) fn pick(&mut self, pick: Pick) {
        let (files, wanted) = (Arc::clone(&self.files), pick.clone());
        let task = Task::spawn("file dialog", Arc::clone(&self.wake), move |_| {
            files.ask(&wanted)
        });
        self.work.picking = Some((task, pick));
    }

    fn poll_picking(&mut self, _: &egui::Context) {
        let Some((task, pick)) = &self.work.picking else {
            return;
        };
        let Some(picked) = task.poll() else {
            return;
        };
        let pick = pick.clone();
        self.work.picking = None;
        match picked {
            Ok(Picked::Path(path)) => self.picked(pick, path),
            Ok(Picked::Nothing) => self.work.after_saving = None,
            Ok(Picked::Unavailable) | Err(_) => {
                let entry = PathEntry {
                    title: pick.title(),
                    text: String::new(),
                };
                self.work.entering = Some(pick);
                self.dialog = Some(Dialog::Path(entry));
            }
        }
    }

    /// A path was written by hand, or none.
    pub(super) fn entered(&mut self, path: Option<PathBuf>) {
        match (self.work.entering.take(), path) {
            (Some(pick), Some(path)) => {
                let path = pick.with_extension(path);
                self.picked(pick, path);
            }
            _ => self.work.after_saving = None,
        }
    }

    fn picked(&mut self, pick: Pick, path: PathBuf) {
        match pick {
            Pick::Open => self.open_unless_unsaved(path),
            Pick::Recording { .. } | Pick::Save { .. } | Pick::Folder { .. } => {}
        }
    }

    pub(super) fn save(&mut self) {}
    pub(super) fn save_as(&mut self) {}
    pub(super) fn ask_export(&mut self) {}
    pub(super) fn ask_picture(&mut self) {}
    pub(super) fn ask_factors(&mut self) {}
    pub(super) fn edited(&mut self) {}
    pub(super) fn leave(&mut self) {}
}

/// The demo recording as a file, which projects and exports can point to.
fn demo_file(state: Option<&std::path::Path>) -> std::io::Result<PathBuf> {
    let folder = state.map_or_else(
        || std::env::temp_dir().join("partita"),
        |folder| folder.join("demo"),
    );
    let path = folder.join("demo.wav");
    let size = std::fs::metadata(&path).map_or(0, |data| data.len());
    if size != DEMO.len() as u64 {
        std::fs::create_dir_all(&folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        std::io::Write::write_all(&mut file, DEMO)?;
        file.persist(&path)?;
    }
    Ok(path)
}
