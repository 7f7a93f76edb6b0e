//! How much work the way to sources is.

use super::grouping::refine::ATOMS;

use super::{Ingredient, Quality, SeparationSettings};

/// Atoms of each run, for each source.
const RUNS: [usize; 3] = [3, 5, 8];

/// Iterations of the three stages.
pub(super) struct Effort {
    /// Atoms of each run, for each source.
    pub runs: &'static [usize],
    pub pool: usize,
    pub own: usize,
    pub together: usize,
}

impl Effort {
    pub fn of(settings: &SeparationSettings) -> Self {
        let effort = match settings.quality {
            Quality::Fast => Self {
                runs: &RUNS[..2],
                pool: 50,
                own: 25,
                together: 15,
            },
            Quality::Best => Self {
                runs: &RUNS,
                pool: 120,
                own: 60,
                together: 15,
            },
        };
        if settings.without.contains(&Ingredient::Runs) {
            let runs = &RUNS[1..2];
            return Self { runs, ..effort };
        }
        effort
    }
}

/// Iterations of the trial whether each source is one component.
pub(super) const TRIAL: usize = 50;

/// At which share of all updates each stage begins; the trial begins at 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    pub runs: f64,
    pub own: f64,
    pub together: f64,
}

impl Course {
    /// Of runs with so many atoms for so many sources, on `seen` frames of `all`.
    pub fn new(
        effort: &Effort,
        atoms: &[usize],
        sources: usize,
        (seen, all): (usize, usize),
    ) -> Self {
        let updates = |components: usize, frames: usize, iterations: usize| {
            components as f64 * frames as f64 * iterations as f64
        };
        let stages = [
            updates(sources, seen, TRIAL),
            updates(atoms.iter().sum(), seen, effort.pool),
            updates(ATOMS * sources, seen, effort.own),
            updates(ATOMS * sources, all, effort.together),
        ];
        let whole: f64 = stages.iter().sum();
        let until = |stage: usize| stages[..stage].iter().sum::<f64>() / whole.max(1.0);
        Self {
            runs: until(1),
            own: until(2),
            together: until(3),
        }
    }
}
