//! What can go wrong with a project.

use super::SourceId;
use crate::separation::SeparationError;

/// Why an edit was refused, or a project could not be kept.
///
/// The messages are sentences that leave the path out; who knows the path puts it last.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// An edit names a source that there is not.
    #[error("there is no source {0}; it may have been merged or emptied")]
    UnknownSource(SourceId),
    /// An edit names an atom that there is not.
    #[error("there is no component {atom}; there are {count}")]
    UnknownAtom {
        /// The atom, counted from 0.
        atom: usize,
        /// How many there are.
        count: usize,
    },
    /// An edit names nothing to work on, or the same thing twice.
    #[error("{0}")]
    Choice(&'static str),
    /// A gain that is not a number.
    #[error("a gain must be a number in dB")]
    Gain,
    /// A name without a visible character.
    #[error("a source needs a name; type at least one character")]
    Name,
    /// There is nothing to separate or to mix.
    #[error("there is no recording; open one first")]
    NoRecording,
    /// There are no components.
    #[error("nothing has been separated; separate the recording first")]
    NoSeparation,
    /// Parts that do not belong together.
    #[error("the separation does not fit: {0}")]
    Unfit(String),
    /// What the separation itself refuses.
    #[error(transparent)]
    Separation(#[from] SeparationError),
}
