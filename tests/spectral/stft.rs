//! The transform against SciPy, and the promise that every accepted setting can be inverted.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::ops::ControlFlow;

use partita::spectral::{Scale, Spectrogram, Stft, StftSettings, Window};
use proptest::prelude::*;
use serde::Deserialize;

fn stft(size: usize, hop: usize, window: Window) -> Stft {
    Stft::new(StftSettings { size, hop, window }).unwrap()
}

fn noise(seed: u64, samples: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..samples)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// Largest error of forward and inverse, relative to the peak, in dB.
fn round_trip(stft: &Stft, signal: &[f32]) -> f64 {
    let back = stft.synthesise(stft.analyse(signal));
    assert_eq!(back.len(), signal.len());
    let peak = signal
        .iter()
        .fold(0.0, |m: f64, &x| m.max(f64::from(x).abs()));
    let error = signal
        .iter()
        .zip(&back)
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs())
        .fold(0.0, f64::max);
    20.0 * (error / peak).log10()
}

#[derive(Deserialize)]
struct Case {
    window: Window,
    size: usize,
    hop: usize,
    samples: usize,
    re: Vec<Vec<f64>>,
    im: Vec<Vec<f64>>,
}

#[test]
fn spectra_are_those_of_scipy() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../fixtures/stft.json")).unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let signal: Vec<f32> = (0..case.samples)
            .map(|t| ((t * t * 31 + t * 17) % 2003) as f32 / 1024.0 - 1.0)
            .collect();
        let stft = stft(case.size, case.hop, case.window);
        let spectra = stft.analyse(&signal);
        let undo = f64::from(spectra.scale().inverse());
        assert!(spectra.frames() >= case.re.len(), "{}", case.window);
        for (n, (re, im)) in case.re.iter().zip(&case.im).enumerate() {
            assert_eq!(re.len(), spectra.bins());
            for (x, (re, im)) in spectra.frame(n).iter().zip(re.iter().zip(im)) {
                let difference = (f64::from(x.re) * undo - re).hypot(f64::from(x.im) * undo - im);
                assert!(difference < 1e-5, "{} frame {n}: {difference}", case.window);
            }
        }
    }
}

#[test]
fn windows_begin_at_their_minimum_and_peak_in_the_middle() {
    for (window, first) in Window::ALL.into_iter().zip([0.0, 0.08, 0.0, 0.0]) {
        let w = window.coefficients(128);
        assert!((w[0] - first).abs() < 1e-6, "{window}");
        assert!((w[64] - 1.0).abs() < 1e-6, "{window}");
        assert!(
            (1..64).all(|m| (w[m] - w[128 - m]).abs() < 1e-6),
            "{window} is not periodic"
        );
        assert_eq!(window.name().parse(), Ok(window));
    }
    let message = "kaiser".parse::<Window>().unwrap_err().to_string();
    assert!(message.contains("blackman"), "{message}");
}

#[test]
fn sizes_of_every_kind_give_noise_back_within_120_db() {
    let mut worst = f64::NEG_INFINITY;
    for size in [
        64, 94, 100, 578, 1000, 1024, 2042, 2048, 2062, 3072, 4394, 8198, 16_384, 44_100, 64_294,
        65_534, 65_536,
    ] {
        for window in Window::ALL {
            let largest = StftSettings {
                size,
                hop: 1,
                window,
            }
            .largest_hop();
            for hop in [size / 4, size / 2, largest] {
                let error = round_trip(&stft(size, hop, window), &noise(size as u64, 3 * size / 2));
                worst = worst.max(error);
                assert!(error < -120.0, "{window} {size} {hop}: {error:.1} dB");
            }
        }
    }
    println!("largest error of all sizes: {worst:.1} dB");
}

#[test]
fn square_waves_and_constants_come_back_to_the_last_sample() {
    for (size, hop) in [(2048, 512), (2048, 1024), (1024, 64), (2042, 512)] {
        for samples in [size - 1, 5 * size + hop - 1, 44_100] {
            let square: Vec<f32> = (0..samples)
                .map(|t| if (t / 50) % 2 == 0 { 1.0 } else { -1.0 })
                .collect();
            let stft = stft(size, hop, Window::Hann);
            let error = round_trip(&stft, &square).max(round_trip(&stft, &vec![1.0; samples]));
            assert!(error < -120.0, "{size} {hop} {samples}: {error:.1} dB");
        }
    }
}

