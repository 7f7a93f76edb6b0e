//! Penalties on the activations: they act, whatever the scale of the templates, and what is lowered
//! with them never rises.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use partita::nmf::{
    Algorithm, Channels, Divergence, Init, Matrix, NmfError, Settings, factorize, factorize_from,
    factorize_tensor,
};
use proptest::prelude::*;

use crate::support::{Draw, run};

fn settings(continuity: f64, sparsity: f64, components: usize, iterations: usize) -> Settings {
    Settings {
        continuity,
        sparsity,
        components,
        iterations,
        tolerance: 0.0,
        init: Init::Random,
        ..Settings::default()
    }
}

fn row(h: &Matrix, k: usize) -> Vec<f64> {
    h.row(k).map(f64::from).collect()
}

/// Squared steps over squares.
fn roughness(row: &[f64]) -> f64 {
    let steps: f64 = row.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum();
    steps / row.iter().map(|x| x * x).sum::<f64>()
}

/// Sum over Euclidean norm.
fn spread(row: &[f64]) -> f64 {
    row.iter().sum::<f64>() / row.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// What is lowered, in 64 bit and from the factors alone.
fn objective(v: &Matrix, w: &Matrix, h: &Matrix, continuity: f64, sparsity: f64) -> f64 {
    let (mut sum, mut level) = (0.0, 0.0);
    for n in 0..v.cols() {
        for (f, &x) in v.column(n).iter().enumerate() {
            let x = f64::from(x);
            let y: f64 = (0..w.cols())
                .map(|k| f64::from(w.column(k)[f]) * f64::from(h.column(n)[k]))
                .sum();
            sum += y - x + if x > 0.0 { x * (x / y).ln() } else { 0.0 };
            level += x;
        }
    }
    let rows = (0..h.rows())
        .map(|k| row(h, k))
        .filter(|row| row.iter().any(|x| *x > 0.0));
    let cost =
        |row: Vec<f64>| continuity * (1.0 + roughness(&row)).ln() + sparsity * spread(&row).ln();
    sum + level / h.rows() as f64 * rows.map(cost).sum::<f64>()
}

fn weights() -> impl Strategy<Value = (f64, f64)> {
    let weight = || prop_oneof![Just(0.0), 0.001..0.1f64, 0.1..10.0f64];
    (weight(), weight())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn divergence_and_penalties_never_rise_together(
        (bins, frames, components) in (2..40usize, 2..60usize, 1..10usize),
        (continuity, sparsity) in weights(),
        seed in any::<u64>(),
    ) {
        let v = Draw(seed).matrix(bins, frames);
        let components = components.min(bins).min(frames);
        let level: f64 = v.as_slice().iter().map(|&x| f64::from(x)).sum();
        let (mut before, mut worst) = (f64::INFINITY, 0.0f64);
        let settings = settings(continuity, sparsity, components, 25);
        let result = factorize(&v, &settings, &mut |step| {
            let now = objective(&v, &step.templates(), step.activations(), continuity, sparsity);
            // An exact fit has an objective of 0, of which nothing is left but rounding.
            worst = worst.max((now - before) / before.max(1e-7 * level));
            before = now;
            ControlFlow::Continue(())
        }).unwrap();
        prop_assert!(worst <= 1e-6, "rose by {worst:e}");
        let last = result.divergence_curve[25];
        let total: f64 = v.as_slice().iter().map(|&x| f64::from(x)).sum();
        prop_assert!((last - before).abs() <= 1e-5 * total, "{last} instead of {before}");
    }
}

/// Two steady tones that come and go, under noise that differs from frame to frame.
fn tones() -> Matrix {
    let mut draw = Draw(3);
    Matrix::from_fn(40, 200, |f, n| {
        let tone = |at: usize, from: usize| {
            let lobe = if f.abs_diff(at) < 3 { 1.0 } else { 0.0 };
            if (from..from + 120).contains(&n) {
                lobe
            } else {
                0.0
            }
        };
        (tone(10, 0) + tone(25, 70)) * (0.5 + draw.value()) + 0.05 * draw.value()
    })
}

#[test]
fn continuity_makes_activations_smoother_and_more_of_it_more_so() {
    let v = tones();
    let of = |continuity| {
        let h = run(&v, &settings(continuity, 0.0, 3, 150)).activations;
        (0..3).map(|k| roughness(&row(&h, k))).sum::<f64>()
    };
    let found = [0.0, 0.03, 0.3, 3.0].map(of);
    assert!(found.windows(2).all(|w| w[1] < w[0]), "{found:?}");
    assert!(found[2] < 0.5 * found[0], "{found:?}");
}

#[test]
fn sparsity_makes_activations_sparser_and_more_of_it_more_so() {
    let v = tones();
    let of = |sparsity| {
        let h = run(&v, &settings(0.0, sparsity, 4, 150)).activations;
        (0..4).map(|k| spread(&row(&h, k))).sum::<f64>()
    };
    let found = [0.0, 0.03, 0.3, 3.0].map(of);
    assert!(found.windows(2).all(|w| w[1] < w[0]), "{found:?}");
    assert!(found[2] < 0.9 * found[0], "{found:?}");
}

#[test]
fn the_scale_of_the_start_does_not_fool_them() {
    let v = tones();
    let from = |scale: f32| {
        let w = Matrix::from_fn(40, 3, |f, k| scale * (1.0 + ((f + 3 * k) % 5) as f32));
        let h = Matrix::from_fn(3, 200, |k, n| (1.0 + ((2 * n + k) % 7) as f32) / scale);
        let mut go_on = |_: &partita::nmf::Step<'_>| ControlFlow::Continue(());
        factorize_from(&v, &w, h, &settings(0.2, 0.1, 3, 20), &mut go_on).unwrap()
    };
    let (a, b) = (from(1.0), from(1024.0));
    for (x, y) in a.divergence_curve.iter().zip(&b.divergence_curve) {
        assert!((x / y - 1.0).abs() < 1e-5, "{x} {y}");
    }
}

#[test]
fn weights_of_0_change_no_bit_and_threads_do_not_either() {
    let v = Draw(5).matrix(130, 700);
    let plain = Settings {
        components: 6,
        iterations: 10,
        ..Settings::default()
    };
    let zero = Settings {
        continuity: 0.0,
        sparsity: 0.0,
        ..plain.clone()
    };
    assert_eq!(run(&v, &plain), run(&v, &zero));
    let channels = Channels::new(v.clone(), 2).unwrap();
    let on = |threads| {
        let settings = settings(0.1, 0.1, 6, 10);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let mut go_on = |_: &partita::nmf::TensorStep<'_>| ControlFlow::Continue(());
            let tensor = factorize_tensor(&channels, &settings, &|| false, &mut go_on).unwrap();
            (run(&v, &settings), tensor)
        })
    };
    let one = on(1);
    assert_eq!(one, on(3));
    let curve = &one.1.factorization.divergence_curve;
    assert!(curve.windows(2).all(|d| d[1] <= d[0] * (1.0 + 1e-6)));
}

