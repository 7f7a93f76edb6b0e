//! What can go wrong between time and frequency.

use super::{MAX_SIZE, MIN_SIZE, Window};

/// Why a transform could not be planned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpectralError {
    /// The FFT size is odd, too small or too large.
    #[error(
        "an FFT size of {size} cannot be used; choose an even number from {MIN_SIZE} to {MAX_SIZE}"
    )]
    Size {
        /// Size that was asked for, in samples.
        size: usize,
    },
    /// The hop is too small to be worth its cost, or so large that samples between two frames
    /// would be lost.
    #[error(
        "a hop of {hop} samples cannot be used with the {window} window of {size} samples; \
         choose a hop from {smallest} to {largest} samples"
    )]
    Hop {
        /// Hop that was asked for, in samples.
        hop: usize,
        /// FFT size, in samples.
        size: usize,
        /// The window.
        window: Window,
        /// Smallest accepted hop, in samples.
        smallest: usize,
        /// Largest accepted hop, in samples.
        largest: usize,
    },
    /// The length of a median is even or too large.
    #[error("a median of {length} values cannot be used; choose an odd number from 1 to 4095")]
    Median {
        /// Length that was asked for.
        length: usize,
    },
    /// The exponent or the margin of a split is out of range.
    #[error(
        "{what} {value} cannot split a recording; choose an exponent above 0 and a margin of \
         1 or more"
    )]
    Hpss {
        /// What is out of range.
        what: &'static str,
        /// The value that was asked for.
        value: f32,
    },
    /// A name that belongs to no window.
    #[error("there is no window named \"{name}\"; choose hann, hamming, blackman or sqrt-hann")]
    UnknownWindow {
        /// The name that was given.
        name: String,
    },
}
