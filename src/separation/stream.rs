//! A recording that stays on the disk.

use std::ops::Range;

use super::export::Samples;
use super::stems::{Size, Stretch};
use super::{Cancel, Outcome, Phase, Progress, SeparationError};
use crate::audio::{AudioBuffer, AudioError, RecordingInfo, RecordingReader, Repair};
use crate::spectral::Scale;

/// Frames that are read between two looks at the cancel token.
const BLOCK_FRAMES: usize = 1 << 14;

/// A recording on the disk, or a part of it, of which only a window of samples is in memory.
///
/// It is read from front to back as often as is asked for. Where the file cannot be sought, as
/// with compressed ones, going back decodes it again.
#[derive(Debug)]
pub struct RecordingStream {
    reader: RecordingReader,
    /// Where the part begins in the file.
    first: u64,
    info: RecordingInfo,
    size: Size,
    peak: f32,
    scale: Scale,
    repairs: Vec<Repair>,
    window: Vec<Vec<f32>>,
    /// The samples of the part that are in the window.
    held: Range<usize>,
}

impl RecordingStream {
    /// Reads the recording of `reader` once, from `first` on and `most` frames at most (both per
    /// channel), to learn its true length, its level and its repairs.
    ///
    /// # Errors
    /// [`SeparationError::Recording`] when it cannot be read, or nothing is left of it.
    pub fn open(
        mut reader: RecordingReader,
        first: u64,
        most: u64,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Outcome<Self>, SeparationError> {
        let mut info = reader.info().clone();
        let channels = usize::from(info.channels);
        let expected = info.frames.map(|f| f.saturating_sub(first).min(most));
        progress.report(Phase::Read, 0.0);
        reader.seek(first)?;
        let mut window = vec![Vec::with_capacity(BLOCK_FRAMES); channels];
        let (mut frames, mut peak) = (0_u64, 0.0_f32);
        while frames < most {
            if cancel.is_cancelled() {
                return Ok(Outcome::Cancelled);
            }
            let block =
                usize::try_from(most - frames).map_or(BLOCK_FRAMES, |left| left.min(BLOCK_FRAMES));
            match reader.read_block(block, &mut window)? {
                0 => break,
                read => frames += read as u64,
            }
            for channel in &mut window {
                peak = channel.iter().fold(peak, |peak, x| peak.max(x.abs()));
                channel.clear();
            }
            if let Some(expected) = expected {
                progress.report(Phase::Read, frames as f64 / expected.max(1) as f64);
            }
        }
        if frames == 0 {
            return Err(AudioError::Empty.into());
        }
        info.frames = Some(frames);
        info.time_reference = info.time_reference.map(|at| at.saturating_add(first));
        let repairs = reader.repairs();
        let frames = usize::try_from(frames).map_err(|_| {
            AudioError::Limit("the recording is longer than this machine can count".into())
        })?;
        Ok(Outcome::Done(Self {
            reader,
            first,
            info,
            size: Size { channels, frames },
            peak,
            scale: Scale::of(&[[peak]]),
            repairs,
            window,
            // Beyond the end: the first window begins anew.
            held: frames..frames,
        }))
    }

    /// Samples of each channel.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.size.frames
    }

    /// Number of channels, at least 1.
    #[must_use]
    pub fn channel_count(&self) -> usize {
        self.size.channels
    }

    /// What the file says, with the true length of the part.
    #[must_use]
    pub fn info(&self) -> &RecordingInfo {
        &self.info
    }

    /// What had to be mended.
    #[must_use]
    pub fn repairs(&self) -> &[Repair] {
        &self.repairs
    }

    /// Reads all of it into memory.
    ///
    /// # Errors
    /// [`SeparationError::Recording`] when it cannot be read.
    pub fn into_buffer(mut self) -> Result<AudioBuffer, SeparationError> {
        self.hold(0..self.size.frames)?;
        Ok(AudioBuffer::new(self.window, self.info.rate)?)
    }

    /// A copy of these samples, which must be within the recording.
    pub(super) fn excerpt(
        &mut self,
        samples: Range<usize>,
    ) -> Result<AudioBuffer, SeparationError> {
        let length = samples.len();
        self.hold(samples)?;
        let channels = self.window.iter().map(|c| c[..length].to_vec());
        Ok(AudioBuffer::new(channels.collect(), self.info.rate)?)
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// The largest magnitude of a sample, 1 for full scale.
    #[must_use]
    pub fn peak(&self) -> f32 {
        self.peak
    }

    /// The scale of the whole recording, as [`Scale::of`] gives it.
    pub(super) fn scale(&self) -> Scale {
        self.scale
    }

    /// Makes the window hold exactly these samples. Those it has already stay.
    fn hold(&mut self, samples: Range<usize>) -> Result<(), SeparationError> {
        if samples.start < self.held.start || samples.start > self.held.end {
            self.window.iter_mut().for_each(Vec::clear);
            self.reader.seek(self.first + samples.start as u64)?;
            self.held = samples.start..samples.start;
        }
        let passed = samples.start - self.held.start;
        for channel in &mut self.window {
            channel.drain(..passed);
        }
        self.held.start = samples.start;
        while self.held.end < samples.end {
            let block = (samples.end - self.held.end).min(BLOCK_FRAMES);
            match self.reader.read_block(block, &mut self.window)? {
                0 => {
                    let what = "it became shorter while it was read";
                    return Err(AudioError::Malformed(what.into()).into());
                }
                read => self.held.end += read,
            }
        }
        Ok(())
    }
}

impl Samples for RecordingStream {
    fn stretch(
        &mut self,
        samples: Range<usize>,
        column: usize,
    ) -> Result<Stretch<'_>, SeparationError> {
        self.hold(samples)?;
        Ok(Stretch {
            channels: &self.window,
            column,
        })
    }
}
