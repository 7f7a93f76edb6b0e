//! The trial whether each source is one component.

use super::Work;
use crate::nmf::{
    Channels, Init, NmfError, Settings, Stop, Stopped, TensorFactorization, factorize_tensor,
};
use crate::separation::Stage;

/// Below this share of the divergence of one component, as many components as sources explain the
/// recording: each source is one.
const SIMPLE: f64 = 0.3;
/// What the simple model is tried for at all, before other starts are.
const PERHAPS_SIMPLE: f64 = 0.4;
/// More components than this explain anything better, so that less must remain.
const FEW: usize = 4;
const SIMPLE_STARTS: u64 = 4;

impl Work<'_> {
    /// As many components as sources, where these explain the recording, or where the user keeps
    /// what has been found.
    pub(super) fn simple(
        &self,
        v: &Channels,
        wanted: usize,
        stretches: bool,
        stop: Stop<'_>,
    ) -> Result<Option<TensorFactorization>, NmfError> {
        let fit = |components: usize, init: Init, seed: u64, iterations: usize| {
            let settings = Settings {
                components,
                init,
                seed,
                ..self.stage(iterations)
            };
            let limit = settings.iterations;
            factorize_tensor(v, &settings, stop, &mut |step| {
                let seen = (step.iteration(), limit, Some(step.divergence()));
                self.show(Stage::Trial, seen, stretches, &|| step.model())
            })
        };
        let last = |f: &TensorFactorization| {
            let curve = &f.factorization.divergence_curve;
            curve.last().copied().unwrap_or(f64::MAX)
        };
        let kept = |f: &TensorFactorization| f.factorization.stopped == Stopped::ByHook;
        let strict = FEW as f64 / wanted.max(FEW) as f64;
        let one = strict * last(&fit(1, Init::NndsvdA, 0, 5)?);
        let mut best = fit(wanted, Init::NndsvdA, 0, self.effort.trial)?;
        if kept(&best) {
            return Ok(Some(best));
        }
        if last(&best) > PERHAPS_SIMPLE * one {
            return Ok(None);
        }
        for seed in 1..=SIMPLE_STARTS {
            let other = fit(wanted, Init::Random, seed, 150)?;
            let keep = kept(&other);
            if last(&other) < last(&best) {
                best = other;
            }
            if keep {
                return Ok(Some(best));
            }
        }
        Ok((last(&best) <= SIMPLE * one).then_some(best))
    }
}
