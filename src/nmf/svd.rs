//! The first singular values and vectors of `V`, by randomised block Krylov iteration.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par, Side};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::{Matrix, NmfError, Stop};

/// Vectors beyond those asked for: they take up what the subspace has not separated yet.
const OVERSAMPLING: usize = 10;
/// Passes over `V`, each of which adds a block to the Krylov subspace.
const PASSES: usize = 4;
/// Frames of a block; a constant, so that sums have the same order for any number of threads.
const BLOCK_FRAMES: usize = 256;

/// Blocks worked on before their parts are added.
const BATCH: usize = 32;

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
pub(super) fn truncated_svd(v: &Matrix, count: usize, stop: Stop<'_>) -> Result<Svd, NmfError> {
    let small_side = v.rows().min(v.cols());
    let block = count + OVERSAMPLING;
    let basis = if PASSES * block < small_side {
        krylov_basis(v, block, stop)?
    } else if v.rows() == small_side {
        Mat::identity(v.rows(), v.rows())
    } else {
        Mat::from_fn(v.rows(), v.cols(), |f, n| f64::from(v.column(n)[f]))
            .qr()
            .compute_thin_Q()
    };
    let width = basis.ncols();

    // Singular values of the small projection, through its Gram matrix.
    let wide = project(v, &basis, stop)?;
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
    Ok(Svd {
        left: Matrix::from_fn(v.rows(), count, |i, k| left[(i, k)] as f32),
        right: Matrix::from_fn(v.cols(), count, |n, k| {
            if values[k] > 0.0 {
                (right[(n, k)] / values[k]) as f32
            } else {
                0.0
            }
        }),
        values: values.iter().map(|&s| s as f32).collect(),
    })
}

/// An orthonormal basis of the span of `V Vᵀ x`, `(V Vᵀ)² x`, …, for `block` random vectors `x`.
fn krylov_basis(v: &Matrix, block: usize, stop: Stop<'_>) -> Result<Mat<f64>, NmfError> {
    // The seed is part of the algorithm, not of the user's choice.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut last = Mat::<f64>::from_fn(v.rows(), block, |_, _| {
        (rng.next_u64() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    });
    let mut all = Mat::<f64>::zeros(v.rows(), PASSES * block);
    for pass in 0..PASSES {
        last = gram_times(v, &last, stop)?.qr().compute_thin_Q();
        all.subcols_mut(pass * block, block).copy_from(&last);
    }
    Ok(all.qr().compute_thin_Q())
}

/// Blocks of frames in 64 bit, so that the small singular vectors are good to the last bit of `V`.
fn blocks<'a>(v: &'a [f32], bins: usize) -> impl IndexedParallelIterator<Item = Mat<f64>> + 'a {
    v.par_chunks(BLOCK_FRAMES * bins)
        .map(move |c| Mat::from_fn(bins, c.len() / bins, |f, n| f64::from(c[n * bins + f])))
}

/// `V Vᵀ basis`, in one pass over `V`.
fn gram_times(v: &Matrix, basis: &Mat<f64>, stop: Stop<'_>) -> Result<Mat<f64>, NmfError> {
    let product = |block: Mat<f64>| {
        if stop() {
            return Err(NmfError::Stopped);
        }
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
        Ok(part)
    };
    let mut sum = Mat::zeros(v.rows(), basis.ncols());
    // Batch by batch, so that the parts in memory do not grow with the length.
    for batch in v.as_slice().chunks(BATCH * BLOCK_FRAMES * v.rows()) {
        let parts: Vec<Mat<f64>> = blocks(batch, v.rows())
            .map(product)
            .collect::<Result<_, _>>()?;
        sum = parts.into_iter().fold(sum, |sum, part| sum + part);
    }
    Ok(sum)
}

/// `basisᵀ V`.
fn project(v: &Matrix, basis: &Mat<f64>, stop: Stop<'_>) -> Result<Mat<f64>, NmfError> {
    let product = |block: Mat<f64>| {
        if stop() {
            return Err(NmfError::Stopped);
        }
        let mut part = Mat::<f64>::zeros(basis.ncols(), block.ncols());
        matmul(
            &mut part,
            Accum::Replace,
            basis.transpose(),
            &block,
            1.0,
            Par::Seq,
        );
        Ok(part)
    };
    let parts: Vec<Mat<f64>> = blocks(v.as_slice(), v.rows())
        .map(product)
        .collect::<Result<_, _>>()?;
    Ok(Mat::from_fn(basis.ncols(), v.cols(), |i, n| {
        parts[n / BLOCK_FRAMES][(i, n % BLOCK_FRAMES)]
    }))
}
