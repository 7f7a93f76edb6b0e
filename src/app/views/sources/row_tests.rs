use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;

use super::carry::{Way, carried as edit_of};
use super::fixture::{Desk, list};
use crate::app::request::Request;
use crate::app::view::AskedOfList;
use crate::project::{Edit, Row};

fn band() -> egui_kittest::Harness<'static, Desk> {
    list(Desk::band(), 640.0, Theme::Dark)
}

fn press(harness: &mut egui_kittest::Harness<'static, Desk>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_ok();
}

/// What "Move up" and "Move down" do.
fn carried(harness: &mut egui_kittest::Harness<'static, Desk>, way: Way) {
    let desk = harness.state_mut();
    let edit = edit_of(&desk.project(), &desk.view, way).unwrap();
    desk.carry_out(vec![Request::Edit(edit)]);
    desk.view.asked = Some(AskedOfList::Show);
    harness.run_ok();
}

fn click(harness: &mut egui_kittest::Harness<'static, Desk>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_ok();
}

#[test]
fn m_silences_a_source_and_lets_it_sound_again() {
    let mut harness = band();
    click(&mut harness, "Mute Bass");
    assert!(harness.state().project().sources()[0].mute);
    assert_eq!(harness.state().history.undo_name(), Some("mute of Bass"));
    click(&mut harness, "Mute Bass");
    assert!(!harness.state().project().sources()[0].mute);
}

#[test]
fn s_adds_up_shift_makes_it_exclusive_and_alt_and_the_light_clear_all() {
    let mut harness = band();
    let soloed = |desk: &Desk| -> Vec<bool> {
        let project = desk.project();
        project.sources().iter().map(|s| s.solo).collect()
    };
    click(&mut harness, "Solo Bass");
    click(&mut harness, "Solo Guitar");
    assert_eq!(soloed(harness.state()), [true, false, true]);
    harness
        .get_by_label("Solo Drums")
        .click_modifiers(Modifiers::SHIFT);
    harness.run_ok();
    assert_eq!(soloed(harness.state()), [false, true, false]);
    click(&mut harness, "Solo Bass");
    harness
        .get_by_label("Solo Bass")
        .click_modifiers(Modifiers::ALT);
    harness.run_ok();
    assert_eq!(soloed(harness.state()), [false; 3]);
    click(&mut harness, "Solo Drums");
    click(&mut harness, "Clear solos");
    assert_eq!(soloed(harness.state()), [false; 3]);
}

#[test]
fn a_triangle_shows_the_atoms_and_hides_them_again() {
    let mut harness = band();
    assert!(harness.query_by_label("Mute atom 1").is_none());
    click(&mut harness, "Unfold Bass");
    click(&mut harness, "Mute atom 2");
    assert!(harness.state().project().atoms()[1].mute);
    click(&mut harness, "Fold Bass");
    assert!(harness.query_by_label("Mute atom 2").is_none());
}

#[test]
fn a_double_click_renames_and_enter_takes_the_name() {
    let mut harness = band();
    let row = harness.get_by_label("Bass");
    row.click();
    row.click();
    harness.run_ok();
    harness
        .get_by_label("Name of Bass")
        .type_text("Double bass");
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    assert_eq!(harness.state().names(), ["Double bass", "Drums", "Guitar"]);
    assert_eq!(
        harness.state().history.undo_name(),
        Some("renaming of Bass")
    );
    assert!(harness.query_by_label("Name of Double bass").is_none());
}

#[test]
fn escape_drops_what_was_written_and_a_source_cannot_lose_its_name() {
    let mut harness = band();
    for (text, key) in [("Tuba", Key::Escape), ("  ", Key::Enter)] {
        let ctx = harness.ctx.clone();
        let desk = harness.state_mut();
        desk.focus("Drums");
        let project = desk.project();
        super::begin_renaming(&ctx, &project, &mut desk.view);
        harness.run_ok();
        harness.get_by_label("Name of Drums").type_text(text);
        harness.run_ok();
        harness.key_press(key);
        harness.run_ok();
        assert_eq!(harness.state().names()[1], "Drums");
        assert!(harness.state().view.renaming.is_none());
        assert_eq!(harness.state().history.undo_name(), None);
    }
}

