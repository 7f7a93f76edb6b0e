//! Sources by way of atoms: several factorizations, grouping, and a second stage.

mod trial;

use std::ops::ControlFlow;
use std::time::Instant;

use trial::Tried;

use super::choice::choose;
use super::effort::{Course, Effort};
pub(super) use super::grouping::grouper::MOST_SOURCES;
use super::grouping::grouper::{Atoms, Grouper};
use super::grouping::pool::{model, pool, selected};
pub(super) use super::grouping::refine::ATOMS;
use super::grouping::refine::{atoms_of_groups, fit_together};
use super::grouping::sources;
use super::grouping::votes::Votes;
use super::magnitudes::{click, excerpt, magnitudes, magnitudes_of_channels, summed};
use super::{
    Cancel, ComponentChoice, ComponentCount, Factors, Ingredient, Iteration, Outcome, Phase,
    Progress, Separation, SeparationError, SeparationSettings, SourceCount, Stage, Timings,
    component, pipeline,
};
use crate::audio::AudioBuffer;
use crate::nmf::{
    Channels, Matrix, NmfError, Settings, Stop, Stopped, TensorFactorization, TensorModel,
    TensorStep, check_components, factorize_tensor, factorize_tensor_from, with_activations_of,
};
use crate::spectral::{Axes, Scale, Stft};

/// Sources that the runs are made for where their number is to be found.
pub(super) const SOURCES_GUESSED: usize = 4;
/// Frames from which the grouping is found; of longer recordings, stretches spread evenly.
pub(super) const FRAMES: usize = 1800;
/// Updates of the activations that make a model of stretches one of the whole recording.
const SPREAD: usize = 6;

/// As [`separate`](super::separate()), for sources whose components are not asked for.
pub(super) fn separate(
    recording: &AudioBuffer,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    let stft = Stft::new(settings.stft)?;
    let largest = stft.bins().min(stft.frame_count(recording.frames()));
    if let SourceCount::Fixed(wanted) = settings.sources
        && !(1..=largest).contains(&wanted)
    {
        return Err(SeparationError::Sources {
            sources: wanted,
            components: largest,
        });
    }
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
        work.components(settings.components, settings.sources)
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
            click: click(&stft, axes),
            without: &settings.without,
            stop: &stop,
        },
        effort: Effort::of(settings),
        nmf: &settings.nmf,
        progress,
        cancel,
    };
    let found = match find(&work) {
        Err(SeparationError::Factorize(NmfError::Stopped)) => return Ok(Outcome::Cancelled),
        result => result?,
    };
    if cancel.is_cancelled() {
        return Ok(Outcome::Cancelled);
    }
    progress.report(Phase::Factorize, 1.0);
    timings.factorize = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let result = match work.describe(found, stft, scale) {
        Err(SeparationError::Factorize(NmfError::Stopped)) => return Ok(Outcome::Cancelled),
        result => result?,
    };
    progress.report(Phase::Mask, 1.0);
    timings.mask = start.elapsed().as_secs_f64();
    Ok(Outcome::Done(Separation { timings, ..result }))
}

/// The final model, and the source of each of its components.
struct Found {
    result: TensorFactorization,
    labels: Vec<usize>,
    /// Whether the components keep their order.
    ordered: bool,
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
fn of(model: &TensorModel) -> Atoms<'_> {
    Atoms {
        templates: &model.templates,
        activations: &model.activations,
        gains: &model.channel_gains,
    }
}

