//! The whole way from a recording to its stems.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::f32::consts::TAU;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use partita::audio::{AudioBuffer, StemFormat, read};
use partita::nmf::{self, NmfError};
use partita::separation::{
    Cancel, ComponentCount, ExportSettings, Outcome, Phase, Progress, Separation, SeparationError,
    SeparationSettings, Silent, SourceCount, estimate, export_stems, separate,
};
use partita::spectral::{SpectralError, StftSettings};

const RATE: u32 = 22_050;

/// From 0 to 1 and back to 0 without a click, over `length` samples with edges of 50 ms.
fn faded(t: usize, length: usize) -> f32 {
    let edge = RATE as usize / 20;
    let inside = t.min(length.saturating_sub(t)).min(edge) as f32 / edge as f32;
    0.5 - 0.5 * (0.5 * TAU * inside).cos()
}

fn settings(components: usize) -> SeparationSettings {
    SeparationSettings {
        components: ComponentCount::Fixed(components),
        sources: SourceCount::Components,
        nmf: nmf::Settings {
            iterations: 60,
            ..nmf::Settings::default()
        },
        ..SeparationSettings::default()
    }
}

fn run(recording: &AudioBuffer, settings: &SeparationSettings) -> Separation {
    match separate(recording, settings, &Silent, &Cancel::default()).unwrap() {
        Outcome::Done(separation) => separation,
        Outcome::Cancelled => panic!("nobody cancelled"),
    }
}

fn mono(samples: Vec<f32>) -> AudioBuffer {
    AudioBuffer::new(vec![samples], RATE).unwrap()
}

fn sine(hz: f32, t: usize) -> f32 {
    (TAU * (hz * t as f32 / RATE as f32).fract()).sin()
}

/// Exports the stems and returns them in their order.
fn stems(recording: &AudioBuffer, separation: &Separation, format: StemFormat) -> Vec<AudioBuffer> {
    let folder = tempfile::tempdir().unwrap();
    let settings = ExportSettings {
        folder: folder.path().join("stems"),
        names: (0..separation.sources.len())
            .map(|i| format!("{i:02}-{}.wav", separation.sources[i].name))
            .collect(),
        format,
        overwrite: false,
        channel_mask: None,
        time_reference: None,
    };
    let outcome = export_stems(
        recording,
        separation,
        &settings,
        &Silent,
        &Cancel::default(),
    )
    .unwrap();
    let Outcome::Done(files) = outcome else {
        panic!("nobody cancelled");
    };
    files
        .iter()
        .map(|file| read(&file.path).unwrap().buffer)
        .collect()
}

/// Largest difference of the sum of stems from the recording, relative to its peak.
fn difference(recording: &AudioBuffer, stems: &[AudioBuffer]) -> f64 {
    let (mut peak, mut worst) = (f64::MIN_POSITIVE, 0.0_f64);
    for (c, channel) in recording.channels().iter().enumerate() {
        for (t, &x) in channel.iter().enumerate() {
            let sum: f64 = stems
                .iter()
                .map(|stem| f64::from(stem.channels()[c][t]))
                .sum();
            worst = worst.max((sum - f64::from(x)).abs());
            peak = peak.max(f64::from(x).abs());
        }
    }
    worst / peak
}

#[test]
fn odd_recordings_give_finite_results_that_add_up() {
    let impulse = |at: usize, height: f32| {
        let mut samples = vec![0.0; 9000];
        samples[at] = height;
        samples
    };
    let tune = |level: f32| -> Vec<f32> {
        (0..9000)
            .map(|t| level * (sine(300.0, t) + 0.3 * sine(2000.0, t)))
            .collect()
    };
    for (what, samples, components) in [
        ("silence", vec![0.0; 9000], 4),
        ("one sample", vec![0.7], 1),
        ("two samples", vec![0.7, -1.0], 1),
        ("impulse at the start", impulse(0, 1.0), 3),
        ("impulse at the end", impulse(8999, -0.5), 3),
        ("constant", vec![0.5; 9000], 3),
        ("denormals", vec![1e-40; 9000], 3),
        ("very quiet", tune(1e-38), 3),
        ("quiet", tune(1e-30), 3),
        ("loud", tune(1e10), 3),
        ("very loud", tune(1e20), 3),
        ("nearly the largest floats", vec![f32::MAX / 4.0; 9000], 2),
    ] {
        let recording = mono(samples);
        let separation = run(&recording, &settings(components));
        let factors = &separation.factorization;
        for matrix in [&factors.templates, &factors.activations] {
            assert!(
                matrix.as_slice().iter().all(|x| x.is_finite() && *x >= 0.0),
                "{what}"
            );
        }
        let shares: f64 = separation.components.iter().map(|c| c.energy_share).sum();
        let expected = if what == "silence" { 0.0 } else { 1.0 };
        assert!((shares - expected).abs() < 1e-9, "{what}: {shares}");
        for component in &separation.components {
            assert!(
                (0.0..=1.0).contains(&component.percussiveness),
                "{what}: {component:?}"
            );
            assert!(
                (0.0..=1.0).contains(&component.tonality),
                "{what}: {component:?}"
            );
            assert!(
                component.centroid_hz.is_finite() && component.peak_hz.is_finite(),
                "{what}"
            );
        }
        let limit = if what == "denormals" { 1e-4 } else { 1e-6 };
        let off = difference(&recording, &stems(&recording, &separation, StemFormat::F32));
        assert!(off < limit, "{what}: {off:e}");
        let off = integer_difference(&recording, &stems(&recording, &separation, StemFormat::I16));
        assert_eq!(off, 0, "{what}");
    }
}

