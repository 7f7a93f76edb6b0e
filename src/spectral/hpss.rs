//! What lasts and what strikes: harmonic and percussive parts of a spectrogram.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::SpectralError;
use super::median::Median;

/// Longest median.
const LONGEST: usize = 4095;
/// Bins whose rows are filtered together, so that frames are read in whole cache lines.
const ROWS: usize = 16;

/// How a spectrogram is split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HpssSettings {
    /// Frames of the median along time: odd, from 1 to 4095.
    pub frames: usize,
    /// Bins of the median along frequency: odd, from 1 to 4095.
    pub bins: usize,
    /// Exponent of the masks, above 0 and finite.
    pub power: f32,
    /// How many times stronger than the other a part must be before it begins to win: 1 or more.
    /// With 1 nothing is left over; above, what is neither becomes the residual.
    pub margin: f32,
}

impl Default for HpssSettings {
    fn default() -> Self {
        Self {
            frames: 31,
            bins: 31,
            power: 2.0,
            margin: 1.0,
        }
    }
}

impl HpssSettings {
    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`SpectralError::Median`] and [`SpectralError::Hpss`].
    pub fn check(&self) -> Result<(), SpectralError> {
        for length in [self.frames, self.bins] {
            if length.is_multiple_of(2) || length > LONGEST {
                return Err(SpectralError::Median { length });
            }
        }
        let values = [
            ("exponent", self.power, self.power > 0.0),
            ("margin", self.margin, self.margin >= 1.0),
        ];
        for (what, value, in_range) in values {
            if !in_range || !value.is_finite() {
                return Err(SpectralError::Hpss { what, value });
            }
        }
        Ok(())
    }
}

/// Soft masks of the harmonic and the percussive part, bins × frames; what both leave of 1 is the
/// residual.
#[derive(Clone, Debug, PartialEq)]
pub struct Hpss {
    bins: usize,
    harmonic: Vec<f32>,
    percussive: Vec<f32>,
    has_residual: bool,
}

