//! The spectrogram of a recording on the disk: a sample of its frames, and passes over its blocks.

use std::ops::Range;

use super::export::Samples;
use super::stems::needed;
use super::{Cancel, Phase, Progress, RecordingStream, SeparationError};
use crate::nmf::{BlockTemplates, Matrix, NmfError};
use crate::spectral::Stft;

/// Bytes of the magnitudes of one block.
const BLOCK_BYTES: usize = 8 << 20;
/// Samples of each channel that are held while frames far apart are taken.
const WINDOW: usize = 1 << 19;

/// What a column of the spectrogram is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// The mean of the magnitudes of all channels.
    Mean,
    /// The magnitudes of one channel under those of the other.
    Stacked,
}

/// Where the activations of a frame start.
pub(super) enum Start {
    /// At those of the nearest frame of a sample of every so many-th.
    Strided { activations: Matrix, stride: usize },
    /// At the same level for each component.
    Level(Vec<f32>),
}

/// A pass over all blocks.
pub(super) struct Pass {
    /// Updates of the activations.
    pub steps: usize,
    /// Whether the templates learn from it.
    pub learns: bool,
}

/// The frames of a recording on the disk.
pub(super) struct Blocks<'a> {
    pub stft: &'a Stft,
    pub recording: &'a mut RecordingStream,
    pub rows: Rows,
    pub progress: &'a dyn Progress,
    pub cancel: &'a Cancel,
}

impl Blocks<'_> {
    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.stft.frame_count(self.recording.frames())
    }

    /// Number of values of a frame.
    pub fn height(&self) -> usize {
        match self.rows {
            Rows::Mean => self.stft.bins(),
            Rows::Stacked => self.stft.bins() * self.recording.channel_count(),
        }
    }

    /// These frames, which rise.
    pub fn sample(&mut self, frames: &[usize]) -> Result<Matrix, SeparationError> {
        let (height, hop) = (self.height(), self.stft.hop());
        let mut values = Vec::with_capacity(height * frames.len());
        let mut rest = frames;
        while let Some(&first) = rest.first() {
            let near = rest.partition_point(|n| (n - first) * hop < WINDOW);
            let (now, later) = rest.split_at(near);
            values.extend_from_slice(&self.magnitudes(now)?);
            rest = later;
            let done = 1.0 - rest.len() as f64 / frames.len() as f64;
            self.progress.report(Phase::Stft, done);
        }
        Ok(Matrix::from_columns(height, values)?)
    }

    /// Solves the activations of all frames in one or several passes. `report` is told the
    /// fraction that is done. Returns the activations, components × frames, and the divergence of
    /// each pass.
    pub fn solve(
        &mut self,
        model: &mut BlockTemplates,
        start: Start,
        passes: &[Pass],
        report: &dyn Fn(f64),
    ) -> Result<(Matrix, Vec<f64>), SeparationError> {
        let (components, frames) = (model.templates().cols(), self.frames());
        let mut activations = Matrix::zeros(components, frames);
        let mut curve = Vec::with_capacity(passes.len());
        for (number, pass) in passes.iter().enumerate() {
            for block in self.blocks() {
                let columns: Vec<usize> = block.clone().collect();
                let v = Matrix::from_columns(self.height(), self.magnitudes(&columns)?)?;
                let from = Matrix::from_fn(components, block.len(), |k, i| {
                    let n = block.start + i;
                    match &start {
                        _ if number > 0 => activations.column(n)[k],
                        Start::Strided {
                            activations,
                            stride,
                        } => activations.column((n / stride).min(activations.cols() - 1))[k],
                        Start::Level(levels) => levels[k],
                    }
                });
                let stop = || self.cancel.is_cancelled();
                let h = model.visit(&v, from, pass.steps, &stop)?;
                let place = block.start * components..block.end * components;
                activations.as_mut_slice()[place].copy_from_slice(h.as_slice());
                let within = block.end as f64 / frames as f64;
                report((number as f64 + within) / passes.len() as f64);
            }
            curve.push(if pass.learns {
                model.learn()
            } else {
                model.measure()
            });
        }
        Ok((activations, curve))
    }

    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let frames = self.frames();
        let length = (BLOCK_BYTES / (self.height() * size_of::<f32>())).max(1);
        (0..frames)
            .step_by(length)
            .map(move |from| from..(from + length).min(frames))
    }

    /// The magnitudes of these frames, which rise.
    fn magnitudes(&mut self, frames: &[usize]) -> Result<Vec<f32>, SeparationError> {
        if self.cancel.is_cancelled() {
            return Err(NmfError::Stopped.into());
        }
        let (Some(&first), Some(&last)) = (frames.first(), frames.last()) else {
            return Ok(Vec::new());
        };
        let (samples, column) = needed(self.stft, first..last + 1, self.recording.frames());
        let scale = self.recording.scale();
        let channels = self.recording.stretch(samples, column)?.channels;
        let local: Vec<usize> = frames.iter().map(|n| n - column).collect();
        if self.rows == Rows::Mean {
            return Ok(self.stft.magnitude_of_frames(channels, &local, scale));
        }
        let bins = self.stft.bins();
        let height = bins * channels.len();
        let mut stacked = vec![0.0; height * frames.len()];
        for (c, channel) in channels.iter().enumerate() {
            let one = self.stft.magnitude_of_frames(&[channel], &local, scale);
            let places = stacked.chunks_exact_mut(height);
            for (frame, values) in places.zip(one.chunks_exact(bins)) {
                frame[c * bins..(c + 1) * bins].copy_from_slice(values);
            }
        }
        Ok(stacked)
    }
}
