//! Where the factors start.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::factorize::{check_components, check_spectrogram};
use super::svd::{Svd, truncated_svd};
use super::{Init, Matrix, NmfError, Stop};

/// NNDSVD values below this become 0 before the zeros are filled, as in scikit-learn.
const NNDSVD_FLOOR: f32 = 1e-6;
/// Least random value before scaling: 0 could never grow.
const LEAST: f32 = 0.01;

/// The start of a factorization of `V` (bins × frames): templates (bins × components) and
/// activations (components × frames), all values above 0 unless `V` is all 0.
///
/// # Errors
/// As [`factorize()`](super::factorize()).
pub fn initial_factors(
    v: &Matrix,
    components: usize,
    init: Init,
    seed: u64,
) -> Result<(Matrix, Matrix), NmfError> {
    initial_factors_until(v, components, init, seed, &|| false)
}

/// The same, unless `stop` says so first.
pub(super) fn initial_factors_until(
    v: &Matrix,
    components: usize,
    init: Init,
    seed: u64,
    stop: Stop<'_>,
) -> Result<(Matrix, Matrix), NmfError> {
    let mean = check_spectrogram(v)? as f32;
    check_components(components, v.rows(), v.cols())?;
    Ok(match init {
        Init::Random => random(v, components, mean, seed),
        Init::NndsvdA => nndsvd_a(v, &truncated_svd(v, components, stop)?, mean),
    })
}

/// Uniform values in [0.01, 1.01), scaled so that the product has the mean of `V` on average.
pub(super) fn random(v: &Matrix, components: usize, mean: f32, seed: u64) -> (Matrix, Matrix) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let average = LEAST + 0.5;
    let scale = (mean / components as f32).sqrt() / average;
    let mut draw = |rows, cols| {
        Matrix::from_fn(rows, cols, |_, _| {
            scale * (LEAST + (rng.next_u64() >> 40) as f32 / (1u32 << 24) as f32)
        })
    };
    (draw(v.rows(), components), draw(components, v.cols()))
}

/// NNDSVDa: the positive or negative part of each singular pair, whichever weighs more (Boutsidis
/// & Gallopoulos 2008, algorithm 1), zeros filled with the mean of `V`.
fn nndsvd_a(v: &Matrix, svd: &Svd, mean: f32) -> (Matrix, Matrix) {
    let components = svd.values.len();
    let mut w = Matrix::zeros(v.rows(), components);
    let mut h = Matrix::zeros(components, v.cols());
    for k in 0..components {
        let (left, right) = (svd.left.column(k), svd.right.column(k));
        let part = |sign: f32| {
            // The first pair has one sign only; taking magnitudes removes the rounding around 0.
            let take = move |x: f32| if k == 0 { x.abs() } else { (sign * x).max(0.0) };
            let norm = |values: &[f32]| {
                values
                    .iter()
                    .map(|&x| f64::from(take(x)).powi(2))
                    .sum::<f64>()
                    .sqrt()
            };
            (take, norm(left), norm(right))
        };
        let (positive, negative) = (part(1.0), part(-1.0));
        let (take, left_norm, right_norm) = if positive.1 * positive.2 > negative.1 * negative.2 {
            positive
        } else {
            negative
        };
        let weight = (f64::from(svd.values[k]) * left_norm * right_norm).sqrt();
        // A pair beyond the rank of V has no part at all: it starts flat.
        let share = |norm: f64| {
            if norm > 0.0 {
                (weight / norm) as f32
            } else {
                0.0
            }
        };
        let (left_share, right_share) = (share(left_norm), share(right_norm));
        for (w, &x) in w.column_mut(k).iter_mut().zip(left) {
            *w = fill(take(x) * left_share, mean);
        }
        for (n, &x) in right.iter().enumerate() {
            h.column_mut(n)[k] = fill(take(x) * right_share, mean);
        }
    }
    (w, h)
}

fn fill(value: f32, mean: f32) -> f32 {
    if value >= NNDSVD_FLOOR { value } else { mean }
}
