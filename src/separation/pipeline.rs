//! The whole way from a recording to components and sources.

use std::ops::ControlFlow;
use std::time::Instant;

use super::choice::choose;
use super::component::{self, Component};
use super::grouping::dendrogram::Dendrogram;
use super::grouping::grouper::{Atoms, Grouper};
use super::grouping::sources::{self, Source};
use super::magnitudes::magnitudes;
use super::restarts::best_of;
use super::stability::Best;
use super::{
    Cancel, ComponentChoice, ComponentCount, ExportSettings, Factors, Groups, Iteration, Measured,
    Outcome, Phase, Progress, SeparationError, SeparationSettings, SourceCount, Stage, StemFile,
    StemRenderer, estimate, export_renderer, pooled,
};
use crate::audio::{AudioBuffer, StemFormat};
use crate::nmf::{self, Factorization, Matrix, NmfError, Stopped};
use crate::spectral::{Axes, Scale, Stft};

/// A recording taken apart.
#[derive(Clone, Debug)]
pub struct Separation {
    /// Templates and activations, components in the order of their centroids, low to high.
    /// Activations are in units of the scaled recording: times `scale`.
    pub factorization: Factorization,
    /// The gain of each component in each channel, channels × components; `None` where a component
    /// takes the same share in all channels.
    pub channel_gains: Option<Matrix>,
    /// For each component its place in the factors that [`Iteration::factors`] showed.
    pub order: Vec<usize>,
    /// Measured facts of each component.
    pub components: Vec<Component>,
    /// The grouping.
    pub sources: Vec<Source>,
    /// Which components join first, for other groupings; `None` where each component is asked for
    /// as a source of its own, and for patterns.
    pub dendrogram: Option<Dendrogram>,
    /// The transform.
    pub stft: Stft,
    /// What the recording was multiplied by before it was transformed.
    pub scale: Scale,
    /// Why there are so many components, where their number was chosen from evidence.
    pub choice: Option<ComponentChoice>,
    /// Where the time went.
    pub timings: Timings,
}

impl Separation {
    /// The components with what they were measured in.
    #[must_use]
    pub fn measured(&self) -> Measured<'_> {
        Measured {
            components: &self.components,
            templates: &self.factorization.templates,
            activations: &self.factorization.activations,
            stft: self.stft.settings(),
        }
    }

    /// The components of each source.
    pub(super) fn groups(&self) -> Result<Groups, SeparationError> {
        let sources = self.sources.iter();
        let members = sources.map(|source| source.components.clone()).collect();
        Groups::new(members, self.components.len())
    }

    /// A copy of the factors, for the sound of any mix of the components.
    ///
    /// # Errors
    /// As [`Factors::with_channel_gains`].
    pub fn factors(&self) -> Result<Factors, SeparationError> {
        let templates = self.factorization.templates.clone();
        let activations = self.factorization.activations.clone();
        match &self.channel_gains {
            Some(gains) => Factors::with_channel_gains(templates, activations, gains.clone()),
            None => Factors::new(templates, activations),
        }
    }
}

/// Seconds that the phases took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timings {
    /// Computing the spectrogram.
    pub stft: f64,
    /// Finding the components.
    pub factorize: f64,
    /// Measuring and grouping them.
    pub mask: f64,
}

/// Takes a recording apart: spectrogram, factorization, facts of the components, grouping.
///
/// Runs on the current rayon pool; the result has the same bits for any number of threads. The
/// memory that it needs beside the recording is one spectrogram and a few megabytes.
///
/// # Errors
/// Settings that the transform, the factorization or the grouping refuse, and
/// [`SeparationError::Memory`] where the machine has too little memory for the spectrogram.
pub fn separate(
    recording: &AudioBuffer,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    let settings = &resolved(recording, settings)?;
    if settings.is_by_atoms() && recording.frames() > 0 {
        return pooled::separate(recording, settings, progress, cancel);
    }
    if settings.has_own_gains() && recording.channel_count() > 1 && recording.frames() > 0 {
        return pooled::separate_components(recording, settings, progress, cancel);
    }
    run(recording, settings, None, progress, cancel)
}

