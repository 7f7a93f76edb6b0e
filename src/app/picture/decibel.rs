//! Levels in decibels, one byte each.

/// The lowest level a byte can hold, in dB; code 0 is this or less.
const LOWEST: f64 = -120.0;
/// What one step of the code is worth, in dB.
const STEP: f64 = 0.5;
/// Bits of the mantissa that the table looks at: an error below 0.04 dB.
const MANTISSA: u32 = 8;

/// The level of a code, in dB.
pub(super) fn decibels(code: u8) -> f64 {
    LOWEST + STEP * f64::from(code)
}

/// The code nearest to a level in dB.
pub(super) fn code(db: f64) -> u8 {
    ((db - LOWEST) / STEP).round() as u8
}

/// Turns magnitudes into codes by a table, since a logarithm for each bin of an hour takes seconds.
pub(super) struct Coder(Box<[u8]>);

impl Coder {
    /// A coder that takes `unit` for 0 dB.
    pub fn new(unit: f32) -> Self {
        let codes = 1usize << (8 + MANTISSA);
        let level = |index: usize| {
            // The middle of the magnitudes that share this index.
            let bits = ((index as u32) << (23 - MANTISSA)) | (1 << (22 - MANTISSA));
            let magnitude = f64::from(f32::from_bits(bits)) / f64::from(unit);
            code(20.0 * magnitude.log10())
        };
        Self((0..codes).map(level).collect())
    }

    /// The code of a magnitude, which is 0 or more.
    #[inline]
    pub fn code(&self, magnitude: f32) -> u8 {
        let index = (magnitude.to_bits() >> (23 - MANTISSA)) as usize;
        self.0.get(index).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_within_a_step_of_the_level_and_never_fall() {
        let coder = Coder::new(512.0);
        let mut last = 0;
        for tenth in -1190..70 {
            let db = f64::from(tenth) / 10.0;
            let code = coder.code((512.0 * 10f64.powf(db / 20.0)) as f32);
            assert!((decibels(code) - db).abs() < 0.3, "{db} dB became {code}");
            assert!(code >= last);
            last = code;
        }
    }

    #[test]
    fn what_is_too_quiet_or_too_loud_gets_the_end_of_the_scale() {
        let coder = Coder::new(1.0);
        for silent in [0.0, 1e-7, f32::from_bits(1)] {
            assert_eq!(coder.code(silent), 0);
        }
        assert_eq!(coder.code(1e9), 255);
        assert_eq!(coder.code(-1.0), 0);
    }
}
