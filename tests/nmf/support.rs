//! Problems that are told by a seed.

use std::ops::ControlFlow;

use partita::nmf::{Factorization, Matrix, Settings, factorize};

/// A small generator of its own.
pub struct Draw(pub u64);

impl Draw {
    pub fn value(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Values spread over several orders of magnitude, a tenth of them 0.
    pub fn matrix(&mut self, rows: usize, cols: usize) -> Matrix {
        Matrix::from_fn(rows, cols, |_, _| match self.value() {
            x if x < 0.1 => 0.0,
            x => x.powi(4),
        })
    }
}

/// The first values of a seed.
pub fn spectrogram(bins: usize, frames: usize, seed: u64) -> Matrix {
    Draw(seed).matrix(bins, frames)
}

pub fn run(v: &Matrix, settings: &Settings) -> Factorization {
    factorize(v, settings, &mut |_| ControlFlow::Continue(())).unwrap()
}
