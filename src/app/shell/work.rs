//! Work in the background: starting it, and taking over what comes of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui;

use super::Window;
use super::exports::Exports;
use super::requests::file_name;
use super::sync::Followed;
use super::window::{Dialog, Then};
use crate::app::actions::Action;
use crate::app::jobs::{
    self, Ask, Astray, Finished, Found, OpenError, Opened, OpenedProject, Pick, Picked, Separating,
    Task,
};
use crate::app::picture::{Picture, Pyramid, Show};
use crate::app::views::dialogs::{Confirm, PathEntry};
use crate::app::views::toasts::Weight;
use crate::app::widgets::span;
use crate::playback::Event;
use crate::project::{
    Difference, Edit, Group, History, Loaded, Project, RecordingRef, Row, SeparationData,
};
use crate::spectral::StftSettings;

/// The demo recording comes with the program.
const DEMO: &[u8] = include_bytes!("../../../assets/demo.wav");

/// What goes on.
#[derive(Default)]
pub(super) struct Work {
    /// The file that is being read.
    pub opening: Option<Opening>,
    pub separating: Option<Separating>,
    pub exports: Exports,
    /// What the user is asked for.
    picking: Option<(Task<Picked>, Pick)>,
    /// What is asked for by a dialog of our own.
    entering: Option<Pick>,
    /// A project whose recording the user is asked for.
    astray: Option<(Box<OpenedProject>, PathBuf)>,
    /// What waits for the project to be saved.
    pub after_saving: Option<Then>,
}

pub(super) struct Opening {
    pub name: String,
    task: Task<Result<Option<Found>, OpenError>>,
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
        self.poll_exports();
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

    /// Opens a project that was read from a recovery file.
    pub(super) fn open_recovered(&mut self, loaded: Loaded, path: PathBuf) {
        let task = Task::spawn("open", Arc::clone(&self.wake), move |cancel| {
            let opened = jobs::with_recording(loaded, &path, cancel)?;
            Ok(opened.map(|opened| Found::Project(Box::new(opened), path)))
        });
        let name = "unsaved work".to_owned();
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
            Ok(Ok(Some(Found::Recording(opened)))) => self.opened(opened),
            Ok(Ok(Some(Found::Project(opened, path)))) => self.opened_project(opened, path),
            Ok(Ok(None)) => {}
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
        if let Some((project, path)) = self.work.astray.take() {
            self.relink(*project, path, opened);
            return;
        }
        let recording = Arc::new(reference(&opened));
        let settings = Edit::SetSettings(self.project().settings().clone());
        let fresh = Project::default().apply(&settings);
        match fresh.and_then(|fresh| fresh.apply(&Edit::Open(Arc::clone(&recording)))) {
            Ok(project) => self.begin(History::new(project), None),
            Err(error) => {
                self.toasts.say(Weight::Error, error.to_string());
                return;
            }
        }
        let path = opened.path.clone();
        self.show_samples(opened);
        self.start_hashing(&recording);
        self.remember(&path);
    }

    fn opened_project(&mut self, project: Box<OpenedProject>, path: PathBuf) {
        let OpenedProject { loaded, recording } = *project;
        let astray = match recording {
            Ok(opened) => {
                let view = loaded.view.clone();
                self.take_over(loaded, path);
                self.show_samples(opened);
                self.view_from_json(&view);
                return;
            }
            Err(astray) => astray,
        };
        let name = loaded
            .project
            .recording()
            .map_or_else(String::new, |recording| file_name(&recording.path));
        let text = match &astray {
            Astray::Missing => format!("{name} is neither beside the project nor where it was"),
            Astray::Changed(place, what) => {
                let what = match what {
                    Difference::Size { .. } => "has another size",
                    Difference::Content => "has other content",
                };
                format!(
                    "{} {what} than when the project was made; choose the file that it was made from",
                    place.display()
                )
            }
            Astray::Unreadable(error) => format!("{name} cannot be read any more: {error}"),
        };
        let question = Confirm {
            title: format!("Where is {name}?"),
            text,
            yes: "Choose…".to_owned(),
            other: None,
        };
        let project = Box::new(OpenedProject {
            loaded,
            recording: Err(astray),
        });
        self.dialog = Some(Dialog::Confirm(question, Then::Locate(project, path)));
    }

    pub(super) fn ask_recording(&mut self, project: Box<OpenedProject>, path: PathBuf) {
        let recording = project.loaded.project.recording();
        let name = recording.map_or_else(String::new, |recording| file_name(&recording.path));
        self.work.astray = Some((project, path));
        self.pick(Pick::Recording { name });
    }

