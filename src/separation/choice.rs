//! How many components a recording has.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::magnitudes::magnitudes;
use super::{
    Cancel, Outcome, Phase, Progress, SeparationError, SeparationSettings, SourceCount, Stage,
};
use crate::audio::AudioBuffer;
use crate::nmf::{self, ComponentChoice, Matrix, NmfError};
use crate::spectral::{Scale, Stft};

/// Looks at a recording and says how many components it has, and why: the curve behind the choice
/// that [`ComponentCount::Evidence`](super::ComponentCount::Evidence) makes.
///
/// Of the settings the transform counts, and the number of sources, of which each has a component
/// at least. [`nmf::choose_components`](nmf::choose_components()) explains the evidence. Progress
/// is [`Phase::Stft`], then [`Phase::Choose`]. Runs on the current rayon pool; the result is the
/// same for any number of threads and in every run.
///
/// ```
/// use partita::audio::AudioBuffer;
/// use partita::separation::{Cancel, Outcome, Silent, choose_components};
///
/// // A low and a high tone that take turns, each rising and dying away without a click.
/// let pitch = |t: usize| if t / 5000 % 2 == 0 { 0.3_f32 } else { 1.1 };
/// let loudness = |t: usize| (std::f32::consts::PI * (t % 5000) as f32 / 5000.0).sin().powi(2);
/// let sample = |t: usize| loudness(t) * (pitch(t) * t as f32).sin();
/// let samples = (0..60_000).map(sample).collect();
/// let recording = AudioBuffer::new(vec![samples], 44_100)?;
/// let found = choose_components(&recording, &Default::default(), &Silent, &Cancel::default())?;
/// let Outcome::Done(choice) = found else { panic!("nobody cancelled") };
/// assert_eq!(choice.chosen, 2, "{}", choice.reason);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Settings that the transform refuses, and [`NmfError::Empty`] for a recording without a sample.
pub fn choose_components(
    recording: &AudioBuffer,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<ComponentChoice>, SeparationError> {
    let stft = Stft::new(settings.stft)?;
    let scale = Scale::of(recording.channels());
    let Some(v) = magnitudes(recording, &stft, scale, progress, cancel)? else {
        return Ok(Outcome::Cancelled);
    };
    Outcome::unless_stopped(choose(&v, settings.sources, progress, cancel))
}

/// The choice for a spectrogram, or for a sample of its frames.
pub(super) fn choose(
    v: &Matrix,
    sources: SourceCount,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<ComponentChoice, NmfError> {
    let least = match sources {
        SourceCount::Fixed(sources) => sources,
        SourceCount::Auto | SourceCount::Components => 1,
    };
    let stop = || cancel.is_cancelled();
    let seen = AtomicUsize::new(0);
    nmf::choose_components(v, least, &stop, &|components, fraction| {
        if seen.swap(components, Ordering::Relaxed) != components {
            progress.enters(Stage::Number(components));
        }
        progress.report(Phase::Choose, fraction);
    })
}
