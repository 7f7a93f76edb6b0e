//! How well several factorizations of one spectrogram agree.
//!
//! Non-negative factors are not unique: what one start finds another may cut elsewhere. What many
//! find is in the recording rather than in the start.

use super::pipeline::reordered;
use crate::nmf::{Factorization, Matrix, Parts, TensorFactorization, TensorModel};

/// A result whose components can be compared with those of another.
pub(super) trait Comparable: Sized {
    /// What its components are parts of.
    fn parts(&self) -> Parts;
    /// What the divergence was lowered to.
    fn divergence(&self) -> f64;
    /// The same with its components in this order.
    fn in_order(self, order: &[usize]) -> Self;
}

/// The best of several results, and how well the others agree with it.
pub(super) struct Best<F> {
    /// Its components have the places of those of the first result that they match.
    pub found: F,
    /// For each component the mean of the cosines with its matches in all other results; empty
    /// where nothing is known of that.
    pub stability: Vec<f64>,
}

impl<F> Best<F> {
    /// The only result, of whose stability nothing is known.
    pub fn only(found: F) -> Self {
        Self {
            found,
            stability: Vec::new(),
        }
    }
}

impl<F: Comparable> Best<F> {
    /// Of results with equally many components that with the lowest divergence, the earliest of
    /// equal ones.
    pub fn of(first: F, others: Vec<F>) -> Self {
        let mut found = vec![first];
        found.extend(others);
        let mut best = 0;
        for (place, result) in found.iter().enumerate() {
            if result.divergence() < found[best].divergence() {
                best = place;
            }
        }
        let mut winner = found.swap_remove(best);
        if found.is_empty() {
            return Self::only(winner);
        }
        if best > 0 {
            // The former last has its place now; the first is still first.
            let matched = found[0].parts().matched(&winner.parts());
            let order: Vec<usize> = matched.into_iter().map(|(_, k, _)| k).collect();
            winner = winner.in_order(&order);
        }
        let parts = winner.parts();
        let mut stability = vec![0.0; parts.count()];
        for other in &found {
            for (k, _, cosine) in parts.matched(&other.parts()) {
                stability[k] += cosine / found.len() as f64;
            }
        }
        Self {
            found: winner,
            stability,
        }
    }
}

/// For each component of a model the mean over several runs, of whatever numbers of components, of
/// its cosine with what is most like it in that run; empty for a single run.
pub(super) fn found_again(model: &TensorModel, runs: &[TensorModel]) -> Vec<f64> {
    if runs.len() < 2 {
        return Vec::new();
    }
    let parts = parts_of(model);
    let mut shares = vec![0.0; parts.count()];
    for run in runs {
        let cosines = parts.cosines(&parts_of(run));
        for (share, row) in shares.iter_mut().zip(cosines) {
            *share += row.into_iter().fold(0.0, f64::max) / runs.len() as f64;
        }
    }
    shares
}

fn parts_of(model: &TensorModel) -> Parts {
    let gains = Some(&model.channel_gains);
    Parts::of(&model.templates, &model.activations, gains)
}

impl Comparable for Factorization {
    fn parts(&self) -> Parts {
        Parts::of(&self.templates, &self.activations, None)
    }

    fn divergence(&self) -> f64 {
        self.divergence_curve.last().copied().unwrap_or(f64::MAX)
    }

    fn in_order(self, order: &[usize]) -> Self {
        reordered(self, order)
    }
}

impl Comparable for TensorFactorization {
    fn parts(&self) -> Parts {
        let (found, gains) = (&self.factorization, &self.channel_gains);
        Parts::of(&found.templates, &found.activations, Some(gains))
    }

    fn divergence(&self) -> f64 {
        self.factorization.divergence()
    }

    fn in_order(self, order: &[usize]) -> Self {
        let gains = &self.channel_gains;
        Self {
            channel_gains: Matrix::from_fn(gains.rows(), gains.cols(), |c, k| {
                gains.column(order[k])[c]
            }),
            factorization: self.factorization.in_order(order),
        }
    }
}
