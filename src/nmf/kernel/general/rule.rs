//! The divergences by value: what their updates and their sums are made of.

use pulp::Simd;

use super::lanes::{Terms, exp, ln};
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
/// Vectors whose terms are summed in 32 bit.
const SUMMED: usize = 16;

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

    /// `V · Yᵝ⁻²` in `weighted`, but where that is `V` itself; `models` holds `Y` and gets `Yᵝ⁻¹`
    /// where the rule asks for it. With `measure` the result is Σ d(v|y).
    #[inline(always)]
    pub fn look<S: Simd>(
        self,
        simd: S,
        values: &[S::f32s],
        models: &mut [S::f32s],
        weighted: &mut [S::f32s],
        measure: bool,
    ) -> f64 {
        if measure {
            self.pass::<S, true>(simd, values, models, weighted)
        } else {
            self.pass::<S, false>(simd, values, models, weighted)
        }
    }

    #[inline(always)]
    fn pass<S: Simd, const MEASURE: bool>(
        self,
        simd: S,
        values: &[S::f32s],
        models: &mut [S::f32s],
        weighted: &mut [S::f32s],
    ) -> f64 {
        let (one, most) = (simd.splat_f32s(1.0), simd.splat_f32s(MOST));
        let terms = Terms::new(self.beta());
        match self {
            Self::ItakuraSaito => sum::<S>(
                simd,
                values,
                models,
                weighted,
                #[inline(always)]
                |v, y, p| {
                    let (model, inverse) = (*y, simd.div_f32s(one, *y));
                    *y = inverse;
                    let ratio = simd.mul_f32s(v, inverse);
                    *p = simd.min_f32s(simd.mul_f32s(ratio, inverse), most);
                    if MEASURE {
                        Some(terms.of(simd, v, model, inverse))
                    } else {
                        None
                    }
                },
            ),
            Self::KullbackLeibler => sum::<S>(
                simd,
                values,
                models,
                weighted,
                #[inline(always)]
                |v, y, p| {
                    *p = simd.div_f32s(v, *y);
                    if MEASURE {
                        let term = terms.of(simd, v, *y, simd.div_f32s(one, *y));
                        Some(simd.mul_f32s(term, *y))
                    } else {
                        None
                    }
                },
            ),
            Self::Euclidean if MEASURE => sum::<S>(
                simd,
                values,
                models,
                weighted,
                #[inline(always)]
                |v, y, _| {
                    let miss = simd.sub_f32s(v, *y);
                    Some(simd.mul_f32s(simd.mul_f32s(miss, miss), simd.splat_f32s(0.5)))
                },
            ),
            Self::Euclidean => 0.0,
            Self::Power(beta) => {
                let exponent = simd.splat_f32s((beta - 2.0) as f32);
                sum::<S>(
                    simd,
                    values,
                    models,
                    weighted,
                    #[inline(always)]
                    |v, y, p| {
                        let model = *y;
                        let power = exp(simd, simd.mul_f32s(exponent, ln(simd, model)));
                        *y = simd.mul_f32s(model, power);
                        *p = simd.min_f32s(simd.mul_f32s(v, power), most);
                        if MEASURE {
                            let term = terms.of(simd, v, model, simd.div_f32s(one, model));
                            Some(simd.mul_f32s(simd.mul_f32s(term, model), *y))
                        } else {
                            None
                        }
                    },
                )
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
}

/// Goes through values, models and weighted values, and sums what `term` gives: in 32 bit over a
/// few vectors, and these sums in 64.
#[inline(always)]
fn sum<S: Simd>(
    simd: S,
    values: &[S::f32s],
    models: &mut [S::f32s],
    weighted: &mut [S::f32s],
    mut term: impl FnMut(S::f32s, &mut S::f32s, &mut S::f32s) -> Option<S::f32s>,
) -> f64 {
    let mut total = 0.0;
    let blocks = models.chunks_mut(SUMMED).zip(weighted.chunks_mut(SUMMED));
    for (values, (models, weighted)) in values.chunks(SUMMED).zip(blocks) {
        let mut sum = simd.splat_f32s(0.0);
        let mut some = false;
        for ((v, y), p) in values.iter().zip(models).zip(weighted) {
            if let Some(term) = term(*v, y, p) {
                (sum, some) = (simd.add_f32s(sum, term), true);
            }
        }
        if some {
            total += f64::from(simd.reduce_sum_f32s(sum));
        }
    }
    total
}
