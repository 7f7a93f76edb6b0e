//! The seconds that are shown.

use std::ops::Range;

use eframe::egui::Rangef;

use super::clock;
use super::ruler::{Tick, multiples};

/// The shortest span that can be shown, in seconds.
const SHORTEST: f64 = 0.005;
/// How much one step of zooming in or out changes the span.
const STEP: f64 = 1.5;
/// Room left on either side when a range is shown, as a share of it.
const MARGIN: f64 = 0.04;
/// Distances of the labels, in seconds, each with the number of parts that small marks divide it into.
const STEPS: [(f64, i64); 24] = [
    (0.001, 5),
    (0.002, 4),
    (0.005, 5),
    (0.01, 5),
    (0.02, 4),
    (0.05, 5),
    (0.1, 5),
    (0.2, 4),
    (0.5, 5),
    (1.0, 4),
    (2.0, 4),
    (5.0, 5),
    (10.0, 5),
    (15.0, 3),
    (30.0, 6),
    (60.0, 6),
    (120.0, 4),
    (300.0, 5),
    (600.0, 5),
    (900.0, 3),
    (1800.0, 6),
    (3600.0, 6),
    (7200.0, 4),
    (18000.0, 5),
];

/// The part of a recording that is shown, in seconds, always inside the recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeView {
    start: f64,
    end: f64,
    duration: f64,
}

impl TimeView {
    /// All of a recording of `duration` seconds.
    #[must_use]
    pub fn whole(duration: f64) -> Self {
        let duration = if duration.is_finite() {
            duration.max(SHORTEST)
        } else {
            SHORTEST
        };
        Self {
            start: 0.0,
            end: duration,
            duration,
        }
    }

    /// From `start` to `end` of a recording of `duration` seconds, moved and cut to lie inside it.
    #[must_use]
    pub fn new(start: f64, end: f64, duration: f64) -> Self {
        Self::whole(duration).with(start, end - start)
    }

    /// First second shown.
    #[must_use]
    pub fn start(self) -> f64 {
        self.start
    }

    /// Last second shown.
    #[must_use]
    pub fn end(self) -> f64 {
        self.end
    }

    /// Length of what is shown, in seconds, more than 0.
    #[must_use]
    pub fn span(self) -> f64 {
        self.end - self.start
    }

    /// Length of the recording in seconds, more than 0.
    #[must_use]
    pub fn duration(self) -> f64 {
        self.duration
    }

