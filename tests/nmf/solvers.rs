//! What holds for every algorithm: curves that never rise, the same bits, a stop that keeps what
//! has been found.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use partita::nmf::{
    Algorithm, Divergence, Init, Matrix, Settings, Stopped, factorize, factorize_from,
    initial_factors,
};
use proptest::prelude::*;

use crate::support::run;

const ALL: [Algorithm; 3] = [Algorithm::Mu, Algorithm::Relaxed, Algorithm::Fast];

/// Smooth templates that come and go over noise.
fn spectrogram(bins: usize, frames: usize, seed: u64) -> Matrix {
    let mut state = seed;
    Matrix::from_fn(bins, frames, |f, n| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let noise = (state >> 40) as f32 / (1u32 << 24) as f32;
        let tone =
            (1.0 + (f as f32 * 0.21).sin()) * (1.0 + (n as f32 * 0.013 + f as f32 * 0.02).cos());
        tone.powi(3) / (1.0 + 0.01 * f as f32) + 0.1 * noise
    })
}

fn settings(algorithm: Algorithm, components: usize, iterations: usize) -> Settings {
    Settings {
        algorithm,
        components,
        iterations,
        tolerance: 0.0,
        init: Init::Random,
        ..Settings::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_curve_never_rises(
        (bins, frames, components) in (2..60usize, 2..80usize, 1..8usize),
        seed in any::<u64>(),
    ) {
        let v = spectrogram(bins, frames, seed);
        let components = components.min(bins).min(frames);
        let total: f64 = v.as_slice().iter().map(|&x| f64::from(x)).sum();
        for algorithm in ALL {
            let curve = run(&v, &settings(algorithm, components, 40)).divergence_curve;
            for pair in curve.windows(2) {
                prop_assert!(pair[1] <= pair[0] + 1e-6 * total, "{algorithm:?}: {pair:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// As above, where there is enough of it for the coarse levels.
    #[test]
    fn the_curve_never_rises_after_coarse_levels(
        (bins, frames, components) in (300..600usize, 700..1800usize, 2..7usize),
        seed in any::<u64>(),
    ) {
        let v = spectrogram(bins, frames, seed);
        let total: f64 = v.as_slice().iter().map(|&x| f64::from(x)).sum();
        // Coarse factors have no divergence of the whole.
        let mut coarse = 0;
        let found = factorize(&v, &settings(Algorithm::Fast, components, 60), &mut |step| {
            coarse += usize::from(step.divergence().is_none());
            ControlFlow::Continue(())
        })
        .unwrap();
        prop_assert!(coarse > 20, "{coarse} coarse steps");
        prop_assert!(found.divergence_curve.len() > 5);
        for pair in found.divergence_curve.windows(2) {
            prop_assert!(pair[1] <= pair[0] + 1e-6 * total, "{pair:?}");
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits_for_every_algorithm() {
    // The second one reaches the level that has all bins and few frames with other strides.
    for (v, algorithm) in [(900, 1), (2600, 2)]
        .map(|(frames, seed)| spectrogram(513, frames, seed))
        .iter()
        .flat_map(|v| ALL.map(|algorithm| (v, algorithm)))
    {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap()
                .install(|| run(v, &settings(algorithm, 6, 40)))
        };
        let one = with(1);
        assert_eq!(one, with(2), "{algorithm:?}");
        assert_eq!(one, with(4), "{algorithm:?}");
    }
}

#[test]
fn in_auto_long_spectrograms_are_for_the_fast_algorithm_and_given_starts_are_kept() {
    let with = |v: &Matrix, algorithm, iterations| run(v, &settings(algorithm, 3, iterations));
    let plain = |v: &Matrix, iterations| {
        assert_eq!(
            with(v, Algorithm::Auto, iterations),
            with(v, Algorithm::Mu, iterations)
        );
    };
    plain(&spectrogram(40, 1499, 4), 160);
    let long = spectrogram(40, 1500, 4);
    plain(&long, 159);
    let fast = with(&long, Algorithm::Fast, 64);
    assert_eq!(with(&long, Algorithm::Auto, 160), fast);
    assert_ne!(fast, with(&long, Algorithm::Mu, 64));

    let (w, h) = initial_factors(&long, 3, Init::Random, 1).unwrap();
    let from = |algorithm| {
        let settings = settings(algorithm, 3, 20);
        factorize_from(&long, &w, h.clone(), &settings, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap()
    };
    assert_eq!(from(Algorithm::Auto), from(Algorithm::Mu));
    for other in [
        Settings {
            divergence: Divergence::ItakuraSaito,
            ..settings(Algorithm::Auto, 3, 160)
        },
        Settings {
            sparsity: 0.1,
            ..settings(Algorithm::Auto, 3, 160)
        },
    ] {
        let found = other.resolved(1 << 20);
        assert_eq!((found.algorithm, found.iterations), (Algorithm::Mu, 160));
    }
}

#[test]
fn the_fast_algorithm_ends_no_higher_than_plain_updates() {
    let v = spectrogram(513, 900, 2);
    let last = |algorithm| {
        let result = run(&v, &settings(algorithm, 6, 100));
        *result.divergence_curve.last().unwrap()
    };
    assert!(last(Algorithm::Fast) <= last(Algorithm::Mu));
}

#[test]
fn a_break_at_any_step_keeps_factors_of_full_size() {
    let v = spectrogram(513, 900, 3);
    for algorithm in ALL {
        for after in [1, 60, 170, 200] {
            let mut calls = 0;
            let result = factorize(&v, &settings(algorithm, 5, 200), &mut |step| {
                let (w, h) = (step.templates(), step.activations());
                assert_eq!((w.rows(), w.cols()), (513, 5));
                assert_eq!((h.rows(), h.cols()), (5, 900));
                calls += 1;
                if calls == after {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
            .unwrap();
            assert_eq!(
                (result.activations.rows(), result.activations.cols()),
                (5, 900)
            );
            assert!(result.templates.as_slice().iter().all(|x| x.is_finite()));
            assert!(calls < after || result.stopped == Stopped::ByHook);
        }
    }
}