    /// Makes a project go on with a recording that was found elsewhere.
    fn relink(&mut self, project: OpenedProject, path: PathBuf, opened: Opened) {
        let recording = Arc::new(reference(&opened));
        let relinked = project
            .loaded
            .project
            .apply(&Edit::Relink(Arc::clone(&recording)));
        match relinked {
            Ok(relinked) => {
                let view = project.loaded.view;
                self.begin(History::unsaved(relinked), Some(path));
                self.show_samples(opened);
                self.start_hashing(&recording);
                self.view_from_json(&view);
            }
            Err(error) => self.toasts.say(
                Weight::Error,
                format!("This is not the recording of the project: {error}"),
            ),
        }
    }

    fn take_over(&mut self, loaded: Loaded, path: PathBuf) {
        match loaded.copy_of {
            // A recovery file is no place to save to.
            _ if self.keeps(&path) => self.begin(History::unsaved(loaded.project), loaded.copy_of),
            _ => {
                self.remember(&path);
                self.begin(History::new(loaded.project), Some(path));
            }
        }
    }

    /// Shows and plays a recording.
    fn show_samples(&mut self, opened: Opened) {
        for repair in &opened.repairs {
            self.toasts
                .say(Weight::Warning, format!("Repaired while reading: {repair}"));
        }
        self.player.load(Arc::clone(&opened.samples));
        self.followed = Followed::default();
        let wake = Arc::clone(&self.wake);
        let stft = StftSettings::default();
        match Pyramid::start(Arc::clone(&opened.samples), stft, move || wake()) {
            Ok(pyramid) => match &mut self.picture {
                Some(picture) => picture.open(pyramid),
                None => self.picture = Some(Picture::new(&self.ctx, pyramid)),
            },
            Err(error) => self.toasts.say(Weight::Error, error.to_string()),
        }
        self.samples = Some(opened.samples);
        self.reset_view();
    }

    /// Puts a file in front of the recent ones.
    pub(super) fn remember(&mut self, path: &Path) {
        if let Some(recent) = &mut self.recent {
            // The list is a convenience: where it cannot be kept it lives as long as the window.
            let _ = recent.add(path);
        }
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
        if let Some(job) = &self.work.exports.stems {
            job.cancel();
        }
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
            Ok(data) if goes_on => {
                let before = self.project().separation().cloned();
                let data = before.map_or(data.clone(), |before| data.after(&before));
                self.edit(&Edit::KeepGoing(Arc::new(data)), None);
            }
            Ok(data) => {
                let data = Arc::new(data);
                self.edit(&Edit::SetSeparation { data, groups }, None);
                let first = self.project().sources().first().map(|source| source.id);
                self.view.focused = first.map(Row::Source);
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

    fn poll_picking(&mut self, ctx: &egui::Context) {
        let Some((task, pick)) = &self.work.picking else {
            return;
        };
        let Some(picked) = task.poll() else {
            return;
        };
        let pick = pick.clone();
        self.work.picking = None;
        match picked {
            Ok(Picked::Path(path)) => self.picked(ctx, pick, path),
            Ok(Picked::Nothing) => self.picked_nothing(),
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
    pub(super) fn entered(&mut self, ctx: &egui::Context, path: Option<PathBuf>) {
        match (self.work.entering.take(), path) {
            (Some(pick), Some(path)) => {
                let path = pick.with_extension(path);
                self.picked(ctx, pick, path);
            }
            _ => self.picked_nothing(),
        }
    }

    fn picked_nothing(&mut self) {
        self.work.after_saving = None;
        self.work.astray = None;
    }

    fn picked(&mut self, ctx: &egui::Context, pick: Pick, path: PathBuf) {
        match pick {
            Pick::Open => self.open_unless_unsaved(path),
            Pick::Recording { .. } => self.open_path(path),
            Pick::Save {
                what: "project", ..
            } => self.save_to(path),
            Pick::Save {
                what: "picture", ..
            } => self.export_picture(ctx, path),
            Pick::Save { what: "plots", .. } => self.export_plots(ctx, &path),
            Pick::Save { .. } => {
                let project = Arc::clone(self.project());
                let wake = Arc::clone(&self.wake);
                self.work.exports.factors = Some(jobs::factors(project, path, wake));
            }
            Pick::Folder { .. } => {
                if let Some(Dialog::Export(form)) = &mut self.dialog {
                    form.request.folder = path;
                }
            }
        }
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
    pub(super) fn leave(&mut self) {
        self.end_keeping();
        if let Some(path) = self.options.diagnostics.take() {
            self.write_diagnostics(&path);
        }
    }
}

/// What a project keeps of a recording that was read.
fn reference(opened: &Opened) -> RecordingRef {
    RecordingRef {
        path: opened.path.clone(),
        info: opened.info.clone(),
        size: opened.size,
        sha256: None,
        repairs: opened.repairs.clone(),
    }
}

/// The demo recording as a file, which projects and exports can point to.
fn demo_file(state: Option<&Path>) -> std::io::Result<PathBuf> {
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
