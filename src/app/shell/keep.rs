//! Keeping what the user has made: saving it, and what a project file says of the view.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::Window;
use super::requests::file_name;
use crate::app::axes::TimeView;
use crate::app::jobs::{self, Pick, Task};
use crate::app::views::toasts::Weight;
use crate::project::{self, History, ProjectError, RecordingRef};

/// What saves.
#[derive(Default)]
pub(super) struct Keeper {
    pub(super) saving: Option<Saving>,
    /// The SHA-256 of the recording, until it is there.
    hashing: Option<(Task<Option<String>>, Arc<RecordingRef>)>,
    /// Counts the projects that were open.
    project: u64,
    /// Where to save as soon as that can be.
    save_then: Option<PathBuf>,
}

pub(super) struct Saving {
    /// Which of the projects that were open it is.
    pub project: u64,
    pub path: PathBuf,
    pub state: u64,
    pub task: Task<Result<(), ProjectError>>,
}

impl Keeper {
    /// The number of the project that is open.
    pub fn project(&self) -> u64 {
        self.project
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

    /// Looks after saving.
    pub(super) fn poll_keeping(&mut self) {
        self.poll_hashing();
        self.poll_saving();
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

    fn poll_saving(&mut self) {
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
                if let Some(leaving) = self.work.after_saving.take() {
                    self.leave_saved(leaving, still_open);
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

    /// What the window wants to find again.
    pub(super) fn view_as_json(&self) -> Value {
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

    /// A history whose project is saved, or one that is not.
    pub(super) fn begin(&mut self, history: History, file: Option<PathBuf>) {
        self.history = history;
        self.file = file;
        self.exported_to = None;
        self.toasts.withdraw_errors();
        self.keeper.project += 1;
        self.keeper.save_then = None;
        self.work.after_saving = None;
        self.work.separating = None;
        self.work.checking = None;
        // What is asked for is for what was open.
        if self.work.picking.take().is_some() {
            self.toasts.say(
                Weight::Warning,
                "The file dialog that is still open was for what was open before; nothing comes of it",
            );
        }
        self.work.entering = None;
        self.work.astray = None;
    }
}
