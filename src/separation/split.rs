//! A recording split into what lasts and what strikes.

use std::ops::ControlFlow;

use super::pipeline::check_memory;
use super::{Cancel, Outcome, Phase, Progress, SeparationError};
use crate::audio::AudioBuffer;
use crate::spectral::{Hpss, HpssSettings, Scale, Stft};

/// Splits a recording into a harmonic and a percussive part, and with a margin above 1 a residual.
/// All channels have the same masks, those of their mean magnitude;
/// [`StemRenderer::of_split`](super::StemRenderer::of_split) makes the stems, which add up to the
/// recording.
///
/// Runs on the current rayon pool; the result has the same bits for any number of threads. Beside
/// the recording it holds four spectrograms at most.
///
/// # Errors
/// [`SeparationError::Spectral`] for settings out of range, and [`SeparationError::Memory`] where
/// the machine has too little memory.
pub fn split(
    recording: &AudioBuffer,
    stft: &Stft,
    settings: &HpssSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Hpss>, SeparationError> {
    settings.check()?;
    let values = stft.bins() as u64 * stft.frame_count(recording.frames()) as u64;
    check_memory(values.saturating_mul(4 * size_of::<f32>() as u64))?;
    let watch = |phase: Phase| {
        move |fraction: f64| {
            progress.report(phase, fraction);
            if cancel.is_cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    };
    let scale = Scale::of(recording.channels());
    let (channels, rate) = (recording.channels(), recording.rate());
    let Some(magnitudes) = stft.magnitude(channels, rate, scale, &watch(Phase::Stft)) else {
        return Ok(Outcome::Cancelled);
    };
    let masks = Hpss::of(
        magnitudes.values(),
        stft.bins(),
        settings,
        &watch(Phase::Mask),
    )?;
    Ok(masks.map_or(Outcome::Cancelled, Outcome::Done))
}