    /// Whether all of the recording is shown.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.span() >= self.duration * (1.0 - 1e-9)
    }

    /// Whether this time is in view.
    #[must_use]
    pub fn contains(self, seconds: f64) -> bool {
        (self.start..=self.end).contains(&seconds)
    }

    /// All of the recording.
    #[must_use]
    pub fn fit(self) -> Self {
        Self::whole(self.duration)
    }

    /// Shows `1/factor` of the span. `anchor` (in seconds) keeps its place on the screen as far as
    /// the ends of the recording allow.
    #[must_use]
    pub fn zoom(self, factor: f64, anchor: f64) -> Self {
        let factor = if factor.is_finite() && factor > 0.0 {
            factor
        } else {
            1.0
        };
        let span = (self.span() / factor).clamp(SHORTEST.min(self.duration), self.duration);
        let place = ((anchor - self.start) / self.span()).clamp(0.0, 1.0);
        self.with(self.start + place * (self.span() - span), span)
    }

    /// One step closer around `anchor`, or around the middle where that is out of sight.
    #[must_use]
    pub fn zoom_in(self, anchor: Option<f64>) -> Self {
        self.zoom(STEP, self.anchor(anchor))
    }

    /// One step away from `anchor`, or from the middle where that is out of sight.
    #[must_use]
    pub fn zoom_out(self, anchor: Option<f64>) -> Self {
        self.zoom(1.0 / STEP, self.anchor(anchor))
    }

    /// Later by `seconds`, or earlier where negative.
    #[must_use]
    pub fn pan(self, seconds: f64) -> Self {
        let seconds = if seconds.is_finite() { seconds } else { 0.0 };
        self.with(self.start + seconds, self.span())
    }

    /// The same span with `seconds` in its middle.
    #[must_use]
    pub fn centre(self, seconds: f64) -> Self {
        self.with(seconds - self.span() / 2.0, self.span())
    }

    /// A range with a little room around it.
    #[must_use]
    pub fn show(self, range: &Range<f64>) -> Self {
        let margin = MARGIN * (range.end - range.start);
        self.with(range.start - margin, range.end - range.start + 2.0 * margin)
    }

    /// Turned over like a page when `seconds` runs out of sight, as a playhead does.
    #[must_use]
    pub fn follow(self, seconds: f64) -> Self {
        if self.contains(seconds) {
            self
        } else {
            self.with(seconds - MARGIN * self.span(), self.span())
        }
    }

    /// Position of a time on a screen where `x` is the width of the view.
    #[must_use]
    pub fn x(self, seconds: f64, x: Rangef) -> f32 {
        x.min + ((seconds - self.start) / self.span() * f64::from(x.span())) as f32
    }

    /// Time at a position, inside the recording.
    #[must_use]
    pub fn seconds(self, position: f32, x: Rangef) -> f64 {
        let place = f64::from(position - x.min) / f64::from(x.span().max(1e-3));
        (self.start + place * self.span()).clamp(0.0, self.duration)
    }

    /// Marks whose labels stand at least `distance` apart where the view is `width` wide.
    #[must_use]
    pub fn ticks(self, width: f32, distance: f32) -> Vec<Tick> {
        self.ticks_as(width, distance, clock)
    }

    /// The same with labels in seconds.
    pub(in crate::app) fn ticks_in_seconds(self, width: f32, distance: f32) -> Vec<Tick> {
        self.ticks_as(width, distance, |t, decimals| format!("{t:.decimals$}"))
    }

    fn ticks_as(
        self,
        width: f32,
        distance: f32,
        label: impl Fn(f64, usize) -> String,
    ) -> Vec<Tick> {
        let least = self.span() / f64::from(width.max(1.0)) * f64::from(distance.max(1.0));
        let (step, parts) = STEPS
            .into_iter()
            .find(|(step, _)| *step >= least)
            .unwrap_or((least.max(36_000.0), 1));
        let decimals = (0..3)
            .find(|&d| {
                let scaled = step * 10f64.powi(d as i32);
                (scaled - scaled.round()).abs() < 1e-9
            })
            .unwrap_or(3);
        multiples(self.start, self.end, step / parts as f64, parts, |t| {
            label(t, decimals)
        })
    }

    /// Decimals of a second that can be told apart where the view is `width` wide.
    #[must_use]
    pub fn decimals(self, width: f32) -> usize {
        let step = self.span() / f64::from(width.max(1.0));
        (-step.log10()).ceil().clamp(1.0, 4.0) as usize
    }

    fn anchor(self, anchor: Option<f64>) -> f64 {
        anchor
            .filter(|&seconds| self.contains(seconds))
            .unwrap_or(f64::midpoint(self.start, self.end))
    }

    fn with(self, start: f64, span: f64) -> Self {
        let valid = start.is_finite() && span.is_finite();
        let (start, span) = if valid {
            (start, span)
        } else {
            (0.0, self.duration)
        };
        let span = span.clamp(SHORTEST.min(self.duration), self.duration);
        let start = start.clamp(0.0, self.duration - span);
        Self {
            start,
            end: start + span,
            duration: self.duration,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn view() -> impl Strategy<Value = TimeView> {
        (0.01..9000.0f64, 0.0..1.0f64, 0.0..1.0f64)
            .prop_map(|(length, a, b)| TimeView::new(a * length, (a + b) * length, length))
    }

    proptest! {
        #[test]
        fn nothing_leaves_the_recording(
            view in view(),
            factor in prop_oneof![0.01..100.0f64, Just(0.0), Just(f64::NAN), Just(f64::INFINITY)],
            by in prop_oneof![-1e5..1e5f64, Just(f64::NAN)],
        ) {
            let all = [
                view,
                view.zoom(factor, by),
                view.pan(by),
                view.centre(by),
                view.follow(by),
                view.show(&(by..by + factor)),
                view.zoom_in(Some(by)),
                view.zoom_out(None),
            ];
            for view in all {
                prop_assert!(view.start() >= 0.0 && view.end() <= view.duration() + 1e-9, "{view:?}");
                prop_assert!(view.span() > 0.0);
            }
        }

        #[test]
        fn zooming_in_keeps_the_anchor_where_it_is(view in view(), place in 0.0..1.0f64, factor in 1.0..20.0f64) {
            let x = Rangef::new(100.0, 1100.0);
            let anchor = view.start() + place * view.span();
            let closer = view.zoom(factor, anchor);
            prop_assert!((closer.x(anchor, x) - view.x(anchor, x)).abs() < 0.01);
        }

        #[test]
        fn positions_translate_both_ways(view in view(), place in 0.0..1.0f64) {
            let x = Rangef::new(-30.0, 1170.0);
            let seconds = view.start() + place * view.span();
            prop_assert!((view.seconds(view.x(seconds, x), x) - seconds).abs() < view.span() * 1e-5);
        }

        #[test]
        fn labels_stand_apart_and_there_is_more_than_one(view in view(), width in 300.0..3000.0f32) {
            let x = Rangef::new(0.0, width);
            let ticks = view.ticks(width, 64.0);
            let labelled: Vec<f32> = ticks
                .iter()
                .filter(|tick| tick.label.is_some())
                .map(|tick| view.x(tick.value, x))
                .collect();
            prop_assert!(labelled.windows(2).all(|pair| pair[1] - pair[0] > 63.9), "{ticks:?}");
            prop_assert!(ticks.len() > 1 && ticks.len() < 400, "{}", ticks.len());
        }
    }

    #[test]
    fn labels_have_the_decimals_that_tell_them_apart() {
        let labels = |start: f64, end: f64| -> Vec<String> {
            TimeView::new(start, end, 9000.0)
                .ticks(640.0, 64.0)
                .into_iter()
                .filter_map(|tick| tick.label)
                .collect()
        };
        assert_eq!(labels(0.0, 8.0)[..3], ["0:00", "0:01", "0:02"]);
        assert_eq!(labels(62.0, 66.0)[..3], ["1:02.0", "1:02.5", "1:03.0"]);
        assert_eq!(labels(3600.0, 9000.0)[..2], ["1:00:00", "1:10:00"]);
        assert_eq!(labels(1.0, 1.04)[..2], ["0:01.000", "0:01.005"]);
    }

    #[test]
    fn a_recording_without_length_can_be_shown() {
        for duration in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let view = TimeView::whole(duration);
            assert!(view.span() > 0.0 && view.is_whole());
            assert!(!view.zoom_in(None).ticks(500.0, 64.0).is_empty());
        }
    }
}
