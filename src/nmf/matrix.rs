//! The one matrix layout of the factorization.

use rayon::prelude::*;

use super::NmfError;

/// Values summed in one go; a constant, so that sums are the same for any number of threads.
const SUM_BLOCK: usize = 1 << 16;

/// Sums side by side, so that they are done in vectors.
const SUM_LANES: usize = 16;

fn sum_of(block: &[f32]) -> f64 {
    let (lanes, rest) = block.as_chunks::<SUM_LANES>();
    let mut sums = [0.0f64; SUM_LANES];
    for values in lanes {
        for (sum, &x) in sums.iter_mut().zip(values) {
            *sum += f64::from(x);
        }
    }
    let rest: f64 = rest.iter().map(|&x| f64::from(x)).sum();
    sums.iter().sum::<f64>() + rest
}

/// A dense `f32` matrix stored column after column.
///
/// The layout is a contract of the kernels, and it makes every column that has a meaning a
/// contiguous slice:
///
/// | matrix | shape | column |
/// |---|---|---|
/// | spectrogram `V` | bins × frames | one frame |
/// | templates `W` | bins × components | one template |
/// | activations `H` | components × frames | the activations of one frame |
///
/// ```
/// use partita::nmf::Matrix;
///
/// let m = Matrix::from_columns(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!((m.rows(), m.cols()), (2, 3));
/// assert_eq!(m.column(1), [3.0, 4.0]);
/// assert_eq!(m.row(1).collect::<Vec<_>>(), [2.0, 4.0, 6.0]);
/// # Ok::<(), partita::nmf::NmfError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    data: Vec<f32>,
}

impl Matrix {
    /// A matrix of zeros.
    #[must_use]
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self {
            rows,
            data: vec![0.0; rows * cols],
        }
    }

    /// A matrix from its columns, one after the other.
    ///
    /// # Errors
    /// [`NmfError::Shape`] when `data` is not a whole number of columns of `rows` values.
    pub fn from_columns(rows: usize, data: Vec<f32>) -> Result<Self, NmfError> {
        if rows == 0 || !data.len().is_multiple_of(rows) {
            return Err(NmfError::Shape {
                what: "column-major data",
                expected: (rows, data.len().div_ceil(rows.max(1))),
                got: (data.len(), 1),
            });
        }
        Ok(Self { rows, data })
    }

    /// A matrix whose value at row `r` and column `c` is `value(r, c)`.
    #[must_use]
    pub fn from_fn(rows: usize, cols: usize, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let data = (0..cols)
            .flat_map(|c| (0..rows).map(move |r| (r, c)))
            .map(|(r, c)| value(r, c))
            .collect();
        Self { rows, data }
    }

    /// The same columns within `cols` of them, the first at `before`; the others are 0, and what
    /// has no room is left out.
    #[must_use]
    pub fn placed(&self, before: usize, cols: usize) -> Self {
        let mut wider = Self::zeros(self.rows, cols);
        for c in 0..self.cols().min(cols.saturating_sub(before)) {
            wider.column_mut(before + c).copy_from_slice(self.column(c));
        }
        wider
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.data.len().checked_div(self.rows).unwrap_or(0)
    }

    /// Column `c` as a contiguous slice of [`rows`](Self::rows) values.
    ///
    /// # Panics
    /// When there is no column `c`, as with any slice index.
    #[must_use]
    pub fn column(&self, c: usize) -> &[f32] {
        &self.data[c * self.rows..(c + 1) * self.rows]
    }

    /// Column `c` for writing.
    ///
    /// # Panics
    /// When there is no column `c`, as with any slice index.
    pub fn column_mut(&mut self, c: usize) -> &mut [f32] {
        &mut self.data[c * self.rows..(c + 1) * self.rows]
    }

    /// The values of row `r`, from the first column to the last.
    ///
    /// # Panics
    /// When there is no row `r` in a matrix that has columns.
    pub fn row(&self, r: usize) -> impl ExactSizeIterator<Item = f32> + '_ {
        self.data.chunks_exact(self.rows.max(1)).map(move |c| c[r])
    }

    /// All values, column after column.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.data
    }

    /// All values for writing, column after column.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// Sum of all values.
    pub(super) fn sum(&self) -> f64 {
        let blocks: Vec<f64> = self.data.par_chunks(SUM_BLOCK).map(sum_of).collect();
        blocks.iter().sum()
    }

    /// Mean of all values, or NaN if there are none.
    pub(super) fn mean(&self) -> f64 {
        self.sum() / self.data.len() as f64
    }

    /// Whether all values are finite and 0 or more.
    pub(super) fn is_valid(&self) -> bool {
        // Without a way out in the middle it is done in vectors.
        let valid = |block: &[f32]| {
            block
                .iter()
                .fold(true, |valid, x| valid & ((*x >= 0.0) & x.is_finite()))
        };
        self.data.par_chunks(SUM_BLOCK).all(valid)
    }
}