#[test]
fn clicks_select_alone_add_and_span_a_range() {
    let mut desk = Desk::band();
    desk.unfold("Bass");
    desk.unfold("Drums");
    let mut harness = list(desk, 640.0, Theme::Dark);
    let row = |harness: &mut egui_kittest::Harness<'static, Desk>, atom: usize, modifiers| {
        let label = format!("Atom {atom}: ");
        harness
            .get_all_by_label_contains(&label)
            .next()
            .unwrap()
            .click_modifiers(modifiers);
        harness.run_ok();
        harness
            .state()
            .view
            .selected
            .iter()
            .copied()
            .collect::<Vec<_>>()
    };
    assert_eq!(row(&mut harness, 2, Modifiers::NONE), [1]);
    assert_eq!(row(&mut harness, 5, Modifiers::SHIFT), [1, 2, 3, 4]);
    assert_eq!(row(&mut harness, 3, Modifiers::SHIFT), [1, 2]);
    assert_eq!(row(&mut harness, 5, Modifiers::COMMAND), [1, 2, 4]);
    assert_eq!(row(&mut harness, 2, Modifiers::COMMAND), [2, 4]);
    click(&mut harness, "Guitar");
    let selected: Vec<usize> = harness.state().view.selected.iter().copied().collect();
    assert_eq!(selected, [6, 7, 8, 9, 10, 11]);
}

#[test]
fn arrows_move_fold_and_carry_rows() {
    let mut harness = band();
    click(&mut harness, "Bass");
    harness.key_press(Key::ArrowDown);
    harness.run_ok();
    let drums = Row::Source(harness.state().id("Drums"));
    assert_eq!(harness.state().view.focused, Some(drums));
    assert!(harness.get_by_label("Drums").is_focused());
    press(&mut harness, Modifiers::NONE, Key::ArrowRight);
    press(&mut harness, Modifiers::NONE, Key::ArrowRight);
    assert_eq!(harness.state().view.focused, Some(Row::Atom(3)));
    press(&mut harness, Modifiers::SHIFT, Key::ArrowDown);
    let selected: Vec<usize> = harness.state().view.selected.iter().copied().collect();
    assert_eq!(selected, [3, 4]);
    carried(&mut harness, Way::Down);
    assert_eq!(harness.state().members("Drums"), [5, 3, 4]);
    carried(&mut harness, Way::Down);
    assert_eq!(harness.state().members("Guitar")[..2], [3, 4]);
    press(&mut harness, Modifiers::NONE, Key::ArrowLeft);
    let guitar = Row::Source(harness.state().id("Guitar"));
    assert_eq!(harness.state().view.focused, Some(guitar));
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert!(harness.query_by_label("Mute atom 5").is_none());
    carried(&mut harness, Way::Up);
    assert_eq!(harness.state().names(), ["Bass", "Guitar", "Drums"]);
    assert!(harness.get_by_label("Guitar").is_focused());
}

#[test]
fn the_menu_of_a_row_is_opened_walked_and_closed_by_keys() {
    let mut harness = band();
    click(&mut harness, "Unfold Bass");
    harness.state_mut().view.focused = Some(Row::Atom(1));
    harness.state_mut().view.asked = Some(AskedOfList::Menu);
    harness.run_ok();
    assert!(harness.get_by_label_contains("Rename").is_focused());
    // Down to "Move to", whose entries open to the right, where Bass is no choice.
    while !harness.get_by_label_contains("Move to").is_focused() {
        press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    }
    press(&mut harness, Modifiers::NONE, Key::ArrowRight);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(harness.state().members("Bass"), [0, 2]);
    assert_eq!(harness.state().members("Drums"), [3, 4, 5, 1]);
    assert!(harness.query_by_label_contains("Move to").is_none());
    // It is seen where it has gone.
    let drums = harness.state().id("Drums");
    assert!(harness.state().view.unfolded.contains(&drums));
    assert!(harness.query_by_label("Mute atom 2").is_some());
}

