//! Rounds stems to integer codes that add up to the recording's own codes exactly.

use pulp::Arch;

use crate::audio::StemFormat;

/// Samples that are rounded at once: small enough for the errors of all stems to stay in the
/// first-level cache.
const CHUNK: usize = 128;

/// Rounds the samples of several stems to integers whose sum, sample by sample, is the integer
/// of the recording.
///
/// Each stem is rounded to the nearest code, then what is missing to the recording's code goes
/// one by one to the stems with the largest rounding error in that direction (the largest
/// remainder method of apportionment); equal errors are served in the order of the stems. So a
/// stem is at most one code off, and mixing the stems gives the recording bit for bit.
///
/// Where the recording or a stem leaves the range of the codes, all stems are turned down by as
/// much as the recording is clipped, then stems that are still out of range are clipped, and the
/// others take what those lost, in proportion to the room that they have.
#[derive(Clone, Debug)]
pub struct Quantizer {
    full: f32,
    errors: Vec<f32>,
    arch: Arch,
}

impl Quantizer {
    /// A quantizer to codes from `-2^(bits-1)` to `2^(bits-1) - 1`.
    #[must_use]
    pub fn new(bits: u32) -> Self {
        Self {
            full: (1_u32 << (bits.clamp(2, 24) - 1)) as f32,
            errors: Vec::new(),
            arch: Arch::new(),
        }
    }

    /// The quantizer of a stem format, `None` for floats.
    #[must_use]
    pub fn for_format(format: StemFormat) -> Option<Self> {
        match format {
            StemFormat::I16 => Some(Self::new(16)),
            StemFormat::I24 => Some(Self::new(24)),
            StemFormat::F32 => None,
        }
    }

    /// The code of a sample (full scale ±1): the nearest, the even one of two equally near, and
    /// clipped to the range.
    #[must_use]
    pub fn code(&self, sample: f32) -> i32 {
        code(sample, self.full)
    }

