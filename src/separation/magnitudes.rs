//! What sources are found in: the magnitudes of each channel, all of them or stretches.

use std::ops::ControlFlow;

use super::pooled::FRAMES;
use super::{Cancel, Phase, Progress, SeparationError};
use crate::audio::AudioBuffer;
use crate::nmf::{Channels, Matrix};
use crate::spectral::{Scale, Stft};

/// Stretches that a long recording is looked at in.
const STRETCHES: usize = 6;

/// The magnitudes of all channels added up, bins × frames; `None` after a cancel.
pub(super) fn magnitudes(
    recording: &AudioBuffer,
    stft: &Stft,
    scale: Scale,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Option<Matrix>, SeparationError> {
    let hook = hook(progress, cancel);
    let added = stft.magnitude(recording.channels(), recording.rate(), scale, &hook);
    let v = added.map(|v| Matrix::from_columns(stft.bins(), v.into_values()));
    Ok(v.transpose()?)
}

/// The magnitudes of each channel; `None` after a cancel.
pub(super) fn magnitudes_of_channels(
    recording: &AudioBuffer,
    stft: &Stft,
    scale: Scale,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Option<Channels>, SeparationError> {
    let hook = hook(progress, cancel);
    let Some(values) = stft.magnitude_of_channels(recording.channels(), scale, &hook) else {
        return Ok(None);
    };
    let channels = recording.channel_count();
    let stacked = Matrix::from_columns(stft.bins() * channels, values)?;
    Ok(Some(Channels::new(stacked, channels)?))
}

/// Tells how far the transform is, and whether it is to go on.
fn hook(progress: &dyn Progress, cancel: &Cancel) -> impl Fn(f64) -> ControlFlow<()> {
    |fraction| {
        progress.report(Phase::Stft, fraction);
        if cancel.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// The channels added up, bins × frames.
pub(super) fn summed(v: &Channels) -> Matrix {
    let bins = v.bins();
    Matrix::from_fn(bins, v.frames(), |f, n| {
        let column = v.stacked().column(n);
        (0..v.channels()).map(|c| column[c * bins + f]).sum()
    })
}

/// Stretches of a long recording, spread evenly; `None` when it is short.
pub(super) fn excerpt(v: &Channels) -> Option<Channels> {
    Channels::new(stretches(v.stacked())?, v.channels()).ok()
}

/// The columns of stretches spread evenly; `None` when there are few.
pub(super) fn stretches(v: &Matrix) -> Option<Matrix> {
    let (rows, frames) = (v.rows(), v.cols());
    if frames <= FRAMES {
        return None;
    }
    let length = FRAMES / STRETCHES;
    let mut values = Vec::with_capacity(rows * length * STRETCHES);
    for stretch in 0..STRETCHES {
        let from = (frames - length) * stretch / (STRETCHES - 1);
        values.extend_from_slice(&v.as_slice()[from * rows..(from + length) * rows]);
    }
    Matrix::from_columns(rows, values).ok()
}
