//! Rounds stems to integer codes that add up to the recording's own codes exactly.

use pulp::{Arch, Simd, WithSimd};

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
    chunk: Chunk,
    arch: Arch,
}

impl Quantizer {
    /// A quantizer to codes from `-2^(bits-1)` to `2^(bits-1) - 1`; `bits` from 2 to 24.
    #[must_use]
    pub fn new(bits: u32) -> Self {
        Self {
            full: (1_u32 << (bits.clamp(2, 24) - 1)) as f32,
            chunk: Chunk::default(),
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
        let (full, arch, chunk) = (self.full, self.arch, &mut self.chunk);
        for from in (0..frames).step_by(CHUNK) {
            let span = from..(from + CHUNK).min(frames);
            chunk.load(&recording[span.clone()], stems, frames, from);
            arch.dispatch(Round { chunk, full });
            while chunk.missing.iter().any(|&missing| missing != 0) {
                let most = arch.dispatch(Neediest(chunk));
                chunk.give(&most, full);
            }
            chunk.fit_clipped(full);
            for (stem, codes) in chunk.codes.iter().zip(codes.chunks_exact_mut(frames)) {
                codes[span.clone()].copy_from_slice(&stem[..span.len()]);
            }
        }
    }
}

/// A short stretch of the recording and of all stems. Side by side, since stems that lie a power
/// of two apart in memory would push each other out of the cache.
#[derive(Clone, Debug)]
struct Chunk {
    recording: [f32; CHUNK],
    /// The stems in units of a code.
    exact: Vec<[f32; CHUNK]>,
    codes: Vec<[i32; CHUNK]>,
    /// The code of the recording less those of all stems.
    missing: [i32; CHUNK],
    /// Samples where something is out of range: 1, the others 0.
    clips: [u32; CHUNK],
}

/// [`Chunk::round`] in the widest vectors that the processor has. A type and not a closure, since
/// only what is inlined into the dispatched function is compiled for them.
struct Round<'a> {
    chunk: &'a mut Chunk,
    full: f32,
}

impl WithSimd for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.chunk.round(self.full);
    }
}

/// [`Chunk::neediest`] in the widest vectors that the processor has.
struct Neediest<'a>(&'a Chunk);

impl WithSimd for Neediest<'_> {
    type Output = [u32; CHUNK];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [u32; CHUNK] {
        self.0.neediest()
    }
}

impl Default for Chunk {
    fn default() -> Self {
        Self {
            recording: [0.0; CHUNK],
            exact: Vec::new(),
            codes: Vec::new(),
            missing: [0; CHUNK],
            clips: [0; CHUNK],
        }
    }
}

impl Chunk {
    fn load(&mut self, recording: &[f32], stems: &[f32], frames: usize, from: usize) {
        let count = stems.len() / frames;
        self.exact.resize(count, [0.0; CHUNK]);
        self.codes.resize(count, [0; CHUNK]);
        let len = recording.len();
        self.recording.fill(0.0);
        self.recording[..len].copy_from_slice(recording);
        for (exact, stem) in self.exact.iter_mut().zip(stems.chunks_exact(frames)) {
            exact[..len].copy_from_slice(&stem[from..from + len]);
            exact[len..].fill(0.0);
        }
    }

    /// Rounds every stem to the nearest code and notes what is missing.
    #[inline(always)]
    fn round(&mut self, full: f32) {
        for t in 0..CHUNK {
            let x = self.recording[t];
            self.missing[t] = code(x, full);
            self.clips[t] = u32::from(x * full < -full) | u32::from(x * full > full - 1.0);
        }
        for (exact, codes) in self.exact.iter_mut().zip(&mut self.codes) {
            for t in 0..CHUNK {
                exact[t] *= full;
                let nearest = exact[t].round_ties_even();
                let bounded = nearest.clamp(-full, full - 1.0);
                codes[t] = bounded as i32;
                self.missing[t] = self.missing[t].wrapping_sub(codes[t]);
                self.clips[t] |= u32::from(bounded != nearest);
            }
        }
        let count = u32::try_from(self.exact.len()).unwrap_or(u32::MAX);
        // With more stems than this the sum of their codes could have wrapped around.
        let uncountable = u32::from(count as f32 >= 1e9 / full);
        for t in 0..CHUNK {
            // More is missing than rounding explains: the stems do not add up.
            let astray = u32::from(self.missing[t].unsigned_abs() > count);
            self.clips[t] |= astray | uncountable;
            self.missing[t] = if self.clips[t] == 0 {
                self.missing[t]
            } else {
                0
            };
        }
    }

    /// For each sample the stem whose rounding error is largest in the direction of what is
    /// missing, the first of several.
    #[inline(always)]
    fn neediest(&self) -> [u32; CHUNK] {
        let mut most = [0; CHUNK];
        let mut largest = [f32::NEG_INFINITY; CHUNK];
        let directions = self.missing.map(|missing| missing.signum() as f32);
        for (stem, (exact, codes)) in (0_u32..).zip(self.exact.iter().zip(&self.codes)) {
            for t in 0..CHUNK {
                let error = (exact[t] - codes[t] as f32) * directions[t];
                let more = error > largest[t];
                largest[t] = if more { error } else { largest[t] };
                most[t] = if more { stem } else { most[t] };
            }
        }
        most
    }

    /// Gives one code to the stem that needs it most, wherever one is missing.
    fn give(&mut self, most: &[u32; CHUNK], full: f32) {
        for (t, &stem) in most.iter().enumerate() {
            let step = self.missing[t].signum();
            let code = &mut self.codes[stem as usize][t];
            if (-full..full).contains(&((*code + step) as f32)) {
                *code += step;
                self.missing[t] -= step;
            } else {
                self.clips[t] = 1;
                self.missing[t] = 0;
            }
        }
    }

    /// Settles the samples where something is out of range.
    fn fit_clipped(&mut self, full: f32) {
        for t in (0..CHUNK).filter(|&t| self.clips[t] != 0) {
            let exact = self.exact.iter().map(|stem| f64::from(stem[t])).collect();
            for (codes, code) in self
                .codes
                .iter_mut()
                .zip(fit(self.recording[t], exact, full))
            {
                codes[t] = code;
            }
        }
    }
}

#[inline(always)]
fn code(sample: f32, full: f32) -> i32 {
    (sample * full).round_ties_even().clamp(-full, full - 1.0) as i32
}

/// The codes of one sample of all stems when something leaves the range; the stems are in units
/// of a code.
fn fit(recording: f32, mut stems: Vec<f64>, full: f32) -> Vec<i32> {
    let (low, high) = (-f64::from(full), f64::from(full) - 1.0);
    let target = code(recording, full);
    let exact = f64::from(recording) * f64::from(full);
    let turned_down = if (low..=high).contains(&exact) {
        1.0
    } else {
        f64::from(target) / exact
    };
    for value in &mut stems {
        *value = (*value * turned_down).clamp(low, high);
    }
    let mut values = stems;
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
