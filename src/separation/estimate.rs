//! What a separation will need, known before it starts.

use super::SeparationSettings;
use super::output::bytes_needed;
use super::settings::SourceCount;
use crate::audio::StemFormat;

/// A guess of what a separation will take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Components that the recording is taken apart into.
    pub components: usize,
    /// Bytes of memory at the worst moment, the recording included.
    pub memory: u64,
    /// Seconds on one core of a present-day processor; good to a factor of about two.
    pub seconds: f64,
    /// Bytes of all stems on the disk, with one stem for each component where the number of
    /// sources is not known yet.
    pub disk: u64,
}

/// Work memory of threads, plans and writers, in bytes.
const WORK: u64 = 100 << 20;
/// Floating-point operations a second of the factorization.
const FACTORIZE_SPEED: f64 = 40e9;
/// Multiplications and additions a second of the FFTs, with all that is done around them.
const FFT_SPEED: f64 = 10e9;

/// Estimates memory, time and disk of a recording of `frames` samples in each of `channels`
/// channels, whose stems are written as `format`.
#[must_use]
pub fn estimate(
    frames: usize,
    channels: usize,
    settings: &SeparationSettings,
    format: StemFormat,
) -> Estimate {
    let bins = settings.stft.size / 2 + 1;
    let columns = 1 + frames / settings.stft.hop.max(1);
    let components = settings.components.resolve(settings.sources, bins, columns);
    let stems = match settings.sources {
        SourceCount::Fixed(sources) => sources,
        SourceCount::Auto | SourceCount::Components => components,
    };
    let floats = |a: usize, b: usize| (a as u64).saturating_mul(b as u64).saturating_mul(4);
    let memory = floats(frames, channels)
        .saturating_add(floats(bins, columns))
        .saturating_add(floats(components, columns))
        .saturating_add(floats(bins, components))
        .saturating_add(WORK);

    let size = settings.stft.size as f64;
    let fft = 2.5 * size * size.log2() / FFT_SPEED;
    // One forward for the spectrogram, one for the stems, one inverse for each stem.
    let ffts = columns as f64 * channels as f64 * (2 + stems) as f64;
    let products = 8.0 * bins as f64 * columns as f64 * components as f64;
    Estimate {
        components,
        memory,
        seconds: ffts * fft + settings.nmf.iterations as f64 * products / FACTORIZE_SPEED,
        disk: bytes_needed(stems, channels, frames, format),
    }
}
