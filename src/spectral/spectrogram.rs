//! Magnitudes over time.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use realfft::num_complex::Complex32;

use super::{Axes, Scale, Stft, Workspace};

/// The magnitudes of a recording, frame after frame: bins × frames, column-major, the layout
/// that the factorization reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrogram {
    axes: Axes,
    bins: usize,
    values: Vec<f32>,
}

/// Work between two looks at the hook, in transformed samples: a few milliseconds.
const CHUNK: usize = 1 << 18;

impl Spectrogram {
    /// Number of frequency bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.values.len() / self.bins
    }

    /// The frequency and time scale.
    #[must_use]
    pub fn axes(&self) -> Axes {
        self.axes
    }

    /// The magnitudes of frame `n`, one for each bin.
    ///
    /// # Panics
    /// When there is no frame `n`, as with any slice index.
    #[must_use]
    pub fn frame(&self, n: usize) -> &[f32] {
        &self.values[n * self.bins..(n + 1) * self.bins]
    }

    /// All magnitudes, frame after frame.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All magnitudes, frame after frame, without a copy.
    #[must_use]
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }
}

impl Stft {
    /// The spectrogram of a recording: in each bin the mean of the magnitudes of its channels,
    /// times `scale` ([`Scale::of`] keeps magnitudes of any recording near 1).
    ///
    /// Runs on the current rayon pool and gives the same bits for any number of threads. The
    /// complex spectra are never held. `hook` is told the finished fraction (0 to 1) every few
    /// milliseconds, from any thread; when it breaks, the work stops and the result is `None`.
    ///
    /// Channels shorter than the first count as silent after their end.
    #[must_use]
    pub fn magnitude(
        &self,
        channels: &[impl AsRef<[f32]> + Sync],
        rate: u32,
        scale: Scale,
        hook: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
    ) -> Option<Spectrogram> {
        let values = self.transformed(channels, Channels::Mean, scale, hook)?;
        Some(Spectrogram {
            axes: Axes::new(self.settings(), rate),
            bins: self.bins(),
            values,
        })
    }

    /// The magnitudes of each channel, one channel below the other: (channels · bins) × frames,
    /// column-major. Otherwise as [`magnitude`](Self::magnitude).
    #[must_use]
    pub fn magnitude_of_channels(
        &self,
        channels: &[impl AsRef<[f32]> + Sync],
        scale: Scale,
        hook: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
    ) -> Option<Vec<f32>> {
        self.transformed(channels, Channels::Apart, scale, hook)
    }

    fn transformed(
        &self,
        channels: &[impl AsRef<[f32]> + Sync],
        together: Channels,
        scale: Scale,
        hook: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
    ) -> Option<Vec<f32>> {
        let samples = channels.first().map_or(0, |channel| channel.as_ref().len());
        let frames = self.frame_count(samples);
        let rows = match together {
            Channels::Mean => self.bins(),
            Channels::Apart => self.bins() * channels.len(),
        };
        let mut values = vec![0.0; rows * frames];
        let per_chunk = (CHUNK / (self.size() * channels.len().max(1))).clamp(1, 64);
        let finished = AtomicUsize::new(0);

        let outcome = values
            .par_chunks_mut((rows * per_chunk).max(1))
            .enumerate()
            .try_for_each_init(
                || Transform::new(self),
                |transform, (chunk, block)| {
                    for (i, magnitudes) in block.chunks_exact_mut(rows).enumerate() {
                        let n = chunk * per_chunk + i;
                        match together {
                            Channels::Mean => transform.mean(channels, n, scale, magnitudes),
                            Channels::Apart => transform.apart(channels, n, scale, magnitudes),
                        }
                    }
                    let added = block.len() / rows;
                    let done = finished.fetch_add(added, Ordering::Relaxed) + added;
                    hook(done as f64 / frames as f64)
                },
            );
        outcome.is_continue().then_some(values)
    }

    /// The magnitudes of these frames of `channels` alone, one after the other, each as
    /// [`magnitude`](Self::magnitude) has it, bit for bit.
    ///
    /// Runs on the current rayon pool.
    #[must_use]
    pub fn magnitude_of_frames(
        &self,
        channels: &[impl AsRef<[f32]> + Sync],
        frames: &[usize],
        scale: Scale,
    ) -> Vec<f32> {
        let bins = self.bins();
        let mut values = vec![0.0; bins * frames.len()];
        values
            .par_chunks_mut(bins)
            .zip(frames)
            .with_min_len(8)
            .for_each_init(
                || Transform::new(self),
                |transform, (magnitudes, &n)| transform.mean(channels, n, scale, magnitudes),
            );
        values
    }
}

/// How the magnitudes of the channels go into one column.
#[derive(Clone, Copy)]
enum Channels {
    /// Their mean.
    Mean,
    /// One below the other.
    Apart,
}

/// What one thread transforms frames with.
struct Transform<'a> {
    stft: &'a Stft,
    workspace: Workspace,
    spectrum: Vec<Complex32>,
    sums: Vec<f32>,
}

impl<'a> Transform<'a> {
    fn new(stft: &'a Stft) -> Self {
        Self {
            stft,
            workspace: stft.workspace(),
            spectrum: vec![Complex32::default(); stft.bins()],
            sums: vec![0.0; stft.bins()],
        }
    }

    fn forward(&mut self, channel: &[f32], frame: usize, scale: Scale) -> bool {
        let (spectrum, workspace) = (&mut self.spectrum, &mut self.workspace);
        self.stft
            .forward(channel, frame, scale, spectrum, workspace)
    }

    /// Writes the means of all channels. They are summed up beside `column`: to read memory that
    /// has never been written would cost as much as the transform.
    fn mean(
        &mut self,
        channels: &[impl AsRef<[f32]>],
        frame: usize,
        scale: Scale,
        column: &mut [f32],
    ) {
        let share = 1.0 / channels.len().max(1) as f32;
        self.sums.fill(0.0);
        for channel in channels {
            if self.forward(channel.as_ref(), frame, scale) {
                for (sum, x) in self.sums.iter_mut().zip(&self.spectrum) {
                    *sum += magnitude(*x) * share;
                }
            }
        }
        column.copy_from_slice(&self.sums);
    }

    /// Writes each channel below the other, into zeros.
    fn apart(
        &mut self,
        channels: &[impl AsRef<[f32]>],
        frame: usize,
        scale: Scale,
        column: &mut [f32],
    ) {
        let parts = column.chunks_exact_mut(self.stft.bins());
        for (channel, part) in channels.iter().zip(parts) {
            if self.forward(channel.as_ref(), frame, scale) {
                for (value, x) in part.iter_mut().zip(&self.spectrum) {
                    *value = magnitude(*x);
                }
            }
        }
    }
}

fn magnitude(x: Complex32) -> f32 {
    (x.re * x.re + x.im * x.im).sqrt()
}