#[test]
fn tiny_and_huge_signals_come_back_too() {
    let stft = stft(256, 64, Window::Hann);
    for level in [1e-40_f32, 1e-38, 1e-30, 1e-10, 1e10, 1e20, 1e38] {
        let signal: Vec<f32> = noise(7, 1000).iter().map(|x| x * level).collect();
        // Denormals have fewer digits of their own.
        let limit = if level < 1e-36 { -80.0 } else { -120.0 };
        let error = round_trip(&stft, &signal);
        assert!(error < limit, "{level:e}: {error:.1} dB");
    }
    let silence = vec![0.0; 777];
    assert_eq!(stft.synthesise(stft.analyse(&silence)), silence);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_accepted_setting_gives_any_signal_back(
        half in prop_oneof![
            32_usize..1024,
            // Twice a prime: the sizes that need Rader's or Bluestein's algorithm.
            proptest::sample::select(vec![37_usize, 47, 127, 509, 1021, 1031, 2053, 4099]),
            proptest::sample::select(vec![32_usize, 256, 1024, 4096]),
        ],
        window in proptest::sample::select(Window::ALL.to_vec()),
        overlap in 0.0_f64..=1.0,
        length in prop_oneof![1_usize..200, 1_usize..30_000],
        seed in any::<u64>(),
        level in proptest::sample::select(vec![1.0_f32, 0.01, 1e-20, 1e15]),
    ) {
        let size = 2 * half;
        let limits = StftSettings { size, hop: 1, window };
        let (smallest, largest) = (limits.smallest_hop(), limits.largest_hop());
        let hop = smallest + ((largest - smallest) as f64 * overlap).round() as usize;
        let signal: Vec<f32> = noise(seed, length).iter().map(|x| x * level).collect();
        let error = round_trip(&stft(size, hop, window), &signal);
        prop_assert!(error < -120.0, "{window} {size} {hop} {length}: {error:.1} dB");
    }
}

fn spectrogram(stft: &Stft, channels: &[Vec<f32>]) -> Spectrogram {
    stft.magnitude(channels, 8000, Scale::ONE, &|_| ControlFlow::Continue(()))
        .unwrap()
}

#[test]
fn the_spectrogram_is_the_mean_of_the_channels_magnitudes() {
    let stft = stft(128, 32, Window::Hann);
    let channels = [noise(1, 3000), noise(2, 3000)];
    let both = spectrogram(&stft, &channels);
    let [left, right] = channels.each_ref().map(|c| stft.analyse(c));
    assert_eq!((both.bins(), both.frames()), (65, stft.frame_count(3000)));
    for n in 0..both.frames() {
        for (k, &magnitude) in both.frame(n).iter().enumerate() {
            let l = left.frame(n)[k].norm() * left.scale().inverse();
            let r = right.frame(n)[k].norm() * right.scale().inverse();
            assert!(
                (magnitude - (l + r) / 2.0).abs() < 1e-4,
                "frame {n} bin {k}"
            );
        }
    }
}

#[test]
fn the_spectrogram_has_the_same_bits_for_any_number_of_threads() {
    let stft = stft(256, 64, Window::Hann);
    let channels = [noise(3, 40_000)];
    let [one, many] = [1, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| spectrogram(&stft, &channels))
    });
    assert_eq!(one, many);
}

#[test]
fn a_sine_stands_in_its_bin() {
    let stft = stft(1024, 256, Window::Hann);
    let sine: Vec<f32> = (0..8000)
        .map(|t| (std::f32::consts::TAU * 1000.0 * t as f32 / 8000.0).sin())
        .collect();
    let spectrogram = spectrogram(&stft, &[sine]);
    let frame = spectrogram.frame(15);
    let peak = (0..frame.len())
        .max_by(|&a, &b| frame[a].total_cmp(&frame[b]))
        .unwrap();
    assert_eq!(spectrogram.axes().hz(peak as f64), 1000.0);
    assert!(
        (frame[peak] - 256.0).abs() < 0.1,
        "half the sum of the window: {}",
        frame[peak]
    );
}

#[test]
fn a_hook_that_breaks_stops_the_spectrogram() {
    let stft = stft(1024, 64, Window::Hann);
    let result = stft.magnitude(&[noise(4, 200_000)], 8000, Scale::ONE, &|fraction| {
        assert!((0.0..=1.0).contains(&fraction));
        ControlFlow::Break(())
    });
    assert!(result.is_none());
}
