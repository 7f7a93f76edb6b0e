//! Penalties on the activations: what they cost, and the update with them.
//!
//! Both are functions of the rows of `H` that a change of scale leaves alone, so templates can be
//! brought to unit sum at any time. With `a` the sum of a row, `b` the sum of its squares and `c`
//! the sum of the squares of its steps from frame to frame,
//!
//! ```text
//! continuity: ln(1 + c / b)      sparsity: ln(a / √b)
//! ```
//!
//! `c / b` is the measure of Virtanen (2007, eq. 10), and `a / √b` that of Hoyer (2004). Each is
//! bounded from above by a sum over frames that touches it at the present values: the logarithms of
//! `a` and of `b + c` by their tangents, `−ln b` by Jensen's inequality, and the square of a step
//! between two frames by `((2h − s)² + (2h' − s)²) / 2` with `s` their present sum (De Pierro 1995).
//! With the bound of the divergence (Lee & Seung 2001) that leaves one quadratic equation for each
//! activation, whose positive root lowers the sum of divergence and penalties or keeps it.

use crate::nmf::Matrix;

/// How much each penalty weighs, relative to the sum of `V` for a mean over the components.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weights {
    pub continuity: f64,
    pub sparsity: f64,
}

impl Weights {
    pub fn are_zero(self) -> bool {
        self.continuity == 0.0 && self.sparsity == 0.0
    }
}

/// What the bounds of one component's penalties are made of.
#[derive(Clone, Copy, Debug)]
struct Terms {
    /// Slope of the bound of `ln a`, weighed.
    sum: f64,
    /// Weight of the square of an activation in the bounds of `−ln b`.
    logarithm: f64,
    /// Slope of the bound of `ln(b + c)`, weighed.
    steps: f64,
}

/// The penalties of given activations.
pub(super) struct Penalties<'a> {
    /// What all components cost together.
    pub cost: f64,
    terms: Vec<Terms>,
    /// The activations, scaled by `scale`.
    old: &'a Matrix,
    scale: f32,
}

impl<'a> Penalties<'a> {
    /// Of activations `h` times `scale`, for a `V` that has the sum `v_sum` after scaling.
    pub fn new(weights: Weights, h: &'a Matrix, scale: f32, v_sum: f64) -> Self {
        let k = h.rows();
        let (mut a, mut b, mut c) = (vec![0.0_f64; k], vec![0.0_f64; k], vec![0.0_f64; k]);
        for n in 0..h.cols() {
            let before = h.column(n.saturating_sub(1));
            for (i, (&now, &before)) in h.column(n).iter().zip(before).enumerate() {
                let (now, before) = (f64::from(now * scale), f64::from(before * scale));
                a[i] += now;
                b[i] += now * now;
                c[i] += (now - before) * (now - before);
            }
        }
        let unit = v_sum / k.max(1) as f64;
        let (continuity, sparsity) = (weights.continuity * unit, weights.sparsity * unit);
        let mut cost = 0.0;
        let terms = (0..k)
            .map(|i| {
                if b[i] > 0.0 {
                    cost += continuity * (c[i] / b[i]).ln_1p();
                    cost += sparsity * (a[i] / b[i].sqrt()).ln();
                    Terms {
                        sum: sparsity / a[i],
                        logarithm: (2.0 * continuity + sparsity) / b[i],
                        steps: continuity / (b[i] + c[i]),
                    }
                } else {
                    Terms {
                        sum: 0.0,
                        logarithm: 0.0,
                        steps: 0.0,
                    }
                }
            })
            .collect();
        Self {
            cost,
            terms,
            old: h,
            scale,
        }
    }

    /// The new activations of a frame, scaled: those in `h` are the present ones, `factors` what the
    /// divergence alone would multiply them by.
    pub fn update(&self, frame: usize, h: &mut [f32], factors: &[f32]) {
        let beside = [frame.checked_sub(1), Some(frame + 1)].map(|n| {
            n.filter(|&n| n < self.old.cols())
                .map(|n| self.old.column(n))
        });
        for (k, ((h, &factor), terms)) in h.iter_mut().zip(factors).zip(&self.terms).enumerate() {
            let now = f64::from(*h);
            let (mut square, mut linear) = (terms.steps, 1.0 + terms.sum);
            for other in beside.iter().flatten() {
                let other = f64::from(other[k] * self.scale);
                square += 2.0 * terms.steps;
                linear -= 2.0 * terms.steps * (now + other);
            }
            let constant = now * f64::from(factor) + terms.logarithm * now * now;
            *h = root(square, linear, constant) as f32;
        }
    }
}

/// The positive root of `2·square·x² + linear·x = constant`; 0 for a constant of 0.
fn root(square: f64, linear: f64, constant: f64) -> f64 {
    if constant <= 0.0 {
        return 0.0;
    }
    let discriminant = (linear * linear + 8.0 * square * constant).sqrt();
    if linear > 0.0 {
        2.0 * constant / (linear + discriminant)
    } else {
        (discriminant - linear) / (4.0 * square)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_solves_its_equation() {
        for (square, linear, constant) in [(0.0, 2.0, 3.0), (1.0, -5.0, 2.0), (1e-12, 1.0, 4.0)] {
            let x = root(square, linear, constant);
            let left = 2.0 * square * x * x + linear * x;
            assert!(x > 0.0 && (left - constant).abs() < 1e-9 * (1.0 + linear.abs() * x));
        }
        assert_eq!(root(1.0, -1.0, 0.0), 0.0);
    }
}
