//! What can go wrong when stems are compared.

use std::fmt;

/// One of the recordings that are compared, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// A true stem.
    Reference(usize),
    /// A separated stem.
    Estimate(usize),
    /// The recording that was separated.
    Mixture,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference(index) => write!(f, "reference {}", index + 1),
            Self::Estimate(index) => write!(f, "estimate {}", index + 1),
            Self::Mixture => f.write_str("the mixture"),
        }
    }
}

/// What has to be the same in all recordings that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// Sample rate in Hz.
    Rate,
    /// Number of channels.
    Channels,
    /// Samples per channel.
    Frames,
}

impl Property {
    fn of(self, number: usize) -> String {
        match (self, number) {
            (Self::Rate, _) => format!("a rate of {number} Hz"),
            (Self::Channels, 1) => "1 channel".into(),
            (Self::Channels, _) => format!("{number} channels"),
            (Self::Frames, _) => format!("{number} samples per channel"),
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Rate => "convert one of them to the rate of the other",
            Self::Channels => "convert one of them to the channels of the other",
            Self::Frames => "cut or pad it to the same length",
        }
    }
}

/// Why stems could not be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// There is no true stem.
    #[error("there is no reference stem; give at least one")]
    NoReferences,
    /// There is no separated stem.
    #[error("there is no estimated stem; give at least one")]
    NoEstimates,
    /// A recording does not fit to the first reference.
    #[error(
        "{which} has {}, but reference 1 has {}; {}",
        property.of(*got), property.of(*expected), property.advice()
    )]
    Different {
        /// Which recording.
        which: Which,
        /// What differs.
        property: Property,
        /// The value of the first reference.
        expected: usize,
        /// The value of this recording.
        got: usize,
    },
    /// The normal equations of BSS Eval would not fit into memory.
    #[error(
        "BSS Eval of {references} references with {channels} channels needs {} GB of memory; \
         compare fewer stems, or take SI-SDR",
        bytes.div_ceil(1_000_000_000)
    )]
    TooLarge {
        /// Number of true stems.
        references: usize,
        /// Channels of each.
        channels: usize,
        /// Bytes that would be needed.
        bytes: u64,
    },
}
