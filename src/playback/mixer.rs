//! What is heard: the transport, the mix, and the way to the outputs.

use std::ops::Range;
use std::sync::Arc;

use super::channels::Routing;
use super::kernel::{Kernel, Ratio};
use super::source::{Source, Tape};
use super::timeline::{Stretch, Timeline};
use crate::audio::AudioBuffer;
use crate::separation::{Factors, Resynthesizer};

/// Seconds over which the end of a loop fades into its start.
const LOOP_FADE: f64 = 0.004;

/// Seconds that a loop has at least.
const SHORTEST_LOOP: f64 = 0.01;

/// Frames that are rendered in one piece at most.
const PIECE: usize = 512;

/// Larger gains would leave the range of sensible numbers.
const LARGEST_GAIN: f32 = 1e4;

/// Renders what is heard, for any number of frames at a time.
///
/// It knows no device, no thread and no clock but the frames that it has rendered. Its output is
/// a function of what has been set before which frame: the sizes of the pieces in which it is
/// asked for change no bit. At the recording's own rate and channels, with the master at 1, the
/// output is the recording itself (without a mix, or with
/// [`set_original`](Self::set_original)), or what [`Resynthesizer::render`] makes of it, bit for
/// bit; with all gains at 1 the latter is the recording within -120 dB. At other rates each
/// frame is the windowed-sinc value at its exact place.
///
/// A change takes effect with the next frame, at once; [`rewind`](Self::rewind) takes frames
/// back that have not been heard. The cross-fade from what would have been heard is made where
/// both meet, by the ring that leads to the device.
pub struct Mixer {
    rate: u32,
    outputs: usize,
    /// Frames rendered so far.
    clock: u64,
    timeline: Timeline,
    looped: Option<Range<i64>>,
    /// Where play last began or went to, for a stop to go back to.
    cue: usize,
    master: f32,
    /// Whether another place has been gone to.
    jumped: bool,
    loaded: Option<Loaded>,
}

/// A recording, and what depends on it and on the output.
struct Loaded {
    source: Source,
    tape: Tape,
    kernel: Kernel,
    routing: Routing,
    resampled: Vec<Vec<f32>>,
}

impl Loaded {
    fn new(source: Source, rate: u32, outputs: usize) -> Self {
        let channels = source.recording.channel_count();
        let own_rate = source.recording.rate();
        Self {
            tape: Tape::new(channels, (LOOP_FADE * f64::from(own_rate)) as usize),
            kernel: Kernel::new(own_rate, rate),
            routing: Routing::new(channels, outputs),
            resampled: vec![Vec::new(); channels],
            source,
        }
    }

    /// Renders `out` (interleaved) from frame `n` of a stretch on.
    fn render(&mut self, stretch: &Stretch, n: u64, master: f32, out: &mut [f32]) {
        let frames = out.len() / self.routing.outputs();
        let reach = self.kernel.reach();
        let ratio = self.kernel.ratio();
        let (first, _) = ratio.place(n);
        let (last, _) = ratio.place(n + frames as u64 - 1);
        let wanted = first - reach..last + 1 + reach;
        let (wave, start) = self.tape.wind(&mut self.source, stretch, wanted);
        for (resampled, wave) in self.resampled.iter_mut().zip(wave) {
            resampled.resize(frames, 0.0);
            self.kernel.run(n, wave, start, resampled);
        }
        self.routing.interleave(&self.resampled, master, out);
    }
}

impl Mixer {
    /// A mixer with nothing to play, for an output of `rate` samples a second (at least 1) on
    /// `outputs` channels (at least 1).
    #[must_use]
    pub fn new(rate: u32, outputs: usize) -> Self {
        Self {
            rate: rate.max(1),
            outputs: outputs.max(1),
            clock: 0,
            timeline: Timeline::new(Stretch {
                clock: 0,
                origin: 0,
                playing: false,
                ended: false,
                looped: None,
                ratio: Ratio::new(1, 1),
                frames: 0,
            }),
            looped: None,
            cue: 0,
            master: 1.0,
            jumped: false,
            loaded: None,
        }
    }

