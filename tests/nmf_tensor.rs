//! Several channels factorized at once.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use partita::nmf::Divergence;
use partita::nmf::{
    Channels, Init, Matrix, Settings, TensorFactorization, TensorModel, TensorStep, factorize,
    factorize_tensor, factorize_tensor_from, with_activations_of,
};

fn values(seed: u64, rows: usize, cols: usize) -> Matrix {
    let mut state = seed | 1;
    Matrix::from_fn(rows, cols, |_, _| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 40) as f32 / (1 << 24) as f32).powi(3)
    })
}

/// Two channels of 30 bins, made of three components at known places.
fn panned(gains: &Matrix) -> Channels {
    let (w, h) = (values(1, 30, 3), values(2, 3, 40));
    let stacked = Matrix::from_fn(60, 40, |row, n| {
        (0..3)
            .map(|k| gains.column(k)[row / 30] * w.column(k)[row % 30] * h.column(n)[k])
            .sum()
    });
    Channels::new(stacked, 2).unwrap()
}

fn settings(components: usize, iterations: usize) -> Settings {
    Settings {
        components,
        iterations,
        tolerance: 0.0,
        init: Init::Random,
        ..Settings::default()
    }
}

fn run(v: &Channels, settings: &Settings) -> TensorFactorization {
    factorize_tensor(v, settings, &|| false, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn never_rises(curve: &[f64]) -> bool {
    curve.windows(2).all(|d| d[1] <= d[0] * (1.0 + 1e-6) + 1e-9)
}

#[test]
fn the_divergence_never_rises_with_and_without_common_gains() {
    for channels in [1, 2, 3, 6] {
        let v = Channels::new(values(7, 25 * channels, 50), channels).unwrap();
        let free = run(&v, &settings(8, 60));
        assert!(
            never_rises(&free.factorization.divergence_curve),
            "{channels}"
        );
        let start = TensorModel {
            templates: values(3, 25, 8),
            activations: values(4, 8, 50),
            channel_gains: values(5, channels, 8),
        };
        let labels = [0, 1, 1, 0, 2, 2, 2, 1];
        let mut hook = |_: &TensorStep<'_>| ControlFlow::Continue(());
        let settings = settings(8, 60);
        let tied =
            factorize_tensor_from(&v, &start, Some(&labels), &settings, &|| false, &mut hook)
                .unwrap();
        assert!(
            never_rises(&tied.factorization.divergence_curve),
            "{channels}"
        );
        for (k, &label) in labels.iter().enumerate() {
            let first = labels.iter().position(|&l| l == label).unwrap();
            let gains = &tied.channel_gains;
            assert_eq!(gains.column(k), gains.column(first));
        }
    }
}

#[test]
fn one_channel_is_a_plain_factorization_bit_for_bit() {
    let v = values(9, 33, 70);
    let settings = settings(5, 30);
    let plain = factorize(&v, &settings, &mut |_| ControlFlow::Continue(())).unwrap();
    let tensor = run(&Channels::new(v, 1).unwrap(), &settings);
    assert_eq!(tensor.factorization.templates, plain.templates);
    assert_eq!(tensor.factorization.activations, plain.activations);
    assert!(
        tensor
            .channel_gains
            .as_slice()
            .iter()
            .all(|&g| (g - 1.0).abs() < 1e-5)
    );
}

#[test]
fn components_are_found_where_they_were_put() {
    let gains = Matrix::from_columns(2, vec![1.0, 0.0, 0.5, 0.5, 0.2, 0.8]).unwrap();
    let found = run(&panned(&gains), &settings(3, 2000));
    let mut left: Vec<f32> = (0..3).map(|k| found.channel_gains.column(k)[0]).collect();
    left.sort_by(f32::total_cmp);
    for (found, put) in left.iter().zip([0.2, 0.5, 1.0]) {
        assert!((found - put).abs() < 0.05, "{left:?}");
    }
}

#[test]
fn the_bits_are_the_same_for_any_number_of_threads() {
    let v = Channels::new(values(11, 80, 400), 2).unwrap();
    let [one, many] = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| run(&v, &settings(6, 20)))
    });
    assert_eq!(one, many);
}

#[test]
fn rows_that_are_no_whole_channels_are_refused() {
    assert!(Channels::new(Matrix::zeros(7, 3), 2).is_err());
    assert!(Channels::new(Matrix::zeros(6, 3), 0).is_err());
}

#[test]
fn activations_of_other_frames_are_found_with_templates_and_gains_as_they_are() {
    let gains = Matrix::from_columns(2, vec![1.0, 0.0, 0.5, 0.5, 0.2, 0.8]).unwrap();
    let v = panned(&gains);
    let templates = values(1, 30, 3);
    let sums: Vec<f32> = (0..3).map(|k| templates.column(k).iter().sum()).collect();
    let model = TensorModel {
        templates: Matrix::from_fn(30, 3, |f, k| templates.column(k)[f] / sums[k]),
        // Of other frames, and so of no use.
        activations: Matrix::zeros(3, 5),
        channel_gains: gains,
    };
    let put = values(2, 3, 40);
    let settings = |divergence, iterations| Settings {
        divergence,
        iterations,
        ..Settings::default()
    };
    for beta in [0.0, 0.5, 1.0, 2.0] {
        let settings = settings(Divergence::Beta(beta), 3000);
        let found = with_activations_of(&v, &model, &settings, &|| false).unwrap();
        assert_eq!(found.templates, model.templates);
        assert_eq!(found.channel_gains, model.channel_gains);
        for n in 0..40 {
            for (k, &h) in found.activations.column(n).iter().enumerate() {
                let put = put.column(n)[k] * sums[k];
                assert!(
                    (h - put).abs() < 0.01 * sums[k],
                    "{beta} {k} {n}: {h} for {put}"
                );
            }
        }
    }
    let other = Channels::new(values(3, 31, 10), 1).unwrap();
    let settings = settings(Divergence::default(), 3);
    assert!(with_activations_of(&other, &model, &settings, &|| false).is_err());
}
