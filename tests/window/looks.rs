//! How the whole window looks in its main states, in dark and light, beside stored images.

use std::path::PathBuf;

use eframe::egui::{Event, Modifiers};
use egui_kittest::{SnapshotOptions, SnapshotResults};
use partita::app::Action;

use crate::support::{Desk, recording};

/// Bins of which two sources have nearly the same may get either colour on another processor.
const UNDECIDED: usize = 2000;

/// A recording at a place of the same name in every run: names are seen.
fn song() -> PathBuf {
    let folder = std::env::temp_dir().join("partita-looks");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("song.wav");
    let _ = std::fs::remove_file(&path);
    recording(&path);
    path
}

fn looks(desk: &mut Desk, name: &str) {
    desk.harness.run_ok();
    let options = SnapshotOptions::new().max_failed_pixels(UNDECIDED);
    desk.harness.snapshot_options(name, &options);
}

/// The two looks of a state.
fn both(desk: &mut Desk, name: &str) {
    for shade in ["dark", "light"] {
        looks(desk, &format!("window_{name}_{shade}"));
        desk.act(Action::ToggleTheme);
        desk.until_painted();
    }
}

#[test]
fn the_window_looks_as_it_should_in_its_main_states() {
    let mut results = SnapshotResults::new();
    let state = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(state.path(), None);
    both(&mut desk, "empty");
    results.extend_harness(&mut desk.harness);

    let song = song();
    let state = tempfile::tempdir().unwrap();
    let mut desk = Desk::on(state.path(), &song);
    desk.until_painted();
    both(&mut desk, "open");

    desk.separate(3);
    desk.act(Action::UnfoldAll);
    desk.row(Modifiers::NONE, "B");
    desk.harness.event(Event::PointerGone);
    desk.harness.remove_cursor();
    desk.until("the device is given back", |desk| {
        desk.says("Output device: The device is opened when")
    });
    desk.until_painted();
    both(&mut desk, "separated");
    desk.act(Action::MuteRow);
    desk.act(Action::SoloSource(1));
    both(&mut desk, "soloed");
    desk.act(Action::ClearSolos);
    desk.act(Action::Palette);
    both(&mut desk, "palette");
    results.extend_harness(&mut desk.harness);
}
