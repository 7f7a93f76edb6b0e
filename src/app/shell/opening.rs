//! Opening files: reading them, and taking over what was read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Window;
use super::leaving::Leave;
use super::requests::file_name;
use super::sync::Followed;
use super::window::{Dialog, Then};
use crate::app::jobs::{self, Astray, Found, Opened, OpenedProject, Pick, Reading, Task};
use crate::app::picture::{Picture, Pyramid};
use crate::app::views::dialogs::Confirm;
use crate::app::views::reading::FirstLook;
use crate::app::views::toasts::Weight;
use crate::audio::PartRead;
use crate::nmf;
use crate::project::{
    Difference, Edit, History, Loaded, Project, RecentFiles, RecordingRef, Recovery, Row,
};
use crate::separation::{Cancel, Outcome, advise};
use crate::spectral::StftSettings;

/// The demo recording comes with the program.
const DEMO: &[u8] = include_bytes!("../../../assets/demo.wav");

/// A file that is being read.
pub(super) struct Opening {
    /// What the user is told of it.
    pub name: String,
    path: PathBuf,
    reading: Reading,
    pub look: FirstLook,
    /// The project that misses the recording, and its file.
    of: Option<(Box<OpenedProject>, PathBuf)>,
    /// The state of what was open when the file was asked for.
    before: u64,
}

impl Opening {
    /// What is read, and how far, as far as that is known.
    pub fn words(&self) -> String {
        let percent = (100.0 * self.reading.fraction()) as u32;
        match percent {
            0 => format!("Reading {} …", self.name),
            _ => format!("Reading {} … {percent} %", self.name),
        }
    }
}

impl Window {
    /// Opens a file without asking. What is open stays until the file has been read.
    pub(super) fn open_path(&mut self, path: PathBuf) {
        self.unsaved.recovering = None;
        let name = file_name(&path);
        self.start_opening(path, name, None);
    }

    /// Opens what a crash has left behind.
    pub(super) fn open_recovery(&mut self, recovery: Recovery) {
        let path = recovery.path().to_owned();
        self.unsaved.recovering = Some(recovery);
        self.start_opening(path, "unsaved work".to_owned(), None);
    }

    fn start_opening(
        &mut self,
        path: PathBuf,
        name: String,
        of: Option<(Box<OpenedProject>, PathBuf)>,
    ) {
        self.frames.opening();
        let content = self.is_demo(&path).then_some(DEMO);
        let look = FirstLook::default();
        let preview = Arc::clone(&look.preview);
        let seen = move |part: &PartRead<'_>| preview.follow(part);
        self.work.opening = Some(Opening {
            name,
            reading: jobs::open(&path, content, seen, Arc::clone(&self.wake)),
            look,
            path,
            of,
            before: self.history.state(),
        });
    }

    pub(super) fn open_demo(&mut self) {
        self.leave(Leave::Open(demo_path(self.options.state.as_deref())));
    }

    /// Whether this is the file of the demo, which comes with the program.
    pub(super) fn is_demo(&self, path: &Path) -> bool {
        path == demo_path(self.options.state.as_deref())
    }

    pub(super) fn poll_opening(&mut self) {
        let Some(result) = self.work.opening.as_ref().and_then(|o| o.reading.poll()) else {
            return;
        };
        let Some(opening) = self.work.opening.take() else {
            return;
        };
        let Opening {
            name,
            path,
            of,
            before,
            ..
        } = opening;
        let found = match result {
            Ok(Ok(Some(found))) => found,
            Ok(Ok(None)) => return,
            Ok(Err(error)) => {
                self.not_opened(format!("{name} cannot be opened: {error}"), of);
                return;
            }
            Err(_) => {
                self.not_opened(
                    format!("{name} cannot be opened: reading it broke down"),
                    of,
                );
                return;
            }
        };
        if !self.history.is_saved() && self.history.state() != before {
            // Edits were made while it was read.
            self.leave(Leave::Open(path));
            return;
        }
        match (found, of) {
            (Found::Recording(opened), Some((project, file))) => {
                self.relink(project, file, opened);
            }
            (Found::Project(..), of) if of.is_some() => self.not_opened(
                format!("{name} is a project: choose the recording that is missing"),
                of,
            ),
            (Found::Recording(opened), None) => self.opened(opened),
            (Found::Project(opened, file), _) => self.opened_project(opened, file),
        }
    }

    /// Says why a file was not opened. Where it was to be the recording of a project, another one is
    /// asked for.
    fn not_opened(&mut self, why: String, of: Option<(Box<OpenedProject>, PathBuf)>) {
        self.toasts.say(Weight::Error, why);
        if let Some((project, file)) = of {
            self.ask_where(project, file);
        }
    }