#[test]
fn silence_stays_silence() {
    let result = run(&Matrix::zeros(20, 30), &settings(1.0, 1.0, 3, 10));
    let mut values = result.activations.as_slice().iter();
    assert!(values.all(|x| x.is_finite()));
    assert!(result.divergence_curve.iter().all(|d| d.is_finite()));
}

#[test]
fn weights_that_are_none_and_combinations_that_do_not_work_are_refused() {
    let v = Draw(7).matrix(10, 20);
    let refuse = |settings: &Settings| {
        factorize(&v, settings, &mut |_| ControlFlow::Continue(())).unwrap_err()
    };
    for weight in [-1.0, f64::INFINITY, f64::NAN] {
        let weights = [settings(weight, 0.0, 2, 5), settings(0.0, weight, 2, 5)];
        assert!(
            weights
                .iter()
                .all(|s| matches!(refuse(s), NmfError::Weight { .. }))
        );
    }
    let divergence = Divergence::ItakuraSaito;
    let other = Settings {
        divergence,
        ..settings(0.1, 0.0, 2, 5)
    };
    assert_eq!(refuse(&other), NmfError::Penalties { divergence });
    let fast = Settings {
        algorithm: Algorithm::Fast,
        ..settings(0.0, 0.1, 2, 5)
    };
    assert_eq!(refuse(&fast), NmfError::Algorithm);
}
