//! Whole signals at once, for signals that fit in memory as complex spectra.

use realfft::num_complex::Complex32;

use super::{Scale, Stft};

/// The complex spectra of all frames of a signal.
///
/// Needs about `8 · bins / hop` bytes a sample, so that a long recording is better transformed
/// frame by frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectra {
    bins: usize,
    samples: usize,
    scale: Scale,
    values: Vec<Complex32>,
}

impl Spectra {
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

    /// Number of samples of the signal.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The power of two by which the signal was multiplied first.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// The spectrum of frame `n`, [`bins`](Self::bins) values.
    ///
    /// # Panics
    /// When there is no frame `n`, as with any slice index.
    #[must_use]
    pub fn frame(&self, n: usize) -> &[Complex32] {
        &self.values[n * self.bins..(n + 1) * self.bins]
    }

    /// The spectrum of frame `n`, for writing.
    ///
    /// # Panics
    /// When there is no frame `n`, as with any slice index.
    pub fn frame_mut(&mut self, n: usize) -> &mut [Complex32] {
        &mut self.values[n * self.bins..(n + 1) * self.bins]
    }
}

impl Stft {
    /// The spectra of a whole signal, of the signal times a power of two that brings it near 1
    /// ([`Spectra::scale`]).
    #[must_use]
    pub fn analyse(&self, samples: &[f32]) -> Spectra {
        let scale = Scale::of(&[samples]);
        let (bins, frames) = (self.bins(), self.frame_count(samples.len()));
        let mut values = vec![Complex32::default(); bins * frames];
        let mut workspace = self.workspace();
        for (n, spectrum) in values.chunks_exact_mut(bins).enumerate() {
            self.forward(samples, n, scale, spectrum, &mut workspace);
        }
        Spectra {
            bins,
            samples: samples.len(),
            scale,
            values,
        }
    }

    /// The signal whose spectra are nearest (in the least squares sense) to the given ones:
    /// after [`analyse`](Self::analyse) that signal, within -120 dB of its peak.
    ///
    /// # Panics
    /// When `spectra` come from a transform of another size.
    #[must_use]
    pub fn synthesise(&self, mut spectra: Spectra) -> Vec<f32> {
        let mut samples = vec![0.0; spectra.samples];
        let mut frame = vec![0.0; self.size()];
        let mut workspace = self.workspace();
        for (n, spectrum) in spectra.values.chunks_exact_mut(spectra.bins).enumerate() {
            self.inverse(spectrum, &mut frame, &mut workspace);
            self.overlap_add(&frame, n, 0, &mut samples);
        }
        self.overlap(samples.len())
            .divide(0, &mut samples, spectra.scale.inverse());
        samples
    }
}
