//! The frequencies that are shown.

use eframe::egui::Rangef;
use serde::{Deserialize, Serialize};

use super::ruler::{Tick, multiples};
use crate::spectral::note_name;

/// A0, the lowest note of a piano: where the logarithmic axis begins.
const LOWEST_NOTE: f64 = 27.5;
/// The smallest number of octaves that can be shown.
const FEWEST_OCTAVES: f64 = 0.25;
/// The smallest number of hertz that can be shown on a linear axis.
const FEWEST_HZ: f64 = 50.0;
/// Height of a label with the room around it, in points.
const LABEL: f64 = 16.0;
/// Where the highest frequency is less than so many times the lowest, there are few octaves.
const FEW: f64 = 4.0;
/// How much one step of zooming in or out changes the span.
const STEP: f64 = 1.5;

/// How the frequency axis is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FrequencyScale {
    /// Every octave is equally high.
    #[default]
    Log,
    /// Every hertz is equally high.
    Linear,
}

impl FrequencyScale {
    /// A frequency in units that are equally high everywhere: octaves above 1 Hz, or hertz.
    pub(in crate::app) fn unit(self, hz: f64) -> f64 {
        match self {
            Self::Log => hz.max(1e-3).log2(),
            Self::Linear => hz,
        }
    }

    /// The frequency in Hz of such a unit.
    pub(in crate::app) fn hz(self, unit: f64) -> f64 {
        match self {
            Self::Log => unit.exp2(),
            Self::Linear => unit,
        }
    }
}

/// The frequencies shown, from `low` at the bottom to `high` at the top, between 0 Hz and the half
/// of the sample rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrequencyView {
    low: f64,
    high: f64,
    highest: f64,
    scale: FrequencyScale,
}

impl FrequencyView {
    /// All frequencies of a recording with `rate` samples a second. A logarithmic axis begins at
    /// A0, 27.5 Hz.
    #[must_use]
    pub fn whole(rate: u32, scale: FrequencyScale) -> Self {
        // A recording so slow that nothing is above A0 still gets an axis.
        let highest = (f64::from(rate) / 2.0).max(2.0 * LOWEST_NOTE);
        Self {
            low: lowest(scale),
            high: highest,
            highest,
            scale,
        }
    }

    /// Lowest frequency shown, in Hz.
    #[must_use]
    pub fn low(self) -> f64 {
        self.low
    }

    /// Highest frequency shown, in Hz.
    #[must_use]
    pub fn high(self) -> f64 {
        self.high
    }

    /// How the axis is divided.
    #[must_use]
    pub fn scale(self) -> FrequencyScale {
        self.scale
    }

    /// All frequencies.
    #[must_use]
    pub fn fit(self) -> Self {
        self.with(f64::NEG_INFINITY, f64::INFINITY)
    }

    /// About the same frequencies on another scale.
    #[must_use]
    pub fn on(self, scale: FrequencyScale) -> Self {
        let everything = self == self.fit();
        let view = Self { scale, ..self };
        if everything {
            view.fit()
        } else {
            view.with(scale.unit(self.low), scale.unit(self.high))
        }
    }

    /// Shows `1/factor` of the span; `anchor` (in Hz) keeps its place as far as the limits allow.
    #[must_use]
    pub fn zoom(self, factor: f64, anchor: f64) -> Self {
        let factor = if factor.is_finite() && factor > 0.0 {
            factor
        } else {
            1.0
        };
        let (low, high) = self.units();
        let span = ((high - low) / factor).clamp(self.least(), self.most());
        let place = ((self.scale.unit(anchor) - low) / (high - low)).clamp(0.0, 1.0);
        let place = if place.is_nan() { 0.5 } else { place };
        let low = low + place * (high - low - span);
        self.with(low, low + span)
    }

    /// One step closer to the middle.
    #[must_use]
    pub fn zoom_in(self) -> Self {
        self.zoom(STEP, self.middle())
    }

    /// One step away from the middle.
    #[must_use]
    pub fn zoom_out(self) -> Self {
        self.zoom(1.0 / STEP, self.middle())
    }

    /// Up by this share of the height shown, or down where negative.
    #[must_use]
    pub fn pan(self, share: f64) -> Self {
        let (low, high) = self.units();
        let by = if share.is_finite() {
            share * (high - low)
        } else {
            0.0
        };
        self.with(low + by, high + by)
    }

