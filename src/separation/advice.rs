//! Which preset suits a recording, from what is measured of it.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Cancel, Outcome, Preset, RecordingStream, SeparationError};
use crate::audio::AudioBuffer;
use crate::spectral::{Hpss, HpssSettings, Scale, Spectrogram, Stft, StftSettings};

/// Seconds from the middle of the recording that are looked at.
const SECONDS: f64 = 20.0;
/// From here on a recording is long.
const LONG_SECONDS: f64 = 1800.0;
/// Frames, or bins, of a median.
const AROUND: usize = 17;
/// How far one median must exceed the other for a bin to be a tone or an attack (Driedger, Müller
/// & Disch 2014, "Extending harmonic-percussive separation of audio signals").
const BEYOND: f32 = 2.0;
/// Shares of the energy from which tones, and attacks compared with tones, make the material.
const MELODIC: f64 = 0.85;
const FEW_TONES: f64 = 0.35;
/// Rate at which a pitch is looked for, and the frame, its hop and the range of pitches.
const PITCH_RATE: f64 = 5512.5;
const PITCH_FRAME: usize = 256;
const PITCH_HZ: (f64, f64) = (80.0, 400.0);
/// Autocorrelation from which a frame has a pitch.
const PITCHED: f64 = 0.6;
/// Frames below this share of the mean energy are silent.
const SILENT: f64 = 0.1;
/// Semitones by which a pitch that slides differs from one frame to the next.
const SLIDE: std::ops::Range<f64> = 0.2..3.0;
/// Shares of the energy with a pitch, and of pitches that slide, from which it is speech.
const VOICED: f64 = 0.5;
const SLIDING: f64 = 0.4;

/// Which preset suits a recording, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// The preset.
    pub preset: Preset,
    /// A sentence with what was measured.
    pub reason: String,
}

/// Looks at 20 s from the middle of a recording and says which preset suits it.
///
/// Speech has a pitch that slides; drums have few tones, melodic material little else. A recording
/// of half an hour or more is long, whatever it holds.
///
/// Runs on the current rayon pool; the result is the same for any number of threads.
///
/// # Errors
/// [`SeparationError::Spectral`] when the transform cannot be made, which its settings do not
/// allow for.
pub fn advise(
    recording: &AudioBuffer,
    cancel: &Cancel,
) -> Result<Outcome<Advice>, SeparationError> {
    let (frames, rate) = (recording.frames(), recording.rate());
    match long(frames, rate) {
        Some(advice) => Ok(Outcome::Done(advice)),
        None => from_part(&recording.excerpt(middle(frames, rate)), cancel),
    }
}

/// The same for a recording that stays on the disk: only what is looked at is read.
///
/// # Errors
/// As [`advise`], and [`SeparationError::Recording`] when it cannot be read.
pub fn advise_stream(
    recording: &mut RecordingStream,
    cancel: &Cancel,
) -> Result<Outcome<Advice>, SeparationError> {
    let (frames, rate) = (recording.frames(), recording.info().rate);
    match long(frames, rate) {
        Some(advice) => Ok(Outcome::Done(advice)),
        None => from_part(&recording.excerpt(middle(frames, rate))?, cancel),
    }
}

/// What the length alone says.
fn long(frames: usize, rate: u32) -> Option<Advice> {
    let seconds = frames as f64 / f64::from(rate);
    (seconds >= LONG_SECONDS).then(|| Advice {
        preset: Preset::Long,
        reason: format!("The recording is {:.0} minutes long", seconds / 60.0),
    })
}

/// The samples that are looked at.
fn middle(frames: usize, rate: u32) -> Range<usize> {
    let length = (SECONDS * f64::from(rate)) as usize;
    let from = frames.saturating_sub(length) / 2;
    from..(from + length).min(frames)
}

