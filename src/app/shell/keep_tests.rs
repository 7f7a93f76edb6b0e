//! What is edited while the project is being saved.

use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use eframe::egui::Context;

use super::keep::Saving;
use super::look_tests::NoDialogs;
use super::window::Then;
use super::{Options, Window};
use crate::app::jobs::Task;
use crate::project::{self, Edit, History, Project};

/// A window whose project has changed since a save of it, which has just ended, began.
fn edited_while_saving(ctx: &Context, file: &Path) -> Window {
    let options = Options {
        file: None,
        diagnostics: None,
        state: None,
        started: Instant::now(),
    };
    let mut window = Window::new(ctx, Arc::new(NoDialogs), options);
    window.begin(History::unsaved(Project::default()), Some(file.to_owned()));
    window.keeper.saving = Some(Saving {
        project: window.keeper.project(),
        path: file.to_owned(),
        state: window.history.state(),
        task: Task::spawn("save", Arc::new(|| {}), |_| Ok(())),
    });
    let mut settings = window.project().settings().clone();
    settings.nmf.seed = 77;
    window.edit(&Edit::SetSettings(settings), None);
    window
}

fn until_saved(window: &mut Window, ctx: &Context) {
    let begun = Instant::now();
    while window.keeper.saves() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        window.poll_keeping(ctx);
        sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_waits_for_a_save_waits_for_the_edits_that_were_made_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mix.partita");
    let ctx = Context::default();
    let mut window = edited_while_saving(&ctx, &file);
    window.work.after_saving = Some(Then::Quit);
    until_saved(&mut window, &ctx);
    assert!(window.history.is_saved() && window.may_close);
    let saved = project::load(&file).unwrap().project;
    assert_eq!(saved.settings().nmf.seed, 77);
}

#[test]
fn a_save_that_nothing_waits_for_leaves_later_edits_unsaved() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mix.partita");
    let ctx = Context::default();
    let mut window = edited_while_saving(&ctx, &file);
    until_saved(&mut window, &ctx);
    assert!(!window.history.is_saved() && !window.may_close);
}

#[test]
fn edits_of_another_project_are_not_lost_to_what_waits_for_a_save() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mix.partita");
    let ctx = Context::default();
    let mut window = edited_while_saving(&ctx, &file);
    if let Some(saving) = &mut window.keeper.saving {
        saving.project -= 1;
    }
    window.work.after_saving = Some(Then::Quit);
    until_saved(&mut window, &ctx);
    assert!(!window.history.is_saved() && !window.may_close);
}
