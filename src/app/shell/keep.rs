//! Keeping what the user has made: saving, saving by itself, and what a crash left behind.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui;
use serde_json::{Value, json};

use super::Window;
use super::requests::file_name;
use super::window::{Dialog, Then};
use crate::app::axes::TimeView;
use crate::app::jobs::{self, Pick, Task};
use crate::app::views::dialogs::Confirm;
use crate::app::views::toasts::Weight;
use crate::project::{
    self, Autosave, Due, History, ProjectError, RecordingRef, Recovery, Schedule, recoverable,
};

/// For how long unsaved work is looked for after the start, and how often.
const HELD_AT_MOST: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(1500);

/// What saves, and what is saved by itself.
pub(super) struct Keeper {
    /// Folder of unsaved work.
    folder: Option<PathBuf>,
    autosave: Option<Arc<Autosave>>,
    schedule: Schedule,
    writing: Option<(Task<Result<(), ProjectError>>, u64)>,
    saving: Option<Saving>,
    /// What crashed programs have left, newest first.
    left: Vec<Recovery>,
    /// When it was last looked for, and whether that is over.
    looked: Instant,
    folder_looked_through: bool,
    /// The one that is being opened.
    pub recovering: Option<Recovery>,
    /// The SHA-256 of the recording, until it is there.
    hashing: Option<(Task<Option<String>>, Arc<RecordingRef>)>,
    /// Counts the projects that were open.
    project: u64,
    /// Where to save as soon as that can be.
    save_then: Option<PathBuf>,
}

struct Saving {
    /// Which of the projects that were open it is.
    project: u64,
    path: PathBuf,
    state: u64,
    task: Task<Result<(), ProjectError>>,
}

impl Keeper {
    pub fn new(state: Option<&Path>) -> Self {
        let folder = state.map(|folder| folder.join("unsaved"));
        Self {
            left: folder.as_deref().map(recoverable).unwrap_or_default(),
            looked: Instant::now(),
            folder_looked_through: false,
            recovering: None,
            folder,
            autosave: None,
            schedule: Schedule::default(),
            writing: None,
            saving: None,
            hashing: None,
            project: 0,
            save_then: None,
        }
    }

    /// Lets unsaved work be for this time.
    pub fn stop_looking(&mut self) {
        self.folder_looked_through = true;
    }

    pub fn saves(&self) -> bool {
        self.saving.is_some() || self.save_then.is_some()
    }
}

impl Window {
    pub(super) fn save(&mut self) {
        match self.file.clone() {
            Some(path) => self.save_to(path),
            None => self.save_as(),
        }
    }

    pub(super) fn save_as(&mut self) {
        let Some(recording) = self.project().recording() else {
            return;
        };
        let pick = Pick::Save {
            what: "project",
            name: format!("{}.partita", recording.name()),
            extensions: &["partita"],
            folder: self
                .file
                .as_deref()
                .and_then(Path::parent)
                .or(recording.path.parent())
                .map(PathBuf::from),
        };
        self.pick(pick);
    }

    /// Starts saving; waits for the hash of the recording, by which it is known again.
    pub(super) fn save_to(&mut self, path: PathBuf) {
        if self.keeper.hashing.is_some() || self.keeper.saving.is_some() {
            self.keeper.save_then = Some(path);
            return;
        }
        let (project, view) = (Arc::clone(self.project()), self.view_as_json());
        let target = path.clone();
        let task = Task::spawn("save", Arc::clone(&self.wake), move |_| {
            project::save(&target, &project, &view)
        });
        self.keeper.saving = Some(Saving {
            project: self.keeper.project,
            path,
            state: self.history.state(),
            task,
        });
    }

    pub(super) fn start_hashing(&mut self, recording: &Arc<RecordingRef>) {
        let task = jobs::hash(recording.path.clone(), Arc::clone(&self.wake));
        self.keeper.hashing = Some((task, Arc::clone(recording)));
    }