/// Largest difference of the sum of 16 bit stems from the recording's own codes.
fn integer_difference(recording: &AudioBuffer, stems: &[AudioBuffer]) -> i64 {
    let code = |x: f32| (x * 32768.0).round_ties_even().clamp(-32768.0, 32767.0) as i64;
    let mut worst = 0;
    for (c, channel) in recording.channels().iter().enumerate() {
        for (t, &x) in channel.iter().enumerate() {
            let sum: i64 = stems.iter().map(|stem| code(stem.channels()[c][t])).sum();
            worst = worst.max((sum - code(x)).abs());
        }
    }
    worst
}

#[test]
fn the_level_of_a_recording_does_not_change_its_components() {
    let tune = |level: f32| {
        mono(
            (0..20_000)
                .map(|t| level * (sine(300.0, t) * 0.5 + sine(1700.0, t) * 0.2))
                .collect(),
        )
    };
    let [plain, quiet] = [1.0, 2f32.powi(-100)].map(|level| run(&tune(level), &settings(3)));
    assert_eq!(plain.factorization.templates, quiet.factorization.templates);
    assert_eq!(plain.components, quiet.components);
}

#[test]
fn components_come_from_low_to_high_with_their_notes_and_onsets() {
    let notes = [(880.0, 0.5), (110.0, 1.5), (3520.0, 2.5)];
    let samples = (0..4 * RATE as usize)
        .map(|t| {
            notes
                .iter()
                .map(|&(hz, at)| {
                    let start = (at * RATE as f32) as usize;
                    let length = RATE as usize * 4 / 5;
                    0.4 * t.checked_sub(start).map_or(0.0, |t| faded(t, length)) * sine(hz, t)
                })
                .sum()
        })
        .collect();
    let separation = run(&mono(samples), &settings(3));
    let names: Vec<String> = separation
        .components
        .iter()
        .map(|c| {
            c.note
                .as_ref()
                .map(|n| format!("{}{}", n.name, n.octave))
                .unwrap()
        })
        .collect();
    assert_eq!(names, ["A2", "A5", "A7"]);
    for (component, (hz, at)) in separation
        .components
        .iter()
        .zip([notes[1], notes[0], notes[2]])
    {
        assert!(
            (component.peak_hz / f64::from(hz) - 1.0).abs() < 0.02,
            "{component:?}"
        );
        assert!(
            component.tonality > 0.6 && component.percussiveness < 0.5,
            "{component:?}"
        );
        assert_eq!(component.onsets.len(), 1, "{component:?}");
        assert!(
            (component.onsets[0] - f64::from(at)).abs() < 0.04,
            "{component:?}"
        );
        assert!(
            (component.energy_share - 1.0 / 3.0).abs() < 0.05,
            "{component:?}"
        );
    }
    assert!(separation.sources[0].name.starts_with("tonal A2"));
}

#[test]
fn clicks_are_percussive_and_a_drone_is_not() {
    let samples = (0..4 * RATE as usize)
        .map(|t| {
            let click = if t % 11_025 == 5000 { 1.0 } else { 0.0 };
            click + 0.3 * faded(t, 4 * RATE as usize) * sine(200.0, t)
        })
        .collect();
    let separation = run(&mono(samples), &settings(2));
    let [drone, clicks] = separation.components.as_slice() else {
        panic!("{:?}", separation.components);
    };
    assert!(clicks.percussiveness > 0.8, "{clicks:?}");
    assert!(clicks.tonality < 0.2, "{clicks:?}");
    assert_eq!(clicks.onsets.len(), 8, "{clicks:?}");
    assert!(drone.percussiveness < 0.3, "{drone:?}");
    assert!(drone.tonality > 0.6, "{drone:?}");
}

