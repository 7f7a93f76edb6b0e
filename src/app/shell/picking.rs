//! Asking the user for files and folders.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui;

use super::Window;
use super::window::{Dialog, Then};
use crate::app::jobs::{Pick, Picked, Task};
use crate::app::views::dialogs::{Confirm, PathEntry};

impl Window {
    /// Asks the user for a path.
    pub(super) fn pick(&mut self, pick: Pick) {
        let (files, wanted) = (Arc::clone(&self.files), pick.clone());
        let task = Task::spawn("file dialog", Arc::clone(&self.wake), move |_| {
            files.ask(&wanted)
        });
        self.work.picking = Some((task, pick));
    }

    pub(super) fn poll_picking(&mut self, ctx: &egui::Context) {
        let Some((task, pick)) = &self.work.picking else {
            return;
        };
        let Some(picked) = task.poll() else {
            return;
        };
        let pick = pick.clone();
        self.work.picking = None;
        match picked {
            Ok(Picked::Path(path)) => {
                let full = pick.with_extension(path.clone());
                // The dialog of the system has asked before it gives a file that is there.
                let asked = full == path;
                self.write_unless_there(ctx, pick, full, asked);
            }
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
                self.write_unless_there(ctx, pick, path, false);
            }
            _ => self.picked_nothing(),
        }
    }

    fn picked_nothing(&mut self) {
        self.work.after_saving = None;
        self.work.astray = None;
    }

    /// Goes on with a path; asks first where a file would be replaced that nobody has asked about.
    fn write_unless_there(&mut self, ctx: &egui::Context, pick: Pick, path: PathBuf, asked: bool) {
        let replaces = matches!(pick, Pick::Save { .. }) && path.symlink_metadata().is_ok();
        if asked || !replaces {
            self.picked(ctx, pick, path);
            return;
        }
        let question = Confirm {
            title: "Replace the file?".to_owned(),
            text: format!("{} is there already", path.display()),
            yes: "Replace".to_owned(),
            other: None,
        };
        self.dialog = Some(Dialog::Confirm(question, Then::Write(pick, path)));
    }

    pub(super) fn picked(&mut self, ctx: &egui::Context, pick: Pick, path: PathBuf) {
        match pick {
            Pick::Open => self.open_unless_unsaved(path),
            Pick::Recording { .. } => self.open_missing(path),
            Pick::Save {
                what: "project", ..
            } => self.save_to(path),
            Pick::Save {
                what: "picture", ..
            } => self.export_picture(ctx, path),
            Pick::Save { what: "plots", .. } => self.export_plots(ctx, path),
            Pick::Save { .. } => self.export_factors(path, false),
            Pick::Folder { .. } => {
                if let Some(Dialog::Export(form)) = &mut self.dialog {
                    form.request.folder = path;
                }
            }
        }
    }
}
