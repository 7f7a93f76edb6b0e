//! Undo and redo.

use std::sync::Arc;

use super::{Edit, Project, ProjectError, RecordingRef};

/// Names one drag, so that its many edits become one entry of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DragId(pub u64);

/// A project as it was at some time, and the edit that led there.
#[derive(Clone, Debug)]
struct Entry {
    project: Arc<Project>,
    /// Name of the edit; empty for the first.
    name: String,
    drag: Option<DragId>,
    /// Tells this state from all others that there have been.
    state: u64,
}

/// All states of a project from its opening on, and where the user is among them.
///
/// It keeps every state; what is large is shared between them.
#[derive(Clone, Debug)]
pub struct History {
    /// Never empty.
    entries: Vec<Entry>,
    /// The present one.
    at: usize,
    /// The state that was last saved.
    saved: Option<u64>,
    states: u64,
}

impl History {
    /// The history of a project that is as it was last saved, or of an empty one.
    #[must_use]
    pub fn new(project: Project) -> Self {
        let mut history = Self::unsaved(project);
        history.mark_saved();
        history
    }

    /// The history of a project that is nowhere saved, such as a recovered one.
    #[must_use]
    pub fn unsaved(project: Project) -> Self {
        Self {
            entries: vec![Entry {
                project: Arc::new(project),
                name: String::new(),
                drag: None,
                state: 0,
            }],
            at: 0,
            saved: None,
            states: 0,
        }
    }

    /// The project as it is now.
    #[must_use]
    pub fn project(&self) -> &Arc<Project> {
        &self.entries[self.at].project
    }

    /// Makes an edit. What could be redone goes. Returns whether the project has changed; an edit
    /// that changes nothing makes no entry.
    ///
    /// Edits of one `drag` that follow each other are one entry: the last of them, made on what was
    /// there before the drag. So a drag that comes back brings back what it had passed over, and
    /// one that is back where it began has made no edit.
    ///
    /// # Errors
    /// As [`Project::apply`]; nothing has changed then.
    pub fn record(&mut self, edit: &Edit, drag: Option<DragId>) -> Result<bool, ProjectError> {
        let present = &self.entries[self.at];
        let goes_on = drag.is_some() && drag == present.drag && self.at + 1 == self.entries.len();
        let base = &self.entries[self.at - usize::from(goes_on)].project;
        let project = base.apply(edit)?;
        if project == *present.project {
            return Ok(false);
        }
        if goes_on && project == **base {
            self.entries.pop();
            self.at -= 1;
            return Ok(true);
        }
        let project = Arc::new(project);
        let name = edit.name(base);
        self.states += 1;
        let state = self.states;
        if goes_on {
            let present = &mut self.entries[self.at];
            present.project = project;
            present.state = state;
        } else {
            self.entries.truncate(self.at + 1);
            self.at += 1;
            self.entries.push(Entry {
                project,
                name,
                drag,
                state,
            });
        }
        Ok(true)
    }

    /// Takes the last edit back. Returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let possible = self.at > 0;
        if possible {
            self.at -= 1;
        }
        possible
    }

    /// Makes an edit again that was taken back. Returns whether there was one.
    pub fn redo(&mut self) -> bool {
        let possible = self.at + 1 < self.entries.len();
        if possible {
            self.at += 1;
            // A drag that is taken up again is another one.
            self.entries[self.at].drag = None;
        }
        possible
    }

    /// Name of the edit that [`undo`](Self::undo) would take back: "mute of Bass".
    #[must_use]
    pub fn undo_name(&self) -> Option<&str> {
        (self.at > 0).then(|| self.entries[self.at].name.as_str())
    }

    /// Name of the edit that [`redo`](Self::redo) would make again.
    #[must_use]
    pub fn redo_name(&self) -> Option<&str> {
        Some(self.entries.get(self.at + 1)?.name.as_str())
    }

    /// Whether the project is as it was last saved; also after undo and redo back to that state.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        self.saved == Some(self.state())
    }

    /// Says that the project as it is now has been saved.
    pub fn mark_saved(&mut self) {
        self.mark_saved_at(self.state());
    }

    /// Says that the state of this number has been saved, which may not be the present one any
    /// more when saving has taken a while.
    pub fn mark_saved_at(&mut self, state: u64) {
        self.saved = Some(state);
        // A drag that goes on must not replace what has been saved.
        self.entries[self.at].drag = None;
    }

    /// A number that tells the present state from all others of this history.
    #[must_use]
    pub fn state(&self) -> u64 {
        self.entries[self.at].state
    }

    /// Fills in what has been found out about the recording meanwhile, such as its hash, wherever
    /// the same file stands. This is no edit: it says more of the same thing.
    pub fn complete_recording(&mut self, recording: &Arc<RecordingRef>) {
        for entry in &mut self.entries {
            let same = |known: &Arc<RecordingRef>| {
                known.path == recording.path && known.size == recording.size
            };
            if entry.project.recording.as_ref().is_some_and(same) {
                Arc::make_mut(&mut entry.project).recording = Some(Arc::clone(recording));
            }
        }
    }
}

impl Default for History {
    fn default() -> Self {
        Self::new(Project::default())
    }
}