impl Work<'_> {
    fn find(&self, wanted: SourceCount) -> Result<Found, SeparationError> {
        self.progress.report(Phase::Factorize, 0.0);
        let stop = || self.cancel.is_cancelled();
        let excerpt = excerpt(self.v);
        let v = excerpt.as_ref().unwrap_or(self.v);
        let each = match wanted {
            SourceCount::Fixed(wanted) => wanted,
            SourceCount::Auto | SourceCount::Components => SOURCES_GUESSED,
        };
        let largest = v.bins().min(v.frames());
        let counts = self.effort.atoms(each, largest);
        let trial = (each * v.frames() * self.effort.trial) as f64;
        let frames = (v.frames(), self.v.frames());
        let updates = self.effort.updates(&counts, each, frames, largest);
        let course = Course::new(trial, updates);
        let stretches = excerpt.is_some();
        let tried = Tried {
            v,
            stretches,
            stop: &stop,
        };
        let simple = match wanted {
            _ if !self.grouper.has(Ingredient::Simple) => None,
            SourceCount::Fixed(wanted) => self.simple(tried, wanted)?,
            SourceCount::Auto => self.exact(tried)?,
            SourceCount::Components => None,
        };
        if let Some(simple) = simple {
            return self.as_components(simple, stretches, course.runs, &stop);
        }
        self.progress.report(Phase::Factorize, course.runs);
        let stage = self.stage(self.effort.pool);
        let limit = stage.iterations;
        let (mut kept, mut run) = (false, 0);
        let atoms = pool(v, &counts, &stage, &stop, &mut |done, step| {
            let done = course.runs + (course.own - course.runs) * done;
            self.progress.report(Phase::Factorize, done);
            run += usize::from(step.iteration() == 1);
            let of = counts.len();
            let stage = Stage::Run { number: run, of };
            let seen = (step.iteration(), limit, Some(step.divergence()));
            let watched = self.show(stage, seen, stretches, &|| step.model());
            kept |= watched.is_break();
            watched
        })?;
        if !self.grouper.has(Ingredient::Grouping) {
            let labels = (0..atoms.templates.cols()).collect();
            return self.keep(atoms, labels, stretches);
        }
        let Votes { labels, shares } = self.group(&atoms, wanted)?;
        if kept || !self.grouper.has(Ingredient::Second) {
            return self.keep(atoms, labels, stretches);
        }
        let found = shares.first().map_or(0, Vec::len);
        if wanted == SourceCount::Auto
            && found > 1
            && self.grouper.has(Ingredient::Simple)
            && let Some(simple) = self.simple(tried, found)?
            // Who keeps what there is by now means the atoms that have been seen.
            && simple.factorization.stopped != Stopped::ByHook
        {
            return self.as_components(simple, stretches, course.own, &stop);
        }
        let stage = self.stage(self.effort.own);
        let own = atoms_of_groups(v, &atoms, &shares, &stage, &stop, &|done| {
            let done = course.own + (course.together - course.own) * done;
            self.progress.report(Phase::Factorize, done);
            self.show(Stage::Own, (limit, limit, None), stretches, &|| {
                atoms.clone()
            })
        })?;
        match own {
            Some((start, labels)) => {
                self.together(start, labels, stretches, course.together, &stop)
            }
            None => self.keep(atoms, labels, stretches),
        }
    }

    /// The result where each source is one component.
    fn as_components(
        &self,
        found: TensorFactorization,
        stretches: bool,
        before: f64,
        stop: Stop<'_>,
    ) -> Result<Found, SeparationError> {
        let start = model(found);
        let labels = (0..start.templates.cols()).collect();
        self.together(start, labels, stretches, before, stop)
    }

    /// One factorization, whose components are all there are.
    fn components(
        &self,
        count: ComponentCount,
        wanted: SourceCount,
    ) -> Result<Found, SeparationError> {
        let mut choice = None;
        let components = if count == ComponentCount::Evidence {
            let v = summed(self.v);
            let made = choose(&v, wanted, self.progress, self.cancel)?;
            choice.insert(made).chosen
        } else {
            count.resolve(wanted, self.v.bins(), self.v.frames())
        };
        let settings = Settings {
            components,
            ..self.nmf.clone()
        };
        self.progress.report(Phase::Factorize, 0.0);
        let stop = || self.cancel.is_cancelled();
        let result = factorize_tensor(self.v, &settings, &stop, &mut |step| self.only(step))?;
        let labels = match wanted {
            SourceCount::Components => (0..components).collect(),
            _ => self
                .grouper
                .measure(of(&model(result.clone())))?
                .group_components(wanted)?,
        };
        Ok(Found {
            result,
            labels,
            ordered: false,
            choice,
        })
    }

    /// Shows a step of the only factorization.
    fn only(&self, step: &TensorStep<'_>) -> ControlFlow<()> {
        let (done, limit) = (step.iteration(), self.nmf.iterations);
        let fraction = done as f64 / limit.max(1) as f64;
        self.progress.report(Phase::Factorize, fraction);
        let seen = (done, limit, Some(step.divergence()));
        self.show(Stage::Only, seen, false, &|| step.model())
    }

    /// Shows a model after so many iterations of a limit, which started from this divergence.
    /// `stretches` says whether it is one of stretches of the recording.
    fn show(
        &self,
        stage: Stage,
        (number, limit, divergence): (usize, usize, Option<f64>),
        stretches: bool,
        model: &dyn Fn() -> TensorModel,
    ) -> ControlFlow<()> {
        let factors = || {
            let model = self.of_the_whole(model(), stretches)?;
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

    /// A model, which may be one of stretches, as one of the whole recording.
    fn of_the_whole(&self, model: TensorModel, stretches: bool) -> Result<TensorModel, NmfError> {
        if !stretches {
            return Ok(model);
        }
        let stop = || self.cancel.is_cancelled();
        with_activations_of(self.v, &model, SPREAD, &stop)
    }

    /// The result where the user keeps the pooled atoms as they are.
    fn keep(
        &self,
        atoms: TensorModel,
        labels: Vec<usize>,
        stretches: bool,
    ) -> Result<Found, SeparationError> {
        let atoms = self.of_the_whole(atoms, stretches)?;
        let stop = || self.cancel.is_cancelled();
        let as_it_is = self.stage(0);
        let go_on = &mut |_: &TensorStep<'_>| ControlFlow::Continue(());
        let result = fit_together(self.v, &atoms, &labels, &as_it_is, &stop, go_on)?;
        Ok(Found {
            result,
            labels,
            ordered: false,
            choice: None,
        })
    }

    fn stage(&self, iterations: usize) -> Settings {
        Settings {
            iterations: iterations.min(self.nmf.iterations),
            ..self.nmf.clone()
        }
    }

    /// The source of each atom, and the votes for others.
    fn group(&self, atoms: &TensorModel, wanted: SourceCount) -> Result<Votes, SeparationError> {
        Ok(self.grouper.measure(of(atoms))?.group(wanted)?)
    }

    /// Fits all components together to the whole recording, after this share of the work.
    fn together(
        &self,
        start: TensorModel,
        labels: Vec<usize>,
        anew: bool,
        before: f64,
        stop: Stop<'_>,
    ) -> Result<Found, SeparationError> {
        let start = self.of_the_whole(start, anew)?;
        let settings = self.stage(self.effort.together);
        let limit = settings.iterations;
        let result = fit_together(self.v, &start, &labels, &settings, stop, &mut |step| {
            let done = step.iteration() as f64 / limit.max(1) as f64;
            let fraction = before + (1.0 - before) * done;
            self.progress.report(Phase::Factorize, fraction);
            let seen = (step.iteration(), limit, Some(step.divergence()));
            self.show(Stage::Together, seen, false, &|| step.model())
        })?;
        Ok(Found {
            result,
            labels,
            ordered: false,
            choice: None,
        })
    }

    /// Runs on from a model; its components are grouped again.
    fn go_on(&self, start: &TensorModel, wanted: SourceCount) -> Result<Found, SeparationError> {
        self.progress.report(Phase::Factorize, 0.0);
        let stop = || self.cancel.is_cancelled();
        let watch = &mut |step: &TensorStep<'_>| self.only(step);
        let result = factorize_tensor_from(self.v, start, None, self.nmf, &stop, watch)?;
        let labels = match wanted {
            SourceCount::Components => (0..start.templates.cols()).collect(),
            _ => self
                .grouper
                .measure(of(&model(result.clone())))?
                .group_components(wanted)?,
        };
        Ok(Found {
            result,
            labels,
            ordered: true,
            choice: None,
        })
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
            ordered,
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
        let fitted = selected(&fitted, &order);
        let labels: Vec<usize> = order.iter().map(|&k| labels[k]).collect();

        let (dendrogram, confidence) = self.grouper.measure(of(&fitted))?.tree(&labels);
        let groups = labels.iter().max().map_or(0, |&last| last + 1);
        factorization.templates = fitted.templates;
        factorization.activations = fitted.activations;
        let window: f64 = stft.window().iter().map(|&x| f64::from(x)).sum();
        let window_mean = window / stft.size() as f64;
        let mut components = component::measure(&factorization, self.grouper.axes, window_mean);
        for (component, confidence) in components.iter_mut().zip(confidence) {
            component.confidence = Some(confidence);
        }
        let sources = sources::sources(dendrogram.cut(groups), &components);
        Ok(Separation {
            factorization,
            channel_gains: (self.v.channels() > 1).then_some(fitted.channel_gains),
            order,
            components,
            sources,
            dendrogram: Some(dendrogram),
            stft,
            scale,
            choice,
            timings: Timings::default(),
        })
    }
}