/// Runs on from factors that were found in this recording with the same transform: as many
/// iterations more as the settings say. The components keep their order, and their number.
///
/// # Errors
/// As [`separate`], and [`NmfError::Shape`] when the factors do not belong to this recording and
/// transform. Templates of several frames go on as components of their own.
pub fn resume(
    recording: &AudioBuffer,
    settings: &SeparationSettings,
    factors: &Factors,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    let mut resolved = resolved(recording, settings)?;
    if settings.nmf.algorithm == nmf::Algorithm::Auto {
        // What is there needs no coarse levels, which the fast algorithm has its pace from.
        resolved.nmf.algorithm = nmf::Algorithm::Mu;
        resolved.nmf.iterations = settings.nmf.iterations;
    }
    let settings = &resolved;
    if factors.channel_gains().is_some() {
        return pooled::resume(recording, settings, factors, progress, cancel);
    }
    run(recording, settings, Some(factors), progress, cancel)
}

fn resolved(
    recording: &AudioBuffer,
    settings: &SeparationSettings,
) -> Result<SeparationSettings, SeparationError> {
    let frames = Stft::new(settings.stft)?.frame_count(recording.frames());
    Ok(settings.resolved(frames, recording.channel_count()))
}

fn run(
    recording: &AudioBuffer,
    settings: &SeparationSettings,
    from: Option<&Factors>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    settings.nmf.check()?;
    let patterns = from.is_none() && settings.template_frames != 1;
    if patterns {
        settings.nmf.check_convolutive()?;
    }
    let stft = Stft::new(settings.stft)?;
    let (bins, frames) = (stft.bins(), stft.frame_count(recording.frames()));
    let components = match from {
        Some(factors) => factors.components(),
        None => settings.components.resolve(settings.sources, bins, frames),
    };
    nmf::check_components(components, bins, frames)?;
    sources::check(settings.sources, components)?;
    let estimate = estimate(
        recording.frames(),
        recording.channel_count(),
        settings,
        StemFormat::F32,
    );
    let held = (recording.frames() * recording.channel_count() * size_of::<f32>()) as u64;
    check_memory(estimate.memory.saturating_sub(held))?;
    let mut timings = Timings::default();

    let start = Instant::now();
    let scale = Scale::of(recording.channels());
    let Some(v) = magnitudes(recording, &stft, scale, progress, cancel)? else {
        return Ok(Outcome::Cancelled);
    };
    let axes = Axes::new(settings.stft, recording.rate());
    timings.stft = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let mut choice = None;
    let mut components = components;
    if from.is_none() && settings.components == ComponentCount::Evidence {
        let made = choose(&v, settings.sources, progress, cancel);
        let Outcome::Done(made) = Outcome::unless_stopped(made)? else {
            return Ok(Outcome::Cancelled);
        };
        components = choice.insert(made).chosen;
    }
    let nmf_settings = nmf::Settings {
        components,
        ..settings.nmf.clone()
    };
    let length = if patterns {
        settings.template_frames
    } else {
        1
    };
    let found = if patterns {
        factorize_patterns(&v, length, &nmf_settings, progress, cancel).map(Best::only)
    } else {
        several(&v, &nmf_settings, from, settings.starts(), progress, cancel)
    };
    let Outcome::Done(found) = Outcome::unless_stopped(found)? else {
        return Ok(Outcome::Cancelled);
    };
    if cancel.is_cancelled() {
        return Ok(Outcome::Cancelled);
    }
    timings.factorize = start.elapsed().as_secs_f64();

    let start = Instant::now();
    drop(v);
    let order = match from {
        Some(_) => (0..components).collect(),
        None => by_centroid(&found.found, length),
    };
    let parts = (stft, scale, axes);
    let stop = || cancel.is_cancelled();
    let grouping = (settings.sources, &stop as nmf::Stop<'_>);
    let result = described(found, order, length, parts, grouping);
    let Outcome::Done(result) = Outcome::unless_stopped(result)? else {
        return Ok(Outcome::Cancelled);
    };
    progress.report(Phase::Mask, 1.0);
    timings.mask = start.elapsed().as_secs_f64();
    Ok(Outcome::Done(Separation {
        choice,
        timings,
        ..result
    }))
}

/// Puts the components in this order, measures and groups them; those of a pattern of `length`
/// frames stay together.
pub(super) fn described(
    best: Best<Factorization>,
    order: Vec<usize>,
    length: usize,
    (stft, scale, axes): (Stft, Scale, Axes),
    (wanted, stop): (SourceCount, nmf::Stop<'_>),
) -> Result<Separation, SeparationError> {
    let factorization = reordered(best.found, &order);
    let click = component::click(stft.settings());
    let mut components = component::measure(&factorization, axes, click);
    for (component, &k) in components.iter_mut().zip(&order) {
        component.stability = best.stability.get(k).copied();
    }
    // Patterns are grouped as a whole.
    let patterns = (length > 1).then(|| whole_patterns(&factorization, length));
    let atoms = patterns.as_ref().unwrap_or(&factorization);
    let count = atoms.templates.cols();
    sources::check(wanted, count)?;
    let mut dendrogram = None;
    let groups = if wanted == SourceCount::Components {
        (0..count).map(|k| vec![k]).collect()
    } else {
        let grouper = Grouper {
            axes,
            click,
            without: &[],
            stop,
        };
        let likely = grouper.measure(Atoms {
            templates: &atoms.templates,
            activations: &atoms.activations,
            gains: &Matrix::from_fn(1, count, |_, _| 1.0),
        })?;
        let labels = likely.group_components(wanted)?;
        let (tree, confidence) = likely.tree(&labels)?;
        for (k, component) in components.iter_mut().enumerate() {
            component.confidence = confidence.get(k / length).copied();
        }
        let groups = labels.iter().max().map_or(0, |&last| last + 1);
        let groups = tree.cut(groups);
        dendrogram = (length == 1).then_some(tree);
        groups
    };
    let named = |groups, factors: &Factorization, components: &[Component]| {
        let measured = Measured {
            components,
            templates: &factors.templates,
            activations: &factors.activations,
            stft: stft.settings(),
        };
        sources::sources(groups, &measured)
    };
    let sources = match &patterns {
        Some(whole) => {
            let sources = named(groups, whole, &component::measure(whole, axes, click));
            sources
                .into_iter()
                .map(|s| written_out(s, length))
                .collect()
        }
        None => named(groups, &factorization, &components),
    };
    Ok(Separation {
        factorization,
        channel_gains: None,
        order,
        components,
        sources,
        dendrogram,
        stft,
        scale,
        choice: None,
        timings: Timings::default(),
    })
}

/// One factorization, or the best of several starts.
pub(super) fn several(
    v: &Matrix,
    settings: &nmf::Settings,
    from: Option<&Factors>,
    starts: usize,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Best<Factorization>, NmfError> {
    let starts = if from.is_some() { 1 } else { starts };
    progress.report(Phase::Factorize, 0.0);
    let first = factorize(v, settings, from, starts, progress, cancel)?;
    // Who stops the first start early wants to keep what it has found.
    if starts == 1 || first.stopped == Stopped::ByHook {
        progress.report(Phase::Factorize, 1.0);
        return Ok(Best::only(first));
    }
    let stop = || cancel.is_cancelled();
    let best = best_of(settings, first, starts - 1, &mut |start, settings| {
        nmf::factorize_until(v, settings, &stop, &mut |step| {
            report_start(progress, (start, starts), (step.iteration(), settings));
            ControlFlow::Continue(())
        })
    })?;
    progress.report(Phase::Factorize, 1.0);
    Ok(best)
}

/// Reports an iteration of one of several starts, counted from 0.
pub(super) fn report_start(
    progress: &dyn Progress,
    (start, starts): (usize, usize),
    (iteration, settings): (usize, &nmf::Settings),
) {
    let within = iteration as f64 / settings.iterations.max(1) as f64;
    let done = (start as f64 + within) / starts as f64;
    progress.report(Phase::Factorize, done);
}

/// Tells of each iteration, and asks whether to go on.
fn watch<'a>(
    settings: &'a nmf::Settings,
    starts: usize,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
) -> impl FnMut(&nmf::Step<'_>) -> ControlFlow<()> + 'a {
    move |step| {
        report_start(progress, (0, starts), (step.iteration(), settings));
        if cancel.is_cancelled() {
            return ControlFlow::Break(());
        }
        progress.iterated(&Iteration {
            stage: Stage::Only,
            number: step.iteration(),
            limit: settings.iterations.max(1),
            divergence: step.divergence(),
            changed: true,
            factors: &|| Factors::new(step.templates(), step.activations().clone()),
        })
    }
}

fn factorize(
    v: &Matrix,
    settings: &nmf::Settings,
    from: Option<&Factors>,
    starts: usize,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Factorization, NmfError> {
    let stop = || cancel.is_cancelled();
    let mut hook = watch(settings, starts, progress, cancel);
    match from {
        Some(factors) => {
            let (w, h) = (factors.templates(), factors.activations().clone());
            nmf::factorize_from_until(v, w, h, settings, &stop, &mut hook)
        }
        None => nmf::factorize_until(v, settings, &stop, &mut hook),
    }
}

/// Patterns of `length` frames, written out: those of a pattern side by side.
fn factorize_patterns(
    v: &Matrix,
    length: usize,
    settings: &nmf::Settings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Factorization, NmfError> {
    let stop = || cancel.is_cancelled();
    let mut hook = watch(settings, 1, progress, cancel);
    progress.report(Phase::Factorize, 0.0);
    let found = nmf::factorize_convolutive(v, length, settings, &stop, &mut hook)?;
    progress.report(Phase::Factorize, 1.0);
    let (templates, activations) = found.written_out();
    Ok(Factorization {
        templates,
        activations,
        divergence_curve: found.divergence_curve,
        iterations: found.iterations,
        stopped: found.stopped,
    })
}

/// One component for each pattern: the sums over its frames.
fn whole_patterns(factors: &Factorization, length: usize) -> Factorization {
    let (w, h) = (&factors.templates, &factors.activations);
    let patterns = w.cols() / length;
    let frames = |k: usize| k * length..(k + 1) * length;
    let loudness: Vec<f32> = (0..w.cols()).map(|c| h.row(c).sum()).collect();
    let templates = Matrix::from_fn(w.rows(), patterns, |f, k| {
        let all: f32 = loudness[frames(k)].iter().sum();
        let parts = frames(k).map(|c| w.column(c)[f] * loudness[c]);
        if all > 0.0 {
            parts.sum::<f32>() / all
        } else {
            1.0 / w.rows() as f32
        }
    });
    let activations = Matrix::from_fn(patterns, h.cols(), |k, n| {
        h.column(n)[frames(k)].iter().sum()
    });
    Factorization {
        templates,
        activations,
        divergence_curve: Vec::new(),
        ..*factors
    }
}

/// A source of patterns as one of their frames.
fn written_out(source: Source, length: usize) -> Source {
    let frames = |k: usize| k * length..(k + 1) * length;
    Source {
        components: source.components.into_iter().flat_map(frames).collect(),
        ..source
    }
}

/// Writes one stem for each source of a separation of `recording`, in their order.
///
/// # Errors
/// As [`export_renderer`].
pub fn export_stems(
    recording: &AudioBuffer,
    separation: &Separation,
    settings: &ExportSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Vec<StemFile>>, SeparationError> {
    let groups = separation.groups()?;
    let factors = &separation.factorization;
    let renderer = StemRenderer::new(
        recording,
        &factors.templates,
        &factors.activations,
        &separation.stft,
        groups,
    )?;
    let renderer = match &separation.channel_gains {
        Some(gains) => renderer.with_channel_gains(gains)?,
        None => renderer,
    };
    export_renderer(&renderer, settings, progress, cancel)
}

/// The components from low to high, those of a pattern of `length` frames side by side.
pub(super) fn by_centroid(factors: &Factorization, length: usize) -> Vec<usize> {
    let whole;
    let w = if length > 1 {
        whole = whole_patterns(factors, length).templates;
        &whole
    } else {
        &factors.templates
    };
    let centroids: Vec<f64> = (0..w.cols())
        .map(|k| component::centroid(w.column(k)))
        .collect();
    let mut order: Vec<usize> = (0..w.cols()).collect();
    order.sort_by(|&a, &b| centroids[a].total_cmp(&centroids[b]));
    order
        .into_iter()
        .flat_map(|k| k * length..(k + 1) * length)
        .collect()
}

/// The same factorization with its components in this order.
pub(super) fn reordered(mut factors: Factorization, order: &[usize]) -> Factorization {
    let w = &factors.templates;
    factors.templates = Matrix::from_fn(w.rows(), w.cols(), |f, k| w.column(order[k])[f]);
    // In place: the activations of a long recording are what takes the memory.
    let mut frame = vec![0.0; order.len()];
    for column in factors
        .activations
        .as_mut_slice()
        .chunks_exact_mut(order.len().max(1))
    {
        frame.copy_from_slice(column);
        for (h, &k) in column.iter_mut().zip(order) {
            *h = frame[k];
        }
    }
    factors
}

/// Refuses work for which the system says it has no memory; where it says nothing, tries.
pub(super) fn check_memory(needed: u64) -> Result<(), SeparationError> {
    match available_memory() {
        Some(free) if needed > free => Err(SeparationError::Memory { needed, free }),
        _ => Ok(()),
    }
}

/// Bytes that the system can give without swapping (Linux).
fn available_memory() -> Option<u64> {
    meminfo("MemAvailable:")
}

/// A line of what the system says of its memory, in bytes (Linux).
pub(super) fn meminfo(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024)
}
