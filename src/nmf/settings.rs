//! What a factorization can be asked for.

use serde::{Deserialize, Serialize};

/// How the divergence is lowered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Plain multiplicative updates (Lee & Seung 2001).
    #[default]
    Mu,
    /// Multiplicative updates whose factors are raised to the power 1.8 as long as that lowers
    /// the divergence (Salakhutdinov & Roweis 2003). Keeps the given start.
    Relaxed,
    /// Coarse factors first, of few bands and frames, then all with Anderson acceleration (Walker
    /// & Ni 2011).
    Fast,
}

/// How the factors start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// Uniform random values, scaled so that the product has the mean of `V`.
    Random,
    /// Non-negative double singular value decomposition with its zeros set to the mean of `V`
    /// (NNDSVDa; Boutsidis & Gallopoulos 2008). Needs no luck: the seed plays no part.
    #[default]
    NndsvdA,
}

/// When the divergence is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// In every iteration: the hook and the stopping rule see each value.
    #[default]
    EveryIteration,
    /// Only at the end: the fastest, for a fixed number of iterations. The tolerance plays no part.
    AtEnd,
}

/// What a factorization is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Number of components `K`: 1 up to the smaller of bins and frames.
    pub components: usize,
    /// Most iterations; 0 gives the start back.
    pub iterations: usize,
    /// Stops when an iteration lowers the divergence by less than this share of it; 0 never does.
    pub tolerance: f64,
    /// How the divergence is lowered.
    pub algorithm: Algorithm,
    /// How the factors start.
    pub init: Init,
    /// Seed of all randomness: the same seed gives the same bits.
    pub seed: u64,
    /// When the divergence is measured.
    pub measure: Measure,
}

impl Settings {
    /// The seed where none is given.
    pub const DEFAULT_SEED: u64 = 1;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            components: 16,
            iterations: 200,
            tolerance: 1e-5,
            algorithm: Algorithm::default(),
            init: Init::default(),
            seed: Self::DEFAULT_SEED,
            measure: Measure::default(),
        }
    }
}

/// Asked in the middle of the work whether to give up.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);
