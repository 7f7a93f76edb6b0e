//! The least-squares problem of the Anderson acceleration, and its solution.

use std::collections::VecDeque;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::kernel::{Vectors, exp, ln};

/// Steps that are combined.
pub(super) const MEMORY: usize = 5;
/// Relative to the trace: keeps the system solvable when steps are almost parallel.
const RIDGE: f64 = 1e-8;
/// No logarithm moves by more in one step.
const FARTHEST: f32 = 3.0;
/// Smaller values count as 0, which no step moves.
const SMALLEST: f32 = 1e-30;
/// Values worked on together: they stay in the cache for all products. A constant, so that sums
/// have the same order for any number of threads.
const BLOCK: usize = 2048;

/// A point and its image under the update, as logarithms of all factors.
pub(super) struct Point {
    x: Vec<f32>,
    g: Vec<f32>,
}

impl Point {
    /// From the factors before and after the update.
    pub fn new(before: [&[f32]; 2], after: [&[f32]; 2]) -> Self {
        Self {
            x: logarithms(before),
            g: logarithms(after),
        }
    }
}

/// The last points, as differences.
#[derive(Default)]
pub(super) struct History {
    last: Option<Point>,
    /// Differences of the residuals f and of the images g of successive points.
    steps: VecDeque<[Vec<f32>; 2]>,
}

impl History {
    pub fn clear(&mut self) {
        self.last = None;
        self.steps.clear();
    }

    /// Adds a point.
    pub fn push(&mut self, point: Point) {
        if let Some(last) = &self.last {
            let [mut f, mut g] = if self.steps.len() == MEMORY {
                self.steps.pop_front().unwrap_or_default()
            } else {
                [vec![0.0; point.x.len()], vec![0.0; point.x.len()]]
            };
            f.par_chunks_mut(BLOCK)
                .zip(g.par_chunks_mut(BLOCK))
                .enumerate()
                .for_each(|(i, (f, g))| {
                    let of = |values: &Vec<f32>| i * BLOCK..values.len().min((i + 1) * BLOCK);
                    let range = of(&point.x);
                    let new = point.x[range.clone()].iter().zip(&point.g[range.clone()]);
                    let old = last.x[range.clone()].iter().zip(&last.g[range]);
                    for (((f, g), (x1, g1)), (x0, g0)) in f.iter_mut().zip(g).zip(new).zip(old) {
                        *g = g1 - g0;
                        *f = *g - (x1 - x0);
                    }
                });
            self.steps.push_back([f, g]);
        }
        self.last = Some(point);
    }

    /// Writes the extrapolated factors into `state`, which holds the image of the last point
    /// (packed templates, activations); they still need to be normalised. Says no where there is
    /// nothing to extrapolate from.
    pub fn extrapolate(&self, components: usize, lanes: usize, state: [&mut [f32]; 2]) -> bool {
        let Some(last) = &self.last else {
            return false;
        };
        let Some(gamma) = self.coefficients(last, &weights(components, lanes, &state)) else {
            return false;
        };
        let [w, h] = state;
        let split = w.len();
        let (x_w, x_h) = last.x.split_at(split);
        let (g_w, g_h) = last.g.split_at(split);
        for (values, x, g, offset) in [(w, x_w, g_w, 0), (h, x_h, g_h, split)] {
            values
                .par_chunks_mut(BLOCK)
                .zip(x.par_chunks(BLOCK).zip(g.par_chunks(BLOCK)))
                .enumerate()
                .for_each(|(i, (values, (x, g)))| {
                    let from = offset + i * BLOCK;
                    Vectors::detect().run(Combine {
                        steps: &self.steps,
                        gamma: &gamma,
                        range: from..from + values.len(),
                        values,
                        x,
                        g,
                    });
                });
        }
        true
    }

    /// The coefficients γ of the differences.
    fn coefficients(&self, last: &Point, weights: &[f32]) -> Option<Vec<f64>> {
        let count = self.steps.len();
        if count == 0 {
            return None;
        }
        let vectors = Vectors::detect();
        let sums: Vec<[[f64; MEMORY + 1]; MEMORY]> = weights
            .par_chunks(BLOCK)
            .enumerate()
            .map(|(i, weights)| {
                let range = i * BLOCK..i * BLOCK + weights.len();
                vectors.run(Products {
                    steps: &self.steps,
                    last,
                    weights,
                    range,
                })
            })
            .collect();
        let mut system = [[0.0; MEMORY + 1]; MEMORY];
        for sums in &sums {
            for (row, part) in system.iter_mut().zip(sums) {
                for (a, b) in row.iter_mut().zip(part) {
                    *a += b;
                }
            }
        }
        let trace: f64 = (0..count).map(|i| system[i][i]).sum();
        let mut a: Vec<Vec<f64>> = (0..count)
            .map(|i| {
                let mut row: Vec<f64> = (0..count).map(|j| system[i.min(j)][i.max(j)]).collect();
                row[i] += RIDGE * trace;
                row.push(system[i][MEMORY]);
                row
            })
            .collect();
        solve(&mut a)
    }
}

