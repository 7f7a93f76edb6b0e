//! From the demo to a mix, and all the way back.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use eframe::egui::{Key, Modifiers, ViewportId};
use egui_kittest::kittest::Queryable as _;
use partita::app::Action;
use partita::separation::{ComponentCount, SourceCount};

use crate::support::{CTRL, Desk};

fn solos(desk: &Desk) -> Vec<bool> {
    desk.sources().iter().map(|source| source.solo).collect()
}

/// The time until the window wants to be drawn again by itself.
fn rest(desk: &mut Desk) -> Duration {
    desk.harness.run_steps(5);
    let output = desk.harness.output();
    output.viewport_output[&ViewportId::ROOT].repaint_delay
}

/// Waits until it wants to be left alone for a second: what has just ended may wake it once more.
#[track_caller]
fn until_at_rest(desk: &mut Desk, what: &str) {
    let resting = (0..100).any(|_| {
        sleep(Duration::from_millis(50));
        rest(desk) >= Duration::from_secs(1)
    });
    assert!(resting, "{what}: never at rest");
}

#[test]
fn where_nothing_moves_nothing_is_drawn() {
    let state = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(state.path(), None);
    desk.until_looked();
    until_at_rest(&mut desk, "nothing is open");
    desk.click("Try the demo");
    desk.until_open(&state.path().join("demo/demo.wav"));
    desk.until_painted();
    until_at_rest(&mut desk, "open");
    desk.separate(3);
    desk.until_painted();
    until_at_rest(&mut desk, "separated");
    desk.act(Action::PlayPause);
    let playing = rest(&mut desk);
    assert!(playing < Duration::from_millis(100), "{playing:?}");
    desk.act(Action::Stop);
    desk.until_painted();
    until_at_rest(&mut desk, "stopped");
}

#[test]
fn the_demo_comes_apart_is_mixed_and_regrouped_and_undone_to_the_start() {
    let state = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(state.path(), None);
    assert!(!desk.can(Action::Separate) && !desk.can(Action::Undo));
    desk.click("Try the demo");
    desk.until_open(&state.path().join("demo/demo.wav"));
    let start = desk.project();
    assert!(!desk.can(Action::Undo) && start.separation().is_none());

    desk.separate(4);
    let settings = desk.project().settings().clone();
    assert_eq!(settings.nmf.iterations, 8);
    assert_eq!(settings.sources, SourceCount::Fixed(4));
    assert_eq!(settings.components, ComponentCount::Auto);
    let atoms = desk.project().atoms().len();
    assert!(desk.says(&format!("4 sources · {atoms} atoms")));

    // Solo is additive, with Shift exclusive, and Alt clears it.
    desk.click("Solo A");
    desk.click("Solo C");
    assert_eq!(solos(&desk), [true, false, true, false]);
    desk.click_with(Modifiers::SHIFT, "Solo B");
    assert_eq!(solos(&desk), [false, true, false, false]);
    desk.click("Solo D");
    desk.click_with(Modifiers::ALT, "Solo D");
    assert_eq!(solos(&desk), [false; 4]);
    desk.press(Modifiers::NONE, Key::Num3);
    assert_eq!(solos(&desk), [false, false, true, false]);
    desk.press(Modifiers::NONE, Key::Num0);

    desk.click("Mute B");
    assert!(desk.sources()[1].mute);
    desk.row(Modifiers::NONE, "D");
    desk.press(Modifiers::NONE, Key::M);
    assert!(desk.sources()[3].mute);
    desk.rename("Bells");
    assert_eq!(desk.names(), ["A", "B", "C", "Bells"]);

    // Two become one, and an atom becomes a source of its own.
    let (b, c) = (desk.sources()[1].clone(), desk.sources()[2].clone());
    desk.row(Modifiers::NONE, "B");
    desk.row(CTRL, "C");
    desk.menu("Edit", "Merge sources");
    assert_eq!(desk.names(), ["A", "B", "Bells"]);
    let together: Vec<usize> = b.members.iter().chain(&c.members).copied().collect();
    assert_eq!(desk.sources()[1].members, together);
    desk.harness.get_by_label("Unfold B").click();
    desk.harness.run_ok();
    desk.atom(together[0]);
    desk.press(CTRL, Key::D);
    let sources = desk.sources();
    assert_eq!(sources.len(), 4);
    assert!(sources.iter().any(|source| source.members == [together[0]]));

    let end = desk.project();
    assert!(*end != *start);
    let edits = desk.undo_all();
    assert_eq!(*desk.project(), *start);
    assert!(edits >= 16, "{edits}");
    assert!(!desk.says("Mute A"));
    for _ in 0..edits {
        desk.press(CTRL | Modifiers::SHIFT, Key::Z);
    }
    assert!(!desk.can(Action::Redo));
    assert_eq!(*desk.project(), *end);
}

