//! What the command tells when something fails.

use std::io;
use std::path::{Path, PathBuf};

use crate::audio::AudioError;
use crate::separation::SeparationError;

/// Why a recording could not be dealt with: what failed, what to do, and the path last.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// A recording cannot be read.
    #[error("{source}: {}", path.display())]
    Recording { source: AudioError, path: PathBuf },
    /// A recording cannot be separated, or its stems cannot be written.
    #[error("{source}: {}", path.display())]
    Separation {
        source: SeparationError,
        path: PathBuf,
    },
    /// `--start` leaves nothing of the recording.
    #[error(
        "nothing is left of the recording from {start} s on{}; choose an earlier --start: {}",
        duration.map(|d| format!(", because it lasts {d:.3} s")).unwrap_or_default(),
        path.display()
    )]
    StartBeyondEnd {
        start: f64,
        /// In seconds, where it is known.
        duration: Option<f64>,
        path: PathBuf,
    },
    /// The samples do not fit into memory.
    #[error(
        "the recording does not fit into memory; take a part of it with --start and --duration: {}",
        .0.display()
    )]
    TooLarge(PathBuf),
    /// There is something at the place of the result.
    #[error(
        "there is something at the place of the result already; \
         choose another --output, or replace an earlier result with --force: {}",
        path.display()
    )]
    Exists { path: PathBuf },
    /// `--force` would remove something that is no result.
    #[error(
        "what is at the place of the result is no earlier result, so --force leaves it alone; \
         choose another --output or move it away: {}",
        path.display()
    )]
    NotAResult { path: PathBuf },
    /// `--force` would remove a file that is not part of a result.
    #[error(
        "the earlier result holds a file that does not belong to it, so --force leaves all alone; \
         move the file away: {}",
        path.display()
    )]
    ForeignFile { path: PathBuf },
    /// The disk has too little room.
    #[error(
        "the stems need {} MB, but the disk has only {} MB left; \
         free some space or choose another disk with --output: {}",
        needed.div_ceil(1_000_000), free / 1_000_000, path.display()
    )]
    Space {
        needed: u64,
        free: u64,
        path: PathBuf,
    },
    /// The operating system refuses something with a folder.
    #[error("the folder could not be {doing}: {source}{}: {}", advice(source), path.display())]
    Folder {
        doing: &'static str,
        source: io::Error,
        path: PathBuf,
    },
    /// The threads cannot be started.
    #[error("the threads could not be started: {0}; ask for fewer with --threads")]
    Threads(rayon::ThreadPoolBuildError),
    /// Stdout cannot be written to.
    #[error("the output could not be written: {source}{}", advice(source))]
    Stdout { source: io::Error },
}

impl CliError {
    /// Makes a [`CliError::Recording`] of what reading it led to.
    pub fn recording(path: &Path) -> impl Fn(AudioError) -> Self {
        let path = path.to_owned();
        move |source| Self::Recording {
            source,
            path: path.clone(),
        }
    }

    /// Makes a [`CliError::Folder`] of what the operating system said.
    pub fn folder(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Folder {
            doing,
            source,
            path,
        }
    }
}

/// What the user can do about an error of the operating system, where that is clear.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space or choose another disk with --output"
        }
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::NotADirectory => "; choose another place with --output",
        _ => "",
    }
}
