//! The sound of a recording, or of the mix of its components, at its own rate.

use std::ops::Range;
use std::sync::Arc;

use super::fade::Fade;
use super::timeline::Stretch;
use crate::audio::AudioBuffer;
use crate::separation::Resynthesizer;

/// The sound that there is at each sample of the recording.
pub(super) struct Source {
    pub recording: Arc<AudioBuffer>,
    pub mix: Option<Resynthesizer>,
    /// A gain for each component of the mix.
    pub gains: Vec<f32>,
    pub original: bool,
    rendered: Vec<Vec<f32>>,
}

impl Source {
    pub fn new(recording: Arc<AudioBuffer>) -> Self {
        Self {
            rendered: vec![Vec::new(); recording.channel_count()],
            recording,
            mix: None,
            gains: Vec::new(),
            original: false,
        }
    }

    pub fn frames(&self) -> i64 {
        self.recording.frames() as i64
    }

    /// Appends the samples of `places` to every channel of `out`. Outside the recording there is
    /// silence.
    fn read(&mut self, places: Range<i64>, out: &mut [Vec<f32>]) {
        let inside = |place: i64| place.clamp(0, self.frames()) as usize;
        let span = inside(places.start)..inside(places.end);
        let before = (0.min(places.end) - places.start).max(0) as usize;
        let total = (places.end - places.start).max(0) as usize;
        let rendered = match &mut self.mix {
            Some(mix) if !self.original => {
                mix.render(&self.gains, span.clone(), &mut self.rendered);
                true
            }
            _ => false,
        };
        for (i, channel) in out.iter_mut().enumerate() {
            let samples = if rendered {
                self.rendered[i].as_slice()
            } else {
                self.recording.channels()[i]
                    .get(span.clone())
                    .unwrap_or_default()
            };
            let end = channel.len() + total;
            channel.resize(channel.len() + before, 0.0);
            channel.extend_from_slice(samples);
            channel.resize(end, 0.0);
        }
    }
}

/// The sound along a stretch, loops unrolled, with the part around the current place kept.
///
/// Where a loop comes round, its last samples fade into those that lead up to its start, so the
/// join is heard as neither a click nor a gap and each round has its exact length.
pub(super) struct Tape {
    fade: Fade,
    /// Samples from the origin of the stretch to the first one kept.
    start: i64,
    wave: Vec<Vec<f32>>,
    lead: Vec<Vec<f32>>,
}

impl Tape {
    /// A tape of this many channels whose loops fade for `fade` samples.
    pub fn new(channels: usize, fade: usize) -> Self {
        Self {
            fade: Fade::new(fade),
            start: 0,
            wave: vec![Vec::new(); channels],
            lead: vec![Vec::new(); channels],
        }
    }

    /// Forgets what is kept: another stretch begins, or the source sounds otherwise.
    pub fn clear(&mut self) {
        self.wave.iter_mut().for_each(Vec::clear);
    }

    /// Samples `wanted`, counted from the origin of the stretch: for each channel a vector that
    /// begins at the returned number.
    pub fn wind(
        &mut self,
        source: &mut Source,
        stretch: &Stretch,
        wanted: Range<i64>,
    ) -> (&[Vec<f32>], i64) {
        let kept = self.wave.first().map_or(0, Vec::len) as i64;
        let end = self.start + kept;
        if kept > 0 && (self.start..=end).contains(&wanted.start) {
            let past = (wanted.start - self.start) as usize;
            for channel in &mut self.wave {
                channel.drain(..past);
            }
        } else {
            self.clear();
        }
        self.start = wanted.start;
        let mut at = wanted.start + self.wave.first().map_or(0, Vec::len) as i64;
        while at < wanted.end {
            at = self.append(source, stretch, at..wanted.end);
        }
        (&self.wave, self.start)
    }

    /// Appends samples of one straight piece that `part` begins with. Returns where it ends.
    fn append(&mut self, source: &mut Source, stretch: &Stretch, part: Range<i64>) -> i64 {
        let place = stretch.place(part.start);
        let length = part.end - part.start;
        let Some(loops) = stretch.round() else {
            source.read(place..place + length, &mut self.wave);
            return part.end;
        };
        let whole = loops.end - loops.start;
        let join = loops.end - self.fade.frames() as i64;
        if place < join {
            let length = length.min(join - place);
            source.read(place..place + length, &mut self.wave);
            return part.start + length;
        }
        let length = length.min(loops.end - place);
        let from = self.wave.first().map_or(0, Vec::len);
        source.read(place..place + length, &mut self.wave);
        self.lead.iter_mut().for_each(Vec::clear);
        source.read(place - whole..place - whole + length, &mut self.lead);
        let done = (place - join) as usize;
        for (channel, lead) in self.wave.iter_mut().zip(&self.lead) {
            for (i, (sample, new)) in channel[from..].iter_mut().zip(lead).enumerate() {
                *sample = self.fade.blend(done + i, *sample, *new);
            }
        }
        part.start + length
    }
}
