//! Templates of several frames, against the published equations written out in 64 bit.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use partita::nmf::{
    Algorithm, Convolutive, Divergence, Init, Matrix, NmfError, Settings, factorize,
    factorize_convolutive,
};
use proptest::prelude::*;

use crate::support::Draw;

fn settings(components: usize, iterations: usize) -> Settings {
    Settings {
        components,
        iterations,
        tolerance: 0.0,
        init: Init::Random,
        ..Settings::default()
    }
}

fn run(v: &Matrix, length: usize, settings: &Settings) -> Convolutive {
    let mut go_on = |_: &partita::nmf::Step<'_>| ControlFlow::Continue(());
    factorize_convolutive(v, length, settings, &|| false, &mut go_on).unwrap()
}

/// The model and its updates, as they are written: `w[k][τ][f]`, `h[k][n]`.
struct Reference {
    w: Vec<Vec<Vec<f64>>>,
    h: Vec<Vec<f64>>,
}

impl Reference {
    fn of(result: &Convolutive) -> Self {
        let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let pattern = |p: &Matrix| (0..p.cols()).map(|tau| wide(p.column(tau))).collect();
        Self {
            w: result.patterns.iter().map(pattern).collect(),
            h: (0..result.patterns.len())
                .map(|k| result.activations.row(k).map(f64::from).collect())
                .collect(),
        }
    }

    fn model(&self, f: usize, n: usize) -> f64 {
        let pairs = self.w.iter().zip(&self.h);
        pairs
            .map(|(w, h)| {
                let taus = w.iter().enumerate().take(n + 1);
                taus.map(|(tau, w)| w[f] * h[n - tau]).sum::<f64>()
            })
            .sum()
    }

    fn ratios(&self, v: &Matrix) -> Vec<Vec<f64>> {
        let ratio = |f: usize, n: usize| match f64::from(v.column(n)[f]) {
            0.0 => 0.0,
            x => x / self.model(f, n),
        };
        (0..v.cols())
            .map(|n| (0..v.rows()).map(|f| ratio(f, n)).collect())
            .collect()
    }

    fn update(&mut self, v: &Matrix) {
        let frames = v.cols();
        let ratios = self.ratios(v);
        for (w, h) in self.w.iter().zip(&mut self.h) {
            let factor = |n: usize| {
                let (mut up, mut down) = (0.0, 0.0);
                for (tau, w) in w.iter().enumerate().take(frames - n) {
                    up += w
                        .iter()
                        .zip(&ratios[n + tau])
                        .map(|(w, r)| w * r)
                        .sum::<f64>();
                    down += w.iter().sum::<f64>();
                }
                if down > 0.0 { up / down } else { 1.0 }
            };
            let factors: Vec<f64> = (0..frames).map(factor).collect();
            h.iter_mut()
                .zip(factors)
                .for_each(|(h, factor)| *h *= factor);
        }
        let ratios = self.ratios(v);
        for (w, h) in self.w.iter_mut().zip(&self.h) {
            for (tau, w) in w.iter_mut().enumerate() {
                let down: f64 = h[..frames - tau].iter().sum();
                for (f, w) in w.iter_mut().enumerate() {
                    let up: f64 = (tau..frames).map(|n| ratios[n][f] * h[n - tau]).sum();
                    *w *= if down > 0.0 { up / down } else { 1.0 };
                }
            }
        }
    }

    fn divergence(&self, v: &Matrix) -> f64 {
        let mut sum = 0.0;
        for n in 0..v.cols() {
            for (f, &x) in v.column(n).iter().enumerate() {
                let (x, y) = (f64::from(x), self.model(f, n));
                sum += y - x + if x > 0.0 { x * (x / y).ln() } else { 0.0 };
            }
        }
        sum
    }
}

fn divergence(v: &Matrix, w: &Matrix, h: &Matrix) -> f64 {
    let mut sum = 0.0;
    for n in 0..v.cols() {
        for (f, &x) in v.column(n).iter().enumerate() {
            let y: f64 = (0..w.cols())
                .map(|c| f64::from(w.column(c)[f]) * f64::from(h.column(n)[c]))
                .sum();
            let x = f64::from(x);
            sum += y - x + if x > 0.0 { x * (x / y).ln() } else { 0.0 };
        }
    }
    sum
}

