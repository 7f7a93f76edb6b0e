//! Dialogs and fields, and whom the keys belong to while there are any.

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use partita::app::Action;

use crate::support::{CTRL, Desk, recording};

fn open(folder: &tempfile::TempDir) -> Desk {
    let song = folder.path().join("song.wav");
    recording(&song);
    Desk::on(&folder.path().join("state"), &song)
}

#[test]
fn a_list_of_a_dialog_keeps_the_keyboard_when_it_closes() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = open(&folder);
    desk.separate(2);
    desk.press(CTRL, Key::E);
    let list = |desk: &Desk| {
        let harness = &desk.harness;
        let node = harness.get_by_role_and_label(Role::ComboBox, "What to export");
        node.is_focused()
    };
    assert!(!list(&desk));
    desk.choose("What to export", "A stem for each atom");
    assert!(list(&desk));
    // By the keyboard: Enter opens it, an arrow goes into it, and Enter chooses.
    for key in [Key::Enter, Key::ArrowDown, Key::Enter] {
        desk.press(Modifiers::NONE, key);
    }
    assert!(list(&desk), "{:?}", desk.words());
    assert!(desk.says("Export stems"));
    assert!(!folder.path().join("song stems").exists());
}

#[test]
fn what_is_typed_right_after_a_click_on_a_gain_is_its_figure() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = open(&folder);
    desk.separate(2);
    desk.harness.get_by_label("Write gain of A").click();
    // All of it may come before the next frame.
    for modifiers in [Modifiers::NONE; 2] {
        desk.harness.key_press_modifiers(modifiers, Key::Num1);
        desk.harness.event(Event::Text("1".to_owned()));
    }
    desk.press(Modifiers::NONE, Key::Enter);
    let sources = desk.sources();
    assert_eq!(sources[0].gain_db, 11.0);
    assert!(sources.iter().all(|source| !source.solo));
}

#[test]
fn no_tooltip_of_what_is_below_covers_a_dialog() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = open(&folder);
    let below = "The distance of two neighbouring frequencies";
    let note = desk.harness.get_by_label_contains("Tones less than");
    note.hover();
    desk.until_said(below);
    desk.press(CTRL, Key::K);
    desk.harness.run_steps(4);
    assert!(!desk.says(below));
}

#[test]
fn the_palette_says_why_a_command_cannot_be_carried_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = open(&folder);
    desk.press(CTRL, Key::K);
    desk.harness.event(Event::Text("keep going".to_owned()));
    desk.harness.run_ok();
    desk.press(Modifiers::NONE, Key::Enter);
    desk.until_said("Keep going: Nothing has been separated yet");
}

#[test]
fn while_a_file_dialog_is_awaited_the_window_says_so_and_keys_do_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = open(&folder);
    let project = desk.project();
    let tidy = desk.can(Action::Separate);
    desk.files.hold(true);
    desk.press(CTRL, Key::O);
    desk.until_said("Choose in the file dialog");
    for (modifiers, key) in [
        (CTRL, Key::Enter),
        (CTRL, Key::K),
        (Modifiers::NONE, Key::Enter),
        (Modifiers::NONE, Key::Escape),
        (Modifiers::NONE, Key::Space),
    ] {
        desk.press(modifiers, key);
    }
    assert!(desk.says("Choose in the file dialog"));
    assert_eq!(*desk.project(), *project);
    assert_eq!(desk.can(Action::Separate), tidy);
    desk.files.hold(false);
    desk.until("it is gone", |desk| !desk.says("Choose in the file dialog"));

    // One that never comes is not waited for.
    desk.files.hold(true);
    desk.press(CTRL, Key::O);
    desk.until_said("Choose in the file dialog");
    desk.click("Cancel");
    assert!(!desk.says("Choose in the file dialog"));
    desk.files.hold(false);
}

#[test]
fn a_file_that_is_no_recording_is_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = open(&folder);
    desk.set("Iterations", 3.0);
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "no sound at all").unwrap();
    desk.drop_file(&text);
    desk.until_said("notes.txt cannot be opened");
    assert!(!desk.says("Open notes.txt?"));
    assert!(desk.can(Action::Undo));
}
