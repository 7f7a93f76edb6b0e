use eframe::egui::{Pos2, Theme, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::fixture::{Desk, list};

fn unfolded() -> Harness<'static, Desk> {
    let mut desk = Desk::band();
    desk.unfold("Bass");
    desk.unfold("Drums");
    list(desk, 700.0, Theme::Dark)
}

/// Draws the pointer from one place to another with the button down.
fn pull(harness: &mut Harness<'static, Desk>, from: Pos2, to: Pos2) {
    harness.hover_at(from);
    harness.step();
    harness.drag_at(from);
    harness.step();
    for step in 1..=6 {
        harness.hover_at(from.lerp(to, step as f32 / 6.0));
        harness.step();
    }
}

fn drag(harness: &mut Harness<'static, Desk>, from: Pos2, to: Pos2) {
    pull(harness, from, to);
    harness.drop_at(to);
    harness.run_ok();
}

/// A place on a row that no control covers.
fn grip(harness: &Harness<'static, Desk>, label: &str) -> Pos2 {
    let rect = harness
        .get_all_by_label_contains(label)
        .next()
        .unwrap()
        .rect();
    pos2(rect.left() + 90.0, rect.top() + 12.0)
}

#[test]
fn an_atom_dropped_on_a_source_joins_it() {
    let mut harness = unfolded();
    let (from, to) = (grip(&harness, "Atom 2: "), grip(&harness, "Guitar"));
    drag(&mut harness, from, to);
    let desk = harness.state();
    assert_eq!(desk.members("Bass"), [0, 2]);
    assert_eq!(desk.members("Guitar"), [6, 7, 8, 9, 10, 11, 1]);
    assert!(desk.view.unfolded.contains(&desk.id("Guitar")));
}

#[test]
fn selected_atoms_go_together_to_where_the_line_was() {
    let mut harness = unfolded();
    harness.state_mut().view.selected = [0, 2].into();
    harness.run_ok();
    let from = grip(&harness, "Atom 3: ");
    // Between the first and the second atom of the drums.
    let to = grip(&harness, "Atom 5: ") - vec2(0.0, 10.0);
    drag(&mut harness, from, to);
    assert_eq!(harness.state().members("Drums"), [3, 0, 2, 4, 5]);
}

#[test]
fn an_atom_of_a_source_that_was_clicked_goes_alone() {
    let mut harness = unfolded();
    harness.get_by_label("Bass").click();
    harness.run_ok();
    assert_eq!(harness.state().view.selected, [0, 1, 2].into());
    let (from, to) = (grip(&harness, "Atom 2: "), grip(&harness, "Guitar"));
    drag(&mut harness, from, to);
    assert_eq!(harness.state().members("Bass"), [0, 2]);
}

#[test]
fn more_than_the_source_that_was_clicked_goes_together() {
    let mut harness = unfolded();
    harness.get_by_label("Bass").click();
    harness.run_ok();
    harness.state_mut().view.selected.insert(3);
    harness.run_ok();
    let (from, to) = (grip(&harness, "Atom 2: "), grip(&harness, "Guitar"));
    drag(&mut harness, from, to);
    assert_eq!(harness.state().names(), ["Drums", "Guitar"]);
    assert_eq!(harness.state().members("Drums"), [4, 5]);
}

#[test]
fn an_atom_dropped_below_all_becomes_a_source() {
    let mut harness = unfolded();
    let from = grip(&harness, "Atom 2: ");
    let below = harness.get_by_label("Guitar").rect().bottom() + 30.0;
    drag(&mut harness, from, pos2(150.0, below));
    let desk = harness.state();
    assert_eq!(desk.names().len(), 4);
    assert_eq!(desk.members("Bass"), [0, 2]);
    assert_eq!(desk.history.undo_name(), Some("split of C2 · 65.4 Hz"));
}

#[test]
fn a_source_is_dragged_to_another_place() {
    let mut harness = unfolded();
    let (from, to) = (grip(&harness, "Guitar"), grip(&harness, "Bass"));
    drag(&mut harness, from, to);
    assert_eq!(harness.state().names(), ["Guitar", "Bass", "Drums"]);
}

#[test]
fn escape_leaves_everything_where_it_was() {
    let mut harness = unfolded();
    let (from, to) = (grip(&harness, "Atom 2: "), grip(&harness, "Guitar"));
    pull(&mut harness, from, to);
    harness.key_press(eframe::egui::Key::Escape);
    harness.step();
    harness.drop_at(to);
    harness.run_ok();
    assert!(harness.state().requests.is_empty());
}

#[test]
fn a_drag_of_a_gain_is_one_entry_and_two_drags_are_two() {
    let mut harness = unfolded();
    let slider = harness.get_by_label("Gain of Guitar").rect();
    let from = slider.center();
    drag(&mut harness, from, from - vec2(15.0, 0.0));
    let gain = |harness: &Harness<'static, Desk>| harness.state().project().sources()[2].gain_db;
    let first = gain(&harness);
    assert!(first < -3.0, "{first}");
    assert!(harness.state().requests.len() > 2);
    drag(&mut harness, from, from - vec2(12.0, 0.0));
    assert!(gain(&harness) < first);
    assert!(harness.state_mut().history.undo());
    assert_eq!(gain(&harness), first);
    assert!(harness.state_mut().history.undo());
    assert_eq!(gain(&harness), 0.0);
    assert!(!harness.state_mut().history.undo());
}

#[test]
fn a_gain_is_written_stepped_and_set_back_by_a_double_click() {
    let mut harness = unfolded();
    let gain = |harness: &Harness<'static, Desk>| harness.state().project().sources()[0].gain_db;
    harness.get_by_label("Write gain of Bass").click();
    harness.run_ok();
    harness.get_by_label("Gain of Bass in dB").type_text("-6,5");
    harness.run_ok();
    harness.key_press(eframe::egui::Key::Enter);
    harness.run_ok();
    assert_eq!(gain(&harness), -6.5);
    harness.get_by_label("Gain of Bass").focus();
    harness.run_ok();
    harness.key_press(eframe::egui::Key::ArrowRight);
    harness.run_ok();
    assert_eq!(gain(&harness), -6.0);
    harness.get_by_label("Gain of Bass").click();
    harness.get_by_label("Gain of Bass").click();
    harness.run_ok();
    assert_eq!(gain(&harness), 0.0);
    harness
        .get_by_label("Gain of atom 4")
        .set_value_accesskit(3.0);
    harness.run_ok();
    assert_eq!(harness.state().project().atoms()[3].gain_db, 3.0);
}
