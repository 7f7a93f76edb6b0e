//! Logarithm, exponential and power for loops that the compiler turns into vectors: no branches,
//! no calls, and the same bits for any vector length.

/// √½ as bits: mantissas are taken from [√½, √2), where the polynomial is best.
pub(super) const SQRT_HALF: u32 = 0x3f35_04f3;
/// 1 as bits.
pub(super) const ONE: u32 = 0x3f80_0000;
/// 1.5·2²³: a number of small magnitude that is added to it is rounded to an integer, which stands
/// in the low bits of the sum.
pub(super) const ROUND: f32 = 12_582_912.0;

/// q of ln(1 + f) ≈ f · q(f) on [√½ − 1, √2 − 1], highest power first: the minimax polynomial of
/// degree 7 for the absolute error of the logarithm, which is below 6·10⁻⁸.
pub(super) const LN_Q: [f32; 8] = [
    -0.101_022_38,
    0.164_199_9,
    -0.173_334_66,
    0.198_730_47,
    -0.249_593_44,
    0.333_361_83,
    -0.500_006_7,
    0.999_999_8,
];

/// The Taylor series of eˣ up to the sixth power, highest first; |x| stays below ½ ln 2, where the
/// rest is below 2·10⁻⁷.
pub(super) const EXP: [f32; 7] = [
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// Factors are raised to more than the first power within these bounds only: an over-relaxed step
/// of more would be no approximation of anything.
const POWER_RANGE: (f32, f32) = (1.0 / 256.0, 256.0);

/// The natural logarithm of a normal number above 0.
#[inline(always)]
pub(in crate::nmf) fn ln(x: f32) -> f32 {
    let bits = x.to_bits().wrapping_add(ONE - SQRT_HALF);
    let exponent = (bits >> 23) as i32 - 127;
    let f = f32::from_bits((bits & 0x007f_ffff) + SQRT_HALF) - 1.0;
    let mut q = LN_Q[0];
    for c in &LN_Q[1..] {
        q = q * f + c;
    }
    exponent as f32 * std::f32::consts::LN_2 + f * q
}

/// eˣ for |x| up to 87.
#[inline(always)]
pub(in crate::nmf) fn exp(x: f32) -> f32 {
    // ln 2 in two parts, of which the first has few digits: its products are exact.
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * HIGH - n * LOW;
    let mut sum = EXP[0];
    for c in &EXP[1..] {
        sum = sum * r + c;
    }
    let power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(ONE));
    sum * power
}

/// xᵉ for x of 0 or more and an exponent from 1 to 2; how far x is from 1 beyond a factor of 256
/// counts to the first power only.
#[inline(always)]
pub(in crate::nmf) fn power(x: f32, exponent: f32) -> f32 {
    let bounded = x.clamp(POWER_RANGE.0, POWER_RANGE.1);
    x * exp((exponent - 1.0) * ln(bounded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_exponential_are_good_to_the_last_digits() {
        for i in -8_000..8_000 {
            let x = i as f32 * 0.01;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 1e-6, "exp {x}");
            let back = f64::from(exact as f32).ln();
            let error = (f64::from(ln(exact as f32)) - back).abs();
            assert!(error < 1e-6 * (1.0 + back.abs()), "ln of e^{x}: {error:e}");
        }
    }

    #[test]
    fn a_power_is_bounded_where_the_factor_is_absurd() {
        assert_eq!(power(0.0, 1.8), 0.0);
        assert_eq!(power(1.0, 1.8), 1.0);
        assert!((power(3.0, 1.8) - 3f32.powf(1.8)).abs() < 1e-5);
        assert!((power(1e20, 2.0) / 2.56e22 - 1.0).abs() < 1e-5);
    }
}