/// A small recording, taken apart into so many sources.
fn separated(folder: &Path, sources: usize) -> Desk {
    let recording = folder.join("ticks.wav");
    crate::support::recording(&recording);
    let mut desk = Desk::on(folder, &recording);
    desk.separate(sources);
    desk
}

#[test]
fn rows_are_selected_moved_and_merged_by_keys_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = separated(folder.path(), 3);
    assert_eq!(desk.names(), ["A", "B", "C"]);
    desk.row(Modifiers::NONE, "A");
    desk.press(Modifiers::SHIFT, Key::ArrowDown);
    assert!(desk.can(Action::Merge));
    desk.press(Modifiers::ALT, Key::ArrowDown);
    assert_eq!(desk.names(), ["A", "C", "B"]);
    desk.press(CTRL, Key::Z);
    // The menu of the first atom of B opens and closes; then the atom goes to A.
    desk.press(Modifiers::NONE, Key::ArrowRight);
    desk.press(Modifiers::NONE, Key::ArrowRight);
    let moved = desk.sources()[1].members[0];
    desk.press(Modifiers::SHIFT, Key::F10);
    assert!(desk.says("Move to"));
    desk.press(Modifiers::NONE, Key::Escape);
    assert!(!desk.says("Move to"));
    desk.press(Modifiers::ALT, Key::ArrowUp);
    assert!(desk.sources()[0].members.contains(&moved));
    desk.undo_all();
}

#[test]
fn the_edit_menu_says_what_undo_would_take_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = separated(folder.path(), 2);
    desk.click("Mute B");
    desk.menu("Edit", "Undo mute of B");
    assert!(!desk.sources()[1].mute);
    desk.menu("Edit", "Redo mute of B");
    assert!(desk.sources()[1].mute);
}

#[test]
fn a_separation_goes_on_from_its_factors_and_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = separated(folder.path(), 2);
    let before = desk.project();
    desk.click("Keep going");
    desk.until("it went on", |desk| desk.can(Action::Separate));
    let after = desk.project();
    let (first, second) = (before.separation().unwrap(), after.separation().unwrap());
    let last = |curve: &[f64]| *curve.last().unwrap();
    assert!(last(&second.divergence_curve) < last(&first.divergence_curve));
    assert_eq!(desk.names(), ["A", "B"]);

    desk.set("Iterations", 10_000.0);
    let before = desk.project();
    desk.click("Separate");
    desk.click("Cancel");
    desk.until_said("The separation was cancelled");
    assert_eq!(*desk.project(), *before);
}

#[test]
fn what_was_tried_in_a_part_goes_on_there() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("ticks.wav");
    crate::support::recording(&recording);
    let mut desk = Desk::on(folder.path(), &recording);
    desk.set("Iterations", 8.0);
    desk.choose("Sources", "2");
    desk.act(Action::StepForward);
    desk.until("the playhead is there", |desk| desk.says("0:01.000"));
    desk.act(Action::SelectTo);
    desk.click("Try selection");
    desk.until("it is tried", |desk| desk.can(Action::KeepGoing));
    let before = desk.project();
    desk.click("Keep going");
    desk.until("it went on", |desk| desk.can(Action::KeepGoing));
    let after = desk.project();
    let (first, second) = (before.separation().unwrap(), after.separation().unwrap());
    let excerpt = first.excerpt.clone().unwrap();
    assert!(excerpt.start == 0 && excerpt.end.abs_diff(16_000) < 512);
    assert_eq!(second.excerpt, first.excerpt);
    assert!(second.iterations > first.iterations);
    assert_eq!(
        second.factors.activations().cols(),
        first.factors.activations().cols()
    );
}
