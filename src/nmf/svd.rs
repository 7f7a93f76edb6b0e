//! The first singular values and vectors of `V`, by randomised subspace iteration.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par, Side};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::Matrix;

/// Vectors beyond those asked for: they take up what the subspace has not separated yet.
const OVERSAMPLING: usize = 10;
/// Passes over `V` that turn the subspace towards the largest singular values.
const POWER_ITERATIONS: usize = 6;
/// Frames of a block; a constant, so that sums have the same order for any number of threads.
const BLOCK_FRAMES: usize = 512;

/// `V ≈ left · diag(values) · rightᵀ`.
pub(super) struct Svd {
    /// Bins × count.
    pub left: Matrix,
    /// In falling order.
    pub values: Vec<f32>,
    /// Frames × count.
    pub right: Matrix,
}

/// The `count` largest singular values of `V` with their vectors (Halko, Martinsson & Tropp 2011,
/// algorithms 4.4 and 5.1).
pub(super) fn truncated_svd(v: &Matrix, count: usize) -> Svd {
    let width = (count + OVERSAMPLING).min(v.rows()).min(v.cols());
    // The seed is part of the algorithm, not of the user's choice.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut basis = Mat::<f32>::from_fn(v.rows(), width, |_, _| {
        (rng.next_u64() >> 40) as f32 / (1u32 << 23) as f32 - 1.0
    });
    for _ in 0..POWER_ITERATIONS {
        basis = orthonormal(&gram_times(v, basis.as_ref()));
    }
    // Singular values of the small projection, through its Gram matrix.
    let wide = project(v, basis.as_ref());
    let gram = &wide * wide.transpose();
    let (mut vectors, mut squares) = (Mat::<f64>::identity(width, width), vec![0.0; width]);
    if let Ok(eigen) = gram.self_adjoint_eigen(Side::Lower) {
        vectors = eigen.U().to_owned();
        squares = eigen.S().column_vector().iter().copied().collect();
    }
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&a, &b| squares[b].total_cmp(&squares[a]));
    order.truncate(count);

    let turn = Mat::<f64>::from_fn(width, count, |i, k| vectors[(i, order[k])]);
    let values: Vec<f64> = order.iter().map(|&k| squares[k].max(0.0).sqrt()).collect();
    let basis = Mat::<f64>::from_fn(v.rows(), width, |i, j| f64::from(basis[(i, j)]));
    let left = &basis * &turn;
    let right = wide.transpose() * &turn;
    Svd {
        left: Matrix::from_fn(v.rows(), count, |i, k| left[(i, k)] as f32),
        right: Matrix::from_fn(v.cols(), count, |n, k| {
            if values[k] > 0.0 {
                (right[(n, k)] / values[k]) as f32
            } else {
                0.0
            }
        }),
        values: values.iter().map(|&s| s as f32).collect(),
    }
}

fn blocks(v: &Matrix) -> Vec<MatRef<'_, f32>> {
    v.as_slice()
        .chunks(BLOCK_FRAMES * v.rows())
        .map(|c| MatRef::from_column_major_slice(c, v.rows(), c.len() / v.rows()))
        .collect()
}

/// `V Vᵀ basis`, in one pass over `V`.
fn gram_times(v: &Matrix, basis: MatRef<'_, f32>) -> Mat<f32> {
    let parts: Vec<Mat<f32>> = blocks(v)
        .into_par_iter()
        .map(|block| {
            let mut right = Mat::<f32>::zeros(block.ncols(), basis.ncols());
            matmul(
                &mut right,
                Accum::Replace,
                block.transpose(),
                basis,
                1.0,
                Par::Seq,
            );
            let mut part = Mat::<f32>::zeros(block.nrows(), basis.ncols());
            matmul(&mut part, Accum::Replace, block, &right, 1.0, Par::Seq);
            part
        })
        .collect();
    let mut sum = Mat::<f32>::zeros(v.rows(), basis.ncols());
    for part in parts {
        sum += part;
    }
    sum
}

/// `basisᵀ V` in 64 bit.
fn project(v: &Matrix, basis: MatRef<'_, f32>) -> Mat<f64> {
    let parts: Vec<Mat<f32>> = blocks(v)
        .into_par_iter()
        .map(|block| {
            let mut part = Mat::<f32>::zeros(basis.ncols(), block.ncols());
            matmul(
                &mut part,
                Accum::Replace,
                basis.transpose(),
                block,
                1.0,
                Par::Seq,
            );
            part
        })
        .collect();
    Mat::from_fn(basis.ncols(), v.cols(), |i, n| {
        f64::from(parts[n / BLOCK_FRAMES][(i, n % BLOCK_FRAMES)])
    })
}

fn orthonormal(columns: &Mat<f32>) -> Mat<f32> {
    columns.qr().compute_thin_Q()
}
