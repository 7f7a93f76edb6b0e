//! The recording that a project is about.

use std::path::PathBuf;

use crate::audio::RecordingInfo;

/// Where a recording is and how it is told from others. The samples are not here.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingRef {
    /// Where it was read, as an absolute path.
    pub path: PathBuf,
    /// What its file says. A recording that was read has its `frames`.
    pub info: RecordingInfo,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file in 64 hexadecimal digits; `None` until it has been computed.
    pub sha256: Option<String>,
    /// What had to be mended while reading, in sentences.
    pub repairs: Vec<String>,
}

impl RecordingRef {
    /// The name of the file without its extension.
    #[must_use]
    pub fn name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or(self.path.as_os_str());
        stem.to_string_lossy().into_owned()
    }

    /// Samples per channel; 0 where the file has not been read to its end.
    #[must_use]
    pub fn frames(&self) -> usize {
        usize::try_from(self.info.frames.unwrap_or(0)).unwrap_or(usize::MAX)
    }
}
