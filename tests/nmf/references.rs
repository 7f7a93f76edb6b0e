//! The factorization against independent references: scikit-learn's multiplicative updates in
//! `f64`, by several divergences, and its NNDSVDa start. `scripts/fixtures/nmf.py` and
//! `nmf_beta.py` make the fixtures and tell how.
#![allow(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read is a failed test"
)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use partita::nmf::{
    Divergence, Factorization, Init, Matrix, Settings, factorize_from, initial_factors,
};
use serde_json::Value;

/// How many times further than numpy we may be from the reference. `numbers.json` holds how far
/// the same updates in numpy's `f32` depart from `f64` at most, over ten orders of summation. Ours
/// round a little more (running sums instead of pairwise ones, a normalisation in each
/// iteration), but the same way: by a few steps of 6e-8, which later iterations then amplify.
const ROUNDING: f64 = 10.0;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/nmf")
        .join(name)
}

fn numbers() -> Value {
    serde_json::from_slice(&fs::read(fixture("numbers.json")).unwrap()).unwrap()
}

fn count(problem: &Value, key: &str) -> usize {
    problem[key].as_u64().unwrap().try_into().unwrap()
}

fn read_f32(name: &str, rows: usize) -> Matrix {
    let bytes = fs::read(fixture(&format!("{name}.f32"))).unwrap();
    let values = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect();
    Matrix::from_columns(rows, values).unwrap()
}

/// Column-major `f64`, for what is compared.
struct Wide {
    rows: usize,
    values: Vec<f64>,
}

impl Wide {
    fn read(name: &str, rows: usize) -> Self {
        Self::read_from(&fixture(&format!("{name}.f64")), rows)
    }

    fn read_from(path: &Path, rows: usize) -> Self {
        let bytes = fs::read(path).unwrap();
        let values = bytes
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
            .collect();
        Self { rows, values }
    }

    fn from(matrix: &Matrix) -> Self {
        Self {
            rows: matrix.rows(),
            values: matrix.as_slice().iter().map(|&x| f64::from(x)).collect(),
        }
    }

    fn columns(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.rows)
    }

    /// Every column divided by its sum, and the sums.
    fn unit_sum(&self) -> (Self, Vec<f64>) {
        let sums: Vec<f64> = self.columns().map(|c| c.iter().sum()).collect();
        let values = self
            .columns()
            .zip(&sums)
            .flat_map(|(column, sum)| column.iter().map(move |x| x / sum))
            .collect();
        let rows = self.rows;
        (Self { rows, values }, sums)
    }

    /// Row `r` multiplied by `factors[r]`.
    fn scale_rows(&self, factors: &[f64]) -> Self {
        let values = self
            .columns()
            .flat_map(|column| column.iter().zip(factors).map(|(x, f)| x * f))
            .collect();
        let rows = self.rows;
        Self { rows, values }
    }

    fn times(&self, other: &Self) -> Self {
        let mut values = Vec::new();
        for column in other.columns() {
            let mut sum = vec![0.0; self.rows];
            for (left, x) in self.columns().zip(column) {
                for (s, l) in sum.iter_mut().zip(left) {
                    *s += l * x;
                }
            }
            values.extend(sum);
        }
        let rows = self.rows;
        Self { rows, values }
    }

    /// The largest difference, relative to the largest value of `reference`.
    fn departure(&self, reference: &Self) -> f64 {
        assert_eq!(self.values.len(), reference.values.len());
        let differences = self.values.iter().zip(&reference.values);
        let largest = differences.fold(0.0, |most, (a, b)| {
            // `max` would pass over a NaN.
            assert!(a.is_finite());
            f64::max(most, (a - b).abs())
        });
        largest / reference.values.iter().copied().fold(0.0, f64::max)
    }
}

/// The generalised Kullback-Leibler divergence in `f64`.
fn divergence(v: &Matrix, templates: &Matrix, activations: &Matrix) -> f64 {
    let model = Wide::from(templates).times(&Wide::from(activations));
    v.as_slice()
        .iter()
        .map(|&x| f64::from(x))
        .zip(model.values)
        .map(|(x, m)| if x > 0.0 { x * (x / m).ln() - x + m } else { m })
        .sum()
}

fn factorize(problem: &str, numbers: &Value, iterations: usize) -> (Matrix, Factorization) {
    factorize_by(Divergence::default(), problem, numbers, iterations)
}

