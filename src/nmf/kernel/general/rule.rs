//! The divergences by value: what their updates and their sums are made of.

use super::wide::{exp, ln};
use crate::nmf::Divergence;
use crate::nmf::kernel::elementary;

/// A β as near as this to 0, 1 or 2 is that: the general formula divides by β(β − 1).
const NEAR: f64 = 1e-6;
/// Bounds of a quotient before it is raised to a power.
const QUOTIENTS: (f32, f32) = (1e-30, 1e30);
/// No denominator is taken for smaller.
const LEAST_DENOMINATOR: f32 = 1e-30;
/// Most that a weighted value counts in a sum: only where a model is 0 and `V` is not.
const MOST: f32 = 1e24;
/// Values of one vector of sums in 64 bit.
const LANES: usize = 8;
/// Terms that are made in one go.
const BLOCK: usize = 256;

/// A divergence, as its loops tell them apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rule {
    ItakuraSaito,
    KullbackLeibler,
    Euclidean,
    Power(f64),
}

impl Rule {
    pub fn of(divergence: Divergence) -> Self {
        match divergence.beta() {
            beta if beta.abs() < NEAR => Self::ItakuraSaito,
            beta if (beta - 1.0).abs() < NEAR => Self::KullbackLeibler,
            beta if (beta - 2.0).abs() < NEAR => Self::Euclidean,
            beta => Self::Power(beta),
        }
    }

    pub fn beta(self) -> f64 {
        match self {
            Self::ItakuraSaito => 0.0,
            Self::KullbackLeibler => 1.0,
            Self::Euclidean => 2.0,
            Self::Power(beta) => beta,
        }
    }

    /// γ(β) of the updates.
    pub fn exponent(self) -> f64 {
        let beta = self.beta();
        if beta < 1.0 { 1.0 / (2.0 - beta) } else { 1.0 }
    }

    /// Whether values are compared by their quotient, so that 0 counts without bounds.
    pub fn weighs_quotients(self) -> bool {
        self.beta() < 1.0
    }

    /// Whether the denominators come from `Yᵝ⁻¹`.
    pub fn weighs_models(self) -> bool {
        matches!(self, Self::ItakuraSaito | Self::Power(_))
    }

    /// `V · Yᵝ⁻²` in `weighted`; `models` holds `Y` and gets `Yᵝ⁻¹`.
    #[inline(always)]
    pub fn weigh(self, values: &[f32], models: &mut [f32], weighted: &mut [f32]) {
        let all = values.iter().zip(models).zip(weighted);
        match self {
            Self::ItakuraSaito => {
                for ((v, y), p) in all {
                    let inverse = 1.0 / *y;
                    *y = inverse;
                    *p = (v * inverse * inverse).min(MOST);
                }
            }
            Self::KullbackLeibler => {
                for ((v, y), p) in all {
                    *p = v / *y;
                }
            }
            Self::Euclidean => {
                for ((v, _), p) in all {
                    *p = *v;
                }
            }
            Self::Power(beta) => {
                let exponent = (beta - 2.0) as f32;
                for ((v, y), p) in all {
                    let power = elementary::exp(exponent * elementary::ln(*y));
                    *y *= power;
                    *p = (v * power).min(MOST);
                }
            }
        }
    }

    /// By what an update multiplies a value.
    #[inline(always)]
    pub fn factor(self, numerator: f32, denominator: f32) -> f32 {
        let quotient = numerator / denominator.max(LEAST_DENOMINATOR);
        let factor = match self {
            Self::ItakuraSaito => quotient.sqrt(),
            Self::Power(beta) if beta < 1.0 => {
                let bounded = quotient.clamp(QUOTIENTS.0, QUOTIENTS.1);
                elementary::exp(self.exponent() as f32 * elementary::ln(bounded))
            }
            _ => quotient,
        };
        if factor.is_finite() { factor } else { 1.0 }
    }

    /// Σ d(v|y) over values and their models.
    #[inline(always)]
    pub fn divergence(self, values: &[f32], models: &[f32]) -> f64 {
        match self {
            Self::ItakuraSaito => sum(values, models, |v, y| {
                let quotient = v / y;
                quotient - ln(quotient) - 1.0
            }),
            Self::KullbackLeibler => sum(values, models, |v, y| {
                v * ln((v / y).max(f64::MIN_POSITIVE)) - v + y
            }),
            Self::Euclidean => sum(values, models, |v, y| 0.5 * (v - y) * (v - y)),
            Self::Power(beta) => {
                let scale = 1.0 / (beta * (beta - 1.0));
                sum(values, models, |v, y| {
                    let quotient = v / y;
                    let power = exp(beta * ln(quotient.max(f64::MIN_POSITIVE)));
                    let term = power - 1.0 - beta * (quotient - 1.0);
                    scale * term * exp(beta * ln(y))
                })
            }
        }
    }
}

/// The sum of `term` over pairs. The terms of a block are made before they are summed, lane by
/// lane: both loops become vectors.
#[inline(always)]
fn sum(values: &[f32], models: &[f32], term: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let mut terms = [0.0; BLOCK];
    for (values, models) in values.chunks(BLOCK).zip(models.chunks(BLOCK)) {
        let terms = &mut terms[..values.len()];
        for ((t, &v), &y) in terms.iter_mut().zip(values).zip(models) {
            *t = term(f64::from(v), f64::from(y));
        }
        for terms in terms.chunks(LANES) {
            for (sum, t) in sums.iter_mut().zip(terms) {
                *sum += t;
            }
        }
    }
    sums.iter().sum()
}
