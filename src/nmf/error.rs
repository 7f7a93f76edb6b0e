//! What can go wrong in a factorization.

use super::Divergence;

/// Why a factorization could not be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NmfError {
    /// A matrix has another shape than the others ask for.
    #[error("{what} has the shape {got:?}, but {expected:?} was expected")]
    Shape {
        /// Which matrix.
        what: &'static str,
        /// Rows and columns that were expected.
        expected: (usize, usize),
        /// Rows and columns that were given.
        got: (usize, usize),
    },
    /// A matrix holds a value that is negative, NaN or infinite.
    #[error("{what} holds a value that is negative or not finite; all values must be 0 or more")]
    Value {
        /// Which matrix.
        what: &'static str,
    },
    /// The spectrogram has no values at all.
    #[error("the spectrogram is empty; there is nothing to factorize")]
    Empty,
    /// The values are so small or large that sums of them leave the range of 32 bit floats.
    #[error(
        "the mean of the spectrogram is {mean:e}, outside of 1e-12 to 1e12; scale it first (the \
         activations take the scale)"
    )]
    Scale {
        /// Mean of all values.
        mean: f64,
    },
    /// Zero components, or more than the spectrogram can support.
    #[error(
        "{components} components were asked for, but a spectrogram of {bins} bins and {frames} \
         frames allows 1 to {}; ask for fewer components or use a longer recording",
        bins.min(frames)
    )]
    Components {
        /// Number of components asked for.
        components: usize,
        /// Bins of the spectrogram.
        bins: usize,
        /// Frames of the spectrogram.
        frames: usize,
    },
    /// A β outside of 0 to 2.
    #[error("the divergence with β = {beta} was asked for; β must be a number from 0 to 2")]
    Beta {
        /// The β that was asked for.
        beta: f64,
    },
    /// An algorithm that only knows the Kullback–Leibler divergence was asked for more.
    #[error(
        "the relaxed and the fast algorithm lower the Kullback-Leibler divergence without \
         penalties; use plain multiplicative updates (mu) for anything else"
    )]
    Algorithm,
    /// The weight of a penalty is negative or no number.
    #[error("the weight of the {what} is {weight}; it must be a number, 0 or more")]
    Weight {
        /// Which penalty.
        what: &'static str,
        /// The weight that was asked for.
        weight: f64,
    },
    /// A penalty was asked for together with another divergence than Kullback–Leibler.
    #[error(
        "continuity and sparsity go with the Kullback-Leibler divergence only; leave them at 0 for \
         {divergence}"
    )]
    Penalties {
        /// The divergence that was asked for.
        divergence: Divergence,
    },
    /// Patterns of no frame, or of more than the spectrogram has.
    #[error(
        "templates of {template_frames} frames were asked for, but a spectrogram of {frames} frames \
         allows 1 to {frames}"
    )]
    TemplateFrames {
        /// Frames of a pattern that were asked for.
        template_frames: usize,
        /// Frames of the spectrogram.
        frames: usize,
    },
    /// Patterns were asked for together with what only single templates know.
    #[error(
        "templates of several frames go with plain multiplicative updates (mu) of the \
         Kullback-Leibler divergence without penalties only"
    )]
    Convolutive,
    /// The work was told to stop.
    #[error("the factorization was stopped")]
    Stopped,
}
