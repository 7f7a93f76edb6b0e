//! Logarithm and exponential in 64 bit, for loops that the compiler turns into vectors: small
//! divergences are differences of large terms.

/// √½ as bits.
const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
/// 1 as bits.
const ONE: u64 = 0x3ff0_0000_0000_0000;
/// The bits of the mantissa.
const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
/// 2⁵² as bits and as a number: a small integer in its mantissa becomes a float by a subtraction.
const MAGIC: u64 = 0x4330_0000_0000_0000;
const MAGIC_VALUE: f64 = 4_503_599_627_370_496.0;
/// 1.5·2⁵²: a number that is added to it is rounded to an integer in the low bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// Where the exponential is cut off: beyond, it is 0 or no number.
const RANGE: f64 = 700.0;
/// ln 2 in two parts, of which the first has few digits: its products are exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Terms of atanh: the rest of the series is below 10⁻¹⁶ where it is used.
const ATANH_TERMS: usize = 10;
/// Terms of the exponential, likewise.
const EXP_TERMS: usize = 13;

/// The natural logarithm of a normal number above 0, good to about 10⁻¹⁵.
#[inline(always)]
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits().wrapping_add(ONE - SQRT_HALF);
    let exponent = f64::from_bits((bits >> 52) | MAGIC) - (MAGIC_VALUE + 1023.0);
    let f = f64::from_bits((bits & MANTISSA) + SQRT_HALF) - 1.0;
    let s = f / (2.0 + f);
    let square = s * s;
    let mut sum = 0.0;
    for i in (0..ATANH_TERMS).rev() {
        sum = sum * square + 1.0 / (2 * i + 1) as f64;
    }
    exponent * std::f64::consts::LN_2 + 2.0 * s * sum
}

/// eˣ, good to about 10⁻¹⁵; |x| counts up to 700.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let x = x.clamp(-RANGE, RANGE);
    let rounded = x * std::f64::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let mut sum = 1.0;
    for i in (1..=EXP_TERMS).rev() {
        sum = sum * r * (1.0 / i as f64) + 1.0;
    }
    sum * f64::from_bits((rounded.to_bits() << 52).wrapping_add(ONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_good_to_the_last_digits() {
        for i in -60_000..60_000 {
            let x = f64::from(i) * 0.01;
            assert!((exp(x) / x.exp() - 1.0).abs() < 4e-15, "exp {x}");
            let y = x.exp();
            assert!((ln(y) - x).abs() < 2e-15 * (1.0 + x.abs()), "ln of e^{x}");
        }
        assert_eq!((ln(1.0), exp(0.0)), (0.0, 1.0));
    }
}
