//! Factorization of a spectrogram that is never there as a whole: block after block of its frames.
//!
//! Activations of a frame depend on that frame and the templates alone, so they can be solved
//! block by block. The update of the templates needs two sums over all frames, and these can be
//! added up block by block just as well: a pass over all blocks lowers the divergence as one
//! update of the whole spectrogram does, and never raises it. The statistics are those of the
//! online algorithms (Mairal, Bach, Ponce & Sapiro 2010, "Online learning for matrix factorization
//! and sparse coding", section 3; Lefèvre, Bach & Févotte 2011, "Online algorithms for nonnegative
//! matrix factorization with the Itakura–Saito divergence"), here exact and without decay, since
//! the passes start from templates that a sample of all frames has given.

use super::kernel::{Kernel, Part};
use super::{Matrix, NmfError, Stop};

/// The power of the steps between the first and the last (see [`Algorithm::Relaxed`]).
///
/// [`Algorithm::Relaxed`]: super::Algorithm::Relaxed
const EXPONENT: f32 = 1.8;
/// Template values do not fall below this share of the sum, unless they are 0.
const TEMPLATE_FLOOR: f64 = 1e-15;

/// Templates that learn from the blocks of a spectrogram, and what the present pass has summed.
///
/// ```
/// use partita::nmf::{BlockTemplates, Matrix};
///
/// let v = Matrix::from_fn(3, 8, |bin, frame| ((bin + 1) * (frame % 4 + 1)) as f32);
/// let mut model = BlockTemplates::new(Matrix::from_fn(3, 2, |f, k| (f + k + 1) as f32))?;
/// let flat = Matrix::from_fn(2, 8, |_, _| 1.0);
/// let h = model.visit(&v, flat, 5, &|| false)?;
/// let first = model.learn();
/// model.visit(&v, h, 5, &|| false)?;
/// assert!(model.learn() < first);
/// # Ok::<(), partita::nmf::NmfError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BlockTemplates {
    templates: Matrix,
    /// Σ W · (V/WH) Hᵀ over the blocks of the pass, as the templates lie in memory.
    sums: Vec<f64>,
    divergence: f64,
}

impl BlockTemplates {
    /// Starts from templates, bins × components; they are brought to unit sum.
    ///
    /// # Errors
    /// [`NmfError::Value`] for a value that is negative or not finite, [`NmfError::Empty`] when
    /// there is none.
    pub fn new(mut templates: Matrix) -> Result<Self, NmfError> {
        if templates.as_slice().is_empty() {
            return Err(NmfError::Empty);
        }
        if !templates.is_valid() {
            return Err(NmfError::Value {
                what: "the templates",
            });
        }
        for k in 0..templates.cols() {
            let sum: f64 = templates.column(k).iter().map(|&x| f64::from(x)).sum();
            if sum > 0.0 {
                let column = templates.column_mut(k);
                column
                    .iter_mut()
                    .for_each(|x| *x = (f64::from(*x) / sum) as f32);
            }
        }
        Ok(Self {
            sums: vec![0.0; templates.as_slice().len()],
            templates,
            divergence: 0.0,
        })
    }

    /// The templates, bins × components, each of unit sum.
    #[must_use]
    pub fn templates(&self) -> &Matrix {
        &self.templates
    }

    /// Solves the activations of a block `v` (bins × frames of it) by `steps` updates from `start`
    /// (components × frames of it), and adds to the sums of the pass what the block says of the
    /// templates. Returns the activations.
    ///
    /// The first and the last step are plain, those between are over-relaxed; where these have
    /// raised the divergence of the block, all are made again as plain ones.
    ///
    /// Runs on the current rayon pool; the result has the same bits for any number of threads.
    ///
    /// # Errors
    /// [`NmfError::Shape`] and [`NmfError::Value`] for a block or a start that does not fit,
    /// [`NmfError::Stopped`] when `stop` said so.
    pub fn visit(
        &mut self,
        v: &Matrix,
        start: Matrix,
        steps: usize,
        stop: Stop<'_>,
    ) -> Result<Matrix, NmfError> {
        self.check(v, &start)?;
        let again = (steps > 2).then(|| start.clone());
        let mut kernel = Kernel::new(v, &self.templates, start);
        let mut before = f64::INFINITY;
        for step in 0..steps {
            let first = step == 0;
            let exponent = if first || step + 1 == steps {
                1.0
            } else {
                EXPONENT
            };
            let measured = kernel.update(Part::Activations, exponent, first, stop)?;
            before = measured.unwrap_or(before);
        }
        let (mut sums, mut divergence) = kernel.template_sums(stop)?;
        if divergence > before
            && let Some(start) = again
        {
            kernel = Kernel::new(v, &self.templates, start);
            for _ in 0..steps {
                kernel.update(Part::Activations, 1.0, false, stop)?;
            }
            (sums, divergence) = kernel.template_sums(stop)?;
        }
        for (total, sum) in self.sums.iter_mut().zip(sums.as_slice()) {
            *total += f64::from(*sum);
        }
        self.divergence += divergence;
        let (_, activations) = kernel.into_factors();
        Ok(activations)
    }

    /// Ends a pass: the divergence of its templates and activations over all blocks visited.
    /// The templates stay as they are.
    pub fn measure(&mut self) -> f64 {
        self.sums.fill(0.0);
        std::mem::take(&mut self.divergence)
    }

    /// Ends a pass and updates the templates by the sums over all blocks visited: one plain update
    /// of the whole spectrogram. Returns the divergence before it. A component that no frame uses
    /// keeps its template.
    pub fn learn(&mut self) -> f64 {
        let bins = self.templates.rows();
        for (k, sums) in self.sums.chunks_exact(bins).enumerate() {
            let total: f64 = sums.iter().sum();
            if total <= 0.0 || !total.is_finite() {
                continue;
            }
            for (w, sum) in self.templates.column_mut(k).iter_mut().zip(sums) {
                if *w > 0.0 {
                    *w = (sum / total).max(TEMPLATE_FLOOR) as f32;
                }
            }
        }
        self.measure()
    }

    fn check(&self, v: &Matrix, start: &Matrix) -> Result<(), NmfError> {
        let (bins, components) = (self.templates.rows(), self.templates.cols());
        let shapes = [
            ("the block", v, (bins, v.cols())),
            (
                "the start of the activations",
                start,
                (components, v.cols()),
            ),
        ];
        for (what, matrix, expected) in shapes {
            let got = (matrix.rows(), matrix.cols());
            if got != expected {
                return Err(NmfError::Shape {
                    what,
                    expected,
                    got,
                });
            }
            if !matrix.is_valid() {
                return Err(NmfError::Value { what });
            }
        }
        Ok(())
    }
}
