//! Harmonic and percussive parts, against librosa's. `scripts/fixtures/hpss.py` makes the fixtures.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use partita::spectral::{Hpss, HpssSettings, SpectralError};
use proptest::prelude::*;
use serde_json::Value;

fn read(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hpss");
    fs::read(folder.join(name)).unwrap()
}

fn split(magnitudes: &[f32], bins: usize, settings: &HpssSettings) -> Hpss {
    let go_on = |_: f64| ControlFlow::Continue(());
    Hpss::of(magnitudes, bins, settings, &go_on)
        .unwrap()
        .unwrap()
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap()
}

#[test]
fn the_masks_are_those_of_librosa() {
    let facts: Value = serde_json::from_slice(&read("cases.json")).unwrap();
    let bins = number(&facts, "bins") as usize;
    let magnitudes: Vec<f32> = read("magnitudes.f32")
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect();
    let cases = facts["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for (i, case) in cases.iter().enumerate() {
        let settings = HpssSettings {
            frames: number(case, "frames") as usize,
            bins: number(case, "bins") as usize,
            power: number(case, "power") as f32,
            margin: number(case, "margin") as f32,
        };
        let found = split(&magnitudes, bins, &settings);
        for (part, name) in ["harmonic", "percussive"].into_iter().enumerate() {
            let bytes = read(&format!("{i}-{name}.f64"));
            let expected = bytes
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes(b.try_into().unwrap()));
            let ours = (0..found.frames()).flat_map(|n| found.frame(n)[part]);
            assert_eq!(bytes.len() / 8, magnitudes.len());
            for (ours, expected) in ours.zip(expected) {
                // The masks reach 1, and are made of a few operations in 32 bit.
                let off = (f64::from(*ours) - expected).abs();
                assert!(off < 1e-6, "{settings:?} {name}: {ours} and {expected}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn masks_add_up_to_1_and_with_a_margin_to_no_more(
        (bins, frames) in (1..50usize, 0..60usize),
        (half_frames, half_bins) in (0..40usize, 0..40usize),
        power in 0.5..4.0f32,
        margin in prop_oneof![Just(1.0f32), 1.0..5.0f32],
        seed in any::<u64>(),
    ) {
        let mut state = seed;
        let magnitudes: Vec<f32> = (0..bins * frames).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            match (state >> 40) as f32 / (1u32 << 24) as f32 {
                x if x < 0.5 => 0.0,
                x => x.powi(20),
            }
        }).collect();
        let settings = HpssSettings {
            frames: 2 * half_frames + 1,
            bins: 2 * half_bins + 1,
            power,
            margin,
        };
        let found = split(&magnitudes, bins, &settings);
        prop_assert_eq!((found.frames(), found.has_residual()), (frames, margin > 1.0));
        for n in 0..frames {
            let [harmonic, percussive] = found.frame(n);
            for (h, p) in harmonic.iter().zip(percussive) {
                prop_assert!(*h >= 0.0 && *p >= 0.0);
                let sum = h + p;
                prop_assert!(sum <= 1.0 + 1e-6 && (margin > 1.0 || sum >= 1.0 - 1e-6), "{sum}");
            }
        }
    }
}

#[test]
fn the_bits_are_the_same_for_any_number_of_threads_and_a_break_stops() {
    let magnitudes: Vec<f32> = (0..100 * 130).map(|i| (i * 37 % 101) as f32).collect();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
            .install(|| split(&magnitudes, 100, &HpssSettings::default()))
    };
    assert_eq!(on(1), on(3));
    let stop = |fraction: f64| {
        if fraction > 0.5 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let stopped = Hpss::of(&magnitudes, 100, &HpssSettings::default(), &stop).unwrap();
    assert_eq!(stopped, None);
}

#[test]
fn settings_out_of_range_are_refused() {
    let default = HpssSettings::default();
    let refused = |settings: HpssSettings| settings.check().unwrap_err();
    for length in [0, 2, 30, 4097] {
        let expected = SpectralError::Median { length };
        assert_eq!(
            refused(HpssSettings {
                frames: length,
                ..default
            }),
            expected
        );
        assert_eq!(
            refused(HpssSettings {
                bins: length,
                ..default
            }),
            expected
        );
    }
    for (power, margin) in [
        (0.0, 1.0),
        (f32::NAN, 1.0),
        (2.0, 0.9),
        (2.0, f32::INFINITY),
    ] {
        let settings = HpssSettings {
            power,
            margin,
            ..default
        };
        assert!(matches!(refused(settings), SpectralError::Hpss { .. }));
    }
}
