//! What can go wrong in a factorization.

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
    /// The work was told to stop.
    #[error("the factorization was stopped")]
    Stopped,
}
