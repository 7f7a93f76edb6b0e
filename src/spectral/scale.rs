//! A power of two that brings a signal near 1.

/// A power of two by which a signal is multiplied before it is transformed.
///
/// Signals of 1e-38 or 1e20 would leave the range in which `f32` products keep their precision
/// and their speed. A power of two changes no digit, so it can be undone without a trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale(f32);

/// The exponents for which the factor and its inverse are both normal numbers.
const MAX_EXPONENT: i32 = 126;

impl Scale {
    /// No change.
    pub const ONE: Self = Self(1.0);

    /// The scale that brings the largest magnitude of `channels` into `[0.5, 1)`; silence and
    /// values that are not finite count for nothing.
    #[must_use]
    pub fn of(channels: &[impl AsRef<[f32]>]) -> Self {
        let peak = channels
            .iter()
            .map(|channel| peak(channel.as_ref()))
            .fold(0.0, f32::max);
        if peak == 0.0 {
            return Self::ONE;
        }
        // As f64, since a denormal f32 has no exponent to read.
        let exponent = f64::from(peak).log2().floor() as i32 + 1;
        let exponent = (-exponent).clamp(-MAX_EXPONENT, MAX_EXPONENT);
        Self(2f64.powi(exponent) as f32)
    }

    /// The factor, a power of two.
    #[must_use]
    pub fn factor(self) -> f32 {
        self.0
    }

    /// The factor that undoes it, a power of two.
    #[must_use]
    pub fn inverse(self) -> f32 {
        1.0 / self.0
    }
}

/// The largest finite magnitude, by lanes that the compiler makes vectors of.
fn peak(samples: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (chunks, rest) = samples.as_chunks::<LANES>();
    let louder = |peak: f32, x: f32| {
        let size = x.abs();
        if size > peak && size < f32::INFINITY {
            size
        } else {
            peak
        }
    };
    let mut peaks = [0.0; LANES];
    for chunk in chunks {
        for (peak, &x) in peaks.iter_mut().zip(chunk) {
            *peak = louder(*peak, x);
        }
    }
    peaks
        .iter()
        .chain(rest)
        .fold(0.0, |peak, &x| louder(peak, x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_peak_is_brought_near_one_and_back_without_a_trace() {
        for peak in [1e-38_f32, 3e-20, 0.499, 0.5, 0.999, 1.0, 1.5, 1e20, 1e37] {
            let scale = Scale::of(&[vec![0.0, -peak, peak / 3.0]]);
            let scaled = peak * scale.factor();
            assert!((0.5..1.0).contains(&scaled), "{peak:e} became {scaled}");
            assert_eq!(scaled * scale.inverse(), peak);
        }
        assert_eq!(Scale::of(&[vec![0.0; 3]]), Scale::ONE);
        assert_eq!(Scale::of(&[vec![f32::NAN, f32::INFINITY, 0.7]]), Scale::ONE);
    }

    #[test]
    fn the_smallest_and_largest_floats_stay_finite() {
        for peak in [f32::from_bits(1), f32::MIN_POSITIVE, f32::MAX] {
            let scale = Scale::of(&[[peak]]);
            assert!(scale.factor().is_normal() && scale.inverse().is_normal());
            assert!((peak * scale.factor()).is_normal());
        }
    }
}
