//! Kullback–Leibler factorization of a small matrix some of whose values are hidden.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::init::random;
use super::kernel::power;
use super::{Matrix, NmfError, Stop};

/// Starts of a fit, of which the better is pursued.
const STARTS: u64 = 2;
/// Steps of each start, and of the best one after that.
const TRIAL: usize = 40;
const STEPS: usize = 120;
/// All steps of a fit.
pub(super) const ALL_STEPS: usize = STARTS as usize * TRIAL + STEPS;
/// The last steps are plain, the others over-relaxed.
const PLAIN: usize = 5;
const EXPONENT: f32 = 1.9;
/// Keeps quotients finite; the mean of the values is 1.
const EPSILON: f32 = 1e-12;
/// Factors do not fall below this, so that they stay normal numbers.
const FLOOR: f32 = 1e-10;
/// How much a hidden value counts, as that of the mean spectrum: a model that says anything of
/// what it has not seen learns to be modest.
const UNSEEN: f32 = 0.05;
/// Steps of the mean spectrum.
const MEAN_STEPS: usize = 10;
/// Share of what a model foretells that comes from the background: without it, one hidden value
/// where a model is silent would outweigh all others.
const BACKGROUND: f64 = 0.02;

/// Products of matrices in a step: the model, two of what is seen, two of the mask.
const PRODUCTS: f64 = 5.0;
/// Operations of a step for each value, whatever the number of components: a quotient, and its share
/// of the powers.
const ELSE: f64 = 40.0;

/// Floating-point operations of one fit of `components` components to so many values.
pub(super) fn operations(rows: usize, columns: usize, components: usize) -> f64 {
    let of_a_value = 2.0 * PRODUCTS * components as f64 + ELSE;
    ALL_STEPS as f64 * of_a_value * (rows * columns) as f64
}

/// A matrix of mean 1, and which of its values are hidden.
pub(super) struct Masked<'a> {
    v: &'a Matrix,
    /// How much each value counts: 1, or little where it is hidden.
    mask: Matrix,
    /// The values times what they count; where they are hidden, those of the mean spectrum.
    seen: Matrix,
    /// One mean spectrum with a loudness for each column, fitted to the seen values.
    mean: Matrix,
}

/// Templates and activations that were fitted to the seen values.
pub(super) struct Fit {
    pub w: Matrix,
    pub h: Matrix,
}

impl Fit {
    /// Takes the components of another fit in place of the first ones.
    fn begin_with(&mut self, fewer: &Self) {
        for k in 0..fewer.w.cols() {
            self.w.column_mut(k).copy_from_slice(fewer.w.column(k));
        }
        for n in 0..self.h.cols() {
            let known = fewer.h.column(n);
            self.h.column_mut(n)[..known.len()].copy_from_slice(known);
        }
    }
}

impl<'a> Masked<'a> {
    /// Hides the values for which `hidden(row, column)`.
    pub fn new(v: &'a Matrix, hidden: impl Fn(usize, usize) -> bool) -> Self {
        let shown = Matrix::from_fn(
            v.rows(),
            v.cols(),
            |r, c| {
                if hidden(r, c) { 0.0 } else { 1.0 }
            },
        );
        let mean = mean(v, &shown);
        let weigh = |m: f32| if m == 0.0 { UNSEEN } else { 1.0 };
        let mut seen = v.clone();
        let values = seen.as_mut_slice().iter_mut().zip(mean.as_slice());
        for ((x, mean), &m) in values.zip(shown.as_slice()) {
            if m == 0.0 {
                *x = UNSEEN * mean;
            }
        }
        let mut mask = shown;
        mask.as_mut_slice().iter_mut().for_each(|m| *m = weigh(*m));
        Self {
            v,
            mask,
            seen,
            mean,
        }
    }

