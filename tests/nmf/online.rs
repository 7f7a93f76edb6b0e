//! Factorization block by block is that of the whole: the same sums, and never a higher divergence.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use partita::nmf::{
    BlockTemplates, Init, Matrix, NmfError, Settings, factorize_from, initial_factors,
};
use proptest::prelude::*;

use crate::support::spectrogram;

fn columns(m: &Matrix, from: usize, to: usize) -> Matrix {
    let values = m.as_slice()[from * m.rows()..to * m.rows()].to_vec();
    Matrix::from_columns(m.rows(), values).unwrap()
}

/// One pass over blocks of `length` frames; returns the activations.
fn pass(model: &mut BlockTemplates, v: &Matrix, h: &Matrix, length: usize, steps: usize) -> Matrix {
    let mut solved = Vec::new();
    for from in (0..v.cols()).step_by(length) {
        let to = v.cols().min(from + length);
        let (v, h) = (columns(v, from, to), columns(h, from, to));
        solved.extend_from_slice(model.visit(&v, h, steps, &|| false).unwrap().as_slice());
    }
    Matrix::from_columns(h.rows(), solved).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pass_with_one_step_is_one_update_of_the_whole(
        (bins, frames) in (2..48usize, 2..200usize),
        share in 0.05..1.0f64,
        length in 1..100usize,
        seed in any::<u64>(),
    ) {
        let v = spectrogram(bins, frames, seed);
        let components = ((bins.min(frames) as f64 * share) as usize).max(1);
        let (w, h) = initial_factors(&v, components, Init::Random, seed).unwrap();
        let settings = Settings { iterations: 1, tolerance: 0.0, ..Settings::default() };
        let whole = factorize_from(&v, &w, h.clone(), &settings, &mut |_| ControlFlow::Continue(())).unwrap();

        // Activations belong to templates of unit sum.
        let sums: Vec<f32> = (0..components).map(|k| w.column(k).iter().sum()).collect();
        let h = Matrix::from_fn(components, frames, |k, n| h.column(n)[k] * sums[k]);
        let mut model = BlockTemplates::new(w).unwrap();
        let solved = pass(&mut model, &v, &h, length, 1);
        model.learn();
        for (blocks, whole) in model.templates().as_slice().iter().zip(whole.templates.as_slice()) {
            prop_assert!((blocks - whole).abs() <= 1e-5 * whole + 1e-7, "{blocks} {whole}");
        }
        // Those of the whole have taken the scale of the new templates.
        let total = |m: &Matrix| m.as_slice().iter().map(|&x| f64::from(x)).sum::<f64>();
        prop_assert!((total(&solved) - total(&whole.activations)).abs() <= 1e-4 * total(&solved));
    }

    #[test]
    fn no_pass_raises_the_divergence(
        (bins, frames) in (2..48usize, 2..200usize),
        length in 1..100usize,
        steps in 1..12usize,
        seed in any::<u64>(),
    ) {
        let v = spectrogram(bins, frames, seed);
        let components = (bins.min(frames) / 3).max(1);
        let (w, mut h) = initial_factors(&v, components, Init::Random, seed).unwrap();
        let mut model = BlockTemplates::new(w).unwrap();
        let sum: f64 = v.as_slice().iter().map(|&x| f64::from(x)).sum();
        let mut last = f64::INFINITY;
        for _ in 0..6 {
            h = pass(&mut model, &v, &h, length, steps);
            let divergence = model.learn();
            // What 32 bit floats resolve in the terms of the sum.
            prop_assert!(divergence <= last + 1e-6 * (last.min(1e300) + sum), "{divergence} {last}");
            last = divergence;
        }
        prop_assert!(h.as_slice().iter().all(|x| x.is_finite() && *x >= 0.0));
    }
}

#[test]
fn measuring_leaves_the_templates_as_they_are() {
    let v = spectrogram(20, 50, 3);
    let (w, h) = initial_factors(&v, 4, Init::Random, 3).unwrap();
    let mut model = BlockTemplates::new(w).unwrap();
    let before = model.templates().clone();
    let h = pass(&mut model, &v, &h, 16, 3);
    let measured = model.measure();
    assert_eq!(*model.templates(), before);
    // The next pass begins with empty sums.
    pass(&mut model, &v, &h, 16, 1);
    assert!(model.measure() <= measured * (1.0 + 1e-6));
}

#[test]
fn what_does_not_fit_is_refused() {
    let v = spectrogram(20, 50, 3);
    let (w, h) = initial_factors(&v, 4, Init::Random, 3).unwrap();
    let mut model = BlockTemplates::new(w.clone()).unwrap();
    let shape = |r: Result<Matrix, NmfError>| matches!(r, Err(NmfError::Shape { .. }));
    assert!(shape(model.visit(
        &spectrogram(19, 50, 1),
        h.clone(),
        2,
        &|| false
    )));
    assert!(shape(model.visit(&v, columns(&h, 0, 49), 2, &|| false)));
    let mut bad = h.clone();
    bad.as_mut_slice()[7] = -1.0;
    assert!(matches!(
        model.visit(&v, bad, 2, &|| false),
        Err(NmfError::Value { .. })
    ));
    assert_eq!(model.visit(&v, h, 2, &|| true), Err(NmfError::Stopped));
    assert!(matches!(
        BlockTemplates::new(Matrix::zeros(0, 0)),
        Err(NmfError::Empty)
    ));
}
