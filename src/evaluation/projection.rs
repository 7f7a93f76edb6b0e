//! The distortion filters that bring the references nearest to an estimate.

use faer::linalg::solvers::{Llt, PartialPivLu, Solve};
use faer::{Mat, Side};
use rayon::prelude::*;
use realfft::num_complex::Complex64;

use super::correlation::{TAPS, Transform};

/// Added to the diagonal, relative to it, where the normal equations are singular to rounding.
const RIDGE: f64 = 1e-13;

/// The correlations of all signals that the filters act on with all signals they aim at.
pub(super) struct Correlations {
    /// Lags from 0 on: [reference channel · targets + target].
    lags: Vec<Vec<f64>>,
    /// Reference channels first, then those of the estimates.
    targets: usize,
}

impl Correlations {
    pub fn new(lags: Vec<Vec<f64>>, targets: usize) -> Self {
        Self { lags, targets }
    }

    /// `Σ_t a(t) b(t + lag)` for two reference channels, `lag` above -[`TAPS`] and below it.
    fn between(&self, a: usize, b: usize, lag: isize) -> f64 {
        let (from, to) = if lag < 0 { (b, a) } else { (a, b) };
        self.lags[from * self.targets + to][lag.unsigned_abs()]
    }

    /// `Σ_t a(t) target(t + lag)`, `lag` from 0 to below [`TAPS`].
    fn towards(&self, a: usize, target: usize) -> &[f64] {
        &self.lags[a * self.targets + target]
    }
}

/// The normal equations of a set of reference channels, factorised.
pub(super) struct Equations {
    signals: Vec<usize>,
    factors: Factors,
}

enum Factors {
    Cholesky(Llt<f64>),
    Pivoted(PartialPivLu<f64>),
}

impl Equations {
    /// Factorises the block Toeplitz Gram matrix of the delayed signals.
    ///
    /// None of the signals may be silent. Where some depend on others (two equal channels), a
    /// ridge far below what is measured picks one of the filters that do the same.
    pub fn new(correlations: &Correlations, signals: Vec<usize>) -> Self {
        let size = signals.len() * TAPS;
        let gram = |ridge: f64| {
            Mat::from_fn(size, size, |row, column| {
                let (a, b) = (signals[row / TAPS], signals[column / TAPS]);
                let lag = (row % TAPS) as isize - (column % TAPS) as isize;
                let value = correlations.between(a, b, lag);
                if row == column {
                    value * (1.0 + ridge)
                } else {
                    value
                }
            })
        };
        let exact = gram(0.0);
        let factors = exact
            .llt(Side::Lower)
            .or_else(|_| gram(RIDGE).llt(Side::Lower))
            .map_or_else(
                |_| Factors::Pivoted(exact.partial_piv_lu()),
                Factors::Cholesky,
            );
        Self { signals, factors }
    }

    /// The filters towards each target, [target][signal][tap], signals in their order.
    pub fn solve(&self, correlations: &Correlations, targets: &[usize]) -> Vec<Vec<Vec<f64>>> {
        let mut sides = Mat::from_fn(self.signals.len() * TAPS, targets.len(), |row, target| {
            let lags = correlations.towards(self.signals[row / TAPS], targets[target]);
            lags[row % TAPS]
        });
        match &self.factors {
            Factors::Cholesky(factors) => factors.solve_in_place(&mut sides),
            Factors::Pivoted(factors) => factors.solve_in_place(&mut sides),
        }
        let taps = |column: usize, signal: usize| {
            let rows = signal * TAPS..(signal + 1) * TAPS;
            rows.map(|row| sides[(row, column)]).collect()
        };
        (0..targets.len())
            .map(|column| {
                (0..self.signals.len())
                    .map(|signal| taps(column, signal))
                    .collect()
            })
            .collect()
    }
}

/// Filters from reference channels to the channels of one estimate, as spectra.
pub(super) struct Filters {
    /// The reference channels that take part.
    signals: Vec<usize>,
    /// [channel of the estimate][signal].
    spectra: Vec<Vec<Vec<Complex64>>>,
}

impl Filters {
    pub fn new(
        transform: &Transform,
        correlations: &Correlations,
        equations: &Equations,
        targets: &[usize],
    ) -> Self {
        let taps = equations.solve(correlations, targets);
        let spectra = taps
            .into_par_iter()
            .map(|signals| {
                let one = |taps: Vec<f64>| transform.spectrum(taps);
                signals.into_iter().map(one).collect()
            })
            .collect();
        Self {
            signals: equations.signals.clone(),
            spectra,
        }
    }

    /// The spectrum of the filtered references in a channel of the estimate.
    pub fn apply(&self, references: &[Vec<Complex64>], channel: usize) -> Vec<Complex64> {
        let mut sum = vec![Complex64::ZERO; references.first().map_or(0, Vec::len)];
        for (filter, &signal) in self.spectra[channel].iter().zip(&self.signals) {
            for ((sum, filter), value) in sum.iter_mut().zip(filter).zip(&references[signal]) {
                *sum += filter * value;
            }
        }
        sum
    }
}
