//! What the command tells when something fails.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use crate::audio::AudioError;
use crate::evaluation::EvaluationError;
use crate::separation::SeparationError;

/// Why a recording could not be dealt with: what failed, what to do, and the path last.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// A recording cannot be read.
    #[error("{}{}: {}", plain(source), advice_on_recording(source), path.display())]
    Recording { source: AudioError, path: PathBuf },
    /// A project of the window was given for a recording.
    #[error(
        "this is a project, not a recording; open it with `partita PROJECT` and export its stems there: {}",
        .0.display()
    )]
    Project(PathBuf),
    /// A recording cannot be separated, or its stems cannot be written.
    #[error("{}: {}", plain(source), path.display())]
    Separation {
        source: SeparationError,
        path: PathBuf,
    },
    /// Stems cannot be compared.
    #[error("{source}: {}", path.display())]
    Evaluation {
        source: EvaluationError,
        path: PathBuf,
    },
    /// A folder holds no recordings to compare.
    #[error("there is no recording of a stem in the folder; choose one that has some: {}", .0.display())]
    NoStems(PathBuf),
    /// The operating system refuses to list a folder of stems.
    #[error("the folder of stems could not be read: {}; check the path: {}", plain(source), path.display())]
    Stems { source: io::Error, path: PathBuf },
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
        "the stems need {} MiB, but the disk has only {} MiB left; \
         free some space or choose another disk with --output: {}",
        needed.div_ceil(1 << 20), free >> 20, path.display()
    )]
    Space {
        needed: u64,
        free: u64,
        path: PathBuf,
    },
    /// The operating system refuses something with a folder.
    #[error("the folder could not be {doing}: {}{}: {}", plain(source), advice_on_place(source), path.display())]
    Folder {
        doing: &'static str,
        source: io::Error,
        path: PathBuf,
    },
    /// An earlier result was moved aside and cannot be moved back.
    #[error(
        "the earlier result could not be put back: {}; it is kept, move it back by hand: {}",
        plain(source), path.display()
    )]
    Restore { source: io::Error, path: PathBuf },
    /// The threads cannot be started.
    #[error("the threads could not be started: {0}; ask for fewer with --threads")]
    Threads(rayon::ThreadPoolBuildError),
    /// Stdout cannot be written to.
    #[error("the output could not be written: {}{}", plain(source), advice(source))]
    Stdout { source: io::Error },
}

impl CliError {
    /// Makes a [`CliError::Recording`] of what reading it led to, or a [`CliError::Project`].
    pub fn recording(path: &Path) -> impl Fn(AudioError) -> Self {
        let path = path.to_owned();
        let project = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("partita"));
        move |source| match source {
            AudioError::Unsupported(_) if project => Self::Project(path.clone()),
            source => Self::Recording {
                source,
                path: path.clone(),
            },
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

/// What the user can do about an error of stdout, where that is clear.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free some space",
        _ => "",
    }
}

/// What the user can do about an error of the operating system with the place of the result.
fn advice_on_place(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space or choose another disk with --output"
        }
        _ => "; choose another place with --output",
    }
}

/// What the user can do about a recording that contradicts its own format.
fn advice_on_recording(error: &AudioError) -> &'static str {
    match error {
        AudioError::Malformed(_) => {
            "; it cannot be read, so export it again from the program that made it"
        }
        _ => "",
    }
}

/// A message without what only a programmer can use: the number of the system's error, and the
/// name of a temporary file.
fn plain(message: &impl Display) -> String {
    let mut text = message.to_string();
    cut(&mut text, " (os error ", |rest| rest.find(')'));
    cut(&mut text, " at path \"", |rest| {
        let mut escaped = false;
        rest.bytes().position(|byte| {
            let end = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            end
        })
    });
    text
}

/// Takes out everything from `start` to the one-byte character that `end` finds behind it.
fn cut(text: &mut String, start: &str, end: impl Fn(&str) -> Option<usize>) {
    while let Some(from) = text.find(start) {
        let behind = from + start.len();
        let Some(length) = end(&text[behind..]) else {
            return;
        };
        text.replace_range(from..=behind + length, "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_no_error_numbers_and_no_temporary_names() {
        let text = "stem a: No space (os error 28) at path \"/o \\\"x\\\"/.tmp1\"; free some";
        assert_eq!(plain(&text), "stem a: No space; free some");
        assert_eq!(plain(&"odd (os error"), "odd (os error");
    }
}
