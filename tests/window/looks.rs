//! How the whole window looks in its main states, in dark and light, beside stored images.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::{SnapshotOptions, SnapshotResults};
use partita::app::Action;
use partita::nmf::Matrix;
use partita::project::{Autosave, Edit, Group, SeparationData, load, save};
use partita::separation::{Component, Factors};
use partita::spectral::{Stft, StftSettings, note_name};
use serde_json::Value;

use crate::support::{Desk, recording};

/// Pixels that may round differently on another processor.
const UNDECIDED: usize = 500;
/// The tones of the recording.
const TONES: [f64; 3] = [220.0, 523.3, 1318.5];

/// A recording at a place of the same name in every run: names are seen.
fn song() -> PathBuf {
    let folder = std::env::temp_dir().join("partita-looks");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("song.wav");
    let _ = std::fs::remove_file(&path);
    recording(&path);
    path
}

/// Writes a project of the recording that is open, with factors that are made up: those that are
/// found differ in their last bits from one kind of processor to another.
fn made_up(desk: &Desk, file: &Path) {
    let (rate, frames, stft) = (16_000, 24_000, StftSettings::default());
    let plan = Stft::new(stft).unwrap();
    let columns = plan.frame_count(frames);
    let lobe = |f: usize, k: usize| {
        let distance = (f as f64 * f64::from(rate) / stft.size as f64 - TONES[k]) / 30.0;
        1.0 / (1.0 + distance * distance)
    };
    let sums = [0, 1, 2].map(|k| (0..plan.bins()).map(|f| lobe(f, k)).sum::<f64>());
    let w = Matrix::from_fn(plan.bins(), 3, |f, k| (lobe(f, k) / sums[k]) as f32);
    let h = Matrix::from_fn(3, columns, |k, n| {
        let sample = n * stft.hop;
        let fading = 1.0 - (sample % 4000) as f32 / 4100.0;
        if sample / 4000 % 3 == k { fading } else { 0.02 }
    });
    let gains = Matrix::from_fn(2, 3, |channel, k| {
        let right = [0.5, 0.2, 0.9][k];
        if channel == 1 { right } else { 1.0 - right }
    });
    let component = |k: usize| Component {
        energy_share: [0.5, 0.3, 0.2][k],
        peak_hz: TONES[k],
        note: note_name(TONES[k]),
        centroid_hz: TONES[k],
        centre_hz: TONES[k],
        spread_octaves: 0.1,
        percussiveness: 0.1,
        tonality: 0.9,
        onsets: vec![0.25 * k as f64, 0.75 + 0.25 * k as f64],
        confidence: Some(0.9),
        stability: Some([1.0, 0.75, 0.5][k]),
    };
    let data = SeparationData {
        dendrogram: None,
        choice: None,
        factors: Arc::new(Factors::with_channel_gains(w, h, gains).unwrap()),
        components: (0..3).map(component).collect(),
        divergence_curve: (1..=60).map(|n| 1.0 + 9.0 / f64::from(n)).collect(),
        iterations: 59,
        stft,
        rate,
        frames,
        excerpt: None,
        scale: 1.0,
    };
    let group = |(k, name): (usize, &str)| Group {
        name: name.to_owned(),
        atoms: vec![k],
    };
    let groups = ["A", "B", "C"].into_iter().enumerate().map(group);
    let edit = Edit::SetSeparation {
        data: Arc::new(data),
        groups: groups.collect(),
    };
    let project = desk.project().apply(&edit).unwrap();
    save(file, &project, &Value::Null).unwrap();
}

fn looks(desk: &mut Desk, name: &str) {
    // What has just come, a dialog for example, takes some frames to find its size.
    desk.harness.run_steps(4);
    desk.until_painted();
    desk.harness.run_steps(4);
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

/// A window on the project that is made up.
fn separated(size: [f32; 2], state: &Path, file: &Path) -> Desk {
    let mut desk = Desk::sized(size, state, Some(file));
    desk.until("it is open", |desk| desk.can(Action::Export));
    desk.act(Action::UnfoldAll);
    desk.row(Modifiers::NONE, "B");
    desk.harness.event(Event::PointerGone);
    desk.harness.remove_cursor();
    desk.until("the device is given back", |desk| {
        desk.says("Output device: The device is opened when")
    });
    desk.until_painted();
    desk
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

    let file = song.with_extension("partita");
    made_up(&desk, &file);
    results.extend_harness(&mut desk.harness);
    let state = tempfile::tempdir().unwrap();
    let mut desk = separated([1440.0, 900.0], state.path(), &file);
    both(&mut desk, "separated");
    desk.act(Action::Export);
    both(&mut desk, "export");
    desk.press(Modifiers::NONE, Key::Escape);
    desk.act(Action::MuteRow);
    desk.act(Action::SoloSource(1));
    both(&mut desk, "soloed");
    desk.act(Action::ClearSolos);
    desk.act(Action::Palette);
    both(&mut desk, "palette");
    desk.press(Modifiers::NONE, Key::Escape);
    desk.act(Action::Help);
    both(&mut desk, "help");
    desk.press(Modifiers::NONE, Key::Escape);
    // Mutes are edits that nobody has saved.
    desk.drop_file(&song);
    desk.until_said("Open song.wav?");
    both(&mut desk, "question");
    results.extend_harness(&mut desk.harness);

    let state = tempfile::tempdir().unwrap();
    let mut desk = separated([1024.0, 640.0], state.path(), &file);
    both(&mut desk, "small");
    results.extend_harness(&mut desk.harness);

    let state = tempfile::tempdir().unwrap();
    let mut desk = separated([2560.0, 1440.0], state.path(), &file);
    both(&mut desk, "large");
    results.extend_harness(&mut desk.harness);

    let state = tempfile::tempdir().unwrap();
    let crashed = Autosave::start(&state.path().join("unsaved")).unwrap();
    let project = load(&file).unwrap().project;
    crashed.write(&project, &Value::Null, None).unwrap();
    drop(crashed);
    let mut desk = Desk::new(state.path(), None);
    desk.until("unsaved work is found", |desk| {
        desk.says("Recover unsaved work?")
    });
    both(&mut desk, "recover");
    results.extend_harness(&mut desk.harness);
}
