//! How much work the way to sources is.

use super::grouping::refine::ATOMS;
use super::{Ingredient, Quality, SeparationSettings, SourceCount};

/// Atoms of each run, for each source.
const RUNS: [usize; 3] = [3, 5, 8];
/// Most atoms of one run, unless there are more sources.
const MOST_ATOMS: usize = 64;
/// Iterations of the trial whether each source is one component.
const TRIAL: usize = 50;
/// The most components of which it is tried whether they are all there is, where the number of
/// sources is not given.
pub(super) const FEW: usize = 4;

/// Iterations of each stage, none more than the settings allow.
pub(super) struct Effort {
    /// Atoms of each run, for each source.
    runs: &'static [usize],
    pub trial: usize,
    pub pool: usize,
    pub own: usize,
    pub together: usize,
}

impl Effort {
    pub fn of(settings: &SeparationSettings) -> Self {
        let (runs, pool, own) = match settings.quality {
            Quality::Fast => (&RUNS[..2], 50, 25),
            Quality::Best => (&RUNS[..], 120, 60),
        };
        let one = settings.without.contains(&Ingredient::Runs);
        let most = settings.nmf.iterations;
        Self {
            runs: if one { &RUNS[1..2] } else { runs },
            trial: TRIAL.min(most),
            pool: most.min(pool),
            own: most.min(own),
            together: most.min(15),
        }
    }

    /// Atoms of each run for so many sources, where no factorization has more than `largest`.
    pub fn atoms(&self, sources: usize, largest: usize) -> Vec<usize> {
        let most = MOST_ATOMS.max(sources).min(largest);
        let runs = self.runs.iter();
        runs.map(|run| run.saturating_mul(sources).min(most))
            .collect()
    }

    /// The updates of the stages, as components times frames: of the trial, as far as nothing comes
    /// of it; of runs with so many atoms for so many sources; of the atoms of each source; and of
    /// all together. All but the last are on `seen` frames of `all`, and no source has more than
    /// `largest` atoms.
    pub fn updates(
        &self,
        atoms: &[usize],
        sources: usize,
        wanted: SourceCount,
        (seen, all): (usize, usize),
        largest: usize,
    ) -> [f64; 4] {
        let tried = match wanted {
            SourceCount::Fixed(wanted) => wanted,
            SourceCount::Auto => (2..=FEW).sum(),
            SourceCount::Components => 0,
        };
        let atoms = atoms
            .iter()
            .fold(0, |sum: usize, &run| sum.saturating_add(run));
        let own = sources.saturating_mul(ATOMS.min(largest));
        [
            (tried, seen, self.trial),
            (atoms, seen, self.pool),
            (own, seen, self.own),
            (own, all, self.together),
        ]
        .map(|(components, frames, iterations)| {
            components as f64 * frames as f64 * iterations as f64
        })
    }
}

/// At which share of all updates each stage begins; the trial begins at 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    pub runs: f64,
    pub own: f64,
    pub together: f64,
}

impl Course {
    /// Of [stages](Effort::updates) with so many updates.
    pub fn new([trial, runs, own, together]: [f64; 4]) -> Self {
        let whole = (trial + runs + own + together).max(1.0);
        Self {
            runs: trial / whole,
            own: (trial + runs) / whole,
            together: (trial + runs + own) / whole,
        }
    }
}
