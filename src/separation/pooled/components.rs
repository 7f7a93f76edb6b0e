//! As many components as are asked for, in one factorization.

use std::ops::ControlFlow;

use super::{Found, Work, atoms_of};
use crate::nmf::{
    Settings, Stopped, TensorFactorization, TensorModel, TensorStep, factorize_tensor,
    factorize_tensor_from,
};
use crate::separation::choice::choose;
use crate::separation::grouping::pool::model;
use crate::separation::magnitudes::summed;
use crate::separation::pipeline::report_start;
use crate::separation::restarts::best_of;
use crate::separation::stability::Best;
use crate::separation::{
    ComponentCount, Phase, SeparationError, SeparationSettings, SourceCount, Stage,
};

impl Work<'_> {
    /// One factorization, or the best of several starts, whose components are all there are.
    pub(super) fn components(&self, asked: &SeparationSettings) -> Result<Found, SeparationError> {
        let (wanted, starts) = (asked.sources, asked.starts());
        let mut choice = None;
        let components = if asked.components == ComponentCount::Evidence {
            let v = summed(self.v);
            let made = choose(&v, wanted, self.progress, self.cancel)?;
            choice.insert(made).chosen
        } else {
            let (bins, frames) = (self.v.bins(), self.v.frames());
            asked.components.resolve(wanted, bins, frames)
        };
        let settings = Settings {
            components,
            ..self.nmf.clone()
        };
        self.progress.report(Phase::Factorize, 0.0);
        let stop = self.grouper.stop;
        let watch = &mut |step: &TensorStep<'_>| self.only(step, starts);
        let first = factorize_tensor(self.v, &settings, stop, watch)?;
        // Who stops the first start early wants to keep what it has found.
        let best = if starts == 1 || first.factorization.stopped == Stopped::ByHook {
            Best::only(first)
        } else {
            best_of(&settings, first, starts - 1, &mut |start, settings| {
                factorize_tensor(self.v, settings, stop, &mut |step| {
                    let seen = (step.iteration(), settings);
                    report_start(self.progress, (start, starts), seen);
                    ControlFlow::Continue(())
                })
            })?
        };
        let found = self.found(best, wanted, false)?;
        Ok(Found { choice, ..found })
    }

    /// Shows a step of the first of so many starts.
    fn only(&self, step: &TensorStep<'_>, starts: usize) -> ControlFlow<()> {
        let (done, limit) = (step.iteration(), self.nmf.iterations);
        report_start(self.progress, (0, starts), (done, self.nmf));
        let seen = (done, limit, Some(step.divergence()));
        self.show(Stage::Only, seen, &|| Ok(step.model()))
    }

    /// Runs on from a model; its components are grouped again.
    pub(super) fn go_on(
        &self,
        start: &TensorModel,
        wanted: SourceCount,
    ) -> Result<Found, SeparationError> {
        self.progress.report(Phase::Factorize, 0.0);
        let stop = self.grouper.stop;
        let watch = &mut |step: &TensorStep<'_>| self.only(step, 1);
        let result = factorize_tensor_from(self.v, start, None, self.nmf, stop, watch)?;
        self.found(Best::only(result), wanted, true)
    }

    /// A factorization with the source of each of its components.
    fn found(
        &self,
        best: Best<TensorFactorization>,
        wanted: SourceCount,
        ordered: bool,
    ) -> Result<Found, SeparationError> {
        let Best {
            found: result,
            stability,
        } = best;
        let grouped = wanted != SourceCount::Components;
        let labels = if grouped {
            let atoms = model(result.clone());
            let likely = self.grouper.measure(atoms_of(&atoms))?;
            likely.group_components(wanted)?
        } else {
            (0..result.channel_gains.cols()).collect()
        };
        Ok(Found {
            result,
            labels,
            stability,
            ordered,
            grouped,
            choice: None,
        })
    }
}
