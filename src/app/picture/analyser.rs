//! Magnitudes of single frames.

use std::sync::Arc;

use super::decibel::Coder;
use crate::audio::AudioBuffer;
use crate::spectral::{Complex32, Scale, Stft, StftSettings, Workspace as Transform};

/// Computes the levels of one frame after the other.
pub(super) struct Analyser {
    audio: Arc<AudioBuffer>,
    scale: Scale,
    /// The transform of level 0, −1, −2, …
    stfts: Vec<Stft>,
    coder: Coder,
    unit: f32,
}

/// What one thread computes in.
pub(super) struct Workspace {
    transform: Transform,
    spectrum: Vec<Complex32>,
    magnitudes: Vec<f32>,
}

impl Analyser {
    /// For the levels from `finest` (0 or less) on of a recording that is multiplied by `scale`.
    pub fn new(audio: Arc<AudioBuffer>, stft: &Stft, finest: i32, scale: Scale) -> Self {
        let settings = stft.settings();
        let finer = (1..=-finest).map_while(|halvings| {
            Stft::new(StftSettings {
                hop: settings.hop >> halvings,
                ..settings
            })
            .ok()
        });
        // A sine of amplitude 1 has the magnitude of half the window's sum.
        let unit = stft.window().iter().sum::<f32>() / 2.0;
        Self {
            audio,
            scale,
            stfts: std::iter::once(stft.clone()).chain(finer).collect(),
            coder: Coder::new(unit),
            unit,
        }
    }

    /// The magnitude of 0 dB.
    pub fn unit(&self) -> f32 {
        self.unit
    }

    pub fn scale(&self) -> Scale {
        self.scale
    }

    pub fn workspace(&self) -> Workspace {
        let stft = &self.stfts[0];
        Workspace {
            transform: stft.workspace(),
            spectrum: vec![Complex32::default(); stft.bins()],
            magnitudes: vec![0.0; stft.bins()],
        }
    }

    /// The mean of the magnitudes of all channels in a frame of a level that is 0 or less.
    pub fn magnitudes<'a>(
        &self,
        level: i32,
        frame: usize,
        workspace: &'a mut Workspace,
    ) -> &'a [f32] {
        let Workspace {
            transform,
            spectrum,
            magnitudes,
        } = workspace;
        magnitudes.fill(0.0);
        let channels = self.audio.channels();
        let mean = 1.0 / channels.len().max(1) as f32;
        if let Some(stft) = self.stfts.get(level.unsigned_abs() as usize) {
            for channel in channels {
                if stft.forward(channel, frame, self.scale, spectrum, transform) {
                    for (sum, x) in magnitudes.iter_mut().zip(spectrum.iter()) {
                        *sum += (x.re * x.re + x.im * x.im).sqrt() * mean;
                    }
                }
            }
        }
        magnitudes
    }

    /// Raises codes to those of a frame where they are lower.
    pub fn raise(&self, level: i32, frame: usize, codes: &mut [u8], workspace: &mut Workspace) {
        let magnitudes = self.magnitudes(level, frame, workspace);
        for (code, &magnitude) in codes.iter_mut().zip(magnitudes) {
            *code = (*code).max(self.coder.code(magnitude));
        }
    }
}