    fn opened(&mut self, opened: Opened) {
        let recording = Arc::new(reference(&opened));
        // How it was started was tried for another recording.
        let mut settings = self.project().settings().clone();
        let fresh = nmf::Settings::default();
        (settings.nmf.seed, settings.nmf.init) = (fresh.seed, fresh.init);
        let settings = Edit::SetSettings(settings);
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
                self.focus_first();
                return;
            }
            Err(astray) => astray,
        };
        let project = Box::new(OpenedProject {
            loaded,
            recording: Err(astray),
        });
        self.ask_where(project, path);
    }

    /// Asks where the recording of a project is.
    fn ask_where(&mut self, project: Box<OpenedProject>, path: PathBuf) {
        let recording = project.loaded.project.recording();
        let name = recording.map_or_else(String::new, |recording| file_name(&recording.path));
        let text = match &project.recording {
            Ok(_) | Err(Astray::Missing) => {
                format!("{name} is neither beside the project nor where it was")
            }
            Err(Astray::Changed(place, what)) => {
                let what = match what {
                    Difference::Size { .. } => "has another size",
                    Difference::Content => "has other content",
                };
                format!(
                    "{} {what} than when the project was made; choose the file that it was made from",
                    place.display()
                )
            }
            Err(Astray::Unreadable(error)) => format!("{name} cannot be read any more: {error}"),
        };
        let question = Confirm {
            title: format!("Where is {name}?"),
            text,
            yes: "Choose…".to_owned(),
            other: None,
            cancel: Some("Cancel"),
            careful: false,
        };
        self.dialog = Some(Dialog::Confirm(question, Then::Locate(project, path)));
    }

    pub(super) fn ask_recording(&mut self, project: Box<OpenedProject>, path: PathBuf) {
        if self.is_picking() {
            self.ask_where(project, path);
            return;
        }
        let recording = project.loaded.project.recording();
        let name = recording.map_or_else(String::new, |recording| file_name(&recording.path));
        self.work.astray = Some((project, path));
        self.pick(Pick::Recording { name });
    }

    /// The recording that a project misses was chosen.
    pub(super) fn open_missing(&mut self, path: PathBuf) {
        let name = file_name(&path);
        let of = self.work.astray.take();
        self.start_opening(path, name, of);
    }

    /// Makes a project go on with a recording that was found elsewhere.
    fn relink(&mut self, project: Box<OpenedProject>, path: PathBuf, opened: Opened) {
        let recording = Arc::new(reference(&opened));
        let relinked = project
            .loaded
            .project
            .apply(&Edit::Relink(Arc::clone(&recording)));
        match relinked {
            Ok(relinked) => {
                let Loaded { view, copy_of, .. } = project.loaded;
                // A recovery file is no place to save to.
                let file = if self.adopt(&path) {
                    copy_of
                } else {
                    Some(path)
                };
                self.begin(History::unsaved(relinked), file);
                self.show_samples(opened);
                self.start_hashing(&recording);
                self.view_from_json(&view);
                self.focus_first();
            }
            Err(error) => self.not_opened(
                format!("This is not the recording of the project: {error}"),
                Some((project, path)),
            ),
        }
    }

    fn take_over(&mut self, loaded: Loaded, path: PathBuf) {
        if self.adopt(&path) {
            self.begin(History::unsaved(loaded.project), loaded.copy_of);
        } else {
            self.remember(&path);
            self.begin(History::new(loaded.project), Some(path));
        }
    }

    /// Begins with the first source.
    pub(super) fn focus_first(&mut self) {
        let first = self.project().sources().first().map(|source| source.id);
        self.view.focused = first.map(Row::Source);
    }

    /// Shows and plays a recording.
    fn show_samples(&mut self, opened: Opened) {
        if !opened.repairs.is_empty() {
            let repairs = opened.repairs.join("; ");
            self.toasts.say(
                Weight::Warning,
                format!("Repaired while reading: {repairs}"),
            );
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
        let looked_at = Arc::clone(&opened.samples);
        self.advice = None;
        let look = move |cancel: &Cancel| match advise(&looked_at, cancel) {
            Ok(Outcome::Done(advice)) => Some(advice),
            Ok(Outcome::Cancelled) | Err(_) => None,
        };
        self.work.advising = Some(Task::spawn("advice", Arc::clone(&self.wake), look));
        self.samples = Some(opened.samples);
        self.reset_view();
    }

    /// Looks up the recent files.
    pub(super) fn recall(&mut self) {
        if let Some(state) = self.options.state.clone() {
            let wake = Arc::clone(&self.wake);
            let load = move |_: &_| RecentFiles::load(&state);
            self.work.remembering = Some(Task::spawn("recent files", wake, load));
        }
    }

    /// Puts a file in front of the recent ones.
    pub(super) fn remember(&mut self, path: &Path) {
        self.work.to_remember.push_back(path.to_owned());
        self.poll_remembering();
    }

    /// Keeps the list of recent files, one after the other: files on it may be on slow disks.
    pub(super) fn poll_remembering(&mut self) {
        if let Some(task) = &self.work.remembering {
            let Some(kept) = task.poll() else { return };
            self.work.remembering = None;
            self.recent = kept.ok().or(self.recent.take());
        }
        let Some(mut recent) = self.recent.clone() else {
            self.work.to_remember.clear();
            return;
        };
        if let Some(path) = self.work.to_remember.pop_front() {
            let wake = Arc::clone(&self.wake);
            self.work.remembering = Some(Task::spawn("recent files", wake, move |_| {
                // The list is a convenience: where it cannot be kept it lives as long as the
                // window.
                let _ = recent.add(&path);
                recent
            }));
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

/// Where the demo recording is as a file, which projects and exports can point to.
fn demo_path(state: Option<&Path>) -> PathBuf {
    let folder = state.map_or_else(
        || std::env::temp_dir().join("partita"),
        |folder| folder.join("demo"),
    );
    folder.join("demo.wav")
}