    /// Rounds stems: `stems` and `codes` hold one stem after the other, each as long as
    /// `recording`. With no stem there is nothing to do.
    ///
    /// # Panics
    /// When `stems` and `codes` are not whole stems of that length.
    pub fn quantize(&mut self, recording: &[f32], stems: &[f32], codes: &mut [i32]) {
        let frames = recording.len();
        if frames == 0 || stems.is_empty() {
            return;
        }
        assert_eq!(
            stems.len(),
            codes.len(),
            "there must be a code for each sample"
        );
        assert!(
            stems.len().is_multiple_of(frames),
            "stems must be as long as the recording"
        );
        let count = stems.len() / frames;
        self.errors.resize(count * CHUNK, 0.0);
        let (full, arch) = (self.full, self.arch);
        // More stems than this could overflow the sum of their codes.
        let countable = count <= (i32::MAX / (2 * full as i32)) as usize;
        for from in (0..frames).step_by(CHUNK) {
            let len = CHUNK.min(frames - from);
            let recording = &recording[from..from + len];
            let mut missing = [0_i32; CHUNK];
            let mut clips = [false; CHUNK];
            arch.dispatch(|| {
                for ((missing, clips), &x) in missing.iter_mut().zip(&mut clips).zip(recording) {
                    *missing = code(x, full);
                    *clips = !countable || !(-full..=full - 1.0).contains(&(x * full));
                }
                for stem in 0..count {
                    let at = stem * frames + from;
                    round(
                        full,
                        &stems[at..at + len],
                        &mut codes[at..at + len],
                        &mut self.errors[stem * CHUNK..stem * CHUNK + len],
                        &mut missing,
                        &mut clips,
                    );
                }
            });
            for (t, &x) in recording.iter().enumerate() {
                let errors = self.errors.get_mut(t..).unwrap_or_default();
                let codes = codes.get_mut(from + t..).unwrap_or_default();
                if clips[t] || !settle(missing[t], errors, codes, frames, full) {
                    let stems = stems[from + t..].iter().step_by(frames).copied();
                    let codes = codes.iter_mut().step_by(frames);
                    for (code, exact) in codes.zip(fit(x, stems.collect(), full)) {
                        *code = exact;
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn code(sample: f32, full: f32) -> i32 {
    (sample * full).round_ties_even().clamp(-full, full - 1.0) as i32
}

/// Rounds a stretch of one stem to the nearest codes, notes the errors, takes the codes off what
/// is missing, and notes where a code is out of range.
#[inline(always)]
fn round(
    full: f32,
    stem: &[f32],
    codes: &mut [i32],
    errors: &mut [f32],
    missing: &mut [i32; CHUNK],
    clips: &mut [bool; CHUNK],
) {
    for ((((&y, code), error), missing), clips) in
        stem.iter().zip(codes).zip(errors).zip(missing).zip(clips)
    {
        let exact = y * full;
        let nearest = exact.round_ties_even();
        let bounded = nearest.clamp(-full, full - 1.0);
        *code = bounded as i32;
        *error = exact - nearest;
        *missing = missing.wrapping_sub(bounded as i32);
        *clips |= bounded != nearest;
    }
}

/// Gives what is missing to the stems with the largest errors; `errors` and `codes` begin at the
/// sample and hold that of the next stem `CHUNK` and `frames` further on. Returns false when a
/// code would leave the range or more is missing than rounding can explain.
fn settle(missing: i32, errors: &mut [f32], codes: &mut [i32], frames: usize, full: f32) -> bool {
    let stems = errors.len().div_ceil(CHUNK);
    if missing.unsigned_abs() as usize > stems {
        return false;
    }
    let step = missing.signum();
    let direction = step as f32;
    for _ in 0..missing.unsigned_abs() {
        let mut largest = f32::NEG_INFINITY;
        let mut at = 0;
        for (stem, &error) in errors.iter().step_by(CHUNK).enumerate() {
            if error * direction > largest {
                largest = error * direction;
                at = stem;
            }
        }
        let new = codes[at * frames] + step;
        if !(-full..full).contains(&(new as f32)) {
            return false;
        }
        codes[at * frames] = new;
        errors[at * CHUNK] -= direction;
    }
    true
}

/// The codes of one sample of all stems when something leaves the range.
fn fit(recording: f32, stems: Vec<f32>, full: f32) -> Vec<i32> {
    let (low, high) = (-f64::from(full), f64::from(full) - 1.0);
    let target = code(recording, full);
    let exact = f64::from(recording) * f64::from(full);
    let turned_down = if (low..=high).contains(&exact) {
        1.0
    } else {
        f64::from(target) / exact
    };
    let mut values: Vec<f64> = stems
        .into_iter()
        .map(|y| (f64::from(y) * f64::from(full) * turned_down).clamp(low, high))
        .collect();
    let missing = f64::from(target) - values.iter().sum::<f64>();
    let limit = if missing > 0.0 { high } else { low };
    let room: f64 = values.iter().map(|value| limit - value).sum();
    if room != 0.0 {
        let part = (missing / room).clamp(0.0, 1.0);
        for value in &mut values {
            *value += (limit - *value) * part;
        }
    }
    let mut codes: Vec<i32> = values.iter().map(|value| value.floor() as i32).collect();
    let mut missing = i64::from(target) - codes.iter().map(|&code| i64::from(code)).sum::<i64>();
    while missing != 0 {
        let step = missing.signum() as i32;
        let wanted = |stem: usize| (values[stem] - f64::from(codes[stem])) * f64::from(step);
        let next = (0..codes.len())
            .filter(|&stem| (low..=high).contains(&f64::from(codes[stem] + step)))
            // The first of several that want it equally.
            .rev()
            .max_by(|&a, &b| wanted(a).total_cmp(&wanted(b)));
        let Some(next) = next else {
            break;
        };
        codes[next] += step;
        missing -= i64::from(step);
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantize(bits: u32, recording: f32, stems: &[f32]) -> Vec<i32> {
        let mut codes = vec![0; stems.len()];
        Quantizer::new(bits).quantize(&[recording], stems, &mut codes);
        codes
    }

    #[test]
    fn remainders_go_to_the_largest_fractions_and_ties_to_the_first() {
        let unit = 1.0 / 32768.0;
        let codes = |recording: f32, stems: &[f32]| {
            let stems: Vec<f32> = stems.iter().map(|y| y * unit).collect();
            quantize(16, recording * unit, &stems)
        };
        assert_eq!(codes(0.0, &[0.3, -0.3]), [0, 0]);
        assert_eq!(codes(0.0, &[0.25, 0.25, -0.5]), [0, 0, 0]);
        assert_eq!(codes(2.0, &[0.5, 0.5, 1.0]), [1, 0, 1]);
        assert_eq!(codes(10.0, &[3.25, 3.5, 3.25]), [3, 4, 3]);
        assert_eq!(codes(10.0, &[3.25, 3.25, 3.25]), [4, 3, 3]);
        assert_eq!(codes(-10.0, &[-3.25, -3.25, -3.25]), [-4, -3, -3]);
        assert_eq!(codes(0.0, &[100.25, -100.25]), [100, -100]);
    }

    #[test]
    fn silence_stays_silent() {
        assert_eq!(quantize(16, 0.0, &[0.0, 1e-9, -1e-9]), [0, 0, 0]);
        assert_eq!(quantize(24, 0.0, &[0.0; 5]), [0; 5]);
    }

    #[test]
    fn stems_beyond_full_scale_are_clipped_and_the_others_make_up_for_it() {
        let codes = quantize(16, 0.9, &[1.2, -0.3]);
        assert_eq!(codes, [32767, 29491 - 32767]);
        let codes = quantize(16, -1.0, &[-1.5, 0.25, 0.25]);
        assert_eq!(codes.iter().sum::<i32>(), -32768);
        assert_eq!(codes[0], -32768);
    }

    #[test]
    fn a_clipped_recording_turns_its_stems_down() {
        let codes = quantize(16, 2.0, &[1.5, 0.5]);
        assert_eq!(codes.iter().sum::<i32>(), 32767);
        assert!((codes[0] - 24575).abs() <= 1, "{codes:?}");
    }

    #[test]
    fn absurd_stems_still_add_up() {
        for stems in [
            [1e30_f32, -1e30, 1e-40],
            [f32::MAX, f32::MAX, f32::MIN],
            [-3e9, 7e8, 1e12],
        ] {
            for (recording, sum) in [(0.5, 1 << 22), (-1.0, -(1 << 23)), (1e20, (1 << 23) - 1)] {
                let codes = quantize(24, recording, &stems);
                assert_eq!(codes.iter().sum::<i32>(), sum, "{stems:?} {recording}");
                assert!(
                    codes
                        .iter()
                        .all(|code| (-(1 << 23)..1 << 23).contains(code))
                );
            }
        }
    }
}
