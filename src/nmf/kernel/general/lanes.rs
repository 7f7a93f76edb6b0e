//! Logarithm, exponential and the terms of a divergence, on vectors of 32 bit floats.

use pulp::Simd;

use crate::nmf::kernel::elementary::{EXP, LN_Q, ONE, ROUND, SQRT_HALF};

/// 2²³ as bits and as a number: a small integer put into its mantissa becomes a float by one
/// subtraction.
const MAGIC: u32 = 0x4b00_0000;
const MAGIC_VALUE: f32 = 8_388_608.0;
/// ln 2 in two parts, of which the first has few digits: its products are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Where the exponential is cut off.
const RANGE: f32 = 87.0;
/// Below this (eˣ − 1)/x is taken from its series, whose rest is below 2·10⁻⁸.
const SMALL_EXPONENT: f32 = 0.5;
const PHI: [f32; 8] = [
    1.0 / 40320.0,
    1.0 / 5040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
];
/// Quotients as near as this to 1 take the series of the divergence around 1.
const SMALL_STEP: f32 = 0.15;
const STEP_TERMS: usize = 9;
/// Quotients count up to this.
const MOST_QUOTIENT: f32 = 1e30;

/// The natural logarithm of normal numbers above 0, good to 10⁻⁷ absolutely or relatively,
/// whichever is more; a large finite number for 0.
#[inline(always)]
pub(super) fn ln<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let bits = simd.add_u32s(
        simd.transmute_u32s_f32s(x),
        simd.splat_u32s(ONE - SQRT_HALF),
    );
    let exponent = simd.transmute_f32s_u32s(simd.or_u32s(
        simd.wrapping_dyn_shr_u32s(bits, simd.splat_u32s(23)),
        simd.splat_u32s(MAGIC),
    ));
    let exponent = simd.sub_f32s(exponent, simd.splat_f32s(MAGIC_VALUE + 127.0));
    let mantissa = simd.transmute_f32s_u32s(simd.add_u32s(
        simd.and_u32s(bits, simd.splat_u32s(0x007f_ffff)),
        simd.splat_u32s(SQRT_HALF),
    ));
    let f = simd.sub_f32s(mantissa, simd.splat_f32s(1.0));
    let q = polynomial(simd, &LN_Q, f);
    let low = simd.mul_f32s(exponent, simd.splat_f32s(LN_2_LOW));
    let rest = simd.mul_add_e_f32s(f, q, low);
    simd.mul_add_e_f32s(exponent, simd.splat_f32s(LN_2_HIGH), rest)
}

/// eˣ, good to 3·10⁻⁷ relatively; |x| counts up to 87.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let x = simd.min_f32s(x, simd.splat_f32s(RANGE));
    let x = simd.max_f32s(x, simd.splat_f32s(-RANGE));
    let round = simd.splat_f32s(ROUND);
    let log2e = simd.splat_f32s(std::f32::consts::LOG2_E);
    let rounded = simd.mul_add_e_f32s(x, log2e, round);
    let n = simd.sub_f32s(rounded, round);
    let r = simd.mul_add_e_f32s(n, simd.splat_f32s(-LN_2_HIGH), x);
    let r = simd.mul_add_e_f32s(n, simd.splat_f32s(-LN_2_LOW), r);
    let sum = polynomial(simd, &EXP, r);
    let shifted =
        simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(rounded), simd.splat_u32s(23));
    let power = simd.transmute_f32s_u32s(simd.add_u32s(shifted, simd.splat_u32s(ONE)));
    simd.mul_f32s(sum, power)
}

/// (eˣ − 1)/x, which is 1 at 0; |x| counts up to 87.
#[inline(always)]
fn phi<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    let series = polynomial(simd, &PHI, x);
    let small = simd.less_than_f32s(simd.abs_f32s(x), simd.splat_f32s(SMALL_EXPONENT));
    let away = simd.select_f32s(small, one, x);
    let direct = simd.div_f32s(simd.sub_f32s(exp(simd, x), one), away);
    simd.select_f32s(small, series, direct)
}

#[inline(always)]
fn polynomial<S: Simd>(simd: S, coefficients: &[f32], x: S::f32s) -> S::f32s {
    let mut sum = simd.splat_f32s(coefficients[0]);
    for c in &coefficients[1..] {
        sum = simd.mul_add_e_f32s(sum, x, simd.splat_f32s(*c));
    }
    sum
}

/// d(v|y) / yᵝ as a function of v/y, for one β from 0 to 2.
///
/// With `t = v/y − 1` and `L = ln(v/y)` it is, without a division by β or by β − 1,
///
/// ```text
/// (t − L φ(βL)) / (1 − β)    for β below ½        φ(x) = (eˣ − 1) / x
/// ((1 + t) L φ((β − 1)L) − t) / β    from there on
/// ```
///
/// and near `t = 0`, where these are differences of like numbers, the series
/// `t²/2 (1 + (β − 2) t/3 (1 + (β − 3) t/4 (…)))`. Good to 10⁻⁵ relatively.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    beta: f32,
    /// Coefficients of t² and up, highest first.
    series: [f32; STEP_TERMS],
}

impl Terms {
    pub fn new(beta: f64) -> Self {
        let mut series = [0.0; STEP_TERMS];
        let mut coefficient = 0.5;
        for (place, c) in series.iter_mut().rev().enumerate() {
            *c = coefficient as f32;
            let power = place as f64 + 2.0;
            coefficient *= (beta - power) / (power + 1.0);
        }
        Self {
            beta: beta as f32,
            series,
        }
    }

