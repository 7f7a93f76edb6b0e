//! A recording in memory.

use std::ops::Range;

use super::AudioError;

/// Samples of a recording, one `f32` vector per channel, all equally long, and the rate in Hz.
///
/// Full scale is ±1; larger values are kept. Samples that come from [`read`](super::read) are
/// finite.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioBuffer {
    channels: Vec<Vec<f32>>,
    rate: u32,
}

impl AudioBuffer {
    /// A buffer of these channels at `rate` Hz.
    ///
    /// # Errors
    /// [`AudioError::Misuse`] when there is no channel, when the channels differ in length, or
    /// when the rate is 0.
    pub fn new(channels: Vec<Vec<f32>>, rate: u32) -> Result<Self, AudioError> {
        let Some(first) = channels.first() else {
            return Err(AudioError::Misuse(
                "a recording needs at least one channel".into(),
            ));
        };
        if let Some(other) = channels.iter().find(|c| c.len() != first.len()) {
            return Err(AudioError::Misuse(format!(
                "all channels must be equally long, but there are {} and {} samples",
                first.len(),
                other.len()
            )));
        }
        if rate == 0 {
            return Err(AudioError::Misuse(
                "the sample rate must be at least 1 Hz".into(),
            ));
        }
        Ok(Self { channels, rate })
    }

    /// The channels, each of [`frames`](Self::frames) samples.
    #[must_use]
    pub fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// Number of channels, at least 1.
    #[must_use]
    pub fn channel_count(&self) -> usize {
        self.channels.len()
    }

    /// Number of samples per channel.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Sample rate in Hz, at least 1.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Length in seconds.
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.frames() as f64 / f64::from(self.rate)
    }

    /// The largest magnitude of a sample, 1 for full scale; 0 where there is none.
    #[must_use]
    pub fn peak(&self) -> f32 {
        let samples = self.channels.iter().flatten();
        samples.fold(0.0, |peak, x| peak.max(x.abs()))
    }

    /// A copy of the frames in this range; what lies beyond the end is left out.
    #[must_use]
    pub fn excerpt(&self, frames: Range<usize>) -> Self {
        let end = frames.end.min(self.frames());
        let start = frames.start.min(end);
        Self {
            channels: self
                .channels
                .iter()
                .map(|c| c.get(start..end).unwrap_or_default().to_vec())
                .collect(),
            rate: self.rate,
        }
    }

    /// Gives the channels back without a copy.
    #[must_use]
    pub fn into_channels(self) -> Vec<Vec<f32>> {
        self.channels
    }
}
