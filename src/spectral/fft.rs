//! The FFT plans, in the precision that a setting needs.

use std::sync::Arc;

use realfft::num_complex::{Complex, Complex32};
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Forward and inverse real FFT of one size.
///
/// In `f32` the round trip of a size whose half has only the factors 2, 3, 5 and 7 stays below
/// 1e-6 of the peak; other sizes go through Rader's or Bluestein's algorithm or long odd
/// butterflies, which do not (up to 1.7e-6). Those compute in `f64` and round the result.
#[derive(Clone)]
pub(super) enum Plan {
    Single(Pair<f32>),
    Double(Pair<f64>),
}

#[derive(Clone)]
pub(super) struct Pair<T> {
    forward: Arc<dyn RealToComplex<T>>,
    inverse: Arc<dyn ComplexToReal<T>>,
}

/// Memory that a transform works in. One for each thread, made once by
/// [`Stft::workspace`](super::Stft::workspace), so that no frame allocates.
pub struct Workspace {
    pub(super) frame: Vec<f32>,
    scratch: Vec<Complex32>,
    double: Option<DoubleWorkspace>,
}

struct DoubleWorkspace {
    frame: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl<T: realfft::FftNum> Pair<T> {
    fn new(size: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        Self {
            forward: planner.plan_fft_forward(size),
            inverse: planner.plan_fft_inverse(size),
        }
    }

    fn scratch(&self) -> Vec<Complex<T>> {
        let len = self
            .forward
            .get_scratch_len()
            .max(self.inverse.get_scratch_len());
        vec![Complex::new(T::zero(), T::zero()); len]
    }
}

impl Plan {
    /// Plans an even `size`; `precise` asks for `f64` whatever the size.
    pub(super) fn new(size: usize, precise: bool) -> Self {
        if precise || !has_small_factors(size / 2) {
            Self::Double(Pair::new(size))
        } else {
            Self::Single(Pair::new(size))
        }
    }

    pub(super) fn workspace(&self, size: usize) -> Workspace {
        let (scratch, double) = match self {
            Self::Single(pair) => (pair.scratch(), None),
            Self::Double(pair) => {
                let double = DoubleWorkspace {
                    frame: vec![0.0; size],
                    spectrum: vec![Complex::default(); size / 2 + 1],
                    scratch: pair.scratch(),
                };
                (Vec::new(), Some(double))
            }
        };
        Workspace {
            frame: vec![0.0; size],
            scratch,
            double,
        }
    }

    /// Transforms `workspace.frame` (which is overwritten) into `spectrum`.
    pub(super) fn forward(&self, spectrum: &mut [Complex32], workspace: &mut Workspace) {
        let done = match (self, &mut workspace.double) {
            (Self::Single(pair), _) => pair.forward.process_with_scratch(
                &mut workspace.frame,
                spectrum,
                &mut workspace.scratch,
            ),
            (Self::Double(pair), Some(double)) => {
                for (wide, &x) in double.frame.iter_mut().zip(&workspace.frame) {
                    *wide = f64::from(x);
                }
                let done = pair.forward.process_with_scratch(
                    &mut double.frame,
                    &mut double.spectrum,
                    &mut double.scratch,
                );
                for (x, wide) in spectrum.iter_mut().zip(&double.spectrum) {
                    *x = Complex32::new(wide.re as f32, wide.im as f32);
                }
                done
            }
            (Self::Double(_), None) => Ok(()),
        };
        debug_assert!(done.is_ok(), "{done:?}");
    }

    /// Transforms `spectrum` (which is overwritten) into `frame`, `size` times as large as the
    /// signal that had this spectrum.
    pub(super) fn inverse(
        &self,
        spectrum: &mut [Complex32],
        frame: &mut [f32],
        workspace: &mut Workspace,
    ) {
        // A real signal has no imaginary part at 0 Hz and at half the rate.
        if let [first, .., last] = spectrum {
            first.im = 0.0;
            last.im = 0.0;
        }
        let done = match (self, &mut workspace.double) {
            (Self::Single(pair), _) => {
                pair.inverse
                    .process_with_scratch(spectrum, frame, &mut workspace.scratch)
            }
            (Self::Double(pair), Some(double)) => {
                for (wide, x) in double.spectrum.iter_mut().zip(spectrum.iter()) {
                    *wide = Complex::new(f64::from(x.re), f64::from(x.im));
                }
                let done = pair.inverse.process_with_scratch(
                    &mut double.spectrum,
                    &mut double.frame,
                    &mut double.scratch,
                );
                for (x, &wide) in frame.iter_mut().zip(&double.frame) {
                    *x = wide as f32;
                }
                done
            }
            (Self::Double(_), None) => Ok(()),
        };
        debug_assert!(done.is_ok(), "{done:?}");
    }
}

fn has_small_factors(mut number: usize) -> bool {
    for factor in [2, 3, 5, 7] {
        while number > 0 && number.is_multiple_of(factor) {
            number /= factor;
        }
    }
    number == 1
}