    /// Fits `components` components to the seen values: with `M` what they count, the updates are
    ///
    /// ```text
    /// H ← H · (Wᵀ (M · V / WH)) / (Wᵀ M)          W ← W · ((M · V / WH) Hᵀ) / (M Hᵀ)
    /// ```
    ///
    /// raised to a power above 1 but for the last ones. The first start goes on from `fewer`, a
    /// fit of fewer components, if there is one; the other is random.
    ///
    /// # Errors
    /// [`NmfError::Stopped`] when `stop` says so.
    pub fn fit(
        &self,
        components: usize,
        fewer: Option<&Fit>,
        seed: u64,
        stop: Stop<'_>,
    ) -> Result<Fit, NmfError> {
        let mut best: Option<(f64, Fit)> = None;
        for start in 0..STARTS {
            let (w, h) = random(self.v, components, 1.0, seed * STARTS + start);
            let mut fit = Fit { w, h };
            if start == 0
                && let Some(fewer) = fewer
            {
                fit.begin_with(fewer);
            }
            self.steps(&mut fit, TRIAL, stop)?;
            let model = self.model(&fit);
            let divergence = self.divergence(1.0, |r, c| f64::from(model.column(c)[r]));
            if best.as_ref().is_none_or(|(least, _)| divergence < *least) {
                best = Some((divergence, fit));
            }
        }
        let (_, mut fit) = best.ok_or(NmfError::Empty)?;
        self.steps(&mut fit, STEPS, stop)?;
        Ok(fit)
    }

    fn steps(&self, fit: &mut Fit, count: usize, stop: Stop<'_>) -> Result<(), NmfError> {
        let (rows, cols, k) = (self.v.rows(), self.v.cols(), fit.w.cols());
        let mut quotient = Matrix::zeros(rows, cols);
        let mut sums = [Matrix::zeros(k, cols), Matrix::zeros(k, cols)];
        let mut template_sums = [Matrix::zeros(rows, k), Matrix::zeros(rows, k)];
        for step in 0..count {
            if stop() {
                return Err(NmfError::Stopped);
            }
            let exponent = if step + PLAIN < count { EXPONENT } else { 1.0 };
            self.quotient(fit, &mut quotient);
            let w = reference(&fit.w).transpose();
            product(&mut sums[0], w, reference(&quotient));
            product(&mut sums[1], w, reference(&self.mask));
            update(&mut fit.h, &sums, exponent);
            self.quotient(fit, &mut quotient);
            let h = reference(&fit.h).transpose();
            product(&mut template_sums[0], reference(&quotient), h);
            product(&mut template_sums[1], reference(&self.mask), h);
            update(&mut fit.w, &template_sums, exponent);
        }
        Ok(())
    }

    /// `M · V / WH`.
    fn quotient(&self, fit: &Fit, quotient: &mut Matrix) {
        product(quotient, reference(&fit.w), reference(&fit.h));
        let values = quotient.as_mut_slice().iter_mut();
        for (y, v) in values.zip(self.seen.as_slice()) {
            *y = v / (*y + EPSILON);
        }
    }

    /// The divergence of the hidden values from what a fit foretells of them, over that from the
    /// mean spectrum.
    pub fn hidden_share(&self, fit: &Fit) -> f64 {
        let model = self.model(fit);
        let mean = |r: usize, c: usize| f64::from(self.mean.column(c)[r]);
        let foretold = |r: usize, c: usize| {
            BACKGROUND * mean(r, c) + (1.0 - BACKGROUND) * f64::from(model.column(c)[r])
        };
        let flat = self.divergence(UNSEEN, mean);
        if flat > 0.0 {
            self.divergence(UNSEEN, foretold) / flat
        } else {
            0.0
        }
    }

    fn model(&self, fit: &Fit) -> Matrix {
        let mut model = Matrix::zeros(self.v.rows(), self.v.cols());
        product(&mut model, reference(&fit.w), reference(&fit.h));
        model
    }

    /// Σ v ln(v/y) − v + y over the values with this mask.
    fn divergence(&self, mask: f32, model: impl Fn(usize, usize) -> f64) -> f64 {
        let mut sum = 0.0;
        for c in 0..self.v.cols() {
            let values = self.v.column(c).iter().zip(self.mask.column(c));
            for (r, (&v, _)) in values.enumerate().filter(|(_, (_, m))| **m == mask) {
                let (v, y) = (f64::from(v), model(r, c) + f64::from(EPSILON));
                if v > 0.0 {
                    sum += v * (v / y).ln();
                }
                sum += y - v;
            }
        }
        sum
    }
}

