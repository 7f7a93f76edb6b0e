//! The way to sources: atoms of several factorizations, grouped, and atoms of each group's own.

use std::ops::ControlFlow;

use super::trial::Trials;
use super::{Found, SOURCES_GUESSED, Work, atoms_of};
use crate::nmf::{
    Channels, NmfError, Settings, Stopped, TensorFactorization, TensorModel, TensorStep,
    with_activations_of,
};
use crate::separation::effort::Course;
use crate::separation::grouping::pool::{model, runs_of, side_by_side};
use crate::separation::grouping::refine::{atoms_of_groups, fit_together};
use crate::separation::grouping::votes::Votes;
use crate::separation::stability::{Best, found_again};
use crate::separation::{Ingredient, Phase, SeparationError, SourceCount, Stage};

/// Updates of the activations that make a model of stretches one of the whole recording.
const SPREAD: usize = 6;

/// A search for sources, in the recording or in stretches of it.
pub(super) struct Search<'a> {
    pub(super) work: &'a Work<'a>,
    /// The magnitudes of the recording, or of the stretches.
    pub(super) v: &'a Channels,
    stretches: bool,
    wanted: SourceCount,
    /// Atoms of each run.
    counts: Vec<usize>,
    course: Course,
    /// Updates that the first trials take where nothing comes of them.
    expected: f64,
}

impl<'a> Search<'a> {
    pub fn new(work: &'a Work<'a>, stretches: Option<&'a Channels>, wanted: SourceCount) -> Self {
        let v = stretches.unwrap_or(work.v);
        let each = match wanted {
            SourceCount::Fixed(wanted) => wanted,
            SourceCount::Auto | SourceCount::Components => SOURCES_GUESSED,
        };
        let largest = v.bins().min(v.frames());
        let counts = work.effort.atoms(each, largest);
        let frames = (v.frames(), work.v.frames());
        let updates = work.effort.updates(&counts, each, wanted, frames, largest);
        Self {
            work,
            v,
            stretches: stretches.is_some(),
            wanted,
            counts,
            course: Course::new(updates),
            expected: updates[0],
        }
    }

    pub fn run(&self) -> Result<Found, SeparationError> {
        self.report(0.0, 0.0, 0.0);
        let mut trials = Trials::new(self);
        let simple = match self.wanted {
            _ if !self.has(Ingredient::Simple) => None,
            SourceCount::Fixed(wanted) => trials.simple(wanted)?,
            SourceCount::Auto => trials.exact()?,
            SourceCount::Components => None,
        };
        if let Some(simple) = simple {
            return self.as_components(simple, self.course.runs);
        }
        let (runs, kept) = self.atoms()?;
        let atoms = side_by_side(&runs);
        if !self.has(Ingredient::Grouping) {
            let labels = (0..atoms.templates.cols()).collect();
            return self.keep(atoms, labels);
        }
        let likely = self.work.grouper.measure(atoms_of(&atoms))?;
        let Votes { labels, shares } = likely.group(self.wanted)?;
        if kept || !self.has(Ingredient::Second) {
            return self.keep(atoms, labels);
        }
        let found = shares.first().map_or(0, Vec::len);
        if self.wanted == SourceCount::Auto
            && (2..=self.largest()).contains(&found)
            && self.has(Ingredient::Simple)
            && let Some(simple) = trials.simple(found)?
            // Who keeps what there is by now means the atoms that have been seen.
            && simple.found.factorization.stopped != Stopped::ByHook
        {
            return self.as_components(simple, self.course.own);
        }
        match self.own(&atoms, &shares)? {
            Some((start, labels)) => {
                let stability = found_again(&start, &runs);
                self.together(start, labels, stability, self.course.together)
            }
            None => self.keep(atoms, labels),
        }
    }

    /// The most components that one factorization can have here.
    pub(super) fn largest(&self) -> usize {
        self.v.bins().min(self.v.frames())
    }

    fn has(&self, ingredient: Ingredient) -> bool {
        self.work.grouper.has(ingredient)
    }

    fn report(&self, from: f64, to: f64, done: f64) {
        let fraction = from + (to - from) * done;
        self.work.progress.report(Phase::Factorize, fraction);
    }

    /// Tells of so many updates of the trials.
    pub(super) fn report_tried(&self, updates: f64) {
        let done = updates / self.expected.max(1.0);
        // Beyond that it would be the same again, or less than what has come since.
        if done < 1.0 {
            self.report(0.0, self.course.runs, done);
        }
    }

