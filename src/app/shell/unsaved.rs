//! Work that is not saved: kept by itself while the program runs, and offered after a crash.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use eframe::egui;

use super::Window;
use super::requests::file_name;
use super::window::{Dialog, Then};
use crate::app::jobs::{Task, Waker};
use crate::app::views::dialogs::Confirm;
use crate::app::views::toasts::Weight;
use crate::project::{Autosave, Due, ProjectError, Recovery, Schedule, recoverable};

/// For how long unsaved work is looked for after the start, and how often.
const HELD_AT_MOST: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(1500);
/// How long the end of the program waits for what is being written.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is kept without being asked.
pub(super) struct Unsaved {
    /// Where to.
    folder: Option<PathBuf>,
    autosave: Option<Arc<Autosave>>,
    schedule: Schedule,
    tending: Option<Tending>,
    discarding: Option<Task<Result<(), ProjectError>>>,
    looking: Option<Task<Vec<Left>>>,
    /// What crashed programs have left, newest first.
    left: Vec<Left>,
    /// When it was last looked for, and whether that is over.
    looked: Option<Instant>,
    looked_enough: bool,
    /// The one that is being opened.
    pub recovering: Option<Recovery>,
}

/// What a crashed program has left.
struct Left {
    recovery: Recovery,
    /// Name of the recording, where it can be read.
    recording: Option<String>,
    /// Name of the project file that it is a later state of.
    project: Option<String>,
}

/// What is being done to the file of unsaved work.
struct Tending {
    task: Task<Tended>,
    /// Which of the projects that were open, and which state of it, is written.
    of: Option<(u64, u64)>,
}

/// What was done to the file of unsaved work.
enum Tended {
    /// There is no place for one.
    Nowhere(ProjectError),
    /// It was written.
    Written {
        autosave: Arc<Autosave>,
        result: Result<(), ProjectError>,
    },
    /// It was removed. What remains is offered once more than needed, which loses nothing.
    Cleared,
}

impl Unsaved {
    /// Keeps work in the state folder, and begins to look for what is there.
    pub fn new(state: Option<&Path>, wake: &Waker) -> Self {
        let mut unsaved = Self {
            folder: state.map(|folder| folder.join("unsaved")),
            autosave: None,
            schedule: Schedule::default(),
            tending: None,
            discarding: None,
            looking: None,
            left: Vec::new(),
            looked: None,
            looked_enough: false,
            recovering: None,
        };
        unsaved.look(wake);
        unsaved
    }

    /// Lets what is there be for this time.
    pub fn stop_looking(&mut self) {
        self.looked_enough = true;
    }

    /// Whether a crash may have left something that is not known yet.
    pub fn is_looking(&self) -> bool {
        self.looking.is_some()
    }

    fn look(&mut self, wake: &Waker) {
        if let Some(folder) = self.folder.clone() {
            let look = move |_: &_| recoverable(&folder).into_iter().map(Left::of).collect();
            self.looking = Some(Task::spawn("unsaved work", Arc::clone(wake), look));
        }
    }
}

impl Left {
    fn of(recovery: Recovery) -> Self {
        let loaded = recovery.load().ok();
        let loaded = loaded.as_ref();
        Self {
            recording: loaded.and_then(|loaded| Some(file_name(&loaded.project.recording()?.path))),
            project: loaded.and_then(|loaded| loaded.copy_of.as_deref().map(file_name)),
            recovery,
        }
    }

    /// What it is and how old.
    fn words(&self) -> String {
        let what = self.recording.as_deref().unwrap_or("a recording");
        let age = about(self.recovery.written.elapsed().unwrap_or_default());
        let then = self.project.as_deref().map_or_else(String::new, |project| {
            format!(
                ". {project} is as it was saved before, until you save what is recovered over it"
            )
        });
        format!(
            "Partita was not closed properly the last time. There is work on {what} that was not \
             saved, {age} old{then}"
        )
    }
}