    /// Goes on at the place it is at, for another output. The frames are counted from 0 again.
    pub fn set_output(&mut self, rate: u32, outputs: usize) {
        (self.rate, self.outputs) = (rate.max(1), outputs.max(1));
        let (place, playing) = (self.place(), self.is_playing());
        if let Some(loaded) = self.loaded.take() {
            self.loaded = Some(Loaded::new(loaded.source, self.rate, self.outputs));
        }
        self.clock = 0;
        self.timeline = Timeline::new(self.stretch(place as i64, playing));
    }

    /// Takes a recording to play: at its start, standing still, without a mix or a loop.
    pub fn load(&mut self, recording: Arc<AudioBuffer>) {
        self.looped = None;
        self.loaded = Some(Loaded::new(Source::new(recording), self.rate, self.outputs));
        self.cue = 0;
        self.go(0, false);
    }

    /// Lets go of the recording.
    pub fn unload(&mut self) {
        self.looped = None;
        self.loaded = None;
        self.cue = 0;
        self.go(0, false);
    }

    /// The recording, if there is one.
    #[must_use]
    pub fn recording(&self) -> Option<&Arc<AudioBuffer>> {
        self.loaded.as_ref().map(|loaded| &loaded.source.recording)
    }

    /// Lets this mix be heard, or the recording itself. A mix of another recording is taken as
    /// none. Returns the former one, to be freed elsewhere.
    pub fn set_mix(&mut self, mix: Option<Resynthesizer>) -> Option<Resynthesizer> {
        let loaded = self.loaded.as_mut()?;
        loaded.tape.clear();
        let recording = &loaded.source.recording;
        let fitting = mix.filter(|mix| Arc::ptr_eq(mix.recording(), recording));
        std::mem::replace(&mut loaded.source.mix, fitting)
    }

    /// Lets the mix be made from these factors, of the same shape. Returns what is to be freed
    /// elsewhere: the former factors, or the given ones when they do not fit.
    pub fn replace_factors(&mut self, factors: Arc<Factors>) -> Arc<Factors> {
        let Some(loaded) = &mut self.loaded else {
            return factors;
        };
        loaded.tape.clear();
        match &mut loaded.source.mix {
            Some(mix) => mix.replace_factors(factors).unwrap_or_else(|same| same),
            None => factors,
        }
    }

    /// A linear gain for each component; missing ones are 1, what is not finite is 0.
    pub fn set_gains(&mut self, gains: &[f32]) {
        let Some(loaded) = &mut self.loaded else {
            return;
        };
        loaded.tape.clear();
        let components = loaded.source.mix.as_ref();
        let components = components.map_or(0, |mix| mix.factors().components());
        let given = gains.iter().copied().chain(std::iter::repeat(1.0));
        loaded.source.gains.clear();
        loaded
            .source
            .gains
            .extend(given.map(sensible).take(components));
    }

    /// Lets the recording itself be heard instead of the mix.
    pub fn set_original(&mut self, on: bool) {
        if let Some(loaded) = &mut self.loaded {
            loaded.source.original = on;
            loaded.tape.clear();
        }
    }

    /// A linear gain for everything.
    pub fn set_master(&mut self, gain: f32) {
        self.master = sensible(gain);
    }

    /// Plays on; from the start of the loop or the recording when it is at the end.
    pub fn play(&mut self) {
        let place = self.place();
        let start = self.looped.as_ref().map_or(0, |loops| loops.start as usize);
        if self.loaded.is_some() && !self.is_playing() {
            self.cue = if place < self.frames() { place } else { start };
            self.go(self.cue, true);
        }
    }

    /// Stands still where it is.
    pub fn pause(&mut self) {
        if self.is_playing() {
            self.go(self.place(), false);
        }
    }

    /// Goes to a sample, at most to the end.
    pub fn seek(&mut self, sample: usize) {
        self.cue = sample;
        self.go(sample, self.is_playing());
    }

    /// Stands still where play began, or where it was sent to since.
    pub fn stop(&mut self) {
        self.go(self.cue, false);
    }

    /// Samples to repeat; cut off at the end of the recording, and none when shorter than 10 ms.
    pub fn set_loop(&mut self, looped: Option<Range<usize>>) {
        let rate = self.recording().map_or(1, |recording| recording.rate());
        self.looped = Self::possible_loop(looped, self.frames(), rate)
            .map(|range| range.start as i64..range.end as i64);
        let jumped = self.jumped;
        self.go(self.place(), self.is_playing());
        self.jumped = jumped;
    }