#[test]
fn the_menu_that_keys_open_is_at_its_row_wherever_that_is() {
    for name in ["Bass", "Drums", "Guitar"] {
        let mut harness = list(Desk::band(), 400.0, Theme::Dark);
        harness.state_mut().focus(name);
        harness.state_mut().view.asked = Some(AskedOfList::Menu);
        harness.run_ok();
        let row = harness.get_by_label(name).rect();
        let first = harness.get_by_label_contains("Rename").rect();
        let last = harness.get_by_label("Show in inspector").rect();
        assert!(
            first.left() - row.left() < 64.0,
            "{name}: {first:?}, {row:?}"
        );
        assert!(first.top() < row.bottom() && row.top() < last.bottom());
    }
}

#[test]
fn the_menu_merges_splits_recolours_and_shows() {
    let mut harness = band();
    click(&mut harness, "Bass");
    harness
        .get_by_label("Drums")
        .click_modifiers(Modifiers::COMMAND);
    harness.run_ok();
    harness.get_by_label("Drums").click_secondary();
    harness.run_ok();
    harness.get_by_label_contains("Merge sources").click();
    harness.run_ok();
    assert_eq!(harness.state().names(), ["Bass", "Guitar"]);
    assert_eq!(harness.state().members("Bass"), [0, 1, 2, 3, 4, 5]);
    click(&mut harness, "More for Guitar");
    click(&mut harness, "Colour 16");
    let guitar = harness.state().project().sources()[1].clone();
    assert_eq!(guitar.colour, crate::project::Colour::Palette(15));
    click(&mut harness, "Unfold Bass");
    harness
        .get_by_label_contains("Atom 3: E2 · 82.4 Hz")
        .click_secondary();
    harness.run_ok();
    harness.get_by_label_contains("Split off").click();
    harness.run_ok();
    assert_eq!(harness.state().members("tonal E2"), [2]);
    harness.state_mut().view.inspector = false;
    click(&mut harness, "More for Guitar");
    click(&mut harness, "Show in inspector");
    assert!(harness.state().view.inspector);
    assert_eq!(harness.state().view.selected.len(), 6);
}

#[test]
fn arrows_begin_at_the_row_with_the_frame_where_nothing_has_the_keyboard() {
    let mut harness = band();
    let bass = Row::Source(harness.state().id("Bass"));
    harness.state_mut().view.focused = Some(bass);
    harness.run_ok();
    harness.key_press(Key::ArrowDown);
    harness.run_ok();
    let drums = Row::Source(harness.state().id("Drums"));
    assert_eq!(harness.state().view.focused, Some(drums));
    assert!(harness.get_by_label("Drums").is_focused());
    harness.key_press(Key::ArrowRight);
    harness.run_ok();
    assert!(harness.query_by_label("Mute atom 5").is_some());
}

#[test]
fn an_atom_moves_to_another_source_by_its_menu() {
    let mut harness = band();
    click(&mut harness, "Unfold Bass");
    harness
        .get_by_label_contains("Atom 3: E2 · 82.4 Hz")
        .click_secondary();
    harness.run_ok();
    // The source that it is in had the selection; only the atom is meant.
    assert_eq!(harness.state().view.selected, [2].into());
    harness.get_by_label_contains("Move to").click();
    harness.run_ok();
    harness
        .get_by_role_and_label(Role::Button, "Guitar")
        .click();
    harness.run_ok();
    assert_eq!(harness.state().members("Bass"), [0, 1]);
    assert_eq!(harness.state().members("Guitar").last(), Some(&2));
    assert!(harness.query_by_label_contains("Move to").is_none());
}

#[test]
fn the_list_sorts_and_regroups() {
    let mut desk = Desk::band();
    desk.cuts = true;
    let named = Edit::Rename {
        row: Row::Source(desk.id("Guitar")),
        name: "Lead".to_owned(),
    };
    desk.history.record(&named, None).unwrap();
    let mut harness = list(desk, 640.0, Theme::Dark);
    click(&mut harness, "Sort sources");
    click(&mut harness, "Sort by pitch");
    assert_eq!(
        harness.state().history.undo_name(),
        Some("sorting by pitch")
    );
    harness
        .get_by_label("Number of sources")
        .set_value_accesskit(4.0);
    harness.run_ok();
    // What comes together as it was stays what it was, and the name that was given to what is
    // divided goes to the louder part.
    assert_eq!(
        harness.state().names(),
        ["Bass", "Drums", "Group 3", "Lead"]
    );
}

