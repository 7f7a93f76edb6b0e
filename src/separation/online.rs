//! Recordings of any length in bounded memory.
//!
//! The templates are learnt from a sample: every so many-th frame of the whole recording, as many
//! as the memory allows. Then the recording is gone through block by block: the activations of
//! each block are solved with these templates, and what all blocks say of the templates is summed
//! up exactly ([`BlockTemplates`]), so that each pass lowers the divergence of the whole. Samples
//! and spectrogram are computed anew from the file in every pass; only the activations stay.

use std::ops::ControlFlow;
use std::sync::LazyLock;
use std::time::Instant;

use super::blocks::{Blocks, Pass, Rows, Start};
use super::choice::choose;
use super::estimate::online_memory;
use super::export::export_core;
use super::factors;
use super::grouping::sources;
use super::pipeline::{self, by_centroid, described};
use super::pooled::{self, Seen};
use super::stability::Best;
use super::stems::StemCore;
use super::{
    Cancel, ComponentCount, ExportSettings, Factors, Iteration, Model, Outcome, Phase, Progress,
    RecordingStream, Separation, SeparationError, SeparationSettings, Stage, StemFile, component,
    estimate,
};
use crate::audio::StemFormat;
use crate::nmf::{self, BlockTemplates, Channels, Factorization, Matrix};
use crate::spectral::{Axes, Stft};

/// Bytes of the sample at least, and at most.
const SAMPLE_BYTES: (u64, u64) = (8 << 20, 128 << 20);
/// Passes over all blocks where the templates are from a sample of every so many-th frame: they
/// learn once more from all frames.
const PASSES: [Pass; 2] = [
    Pass {
        steps: 24,
        learns: true,
    },
    Pass {
        steps: 12,
        learns: false,
    },
];
/// The pass where the templates of grouped atoms stay as they are.
const GROUPED: [Pass; 1] = [Pass {
    steps: 40,
    learns: false,
}];
/// Frames of the stretches that atoms are grouped in.
const STRETCH: usize = 300;
/// Activations begin at this share of the mean of their component or above, so that they can grow.
const FLOOR: f32 = 0.03;
/// The share of the progress that the sample takes.
const SAMPLE_SHARE: f64 = 0.4;
/// The share of the machine's memory that may be used where nothing is said of it, and what is
/// taken for the machine's where the system does not tell.
const MEMORY_SHARE: u64 = 2;
const MEMORY_GUESS: u64 = 8 << 30;

/// Bytes of memory that a separation may use: those of the settings, or half of the machine's.
#[must_use]
pub fn memory_budget(settings: &SeparationSettings) -> u64 {
    static OF_THE_MACHINE: LazyLock<u64> =
        LazyLock::new(|| pipeline::meminfo("MemTotal:").unwrap_or(MEMORY_GUESS));
    settings.memory.unwrap_or(*OF_THE_MACHINE / MEMORY_SHARE)
}

/// Refuses what cannot be done block by block: other divergences than that of Kullback–Leibler,
/// penalties, patterns in time, and gains in the channels where components are asked for.
///
/// # Errors
/// [`SeparationError::Online`].
pub fn check_online(settings: &SeparationSettings) -> Result<(), SeparationError> {
    let plain = settings.nmf.divergence == nmf::Divergence::default()
        && !settings.nmf.has_penalties()
        && settings.template_frames <= 1
        && (settings.is_by_atoms() || !settings.channel_gains);
    if plain {
        Ok(())
    } else {
        Err(SeparationError::Online)
    }
}

/// Whether a recording of `frames` samples in each of `channels` channels is held as a whole
/// ([`Model::Batch`]) or gone through block by block ([`Model::Online`]).
#[must_use]
pub fn chosen_model(frames: usize, channels: usize, settings: &SeparationSettings) -> Model {
    match settings.model {
        Model::Auto => {
            let batch = estimate(frames, channels, settings, StemFormat::F32).memory;
            if batch > memory_budget(settings) && check_online(settings).is_ok() {
                Model::Online
            } else {
                Model::Batch
            }
        }
        chosen => chosen,
    }
}

