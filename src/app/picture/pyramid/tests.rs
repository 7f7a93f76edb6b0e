//! The levels against those of the transform itself.

use std::f64::consts::TAU;
use std::ops::ControlFlow;

use super::*;

fn recording(samples: usize) -> Arc<AudioBuffer> {
    let channel = |step: f64| -> Vec<f32> {
        (0..samples)
            .map(|t| {
                let t = t as f64;
                ((TAU * step * t).sin() * (t * 1e-4).cos() * 0.3) as f32
                    + if (t as usize).is_multiple_of(7001) {
                        0.4
                    } else {
                        0.0
                    }
            })
            .collect()
    };
    Arc::new(AudioBuffer::new(vec![channel(0.031), channel(0.2)], 8000).unwrap())
}

fn settings() -> StftSettings {
    StftSettings {
        size: 256,
        hop: 64,
        ..StftSettings::default()
    }
}

/// A complete pyramid; the budget in bytes decides what is stored.
fn pyramid(samples: usize, budget: usize) -> Pyramid {
    let pyramid = Pyramid::within(recording(samples), settings(), budget).unwrap();
    pyramid.build(&|| {});
    assert_eq!(pyramid.progress(), 1.0);
    pyramid
}

fn level(pyramid: &Pyramid, level: i32) -> Vec<u8> {
    let mut codes = vec![0; pyramid.columns_of(level) * pyramid.bins()];
    assert_eq!(pyramid.columns(level, 0, &mut codes), Columns::Exact);
    codes
}

#[test]
fn level_0_has_the_decibels_of_the_spectrogram() {
    let pyramid = pyramid(60_000, BUDGET);
    let audio = pyramid.audio();
    let stft = Stft::new(settings()).unwrap();
    let hook = |_| ControlFlow::Continue(());
    let spectrogram = stft
        .magnitude(audio.channels(), 8000, Scale::ONE, &hook)
        .unwrap();
    let full_scale = f64::from(stft.window().iter().sum::<f32>()) / 2.0;
    let codes = level(&pyramid, 0);
    assert_eq!(codes.len(), spectrogram.values().len());
    for (n, (&code, &magnitude)) in codes.iter().zip(spectrogram.values()).enumerate() {
        let db = 20.0 * (f64::from(magnitude) / full_scale).log10();
        if db > pyramid.db(0) + 0.3 {
            assert!((pyramid.db(code) - db).abs() < 0.3, "{n}: {db}");
        } else {
            assert!(code <= 1, "{n}: {db}");
        }
    }
    let (frame, bin) = (431, 31);
    let axes = pyramid.axes();
    let exact = pyramid
        .level_db(
            axes.seconds(f64::from(frame) + 0.4),
            axes.hz(f64::from(bin) - 0.4),
        )
        .unwrap();
    let expected = spectrogram.frame(frame as usize)[bin as usize];
    let expected = 20.0 * (f64::from(expected) / full_scale).log10();
    assert!((exact - expected).abs() < 1e-3, "{exact} {expected}");
    assert_eq!(pyramid.level_db(1e9, 100.0), None);
}

#[test]
fn every_level_is_the_maximum_of_the_finer_one_stored_or_not() {
    // Everything stored, a part, almost nothing.
    for budget in [BUDGET, 100_000, 10_000] {
        let pyramid = pyramid(70_001, budget);
        let bins = pyramid.bins();
        assert!(
            pyramid.bytes() <= budget.max(130_000) * 5 / 4,
            "{}",
            pyramid.bytes()
        );
        let mut finer = level(&pyramid, 0);
        assert_eq!(finer, level(&self::pyramid(70_001, BUDGET), 0));
        for coarser in 1..=pyramid.coarsest() {
            let codes = level(&pyramid, coarser);
            for (column, codes) in codes.chunks_exact(bins).enumerate() {
                for (bin, &code) in codes.iter().enumerate() {
                    let at = |n: usize| finer.get(n * bins + bin).copied().unwrap_or(0);
                    assert_eq!(code, at(2 * column).max(at(2 * column + 1)));
                }
            }
            finer = codes;
        }
    }
}

#[test]
fn finer_levels_have_more_frames_at_the_same_times() {
    let pyramid = pyramid(20_000, BUDGET);
    assert_eq!(pyramid.finest(), -2);
    let (bins, plain) = (pyramid.bins(), level(&pyramid, 0));
    for finer in [-1, -2] {
        let codes = level(&pyramid, finer);
        let step = 1 << -finer;
        for (frame, expected) in plain.chunks_exact(bins).enumerate() {
            let from = frame * step * bins;
            assert_eq!(&codes[from..from + bins], expected);
            let (left, column) = (
                pyramid.left_edge(finer, (frame * step) as i64),
                frame * step,
            );
            assert_eq!(pyramid.column_at(finer, left + 1e-6), column as i64);
        }
    }
}

#[test]
fn what_is_not_computed_is_sketched_and_what_is_outside_is_silent() {
    let pyramid = Pyramid::new(recording(600_000), settings()).unwrap();
    let mut codes = vec![9; 4 * pyramid.bins()];
    assert_eq!(pyramid.columns(3, 0, &mut codes), Columns::Sketched);
    assert!(codes.iter().all(|code| *code == 0));
    let sketch = pyramid.draw_sketch(pyramid.analyser());
    pyramid.sketch.set(sketch).unwrap();
    assert_eq!(pyramid.columns(3, 0, &mut codes), Columns::Sketched);
    assert!(codes.iter().any(|code| *code > 100));
    assert_eq!(pyramid.columns(3, -4, &mut codes), Columns::Exact);
    assert!(codes.iter().all(|code| *code == 0));
}

#[test]
fn a_cancelled_computation_stops_and_an_empty_recording_has_no_levels() {
    let pyramid = Pyramid::new(recording(600_000), settings()).unwrap();
    pyramid.cancel();
    pyramid.build(&|| {});
    assert!(pyramid.progress() < 0.5);

    let empty = Arc::new(AudioBuffer::new(vec![vec![]], 8000).unwrap());
    let empty = Pyramid::new(empty, settings()).unwrap();
    empty.build(&|| {});
    assert_eq!((empty.frames(), empty.bytes()), (0, 0));
    assert_eq!(empty.level_db(0.0, 100.0), None);
}

#[test]
fn a_quiet_recording_is_brought_up_and_its_decibels_stay_true() {
    let quiet = |factor: f32| {
        let channels = recording(30_000)
            .channels()
            .iter()
            .map(|channel| channel.iter().map(|x| x * factor).collect())
            .collect();
        let audio = Arc::new(AudioBuffer::new(channels, 8000).unwrap());
        let pyramid = Pyramid::new(audio, settings()).unwrap();
        pyramid.build(&|| {});
        pyramid
    };
    let (plain, quiet) = (quiet(1.0), quiet(2f32.powi(-40)));
    assert_eq!(level(&plain, 0), level(&quiet, 0));
    let difference = plain.db(200) - quiet.db(200);
    assert!(
        (difference - 40.0 * 20.0 * 2f64.log10()).abs() < 1e-6,
        "{difference}"
    );
}
