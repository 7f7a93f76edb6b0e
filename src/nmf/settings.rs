//! What a factorization can be asked for.

use serde::{Deserialize, Serialize};

use super::{Divergence, NmfError};

/// How the divergence is lowered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// [`Fast`](Self::Fast) with fewer iterations where that is known to be good
    /// ([`Settings::resolved`]), otherwise [`Mu`](Self::Mu). A given start is kept.
    #[default]
    Auto,
    /// Plain multiplicative updates (Lee & Seung 2001).
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

/// With fewer iterations it is not: the coarse levels take too much of them.
const FAST_ITERATIONS: usize = 160;
/// The share of the iterations that it is given: rarely does it take more for the divergence that
/// plain updates reach in all of them.
const FAST_SHARE: f64 = 0.4;

/// What a factorization is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Number of components `K`: 1 up to the smaller of bins and frames.
    pub components: usize,
    /// Most iterations; 0 gives the start back. With [`Algorithm::Auto`] they are plain ones, and
    /// the fast algorithm has a share of their work ([`resolved`](Self::resolved)).
    pub iterations: usize,
    /// Stops when an iteration lowers the divergence by less than this share of it; 0 never does.
    pub tolerance: f64,
    /// What is lowered. [`Algorithm::Relaxed`] and [`Algorithm::Fast`] know Kullback–Leibler only.
    pub divergence: Divergence,
    /// How much activations pay for changing from frame to frame; 0 is nothing.
    ///
    /// For each component it is `ln(1 + c)`, with `c` the sum of its squared steps over the sum of
    /// its squares (Virtanen 2007, "Monaural sound source separation by nonnegative matrix
    /// factorization with temporal continuity and sparseness criteria", eq. 10): between 0 for a
    /// sound that never changes and 1.6. The mean over the components, times the sum of `V`, times
    /// this weight is added to the divergence. Useful from about 0.01 to 1.
    pub continuity: f64,
    /// How much activations pay for sounding often; 0 is nothing.
    ///
    /// For each component it is `ln(a / b)`, with `a` the sum of its activations and `b` their
    /// Euclidean norm (Hoyer 2004): 0 for a sound in a single frame, and half the logarithm of
    /// their number for one that is always there. No scale of templates changes it, so it cannot
    /// be fooled by one. It is weighed as the continuity is.
    pub sparsity: f64,
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
    /// From so many frames on [`Algorithm::Auto`] is the fast one: 17 s with the usual transform.
    pub const FAST_FRAMES: usize = 1500;
    /// The seed where none is given.
    pub const DEFAULT_SEED: u64 = 1;

    /// Whether the activations pay for anything.
    #[must_use]
    pub fn has_penalties(&self) -> bool {
        self.continuity != 0.0 || self.sparsity != 0.0
    }

    /// The same with what [`Algorithm::Auto`] comes to for a spectrogram of so many frames.
    ///
    /// From [`FAST_FRAMES`](Self::FAST_FRAMES) and 160 iterations on it is
    /// [`Algorithm::Fast`] with two fifths of the iterations, for plain Kullback–Leibler: with
    /// fewer, the coarse levels cost more and end above plain updates more often.
    #[must_use]
    pub fn resolved(&self, frames: usize) -> Self {
        let plain = self.divergence.is_kullback_leibler() && !self.has_penalties();
        let enough = frames >= Self::FAST_FRAMES && self.iterations >= FAST_ITERATIONS;
        let (algorithm, iterations) = match self.algorithm {
            Algorithm::Auto if plain && enough => {
                let share = (self.iterations as f64 * FAST_SHARE).ceil();
                (Algorithm::Fast, share as usize)
            }
            Algorithm::Auto => (Algorithm::Mu, self.iterations),
            asked => (asked, self.iterations),
        };
        Self {
            algorithm,
            iterations,
            ..self.clone()
        }
    }

    /// Refuses what does not go together: only plain updates of Kullback–Leibler know penalties,
    /// and only plain updates know other divergences.
    ///
    /// # Errors
    /// [`NmfError::Beta`], [`NmfError::Weight`], [`NmfError::Penalties`] and
    /// [`NmfError::Algorithm`].
    pub fn check(&self) -> Result<(), NmfError> {
        let divergence = self.divergence;
        divergence.check()?;
        for (what, weight) in [("continuity", self.continuity), ("sparsity", self.sparsity)] {
            if !(0.0..f64::INFINITY).contains(&weight) {
                return Err(NmfError::Weight { what, weight });
            }
        }
        let plain = divergence.is_kullback_leibler();
        if self.has_penalties() && !plain {
            return Err(NmfError::Penalties { divergence });
        }
        let faster = matches!(self.algorithm, Algorithm::Relaxed | Algorithm::Fast);
        if faster && (self.has_penalties() || !plain) {
            return Err(NmfError::Algorithm);
        }
        Ok(())
    }

    /// Refuses what templates of several frames do not know, beyond [`check`](Self::check).
    ///
    /// # Errors
    /// [`NmfError::Convolutive`].
    pub fn check_convolutive(&self) -> Result<(), NmfError> {
        let updates = matches!(self.algorithm, Algorithm::Auto | Algorithm::Mu);
        let plain = updates && !self.has_penalties();
        if plain && self.divergence.is_kullback_leibler() {
            Ok(())
        } else {
            Err(NmfError::Convolutive)
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            components: 16,
            iterations: 200,
            tolerance: 1e-5,
            divergence: Divergence::default(),
            continuity: 0.0,
            sparsity: 0.0,
            algorithm: Algorithm::default(),
            init: Init::default(),
            seed: Self::DEFAULT_SEED,
            measure: Measure::default(),
        }
    }
}

/// Asked in the middle of the work whether to give up.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);