    /// Position of a frequency on a screen where `y` is the height of the view.
    #[must_use]
    pub fn y(self, hz: f64, y: Rangef) -> f32 {
        let (low, high) = self.units();
        y.max - ((self.scale.unit(hz) - low) / (high - low) * f64::from(y.span())) as f32
    }

    /// Frequency in Hz at a position.
    #[must_use]
    pub fn hz(self, position: f32, y: Rangef) -> f64 {
        let (low, high) = self.units();
        let place = f64::from(y.max - position) / f64::from(y.span().max(1e-3));
        self.scale
            .hz(low + place * (high - low))
            .clamp(0.0, self.highest)
    }

    /// Marks for a view `height` high: notes on a logarithmic, hertz on a linear axis.
    #[must_use]
    pub fn ticks(self, height: f32) -> Vec<Tick> {
        match self.scale {
            FrequencyScale::Log => self.notes(f64::from(height)),
            FrequencyScale::Linear => self.round_numbers(f64::from(height)),
        }
    }

    /// Marks in hertz on either axis.
    pub(in crate::app) fn ticks_in_hertz(self, height: f32) -> Vec<Tick> {
        let height = f64::from(height);
        // Round numbers stand close enough where few octaves are shown.
        if self.scale == FrequencyScale::Linear || self.high < FEW * self.low {
            return self.round_numbers(height);
        }
        let (low, high) = self.units();
        let decade = height / (high - low) * 10f64.log2();
        let labelled: &[i32] = if decade >= 110.0 { &[1, 2, 5] } else { &[1] };
        let decades = self.low.log10().floor() as i32..=self.high.log10().floor() as i32;
        let marks = decades.flat_map(|exponent| (1..10).map(move |digit| (digit, exponent)));
        let marks = marks.map(|(digit, exponent)| (digit, f64::from(digit) * 10f64.powi(exponent)));
        marks
            .filter(|(_, hz)| (self.low..=self.high).contains(hz))
            .map(|(digit, value)| Tick {
                value,
                label: labelled.contains(&digit).then(|| round_hertz(value)),
            })
            .collect()
    }

    fn notes(self, height: f64) -> Vec<Tick> {
        let (low, high) = self.units();
        let octave = height / (high - low);
        // Of octaves that are lower than a label is, only some have one.
        let every = (LABEL / octave.max(1e-3)).ceil().max(1.0) as i32;
        let labelled: &[i32] = if octave >= 220.0 {
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
        } else if octave >= 168.0 {
            &[0, 2, 4, 5, 7, 9, 11]
        } else if octave >= 110.0 {
            &[0, 4, 7]
        } else {
            &[0]
        };
        let number = |hz: f64| 69.0 + 12.0 * (hz / 440.0).log2();
        let (first, last) = (
            number(self.low).ceil() as i32,
            number(self.high).floor() as i32,
        );
        (first..=last)
            .map(|n| (n, 440.0 * (f64::from(n - 69) / 12.0).exp2()))
            .filter(|(n, _)| octave >= 60.0 || n.rem_euclid(12) == 0)
            .map(|(n, value)| Tick {
                value,
                label: (labelled.contains(&n.rem_euclid(12)) && n.div_euclid(12) % every == 0)
                    .then(|| note_name(value))
                    .flatten()
                    .map(|note| note.pitch()),
            })
            .collect()
    }

    fn round_numbers(self, height: f64) -> Vec<Tick> {
        let least = (self.high - self.low) / height.max(1.0) * 36.0;
        let decade = 10f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|n| n * decade)
            .into_iter()
            .find(|step| *step >= least)
            .unwrap_or(least);
        multiples(self.low, self.high, step / 2.0, 2, round_hertz)
    }

    fn units(self) -> (f64, f64) {
        (self.scale.unit(self.low), self.scale.unit(self.high))
    }

    fn middle(self) -> f64 {
        let (low, high) = self.units();
        self.scale.hz(f64::midpoint(low, high))
    }

    fn most(self) -> f64 {
        self.scale.unit(self.highest) - self.scale.unit(lowest(self.scale))
    }

    fn least(self) -> f64 {
        match self.scale {
            FrequencyScale::Log => FEWEST_OCTAVES,
            FrequencyScale::Linear => FEWEST_HZ,
        }
        .min(self.most())
    }

    fn with(self, low: f64, high: f64) -> Self {
        let floor = self.scale.unit(lowest(self.scale));
        let span = (high - low).clamp(self.least(), self.most());
        let low = low.clamp(floor, floor + self.most() - span);
        let whole = span >= self.most();
        Self {
            low: if whole {
                lowest(self.scale)
            } else {
                self.scale.hz(low)
            },
            high: if whole {
                self.highest
            } else {
                self.scale.hz(low + span)
            },
            ..self
        }
    }
}