/// Takes a recording apart that stays on the disk, as [`separate`](super::separate()) does one in
/// memory.
///
/// Peak memory does not grow with the length but for the activations (components × frames). The
/// divergence curve has one value for each pass over the recording; where the whole spectrogram is
/// no larger than the sample may be, the factorization is that of [`Model::Batch`]. Where sources
/// are found by way of atoms, that is done with stretches spread evenly, as many as the sample may
/// have. Runs on the current rayon pool; the result has the same bits for any number of threads.
///
/// # Errors
/// As [`separate`](super::separate()), [`SeparationError::Recording`] when the file cannot be
/// read, [`SeparationError::Budget`] when the memory that may be used is too little, and
/// [`SeparationError::Online`] for what cannot be done block by block.
pub fn separate_stream(
    recording: &mut RecordingStream,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    check_online(settings)?;
    let stft = Stft::new(settings.stft)?;
    let result = if settings.is_by_atoms() {
        grouped(&stft, recording, settings, progress, cancel)
    } else {
        alone(&stft, recording, settings, progress, cancel)
    };
    Ok(match Outcome::unless_stopped(result)? {
        Outcome::Done(outcome) if !cancel.is_cancelled() => outcome,
        _ => Outcome::Cancelled,
    })
}

/// One factorization, whose components are all there are.
fn alone(
    stft: &Stft,
    recording: &mut RecordingStream,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    let (bins, frames) = (stft.bins(), stft.frame_count(recording.frames()));
    let components = settings.components.resolve(settings.sources, bins, frames);
    nmf::check_components(components, bins, frames)?;
    sources::check(settings.sources, components)?;
    let stride = frames.div_ceil(sample_frames(bins, frames, components, settings)?);
    let (scale, rate) = (recording.scale(), recording.info().rate);
    let mut blocks = Blocks {
        stft,
        recording,
        rows: Rows::Mean,
        progress,
        cancel,
    };

    let began = Instant::now();
    let strided: Vec<usize> = (stride / 2..frames).step_by(stride).collect();
    let sample = blocks.sample(&strided)?;
    let stft_seconds = began.elapsed().as_secs_f64();

    let began = Instant::now();
    let mut choice = None;
    let mut components = components;
    if settings.components == ComponentCount::Evidence {
        let made = choose(&sample, settings.sources, progress, cancel)?;
        components = choice.insert(made).chosen;
    }
    let nmf_settings = nmf::Settings {
        components,
        ..settings.nmf.resolved(frames)
    };
    let share = if stride == 1 { 1.0 } else { SAMPLE_SHARE };
    // A frame that was left out has what the nearest one of the sample has.
    let last = strided.len().saturating_sub(1);
    let whole = |factors: Factors| factors.spread(frames, |n| Some((n / stride).min(last)));
    let part = Part {
        progress,
        share,
        whole: &whole,
    };
    let starts = settings.starts();
    let Best {
        mut found,
        stability,
    } = pipeline::several(&sample, &nmf_settings, None, starts, &part, cancel)?;
    drop(sample);
    if stride > 1 {
        let mut model = BlockTemplates::new(found.templates)?;
        let start = Start::Strided {
            activations: floored(found.activations),
            stride,
        };
        progress.enters(Stage::Whole);
        let report = rest(progress);
        let (activations, curve) = blocks.solve(&mut model, start, &PASSES, &report)?;
        found = Factorization {
            templates: model.templates().clone(),
            activations,
            divergence_curve: curve,
            ..found
        };
    }
    let factorize_seconds = began.elapsed().as_secs_f64();

    let began = Instant::now();
    let order = by_centroid(&found, 1);
    let axes = Axes::new(settings.stft, rate);
    let mut result = described(
        Best { found, stability },
        order,
        1,
        (stft.clone(), scale, axes),
        (settings.sources, &|| cancel.is_cancelled()),
    )?;
    progress.report(Phase::Mask, 1.0);
    result.choice = choice;
    result.timings.stft = stft_seconds;
    result.timings.factorize = factorize_seconds;
    result.timings.mask = began.elapsed().as_secs_f64();
    Ok(Outcome::Done(result))
}

