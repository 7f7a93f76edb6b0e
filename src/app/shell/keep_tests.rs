//! What is edited while the project is being saved.

use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use eframe::egui::Context;

use super::keep::Saving;
use super::leaving::{Leave, Leaving};
use super::look_tests::NoDialogs;
use super::window::{Dialog, Then};
use super::{Options, Window};
use crate::app::jobs::{Separating, Task};
use crate::nmf::Matrix;
use crate::project::{self, Edit, History, Project};
use crate::separation::Factors;

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

fn closing() -> Leaving {
    Leaving {
        to: Leave::Close,
        drops_work: false,
    }
}

fn until_saved(window: &mut Window) {
    let begun = Instant::now();
    while window.keeper.saves() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        window.poll_keeping();
        sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_waits_for_a_save_waits_for_the_edits_that_were_made_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mix.partita");
    let ctx = Context::default();
    let mut window = edited_while_saving(&ctx, &file);
    window.work.after_saving = Some(closing());
    until_saved(&mut window);
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
    until_saved(&mut window);
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
    window.work.after_saving = Some(closing());
    until_saved(&mut window);
    assert!(!window.history.is_saved() && !window.may_close);
}

/// Something that runs until it is dropped.
fn work() -> Separating {
    let (w, h) = (Matrix::zeros(3, 1), Matrix::zeros(1, 4));
    Separating::standing(Factors::new(w, h).unwrap(), Vec::new())
}

fn asked(window: &Window) -> Option<&Then> {
    match &window.dialog {
        Some(Dialog::Confirm(_, then)) => Some(then),
        _ => None,
    }
}

#[test]
fn edits_and_work_are_asked_about_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = Context::default();
    let mut window = edited_while_saving(&ctx, &folder.path().join("mix.partita"));
    until_saved(&mut window);
    window.work.separating = Some(work());
    window.leave(Leave::Close);
    let Some(Dialog::Confirm(_, Then::Save(leaving))) = window.dialog.take() else {
        panic!("not asked whether to save");
    };
    assert!(leaving.drops_work);
    window.save_and_leave(leaving);
    until_saved(&mut window);
    assert!(window.may_close && asked(&window).is_none());
}

#[test]
fn work_that_was_begun_after_the_question_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = Context::default();
    let mut window = edited_while_saving(&ctx, &folder.path().join("mix.partita"));
    window.work.after_saving = Some(closing());
    window.work.separating = Some(work());
    until_saved(&mut window);
    assert!(!window.may_close);
    assert!(matches!(asked(&window), Some(Then::Abandon(Leave::Close))));
}

#[test]
fn what_is_saved_is_left_for_another_without_a_question_unless_something_runs() {
    let ctx = Context::default();
    let folder = tempfile::tempdir().unwrap();
    let mut window = edited_while_saving(&ctx, &folder.path().join("mix.partita"));
    window.work.after_saving = None;
    until_saved(&mut window);
    window.save();
    until_saved(&mut window);
    let path = folder.path().join("other.wav");
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo.wav");
    std::fs::copy(demo, &path).unwrap();
    let other = || Leave::Open(path.clone());
    window.work.separating = Some(work());
    window.leave(other());
    let begun = std::time::Instant::now();
    while window.work.checking.is_some() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
        window.poll_checking();
    }
    assert!(matches!(asked(&window), Some(Then::Abandon(to)) if *to == other()));
    window.dialog = None;
    window.work.separating = None;
    window.leave(other());
    assert!(asked(&window).is_none() && window.work.opening.is_some());
}
