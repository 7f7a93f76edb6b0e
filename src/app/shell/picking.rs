//! Asking the user for files and folders.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui;

use super::Window;
use super::leaving::Leave;
use super::window::{Dialog, Then};
use crate::app::jobs::{Pick, Picked, Task};
use crate::app::views::dialogs::{Confirm, PathEntry, waiting};
use crate::app::views::toasts::Weight;

/// A path that the user is asked for.
pub(super) struct Picking {
    /// What came of it, and whether something is there.
    task: Task<(Picked, bool)>,
    pick: Pick,
    /// Whether it is written by hand, and not chosen in a dialog of the system.
    by_hand: bool,
    /// Whether the window has said that it waits.
    shown: bool,
}

impl Window {
    /// Asks the user for a path, one at a time.
    pub(super) fn pick(&mut self, pick: Pick) {
        if self.is_picking() {
            return;
        }
        let files = Arc::clone(&self.files);
        self.ask(pick, false, move |pick| files.ask(pick));
    }

    /// Whether a dialog of the system is open; says so.
    pub(super) fn is_picking(&mut self) -> bool {
        let open = self.work.picking.is_some();
        if open {
            self.toasts.say(
                Weight::Warning,
                "A file dialog is open already: choose there, or close it first",
            );
        }
        open
    }

    fn ask(
        &mut self,
        pick: Pick,
        by_hand: bool,
        ask: impl FnOnce(&Pick) -> Picked + Send + 'static,
    ) {
        let wanted = pick.clone();
        let task = Task::spawn("file dialog", Arc::clone(&self.wake), move |_| {
            let picked = ask(&wanted);
            let there = matches!(&picked, Picked::Path(path)
                if wanted.with_extension(path.clone()).symlink_metadata().is_ok());
            (picked, there)
        });
        self.work.picking = Some(Picking {
            task,
            pick,
            by_hand,
            shown: false,
        });
    }

    /// Shows that a dialog of the system was asked for: it may take a while to appear, and what is
    /// typed meanwhile is for it.
    pub(super) fn show_picking(&mut self, ctx: &egui::Context) {
        let asked = self.work.picking.as_mut();
        let Some(picking) = asked.filter(|picking| !picking.by_hand) else {
            return;
        };
        // What had the keyboard is under it now.
        if !std::mem::replace(&mut picking.shown, true) {
            ctx.memory_mut(egui::Memory::stop_text_input);
        }
        if waiting(ctx, &picking.pick.title()) {
            self.work.picking = None;
            self.picked_nothing();
            self.toasts.say(
                Weight::Warning,
                "If the file dialog is open still, nothing comes of it",
            );
        }
    }

    pub(super) fn poll_picking(&mut self, ctx: &egui::Context) {
        let picking = self.work.picking.as_ref();
        let Some(answer) = picking.and_then(|picking| picking.task.poll()) else {
            return;
        };
        let Some(Picking { pick, by_hand, .. }) = self.work.picking.take() else {
            return;
        };
        match answer {
            Ok((Picked::Path(path), there)) => {
                let full = pick.with_extension(path.clone());
                // The dialog of the system has asked before it gives a file that is there.
                let asked = !by_hand && full == path;
                let replaces = there && matches!(pick, Pick::Save { .. });
                if asked || !replaces {
                    self.picked(ctx, pick, full);
                } else {
                    self.ask_replace(pick, full);
                }
            }
            Ok((Picked::Nothing, _)) => self.picked_nothing(),
            Ok((Picked::Unavailable, _)) | Err(_) => {
                let entry = PathEntry {
                    title: pick.title(),
                    text: String::new(),
                };
                self.work.entering = Some((pick, self.dialog.take()));
                self.dialog = Some(Dialog::Path(entry));
            }
        }
    }

    /// A path was written by hand, or none. What was under that question comes back.
    pub(super) fn entered(&mut self, path: Option<PathBuf>) {
        let Some((pick, under)) = self.work.entering.take() else {
            return;
        };
        self.dialog = under;
        match path {
            Some(path) => self.ask(pick, true, move |_| Picked::Path(path)),
            None => self.picked_nothing(),
        }
    }

    fn picked_nothing(&mut self) {
        self.work.after_saving = None;
        self.work.astray = None;
    }

    /// Asks before a file is replaced.
    fn ask_replace(&mut self, pick: Pick, path: PathBuf) {
        let question = Confirm {
            title: "Replace the file?".to_owned(),
            text: format!("{} is there already", path.display()),
            yes: "Replace".to_owned(),
            other: None,
            cancel: Some("Cancel"),
            careful: true,
        };
        self.dialog = Some(Dialog::Confirm(question, Then::Write(pick, path)));
    }

    pub(super) fn picked(&mut self, ctx: &egui::Context, pick: Pick, path: PathBuf) {
        match pick {
            Pick::Open => self.leave(Leave::Open(path)),
            Pick::Recording { .. } => self.open_missing(path),
            Pick::Save {
                what: "project", ..
            } => self.save_to(path),
            Pick::Save {
                what: "picture", ..
            } => self.export_picture(ctx, path),
            Pick::Save { what: "plots", .. } => self.export_plots(path),
            Pick::Save { .. } => self.export_factors(path, false),
            Pick::Folder { .. } => {
                if let Some(Dialog::Export(form)) = &mut self.dialog {
                    form.request.folder = path;
                }
            }
        }
    }
}
