//! What a separation will need, known before it starts.

use super::effort::Effort;
use super::output::bytes_needed;
use super::pooled;
use super::{ComponentCount, Phase, SeparationSettings, SourceCount};
use crate::audio::StemFormat;
use crate::nmf;

/// A guess of what a separation will take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Components that the recording is taken apart into; at most so many where they are found by
    /// way of sources.
    pub components: usize,
    /// Bytes of memory at the worst moment, the recording included.
    pub memory: u64,
    /// Seconds on one core of a present-day processor; good to a factor of about two.
    pub seconds: f64,
    /// How many of them each phase takes, in the order of the phases.
    pub phases: [(Phase, f64); 6],
    /// Bytes of all stems on the disk, with as many stems as there can be where the number of
    /// sources is not known yet.
    pub disk: u64,
}

impl Estimate {
    /// Seconds until the components are there: all but reading the recording and writing stems.
    #[must_use]
    pub fn separating(&self) -> f64 {
        let separates = |phase: Phase| !matches!(phase, Phase::Read | Phase::Export);
        let phases = self.phases.iter().filter(|(phase, _)| separates(*phase));
        phases.map(|(_, seconds)| seconds).sum()
    }
}

/// Work memory of threads, plans and writers, in bytes.
const WORK: u64 = 100 << 20;
/// Floating-point operations a second of the factorization.
const FACTORIZE_SPEED: f64 = 40e9;
/// Multiplications and additions a second of the FFTs, with all that is done around them.
const FFT_SPEED: f64 = 10e9;
/// Samples a second that are read, and written.
const READ_SPEED: f64 = 250e6;
const WRITE_SPEED: f64 = 150e6;
/// Bins of a component a second that are measured.
const MEASURE_SPEED: f64 = 10e9;

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
    let settings = &settings.resolved(columns, channels);
    let work = work(bins, columns, channels, settings);
    let choosing = match settings.components {
        ComponentCount::Evidence => nmf::operations_to_choose(bins, columns),
        ComponentCount::Auto | ComponentCount::Fixed(_) => 0.0,
    };
    let memory = floats(frames, channels)
        .saturating_add(work.memory)
        .saturating_add(floats(work.components, columns))
        .saturating_add(floats(bins, work.components))
        .saturating_add(WORK);

    let size = settings.stft.size as f64;
    let transform = columns as f64 * channels as f64 * 2.5 * size * size.log2() / FFT_SPEED;
    let samples = frames as f64 * channels as f64;
    let stems = work.stems as f64;
    let measured = bins as f64 * columns as f64 * work.components as f64;
    let phases = [
        (Phase::Read, samples / READ_SPEED),
        (Phase::Stft, transform),
        (Phase::Choose, choosing / FACTORIZE_SPEED),
        (Phase::Factorize, work.operations / FACTORIZE_SPEED),
        (Phase::Mask, measured / MEASURE_SPEED),
        // One forward, and one inverse for each stem.
        (
            Phase::Export,
            transform * (1.0 + stems) + samples * stems / WRITE_SPEED,
        ),
    ];
    Estimate {
        components: work.components,
        memory,
        seconds: phases.iter().map(|(_, seconds)| seconds).sum(),
        phases,
        disk: bytes_needed(work.stems, channels, frames, format),
    }
}

/// Bytes that working block by block needs beside the sample of frames: the activations, templates
/// of `rows` values with their sums, and the rest of the work.
pub(super) fn online_memory(rows: usize, columns: usize, components: usize) -> u64 {
    floats(components, columns)
        .saturating_add(floats(rows, components).saturating_mul(8))
        .saturating_add(WORK)
}

/// What the factorizations need.
struct Work {
    components: usize,
    stems: usize,
    /// Floating-point operations of all updates.
    operations: f64,
    /// Bytes of the magnitudes and their copies.
    memory: u64,
}

/// The updates of both factors for `components` components, and the magnitudes they work on.
fn work(bins: usize, columns: usize, channels: usize, settings: &SeparationSettings) -> Work {
    let once = |components: usize, columns: usize, channels: usize| {
        8.0 * bins as f64 * columns as f64 * components as f64 * channels as f64
    };
    if !settings.is_by_atoms() {
        let patterns = settings.components.resolve(settings.sources, bins, columns);
        let components = patterns.saturating_mul(settings.template_frames.max(1));
        let channels = if settings.has_own_gains() {
            channels
        } else {
            1
        };
        let factors = floats(components, columns).saturating_add(floats(bins, components));
        let accelerated = if settings.nmf.algorithm == nmf::Algorithm::Fast {
            factors.saturating_mul(nmf::VALUES_HELD as u64)
        } else {
            0
        };
        let iterations = settings.nmf.iterations as f64 * settings.starts() as f64;
        return Work {
            components,
            stems: match settings.sources {
                SourceCount::Fixed(sources) => sources,
                SourceCount::Auto | SourceCount::Components => patterns,
            },
            operations: once(components, columns, channels) * iterations,
            // The results of all starts are compared at the end.
            memory: floats(bins, columns)
                .saturating_mul(channels as u64)
                .saturating_add(accelerated)
                .saturating_add(factors.saturating_mul(settings.starts() as u64 - 1)),
        };
    }
    let effort = Effort::of(settings);
    // The runs are made for a guess of the sources where their number is to be found.
    let (guess, stems) = match settings.sources {
        SourceCount::Fixed(sources) => (sources, sources),
        _ => (pooled::SOURCES_GUESSED, pooled::MOST_SOURCES),
    };
    let stretch = columns.min(pooled::FRAMES);
    let largest = bins.min(columns);
    let components = stems.saturating_mul(pooled::ATOMS.min(largest));
    let atoms = effort.atoms(guess, largest);
    let frames = (stretch, columns);
    let updates = effort.updates(&atoms, stems, settings.sources, frames, largest);
    let rows = bins.saturating_mul(channels);
    Work {
        components,
        stems,
        operations: updates.iter().sum::<f64>() * once(1, 1, channels),
        // The stretches, what a source takes of them, and a copy to work on.
        memory: floats(rows, columns).saturating_add(floats(rows, stretch).saturating_mul(3)),
    }
}

fn floats(a: usize, b: usize) -> u64 {
    (a as u64).saturating_mul(b as u64).saturating_mul(4)
}
