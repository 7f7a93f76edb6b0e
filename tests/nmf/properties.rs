//! What holds for every factorization: it never gets worse, it stays finite, it repeats to the bit.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use partita::nmf::{
    Factorization, Init, Matrix, Measure, NmfError, Settings, Stopped, factorize, factorize_from,
    factorize_until, initial_factors,
};
use proptest::prelude::*;

use crate::support::{Draw, run};

fn divergence(v: &Matrix, w: &Matrix, h: &Matrix) -> f64 {
    let mut sum = 0.0;
    for n in 0..v.cols() {
        for (f, &x) in v.column(n).iter().enumerate() {
            let x = f64::from(x);
            let model: f64 = (0..w.cols())
                .map(|k| f64::from(w.column(k)[f]) * f64::from(h.column(n)[k]))
                .sum();
            sum += model - x;
            if x > 0.0 {
                sum += x * (x / model).ln();
            }
        }
    }
    sum
}

fn is_sane(result: &Factorization) -> bool {
    let sums = (0..result.templates.cols()).all(|k| {
        let sum: f32 = result.templates.column(k).iter().sum();
        (sum - 1.0).abs() < 1e-4
    });
    let all = |m: &Matrix| m.as_slice().iter().all(|x| x.is_finite() && *x >= 0.0);
    let normal = |m: &Matrix| m.as_slice().iter().all(|x| *x == 0.0 || x.is_normal());
    sums && [&result.templates, &result.activations]
        .into_iter()
        .all(|m| all(m) && normal(m))
        && result
            .divergence_curve
            .iter()
            .all(|d| d.is_finite() && *d >= 0.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_divergence_never_rises(
        (bins, frames) in (2..48usize, 2..64usize),
        share in 0.05..1.0f64,
        seed in any::<u64>(),
    ) {
        let mut draw = Draw(seed);
        let v = draw.matrix(bins, frames);
        let components = ((bins.min(frames) as f64 * share) as usize).max(1);
        let settings = Settings { components, iterations: 25, tolerance: 0.0, init: Init::Random, seed, ..Settings::default() };
        let (w, h) = initial_factors(&v, components, Init::Random, seed).unwrap();
        let mut before = divergence(&v, &w, &h);
        let mut worst = 0.0f64;
        factorize_from(&v, &w, h, &settings, &mut |step| {
            // In 64 bit and from the factors themselves, not from what the solver measured.
            let now = divergence(&v, &step.templates(), step.activations());
            worst = worst.max((now - before) / before.max(1e-300));
            before = now;
            ControlFlow::Continue(())
        }).unwrap();
        prop_assert!(worst <= 1e-6, "rose by {worst:e}");
    }

    #[test]
    fn the_curve_is_the_divergence_of_the_factors(
        (bins, frames) in (2..40usize, 2..40usize),
        components in 1..12usize,
        seed in any::<u64>(),
    ) {
        let v = Draw(seed).matrix(bins, frames);
        let components = components.min(bins).min(frames);
        let result = run(&v, &Settings { components, iterations: 7, tolerance: 0.0, ..Settings::default() });
        prop_assert_eq!(result.divergence_curve.len(), 8);
        let expected = divergence(&v, &result.templates, &result.activations);
        let total: f64 = v.as_slice().iter().map(|&x| f64::from(x)).sum();
        // The terms of the sum have the size of V and the rounding of 32 bit floats.
        prop_assert!((result.divergence_curve[7] - expected).abs() <= 1e-6 * total);
        prop_assert!(is_sane(&result));
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_for_any_number_of_threads() {
    let v = Draw(3).matrix(129, 1500);
    for init in [Init::Random, Init::NndsvdA] {
        let settings = Settings {
            components: 9,
            iterations: 12,
            init,
            ..Settings::default()
        };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| run(&v, &settings))
        };
        let one = on(1);
        assert_eq!(one, on(2));
        assert_eq!(one, on(4));
    }
    let seed = |seed| {
        run(
            &v,
            &Settings {
                components: 3,
                iterations: 1,
                init: Init::Random,
                seed,
                ..Settings::default()
            },
        )
    };
    assert_ne!(seed(1).templates, seed(2).templates);
}

#[test]
fn silence_an_impulse_dc_and_denormals_give_finite_results() {
    let (bins, frames) = (65, 40);
    let impulse = Matrix::from_fn(bins, frames, |_, n| if n == 20 { 1.0 } else { 0.0 });
    let one_value = Matrix::from_fn(
        bins,
        frames,
        |f, n| if (f, n) == (64, 39) { 1.0 } else { 0.0 },
    );
    let dc = Matrix::from_fn(bins, frames, |f, _| if f == 0 { 100.0 } else { 0.0 });
    let mixed = Matrix::from_fn(
        bins,
        frames,
        |f, n| if (f + n) % 3 == 0 { 1.0 } else { 1e-42 },
    );
    let wide = Matrix::from_fn(bins, frames, |f, n| {
        10f32.powi((f % 30) as i32 - 15 - (n % 5) as i32)
    });
    for (name, v) in [
        ("silence", Matrix::zeros(bins, frames)),
        ("an impulse", impulse),
        ("one value", one_value),
        ("dc", dc),
        ("denormals", mixed),
        ("a wide range", wide),
    ] {
        for init in [Init::Random, Init::NndsvdA] {
            let settings = Settings {
                components: 5,
                iterations: 150,
                tolerance: 0.0,
                init,
                ..Settings::default()
            };
            assert!(is_sane(&run(&v, &settings)), "{name} with {init:?}");
        }
    }
    let single = Draw(1).matrix(bins, 1);
    let result = run(
        &single,
        &Settings {
            components: 1,
            ..Settings::default()
        },
    );
    assert!(is_sane(&result) && result.divergence_curve.last().unwrap() < &1e-4);
}

#[test]
fn a_product_of_two_factors_is_found_again() {
    let (w, h) = (
        Matrix::from_fn(40, 2, |f, k| if f / 20 == k { 1.0 + f as f32 } else { 0.0 }),
        Draw(5).matrix(2, 100),
    );
    let v = Matrix::from_fn(40, 100, |f, n| {
        (0..2).map(|k| w.column(k)[f] * h.column(n)[k]).sum()
    });
    let result = run(
        &v,
        &Settings {
            components: 2,
            iterations: 1000,
            tolerance: 0.0,
            ..Settings::default()
        },
    );
    let total: f32 = v.as_slice().iter().sum();
    let end = result.divergence_curve.last().unwrap() / f64::from(total);
    assert!(end < 1e-6, "{end:e}");
}

#[test]
fn stops_where_the_divergence_hardly_falls_where_asked_and_at_the_limit() {
    let v = Draw(9).matrix(30, 50);
    let settings = Settings {
        components: 4,
        iterations: 500,
        tolerance: 1e-3,
        ..Settings::default()
    };
    let converged = run(&v, &settings);
    assert_eq!(converged.stopped, Stopped::Converged);
    assert!(converged.iterations < 200);

    let mut seen = Vec::new();
    let stopped = factorize(&v, &settings, &mut |step| {
        seen.push((step.iteration(), step.divergence().unwrap()));
        if step.iteration() == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })
    .unwrap();
    assert_eq!((stopped.stopped, stopped.iterations), (Stopped::ByHook, 3));
    let curve: Vec<(usize, f64)> = (1..)
        .zip(stopped.divergence_curve[..3].iter().copied())
        .collect();
    assert_eq!(seen, curve);

    let fast = Settings {
        iterations: 20,
        measure: Measure::AtEnd,
        ..settings
    };
    let at_end = run(&v, &fast);
    let measured = run(
        &v,
        &Settings {
            measure: Measure::EveryIteration,
            tolerance: 0.0,
            ..fast
        },
    );
    assert_eq!(at_end.stopped, Stopped::IterationLimit);
    assert_eq!(at_end.divergence_curve, measured.divergence_curve[20..]);
    assert_eq!(at_end.templates, measured.templates);
}

#[test]
fn running_on_from_a_result_is_one_longer_run() {
    let v = Draw(11).matrix(64, 90);
    let settings = |iterations| Settings {
        components: 6,
        iterations,
        tolerance: 0.0,
        ..Settings::default()
    };
    let half = run(&v, &settings(10));
    let mut go_on = |_: &partita::nmf::Step<'_>| ControlFlow::Continue(());
    let whole = factorize_from(
        &v,
        &half.templates,
        half.activations,
        &settings(10),
        &mut go_on,
    )
    .unwrap();
    let once = run(&v, &settings(20));
    let (a, b) = (
        whole.divergence_curve.last().unwrap(),
        once.divergence_curve.last().unwrap(),
    );
    assert!((a / b - 1.0).abs() < 1e-5);
}

#[test]
fn what_cannot_be_factorized_is_refused_with_a_sentence() {
    let v = Draw(13).matrix(10, 20);
    let with = |components| {
        let settings = Settings {
            components,
            ..Settings::default()
        };
        factorize(&v, &settings, &mut |_| ControlFlow::Continue(())).unwrap_err()
    };
    for components in [0, 11] {
        assert_eq!(
            with(components),
            NmfError::Components {
                components,
                bins: 10,
                frames: 20
            }
        );
    }
    assert_eq!(
        with(11).to_string(),
        "11 components were asked for, but a spectrogram of 10 bins and 20 frames allows 1 to 10; \
         ask for fewer components or use a longer recording"
    );
    let refuse = |v: &Matrix| {
        factorize(
            v,
            &Settings {
                components: 1,
                ..Settings::default()
            },
            &mut |_| ControlFlow::Continue(()),
        )
        .unwrap_err()
    };
    assert_eq!(refuse(&Matrix::zeros(5, 0)), NmfError::Empty);
    for bad in [f32::NAN, f32::INFINITY, -1.0] {
        let v = Matrix::from_fn(3, 3, |f, n| if f == n { bad } else { 1.0 });
        assert!(matches!(refuse(&v), NmfError::Value { .. }));
    }
    let tiny = Matrix::from_fn(3, 3, |_, _| 1e-30);
    assert!(matches!(refuse(&tiny), NmfError::Scale { .. }));
    let wrong = factorize_from(
        &v,
        &Matrix::zeros(9, 2),
        Matrix::zeros(2, 20),
        &Settings::default(),
        &mut |_| ControlFlow::Continue(()),
    );
    assert!(matches!(wrong, Err(NmfError::Shape { .. })));
}

#[test]
fn a_stop_is_seen_in_the_middle_of_the_start_and_of_an_iteration() {
    let v = Draw(17).matrix(65, 3000);
    for init in [Init::Random, Init::NndsvdA] {
        let settings = Settings {
            components: 4,
            iterations: 2,
            init,
            ..Settings::default()
        };
        let one = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let asked = AtomicUsize::new(0);
        let run = |limit: usize| {
            asked.store(0, Ordering::Relaxed);
            let stop = || asked.fetch_add(1, Ordering::Relaxed) >= limit;
            let mut go_on = |_: &partita::nmf::Step<'_>| ControlFlow::Continue(());
            one.install(|| factorize_until(&v, &settings, &stop, &mut go_on))
        };
        assert!(run(usize::MAX).is_ok());
        let all = asked.load(Ordering::Relaxed);
        // At least once for a few hundred frames in each of the three passes.
        assert!(all >= 3 * 3000 / 256, "{init:?}: asked {all} times");
        for limit in [0, 5, all / 2, all - 1] {
            assert_eq!(run(limit), Err(NmfError::Stopped));
            // The thread that was told to stop does not go on to other frames.
            assert_eq!(asked.load(Ordering::Relaxed), limit + 1, "{init:?}");
        }
    }
}
