//! The logarithm of the divergence, summed lane by lane.

use std::f64::consts::LN_2;

use pulp::Simd;

use super::elementary::LN_Q as Q;

/// √½ as bits: mantissas are taken from [√½, √2), where the polynomial is best.
const SQRT_HALF: u32 = 0x3f35_04f3;
/// 1 as bits.
const ONE: u32 = 0x3f80_0000;
/// 2²³ as bits and as a number: a small integer put into its mantissa becomes a float by one
/// subtraction.
const MAGIC: u32 = 0x4b00_0000;
const MAGIC_VALUE: f32 = 8_388_608.0;

/// Lane-wise sums that make up Σ V ln(V/WH) + WH.
#[derive(Clone, Copy)]
pub(super) struct LogSums<S: Simd> {
    /// Of `WH`.
    model: S::f32s,
    /// Of `V · e`, where `V/WH` = 2ᵉ · m.
    exponent: S::f32s,
    /// Of `V · ln m`.
    mantissa: S::f32s,
}

impl<S: Simd> LogSums<S> {
    /// Nothing summed yet.
    #[inline(always)]
    pub(super) fn zero(simd: S) -> Self {
        let zero = simd.splat_f32s(0.0);
        Self {
            model: zero,
            exponent: zero,
            mantissa: zero,
        }
    }

    /// Adds one vector of `V`, its model `WH` and their quotient.
    ///
    /// A quotient of 0 counts as a large finite logarithm; `V` is 0 there, so it adds nothing.
    #[inline(always)]
    pub(super) fn add(&mut self, simd: S, v: S::f32s, model: S::f32s, ratio: S::f32s) {
        self.model = simd.add_f32s(self.model, model);
        let bits = simd.add_u32s(
            simd.transmute_u32s_f32s(ratio),
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
        let mut q = simd.splat_f32s(Q[0]);
        for c in &Q[1..] {
            q = simd.mul_add_e_f32s(q, f, simd.splat_f32s(*c));
        }
        self.exponent = simd.mul_add_e_f32s(v, exponent, self.exponent);
        self.mantissa = simd.mul_add_e_f32s(simd.mul_f32s(v, f), q, self.mantissa);
    }

    /// Σ V ln(V/WH) + WH over all that was added.
    #[inline(always)]
    pub(super) fn total(&self, simd: S) -> f64 {
        f64::from(simd.reduce_sum_f32s(self.exponent)) * LN_2
            + f64::from(simd.reduce_sum_f32s(self.mantissa))
            + f64::from(simd.reduce_sum_f32s(self.model))
    }
}