#[test]
fn the_row_under_the_pointer_is_told_to_the_picture() {
    let mut harness = band();
    harness.get_by_label("Drums").hover();
    harness.run_ok();
    let drums = Row::Source(harness.state().id("Drums"));
    assert_eq!(harness.state().view.hovered, Some(drums));
    harness.hover_at(eframe::egui::pos2(150.0, 630.0));
    harness.run_ok();
    assert_eq!(harness.state().view.hovered, None);
}

#[test]
fn only_rows_in_sight_are_drawn_and_the_keyboard_brings_them_there() {
    let mut desk = Desk::new(super::fixture::project(&[("All", 400)]));
    desk.unfold("All");
    let mut harness = list(desk, 400.0, Theme::Dark);
    assert!(harness.query_by_label("Mute atom 300").is_none());
    let drawn = harness.get_all_by_label_contains("Mute atom").count();
    assert!(drawn < 20, "{drawn}");
    click(&mut harness, "All");
    for _ in 0..30 {
        harness.key_press(Key::ArrowDown);
        harness.run_ok();
    }
    let visible = eframe::egui::Rect::from_min_size(
        eframe::egui::Pos2::ZERO,
        eframe::egui::vec2(316.0, 400.0),
    );
    let row = harness.get_by_label("Mute atom 30").rect();
    assert!(visible.contains_rect(row), "{row:?}");
}

#[test]
fn before_a_separation_the_list_says_what_to_do_and_during_one_it_shows_what_is_found() {
    let mut harness = list(
        Desk::new(crate::project::Project::default()),
        400.0,
        Theme::Dark,
    );
    harness.get_by_label_contains("Press Separate to find the sources");
    harness.state_mut().separating = true;
    harness.run_ok();
    harness.get_by_label_contains("Atoms appear here");
    harness.state_mut().live = Some(super::fixture::live(7));
    harness.run_ok();
    let first = harness.get_by_label("Atom 1 in the making").rect();
    harness.get_by_label("finding 7 atoms");
    harness.state_mut().live = Some(super::fixture::live(7));
    harness.run_ok();
    assert_eq!(harness.get_by_label("Atom 1 in the making").rect(), first);
}

#[test]
fn atoms_that_are_being_found_are_muted_and_soloed() {
    let mut desk = Desk::new(crate::project::Project::default());
    desk.live = Some(super::fixture::live(3));
    let mut harness = list(desk, 400.0, Theme::Dark);
    let heard = |harness: &egui_kittest::Harness<'_, Desk>| harness.state().view.live_mix.gains();
    click(&mut harness, "Mute atom 2");
    assert_eq!(heard(&harness), [1.0, 0.0, 1.0]);
    click(&mut harness, "Solo atom 2");
    click(&mut harness, "Solo atom 3");
    assert_eq!(heard(&harness), [0.0, 1.0, 1.0]);
    click(&mut harness, "Clear solos");
    assert_eq!(heard(&harness), [1.0, 0.0, 1.0]);
    // Others come in their place.
    harness.state_mut().live = Some(super::fixture::live(4));
    harness.run_ok();
    assert_eq!(heard(&harness), [1.0; 4]);
    assert!(harness.state().requests.is_empty());
}

#[test]
fn arrows_go_through_atoms_that_are_being_found() {
    let mut desk = Desk::new(crate::project::Project::default());
    desk.live = Some(super::fixture::live(40));
    let mut harness = list(desk, 400.0, Theme::Dark);
    click(&mut harness, "Atom 2 in the making");
    for expected in [2, 3] {
        harness.key_press(Key::ArrowDown);
        harness.run_ok();
        assert_eq!(harness.state().view.live_mix.focused, Some(expected));
    }
    // Rows out of sight come into it.
    for _ in 0..30 {
        harness.key_press(Key::ArrowDown);
        harness.run_ok();
    }
    assert_eq!(harness.state().view.live_mix.focused, Some(33));
    harness.get_by_label("Atom 34 in the making");
    harness.key_press(Key::ArrowUp);
    harness.run_ok();
    assert_eq!(harness.state().view.live_mix.focused, Some(32));
}
