//! The short-time Fourier transform, one frame at a time.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use realfft::num_complex::Complex32;

use super::fft::Plan;
use super::overlap::{self, Overlap};
use super::settings::{MIN_WINDOW_SUM, smallest_window_sum};
use super::{Scale, SpectralError, StftSettings, Workspace};

/// Below this summed squared window the amplified rounding errors of `f32` would come too near
/// to the promised -120 dB, and the FFT computes in `f64`.
const SINGLE_PRECISION_SUM: f64 = 0.499;

/// Samples below -240 dB of the scaled full scale count as silence: denormal numbers would slow
/// the FFT down by orders of magnitude.
const SILENCE: f32 = 1e-12;

/// A planned short-time Fourier transform.
///
/// Cheap to clone and to share between threads: plans and window are behind [`Arc`]. What a
/// frame is computed in comes from the caller ([`workspace`](Self::workspace)), so nothing
/// allocates per frame.
///
/// Frame `n` is centred on sample `n · hop`; the signal is zero before its first and after its
/// last sample. The spectrum of a frame is `X[k] = Σ_m window[m] · x[n·hop - size/2 + m] ·
/// exp(-2πi·k·m/size)`, as in `librosa.stft(center=True, pad_mode="constant")`. The inverse is
/// the weighted overlap-add of Griffin & Lim (1984), "Signal estimation from modified short-time
/// Fourier transform": `x[t] = Σ_n window · y_n / Σ_n window²`.
///
/// ```
/// use partita::spectral::{Stft, StftSettings};
///
/// let stft = Stft::new(StftSettings::default())?;
/// let signal: Vec<f32> = (0..5000).map(|t| (0.05 * t as f32).sin()).collect();
/// let spectra = stft.analyse(&signal);
/// assert_eq!((spectra.bins(), spectra.frames()), (1025, 11));
/// let back = stft.synthesise(spectra);
/// assert!(signal.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-6));
/// # Ok::<(), partita::spectral::SpectralError>(())
/// ```
#[derive(Clone)]
pub struct Stft {
    settings: StftSettings,
    window: Arc<[f32]>,
    /// The window over the FFT size, since the FFT and its inverse multiply by it.
    synthesis: Arc<[f32]>,
    /// What analysis and synthesis multiply a sample by, the rounding of both included.
    squares: Arc<[f64]>,
    /// The smallest summed squared window that a sample may have at the end of a signal.
    floor: f64,
    plan: Plan,
}

impl Stft {
    /// Plans a transform.
    ///
    /// # Errors
    /// [`SpectralError`] for a size that is odd or out of range, and for a hop that cannot be
    /// inverted; the message says what is accepted.
    pub fn new(settings: StftSettings) -> Result<Self, SpectralError> {
        settings.check()?;
        let StftSettings { size, hop, window } = settings;
        let window = window.coefficients(size);
        let synthesis: Vec<f32> = window.iter().map(|&w| w / size as f32).collect();
        let squares: Vec<f64> = window
            .iter()
            .zip(&synthesis)
            .map(|(&w, &s)| f64::from(w) * f64::from(s) * size as f64)
            .collect();
        let smallest = smallest_window_sum(&window, hop);
        let precise = smallest < SINGLE_PRECISION_SUM;
        let floor = if precise {
            MIN_WINDOW_SUM
        } else {
            SINGLE_PRECISION_SUM
        };
        Ok(Self {
            settings,
            window: window.into(),
            synthesis: synthesis.into(),
            squares: squares.into(),
            floor,
            plan: Plan::new(size, precise),
        })
    }

    /// The settings it was planned from.
    #[must_use]
    pub fn settings(&self) -> StftSettings {
        self.settings
    }

    /// FFT size in samples.
    #[must_use]
    pub fn size(&self) -> usize {
        self.settings.size
    }

    /// Samples from one frame to the next.
    #[must_use]
    pub fn hop(&self) -> usize {
        self.settings.hop
    }

