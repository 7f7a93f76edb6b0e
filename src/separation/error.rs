//! What can go wrong in a separation.

use std::io;

use crate::audio::AudioError;
use crate::nmf::NmfError;
use crate::spectral::SpectralError;

/// Why a recording could not be separated or its stems could not be written.
///
/// The messages are sentences that leave the path of the recording out; who knows it puts it
/// last.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeparationError {
    /// The transform cannot be planned.
    #[error(transparent)]
    Spectral(#[from] SpectralError),
    /// The spectrogram cannot be factorized.
    #[error(transparent)]
    Factorize(#[from] NmfError),
    /// Factors that belong to another recording or transform.
    #[error(
        "the {what} are {got:?}, but this recording and transform need {expected:?}; \
         use factors made from the same recording with the same settings"
    )]
    Shape {
        /// Which factor.
        what: &'static str,
        /// Rows and columns that are needed.
        expected: (usize, usize),
        /// Rows and columns that were given.
        got: (usize, usize),
    },
    /// The file is not the recording any more that it was.
    #[error("the recording has changed since it was opened; open it again")]
    Changed,
    /// A factor holds a value that cannot be part of a mask.
    #[error("the {what} hold a value that is negative or not finite; all must be 0 or more")]
    Value {
        /// Which factor.
        what: &'static str,
    },
    /// Groups that are no partition of the components.
    #[error(
        "component {component} is in {times} groups; every component from 0 to {last} must be \
         in exactly one"
    )]
    Groups {
        /// The component, counted from 0.
        component: usize,
        /// In how many groups it is.
        times: usize,
        /// The last component.
        last: usize,
    },
    /// No source, or more than there are components.
    #[error("{}", of_sources(*sources, *components))]
    Sources {
        /// Sources that were asked for.
        sources: usize,
        /// Components that there are.
        components: usize,
    },
    /// The pair model that comes with the program cannot be read.
    #[error("the model of which sounds belong together cannot be used: {0}; install Partita again")]
    Model(String),
    /// File names that cannot be used for the stems.
    #[error("{0}; give every stem a file name of its own")]
    Names(String),
    /// The recording cannot be read.
    #[error(transparent)]
    Recording(#[from] AudioError),
    /// Settings that need the whole spectrogram, where it is to be worked on block by block.
    #[error(
        "other divergences than that of Kullback–Leibler, penalties, patterns in time and gains of \
         components in the channels need the whole spectrogram; leave them out, or use the batch model"
    )]
    Online,
    /// Not even block by block does the work fit into the memory that it may take.
    #[error(
        "{} MiB of memory are needed even block by block, but only {} MiB may be used; \
         allow more memory, or use a larger hop or fewer components",
        needed.div_ceil(1 << 20),
        allowed >> 20
    )]
    Budget {
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that may be used.
        allowed: u64,
    },
    /// The machine has too little memory.
    #[error(
        "the spectrogram needs {} MiB of memory, but only {} MiB are free; \
         separate an excerpt, work block by block, or use a larger hop",
        needed.div_ceil(1 << 20),
        free >> 20
    )]
    Memory {
        /// Bytes that the spectrogram needs.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The disk has too little room.
    #[error(
        "the stems need {} MiB, but the disk has only {} MiB left; \
         free some space or choose another disk",
        needed.div_ceil(1 << 20),
        free >> 20
    )]
    Space {
        /// Bytes that the stems need.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The folder of the stems cannot be made.
    #[error("the folder of the stems could not be made: {0}; choose another place")]
    Folder(#[source] io::Error),
    /// A stem cannot be written.
    #[error("stem {name}: {source}")]
    Stem {
        /// File name of the stem.
        name: String,
        /// What went wrong with it.
        source: AudioError,
    },
}

fn of_sources(sources: usize, components: usize) -> String {
    match components {
        1 => format!(
            "one component cannot be grouped into {sources} sources; ask for one source, for more \
             components, or give a longer recording"
        ),
        _ => format!(
            "{components} components cannot be grouped into {sources} sources; \
             ask for 1 to {components} sources, or for more components"
        ),
    }
}