/// Six updates, against the equations.
fn agrees(v: &Matrix, components: usize, length: usize, seed: u64) -> Result<(), TestCaseError> {
    let total: f64 = v.as_slice().iter().map(|&x| f64::from(x)).sum();
    let settings = Settings {
        seed,
        ..settings(components, 6)
    };
    let start = Settings {
        iterations: 0,
        ..settings.clone()
    };
    let mut plain = Reference::of(&run(v, length, &start));
    let result = run(v, length, &settings);
    let mut before = f64::INFINITY;
    for &found in &result.divergence_curve {
        let expected = plain.divergence(v);
        prop_assert!(
            (found - expected).abs() <= 1e-5 * total,
            "{found} for {expected}"
        );
        prop_assert!(expected <= before * (1.0 + 1e-12) + 1e-12);
        before = expected;
        plain.update(v);
    }
    // The factors say the same as the curve, written out or not.
    let own = Reference::of(&result);
    let last = result.divergence_curve[6];
    prop_assert!((own.divergence(v) - last).abs() <= 1e-5 * total);
    let (w, h) = result.written_out();
    prop_assert!((divergence(v, &w, &h) - last).abs() <= 1e-5 * total);
    for pattern in &result.patterns {
        let sum: f32 = pattern.as_slice().iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn agrees_with_the_equations_written_out_and_never_rises(
        (bins, frames) in (2..25usize, 2..40usize),
        (components, length) in (1..5usize, 1..9usize),
        seed in any::<u64>(),
    ) {
        let v = Draw(seed).matrix(bins, frames);
        agrees(&v, components.min(bins).min(frames), length.min(frames), seed)?;
    }

    #[test]
    fn the_curve_never_rises_over_many_iterations(
        (bins, frames) in (2..30usize, 2..60usize),
        (components, length) in (1..5usize, 1..9usize),
        nndsvda in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let v = Draw(seed).matrix(bins, frames);
        let (components, length) = (components.min(bins).min(frames), length.min(frames));
        let init = if nndsvda { Init::NndsvdA } else { Init::Random };
        let total: f64 = v.as_slice().iter().map(|&x| f64::from(x)).sum();
        let curve = run(&v, length, &Settings { init, ..settings(components, 40) }).divergence_curve;
        for pair in curve.windows(2) {
            prop_assert!(pair[1] <= pair[0] + 1e-6 * total, "{pair:?}");
        }
    }
}

/// The last frame of a pattern meets silence alone: it has to fall silent at once.
#[test]
fn what_a_pattern_has_in_silence_alone_goes() {
    let columns = [[0.28, 0.0], [0.0005, 0.056], [0.0, 0.0]];
    let v = Matrix::from_fn(2, 3, |f, n| columns[n][f]);
    for seed in 0..20 {
        agrees(&v, 1, 3, seed).unwrap();
    }
}

#[test]
fn one_frame_is_a_plain_factorization() {
    let v = Draw(3).matrix(30, 50);
    let settings = Settings {
        init: Init::NndsvdA,
        ..settings(4, 20)
    };
    let plain = factorize(&v, &settings, &mut |_| ControlFlow::Continue(())).unwrap();
    let found = run(&v, 1, &settings);
    for (a, b) in plain.divergence_curve.iter().zip(&found.divergence_curve) {
        assert!((a / b - 1.0).abs() < 1e-4, "{a} {b}");
    }
}

#[test]
fn a_pattern_that_comes_again_is_found_by_one_component() {
    // Two strokes whose sound moves through the bins.
    let mut v = Matrix::zeros(20, 100);
    for onset in [3, 25, 47, 80] {
        for tau in 0..6 {
            v.column_mut(onset + tau)[2 + 3 * tau] += 1.0;
        }
    }
    for onset in [14, 36, 60, 90] {
        for tau in 0..6 {
            v.column_mut(onset + tau)[19 - 2 * tau] += 1.0;
        }
    }
    let last = |length| {
        let result = run(&v, length, &settings(2, 400));
        *result.divergence_curve.last().unwrap()
    };
    assert!(last(6) < 0.1 * last(1), "{} and {}", last(6), last(1));
}

#[test]
fn the_bits_are_the_same_for_any_number_of_threads_and_a_break_keeps_what_is_found() {
    let v = Draw(9).matrix(65, 500);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| run(&v, 4, &settings(5, 10)))
    };
    assert_eq!(on(1), on(3));
    let mut hook = |step: &partita::nmf::Step<'_>| {
        assert_eq!(step.templates().cols(), 20);
        ControlFlow::Break(())
    };
    let broken = factorize_convolutive(&v, 4, &settings(5, 10), &|| false, &mut hook).unwrap();
    assert_eq!(broken.iterations, 1);
    let stopped = factorize_convolutive(&v, 4, &settings(5, 10), &|| true, &mut hook);
    assert_eq!(stopped, Err(NmfError::Stopped));
}

#[test]
fn silence_gives_finite_patterns() {
    let result = run(&Matrix::zeros(10, 20), 3, &settings(2, 5));
    assert!(
        result
            .patterns
            .iter()
            .all(|p| p.as_slice().iter().all(|x| x.is_finite()))
    );
    assert!(result.activations.as_slice().iter().all(|x| x.is_finite()));
}

#[test]
fn what_goes_with_single_templates_only_is_refused() {
    let v = Draw(5).matrix(10, 20);
    let refuse = |length, settings: Settings| {
        let mut go_on = |_: &partita::nmf::Step<'_>| ControlFlow::Continue(());
        factorize_convolutive(&v, length, &settings, &|| false, &mut go_on).unwrap_err()
    };
    for template_frames in [0, 21] {
        let expected = NmfError::TemplateFrames {
            template_frames,
            frames: 20,
        };
        assert_eq!(refuse(template_frames, settings(2, 5)), expected);
    }
    let others = [
        Settings {
            divergence: Divergence::ItakuraSaito,
            ..settings(2, 5)
        },
        Settings {
            continuity: 0.1,
            ..settings(2, 5)
        },
        Settings {
            algorithm: Algorithm::Fast,
            ..settings(2, 5)
        },
    ];
    for settings in others {
        assert_eq!(refuse(3, settings), NmfError::Convolutive);
    }
}
