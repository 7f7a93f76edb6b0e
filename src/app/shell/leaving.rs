//! Leaving a project, for another one or with the window: nothing is lost unasked.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui;

use super::Window;
use super::requests::file_name;
use super::window::{Dialog, Then};
use crate::app::jobs::{self, OpenError, Task};
use crate::app::views::dialogs::Confirm;
use crate::app::views::toasts::Weight;

/// What the project is left for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// This is opened.
    Open(PathBuf),
    /// The window closes.
    Close,
}

/// A file that is looked at before it is asked whether the project may be left for it.
pub(super) struct Checking {
    task: Task<Result<(), OpenError>>,
    path: PathBuf,
}

/// A project that is left as soon as it is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaving {
    pub to: Leave,
    /// Whether the user has agreed to lose what is being made.
    pub drops_work: bool,
}

impl Window {
    /// Leaves the project; asks first where something would be lost. A file that cannot be opened is
    /// refused before that.
    pub(super) fn leave(&mut self, to: Leave) {
        // What is chosen there is for what is open, and may be where it is to be saved.
        if self.is_picking() {
            return;
        }
        self.work.checking = None;
        let loses = !self.history.is_saved() || self.work_dropped(&to).is_some();
        match to {
            Leave::Open(path) if loses && !self.is_demo(&path) => {
                let task = jobs::check(&path, Arc::clone(&self.wake));
                self.work.checking = Some(Checking { task, path });
            }
            to => self.ask_and_leave(to),
        }
    }

    pub(super) fn poll_checking(&mut self) {
        // A dialog that came up meanwhile is not taken away.
        if self.dialog.is_some() {
            return;
        }
        let Some(result) = self.work.checking.as_ref().and_then(|c| c.task.poll()) else {
            return;
        };
        let Some(Checking { path, .. }) = self.work.checking.take() else {
            return;
        };
        match result {
            Ok(Err(error)) => {
                let name = file_name(&path);
                let why = format!("{name} cannot be opened: {error}");
                self.toasts.say(Weight::Error, why);
            }
            // What breaks down now does so again when it is opened, which says so.
            Ok(Ok(())) | Err(_) => self.ask_and_leave(Leave::Open(path)),
        }
    }

    fn ask_and_leave(&mut self, to: Leave) {
        let works = self.work_dropped(&to).is_some();
        if !self.history.is_saved() {
            self.ask_save(Leaving {
                to,
                drops_work: works,
            });
        } else if works {
            self.ask_abandon(to);
        } else if to == Leave::Close && self.keeper.saves() {
            // What is being saved comes first.
            self.work.after_saving = Some(Leaving {
                to,
                drops_work: false,
            });
        } else {
            self.left(to);
        }
    }

    /// Leaves the project, whatever is lost.
    pub(super) fn left(&mut self, to: Leave) {
        match to {
            Leave::Open(path) => self.open_path(path),
            Leave::Close => {
                self.may_close = true;
                self.ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
        }
    }

    /// Saves the project and then leaves it.
    pub(super) fn save_and_leave(&mut self, leaving: Leaving) {
        self.work.after_saving = Some(leaving);
        if !self.keeper.saves() {
            self.save();
        }
    }

    /// Goes on after a save. Edits that were made meanwhile are saved first; where they are of
    /// another project, or something has been begun, it is asked.
    pub(super) fn leave_saved(&mut self, leaving: Leaving, still_open: bool) {
        let saved = self.history.is_saved();
        if still_open && !saved {
            self.work.after_saving = Some(leaving);
            self.save();
        } else if saved && leaving.drops_work {
            self.left(leaving.to);
        } else {
            self.leave(leaving.to);
        }
    }

    /// Holds the window back where closing it would lose something.
    pub(super) fn closing(&mut self, ctx: &egui::Context) {
        let wanted = ctx.input(|input| input.viewport().close_requested());
        let idle = self.work_dropped(&Leave::Close).is_none();
        if !wanted || self.may_close || (idle && self.history.is_saved() && !self.keeper.saves()) {
            return;
        }
        ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        self.leave(Leave::Close);
    }

    fn ask_save(&mut self, leaving: Leaving) {
        let edits = match self.work_dropped(&leaving.to) {
            Some(work) => {
                format!("The project has edits that are not saved, and {work}, which then stops")
            }
            None => "The project has edits that are not saved".to_owned(),
        };
        let (title, text, yes, other) = match &leaving.to {
            Leave::Open(path) => {
                let name = file_name(path);
                (
                    format!("Open {name}?"),
                    format!("{edits}. Opening {name} without saving loses the edits"),
                    "Save first",
                    "Open without saving",
                )
            }
            Leave::Close => (
                "Save before closing?".to_owned(),
                edits,
                "Save",
                "Close without saving",
            ),
        };
        let question = Confirm {
            title,
            text,
            yes: yes.to_owned(),
            other: Some(other.to_owned()),
            cancel: Some("Cancel"),
            careful: false,
        };
        self.dialog = Some(Dialog::Confirm(question, Then::Save(leaving)));
    }

    /// Asks before what is being made is dropped.
    fn ask_abandon(&mut self, to: Leave) {
        let work = self.work_dropped(&to).unwrap_or_default();
        let (title, text, other) = match &to {
            Leave::Open(path) => {
                let name = file_name(path);
                (
                    format!("Open {name}?"),
                    format!("Now {work}; opening {name} drops what it has found so far"),
                    "Open",
                )
            }
            Leave::Close => (
                "Close in the middle of work?".to_owned(),
                format!("Now {work}; closing drops it"),
                "Close",
            ),
        };
        let question = Confirm {
            title,
            text,
            yes: "Go on working".to_owned(),
            other: Some(other.to_owned()),
            cancel: None,
            careful: false,
        };
        self.dialog = Some(Dialog::Confirm(question, Then::Abandon(to)));
    }

    /// What is being made and would be dropped, in words. Exports go on while another recording is
    /// opened.
    fn work_dropped(&self, to: &Leave) -> Option<&'static str> {
        let exports = *to == Leave::Close && self.work.exports.any();
        match (self.work.separating.is_some(), exports) {
            (true, true) => Some("a separation and an export are running"),
            (true, false) => Some("a separation is running"),
            (false, true) => Some("an export is running"),
            (false, false) => None,
        }
    }
}