/// The best model of one component for the values that are shown (1, the others 0).
fn mean(v: &Matrix, shown: &Matrix) -> Matrix {
    let mut spectrum = vec![1.0_f64; v.rows()];
    let mut loudness = vec![1.0_f64; v.cols()];
    for _ in 0..MEAN_STEPS {
        let mut sums = vec![[0.0; 2]; v.rows()];
        for (c, loudness) in loudness.iter_mut().enumerate() {
            let values = || v.column(c).iter().zip(shown.column(c)).enumerate();
            let sum: f64 = values().map(|(_, (&x, &m))| f64::from(x * m)).sum();
            let level: f64 = values()
                .map(|(r, (_, &m))| f64::from(m) * spectrum[r])
                .sum();
            *loudness = if level > 0.0 { sum / level } else { 0.0 };
            for (r, (&x, &m)) in values() {
                sums[r][0] += f64::from(x * m);
                sums[r][1] += f64::from(m) * *loudness;
            }
        }
        for (x, [sum, level]) in spectrum.iter_mut().zip(sums) {
            *x = if level > 0.0 { sum / level } else { 0.0 };
        }
    }
    Matrix::from_fn(v.rows(), v.cols(), |r, c| {
        (spectrum[r] * loudness[c]) as f32
    })
}

fn reference(matrix: &Matrix) -> MatRef<'_, f32> {
    MatRef::from_column_major_slice(matrix.as_slice(), matrix.rows(), matrix.cols())
}

/// `a · b`, on this thread alone: the same bits for any number of threads.
fn product(into: &mut Matrix, a: MatRef<'_, f32>, b: MatRef<'_, f32>) {
    let (rows, cols) = (into.rows(), into.cols());
    let into = MatMut::from_column_major_slice_mut(into.as_mut_slice(), rows, cols);
    matmul(into, Accum::Replace, a, b, 1.0, Par::Seq);
}

fn update(factor: &mut Matrix, [up, down]: &[Matrix; 2], exponent: f32) {
    let sums = up.as_slice().iter().zip(down.as_slice());
    for (x, (up, down)) in factor.as_mut_slice().iter_mut().zip(sums) {
        *x = (*x * power(up / (down + EPSILON), exponent)).max(FLOOR);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two sounds that take turns.
    fn turns() -> Matrix {
        Matrix::from_fn(16, 24, |r, c| {
            let own = (r < 8) == (c / 3 % 2 == 0);
            if own {
                (1 + r % 3 + c % 4) as f32 / 3.0
            } else {
                0.0
            }
        })
    }

    #[test]
    fn what_is_hidden_is_foretold_by_the_right_number_and_plays_no_part() {
        let v = turns();
        let hidden = |r: usize, c: usize| (3 * (r / 4) + c / 4).is_multiple_of(5);
        let fit = |v: &Matrix, k| {
            let masked = Masked::new(v, hidden);
            let fit = masked.fit(k, None, 0, &|| false).unwrap();
            (masked.hidden_share(&fit), fit)
        };
        let (one, two) = (fit(&v, 1).0, fit(&v, 2).0);
        assert!((one - 1.0).abs() < 0.02 && two < 0.1, "{one} {two}");
        let mut other = v.clone();
        for c in 0..24 {
            for r in (0..16).filter(|&r| hidden(r, c)) {
                other.column_mut(c)[r] = 7.0;
            }
        }
        let (first, second) = (fit(&v, 2).1, fit(&other, 2).1);
        assert_eq!((first.w, first.h), (second.w, second.h));
    }

    #[test]
    fn a_fit_gives_up_when_asked() {
        let v = turns();
        let masked = Masked::new(&v, |_, _| false);
        assert!(matches!(
            masked.fit(2, None, 0, &|| true),
            Err(NmfError::Stopped)
        ));
    }
}