fn from_part(part: &AudioBuffer, cancel: &Cancel) -> Result<Outcome<Advice>, SeparationError> {
    let hook = |_| {
        if cancel.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let Some(tones) = tones(part, &hook)? else {
        return Ok(Outcome::Cancelled);
    };
    Ok(Outcome::Done(judged(&Voice::of(part), tones)))
}

/// What the measurements say.
fn judged(voice: &Voice, tones: Tones) -> Advice {
    let percent = |share: f64| (100.0 * share).round();
    let (preset, reason) = if voice.pitched > VOICED && voice.sliding > SLIDING {
        let (pitched, sliding) = (percent(voice.pitched), percent(voice.sliding));
        (
            Preset::Speech,
            format!(
                "{pitched} % of the energy has one pitch, which slides in {sliding} % of the frames, as a voice does"
            ),
        )
    } else if tones.harmonic > MELODIC {
        let share = percent(tones.harmonic);
        (
            Preset::Melodic,
            format!("{share} % of the energy is in lasting tones"),
        )
    } else if tones.percussive > tones.harmonic && tones.harmonic < FEW_TONES {
        let (attacks, lasting) = (percent(tones.percussive), percent(tones.harmonic));
        (
            Preset::Drums,
            format!(
                "{attacks} % of the energy is in attacks and only {lasting} % in lasting tones"
            ),
        )
    } else {
        let (attacks, lasting) = (percent(tones.percussive), percent(tones.harmonic));
        (
            Preset::Mix,
            format!(
                "{lasting} % of the energy is in lasting tones and {attacks} % in attacks: nothing rules"
            ),
        )
    };
    Advice { preset, reason }
}

/// Shares of the energy.
#[derive(Clone, Copy, Debug, Default)]
struct Tones {
    harmonic: f64,
    percussive: f64,
}

/// Tells lasting tones, which are ridges along time, from attacks, which are ridges along
/// frequency: a bin is either where one median exceeds the other by [`BEYOND`], which is where its
/// mask exceeds one half.
fn tones(
    recording: &AudioBuffer,
    hook: &(dyn Fn(f64) -> ControlFlow<()> + Sync),
) -> Result<Option<Tones>, SeparationError> {
    if recording.frames() == 0 {
        return Ok(Some(Tones::default()));
    }
    let stft = Stft::new(StftSettings::default())?;
    let scale = Scale::of(recording.channels());
    let Some(spectrogram) = stft.magnitude(recording.channels(), recording.rate(), scale, hook)
    else {
        return Ok(None);
    };
    let around = HpssSettings {
        frames: AROUND,
        bins: AROUND,
        margin: BEYOND,
        ..HpssSettings::default()
    };
    let bins = spectrogram.bins();
    let masks = Hpss::of(spectrogram.values(), bins, &around, hook)?;
    Ok(masks.map(|masks| shares(&spectrogram, &masks)))
}

fn shares(spectrogram: &Spectrogram, masks: &Hpss) -> Tones {
    let mut found = Tones::default();
    let mut total = 0.0;
    for (n, frame) in spectrogram
        .values()
        .chunks_exact(spectrogram.bins())
        .enumerate()
    {
        let [harmonic, percussive] = masks.frame(n);
        for ((x, harmonic), percussive) in frame.iter().zip(harmonic).zip(percussive) {
            let energy = f64::from(*x).powi(2);
            total += energy;
            if *harmonic > 0.5 {
                found.harmonic += energy;
            } else if *percussive > 0.5 {
                found.percussive += energy;
            }
        }
    }
    if total > 0.0 {
        found.harmonic /= total;
        found.percussive /= total;
    }
    found
}

/// How much of a recording has a pitch, as shares.
#[derive(Clone, Copy, Debug, Default)]
struct Voice {
    /// Of the energy.
    pitched: f64,
    /// Of the pairs of neighbouring frames with a pitch.
    sliding: f64,
}

impl Voice {
    /// Looks for one pitch in each frame by autocorrelation, at a low rate.
    fn of(recording: &AudioBuffer) -> Self {
        let ratio = (f64::from(recording.rate()) / PITCH_RATE).round().max(1.0) as usize;
        let rate = f64::from(recording.rate()) / ratio as f64;
        let channels = recording.channels();
        let samples: Vec<f64> = (0..recording.frames() / ratio)
            .map(|n| {
                let block = n * ratio..(n + 1) * ratio;
                let all = channels.iter().flat_map(|c| &c[block.clone()]);
                all.map(|&x| f64::from(x)).sum()
            })
            .collect();
        let lags = (rate / PITCH_HZ.1) as usize..=(rate / PITCH_HZ.0) as usize;
        let frames: Vec<&[f64]> = samples
            .windows(PITCH_FRAME)
            .step_by(PITCH_FRAME / 2)
            .collect();
        let frames: Vec<(f64, Option<f64>)> = frames
            .into_par_iter()
            .map(|frame| pitch(frame, lags.clone()))
            .collect();
        let total: f64 = frames.iter().map(|f| f.0).sum();
        let least = SILENT * total / frames.len().max(1) as f64;
        let pitches: Vec<(f64, f64)> = frames
            .iter()
            .map(|&(energy, lag)| (energy, lag.filter(|_| energy > least).unwrap_or(0.0)))
            .collect();
        let pitched: f64 = pitches.iter().filter(|p| p.1 > 0.0).map(|p| p.0).sum();
        let (mut pairs, mut slides) = (0.0, 0.0);
        for pair in pitches.windows(2) {
            if pair[0].1 > 0.0 && pair[1].1 > 0.0 {
                pairs += 1.0;
                if SLIDE.contains(&(12.0 * (pair[0].1 / pair[1].1).log2().abs())) {
                    slides += 1.0;
                }
            }
        }
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            pitched: share(pitched, total),
            sliding: share(slides, pairs),
        }
    }
}

