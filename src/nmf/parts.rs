//! The parts that components have in a model, compared with those of another model.

use rayon::prelude::*;

use super::Matrix;
use crate::assignment::assign;

/// For each component its part of the model as vectors of unit length whose outer product it is:
/// template, activation, and the gains of channels where there are any.
pub(crate) struct Parts(Vec<Vec<Vec<f64>>>);

impl Parts {
    /// Of templates (bins × components), activations (components × frames) and gains (channels ×
    /// components).
    pub fn of(templates: &Matrix, activations: &Matrix, gains: Option<&Matrix>) -> Self {
        let column = |matrix: &Matrix, k: usize| unit(wide(matrix.column(k).iter().copied()));
        let part = |k: usize| {
            let mut part = vec![column(templates, k), unit(wide(activations.row(k)))];
            part.extend(gains.map(|gains| column(gains, k)));
            part
        };
        Self((0..templates.cols()).map(part).collect())
    }

    /// Number of components.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// For each component the cosines of its part of the model with those of another model of the
    /// same spectrogram, 0 to 1: that of the templates times those of the activations and gains.
    pub fn cosines(&self, other: &Self) -> Vec<Vec<f64>> {
        let cosine = |a: &[Vec<f64>], b: &[Vec<f64>]| {
            let product: f64 = a.iter().zip(b).map(|(a, b)| dot(a, b)).product();
            product.clamp(0.0, 1.0)
        };
        let row = |a: &Vec<Vec<f64>>| other.0.iter().map(|b| cosine(a, b)).collect();
        self.0.par_iter().map(row).collect()
    }

    /// Pairs of components of this model and of another one of as many, one to one, whose cosines
    /// have the largest sum: both places, and the cosine.
    pub fn matched(&self, other: &Self) -> Vec<(usize, usize, f64)> {
        let cosines = self.cosines(other);
        let assigned = assign(self.count(), other.count(), |a, b| cosines[a][b]);
        let pairs = assigned.into_iter().enumerate();
        pairs
            .filter_map(|(a, b)| b.map(|b| (a, b, cosines[a][b])))
            .collect()
    }
}

/// The same direction with the length 1; nothing stays nothing.
pub(super) fn unit(mut values: Vec<f64>) -> Vec<f64> {
    let norm = dot(&values, &values).sqrt();
    if norm > 0.0 {
        values.iter_mut().for_each(|x| *x /= norm);
    }
    values
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn wide(values: impl Iterator<Item = f32>) -> Vec<f64> {
    values.map(f64::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_like_itself_in_any_order_and_level() {
        let w = Matrix::from_fn(6, 3, |f, k| ((f * 3 + k * 5) % 7) as f32);
        let h = Matrix::from_fn(3, 8, |k, n| ((n * 5 + k * k * 3) % 11) as f32);
        let gains = Matrix::from_fn(2, 3, |c, k| if c == 0 { k as f32 } else { 1.0 });
        let turned = |m: &Matrix| Matrix::from_fn(m.rows(), 3, |r, k| m.column((k + 1) % 3)[r]);
        let louder = Matrix::from_fn(3, 8, |k, n| 2.5 * h.column(n)[(k + 1) % 3]);
        let one = Parts::of(&w, &h, Some(&gains));
        let other = Parts::of(&turned(&w), &louder, Some(&turned(&gains)));
        for (a, b, cosine) in one.matched(&other) {
            assert_eq!(b, (a + 2) % 3);
            assert!((cosine - 1.0).abs() < 1e-9, "{cosine}");
        }
    }

    #[test]
    fn the_cosine_is_that_of_the_outer_products() {
        let w = Matrix::from_fn(4, 2, |f, k| ((f + 2 * k) % 3) as f32 + 0.5);
        let h = Matrix::from_fn(2, 5, |k, n| ((n * 2 + k) % 4) as f32);
        let product = |k: usize| -> Vec<f64> {
            let column = |n: usize| h.column(n)[k];
            let values = (0..5).flat_map(|n| w.column(k).iter().map(move |w| w * column(n)));
            values.map(f64::from).collect()
        };
        let (a, b) = (product(0), product(1));
        let expected = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
        let parts = Parts::of(&w, &h, None);
        assert!((parts.cosines(&parts)[0][1] - expected).abs() < 1e-9);
    }
}
