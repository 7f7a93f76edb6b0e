//! What holds for a factorization by any divergence: curves that never rise and are what they say,
//! one and several channels, the same bits.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use partita::nmf::{
    Algorithm, Channels, Divergence, Init, Matrix, NmfError, Settings, TensorFactorization,
    TensorModel, factorize, factorize_from, factorize_tensor, factorize_tensor_from,
    factorize_until,
};
use proptest::prelude::*;

use crate::support::{run, spectrogram};

/// What counts as silence below β = 1, relative to the mean.
const LEAST: f64 = 1e-5;

fn settings(beta: f64, components: usize, iterations: usize) -> Settings {
    Settings {
        divergence: Divergence::Beta(beta),
        components,
        iterations,
        tolerance: 0.0,
        init: Init::Random,
        ..Settings::default()
    }
}

fn run_tensor(v: &Channels, settings: &Settings) -> TensorFactorization {
    factorize_tensor(v, settings, &|| false, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// The divergence as it is defined, in 64 bit and from the factors alone.
fn divergence(beta: f64, v: &Matrix, model: impl Fn(usize, usize) -> f64) -> f64 {
    let values = || v.as_slice().iter().map(|&x| f64::from(x));
    let mean = values().sum::<f64>() / v.as_slice().len() as f64;
    let least = if beta < 1.0 { LEAST * mean } else { 0.0 };
    let mut sum = 0.0;
    for (i, x) in values().enumerate() {
        let (x, y) = (x.max(least), model(i % v.rows(), i / v.rows()).max(1e-300));
        sum += if beta == 0.0 {
            x / y - (x / y).ln() - 1.0
        } else if beta == 1.0 {
            if x > 0.0 { x * (x / y).ln() - x + y } else { y }
        } else {
            let terms = x.powf(beta) + (beta - 1.0) * y.powf(beta) - beta * x * y.powf(beta - 1.0);
            terms / (beta * (beta - 1.0))
        };
    }
    sum
}

fn product(w: &Matrix, h: &Matrix, f: usize, n: usize) -> f64 {
    let pairs = h.column(n).iter().enumerate();
    pairs
        .map(|(k, &h)| f64::from(w.column(k)[f]) * f64::from(h))
        .sum()
}

fn betas() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(2.0), 0.0..=2.0f64]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_divergence_never_rises_and_the_curve_tells_it(
        (bins, frames, components) in (2..48usize, 2..64usize, 1..12usize),
        beta in betas(),
        seed in any::<u64>(),
    ) {
        let v = spectrogram(bins, frames, seed);
        let components = components.min(bins).min(frames);
        let mut before = f64::INFINITY;
        let mut worst = 0.0f64;
        let result = factorize(&v, &settings(beta, components, 25), &mut |step| {
            let (w, h) = (step.templates(), step.activations());
            let now = divergence(beta, &v, |f, n| product(&w, h, f, n));
            worst = worst.max((now - before) / before);
            before = now;
            ControlFlow::Continue(())
        }).unwrap();
        prop_assert!(worst <= 1e-6, "β {beta}: rose by {worst:e}");
        let last = result.divergence_curve[25];
        prop_assert!((last / before - 1.0).abs() <= 1e-4 || (last - before).abs() < 1e-9,
            "β {beta}: {last} instead of {before}");
        for m in [&result.templates, &result.activations] {
            prop_assert!(m.as_slice().iter().all(|x| x.is_finite() && *x >= 0.0));
        }
        for k in 0..components {
            let sum: f32 = result.templates.column(k).iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn several_channels_with_and_without_common_gains_never_rise_either(
        (bins, frames, channels) in (2..30usize, 4..40usize, 1..4usize),
        beta in betas(),
        seed in any::<u64>(),
    ) {
        let v = Channels::new(spectrogram(bins * channels, frames, seed), channels).unwrap();
        let start = TensorModel {
            templates: Matrix::from_fn(bins, 4, |f, k| 1.0 + ((3 * f + 5 * k) % 7) as f32),
            activations: Matrix::from_fn(4, frames, |k, n| 1.0 + ((2 * n + 3 * k) % 5) as f32),
            channel_gains: Matrix::from_fn(channels, 4, |c, k| 1.0 + ((c + k) % 3) as f32),
        };
        for labels in [None, Some(&[0, 1, 1, 0][..])] {
            let mut before = f64::INFINITY;
            let mut worst = 0.0f64;
            let mut hook = |step: &partita::nmf::TensorStep<'_>| {
                let TensorModel { templates, activations, channel_gains } = step.model();
                let now = divergence(beta, v.stacked(), |row, n| {
                    (0..4).map(|k| {
                        f64::from(channel_gains.column(k)[row / bins])
                            * f64::from(templates.column(k)[row % bins])
                            * f64::from(activations.column(n)[k])
                    }).sum()
                });
                worst = worst.max((now - before) / before);
                before = now;
                ControlFlow::Continue(())
            };
            let found = factorize_tensor_from(
                &v, &start, labels, &settings(beta, 4, 20), &|| false, &mut hook,
            ).unwrap();
            prop_assert!(worst <= 1e-6, "β {beta}: rose by {worst:e}");
            let gains = &found.channel_gains;
            if labels.is_some() {
                prop_assert_eq!(gains.column(0), gains.column(3));
                prop_assert_eq!(gains.column(1), gains.column(2));
            }
        }
    }
}

#[test]
fn kullback_leibler_is_the_same_by_name_by_beta_and_by_default() {
    let v = spectrogram(40, 60, 1);
    let default = run(
        &v,
        &Settings {
            divergence: Divergence::default(),
            ..settings(1.0, 5, 10)
        },
    );
    assert_eq!(default, run(&v, &settings(1.0, 5, 10)));
}

#[test]
fn divergences_beside_kullback_leibler_are_near_it() {
    let v = spectrogram(40, 60, 2);
    let exact = run(&v, &settings(1.0, 5, 30));
    for beta in [1.0 - 1e-7, 1.0 - 1e-4, 1.0 + 1e-4] {
        let near = run(&v, &settings(beta, 5, 30));
        let (a, b) = (exact.divergence_curve[30], near.divergence_curve[30]);
        assert!((a / b - 1.0).abs() < 1e-3, "β {beta}: {a} and {b}");
    }
}

#[test]
fn the_bits_are_the_same_for_any_number_of_threads() {
    for beta in [0.0, 0.5, 1.5, 2.0] {
        let v = Channels::new(spectrogram(130, 700, 3), 2).unwrap();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| {
                let settings = settings(beta, 6, 12);
                (run(v.stacked(), &settings), run_tensor(&v, &settings))
            })
        };
        let one = on(1);
        assert_eq!(one, on(2), "β {beta}");
        assert_eq!(one, on(4), "β {beta}");
    }
}