/// Solves a positive definite system with its right side in the last column, by Gauss' method.
fn solve(a: &mut [Vec<f64>]) -> Option<Vec<f64>> {
    let count = a.len();
    for i in 0..count {
        let (above, below) = a.split_at_mut(i + 1);
        let pivot = &above[i];
        if pivot[i].is_nan() || pivot[i] <= 0.0 {
            return None;
        }
        for row in below {
            let factor = row[i] / pivot[i];
            for (x, p) in row.iter_mut().zip(pivot) {
                *x -= factor * p;
            }
        }
    }
    let mut solution = vec![0.0; count];
    for i in (0..count).rev() {
        let known: f64 = (i + 1..count).map(|j| a[i][j] * solution[j]).sum();
        solution[i] = (a[i][count] - known) / a[i][i];
    }
    solution.iter().all(|x| x.is_finite()).then_some(solution)
}

fn logarithms(parts: [&[f32]; 2]) -> Vec<f32> {
    struct Logarithms<'a>(&'a [f32], &'a mut [f32]);
    impl WithSimd for Logarithms<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            for (x, log) in self.0.iter().zip(self.1) {
                *log = ln(x.max(SMALLEST));
            }
        }
    }
    let vectors = Vectors::detect();
    let mut all = vec![0.0; parts[0].len() + parts[1].len()];
    let (w, h) = all.split_at_mut(parts[0].len());
    for (logs, part) in [(w, parts[0]), (h, parts[1])] {
        logs.par_chunks_mut(BLOCK)
            .zip(part.par_chunks(BLOCK))
            .for_each(|(logs, part)| vectors.run(Logarithms(part, logs)));
    }
    all
}

/// The diagonal of the Fisher information in the logarithms: what each factor contributes to the
/// sum of the model.
fn weights(components: usize, lanes: usize, state: &[&mut [f32]; 2]) -> Vec<f32> {
    let [w, h] = state;
    let mut sums = vec![0.0f64; components];
    for h in h.chunks_exact(components) {
        for (sum, &h) in sums.iter_mut().zip(h) {
            *sum += f64::from(h);
        }
    }
    let mut all = Vec::with_capacity(w.len() + h.len());
    for panel in w.chunks_exact(components * lanes) {
        for (values, &sum) in panel.chunks_exact(lanes).zip(&sums) {
            all.extend(values.iter().map(|w| w * sum as f32));
        }
    }
    all.extend_from_slice(h);
    all
}

/// The weighted products of all differences of residuals with each other, and in the last column
/// with the last residual, over a range of values.
struct Products<'a> {
    steps: &'a VecDeque<[Vec<f32>; 2]>,
    last: &'a Point,
    weights: &'a [f32],
    range: std::ops::Range<usize>,
}

impl WithSimd for Products<'_> {
    type Output = [[f64; MEMORY + 1]; MEMORY];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Self {
            steps,
            last,
            weights,
            range,
        } = self;
        let mut residual = [0.0; BLOCK];
        let mut weighted = [0.0; BLOCK];
        let (residual, weighted) = (&mut residual[..range.len()], &mut weighted[..range.len()]);
        let points = last.x[range.clone()].iter().zip(&last.g[range.clone()]);
        for (f, (x, g)) in residual.iter_mut().zip(points) {
            *f = g - x;
        }
        let mut sums = [[0.0; MEMORY + 1]; MEMORY];
        for (i, (row, step)) in sums.iter_mut().zip(steps).enumerate() {
            for ((a, w), f) in weighted
                .iter_mut()
                .zip(weights)
                .zip(&step[0][range.clone()])
            {
                *a = w * f;
            }
            for (j, other) in steps.iter().enumerate().skip(i) {
                row[j] = f64::from(product(simd, weighted, &other[0][range.clone()]));
            }
            row[MEMORY] = f64::from(product(simd, weighted, residual));
        }
        sums
    }
}

/// Σ a·b, lane by lane.
#[inline(always)]
fn product<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (S::as_simd_f32s(a), S::as_simd_f32s(b));
    let mut sums = [simd.splat_f32s(0.0); 4];
    let (a4, a1) = a.as_chunks::<4>();
    let (b4, b1) = b.as_chunks::<4>();
    for (a, b) in a4.iter().zip(b4) {
        for i in 0..4 {
            sums[i] = simd.mul_add_e_f32s(a[i], b[i], sums[i]);
        }
    }
    for (a, b) in a1.iter().zip(b1) {
        sums[0] = simd.mul_add_e_f32s(*a, *b, sums[0]);
    }
    let sum = simd.add_f32s(
        simd.add_f32s(sums[0], sums[1]),
        simd.add_f32s(sums[2], sums[3]),
    );
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    simd.reduce_sum_f32s(sum) + rest
}

/// The extrapolated values of a range.
struct Combine<'a> {
    steps: &'a VecDeque<[Vec<f32>; 2]>,
    gamma: &'a [f64],
    range: std::ops::Range<usize>,
    values: &'a mut [f32],
    x: &'a [f32],
    g: &'a [f32],
}

impl WithSimd for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut logs = [0.0; BLOCK];
        let logs = &mut logs[..self.range.len()];
        logs.copy_from_slice(self.g);
        for (step, &gamma) in self.steps.iter().zip(self.gamma) {
            let gamma = gamma as f32;
            for (log, g) in logs.iter_mut().zip(&step[1][self.range.clone()]) {
                *log -= gamma * g;
            }
        }
        for ((value, log), x) in self.values.iter_mut().zip(logs).zip(self.x) {
            let moved = exp(log.clamp(x - FARTHEST, x + FARTHEST));
            *value = if *value > SMALLEST { moved } else { *value };
        }
    }
}
