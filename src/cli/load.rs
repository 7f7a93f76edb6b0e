//! Reads a recording, or a part of it, so that it can be watched and cancelled.

use std::path::Path;

use super::error::CliError;
use super::plan::Excerpt;
use crate::audio::{AudioBuffer, AudioError, Recording, RecordingInfo, RecordingReader};
use crate::separation::{Cancel, Outcome, Phase, Progress, RecordingStream, SeparationError};

/// Frames that are read between two looks at the cancel token: below 10 ms with every codec.
const BLOCK_FRAMES: usize = 1 << 14;

/// A recording that is open, and the part of it that will be read.
pub(super) struct Opened<'a> {
    path: &'a Path,
    reader: RecordingReader,
    info: RecordingInfo,
    start: f64,
    /// The frame where the excerpt begins.
    from: u64,
    /// Frames that were asked for at most.
    most: u64,
}

impl<'a> Opened<'a> {
    /// Opens the recording at `path` and goes to where the excerpt begins.
    ///
    /// # Errors
    /// [`CliError::Recording`] when it cannot be read, [`CliError::StartBeyondEnd`] when nothing
    /// of it is left.
    pub fn new(path: &'a Path, excerpt: Excerpt) -> Result<Self, CliError> {
        let failed = CliError::recording(path);
        let mut reader = RecordingReader::open(path).map_err(&failed)?;
        let mut info = reader.info().clone();
        let in_frames = |seconds: f64| (seconds * f64::from(info.rate)).round() as u64;
        let from = in_frames(excerpt.start);
        let most = excerpt.duration.map_or(u64::MAX, |d| in_frames(d).max(1));
        if from > 0 {
            if info.frames.is_some_and(|frames| from >= frames) {
                return Err(CliError::StartBeyondEnd {
                    start: excerpt.start,
                    duration: info.duration(),
                    path: path.to_owned(),
                });
            }
            reader.seek(from).map_err(&failed)?;
        }
        info.frames = info.frames.map(|frames| (frames - from).min(most));
        info.time_reference = info.time_reference.map(|at| at.saturating_add(from));
        Ok(Self {
            path,
            reader,
            info,
            start: excerpt.start,
            from,
            most,
        })
    }

    /// Leaves the excerpt on the disk, to be read window by window. It is read once to know its
    /// length and level.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn stream(
        self,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Outcome<RecordingStream>, CliError> {
        RecordingStream::open(self.reader, self.from, self.most, progress, cancel).map_err(
            |error| match error {
                SeparationError::Recording(AudioError::Empty) => nothing(self.path, self.start),
                SeparationError::Recording(source) => CliError::recording(self.path)(source),
                source => CliError::Separation {
                    source,
                    path: self.path.to_owned(),
                },
            },
        )
    }

    /// What the file says, with the frames of the excerpt where they are known.
    pub fn info(&self) -> &RecordingInfo {
        &self.info
    }

    /// Where the recording is.
    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// Reads the excerpt.
    ///
    /// # Errors
    /// [`CliError::Recording`] when it cannot be read or is empty, [`CliError::StartBeyondEnd`]
    /// when nothing is left, [`CliError::TooLarge`] when it does not fit into memory.
    pub fn read(
        mut self,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Outcome<Recording>, CliError> {
        let failed = CliError::recording(self.path);
        let mut channels = vec![Vec::new(); usize::from(self.info.channels)];
        let mut done = 0;
        progress.report(Phase::Read, 0.0);
        while done < self.most {
            if cancel.is_cancelled() {
                return Ok(Outcome::Cancelled);
            }
            let left = usize::try_from(self.most - done).unwrap_or(BLOCK_FRAMES);
            let block = BLOCK_FRAMES.min(left);
            for channel in &mut channels {
                let room = channel.try_reserve(block);
                room.map_err(|_| CliError::TooLarge(self.path.to_owned()))?;
            }
            match self
                .reader
                .read_block(block, &mut channels)
                .map_err(&failed)?
            {
                0 => break,
                frames => done += frames as u64,
            }
            if let Some(expected) = self.info.frames {
                progress.report(Phase::Read, done as f64 / expected.max(1) as f64);
            }
        }
        if done == 0 {
            return Err(nothing(self.path, self.start));
        }
        self.info.frames = Some(done);
        Ok(Outcome::Done(Recording {
            buffer: AudioBuffer::new(channels, self.info.rate).map_err(&failed)?,
            repairs: self.reader.repairs(),
            info: self.info,
        }))
    }
}

/// There is nothing from `start` seconds on.
fn nothing(path: &Path, start: f64) -> CliError {
    if start > 0.0 {
        CliError::StartBeyondEnd {
            start,
            duration: None,
            path: path.to_owned(),
        }
    } else {
        CliError::recording(path)(AudioError::Empty)
    }
}