    /// Shows a model of what is searched.
    pub(super) fn show(
        &self,
        stage: Stage,
        seen: (usize, usize, Option<f64>),
        model: &dyn Fn() -> TensorModel,
    ) -> ControlFlow<()> {
        self.work.show(stage, seen, &|| self.of_the_whole(model()))
    }

    /// A model, which may be one of stretches, as one of the whole recording.
    fn of_the_whole(&self, model: TensorModel) -> Result<TensorModel, NmfError> {
        if !self.stretches {
            return Ok(model);
        }
        let settings = Settings {
            iterations: SPREAD,
            ..self.work.nmf.clone()
        };
        with_activations_of(self.work.v, &model, &settings, self.work.grouper.stop)
    }

    /// The atoms of each run, and whether the user keeps them as they are.
    fn atoms(&self) -> Result<(Vec<TensorModel>, bool), SeparationError> {
        let Course { runs, own, .. } = self.course;
        let stage = self.work.stage(self.work.effort.pool);
        let (limit, of) = (stage.iterations, self.counts.len());
        let (mut kept, mut run) = (false, 0);
        self.report(runs, own, 0.0);
        let stop = self.work.grouper.stop;
        let atoms = runs_of(self.v, &self.counts, &stage, stop, &mut |done, step| {
            self.report(runs, own, done);
            run += usize::from(step.iteration() == 1);
            let stage = Stage::Run { number: run, of };
            let seen = (step.iteration(), limit, Some(step.divergence()));
            let watched = self.show(stage, seen, &|| step.model());
            kept |= watched.is_break();
            watched
        })?;
        Ok((atoms, kept))
    }

    /// Atoms of each group's own, and the group of each; `None` where the user keeps the pooled
    /// ones.
    fn own(
        &self,
        atoms: &TensorModel,
        shares: &[Vec<f64>],
    ) -> Result<Option<(TensorModel, Vec<usize>)>, SeparationError> {
        let Course { own, together, .. } = self.course;
        let stage = self.work.stage(self.work.effort.own);
        let limit = stage.iterations;
        let stop = self.work.grouper.stop;
        Ok(atoms_of_groups(
            self.v,
            atoms,
            shares,
            &stage,
            stop,
            &|done| {
                self.report(own, together, done);
                self.show(Stage::Own, (limit, limit, None), &|| atoms.clone())
            },
        )?)
    }

    /// The result where each source is one component.
    fn as_components(
        &self,
        best: Best<TensorFactorization>,
        before: f64,
    ) -> Result<Found, SeparationError> {
        let start = model(best.found);
        let labels = (0..start.templates.cols()).collect();
        self.together(start, labels, best.stability, before)
    }

    /// The result where the user keeps the pooled atoms as they are.
    fn keep(&self, atoms: TensorModel, labels: Vec<usize>) -> Result<Found, SeparationError> {
        self.fitted(atoms, labels, 0, &mut |_| ControlFlow::Continue(()))
    }

    /// Fits all components together to the whole recording, after this share of the work.
    fn together(
        &self,
        start: TensorModel,
        labels: Vec<usize>,
        stability: Vec<f64>,
        before: f64,
    ) -> Result<Found, SeparationError> {
        let limit = self.work.stage(self.work.effort.together).iterations;
        let found = self.fitted(start, labels, limit, &mut |step| {
            let done = step.iteration() as f64 / limit.max(1) as f64;
            self.report(before, 1.0, done);
            let seen = (step.iteration(), limit, Some(step.divergence()));
            self.work.show(Stage::Together, seen, &|| Ok(step.model()))
        })?;
        Ok(Found { stability, ..found })
    }

    /// A model of the whole recording, after so many updates of all components.
    fn fitted(
        &self,
        start: TensorModel,
        labels: Vec<usize>,
        iterations: usize,
        watch: &mut dyn FnMut(&TensorStep<'_>) -> ControlFlow<()>,
    ) -> Result<Found, SeparationError> {
        let start = self.of_the_whole(start)?;
        // What activations pay is for finding sounds; what was found is as sudden as it is.
        let settings = Settings {
            continuity: 0.0,
            sparsity: 0.0,
            ..self.work.stage(iterations)
        };
        let stop = self.work.grouper.stop;
        let result = fit_together(self.work.v, &start, &labels, &settings, stop, watch)?;
        Ok(Found {
            result,
            labels,
            stability: Vec::new(),
            ordered: false,
            grouped: true,
            choice: None,
        })
    }
}
