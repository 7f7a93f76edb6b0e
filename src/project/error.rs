//! What can go wrong with a project.

use std::io;
use std::path::PathBuf;

use super::SourceId;
use crate::audio::AudioError;
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
    /// The file was made by a later version.
    #[error(
        "the project was made by a newer Partita (schema {found}; this one reads up to {}); \
         open it with that version",
        super::SCHEMA
    )]
    Newer {
        /// The schema of the file.
        found: u64,
    },
    /// The file is of another kind.
    #[error(
        "this is no Partita project, or one that is damaged or cut short; choose another file that ends in .partita, such as a copy of it"
    )]
    NotAProject,
    /// The file contradicts itself.
    #[error("the project file is damaged: {0}")]
    Damaged(String),
    /// The file goes beyond a limit.
    #[error("{0}")]
    Limit(String),
    /// Files that would be replaced, and replacing was not asked for.
    #[error(
        "{} of the files exist already and nothing was written; \
         replace them, or choose another folder or other names",
        .0.len()
    )]
    Exists(Vec<PathBuf>),
    /// A template for file names that means nothing.
    #[error(
        "{{{0}}} stands for nothing in a file name; use {{n}}, {{nn}}, {{name}} and {{recording}}"
    )]
    Template(String),
    /// An exported file could not be written.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The operating system refused to open, read or write.
    #[error("the file could not be {doing}: {source}")]
    Io {
        /// What was tried: "opened", "read", "written", …
        doing: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// What the separation itself refuses.
    #[error(transparent)]
    Separation(#[from] SeparationError),
}

impl ProjectError {
    /// Makes an [`ProjectError::Io`] of what the operating system said.
    pub(super) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}
