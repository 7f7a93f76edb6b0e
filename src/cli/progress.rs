//! Shows how far the work is: as a bar on a terminal, as plain lines elsewhere.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::complain;
use crate::separation::{Phase, Progress};

/// Time between two plain lines of one phase.
const LINE_EVERY: Duration = Duration::from_secs(2);
/// Time between two changes of the bar.
const BAR_EVERY: Duration = Duration::from_millis(50);
/// Before so much time has passed, a guess of the time left would jump about.
const GUESS_AFTER: Duration = Duration::from_secs(1);

/// The phases in their order, and what is told of them.
const PHASES: [(Phase, &str); 5] = [
    (Phase::Read, "reading"),
    (Phase::Stft, "transforming"),
    (Phase::Factorize, "factorizing"),
    (Phase::Mask, "measuring"),
    (Phase::Export, "writing stems"),
];

/// The share of the whole work that each phase is expected to take, in the order of the phases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shares([f64; 5]);

impl Shares {
    /// Shares from the expected duration of each phase, in any unit.
    pub fn new(expected: [f64; 5]) -> Self {
        let sum: f64 = expected.iter().sum();
        Self(expected.map(|phase| phase / sum))
    }

    /// How much of the whole is done, from 0 to 1.
    fn done(&self, phase: usize, fraction: f64) -> f64 {
        let (before, rest) = self.0.split_at(phase);
        let now = rest.first().unwrap_or(&0.0);
        (before.iter().sum::<f64>() + now * fraction.clamp(0.0, 1.0)).clamp(0.0, 1.0)
    }
}

/// A progress sink for the work on one recording. What it shows is gone when it is dropped.
pub(super) struct Meter {
    name: String,
    started: Instant,
    shares: Shares,
    bar: Option<ProgressBar>,
    /// Phase and time of what was shown last.
    shown: Mutex<Option<(usize, Instant)>>,
}

impl Meter {
    /// A meter that shows the work on `name`.
    pub fn new(name: String, shares: Shares) -> Self {
        let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:24}] {percent:>3} % {msg}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(name.clone());
        Self {
            name,
            started: Instant::now(),
            shares,
            bar: (!bar.is_hidden()).then_some(bar),
            shown: Mutex::new(None),
        }
    }
}

impl Progress for Meter {
    fn report(&self, phase: Phase, fraction: f64) {
        let Some(phase) = PHASES.iter().position(|(p, _)| *p == phase) else {
            return;
        };
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let every = if self.bar.is_some() {
            BAR_EVERY
        } else {
            LINE_EVERY
        };
        if shown.is_some_and(|(last, at)| last == phase && at.elapsed() < every) {
            return;
        }
        *shown = Some((phase, Instant::now()));
        let done = self.shares.done(phase, fraction);
        let mut doing = PHASES[phase].1.to_owned();
        if let Some(left) = time_left(self.started.elapsed(), done) {
            doing = format!("{doing}, {} left", told(left));
        }
        let percent = (done * 100.0).floor() as u64;
        match &self.bar {
            Some(bar) => {
                bar.set_message(doing);
                bar.set_position(percent);
            }
            None => complain(format_args!("{}: {percent} %, {doing}", self.name)),
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The time the rest will take when it goes on as it went.
fn time_left(elapsed: Duration, done: f64) -> Option<Duration> {
    if elapsed < GUESS_AFTER || done < 0.01 {
        return None;
    }
    Duration::try_from_secs_f64(elapsed.as_secs_f64() * (1.0 - done) / done).ok()
}

/// A duration as people say it.
fn told(time: Duration) -> impl Display {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_grows_by_the_shares_of_the_phases() {
        let shares = Shares::new([1.0, 1.0, 6.0, 0.0, 2.0]);
        assert_eq!(shares.done(0, 0.0), 0.0);
        assert!((shares.done(2, 0.5) - 0.5).abs() < 1e-12);
        assert!((shares.done(4, 0.0) - 0.8).abs() < 1e-12);
        assert_eq!(shares.done(4, 7.0), 1.0);
    }

    #[test]
    fn time_left_is_what_the_rest_takes_at_the_pace_so_far() {
        let left = time_left(Duration::from_secs(30), 0.25).unwrap();
        assert_eq!(left.as_secs(), 90);
        assert_eq!(time_left(Duration::from_millis(10), 0.5), None);
        assert_eq!(time_left(Duration::from_secs(10), 0.0), None);
        assert_eq!(told(left).to_string(), "1 min 30 s");
        assert_eq!(told(Duration::from_secs(9)).to_string(), "9 s");
        assert_eq!(told(Duration::from_secs(7300)).to_string(), "2 h 1 min");
    }
}