impl Hpss {
    /// Splits magnitudes, `bins` for each frame and frame after frame, into what lasts, the median over time, and what strikes, the median
    /// over frequency (FitzGerald 2010, "Harmonic/percussive separation using median filtering").
    /// With `H` and `P` these medians, `p` the power and `m` the margin, the masks are
    /// `Hᵖ / (Hᵖ + (m P)ᵖ)` and `Pᵖ / (Pᵖ + (m H)ᵖ)` (Driedger, Müller & Disch 2014, "Extending
    /// harmonic-percussive separation of audio signals"); with a margin of 1 they add up to 1, and a
    /// bin in which both are 0 is halved.
    ///
    /// Runs on the current rayon pool and gives the same bits for any number of threads. `hook` is
    /// told the finished fraction (0 to 1) from any thread; when it breaks, the result is `None`.
    ///
    /// # Errors
    /// As [`HpssSettings::check`].
    ///
    /// ```
    /// use partita::spectral::{Hpss, HpssSettings};
    /// use std::ops::ControlFlow;
    ///
    /// // A tone in bin 20, and a click in frame 30.
    /// let tone_and_click = |i: usize| if i % 40 == 20 || i / 40 == 30 { 1.0 } else { 0.0 };
    /// let magnitudes: Vec<f32> = (0..40 * 60).map(tone_and_click).collect();
    /// let split = Hpss::of(&magnitudes, 40, &HpssSettings::default(), &|_| ControlFlow::Continue(()))?;
    /// let split = split.ok_or("stopped")?;
    /// let [tone, click] = split.frame(30);
    /// assert_eq!((tone[5], click[5]), (0.0, 1.0));
    /// assert_eq!((split.frame(7)[0][20], split.frame(7)[1][20]), (1.0, 0.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(
        magnitudes: &[f32],
        bins: usize,
        settings: &HpssSettings,
        hook: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
    ) -> Result<Option<Self>, SpectralError> {
        settings.check()?;
        let bins = bins.max(1);
        let frames = magnitudes.len() / bins;
        let finished = AtomicUsize::new(0);
        let all = bins.div_ceil(ROWS) + frames;
        let tell = || hook((finished.fetch_add(1, Ordering::Relaxed) + 1) as f64 / all as f64);

        let strips: Option<Vec<Vec<f32>>> = (0..bins.div_ceil(ROWS))
            .into_par_iter()
            .map_init(Median::default, |median, strip| {
                let from = strip * ROWS;
                let rows = from..bins.min(from + ROWS);
                let lasting = lasting(magnitudes, bins, rows, settings.frames, median);
                tell().is_continue().then_some(lasting)
            })
            .collect();
        let Some(strips) = strips else {
            return Ok(None);
        };
        let mut harmonic = vec![0.0; bins * frames];
        let mut percussive = vec![0.0; bins * frames];
        let outcome = harmonic
            .par_chunks_mut(bins)
            .zip(percussive.par_chunks_mut(bins))
            .enumerate()
            .try_for_each_init(Median::default, |median, (n, (harmonic, percussive))| {
                median.filter(
                    &magnitudes[n * bins..(n + 1) * bins],
                    settings.bins,
                    percussive,
                );
                for (strip, harmonic) in strips.iter().zip(harmonic.chunks_mut(ROWS)) {
                    for (row, h) in strip.chunks_exact(frames).zip(harmonic) {
                        *h = row[n];
                    }
                }
                for (h, p) in harmonic.iter_mut().zip(percussive) {
                    (*h, *p) = (share(*h, *p, settings), share(*p, *h, settings));
                }
                tell()
            });
        Ok(outcome.is_continue().then_some(Self {
            bins,
            harmonic,
            percussive,
            has_residual: settings.margin > 1.0,
        }))
    }

    /// Number of frequency bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.harmonic.len() / self.bins.max(1)
    }

    /// Whether the masks leave a residual.
    #[must_use]
    pub fn has_residual(&self) -> bool {
        self.has_residual
    }

    /// The masks of the harmonic and of the percussive part in frame `n`: from 0 to 1 in each bin,
    /// and no more than 1 together.
    ///
    /// # Panics
    /// When there is no frame `n`, as with any slice index.
    #[must_use]
    pub fn frame(&self, n: usize) -> [&[f32]; 2] {
        let range = n * self.bins..(n + 1) * self.bins;
        [&self.harmonic[range.clone()], &self.percussive[range]]
    }
}

/// The medians over time of some rows, row after row.
fn lasting(
    magnitudes: &[f32],
    bins: usize,
    rows: std::ops::Range<usize>,
    length: usize,
    median: &mut Median,
) -> Vec<f32> {
    let frames = magnitudes.len() / bins;
    let mut values = vec![0.0; rows.len() * frames];
    for (n, frame) in magnitudes.chunks_exact(bins).enumerate() {
        for (row, &x) in frame[rows.clone()].iter().enumerate() {
            values[row * frames + n] = x;
        }
    }
    let mut medians = vec![0.0; values.len()];
    let both = values
        .chunks_exact(frames.max(1))
        .zip(medians.chunks_exact_mut(frames.max(1)));
    for (values, medians) in both {
        median.filter(values, length, medians);
    }
    medians
}

/// The share of what has the strength `own` beside the strength `other`.
fn share(own: f32, other: f32, settings: &HpssSettings) -> f32 {
    let other = other * settings.margin;
    let larger = own.max(other);
    if larger < f32::MIN_POSITIVE {
        return if settings.margin == 1.0 { 0.5 } else { 0.0 };
    }
    let raised = |x: f32| {
        if settings.power == 2.0 {
            (x / larger) * (x / larger)
        } else {
            (x / larger).powf(settings.power)
        }
    };
    let (own, other) = (raised(own), raised(other));
    own / (own + other)
}
