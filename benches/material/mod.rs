//! What the benchmarks work on.

use partita::nmf::Matrix;

/// A made-up magnitude spectrogram: smooth templates that come and go, and noise below them. The
/// time of an iteration depends on the shape alone.
pub fn spectrogram(bins: usize, frames: usize) -> Matrix {
    let mut state = 1u64;
    let mut noise = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u32 << 24) as f32
    };
    Matrix::from_fn(bins, frames, |f, n| {
        let tone =
            (1.0 + (f as f32 * 0.21).sin()) * (1.0 + (n as f32 * 0.013 + f as f32 * 0.02).cos());
        tone.powi(3) / (1.0 + 0.01 * f as f32) + 0.1 * noise()
    })
}
