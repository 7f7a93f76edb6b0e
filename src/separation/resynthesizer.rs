//! Sound from a recording and its factors, at any gains.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::factors::Place;
use super::stems::{Size, check_shapes};
use super::{Factors, Masks, SeparationError};
use crate::audio::AudioBuffer;
use crate::spectral::{Complex32, Overlap, Scale, Stft, Workspace};

/// Renders the recording with a gain for each of its components, for any span of samples.
///
/// It holds the recording, the factors and no rendered sound but the frames that overlap the
/// last span, so a change of gain is heard at once and memory does not grow with the number of
/// stems. After construction nothing allocates (as long as the output vectors have the
/// capacity), so it can run in an audio thread; it is `Send` and owns what it needs.
///
/// The sound of a sample depends on its place, the factors and the gains alone: any spans, in
/// any order, give the same bits.
pub struct Resynthesizer {
    recording: Arc<AudioBuffer>,
    factors: Arc<Factors>,
    stft: Stft,
    scale: Scale,
    overlap: Overlap,
    frames: usize,
    fft: Workspace,
    spectrum: Vec<Complex32>,
    masked: Vec<Complex32>,
    masks: Masks,
    /// The gains of the kept frames.
    gains: Vec<f32>,
    kept: Vec<Kept>,
}

/// A rendered frame: successive spans share most of their frames.
struct Kept {
    frame: Option<usize>,
    /// For each channel, whether it is not silent, and its windowed sound.
    sound: Vec<(bool, Vec<f32>)>,
}

impl Resynthesizer {
    /// A resynthesizer of a recording, with the transform that the factors come from.
    ///
    /// # Errors
    /// [`SeparationError::Shape`] when the factors do not belong to this recording and
    /// transform.
    pub fn new(
        recording: Arc<AudioBuffer>,
        factors: Arc<Factors>,
        stft: Stft,
    ) -> Result<Self, SeparationError> {
        check_shapes(factors.model(), &stft, Size::of(&recording))?;
        let bins = stft.bins();
        let sound = vec![(false, vec![0.0; stft.size()]); recording.channel_count()];
        // As many frames as can cover one sample, and one more so that stepping on keeps all.
        let kept = stft.size().div_ceil(stft.hop()) + 1;
        Ok(Self {
            scale: Scale::of(recording.channels()),
            overlap: stft.overlap(recording.frames()),
            frames: factors.activations().cols(),
            fft: stft.workspace(),
            spectrum: vec![Complex32::default(); bins],
            masked: vec![Complex32::default(); bins],
            masks: Masks::new(bins, 1),
            gains: vec![0.0; factors.components()],
            kept: (0..kept)
                .map(|_| Kept {
                    frame: None,
                    sound: sound.clone(),
                })
                .collect(),
            recording,
            factors,
            stft,
        })
    }

    /// The recording.
    #[must_use]
    pub fn recording(&self) -> &Arc<AudioBuffer> {
        &self.recording
    }

    /// The factors that are heard.
    #[must_use]
    pub fn factors(&self) -> &Arc<Factors> {
        &self.factors
    }

    /// Lets other factors be heard from the next span on, such as those of a later iteration.
    /// Returns the former ones, so that an audio thread need not free them.
    ///
    /// # Errors
    /// The given factors, when they are of another shape than the former; nothing has changed
    /// then.
    pub fn replace_factors(&mut self, factors: Arc<Factors>) -> Result<Arc<Factors>, Arc<Factors>> {
        let fit = check_shapes(factors.model(), &self.stft, Size::of(&self.recording)).is_ok();
        if !fit || factors.components() != self.factors.components() {
            return Err(factors);
        }
        self.forget();
        Ok(std::mem::replace(&mut self.factors, factors))
    }

    /// Renders the samples of `span` of every channel, with component `k` at the gain
    /// `gains[k]`: 0 leaves it out, all at 1 give the recording within -120 dB.
    ///
    /// `out` has one vector for each channel, which comes back with as many samples as the span;
    /// what lies beyond the end of the recording is 0. Missing gains, and gains that are not
    /// finite, count as 0.
    pub fn render(&mut self, gains: &[f32], span: Range<usize>, out: &mut [Vec<f32>]) {
        self.set_gains(gains);
        for channel in out.iter_mut() {
            channel.clear();
            channel.resize(span.len(), 0.0);
        }
        for n in self.stft.frames_covering(span.clone(), self.frames) {
            let kept = self.keep(n);
            for (channel, (loud, sound)) in out.iter_mut().zip(&self.kept[kept].sound) {
                if *loud {
                    self.stft.overlap_add(sound, n, span.start, channel);
                }
            }
        }
        for channel in out {
            self.overlap
                .divide(span.start, channel, self.scale.inverse());
        }
    }

    fn set_gains(&mut self, gains: &[f32]) {
        let wanted = gains.iter().copied().chain(std::iter::repeat(0.0));
        let mut changed = false;
        for (gain, new) in self.gains.iter_mut().zip(wanted) {
            let new = if new.is_finite() { new } else { 0.0 };
            changed |= *gain != new;
            *gain = new;
        }
        if changed {
            self.forget();
        }
    }

    fn forget(&mut self) {
        for kept in &mut self.kept {
            kept.frame = None;
        }
    }

    /// Renders a frame unless it is kept. Returns its place.
    fn keep(&mut self, n: usize) -> usize {
        let place = n % self.kept.len();
        let kept = &mut self.kept[place];
        if kept.frame == Some(n) {
            return place;
        }
        kept.frame = Some(n);
        let model = self.factors.model();
        let mut has_mask = false;
        let channels = self.recording.channels().iter().enumerate();
        for ((loud, sound), (c, channel)) in kept.sound.iter_mut().zip(channels) {
            let (spectrum, fft) = (&mut self.spectrum, &mut self.fft);
            *loud = self.stft.forward(channel, n, self.scale, spectrum, fft);
            if *loud && !has_mask {
                let place = Place {
                    channel: c,
                    frame: n,
                };
                self.masks.fill_mix(model, place, &self.gains);
                has_mask = model.same_in_all_channels();
            }
            *loud &= self.masks.is_audible(0);
            if *loud {
                self.masks.apply(0, spectrum, &mut self.masked);
                self.stft.inverse(&mut self.masked, sound, fft);
            }
        }
        place
    }
}

impl fmt::Debug for Resynthesizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resynthesizer")
            .field("stft", &self.stft)
            .field("frames", &self.frames)
            .field("components", &self.gains.len())
            .finish_non_exhaustive()
    }
}