/// Sources by way of atoms, found in stretches of the recording.
fn grouped(
    stft: &Stft,
    recording: &mut RecordingStream,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    let (channels, rate) = (recording.channel_count(), recording.info().rate);
    let frames = stft.frame_count(recording.frames());
    let settings = &settings.resolved(frames, channels);
    let needs = estimate(recording.frames(), channels, settings, StemFormat::F32);
    let rows = stft.bins() * channels;
    let room = sample_frames(rows, frames, needs.components, settings)?;
    let scale = recording.scale();
    let mut blocks = Blocks {
        stft,
        recording,
        rows: Rows::Stacked,
        progress,
        cancel,
    };

    let began = Instant::now();
    let chosen = stretches(frames, room);
    let whole = chosen.len() == frames;
    let v = Channels::new(blocks.sample(&chosen)?, channels)?;
    let stft_seconds = began.elapsed().as_secs_f64();
    let seen = Seen {
        v: &v,
        stft: stft.clone(),
        axes: Axes::new(settings.stft, rate),
        scale,
    };
    let share = if whole { 1.0 } else { SAMPLE_SHARE };
    // Between the stretches nothing is known yet.
    let among_all = |factors: Factors| factors.spread(frames, |n| chosen.binary_search(&n).ok());
    let part = Part {
        progress,
        share,
        whole: &among_all,
    };
    let Outcome::Done(mut result) = pooled::separate_seen(seen, settings, &part, cancel)? else {
        return Ok(Outcome::Cancelled);
    };
    drop(v);
    result.timings.stft = stft_seconds;
    if whole {
        return Ok(Outcome::Done(result));
    }

    let began = Instant::now();
    let found = &mut result.factorization;
    let gains = result.channel_gains.as_ref();
    let (bins, w) = (stft.bins(), &found.templates);
    let stacked = Matrix::from_fn(rows, w.cols(), |row, k| {
        w.column(k)[row % bins] * gains.map_or(1.0, |gains| gains.column(k)[row / bins])
    });
    let mut model = BlockTemplates::new(stacked)?;
    let start = Start::Level(means(&found.activations));
    progress.enters(Stage::Whole);
    let report = rest(progress);
    let (activations, curve) = blocks.solve(&mut model, start, &GROUPED, &report)?;
    found.activations = activations;
    found.divergence_curve = curve;
    result.timings.factorize += began.elapsed().as_secs_f64();

    let began = Instant::now();
    let axes = Axes::new(settings.stft, rate);
    let click = component::click(settings.stft);
    let measured = component::measure(found, axes, click);
    let before = std::mem::replace(&mut result.components, measured);
    for (component, before) in result.components.iter_mut().zip(before) {
        component.confidence = before.confidence;
        component.stability = before.stability;
    }
    let sources = std::mem::take(&mut result.sources).into_iter();
    let groups = sources.map(|s| s.components).collect();
    result.sources = sources::sources(groups, &result.measured());
    progress.report(Phase::Mask, 1.0);
    result.timings.mask += began.elapsed().as_secs_f64();
    Ok(Outcome::Done(result))
}

/// Bytes of memory that going through a recording of `frames` samples in each of `channels` channels
/// block by block needs at the worst moment, without the samples.
#[must_use]
pub fn memory_by_blocks(frames: usize, channels: usize, settings: &SeparationSettings) -> u64 {
    let (rows, columns, components) = sizes(frames, channels, settings);
    let rest = online_memory(rows, columns, components);
    let (least, most) = SAMPLE_BYTES;
    let room = memory_budget(settings)
        .saturating_sub(rest)
        .clamp(least, most);
    rest + room.min((rows * columns * size_of::<f32>()) as u64)
}

/// Refuses a recording of `frames` samples in each of `channels` channels for which the memory that
/// may be used is too little even block by block.
///
/// # Errors
/// [`SeparationError::Budget`].
pub fn check_budget(
    frames: usize,
    channels: usize,
    settings: &SeparationSettings,
) -> Result<(), SeparationError> {
    let (rows, columns, components) = sizes(frames, channels, settings);
    sample_frames(rows, columns, components, settings).map(|_| ())
}

