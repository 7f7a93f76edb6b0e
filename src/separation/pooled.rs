//! Sources by way of atoms: several factorizations, grouping, and a second stage.

mod components;
mod search;
mod trial;

use std::ops::ControlFlow;
use std::time::Instant;

use search::Search;

use super::effort::Effort;
pub(super) use super::grouping::grouper::MOST_SOURCES;
use super::grouping::grouper::{Atoms, Grouper};
use super::grouping::pool::selected;
pub(super) use super::grouping::refine::ATOMS;
use super::grouping::sources;
use super::magnitudes::{excerpt, magnitudes, magnitudes_of_channels};
use super::{
    Cancel, ComponentChoice, Factors, Ingredient, Iteration, Measured, Outcome, Phase, Progress,
    Separation, SeparationError, SeparationSettings, SourceCount, Stage, Timings, component,
    pipeline,
};
use crate::audio::AudioBuffer;
use crate::nmf::{
    Channels, Matrix, NmfError, Settings, TensorFactorization, TensorModel, check_components,
};
use crate::spectral::{Axes, Scale, Stft};

/// Sources that the runs are made for where their number is to be found.
pub(super) const SOURCES_GUESSED: usize = 4;
/// Frames from which the grouping is found; of longer recordings, stretches spread evenly.
pub(super) const FRAMES: usize = 1800;

/// As [`separate`](super::separate()), for sources whose components are not asked for.
pub(super) fn separate(
    recording: &AudioBuffer,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    let stft = Stft::new(settings.stft)?;
    let largest = stft.bins().min(stft.frame_count(recording.frames()));
    sources::check(settings.sources, largest)?;
    run(recording, settings, progress, cancel, |work| {
        work.find(settings.sources)
    })
}

/// As [`separate`](super::separate()), for as many components as are asked for, each with a gain
/// for every channel.
pub(super) fn separate_components(
    recording: &AudioBuffer,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    settings.nmf.check()?;
    let stft = Stft::new(settings.stft)?;
    let (bins, frames) = (stft.bins(), stft.frame_count(recording.frames()));
    let most = settings.components.resolve(settings.sources, bins, frames);
    check_components(most, bins, frames)?;
    sources::check(settings.sources, most)?;
    run(recording, settings, progress, cancel, |work| {
        work.components(settings)
    })
}

/// As [`resume`](super::resume()), for factors with channel gains.
pub(super) fn resume(
    recording: &AudioBuffer,
    settings: &SeparationSettings,
    factors: &Factors,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    let channels = recording.channel_count();
    sources::check(settings.sources, factors.components())?;
    let components = factors.components();
    let gains = match factors.channel_gains() {
        Some(gains) => gains.clone(),
        None => Matrix::from_fn(channels, components, |_, _| 1.0),
    };
    let start = TensorModel {
        templates: factors.templates().clone(),
        activations: factors.activations().clone(),
        channel_gains: gains,
    };
    run(recording, settings, progress, cancel, |work| {
        work.go_on(&start, settings.sources)
    })
}

/// Everything around finding the factors.
fn run(
    recording: &AudioBuffer,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
    find: impl FnOnce(&Work<'_>) -> Result<Found, SeparationError>,
) -> Result<Outcome<Separation>, SeparationError> {
    let stft = Stft::new(settings.stft)?;
    let channels = recording.channel_count();
    let frames = stft.frame_count(recording.frames());
    let floats = stft.bins() as u64 * frames as u64 * (channels as u64 + 1);
    pipeline::check_memory(floats * 4 + (200 << 20))?;

    let mut timings = Timings::default();
    let start = Instant::now();
    let scale = Scale::of(recording.channels());
    let gains = !settings.without.contains(&Ingredient::Gains);
    let v = if gains {
        magnitudes_of_channels(recording, &stft, scale, progress, cancel)?
    } else {
        let added = magnitudes(recording, &stft, scale, progress, cancel)?;
        added.map(|v| Channels::new(v, 1)).transpose()?
    };
    let Some(v) = v else {
        return Ok(Outcome::Cancelled);
    };
    timings.stft = start.elapsed().as_secs_f64();

    let axes = Axes::new(settings.stft, recording.rate());
    let seen = Seen {
        v: &v,
        stft,
        axes,
        scale,
    };
    let done = taken_apart(seen, settings, progress, cancel, find)?;
    let Outcome::Done(mut result) = done else {
        return Ok(Outcome::Cancelled);
    };
    result.timings.stft = timings.stft;
    Ok(Outcome::Done(result))
}

/// The magnitudes of a recording, or of a part of it, and how they came about.
pub(super) struct Seen<'a> {
    pub v: &'a Channels,
    pub stft: Stft,
    pub axes: Axes,
    pub scale: Scale,
}

/// As [`separate`], from the magnitudes alone.
pub(super) fn separate_seen(
    seen: Seen<'_>,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    sources::check(settings.sources, seen.v.bins().min(seen.v.frames()))?;
    taken_apart(seen, settings, progress, cancel, |work| {
        work.find(settings.sources)
    })
}