#[test]
fn one_channel_is_a_plain_factorization_bit_for_bit() {
    let v = spectrogram(33, 70, 4);
    for beta in [0.0, 0.7, 2.0] {
        let plain = run(&v, &settings(beta, 5, 20));
        let tensor = run_tensor(
            &Channels::new(v.clone(), 1).unwrap(),
            &settings(beta, 5, 20),
        );
        assert_eq!(tensor.factorization.templates, plain.templates);
        assert_eq!(tensor.factorization.activations, plain.activations);
    }
}

#[test]
fn a_level_changes_the_activations_and_nothing_else() {
    let v = spectrogram(40, 50, 5);
    let louder = Matrix::from_fn(40, 50, |f, n| v.column(n)[f] * 2f32.powi(30));
    for beta in [0.0, 0.5, 1.5, 2.0] {
        let at = |v: &Matrix, level: f32| {
            let w = Matrix::from_fn(40, 3, |f, k| 1.0 + ((f + 3 * k) % 5) as f32);
            let h = Matrix::from_fn(3, 50, |k, n| level * (1.0 + ((2 * n + k) % 7) as f32));
            let settings = settings(beta, 3, 15);
            factorize_from(v, &w, h, &settings, &mut |_| ControlFlow::Continue(())).unwrap()
        };
        let (a, b) = (at(&v, 1.0), at(&louder, 2f32.powi(30)));
        assert_eq!(a.templates, b.templates, "β {beta}");
        let curves = a.divergence_curve.iter().zip(&b.divergence_curve);
        for (a, b) in curves {
            let level = 2f64.powi(30).powf(beta);
            assert!((b / a / level - 1.0).abs() < 1e-9, "β {beta}: {a} {b}");
        }
    }
}