/// The energy of a frame, and the lag of its pitch where it has one.
fn pitch(frame: &[f64], lags: std::ops::RangeInclusive<usize>) -> (f64, Option<f64>) {
    let mean = frame.iter().sum::<f64>() / frame.len() as f64;
    let frame: Vec<f64> = frame.iter().map(|x| x - mean).collect();
    let energy = |part: &[f64]| part.iter().map(|x| x * x).sum::<f64>();
    let length = frame.len().saturating_sub(*lags.end());
    let start = energy(&frame[..length]);
    let mut best = (PITCHED, None);
    for lag in lags {
        let later = &frame[lag..lag + length];
        let product: f64 = frame[..length].iter().zip(later).map(|(x, y)| x * y).sum();
        let likeness = product / (start * energy(later)).sqrt().max(1e-30);
        if likeness > best.0 {
            best = (likeness, Some(lag as f64));
        }
    }
    (energy(&frame), best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advised(recording: &AudioBuffer) -> Advice {
        match advise(recording, &Cancel::default()).unwrap() {
            Outcome::Done(advice) => advice,
            Outcome::Cancelled => panic!("nobody cancelled"),
        }
    }

    #[test]
    fn advice_can_be_cancelled() {
        let cancel = Cancel::default();
        cancel.cancel();
        let outcome = advise(&recording(noise), &cancel).unwrap();
        assert_eq!(outcome, Outcome::Cancelled);
    }

    fn recording(sample: impl Fn(f64) -> f64) -> AudioBuffer {
        let samples = (0..3 * 44_100).map(|n| sample(f64::from(n) / 44_100.0) as f32);
        AudioBuffer::new(vec![samples.collect()], 44_100).unwrap()
    }

    fn noise(t: f64) -> f64 {
        let x = (t * 44_100.0).round();
        (x * 12.9898 + (x * 0.618).sin() * 78.233).sin().fract() * 43_758.545 % 1.0
    }

    fn harmonics(phase: f64) -> f64 {
        (1..6)
            .map(|h| (f64::from(h) * phase).sin() / f64::from(h))
            .sum()
    }

    #[test]
    fn lasting_tones_are_melodic() {
        let turn = std::f64::consts::TAU;
        let chord = recording(|t| {
            let lowest = if t < 1.5 { 220.0 } else { 330.0 };
            harmonics(turn * lowest * t) + harmonics(turn * 1.5 * lowest * t)
        });
        let advice = advised(&chord);
        assert_eq!(advice.preset, Preset::Melodic, "{}", advice.reason);
    }

    #[test]
    fn bursts_of_noise_are_drums() {
        let bursts = recording(|t| noise(t) * (-(t % 0.25) * 60.0).exp());
        let advice = advised(&bursts);
        assert_eq!(advice.preset, Preset::Drums, "{}", advice.reason);
    }

    #[test]
    fn a_sliding_pitch_is_speech() {
        let turn = std::f64::consts::TAU;
        // 140 Hz that swing by 50 Hz, twice a second, with pauses.
        let voice = recording(|t| {
            let phase = turn * 140.0 * t - 25.0 * (2.0 * turn * t).cos();
            if t % 0.8 < 0.6 { harmonics(phase) } else { 0.0 }
        });
        let advice = advised(&voice);
        assert_eq!(advice.preset, Preset::Speech, "{}", advice.reason);
    }

    #[test]
    fn silence_is_anything() {
        let silence = recording(|_| 0.0);
        assert_eq!(advised(&silence).preset, Preset::Mix);
        let nothing = AudioBuffer::new(vec![Vec::new()], 44_100).unwrap();
        assert_eq!(advised(&nothing).preset, Preset::Mix);
    }
}