fn taken_apart(
    seen: Seen<'_>,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
    find: impl FnOnce(&Work<'_>) -> Result<Found, SeparationError>,
) -> Result<Outcome<Separation>, SeparationError> {
    let Seen {
        v,
        stft,
        axes,
        scale,
    } = seen;
    let mut timings = Timings::default();
    let start = Instant::now();
    let stop = || cancel.is_cancelled();
    let work = Work {
        v,
        grouper: Grouper {
            axes,
            click: component::click(stft.settings()),
            without: &settings.without,
            stop: &stop,
        },
        effort: Effort::of(settings),
        nmf: &settings.nmf,
        progress,
        cancel,
    };
    let Outcome::Done(found) = Outcome::unless_stopped(find(&work))? else {
        return Ok(Outcome::Cancelled);
    };
    if cancel.is_cancelled() {
        return Ok(Outcome::Cancelled);
    }
    progress.report(Phase::Factorize, 1.0);
    timings.factorize = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let described = Outcome::unless_stopped(work.describe(found, stft, scale))?;
    let Outcome::Done(result) = described else {
        return Ok(Outcome::Cancelled);
    };
    progress.report(Phase::Mask, 1.0);
    timings.mask = start.elapsed().as_secs_f64();
    Ok(Outcome::Done(Separation { timings, ..result }))
}

/// The final model, and the source of each of its components.
struct Found {
    result: TensorFactorization,
    labels: Vec<usize>,
    /// How well other runs found each component again; empty where that is not known.
    stability: Vec<f64>,
    /// Whether the components keep their order.
    ordered: bool,
    /// Whether the sources come from grouping, and are not one for each component.
    grouped: bool,
    /// Why there are so many.
    choice: Option<ComponentChoice>,
}

struct Work<'a> {
    v: &'a Channels,
    grouper: Grouper<'a>,
    effort: Effort,
    nmf: &'a Settings,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
}

/// The atoms of a model, to be grouped.
fn atoms_of(model: &TensorModel) -> Atoms<'_> {
    Atoms {
        templates: &model.templates,
        activations: &model.activations,
        gains: &model.channel_gains,
    }
}

impl Work<'_> {
    fn find(&self, wanted: SourceCount) -> Result<Found, SeparationError> {
        let excerpt = excerpt(self.v);
        Search::new(self, excerpt.as_ref(), wanted).run()
    }

    /// Shows a model of the whole recording after so many iterations of a limit, with what its
    /// divergence is.
    fn show(
        &self,
        stage: Stage,
        (number, limit, divergence): (usize, usize, Option<f64>),
        model: &dyn Fn() -> Result<TensorModel, NmfError>,
    ) -> ControlFlow<()> {
        let factors = || {
            let model = model()?;
            let (w, h) = (model.templates, model.activations);
            Factors::with_channel_gains(w, h, model.channel_gains)
        };
        self.progress.iterated(&Iteration {
            stage,
            number,
            limit,
            divergence,
            // Atoms of their own are found for each source, while the pooled ones stay.
            changed: divergence.is_some(),
            factors: &factors,
        })
    }

    fn stage(&self, iterations: usize) -> Settings {
        Settings {
            iterations: iterations.min(self.nmf.iterations),
            ..self.nmf.clone()
        }
    }

    /// Puts the components in order and measures them.
    fn describe(
        &self,
        found: Found,
        stft: Stft,
        scale: Scale,
    ) -> Result<Separation, SeparationError> {
        let Found {
            result,
            labels,
            stability,
            ordered,
            grouped,
            choice,
        } = found;
        let mut factorization = result.factorization;
        let fitted = TensorModel {
            templates: factorization.templates,
            activations: factorization.activations,
            channel_gains: result.channel_gains,
        };
        let centroids: Vec<f64> = (0..labels.len())
            .map(|k| component::centroid(fitted.templates.column(k)))
            .collect();
        let mut order: Vec<usize> = (0..labels.len()).collect();
        if !ordered {
            order.sort_by(|&a, &b| centroids[a].total_cmp(&centroids[b]));
        }
        let (axes, click) = (self.grouper.axes, self.grouper.click);
        let fitted = selected(&fitted, &order);
        let labels: Vec<usize> = order.iter().map(|&k| labels[k]).collect();

        let (dendrogram, confidence) = if grouped {
            let (tree, confidence) = self.grouper.tree(atoms_of(&fitted), &labels)?;
            (Some(tree), confidence.into_iter().map(Some).collect())
        } else {
            (None, vec![None; labels.len()])
        };
        let groups = labels.iter().max().map_or(0, |&last| last + 1);
        factorization.templates = fitted.templates;
        factorization.activations = fitted.activations;
        let mut components = component::measure(&factorization, axes, click);
        for ((component, confidence), &k) in components.iter_mut().zip(confidence).zip(&order) {
            component.confidence = confidence;
            component.stability = stability.get(k).copied();
        }
        let groups = match &dendrogram {
            Some(tree) => tree.cut(groups),
            None => (0..labels.len()).map(|k| vec![k]).collect(),
        };
        let measured = Measured {
            components: &components,
            templates: &factorization.templates,
            activations: &factorization.activations,
            stft: stft.settings(),
        };
        let sources = sources::sources(groups, &measured);
        Ok(Separation {
            factorization,
            channel_gains: (self.v.channels() > 1).then_some(fitted.channel_gains),
            order,
            components,
            sources,
            dendrogram,
            stft,
            scale,
            choice,
            timings: Timings::default(),
        })
    }
}
