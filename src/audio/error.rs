//! What can go wrong with a recording.

use std::io;

/// Why a recording could not be read or written.
///
/// The messages are sentences that leave the path out; who knows the path puts it last.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The operating system refused to open, read or write.
    #[error("the file could not be {doing}: {source}{}", advice(source))]
    Io {
        /// What was tried: "opened", "read", "written", …
        doing: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file contradicts its own format, so that no recording can be made out.
    #[error("the file is damaged: {0}")]
    Malformed(String),
    /// The file may be fine, but Partita cannot read this kind.
    #[error("{0}")]
    Unsupported(String),
    /// The recording goes beyond a limit of Partita, of the format or of the machine.
    #[error("{0}")]
    Limit(String),
    /// There is not a single sample.
    #[error("the recording is empty: it holds no samples")]
    Empty,
    /// The file to be written exists, and overwriting was not asked for.
    #[error("the file exists already and was left as it is; choose another place or overwrite it")]
    Exists,
    /// The calling code broke a rule: unequal channel lengths, the wrong sample type, …
    #[error("{0}")]
    Misuse(String),
}

impl AudioError {
    /// Makes an [`AudioError::Io`] of what the operating system said.
    pub(super) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }

    /// An [`AudioError::Unsupported`] that another program can help with.
    pub(super) fn unsupported(what: &str) -> Self {
        Self::Unsupported(format!(
            "{what}; convert the recording to WAV or FLAC first"
        ))
    }

    /// An [`AudioError::Limit`] of channels.
    pub(super) fn too_many_channels(channels: usize) -> Self {
        Self::Limit(format!(
            "the recording has {channels} channels, but at most {} can be read",
            super::MAX_CHANNELS
        ))
    }
}

/// What the user can do about an error of the operating system, where that is clear.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space or choose another disk"
        }
        io::ErrorKind::PermissionDenied => "; check its permissions",
        io::ErrorKind::NotFound => "; check the path",
        _ => "",
    }
}
