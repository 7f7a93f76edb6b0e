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

/// A model in 64 bit floats: templates, activations, gains.
#[derive(Clone)]
struct Reference {
    w: Vec<Vec<f64>>,
    h: Vec<Vec<f64>>,
    g: Vec<Vec<f64>>,
}

impl Reference {
    fn of(model: &TensorModel) -> Self {
        let columns = |m: &Matrix| -> Vec<Vec<f64>> {
            (0..m.cols())
                .map(|k| m.column(k).iter().map(|&x| f64::from(x)).collect())
                .collect()
        };
        let h = &model.activations;
        Self {
            w: columns(&model.templates),
            h: (0..h.rows())
                .map(|k| h.row(k).map(f64::from).collect())
                .collect(),
            g: columns(&model.channel_gains),
        }
    }

    /// Calls for each value `v[c, f, n]` with its place, and the model there.
    fn each(&self, v: &Channels, see: &mut dyn FnMut([usize; 3], f64, f64)) {
        for n in 0..v.frames() {
            for (row, &x) in v.stacked().column(n).iter().enumerate() {
                let (c, f) = (row / v.bins(), row % v.bins());
                let parts = (0..self.w.len()).map(|k| self.g[k][c] * self.w[k][f] * self.h[k][n]);
                see([c, f, n], f64::from(x), parts.sum());
            }
        }
    }

    fn divergence(&self, v: &Channels) -> f64 {
        let mut sum = 0.0;
        self.each(v, &mut |_, x, model| {
            let log = if x > 0.0 { x * (x / model).ln() } else { 0.0 };
            sum += log - x + model;
        });
        sum
    }

    /// What the updates multiply with: the sums over all other indices of `v / model` weighed with
    /// the other factors, for activations, templates and gains.
    fn sums(&self, v: &Channels) -> Self {
        let zeros = |m: &Vec<Vec<f64>>| m.iter().map(|x| vec![0.0; x.len()]).collect();
        let mut sums = Self {
            w: zeros(&self.w),
            h: zeros(&self.h),
            g: zeros(&self.g),
        };
        self.each(v, &mut |[c, f, n], x, model| {
            let ratio = x / model;
            for k in 0..self.w.len() {
                let (w, h, g) = (self.w[k][f], self.h[k][n], self.g[k][c]);
                sums.w[k][f] += ratio * h * g;
                sums.h[k][n] += ratio * w * g;
                sums.g[k][c] += ratio * w * h;
            }
        });
        sums
    }

    /// Templates and gains with unit sum, the rest in the activations.
    fn normalise(&mut self) {
        for ((w, g), h) in self.w.iter_mut().zip(&mut self.g).zip(&mut self.h) {
            for factor in [w, g] {
                let sum: f64 = factor.iter().sum();
                factor.iter_mut().for_each(|x| *x /= sum);
                h.iter_mut().for_each(|x| *x *= sum);
            }
        }
    }

    fn multiply(factor: &mut [f64], sums: &[f64], rest: f64) {
        for (x, sum) in factor.iter_mut().zip(sums) {
            *x *= sum / rest;
        }
    }

    /// Activations first, then templates and gains together, each from the same model: the update
    /// that the documentation describes.
    fn update(&mut self, v: &Channels) {
        let sums = self.sums(v);
        for k in 0..self.w.len() {
            Self::multiply(&mut self.h[k], &sums.h[k], 1.0);
        }
        let sums = self.sums(v);
        for k in 0..self.w.len() {
            let rest = self.h[k].iter().sum();
            Self::multiply(&mut self.w[k], &sums.w[k], rest);
            Self::multiply(&mut self.g[k], &sums.g[k], rest);
            // Both have the sum of their product, which counts once.
            let sum: f64 = self.g[k].iter().sum();
            self.g[k].iter_mut().for_each(|x| *x /= sum);
        }
        self.normalise();
    }

    /// The published updates: each factor in turn, from the model as it is by then (FitzGerald,
    /// Cranitch & Coyle 2005).
    fn update_in_turn(&mut self, v: &Channels) {
        for factor in 0..3 {
            let sums = self.sums(v);
            for k in 0..self.w.len() {
                let sum = |x: &[f64]| -> f64 { x.iter().sum() };
                let (w, h, g) = (sum(&self.w[k]), sum(&self.h[k]), sum(&self.g[k]));
                match factor {
                    0 => Self::multiply(&mut self.h[k], &sums.h[k], w * g),
                    1 => Self::multiply(&mut self.w[k], &sums.w[k], h * g),
                    _ => Self::multiply(&mut self.g[k], &sums.g[k], w * h),
                }
            }
        }
        self.normalise();
    }
}

#[test]
fn the_updates_are_those_of_a_plain_reference() {
    for channels in [2, 3] {
        let v = Channels::new(values(7, 25 * channels, 50), channels).unwrap();
        let model = TensorModel {
            templates: values(3, 25, 6),
            activations: values(4, 6, 50),
            channel_gains: values(5, channels, 6),
        };
        let mut reference = Reference::of(&model);
        reference.normalise();
        let mut done = 0;
        for iterations in [1, 10, 60] {
            let settings = settings(6, iterations);
            let go_on = &mut |_: &TensorStep<'_>| ControlFlow::Continue(());
            let ours =
                factorize_tensor_from(&v, &model, None, &settings, &|| false, go_on).unwrap();
            while done < iterations {
                reference.update(&v);
                done += 1;
            }
            let divergence = reference.divergence(&v);
            let last = *ours.factorization.divergence_curve.last().unwrap();
            assert!(
                (last / divergence - 1.0).abs() < 1e-5,
                "{last} for {divergence}"
            );
            let ours = Reference::of(&TensorModel {
                templates: ours.factorization.templates,
                activations: ours.factorization.activations,
                channel_gains: ours.channel_gains,
            });
            for (ours, reference) in [
                (&ours.w, &reference.w),
                (&ours.h, &reference.h),
                (&ours.g, &reference.g),
            ] {
                let largest = reference.iter().flatten().copied().fold(0.0, f64::max);
                for (x, y) in ours.iter().flatten().zip(reference.iter().flatten()) {
                    assert!((x - y).abs() < 1e-4 * largest, "{iterations}: {x} for {y}");
                }
            }
        }
    }
}

#[test]
fn the_published_updates_in_turn_do_not_get_lower() {
    let gains = Matrix::from_columns(2, vec![1.0, 0.0, 0.5, 0.5, 0.2, 0.8]).unwrap();
    let v = panned(&gains);
    let model = TensorModel {
        templates: values(13, 30, 3),
        activations: values(14, 3, 40),
        channel_gains: values(15, 2, 3),
    };
    let mut reference = Reference::of(&model);
    reference.normalise();
    let before = reference.divergence(&v);
    for _ in 0..1500 {
        reference.update_in_turn(&v);
    }
    let go_on = &mut |_: &TensorStep<'_>| ControlFlow::Continue(());
    let settings = settings(3, 1500);
    let ours = factorize_tensor_from(&v, &model, None, &settings, &|| false, go_on).unwrap();
    let ours = Reference::of(&TensorModel {
        templates: ours.factorization.templates,
        activations: ours.factorization.activations,
        channel_gains: ours.channel_gains,
    });
    let (ours, theirs) = (ours.divergence(&v), reference.divergence(&v));
    assert!(
        ours <= theirs + 1e-3 * before,
        "{ours} for {theirs} of {before}"
    );
    // Both find what was put in.
    assert!(
        theirs < 1e-2 * before && ours < 1e-2 * before,
        "{ours} and {theirs} of {before}"
    );
}
