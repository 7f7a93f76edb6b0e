//! The trial whether each source is one component.

use super::Work;
use crate::nmf::{
    Channels, Init, NmfError, Settings, Stop, Stopped, TensorFactorization, factorize_tensor,
};
use crate::separation::Stage;

/// Below this share of the divergence of one component, as many components as sources explain the
/// recording: each source is one.
const SIMPLE: f64 = 0.3;
/// Where the number of sources is not given, the fewest components are the sources that leave no
/// more than this share.
const EXACT: f64 = 0.05;
/// What the simple model is tried for at all, before other starts are.
const PERHAPS_SIMPLE: f64 = 0.4;
/// A recording of which one component leaves no more than this share of all magnitudes has nothing
/// to be shared among more: of a tone that comes and goes a fifth is left, of two such tones twice
/// that.
const NOTHING: f64 = 0.25;
/// More components than this explain anything better, so that less must remain.
const FEW: usize = 4;
const SIMPLE_STARTS: u64 = 4;

/// What is taken apart in trials.
#[derive(Clone, Copy)]
pub(super) struct Tried<'a> {
    pub v: &'a Channels,
    /// Whether it is stretches of the recording.
    pub stretches: bool,
    pub stop: Stop<'a>,
}

impl Work<'_> {
    /// As many components as sources, where these explain the recording, or where the user keeps
    /// what has been found.
    pub(super) fn simple(
        &self,
        tried: Tried<'_>,
        wanted: usize,
    ) -> Result<Option<TensorFactorization>, NmfError> {
        let strict = FEW as f64 / wanted.max(FEW) as f64;
        let one = strict * last(&self.fit(tried, 1, Init::NndsvdA, 0, 5)?);
        self.explains(tried, wanted, (one, SIMPLE))
    }

    /// The fewest components that leave hardly anything of a recording that one does not explain.
    pub(super) fn exact(&self, tried: Tried<'_>) -> Result<Option<TensorFactorization>, NmfError> {
        // Other divergences are in another measure than the magnitudes.
        if !self.nmf.divergence.is_kullback_leibler() {
            return Ok(None);
        }
        let one = last(&self.fit(tried, 1, Init::NndsvdA, 0, 5)?);
        let magnitudes = tried.v.stacked().as_slice();
        let all: f64 = magnitudes.iter().map(|&x| f64::from(x)).sum();
        if one <= NOTHING * all {
            return Ok(None);
        }
        let most = FEW.min(tried.v.bins()).min(tried.v.frames());
        for count in 2..=most {
            let found = self.explains(tried, count, (one, EXACT))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// So many components, where they leave no more than a share of a divergence.
    fn explains(
        &self,
        tried: Tried<'_>,
        components: usize,
        (one, share): (f64, f64),
    ) -> Result<Option<TensorFactorization>, NmfError> {
        let kept = |f: &TensorFactorization| f.factorization.stopped == Stopped::ByHook;
        let mut best = self.fit(tried, components, Init::NndsvdA, 0, self.effort.trial)?;
        if kept(&best) {
            return Ok(Some(best));
        }
        if last(&best) > PERHAPS_SIMPLE * one {
            return Ok(None);
        }
        for seed in 1..=SIMPLE_STARTS {
            let other = self.fit(tried, components, Init::Random, seed, 150)?;
            let keep = kept(&other);
            if last(&other) < last(&best) {
                best = other;
            }
            if keep {
                return Ok(Some(best));
            }
        }
        Ok((last(&best) <= share * one).then_some(best))
    }

    fn fit(
        &self,
        tried: Tried<'_>,
        components: usize,
        init: Init,
        seed: u64,
        iterations: usize,
    ) -> Result<TensorFactorization, NmfError> {
        let settings = Settings {
            components,
            init,
            seed,
            ..self.stage(iterations)
        };
        let limit = settings.iterations;
        factorize_tensor(tried.v, &settings, tried.stop, &mut |step| {
            let seen = (step.iteration(), limit, Some(step.divergence()));
            self.show(Stage::Trial, seen, tried.stretches, &|| step.model())
        })
    }
}

/// The divergence that a factorization has come to.
fn last(f: &TensorFactorization) -> f64 {
    let curve = &f.factorization.divergence_curve;
    curve.last().copied().unwrap_or(f64::MAX)
}