#[test]
fn parts_of_one_sound_are_grouped_into_one_source() {
    let samples = (0..14 * 8000)
        .map(|t| {
            let turn = (t / 8000) % 2 == 0;
            let (low, high) = if turn {
                (180.0, 1500.0)
            } else {
                (400.0, 3100.0)
            };
            // Each part trembles in its own way, or both would be one component.
            let low = (1.0 + 0.5 * sine(3.1, t)) * sine(low, t);
            let high = (1.0 + 0.5 * sine(4.3, t)) * sine(high, t);
            faded(t % 8000, 8000) * (0.2 * low + 0.15 * high)
        })
        .collect();
    let recording = mono(samples);
    for sources in [SourceCount::Auto, SourceCount::Fixed(2)] {
        let separation = run(
            &recording,
            &SeparationSettings {
                sources,
                ..settings(4)
            },
        );
        assert_eq!(separation.sources.len(), 2, "{sources:?}");
        let share: f64 = separation.sources.iter().map(|s| s.energy_share).sum();
        assert!((share - 1.0).abs() < 1e-9);
        let stems = stems(&recording, &separation, StemFormat::F32);
        // While the one sounds the other is silent.
        let level = |stem: &AudioBuffer, from: usize| -> f32 {
            stem.channels()[0][from..from + 2000]
                .iter()
                .map(|x| x * x)
                .sum()
        };
        let first = level(&stems[0], 3000) > level(&stems[1], 3000);
        let (on, off) = if first { (0, 1) } else { (1, 0) };
        assert!(level(&stems[on], 3000) > 50.0 * level(&stems[off], 3000));
        assert!(level(&stems[off], 11_000) > 50.0 * level(&stems[on], 11_000));
    }
}

#[test]
fn the_result_has_the_same_bits_for_any_number_of_threads() {
    let recording = mono((0..60_000).map(|t| sine(300.0, t) * sine(0.9, t)).collect());
    let [one, many] = [1, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| run(&recording, &settings(5)))
    });
    assert_eq!(one.factorization.templates, many.factorization.templates);
    assert_eq!(
        one.factorization.activations,
        many.factorization.activations
    );
    assert_eq!(one.components, many.components);
    assert_eq!(one.sources, many.sources);
}

#[test]
fn what_cannot_be_done_is_said_before_the_work() {
    let recording = mono(vec![0.1; 30_000]);
    /// Nothing may be begun.
    struct Never;
    impl Progress for Never {
        fn report(&self, phase: Phase, _: f64) {
            panic!("{phase:?} was begun");
        }
    }
    let fail = |settings: &SeparationSettings| {
        separate(&recording, settings, &Never, &Cancel::default()).unwrap_err()
    };
    let stft = StftSettings {
        hop: 5000,
        ..StftSettings::default()
    };
    let error = fail(&SeparationSettings {
        stft,
        ..settings(4)
    });
    assert!(matches!(
        error,
        SeparationError::Spectral(SpectralError::Hop { .. })
    ));
    let error = fail(&SeparationSettings {
        sources: SourceCount::Fixed(5),
        ..settings(4)
    });
    assert!(error.to_string().contains("1 to 4 sources"), "{error}");
    let error = fail(&settings(2000));
    assert!(matches!(
        error,
        SeparationError::Factorize(NmfError::Components { .. })
    ));
    let empty = mono(Vec::new());
    let error = separate(&empty, &settings(1), &Silent, &Cancel::default()).unwrap_err();
    assert!(
        matches!(error, SeparationError::Factorize(NmfError::Empty)),
        "{error}"
    );
}

#[test]
fn the_automatic_number_of_components_always_fits() {
    let count = |sources, frames| ComponentCount::Auto.resolve(sources, 1025, frames);
    assert_eq!(count(SourceCount::Components, 1), 1);
    assert_eq!(count(SourceCount::Auto, 9), 9);
    assert_eq!(count(SourceCount::Auto, 5000), 16);
    assert_eq!(count(SourceCount::Fixed(3), 5000), 12);
    let auto = SeparationSettings::default();
    assert_eq!(run(&mono(vec![0.5]), &auto).components.len(), 1);
}

/// Cancels when a phase begins, and remembers when.
struct CancelIn {
    phase: Phase,
    cancel: Cancel,
    at: Mutex<Option<Instant>>,
}