    /// Number of frequency bins, `size / 2 + 1`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.settings.size / 2 + 1
    }

    /// The analysis window.
    #[must_use]
    pub fn window(&self) -> &[f32] {
        &self.window
    }

    /// Number of frames of a signal: `1 + samples / hop`, as many as librosa makes, and one or two
    /// more where the window sum of the last samples would be too small. None for an empty signal.
    #[must_use]
    pub fn frame_count(&self, samples: usize) -> usize {
        overlap::frame_count(&self.squares, self.hop(), samples, self.floor)
    }

    /// Which of a signal's `frames` frames reach into the samples of `span`.
    #[must_use]
    pub fn frames_covering(&self, span: Range<usize>, frames: usize) -> Range<usize> {
        overlap::covering(self.size(), self.hop(), frames, span)
    }

    /// The window sums of a signal of `samples` samples.
    #[must_use]
    pub fn overlap(&self, samples: usize) -> Overlap {
        let frames = self.frame_count(samples);
        Overlap::new(&self.squares, self.hop(), frames, samples)
    }

    /// Memory for one thread to transform frames in.
    #[must_use]
    pub fn workspace(&self) -> Workspace {
        self.plan.workspace(self.size())
    }

    /// The spectrum of frame `frame` of `samples`, multiplied by `scale`. Returns false, and an
    /// all-zero spectrum without having transformed anything, when the frame is silent.
    ///
    /// # Panics
    /// When `spectrum` does not have [`bins`](Self::bins) values.
    pub fn forward(
        &self,
        samples: &[f32],
        frame: usize,
        scale: Scale,
        spectrum: &mut [Complex32],
        workspace: &mut Workspace,
    ) -> bool {
        assert_eq!(
            spectrum.len(),
            self.bins(),
            "a spectrum has one value for each bin"
        );
        let size = self.size();
        let centre = frame.saturating_mul(self.hop());
        let half = size / 2;
        let start = centre.saturating_sub(half).min(samples.len());
        let end = centre.saturating_add(half).min(samples.len());
        let lead = half.saturating_sub(centre);

        let filled = lead + (end - start);
        workspace.frame[..lead].fill(0.0);
        workspace.frame[filled..].fill(0.0);
        let factor = scale.factor();
        let mut loud = false;
        for ((x, &sample), &w) in workspace.frame[lead..filled]
            .iter_mut()
            .zip(&samples[start..end])
            .zip(&self.window[lead..filled])
        {
            let scaled = sample * factor;
            let audible = scaled.abs() >= SILENCE;
            loud |= audible;
            *x = if audible { scaled * w } else { 0.0 };
        }
        if loud {
            self.plan.forward(spectrum, workspace);
        } else {
            spectrum.fill(Complex32::default());
        }
        loud
    }

    /// The windowed signal of a spectrum (which is overwritten), ready to be overlap-added into
    /// the samples from `hop · n - size/2` on and divided by the window sums
    /// ([`Overlap::divide`]).
    ///
    /// # Panics
    /// When `spectrum` does not have [`bins`](Self::bins), or `frame` not
    /// [`size`](Self::size) values.
    pub fn inverse(
        &self,
        spectrum: &mut [Complex32],
        frame: &mut [f32],
        workspace: &mut Workspace,
    ) {
        assert_eq!(
            spectrum.len(),
            self.bins(),
            "a spectrum has one value for each bin"
        );
        assert_eq!(
            frame.len(),
            self.size(),
            "a frame has one value for each window sample"
        );
        self.plan.inverse(spectrum, frame, workspace);
        for (y, &w) in frame.iter_mut().zip(self.synthesis.iter()) {
            *y *= w;
        }
    }

    /// Adds what frame `index` (from [`inverse`](Self::inverse)) has in the samples from `start`
    /// on to `block`.
    pub fn overlap_add(&self, frame: &[f32], index: usize, start: usize, block: &mut [f32]) {
        let half = self.size() / 2;
        // Positions are counted from half a frame before the first sample.
        let from = index * self.hop();
        let skip = (start + half).saturating_sub(from).min(frame.len());
        let offset = from.saturating_sub(start + half).min(block.len());
        for (x, &y) in block[offset..].iter_mut().zip(&frame[skip..]) {
            *x += y;
        }
    }
}

impl fmt::Debug for Stft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stft").field(&self.settings).finish()
    }
}