    /// Looks after saving, and saves by itself what is not saved.
    pub(super) fn keep(&mut self, ctx: &egui::Context) {
        self.look_again(ctx);
        self.poll_hashing();
        self.poll_saving(ctx);
        self.poll_autosave();
        if self.keeper.folder.is_none() || self.keeper.writing.is_some() {
            return;
        }
        let (state, saved) = (self.history.state(), self.history.is_saved());
        match self.keeper.schedule.due(state, saved, Instant::now()) {
            Due::In(wait) => ctx.request_repaint_after(wait),
            Due::Now => self.autosave(),
            Due::Clear => {
                if let Some(autosave) = &self.keeper.autosave {
                    // What remains is offered once more than needed, which loses nothing.
                    let _ = autosave.clear();
                }
                self.keeper.schedule.cleared();
            }
            Due::Nothing => {}
        }
    }

    /// A program that has just been killed may hold its unsaved work for some seconds more.
    fn look_again(&mut self, ctx: &egui::Context) {
        let begun = self.options.started.elapsed();
        let empty = self.samples.is_none() && self.work.opening.is_none() && self.dialog.is_none();
        let over = self.keeper.folder_looked_through || begun > HELD_AT_MOST;
        if !empty || over || self.keeper.recovering.is_some() {
            return;
        }
        ctx.request_repaint_after(LOOK_EVERY);
        if self.keeper.looked.elapsed() < LOOK_EVERY {
            return;
        }
        self.keeper.looked = Instant::now();
        self.keeper.left = self
            .keeper
            .folder
            .as_deref()
            .map(recoverable)
            .unwrap_or_default();
        if !self.keeper.left.is_empty() {
            self.offer_recovery();
        }
    }

    fn autosave(&mut self) {
        let Some(folder) = &self.keeper.folder else {
            return;
        };
        if self.keeper.autosave.is_none() {
            match Autosave::start(folder) {
                Ok(autosave) => self.keeper.autosave = Some(Arc::new(autosave)),
                Err(error) => {
                    self.keeper.folder = None;
                    self.toasts.say(
                        Weight::Warning,
                        format!("Unsaved work is not kept by itself: {error}"),
                    );
                    return;
                }
            }
        }
        let Some(autosave) = self.keeper.autosave.clone() else {
            return;
        };
        let (project, view) = (Arc::clone(self.project()), self.view_as_json());
        let file = self.file.clone();
        let task = Task::spawn("autosave", Arc::clone(&self.wake), move |_| {
            autosave.write(&project, &view, file.as_deref())
        });
        self.keeper.writing = Some((task, self.history.state()));
    }

    fn poll_autosave(&mut self) {
        let Some((task, state)) = &self.keeper.writing else {
            return;
        };
        let Some(result) = task.poll() else { return };
        // After a failure the same state is not tried again; the next edit is.
        self.keeper.schedule.wrote(*state);
        self.keeper.writing = None;
        if let Ok(Err(error)) = result {
            self.toasts.say(
                Weight::Warning,
                format!("Unsaved work could not be kept by itself: {error}"),
            );
        }
    }

    fn poll_hashing(&mut self) {
        let Some((task, recording)) = &self.keeper.hashing else {
            return;
        };
        let Some(result) = task.poll() else { return };
        if let Ok(Some(hash)) = result {
            let complete = RecordingRef {
                sha256: Some(hash),
                ..(**recording).clone()
            };
            self.history.complete_recording(&Arc::new(complete));
        }
        self.keeper.hashing = None;
        if let Some(path) = self.keeper.save_then.take() {
            self.save_to(path);
        }
    }

    fn poll_saving(&mut self, ctx: &egui::Context) {
        let Some(saving) = &self.keeper.saving else {
            return;
        };
        let Some(result) = saving.task.poll() else {
            return;
        };
        let (path, state) = (saving.path.clone(), saving.state);
        let still_open = saving.project == self.keeper.project;
        self.keeper.saving = None;
        let name = file_name(&path);
        match result {
            Ok(Ok(())) => {
                if still_open {
                    self.history.mark_saved_at(state);
                    self.file = Some(path.clone());
                }
                self.remember(&path);
                self.toasts.say(Weight::Done, format!("Saved {name}"));
                if let Some(path) = self.keeper.save_then.take() {
                    self.save_to(path);
                    return;
                }
                if let Some(then) = self.work.after_saving.take() {
                    self.go_on(ctx, then);
                }
            }
            Ok(Err(error)) => {
                self.work.after_saving = None;
                self.toasts.say(
                    Weight::Error,
                    format!("The project was not saved: {error}: {}", path.display()),
                );
            }
            Err(_) => {
                self.work.after_saving = None;
                self.toasts
                    .say(Weight::Error, format!("Saving {name} broke down"));
            }
        }
    }