impl Progress for CancelIn {
    fn report(&self, phase: Phase, fraction: f64) {
        assert!((0.0..=1.0).contains(&fraction));
        if phase == self.phase && !self.cancel.is_cancelled() {
            *self.at.lock().unwrap() = Some(Instant::now());
            self.cancel.cancel();
        }
    }
}

#[test]
fn a_cancel_is_answered_at_once_in_every_phase() {
    let channel: Vec<f32> = (0..40 * RATE as usize)
        .map(|t| 0.5 * sine(300.0, t))
        .collect();
    let recording = AudioBuffer::new(vec![channel; 2], RATE).unwrap();
    let long = SeparationSettings {
        nmf: nmf::Settings {
            iterations: 100_000,
            tolerance: 0.0,
            ..nmf::Settings::default()
        },
        ..settings(4)
    };
    for phase in [Phase::Stft, Phase::Factorize] {
        let cancel = Cancel::default();
        let progress = CancelIn {
            phase,
            cancel: cancel.clone(),
            at: Mutex::default(),
        };
        let outcome = separate(&recording, &long, &progress, &cancel).unwrap();
        assert!(matches!(outcome, Outcome::Cancelled), "{phase:?}");
        let waited = progress.at.lock().unwrap().unwrap().elapsed();
        // 100 ms on a machine of one's own; a test may have to share.
        assert!(waited < Duration::from_secs(2), "{phase:?}: {waited:?}");
    }
    let cancelled = Cancel::default();
    cancelled.cancel();
    let outcome = separate(&recording, &long, &Silent, &cancelled).unwrap();
    assert!(matches!(outcome, Outcome::Cancelled));
}

#[test]
fn the_estimate_grows_with_what_is_asked_for() {
    let minutes = |minutes: usize| minutes * 60 * 44_100;
    let settings = settings(16);
    let three = estimate(minutes(3), 2, &settings, StemFormat::I16);
    assert_eq!(three.components, 16);
    let samples = minutes(3) as u64 * 2;
    assert!(three.disk >= 16 * 2 * samples && three.disk < 16 * 2 * samples + 10_000);
    let spectrogram = 4 * 1025 * (minutes(3) as u64 / 512);
    assert!(three.memory > 4 * samples + spectrogram);
    assert!(three.memory < 4 * samples + spectrogram + (150 << 20));
    let six = estimate(minutes(6), 2, &settings, StemFormat::F32);
    assert!(six.seconds > 1.9 * three.seconds && six.disk > 3 * three.disk);
    let searched = SeparationSettings {
        components: ComponentCount::Evidence,
        ..settings.clone()
    };
    let fixed = SeparationSettings {
        components: ComponentCount::Fixed(32),
        ..settings.clone()
    };
    // Minutes more are not looked at more closely.
    let search = |frames| {
        let of = |settings| estimate(frames, 2, settings, StemFormat::F32).seconds;
        of(&searched) - of(&fixed)
    };
    assert!(search(minutes(3)) > 1.0 && search(minutes(3)) < 10.0);
    assert!((search(minutes(60)) - search(minutes(3))).abs() < 0.1);
    let absurd = estimate(usize::MAX, usize::MAX, &settings, StemFormat::F32);
    assert_eq!(absurd.memory, u64::MAX);
}

/// The folder of real recordings, if it is there.
fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("PARTITA_AUDIO").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/audio"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    println!(
        "skipped: no recordings in {}; set PARTITA_AUDIO",
        folder.display()
    );
    None
}

#[test]
fn stems_of_real_recordings_add_up_exactly() {
    let Some(folder) = recordings() else { return };
    let mut tried = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path().join("mix.wav");
        if !path.is_file() {
            continue;
        }
        let whole = read(&path).unwrap().buffer;
        let recording = whole.excerpt(0..3 * whole.rate() as usize);
        let settings = SeparationSettings {
            sources: SourceCount::Auto,
            nmf: nmf::Settings {
                iterations: 15,
                ..nmf::Settings::default()
            },
            ..settings(8)
        };
        let separation = run(&recording, &settings);
        let integers = stems(&recording, &separation, StemFormat::I16);
        assert_eq!(
            integer_difference(&recording, &integers),
            0,
            "{}",
            path.display()
        );
        let floats = stems(&recording, &separation, StemFormat::F32);
        let off = difference(&recording, &floats);
        assert!(off < 1e-6, "{}: {off:e}", path.display());
        tried += 1;
    }
    assert!(tried > 0, "there are no recordings in the folder");
}
