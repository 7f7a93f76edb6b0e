//! Recordings, factors and small measurements.

use std::f64::consts::TAU;
use std::sync::Arc;

use partita::audio::AudioBuffer;
use partita::nmf::Matrix;
use partita::playback::{Feed, Mixer, Monitor, Outlet, ring};
use partita::separation::{Factors, Resynthesizer};
use partita::spectral::{Stft, StftSettings};

/// Numbers from 0 to 1 that are the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as f64 / (1u64 << 31) as f64
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() * limit as f64) as usize
    }
}

/// Two chirps of half full scale, so that no stretch is like another.
pub fn chirps(rate: u32, seconds: f64, channels: usize) -> Arc<AudioBuffer> {
    let frames = (seconds * f64::from(rate)) as usize;
    let channel = |c: usize| {
        let sample = |t: usize| {
            let at = t as f64 / f64::from(rate);
            let phase = (150.0 + 90.0 * c as f64) * at + 60.0 * at * at;
            (0.5 * (TAU * phase.fract()).sin()) as f32
        };
        (0..frames).map(sample).collect()
    };
    Arc::new(AudioBuffer::new((0..channels).map(channel).collect(), rate).unwrap())
}

/// A transform, and factors of `components` components that fit a recording.
pub fn factors(recording: &AudioBuffer, components: usize, seed: u64) -> (Arc<Factors>, Stft) {
    let settings = StftSettings {
        size: 1024,
        hop: 256,
        ..StftSettings::default()
    };
    let stft = Stft::new(settings).unwrap();
    let mut random = Random(seed);
    let mut value = |_, _| (random.next() + 0.01) as f32;
    let templates = Matrix::from_fn(stft.bins(), components, &mut value);
    let frames = stft.frame_count(recording.frames());
    let activations = Matrix::from_fn(components, frames, &mut value);
    (
        Arc::new(Factors::new(templates, activations).unwrap()),
        stft,
    )
}

pub fn mix(recording: &Arc<AudioBuffer>, components: usize, seed: u64) -> Resynthesizer {
    let (factors, stft) = factors(recording, components, seed);
    Resynthesizer::new(Arc::clone(recording), factors, stft).unwrap()
}

/// A mixer for an output like the recording, playing the mix of three components at gains 1.
pub fn playing(recording: &Arc<AudioBuffer>) -> Mixer {
    let mut mixer = Mixer::new(recording.rate(), recording.channel_count());
    mixer.load(Arc::clone(recording));
    mixer.set_mix(Some(mix(recording, 3, 1)));
    mixer.set_gains(&[]);
    mixer.play();
    mixer
}

/// A feed from a mixer to an outlet, as between the rendering thread and a device.
pub fn line(mixer: Mixer, rate: u32, outputs: usize) -> (Feed, Outlet) {
    let (inlet, outlet) = ring(rate, outputs, Arc::new(Monitor::default()));
    let mut feed = Feed::new(mixer);
    feed.attach(inlet);
    feed.run();
    (feed, outlet)
}

/// What a device hears that takes `frames` frames in buffers of 512.
pub fn hear(feed: &mut Feed, outlet: &mut Outlet, frames: usize) -> Vec<f32> {
    let mut heard = Vec::new();
    while heard.len() < frames * outlet.outputs() {
        let mut buffer = vec![9.0; 512 * outlet.outputs()];
        assert_eq!(outlet.take(&mut buffer), 0, "a gap at {}", heard.len());
        heard.extend(buffer);
        feed.run();
    }
    heard.truncate(frames * outlet.outputs());
    heard
}

pub fn rendered(mixer: &mut Mixer, frames: usize, outputs: usize) -> Vec<f32> {
    let mut out = vec![9.0; frames * outputs];
    mixer.render(&mut out);
    out
}

/// The samples of one channel of interleaved frames.
pub fn channel(frames: &[f32], channel: usize, outputs: usize) -> Vec<f32> {
    frames
        .iter()
        .skip(channel)
        .step_by(outputs)
        .copied()
        .collect()
}

/// The largest step between neighbouring frames of any channel.
pub fn steepest(frames: &[f32], outputs: usize) -> f32 {
    let steps = frames.iter().zip(frames.iter().skip(outputs));
    steps.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Frames as they lie in a recording.
pub fn interleaved(recording: &AudioBuffer) -> Vec<f32> {
    let at = |t: usize| recording.channels().iter().map(move |c| c[t]);
    (0..recording.frames()).flat_map(at).collect()
}