/// Values of a frame, frames and components, at most.
fn sizes(frames: usize, channels: usize, settings: &SeparationSettings) -> (usize, usize, usize) {
    let bins = settings.stft.size / 2 + 1;
    let rows = if settings.is_by_atoms() {
        bins * channels
    } else {
        bins
    };
    let components = estimate(frames, channels, settings, StemFormat::F32).components;
    (rows, 1 + frames / settings.stft.hop.max(1), components)
}

/// How many frames of `rows` values the sample may have.
fn sample_frames(
    rows: usize,
    frames: usize,
    components: usize,
    settings: &SeparationSettings,
) -> Result<usize, SeparationError> {
    let (least, most) = SAMPLE_BYTES;
    let allowed = memory_budget(settings);
    let rest = online_memory(rows, frames, components);
    let needed = rest + least;
    if needed > allowed {
        return Err(SeparationError::Budget { needed, allowed });
    }
    let bytes = (allowed - rest).min(most) as usize;
    Ok((bytes / (rows * size_of::<f32>())).max(components))
}

/// The frames of stretches spread evenly, `room` of them at most; all where there is room.
fn stretches(frames: usize, room: usize) -> Vec<usize> {
    if frames <= room {
        return (0..frames).collect();
    }
    let length = STRETCH.min(room);
    let count = (room / length).max(1);
    (0..count)
        .flat_map(|i| {
            let from = (frames - length) * i / (count - 1).max(1);
            from..from + length
        })
        .collect()
}

/// The mean activation of each component.
fn means(h: &Matrix) -> Vec<f32> {
    let mut means = vec![0.0_f32; h.rows()];
    let share = 1.0 / h.cols().max(1) as f32;
    for frame in h.as_slice().chunks_exact(h.rows()) {
        for (mean, h) in means.iter_mut().zip(frame) {
            *mean += h * share;
        }
    }
    means
}

/// The activations with none below a share of the mean of its component.
fn floored(mut h: Matrix) -> Matrix {
    let floors = means(&h);
    let components = h.rows();
    for frame in h.as_mut_slice().chunks_exact_mut(components) {
        for (h, mean) in frame.iter_mut().zip(&floors) {
            *h = h.max(mean * FLOOR);
        }
    }
    h
}

/// Reports what comes after the sample.
fn rest(progress: &dyn Progress) -> impl Fn(f64) + '_ {
    move |done| {
        let done = SAMPLE_SHARE + (1.0 - SAMPLE_SHARE) * done;
        progress.report(Phase::Factorize, done);
    }
}

/// The progress of the sample, which is only a part of the factorization.
struct Part<'a> {
    progress: &'a dyn Progress,
    share: f64,
    /// What factors of the sample are among all frames, to be seen and heard.
    whole: &'a (dyn Fn(Factors) -> Factors + Sync),
}

impl Progress for Part<'_> {
    fn report(&self, phase: Phase, fraction: f64) {
        // What is measured of a part is not the end: the whole comes after.
        if self.share < 1.0 && phase == Phase::Mask {
            return;
        }
        self.progress.report(phase, fraction * self.share);
    }

    fn iterated(&self, iteration: &Iteration<'_>) -> ControlFlow<()> {
        let factors = || Ok((self.whole)(iteration.factors()?));
        self.progress.iterated(&Iteration {
            factors: &factors,
            ..*iteration
        })
    }
}

/// Writes one stem for each source of a separation by [`separate_stream`], in their order, as
/// [`export_stems`](super::export_stems) does for a recording in memory.
///
/// # Errors
/// As [`export_renderer`](super::export_renderer), and [`SeparationError::Recording`].
pub fn export_stream(
    recording: &mut RecordingStream,
    separation: &Separation,
    settings: &ExportSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Vec<StemFile>>, SeparationError> {
    let groups = separation.groups()?;
    let found = &separation.factorization;
    let model = factors::Model::new(&found.templates, &found.activations)?;
    let (size, scale, stft) = (recording.size(), recording.scale(), &separation.stft);
    let core = StemCore::new(model, size, stft, scale, groups)?;
    let core = match &separation.channel_gains {
        Some(gains) => core.with_channel_gains(gains)?,
        None => core,
    };
    let rate = recording.info().rate;
    export_core(&core, recording, rate, settings, progress, cancel)
}
