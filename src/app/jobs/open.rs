//! Reading a recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Task, Waker};
use crate::audio::{self, AudioBuffer, AudioError, RecordingInfo};

/// A recording that was read.
#[derive(Debug)]
pub struct Opened {
    /// Where it was, as an absolute path.
    pub path: PathBuf,
    /// The samples.
    pub samples: Arc<AudioBuffer>,
    /// What its file says.
    pub info: RecordingInfo,
    /// Bytes of the file.
    pub size: u64,
    /// What was mended, in sentences.
    pub repairs: Vec<String>,
}

/// Starts reading a recording.
pub fn open(path: &Path, wake: Waker) -> Task<Result<Opened, AudioError>> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Task::spawn("open", wake, move |_| {
        let recording = audio::read(&path)?;
        let size = std::fs::metadata(&path).map_or(0, |data| data.len());
        let mut info = recording.info;
        info.frames = Some(recording.buffer.frames() as u64);
        Ok(Opened {
            samples: Arc::new(recording.buffer),
            repairs: recording.repairs.iter().map(ToString::to_string).collect(),
            info,
            size,
            path,
        })
    })
}
