//! How much work the way to sources is.

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
                together: 40,
            },
        };
        if settings.without.contains(&Ingredient::Runs) {
            let runs = &RUNS[1..2];
            return Self { runs, ..effort };
        }
        effort
    }
}