    /// The loop that a recording of so many samples can have.
    pub(super) fn possible_loop(
        wanted: Option<Range<usize>>,
        frames: usize,
        rate: u32,
    ) -> Option<Range<usize>> {
        let shortest = (SHORTEST_LOOP * f64::from(rate)).ceil() as usize;
        let wanted = wanted?;
        let possible = wanted.start.min(frames)..wanted.end.min(frames);
        (possible.end >= possible.start + shortest).then_some(possible)
    }

    /// Samples that are repeated.
    #[must_use]
    pub fn looped(&self) -> Option<Range<usize>> {
        let looped = self.looped.as_ref()?;
        Some(looped.start as usize..looped.end as usize)
    }

    /// Frames rendered since the output was set.
    #[must_use]
    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// Whether it plays on with the next frame.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.timeline.at(self.clock).playing
    }

    /// The sample of the recording that belongs to the next frame.
    #[must_use]
    pub fn place(&self) -> usize {
        self.timeline.place(self.clock).max(0) as usize
    }

    /// Which place belongs to which frame.
    pub(super) fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Whether it has gone to another place, or begun or ceased to play, since the last call.
    pub(super) fn take_jump(&mut self) -> bool {
        std::mem::take(&mut self.jumped)
    }

    /// Takes back the frames from `clock` on, as if they had not been rendered yet.
    pub fn rewind(&mut self, clock: u64) {
        self.clock = self.clock.min(clock);
        self.timeline.cut(self.clock);
        if let Some(loaded) = &mut self.loaded {
            loaded.tape.clear();
        }
    }

    /// Renders the next frames into `out`, interleaved; a last part that is no whole frame, and
    /// every frame while it stands still, is silent. Nothing allocates once every size of `out`
    /// has been seen.
    pub fn render(&mut self, out: &mut [f32]) {
        out.fill(0.0);
        let mut rest = out;
        while rest.len() >= self.outputs {
            let frames = (rest.len() / self.outputs).min(PIECE);
            let done = self.piece(&mut rest[..frames * self.outputs]);
            rest = &mut rest[done * self.outputs..];
        }
    }

    /// Renders frames up to where the recording ends. Returns how many.
    fn piece(&mut self, out: &mut [f32]) -> usize {
        let wanted = out.len() / self.outputs;
        let frames = self.frames() as i64;
        let stretch = self.timeline.at(self.clock);
        let (Some(loaded), true) = (&mut self.loaded, stretch.playing) else {
            self.clock += wanted as u64;
            return wanted;
        };
        let n = self.clock - stretch.clock;
        let left = match stretch.round() {
            Some(_) => wanted,
            None => {
                let samples = (frames - stretch.origin).max(0) as u64;
                let outputs = loaded.kernel.ratio().outputs_before(samples);
                outputs.saturating_sub(n).min(wanted as u64) as usize
            }
        };
        if left > 0 {
            let out = &mut out[..left * self.outputs];
            loaded.render(stretch, n, self.master, out);
            self.clock += left as u64;
        } else {
            let end = self.stretch(frames, false);
            self.timeline.begin(Stretch { ended: true, ..end });
        }
        left
    }

    fn frames(&self) -> usize {
        self.recording().map_or(0, |recording| recording.frames())
    }

    /// Begins a stretch with the next frame.
    fn go(&mut self, place: usize, playing: bool) {
        if let Some(loaded) = &mut self.loaded {
            loaded.tape.clear();
        }
        self.jumped = true;
        let place = place.min(self.frames()) as i64;
        let stretch = self.stretch(place, playing);
        self.timeline.begin(stretch);
    }

    /// A stretch that begins with the next frame.
    fn stretch(&self, origin: i64, playing: bool) -> Stretch {
        let loaded = self.loaded.as_ref();
        Stretch {
            clock: self.clock,
            origin,
            playing,
            ended: false,
            looped: self.looped.clone(),
            ratio: loaded.map_or(Ratio::new(1, 1), |loaded| loaded.kernel.ratio()),
            frames: self.frames() as i64,
        }
    }
}

fn sensible(gain: f32) -> f32 {
    if gain.is_finite() {
        gain.clamp(-LARGEST_GAIN, LARGEST_GAIN)
    } else {
        0.0
    }
}
