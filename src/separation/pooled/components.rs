//! As many components as are asked for, in one factorization.

use std::ops::ControlFlow;

use super::{Found, Work, of};
use crate::nmf::{
    Settings, TensorFactorization, TensorModel, TensorStep, factorize_tensor, factorize_tensor_from,
};
use crate::separation::choice::choose;
use crate::separation::grouping::pool::model;
use crate::separation::magnitudes::summed;
use crate::separation::{ComponentCount, Phase, SeparationError, SourceCount, Stage};

impl Work<'_> {
    /// One factorization, whose components are all there are.
    pub(super) fn components(
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
        let stop = self.grouper.stop;
        let result = factorize_tensor(self.v, &settings, stop, &mut |step| self.only(step))?;
        let found = self.found(result, wanted, false)?;
        Ok(Found { choice, ..found })
    }

    /// Shows a step of the only factorization.
    fn only(&self, step: &TensorStep<'_>) -> ControlFlow<()> {
        let (done, limit) = (step.iteration(), self.nmf.iterations);
        let fraction = done as f64 / limit.max(1) as f64;
        self.progress.report(Phase::Factorize, fraction);
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
        let watch = &mut |step: &TensorStep<'_>| self.only(step);
        let result = factorize_tensor_from(self.v, start, None, self.nmf, stop, watch)?;
        self.found(result, wanted, true)
    }

    /// A factorization with the source of each of its components.
    fn found(
        &self,
        result: TensorFactorization,
        wanted: SourceCount,
        ordered: bool,
    ) -> Result<Found, SeparationError> {
        let grouped = wanted != SourceCount::Components;
        let labels = if grouped {
            let atoms = model(result.clone());
            let likely = self.grouper.measure(of(&atoms))?;
            likely.group_components(wanted)?
        } else {
            (0..result.channel_gains.cols()).collect()
        };
        Ok(Found {
            result,
            labels,
            ordered,
            grouped,
            choice: None,
        })
    }
}
