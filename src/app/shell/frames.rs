//! How long the window takes to draw.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Frames whose times are kept.
const KEPT: usize = 20_000;

/// Times of the last frames.
#[derive(Debug)]
pub(super) struct Frames {
    times: VecDeque<f32>,
    begun: Instant,
    started: Instant,
    first: Option<Duration>,
    count: u64,
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
}