/// A time as people say it: "3 minutes".
fn about(time: Duration) -> String {
    let (count, unit) = match time.as_secs() {
        0..60 => return "less than a minute".to_owned(),
        seconds @ 60..3600 => (seconds / 60, "minute"),
        seconds @ 3600..86_400 => (seconds / 3600, "hour"),
        seconds => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

impl Window {
    /// Looks after unsaved work, and writes it when it is time.
    pub(super) fn keep_unsaved(&mut self, ctx: &egui::Context) {
        self.poll_looking();
        self.look_again(ctx);
        self.poll_tending();
        self.poll_discarding();
        if self.unsaved.folder.is_none() || self.unsaved.tending.is_some() {
            return;
        }
        let (state, saved) = (self.history.state(), self.history.is_saved());
        match self.unsaved.schedule.due(state, saved, Instant::now()) {
            Due::In(wait) => ctx.request_repaint_after(wait),
            Due::Now => self.write_unsaved(),
            Due::Clear => self.clear_unsaved(),
            Due::Nothing => {}
        }
    }

    fn write_unsaved(&mut self) {
        let Some(folder) = self.unsaved.folder.clone() else {
            return;
        };
        let held = self.unsaved.autosave.clone();
        let (project, view) = (Arc::clone(self.project()), self.view_as_json());
        let (file, state) = (self.file.clone(), self.history.state());
        let write = move |_: &_| {
            let autosave = match held.map_or_else(|| Autosave::start(&folder).map(Arc::new), Ok) {
                Ok(autosave) => autosave,
                Err(error) => return Tended::Nowhere(error),
            };
            let result = autosave.write(&project, &view, file.as_deref());
            Tended::Written { autosave, result }
        };
        self.unsaved.tending = Some(Tending {
            task: Task::spawn("autosave", Arc::clone(&self.wake), write),
            of: Some((self.keeper.project(), state)),
        });
    }

    fn clear_unsaved(&mut self) {
        self.unsaved.schedule.cleared();
        if let Some(autosave) = self.unsaved.autosave.clone() {
            let clear = move |_: &_| {
                let _ = autosave.clear();
                Tended::Cleared
            };
            self.unsaved.tending = Some(Tending {
                task: Task::spawn("autosave", Arc::clone(&self.wake), clear),
                of: None,
            });
        }
    }

    fn poll_tending(&mut self) {
        let tending = self.unsaved.tending.as_ref();
        let Some(result) = tending.and_then(|tending| tending.task.poll()) else {
            return;
        };
        let of = self.unsaved.tending.take().and_then(|tending| tending.of);
        if let Some((project, state)) = of
            && project == self.keeper.project()
        {
            // After a failure the same state is not tried again; the next edit is.
            self.unsaved.schedule.wrote(state);
        }
        match result {
            Ok(Tended::Written { autosave, result }) => {
                // What was recovered meanwhile has a file of its own.
                self.unsaved.autosave.get_or_insert(autosave);
                if let Err(error) = result {
                    self.toasts.say(
                        Weight::Warning,
                        format!("Unsaved work could not be kept by itself: {error}"),
                    );
                }
            }
            Ok(Tended::Nowhere(error)) => {
                self.unsaved.folder = None;
                self.toasts.say(
                    Weight::Warning,
                    format!("Unsaved work is not kept by itself: {error}"),
                );
            }
            Ok(Tended::Cleared) => {}
            Err(_) => self.toasts.say(
                Weight::Warning,
                "Keeping unsaved work by itself broke down; save the project",
            ),
        }
    }

    fn poll_discarding(&mut self) {
        let Some(result) = self.unsaved.discarding.as_ref().and_then(Task::poll) else {
            return;
        };
        self.unsaved.discarding = None;
        if let Ok(Err(error)) = result {
            self.toasts.say(Weight::Warning, error.to_string());
        }
    }

    fn is_empty(&self) -> bool {
        self.samples.is_none() && self.work.opening.is_none() && self.dialog.is_none()
    }

    fn poll_looking(&mut self) {
        let Some(left) = self.unsaved.looking.as_ref().and_then(Task::poll) else {
            return;
        };
        self.unsaved.looking = None;
        let first = self.unsaved.looked.is_none();
        self.unsaved.looked = Some(Instant::now());
        self.unsaved.left = left.unwrap_or_default();
        let none = self.unsaved.left.is_empty();
        if !none && self.is_empty() {
            self.offer_recovery();
        } else if first {
            self.open_given();
        }
    }

    /// A program that has just been killed may hold its unsaved work for some seconds more.
    fn look_again(&mut self, ctx: &egui::Context) {
        let over = self.unsaved.looked_enough
            || self.unsaved.is_looking()
            || self.unsaved.recovering.is_some()
            || self.options.started.elapsed() > HELD_AT_MOST;
        if over || !self.is_empty() {
            return;
        }
        ctx.request_repaint_after(LOOK_EVERY);
        let looked = self.unsaved.looked;
        if looked.is_some_and(|looked| looked.elapsed() >= LOOK_EVERY) {
            self.unsaved.look(&self.wake);
        }
    }

    /// Asks whether to go on with what a crash left behind.
    fn offer_recovery(&mut self) {
        let Some(newest) = self.unsaved.left.first() else {
            return;
        };
        let question = Confirm {
            title: "Recover unsaved work?".to_owned(),
            text: newest.words(),
            yes: "Recover".to_owned(),
            other: Some("Discard".to_owned()),
            cancel: Some("Ask later"),
            careful: false,
        };
        self.dialog = Some(Dialog::Confirm(question, Then::Recover));
    }

    /// Opens what the program was started with, unless the user has been faster.
    pub(super) fn open_given(&mut self) {
        let given = self.options.file.take();
        if let Some(path) = given.filter(|_| self.is_empty()) {
            self.open_path(path);
        }
    }

    pub(super) fn recover(&mut self) {
        if !self.unsaved.left.is_empty() {
            let newest = self.unsaved.left.remove(0);
            self.open_recovery(newest.recovery);
            if let Some(given) = self.options.file.take() {
                let name = file_name(&given);
                self.toasts.say(
                    Weight::Warning,
                    format!(
                        "{name} was not opened, as unsaved work was recovered; open it with Ctrl+O"
                    ),
                );
            }
        }
    }

    pub(super) fn discard_recovery(&mut self) {
        let newest = self.unsaved.left.drain(..).next();
        if let Some(Left { recovery, .. }) = newest {
            let discard = move |_: &_| recovery.discard();
            let task = Task::spawn("discard", Arc::clone(&self.wake), discard);
            self.unsaved.discarding = Some(task);
        }
    }

    /// Takes a recovery file over whose project is open now: it stays until what was recovered is
    /// saved. Returns whether `path` is one.
    pub(super) fn adopt(&mut self, path: &Path) -> bool {
        let recovering = self.unsaved.recovering.take();
        let Some(recovery) = recovering.filter(|recovery| recovery.path() == path) else {
            return false;
        };
        self.unsaved.autosave = Some(Arc::new(recovery.adopt()));
        true
    }

    /// Whether small files are being written or removed.
    fn is_tidying(&self) -> bool {
        let unsaved = &self.unsaved;
        unsaved.tending.is_some() || unsaved.discarding.is_some() || self.work.remembering.is_some()
    }

    /// The window closes: what is saved needs no recovery.
    pub(super) fn end_keeping(&mut self) {
        let begun = Instant::now();
        while self.is_tidying() && begun.elapsed() < PATIENCE {
            self.poll_tending();
            self.poll_discarding();
            self.poll_remembering();
            sleep(Duration::from_millis(5));
        }
        if let Some(autosave) = self.unsaved.autosave.take()
            && (self.history.is_saved() || self.may_close)
        {
            // What remains is offered once more than needed, which loses nothing.
            let _ = autosave.clear();
        }
    }
}
