//! The first singular values and vectors of `V`, by randomised block Krylov iteration.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par, Side};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::Matrix;

/// Vectors beyond those asked for: they take up what the subspace has not separated yet.
const OVERSAMPLING: usize = 10;
/// Passes over `V`, each of which adds a block to the Krylov subspace.
const PASSES: usize = 4;
/// Frames of a block; a constant, so that sums have the same order for any number of threads.
const BLOCK_FRAMES: usize = 256;

/// `V ≈ left · diag(values) · rightᵀ`.
pub(super) struct Svd {
    /// Bins × count.
    pub left: Matrix,
    /// In falling order.
    pub values: Vec<f32>,
    /// Frames × count.
    pub right: Matrix,
}

/// The `count` largest singular values of `V` with their vectors: block Krylov iteration (Musco &
/// Musco 2015, algorithm 2), exact where `V` is hardly larger than the subspace.
pub(super) fn truncated_svd(v: &Matrix, count: usize) -> Svd {
    let small_side = v.rows().min(v.cols());
    let block = count + OVERSAMPLING;
    let basis = if PASSES * block < small_side {
        krylov_basis(v, block)
    } else if v.rows() == small_side {
        Mat::identity(v.rows(), v.rows())
    } else {
        Mat::from_fn(v.rows(), v.cols(), |f, n| f64::from(v.column(n)[f]))
            .qr()
            .compute_thin_Q()
    };
    let width = basis.ncols();

    // Singular values of the small projection, through its Gram matrix.
    let wide = project(v, &basis);
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

/// An orthonormal basis of the span of `V Vᵀ x`, `(V Vᵀ)² x`, …, for `block` random vectors `x`.
fn krylov_basis(v: &Matrix, block: usize) -> Mat<f64> {
    // The seed is part of the algorithm, not of the user's choice.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut last = Mat::<f64>::from_fn(v.rows(), block, |_, _| {
        (rng.next_u64() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    });
    let mut all = Mat::<f64>::zeros(v.rows(), PASSES * block);
    for pass in 0..PASSES {
        last = gram_times(v, &last).qr().compute_thin_Q();
        all.subcols_mut(pass * block, block).copy_from(&last);
    }
    all.qr().compute_thin_Q()
}

/// Blocks of frames in 64 bit, so that the small singular vectors are good to the last bit of `V`.
fn blocks(v: &Matrix) -> impl IndexedParallelIterator<Item = Mat<f64>> + '_ {
    v.as_slice().par_chunks(BLOCK_FRAMES * v.rows()).map(|c| {
        Mat::from_fn(v.rows(), c.len() / v.rows(), |f, n| {
            f64::from(c[n * v.rows() + f])
        })
    })
}

/// `V Vᵀ basis`, in one pass over `V`.
fn gram_times(v: &Matrix, basis: &Mat<f64>) -> Mat<f64> {
    let product = |block: Mat<f64>| {
        let mut right = Mat::zeros(block.ncols(), basis.ncols());
        matmul(
            &mut right,
            Accum::Replace,
            block.transpose(),
            basis,
            1.0,
            Par::Seq,
        );
        let mut part = Mat::zeros(block.nrows(), basis.ncols());
        matmul(&mut part, Accum::Replace, &block, &right, 1.0, Par::Seq);
        part
    };
    let parts: Vec<Mat<f64>> = blocks(v).map(product).collect();
    parts
        .into_iter()
        .fold(Mat::zeros(v.rows(), basis.ncols()), |sum, part| sum + part)
}

/// `basisᵀ V`.
fn project(v: &Matrix, basis: &Mat<f64>) -> Mat<f64> {
    let product = |block: Mat<f64>| {
        let mut part = Mat::<f64>::zeros(basis.ncols(), block.ncols());
        matmul(
            &mut part,
            Accum::Replace,
            basis.transpose(),
            &block,
            1.0,
            Par::Seq,
        );
        part
    };
    let parts: Vec<Mat<f64>> = blocks(v).map(product).collect();
    Mat::from_fn(basis.ncols(), v.cols(), |i, n| {
        parts[n / BLOCK_FRAMES][(i, n % BLOCK_FRAMES)]
    })
}