    /// For values `v` of 0 or more and the inverse of models above 0.
    #[inline(always)]
    pub fn of<S: Simd>(&self, simd: S, v: S::f32s, y: S::f32s, inverse: S::f32s) -> S::f32s {
        let quotient = simd.min_f32s(simd.mul_f32s(v, inverse), simd.splat_f32s(MOST_QUOTIENT));
        let t = simd.mul_f32s(simd.sub_f32s(v, y), inverse);
        let t = simd.min_f32s(t, simd.splat_f32s(MOST_QUOTIENT));
        let log = ln(simd, quotient);
        let far = if self.beta == 0.0 {
            simd.sub_f32s(t, log)
        } else if self.beta == 1.0 {
            simd.sub_f32s(simd.mul_f32s(quotient, log), t)
        } else if self.beta < 0.5 {
            let phi = phi(simd, simd.mul_f32s(simd.splat_f32s(self.beta), log));
            let whole = simd.sub_f32s(t, simd.mul_f32s(log, phi));
            simd.mul_f32s(whole, simd.splat_f32s(1.0 / (1.0 - self.beta)))
        } else {
            let phi = phi(simd, simd.mul_f32s(simd.splat_f32s(self.beta - 1.0), log));
            let whole = simd.sub_f32s(simd.mul_f32s(simd.mul_f32s(quotient, log), phi), t);
            simd.mul_f32s(whole, simd.splat_f32s(1.0 / self.beta))
        };
        let near = simd.mul_f32s(simd.mul_f32s(t, t), polynomial(simd, &self.series, t));
        let small = simd.less_than_f32s(simd.abs_f32s(t), simd.splat_f32s(SMALL_STEP));
        simd.select_f32s(small, near, far)
    }
}

#[cfg(test)]
mod tests {
    use pulp::WithSimd;

    use super::*;
    use crate::nmf::kernel::vectors::Vectors;

    /// What is asked of each value of a list.
    #[derive(Clone, Copy)]
    enum Asked {
        Ln,
        Exp,
        /// d(v|1), or with a scale `y`, d(v·y|y)/yᵝ.
        Term(f64, f32),
    }

    struct Values<'a>(Asked, &'a [f32]);

    impl WithSimd for Values<'_> {
        type Output = Vec<f32>;

        fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
            let one = |x: &f32| {
                let x = simd.splat_f32s(*x);
                let value = match self.0 {
                    Asked::Ln => ln(simd, x),
                    Asked::Exp => exp(simd, x),
                    Asked::Term(beta, y) => {
                        let y = simd.splat_f32s(y);
                        let inverse = simd.div_f32s(simd.splat_f32s(1.0), y);
                        Terms::new(beta).of(simd, simd.mul_f32s(x, y), y, inverse)
                    }
                };
                simd.reduce_max_f32s(value)
            };
            self.1.iter().map(one).collect()
        }
    }

    /// The largest of `error(argument, result, exact)` for all vectors of this processor.
    fn worst(
        asked: Asked,
        arguments: &[f32],
        exact: impl Fn(f64) -> f64,
        error: impl Fn(f64, f64) -> f64,
    ) -> f64 {
        let mut worst = 0.0_f64;
        for vectors in Vectors::available() {
            for (x, found) in arguments.iter().zip(vectors.run(Values(asked, arguments))) {
                worst = worst.max(error(f64::from(found), exact(f64::from(*x))));
            }
        }
        worst
    }

    fn relative(found: f64, exact: f64) -> f64 {
        (found / exact - 1.0).abs()
    }

    #[test]
    fn logarithm_and_exponential_are_good_to_the_last_digits() {
        let exponents: Vec<f32> = (-8_600..8_600).map(|i| i as f32 * 0.01).collect();
        let numbers: Vec<f32> = exponents.iter().map(|x| x.exp()).collect();
        assert!(worst(Asked::Exp, &exponents, f64::exp, relative) < 3e-7);
        let error = |found: f64, exact: f64| (found - exact).abs() / exact.abs().max(1.0);
        assert!(worst(Asked::Ln, &numbers, f64::ln, error) < 1e-7);
    }

    #[test]
    fn terms_are_those_of_the_divergence_near_and_far() {
        let near = (-400..400).map(|i| 1.0 + i as f32 * 5e-4 + 1e-5);
        let far = (-300..300).map(|i| (i as f32 * 0.1).exp());
        let quotients: Vec<f32> = near.chain(far).collect();
        for beta in [
            0.0, 1e-5, 0.01, 0.3, 0.49, 0.5, 0.7, 0.999, 1.0, 1.0001, 1.5, 1.99,
        ] {
            // In 64 bit, with the series where the difference has no digits left.
            let exact = |q: f64| {
                let (t, mut term, mut sum) = (q - 1.0, 0.5 * (q - 1.0).powi(2), 0.0);
                if t.abs() < 0.1 {
                    for power in 2..40 {
                        sum += term;
                        term *= t * (beta - f64::from(power)) / (f64::from(power) + 1.0);
                    }
                    return sum;
                }
                let log = q.ln();
                if beta < 0.5 {
                    let power = if beta == 0.0 {
                        log
                    } else {
                        (beta * log).exp_m1() / beta
                    };
                    (t - power) / (1.0 - beta)
                } else {
                    let b = beta - 1.0;
                    let power = if b == 0.0 {
                        log
                    } else {
                        (b * log).exp_m1() / b
                    };
                    (q * power - t) / beta
                }
            };
            // Powers of 2, so that the quotients are those that are asked for.
            for y in [1.0, 4.0, 2f32.powi(-28)] {
                let found = worst(Asked::Term(beta, y), &quotients, exact, relative);
                assert!(found < 1e-5, "β {beta}, y {y}: {found:e}");
            }
        }
    }
}
