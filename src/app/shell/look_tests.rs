//! How the window looks in the middle of a separation, beside stored images. The separation stands
//! still: those that run look different each time.

use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use eframe::egui::{Context, vec2};
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};

use super::{Options, Window};
use crate::app::actions::Action;
use crate::app::jobs::{FileDialogs, Pick, Picked, Separating};
use crate::app::picture::Show;
use crate::app::views::sources::fixture::{RATE, SECONDS, factors, sample};
use crate::audio::{StemFormat, WavSpec, WavWriter};
use crate::spectral::{Axes, Stft, StftSettings};

/// Pixels that may round differently on another processor.
const UNDECIDED: usize = 500;
/// How long a picture may take. Far more than it does, so that a busy machine does not fail tests.
const LIMIT: Duration = Duration::from_secs(120);

pub(super) struct NoDialogs;

impl FileDialogs for NoDialogs {
    fn ask(&self, _: &Pick) -> Picked {
        Picked::Nothing
    }
}

fn band(path: &Path) {
    let spec = WavSpec {
        rate: RATE,
        channels: 2,
        format: StemFormat::I16,
        channel_mask: None,
        time_reference: None,
    };
    let samples = (0..RATE as usize * SECONDS).map(|at| (32_000.0 * sample(at)) as i32);
    let samples: Vec<i32> = samples.collect();
    let mut writer = WavWriter::create(path, spec, true).unwrap();
    writer.write_i32(&[&samples, &samples]).unwrap();
    writer.finish().unwrap();
}

fn until(harness: &mut Harness<'_, Window>, holds: impl Fn(&Window) -> bool) {
    let start = Instant::now();
    while !holds(harness.state()) {
        assert!(start.elapsed() < LIMIT);
        harness.step();
        sleep(Duration::from_millis(5));
    }
    harness.run_steps(4);
}

#[test]
fn the_window_looks_as_it_did_in_the_middle_of_a_separation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("band.wav");
    band(&path);
    let options = Options {
        file: Some(path),
        diagnostics: None,
        state: None,
        started: Instant::now(),
    };
    let open = move |ctx: &Context| Window::new(ctx, Arc::new(NoDialogs), options);
    let mut harness = Harness::builder()
        .with_size(vec2(1440.0, 900.0))
        .with_step_dt(0.02)
        .build_eframe(move |creation| open(&creation.egui_ctx));
    until(&mut harness, |window| {
        window.is_enabled(Action::Separate) && window.is_settled()
    });

    let axes = Axes::new(StftSettings::default(), RATE);
    let frames = Stft::new(StftSettings::default()).unwrap();
    let frames = frames.frame_count(RATE as usize * SECONDS);
    let curve = (1..=80).map(|n| 0.3 + 2.0 / f64::from(n)).collect();
    let window = harness.state_mut();
    window.work.separating = Some(Separating::standing(factors(12, axes, frames), curve));
    window.view.show = Show::BySource;
    harness.run_steps(4);
    let mut results = SnapshotResults::new();
    for shade in ["dark", "light"] {
        until(&mut harness, Window::is_settled);
        let options = SnapshotOptions::new().max_failed_pixels(UNDECIDED);
        harness.snapshot_options(format!("window_separating_{shade}"), &options);
        let ctx = harness.ctx.clone();
        harness.state_mut().act(&ctx, Action::ToggleTheme);
        harness.run_steps(4);
    }
    results.extend_harness(&mut harness);
}
