//! The trial whether each source is one component.

use super::search::Search;
use crate::nmf::{Init, NmfError, Settings, Stopped, TensorFactorization, factorize_tensor};
use crate::separation::Stage;
use crate::separation::effort::FEW;
use crate::separation::stability::{Best, Comparable};

/// Below this share of the divergence of one component, as many components as sources explain the
/// recording: each source is one.
const SIMPLE: f64 = 0.3;
/// Where the number of sources is not given, the fewest components are the sources that leave no
/// more than this share.
const EXACT: f64 = 0.05;
/// Other starts are tried where the first one leaves no more than so many times the share that is
/// asked for.
const PERHAPS_SIMPLE: f64 = 4.0 / 3.0;
const PERHAPS_EXACT: f64 = 4.0;
/// A recording of which one component leaves no more than this share of all magnitudes has nothing
/// to be shared among more: of a tone that comes and goes a fifth is left, of two such tones twice
/// that.
const NOTHING: f64 = 0.25;
const STARTS: u64 = 4;
const ITERATIONS: usize = 150;

/// What components may leave, as a divergence.
#[derive(Clone, Copy)]
struct Bounds {
    /// What is little enough.
    enough: f64,
    /// What is worth other starts.
    perhaps: f64,
}

/// Trials in what is searched.
pub(super) struct Trials<'a> {
    search: &'a Search<'a>,
    /// Updates that have been made.
    made: f64,
}

impl<'a> Trials<'a> {
    pub fn new(search: &'a Search<'a>) -> Self {
        Self { search, made: 0.0 }
    }

    /// As many components as sources, where these explain the recording, or where the user keeps
    /// what has been found.
    pub fn simple(&mut self, wanted: usize) -> Result<Option<Best<TensorFactorization>>, NmfError> {
        // More components than a few explain anything better, so that less must remain.
        let strict = FEW as f64 / wanted.max(FEW) as f64;
        let enough = SIMPLE * strict * self.left_by_one()?;
        let perhaps = PERHAPS_SIMPLE * enough;
        self.explained(wanted, Bounds { enough, perhaps })
    }

    /// The fewest components that leave hardly anything of a recording that one does not explain.
    pub fn exact(&mut self) -> Result<Option<Best<TensorFactorization>>, NmfError> {
        // Other divergences are in another measure than the magnitudes.
        if !self.search.work.nmf.divergence.is_kullback_leibler() {
            return Ok(None);
        }
        let one = self.left_by_one()?;
        let magnitudes = self.search.v.stacked().as_slice();
        let all: f64 = magnitudes.iter().map(|&x| f64::from(x)).sum();
        if one <= NOTHING * all {
            return Ok(None);
        }
        let enough = EXACT * one;
        let perhaps = PERHAPS_EXACT * enough;
        let most = FEW.min(self.search.largest());
        for count in 2..=most {
            let found = self.explained(count, Bounds { enough, perhaps })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The divergence that one component leaves.
    fn left_by_one(&mut self) -> Result<f64, NmfError> {
        Ok(self.fit(1, Init::NndsvdA, 0, 5)?.divergence())
    }

    /// So many components, where they leave little enough.
    fn explained(
        &mut self,
        components: usize,
        bounds: Bounds,
    ) -> Result<Option<Best<TensorFactorization>>, NmfError> {
        let kept = |f: &TensorFactorization| f.factorization.stopped == Stopped::ByHook;
        let trial = self.search.work.effort.trial;
        let first = self.fit(components, Init::NndsvdA, 0, trial)?;
        if kept(&first) {
            return Ok(Some(Best::only(first)));
        }
        if first.divergence() > bounds.perhaps {
            return Ok(None);
        }
        let (mut others, mut keep) = (Vec::new(), false);
        for seed in 1..=STARTS {
            let other = self.fit(components, Init::Random, seed, ITERATIONS)?;
            keep = kept(&other);
            others.push(other);
            if keep {
                break;
            }
        }
        let best = Best::of(first, others);
        let enough = keep || best.found.divergence() <= bounds.enough;
        Ok(enough.then_some(best))
    }

    fn fit(
        &mut self,
        components: usize,
        init: Init,
        seed: u64,
        iterations: usize,
    ) -> Result<TensorFactorization, NmfError> {
        let search = self.search;
        let settings = Settings {
            components,
            init,
            seed,
            ..search.work.stage(iterations)
        };
        let limit = settings.iterations;
        let each = (components * search.v.frames()) as f64;
        let (made, stop) = (self.made, search.work.grouper.stop);
        let found = factorize_tensor(search.v, &settings, stop, &mut |step| {
            search.report_tried(made + each * step.iteration() as f64);
            let seen = (step.iteration(), limit, Some(step.divergence()));
            search.show(Stage::Trial, seen, &|| step.model())
        })?;
        self.made += each * found.factorization.iterations as f64;
        Ok(found)
    }
}
