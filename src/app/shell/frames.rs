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
/// Every so many frames the next one is asked for at once where cycles are measured.
const CYCLE_EVERY: u64 = 8;

/// Times of the last frames.
#[derive(Debug)]
pub(super) struct Frames {
    times: Times,
    /// From one frame to the next that was asked for at once, and those of them while something is
    /// separated; `None` where they are not measured.
    cycles: Option<[Times; 2]>,
    /// Whether the next frame ends a cycle.
    cycling: bool,
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

/// What the times say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct FrameTimes {
    /// Frames drawn since the start.
    pub count: u64,
    /// From the start of the program to the end of the first frame, in milliseconds.
    pub first_ms: f32,
    /// What the program does for a frame.
    #[serde(flatten)]
    pub work: Spread,
    /// From the beginning of a frame to that of the next that is asked for at once: with what the
    /// driver does to show it, and the wait for the screen where it has one.
    pub cycle: Option<Spread>,
    /// The same while something is separated.
    pub cycle_separating: Option<Spread>,
}

/// How times are spread, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Spread {
    /// Half took no longer.
    pub p50_ms: f32,
    /// 99 of 100 took no longer.
    pub p99_ms: f32,
    /// The longest.
    pub longest_ms: f32,
}

/// The last times of something, in milliseconds.
#[derive(Debug, Default)]
struct Times(VecDeque<f32>);

impl Times {
    fn push(&mut self, time: f32) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(time);
    }

    fn spread(&self) -> Spread {
        let mut sorted: Vec<f32> = self.0.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        let at = |share: f64| {
            let last = sorted.len().saturating_sub(1);
            sorted
                .get((share * last as f64).ceil() as usize)
                .copied()
                .unwrap_or(0.0)
        };
        Spread {
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            longest_ms: at(1.0),
        }
    }
}

impl Frames {
    /// `cycles`: whether what it takes until a frame is on the screen is measured, which costs some
    /// frames more.
    pub fn new(started: Instant, cycles: bool) -> Self {
        Self {
            times: Times::default(),
            cycles: cycles.then(Default::default),
            cycling: false,
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
        let now = Instant::now();
        if std::mem::take(&mut self.cycling)
            && let Some([all, separating]) = &mut self.cycles
        {
            let cycle = 1000.0 * (now - self.begun).as_secs_f32();
            all.push(cycle);
            if self.separating.is_some() {
                separating.push(cycle);
            }
        }
        self.begun = now;
    }

    /// It is done; `painting` is what the last one took to be painted, in seconds, where it is
    /// known. Returns whether the next one is to come at once.
    #[must_use]
    pub fn end(&mut self, painting: Option<f32>) -> bool {
        self.first.get_or_insert_with(|| self.started.elapsed());
        self.count += 1;
        let building = self.begun.elapsed().as_secs_f32();
        self.times
            .push(1000.0 * painting.unwrap_or(0.0).max(building));
        self.cycling = self.cycles.is_some() && self.count.is_multiple_of(CYCLE_EVERY);
        self.cycling
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
        let last = self.times.0.back().copied().unwrap_or(0.0);
        Duration::from_secs_f32((SHARE * last / 1000.0).clamp(FASTEST, SLOWEST))
    }

    pub fn times(&self) -> FrameTimes {
        let cycles = self.cycles.as_ref();
        let spread = |n: usize| cycles.map(|cycles| cycles[n].spread());
        FrameTimes {
            count: self.count,
            first_ms: self.first.map_or(0.0, |first| 1000.0 * first.as_secs_f32()),
            work: self.times.spread(),
            cycle: spread(0),
            cycle_separating: spread(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_sorted_into_percentiles() {
        let mut frames = Frames::new(Instant::now(), false);
        for time in [0.5, 0.3, 0.9, 0.1] {
            frames.begin();
            assert!(!frames.end(Some(time)));
        }
        let times = frames.times();
        assert_eq!((times.count, times.cycle), (4, None));
        let work = times.work;
        assert_eq!(work.longest_ms, 900.0);
        assert!(work.p50_ms == 500.0 && work.p99_ms == 900.0, "{work:?}");
    }

    #[test]
    fn every_eighth_frame_is_followed_at_once_by_another_where_cycles_are_measured() {
        let mut frames = Frames::new(Instant::now(), true);
        let mut asked = 0;
        for _ in 0..24 {
            frames.begin();
            if frames.end(None) {
                asked += 1;
                std::thread::sleep(Duration::from_millis(3));
            }
        }
        frames.begin();
        let times = frames.times();
        assert_eq!(asked, 3);
        let cycle = times.cycle.unwrap();
        assert!(
            cycle.p50_ms >= 3.0 && cycle.longest_ms >= cycle.p99_ms,
            "{cycle:?}"
        );
        assert_eq!(times.cycle_separating, Some(Spread::default()));
    }

    #[test]
    fn the_times_of_a_picture_are_those_of_the_recording_opened_last() {
        let mut frames = Frames::new(Instant::now(), false);
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
        let mut frames = Frames::new(Instant::now(), false);
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
