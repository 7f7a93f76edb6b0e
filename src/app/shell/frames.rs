//! How long the window takes to draw.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Frames whose times are kept.
const KEPT: usize = 20_000;

/// Bounds of the time from one frame to the next while something moves, in seconds, and for how
/// many times as long as a frame takes there is no other one.
const FASTEST: f32 = 1.0 / 60.0;
const SLOWEST: f32 = 1.0 / 20.0;
const SHARE: f32 = 4.0;

/// Times of the last frames.
#[derive(Debug)]
pub(super) struct Frames {
    times: VecDeque<f32>,
    begun: Instant,
    started: Instant,
    first: Option<Duration>,
    count: u64,
    /// When the recording was asked for whose picture is not complete yet.
    opening: Option<Instant>,
    picture: PictureTimes,
    /// When the separation was asked for that has not come to its end yet.
    separating: Option<Instant>,
    separation: SeparationTimes,
}

/// From asking for the latest separation to what came of it, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct SeparationTimes {
    /// The first atoms, to be seen and heard.
    pub begun_ms: Option<f32>,
    /// The sources.
    pub complete_ms: Option<f32>,
}

/// From asking for the recording that was opened last to its picture, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct PictureTimes {
    /// The first of it, coarse or in part.
    pub begun_ms: Option<f32>,
    /// All of it that is in view, and all levels of detail.
    pub complete_ms: Option<f32>,
}

/// What the times say, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct FrameTimes {
    /// Frames drawn since the start.
    pub count: u64,
    /// From the start of the program to the end of the first frame.
    pub first_ms: f32,
    /// Half of the frames took no longer.
    pub p50_ms: f32,
    /// 99 of 100 took no longer.
    pub p99_ms: f32,
    /// The longest.
    pub longest_ms: f32,
}

impl Frames {
    pub fn new(started: Instant) -> Self {
        Self {
            times: VecDeque::with_capacity(KEPT),
            begun: started,
            started,
            first: None,
            count: 0,
            opening: None,
            picture: PictureTimes::default(),
            separating: None,
            separation: SeparationTimes::default(),
        }
    }

    /// A frame begins.
    pub fn begin(&mut self) {
        self.begun = Instant::now();
    }

    /// It is done; `painting` is what the last one took to be painted, in seconds, where it is
    /// known.
    pub fn end(&mut self, painting: Option<f32>) {
        self.first.get_or_insert_with(|| self.started.elapsed());
        self.count += 1;
        if self.times.len() == KEPT {
            self.times.pop_front();
        }
        let building = self.begun.elapsed().as_secs_f32();
        self.times
            .push_back(1000.0 * painting.unwrap_or(0.0).max(building));
    }

    /// A recording was asked for.
    pub fn opening(&mut self) {
        self.opening = Some(Instant::now());
        self.picture = PictureTimes::default();
    }

    /// Its picture has been drawn so far.
    pub fn pictured(&mut self, begun: bool, complete: bool) {
        let Some(since) = self.opening else { return };
        let passed = 1000.0 * since.elapsed().as_secs_f32();
        if begun {
            self.picture.begun_ms.get_or_insert(passed);
        }
        if begun && complete {
            self.picture.complete_ms = Some(passed);
            self.opening = None;
        }
    }

    pub fn picture(&self) -> PictureTimes {
        self.picture
    }

    /// A separation was asked for.
    pub fn separating(&mut self) {
        self.separating = Some(Instant::now());
        self.separation = SeparationTimes::default();
    }

    /// Some of its atoms are handed to the mixer and to the picture, or its sources are there.
    pub fn separated(&mut self, complete: bool) {
        let Some(since) = self.separating else { return };
        let passed = 1000.0 * since.elapsed().as_secs_f32();
        self.separation.begun_ms.get_or_insert(passed);
        if complete {
            self.separation.complete_ms = Some(passed);
            self.separating = None;
        }
    }

    pub fn separation(&self) -> SeparationTimes {
        self.separation
    }

    /// The time from one frame to the next while something moves: 60 a second, and fewer where
    /// drawing takes long, as without a graphics card.
    pub fn pace(&self) -> Duration {
        let last = self.times.back().copied().unwrap_or(0.0);
        Duration::from_secs_f32((SHARE * last / 1000.0).clamp(FASTEST, SLOWEST))
    }

    pub fn times(&self) -> FrameTimes {
        let mut sorted: Vec<f32> = self.times.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        let at = |share: f64| {
            let last = sorted.len().saturating_sub(1);
            sorted
                .get((share * last as f64).ceil() as usize)
                .copied()
                .unwrap_or(0.0)
        };
        FrameTimes {
            count: self.count,
            first_ms: self.first.map_or(0.0, |first| 1000.0 * first.as_secs_f32()),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            longest_ms: at(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_sorted_into_percentiles() {
        let mut frames = Frames::new(Instant::now());
        for time in [0.5, 0.3, 0.9, 0.1] {
            frames.begin();
            frames.end(Some(time));
        }
        let times = frames.times();
        assert_eq!(times.count, 4);
        assert_eq!(times.longest_ms, 900.0);
        assert!(times.p50_ms == 500.0 && times.p99_ms == 900.0, "{times:?}");
    }

    #[test]
    fn the_times_of_a_picture_are_those_of_the_recording_opened_last() {
        let mut frames = Frames::new(Instant::now());
        frames.pictured(true, true);
        assert_eq!(frames.picture(), PictureTimes::default());
        frames.opening();
        frames.pictured(false, true);
        frames.pictured(true, false);
        let begun = frames.picture();
        assert!(begun.begun_ms.is_some() && begun.complete_ms.is_none());
        frames.pictured(true, true);
        let complete = frames.picture();
        assert_eq!(complete.begun_ms, begun.begun_ms);
        assert!(complete.complete_ms >= begun.begun_ms);
        frames.pictured(true, true);
        assert_eq!(frames.picture(), complete);
        frames.opening();
        assert_eq!(frames.picture(), PictureTimes::default());
    }

    #[test]
    fn the_times_of_a_separation_are_those_of_the_latest_one() {
        let mut frames = Frames::new(Instant::now());
        frames.separated(true);
        assert_eq!(frames.separation(), SeparationTimes::default());
        frames.separating();
        frames.separated(false);
        let begun = frames.separation();
        assert!(begun.begun_ms.is_some() && begun.complete_ms.is_none());
        frames.separated(true);
        let complete = frames.separation();
        assert_eq!(complete.begun_ms, begun.begun_ms);
        assert!(complete.complete_ms >= begun.begun_ms);
        frames.separated(false);
        assert_eq!(frames.separation(), complete);
        frames.separating();
        assert_eq!(frames.separation(), SeparationTimes::default());
    }
}
