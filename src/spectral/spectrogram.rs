//! Magnitudes over time.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use realfft::num_complex::Complex32;

use super::{Axes, Scale, Stft};

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
        let samples = channels.first().map_or(0, |channel| channel.as_ref().len());
        let (bins, frames) = (self.bins(), self.frame_count(samples));
        let mut values = vec![0.0; bins * frames];
        let mean = 1.0 / channels.len().max(1) as f32;
        let per_chunk = (CHUNK / (self.size() * channels.len().max(1))).clamp(1, 64);
        let finished = AtomicUsize::new(0);

        let outcome = values
            .par_chunks_mut(bins * per_chunk)
            .enumerate()
            .try_for_each_init(
                || (self.workspace(), vec![Complex32::default(); bins]),
                |(workspace, spectrum), (chunk, block)| {
                    for (i, magnitudes) in block.chunks_exact_mut(bins).enumerate() {
                        let n = chunk * per_chunk + i;
                        for channel in channels {
                            let channel = channel.as_ref();
                            if self.forward(channel, n, scale, spectrum, workspace) {
                                add_magnitudes(magnitudes, spectrum, mean);
                            }
                        }
                    }
                    let added = block.len() / bins;
                    let done = finished.fetch_add(added, Ordering::Relaxed) + added;
                    hook(done as f64 / frames as f64)
                },
            );
        outcome.is_continue().then(|| Spectrogram {
            axes: Axes::new(self.settings(), rate),
            bins,
            values,
        })
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
        let mean = 1.0 / channels.len().max(1) as f32;
        values
            .par_chunks_mut(bins)
            .zip(frames)
            .with_min_len(8)
            .for_each_init(
                || (self.workspace(), vec![Complex32::default(); bins]),
                |(workspace, spectrum), (magnitudes, &n)| {
                    for channel in channels {
                        if self.forward(channel.as_ref(), n, scale, spectrum, workspace) {
                            add_magnitudes(magnitudes, spectrum, mean);
                        }
                    }
                },
            );
        values
    }
}

fn add_magnitudes(sums: &mut [f32], spectrum: &[Complex32], share: f32) {
    for (sum, x) in sums.iter_mut().zip(spectrum) {
        *sum += (x.re * x.re + x.im * x.im).sqrt() * share;
    }
}