#[test]
fn silence_an_impulse_and_wide_ranges_give_finite_results() {
    let (bins, frames) = (65, 40);
    let impulse = Matrix::from_fn(bins, frames, |_, n| if n == 20 { 1.0 } else { 0.0 });
    let dc = Matrix::from_fn(bins, frames, |f, _| if f == 0 { 100.0 } else { 0.0 });
    let wide = Matrix::from_fn(bins, frames, |f, n| {
        10f32.powi((f % 30) as i32 - 15 - (n % 5) as i32)
    });
    for (name, v) in [
        ("silence", Matrix::zeros(bins, frames)),
        ("an impulse", impulse),
        ("dc", dc),
        ("a wide range", wide),
    ] {
        for beta in [0.0, 0.1, 0.5, 1.5, 2.0] {
            for init in [Init::Random, Init::NndsvdA] {
                let settings = Settings {
                    init,
                    ..settings(beta, 5, 100)
                };
                let result = run(&v, &settings);
                for m in [&result.templates, &result.activations] {
                    let valid = m.as_slice().iter().all(|x| x.is_finite() && *x >= 0.0);
                    assert!(valid, "{name}, β {beta}");
                }
                let curve = &result.divergence_curve;
                assert!(
                    curve.iter().all(|d| d.is_finite() && *d >= 0.0),
                    "{name}, β {beta}"
                );
                // What 32 bit floats resolve of the terms of the sum, which are squares for β = 2.
                let resolution = 1e-13 * curve[0];
                let falls = curve
                    .windows(2)
                    .all(|d| d[1] <= d[0] * (1.0 + 1e-5) + resolution);
                assert!(falls, "{name}, β {beta}: {curve:?}");
            }
        }
    }
}

#[test]
fn a_stop_and_a_break_are_seen() {
    let v = spectrogram(65, 3000, 6);
    let mut hook = |_: &partita::nmf::Step<'_>| ControlFlow::Continue(());
    let stopped = factorize_until(&v, &settings(0.0, 4, 5), &|| true, &mut hook);
    assert_eq!(stopped, Err(NmfError::Stopped));
    let mut hook = |_: &partita::nmf::Step<'_>| ControlFlow::Break(());
    let broken = factorize_until(&v, &settings(2.0, 4, 5), &|| false, &mut hook).unwrap();
    assert_eq!((broken.iterations, broken.divergence_curve.len()), (1, 2));
}

#[test]
fn what_is_no_divergence_or_unknown_to_an_algorithm_is_refused() {
    let v = spectrogram(10, 20, 7);
    let refuse = |settings: &Settings| {
        factorize(&v, settings, &mut |_| ControlFlow::Continue(())).unwrap_err()
    };
    for beta in [-0.1, 2.1, f64::INFINITY] {
        assert_eq!(refuse(&settings(beta, 2, 5)), NmfError::Beta { beta });
    }
    assert!(matches!(
        refuse(&settings(f64::NAN, 2, 5)),
        NmfError::Beta { .. }
    ));
    for algorithm in [Algorithm::Relaxed, Algorithm::Fast] {
        let settings = Settings {
            algorithm,
            ..settings(0.5, 2, 5)
        };
        assert_eq!(refuse(&settings), NmfError::Algorithm);
    }
    for (text, divergence) in [
        ("kl", Divergence::KullbackLeibler),
        ("is", Divergence::ItakuraSaito),
        ("euclidean", Divergence::Euclidean),
        ("0", Divergence::ItakuraSaito),
        ("0.25", Divergence::Beta(0.25)),
    ] {
        assert_eq!(text.parse(), Ok(divergence));
        assert_eq!(divergence.to_string().parse(), Ok(divergence));
    }
    for text in ["", "x", "-1", "2.5", "nan"] {
        assert!(text.parse::<Divergence>().is_err(), "{text}");
    }
}