    /// Asks whether to go on with what a crash left behind; without it opens what the program was
    /// started with.
    pub(super) fn offer_recovery(&mut self) {
        if self.keeper.left.is_empty() {
            self.open_given();
            return;
        }
        let question = Confirm {
            title: "Recover unsaved work?".to_owned(),
            text: "Partita was not closed properly the last time, and there is work that was not \
                   saved"
                .to_owned(),
            yes: "Recover".to_owned(),
            other: Some("Discard".to_owned()),
        };
        self.dialog = Some(Dialog::Confirm(question, Then::Recover));
    }

    /// Opens what the program was started with.
    pub(super) fn open_given(&mut self) {
        if let Some(path) = self.options.file.take() {
            self.open_path(path);
        }
    }

    pub(super) fn recover(&mut self) {
        if !self.keeper.left.is_empty() {
            let newest = self.keeper.left.remove(0);
            self.open_recovery(newest);
        }
    }

    pub(super) fn discard_recovery(&mut self) {
        for recovery in self.keeper.left.drain(..).take(1) {
            if let Err(error) = recovery.discard() {
                self.toasts.say(Weight::Warning, error.to_string());
            }
        }
    }

    /// Takes a recovery file over whose project is open now: it stays until what was recovered is
    /// saved. Returns whether `path` is one.
    pub(super) fn adopt(&mut self, path: &Path) -> bool {
        let recovering = self.keeper.recovering.take();
        let Some(recovery) = recovering.filter(|recovery| recovery.path() == path) else {
            return false;
        };
        self.keeper.autosave = Some(Arc::new(recovery.adopt()));
        true
    }

    /// What the window wants to find again.
    fn view_as_json(&self) -> Value {
        json!({
            "time": [self.view.time.start(), self.view.time.end()],
            "selection": self.view.selection.as_ref().map(|part| [part.start, part.end]),
            "looping": self.view.looping,
        })
    }

    /// Takes up what a project file says of the view; what makes no sense is left.
    pub(super) fn view_from_json(&mut self, value: &Value) {
        let pair = |name: &str| {
            let pair = value.get(name)?.as_array()?;
            let (a, b) = (pair.first()?.as_f64()?, pair.get(1)?.as_f64()?);
            (a < b).then_some((a, b))
        };
        let duration = self.duration();
        if let Some((start, end)) = pair("time") {
            self.view.time = TimeView::new(start, end, duration);
        }
        self.view.selection = pair("selection")
            .map(|(start, end)| start.clamp(0.0, duration)..end.clamp(0.0, duration))
            .filter(|part| part.end > part.start);
        self.view.looping = value
            .get("looping")
            .and_then(Value::as_bool)
            .unwrap_or(false);
    }

    /// The window closes: what is saved needs no recovery.
    pub(super) fn end_keeping(&mut self) {
        if let Some(autosave) = self.keeper.autosave.take()
            && (self.history.is_saved() || self.may_close)
        {
            // What remains is offered once more than needed, which loses nothing.
            let _ = autosave.clear();
        }
    }

    /// A history whose project is saved, or one that is not.
    pub(super) fn begin(&mut self, history: History, file: Option<PathBuf>) {
        self.history = history;
        self.file = file;
        self.keeper.project += 1;
        self.keeper.save_then = None;
        self.work.after_saving = None;
        self.work.separating = None;
        // What is asked for is for what was open.
        self.work.picking = None;
        self.work.entering = None;
        self.work.astray = None;
    }
}