fn factorize_by(
    divergence: Divergence,
    problem: &str,
    numbers: &Value,
    iterations: usize,
) -> (Matrix, Factorization) {
    let bins = count(numbers, "bins");
    let v = read_f32(&format!("{problem}-v"), bins);
    let result = factorize_from(
        &v,
        &read_f32(&format!("{problem}-w0"), bins),
        read_f32(&format!("{problem}-h0"), count(numbers, "components")),
        &Settings {
            divergence,
            iterations,
            tolerance: 0.0,
            ..Settings::default()
        },
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    (v, result)
}

fn agrees_after(iterations: usize) {
    let small = &numbers()["small"];
    let (_, ours) = factorize("small", small, iterations);
    let templates = Wide::read(&format!("small-w{iterations}"), count(small, "bins"));
    let activations = Wide::read(&format!("small-h{iterations}"), count(small, "components"));

    compare(
        &ours,
        &templates,
        &activations,
        &small["after"][iterations.to_string()],
    );
    assert_eq!(ours.divergence_curve.len(), iterations + 1);
}

/// Holds a result to a reference, and to what float32 lets it differ.
fn compare(ours: &Factorization, templates: &Wide, activations: &Wide, after: &Value) {
    let rounding = &after["float32_departure"];
    let ours_wide = (Wide::from(&ours.templates), Wide::from(&ours.activations));

    let off = ours_wide
        .0
        .times(&ours_wide.1)
        .departure(&templates.times(activations));
    let allowed = ROUNDING * rounding["product"].as_f64().unwrap();
    assert!(off <= allowed, "W·H is off by {off:e} of {allowed:e}");

    let off = ours_wide.0.departure(&templates.unit_sum().0);
    let allowed = ROUNDING * rounding["templates"].as_f64().unwrap();
    assert!(
        off <= allowed,
        "templates are off by {off:e} of {allowed:e}"
    );

    // The divergence is summed in f64, and at a descent's end it hardly feels the factors' rounding.
    let reference = after["divergence"].as_f64().unwrap();
    let last = *ours.divergence_curve.last().unwrap();
    assert!(
        (last / reference - 1.0).abs() < 1e-6,
        "divergence {last} instead of {reference}"
    );
}

#[test]
fn other_divergences_agree_with_scikit_learn() {
    let folder = fixture("../nmf_beta");
    let small = &numbers()["small"];
    let (bins, components) = (count(small, "bins"), count(small, "components"));
    let numbers: Value =
        serde_json::from_slice(&fs::read(folder.join("numbers.json")).unwrap()).unwrap();
    let problems = numbers["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 4);
    for problem in problems {
        let beta = problem["beta"].as_f64().unwrap();
        let divergence = format!("{beta}").parse().unwrap();
        for (iterations, after) in problem["after"].as_object().unwrap() {
            let path = |part| folder.join(format!("{beta:?}-{part}{iterations}.f64"));
            let (_, ours) = factorize_by(divergence, "small", small, iterations.parse().unwrap());
            compare(
                &ours,
                &Wide::read_from(&path("w"), bins),
                &Wide::read_from(&path("h"), components),
                after,
            );
            let start = problem["start_divergence"].as_f64().unwrap();
            assert!((ours.divergence_curve[0] / start - 1.0).abs() < 1e-6);
        }
    }
}

#[test]
fn one_iteration_agrees_with_scikit_learn() {
    agrees_after(1);
}

#[test]
fn ten_iterations_agree_with_scikit_learn() {
    agrees_after(10);
}

#[test]
fn a_hundred_iterations_agree_with_scikit_learn() {
    agrees_after(100);
}

#[test]
fn the_divergence_curve_begins_with_that_of_the_start() {
    for problem in ["small", "larger"] {
        let numbers = &numbers()[problem];
        let (_, ours) = factorize(problem, numbers, 1);
        let reference = numbers["start_divergence"].as_f64().unwrap();
        let first = ours.divergence_curve[0];
        assert!(
            (first / reference - 1.0).abs() < 1e-6,
            "{problem}: divergence {first} instead of {reference}"
        );
    }
}

#[test]
fn the_divergence_after_a_hundred_iterations_is_that_of_f64_within_1e_5() {
    let larger = &numbers()["larger"];
    let (v, ours) = factorize("larger", larger, 100);
    let reference = larger["divergence_after_100"].as_f64().unwrap();
    for found in [
        divergence(&v, &ours.templates, &ours.activations),
        *ours.divergence_curve.last().unwrap(),
    ] {
        assert!(
            (found / reference - 1.0).abs() < 1e-5,
            "divergence {found} instead of {reference}"
        );
    }
}

#[test]
fn the_nndsvda_start_agrees_with_scikit_learn() {
    let numbers = numbers();
    for problem in ["small", "larger"] {
        let facts = &numbers[problem]["nndsvda"];
        let components = count(facts, "components");
        let v = read_f32(&format!("{problem}-v"), count(&numbers[problem], "bins"));
        let (templates, activations) = initial_factors(&v, components, Init::NndsvdA, 0).unwrap();

        // A start may come with its templates normalised or not: what both have in common counts.
        let common = |templates: &Wide, activations: &Wide| {
            let (unit, sums) = templates.unit_sum();
            (unit, activations.scale_rows(&sums))
        };
        let ours = common(&Wide::from(&templates), &Wide::from(&activations));
        let reference = common(
            &Wide::read(&format!("{problem}-nndsvda-w"), v.rows()),
            &Wide::read(&format!("{problem}-nndsvda-h"), components),
        );
        // The reference has an exact SVD, ours of the larger problem is truncated, and the factors
        // are rounded to f32 (1e-7). scikit-learn's own randomised one is off by some 1e-5.
        let allowed = 5e-6;
        for (ours, reference) in [(ours.0, reference.0), (ours.1, reference.1)] {
            let off = ours.departure(&reference);
            assert!(off <= allowed, "{problem}: off by {off:e} of {allowed:e}");
        }
    }
}