fn lowest(scale: FrequencyScale) -> f64 {
    match scale {
        FrequencyScale::Log => LOWEST_NOTE,
        FrequencyScale::Linear => 0.0,
    }
}

/// A round frequency as it is written at an axis.
fn round_hertz(hz: f64) -> String {
    if hz >= 1000.0 {
        format!("{} k", (hz / 10.0).round() / 100.0)
    } else {
        format!("{}", hz.round())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const Y: Rangef = Rangef {
        min: 40.0,
        max: 640.0,
    };

    fn view() -> impl Strategy<Value = FrequencyView> {
        let scale = prop_oneof![Just(FrequencyScale::Log), Just(FrequencyScale::Linear)];
        (
            scale,
            1..200_000u32,
            0.5..30.0f64,
            0.0..1.0f64,
            -2.0..2.0f64,
        )
            .prop_map(|(scale, rate, factor, place, by)| {
                let whole = FrequencyView::whole(rate, scale);
                whole.zoom(factor, place * whole.high()).pan(by)
            })
    }

    proptest! {
        #[test]
        fn nothing_leaves_the_limits(
            view in view(),
            factor in prop_oneof![0.01..100.0f64, Just(f64::NAN), Just(0.0)],
            hz in prop_oneof![0.0..1e5f64, Just(f64::NAN)],
        ) {
            for view in [view, view.zoom(factor, hz), view.pan(factor), view.on(FrequencyScale::Linear), view.on(FrequencyScale::Log)] {
                let limits = view.fit();
                prop_assert!(view.low() >= limits.low() * (1.0 - 1e-9), "{view:?}");
                prop_assert!(view.high() <= limits.high() * (1.0 + 1e-9), "{view:?}");
                prop_assert!(view.high() > view.low(), "{view:?}");
            }
        }

        #[test]
        fn zooming_in_keeps_the_anchor_where_it_is(view in view(), place in 40.0..640.0f32, factor in 1.0..8.0f64) {
            let anchor = view.hz(place, Y);
            prop_assert!((view.zoom(factor, anchor).y(anchor, Y) - place).abs() < 0.02);
        }

        #[test]
        fn positions_translate_both_ways(view in view(), place in 40.0..640.0f32) {
            prop_assert!((view.y(view.hz(place, Y), Y) - place).abs() < 0.02);
        }

        #[test]
        fn labels_are_in_view_and_stand_apart(view in view()) {
            let labelled: Vec<f32> = view
                .ticks(Y.span())
                .iter()
                .filter(|tick| tick.label.is_some())
                .map(|tick| view.y(tick.value, Y))
                .collect();
            prop_assert!(labelled.windows(2).all(|pair| pair[0] - pair[1] > 13.0), "{labelled:?}");
            prop_assert!(labelled.iter().all(|y| (39.9..640.1).contains(y)));
        }
    }

    #[test]
    fn the_axis_names_notes_or_hertz() {
        let labels = |view: FrequencyView| -> Vec<String> {
            let ticks = view.ticks(500.0);
            ticks.into_iter().filter_map(|tick| tick.label).collect()
        };
        let whole = FrequencyView::whole(44_100, FrequencyScale::Log);
        assert_eq!(
            labels(whole),
            ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10"]
        );
        assert_eq!(
            labels(whole.zoom(2.5, 440.0))[..4],
            ["E3", "G3", "C4", "E4"]
        );
        let linear = whole.on(FrequencyScale::Linear);
        assert_eq!(labels(linear)[..4], ["0", "2 k", "4 k", "6 k"]);
        assert_eq!(linear.on(FrequencyScale::Log), whole);
        // Where the octaves are low, not each has a label.
        let low: Vec<String> = whole
            .ticks(60.0)
            .into_iter()
            .filter_map(|t| t.label)
            .collect();
        assert_eq!(low, ["C2", "C5", "C8"]);
        let hertz = |view: FrequencyView| -> Vec<String> {
            let ticks = view.ticks_in_hertz(500.0).into_iter();
            ticks.filter_map(|tick| tick.label).collect()
        };
        assert_eq!(hertz(whole)[..5], ["50", "100", "200", "500", "1 k"]);
        assert_eq!(hertz(whole.zoom(8.0, 440.0))[..2], ["350", "400"]);
    }
}
