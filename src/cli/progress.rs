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
const PHASES: [(Phase, &str); 6] = [
    (Phase::Read, "reading"),
    (Phase::Stft, "transforming"),
    (Phase::Choose, "choosing the number of components"),
    (Phase::Factorize, "factorizing"),
    (Phase::Mask, "measuring"),
    (Phase::Export, "writing stems"),
];

/// The share of the whole work that each phase is expected to take, in the order of the phases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shares([f64; 6]);

impl Shares {
    /// Shares from the expected duration of each phase, in any unit.
    pub fn new(expected: [(Phase, f64); 6]) -> Self {
        let sum: f64 = expected.iter().map(|(_, time)| time).sum();
        Self(expected.map(|(_, time)| time / sum))
    }

    /// The share of this phase and all behind it.
    fn from(&self, phase: usize) -> f64 {
        self.0.iter().skip(phase).sum()
    }
}

/// How far the work has come.
///
/// A phase may end early, as the factorization does when it has converged. The phases behind it
/// then take more of the percentage, so that it never jumps and still ends at 100.
#[derive(Clone, Copy, Debug)]
struct Course {
    shares: Shares,
    phase: usize,
    fraction: f64,
    /// What had been done of the whole when this phase began, from 0 to 1.
    base: f64,
    /// The shares that were worked off before this phase.
    worked: f64,
}

impl Course {
    fn new(shares: Shares) -> Self {
        Self {
            shares,
            phase: 0,
            fraction: 0.0,
            base: 0.0,
            worked: 0.0,
        }
    }

    /// Goes on to this place, and never back.
    fn advance(&mut self, phase: usize, fraction: f64) {
        let fraction = fraction.clamp(0.0, 1.0);
        if phase > self.phase {
            (self.base, self.worked) = (self.done(), self.worked());
            (self.phase, self.fraction) = (phase, fraction);
        } else if phase == self.phase && !self.ends_early(fraction) {
            self.fraction = self.fraction.max(fraction);
        }
    }

    /// Whether the phase is suddenly at its end, far from where it was. The last one never is.
    fn ends_early(&self, fraction: f64) -> bool {
        const FAR: f64 = 0.1;
        let last = self.phase + 1 == PHASES.len();
        !last && fraction == 1.0 && self.fraction > 0.0 && self.fraction < 1.0 - FAR
    }

    /// How much of the whole is done, from 0 to 1.
    fn done(&self) -> f64 {
        let rest = self.shares.from(self.phase);
        let now = if rest > 0.0 {
            self.share() / rest * self.fraction
        } else {
            self.fraction
        };
        (self.base + (1.0 - self.base) * now).clamp(0.0, 1.0)
    }

    /// The time the rest will take at the pace so far.
    fn time_left(&self, elapsed: Duration) -> Option<Duration> {
        let worked = self.worked();
        if elapsed < GUESS_AFTER || worked < 0.01 {
            return None;
        }
        let left = self.shares.from(self.phase) - self.share() * self.fraction;
        Duration::try_from_secs_f64(elapsed.as_secs_f64() * left.max(0.0) / worked).ok()
    }

    /// The shares that were really worked off: what an early end left out does not count.
    fn worked(&self) -> f64 {
        self.worked + self.share() * self.fraction
    }

    /// The share of the present phase.
    fn share(&self) -> f64 {
        self.shares.0.get(self.phase).copied().unwrap_or(0.0)
    }
}

/// Where the work is, and what was shown of it.
struct State {
    course: Course,
    /// Phase and time of what was shown last.
    shown: Option<(usize, Instant)>,
}

/// A progress sink for the work on one recording. What it shows is gone when it is dropped.
pub(super) struct Meter {
    name: String,
    started: Instant,
    bar: Option<ProgressBar>,
    state: Mutex<State>,
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
            bar: (!bar.is_hidden()).then_some(bar),
            state: Mutex::new(State {
                course: Course::new(shares),
                shown: None,
            }),
        }
    }

    /// Tells that all is done. A bar needs no such word: it goes away.
    pub fn finish(self) {
        if self.bar.is_none() {
            complain(format_args!("{}: 100 %, done", self.name));
        }
    }
}

impl Progress for Meter {
    fn report(&self, phase: Phase, fraction: f64) {
        let Some(phase) = PHASES.iter().position(|(p, _)| *p == phase) else {
            return;
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.course.advance(phase, fraction);
        let every = if self.bar.is_some() {
            BAR_EVERY
        } else {
            LINE_EVERY
        };
        if state
            .shown
            .is_some_and(|(last, at)| last == phase && at.elapsed() < every)
        {
            return;
        }
        state.shown = Some((phase, Instant::now()));
        let mut doing = PHASES[phase].1.to_owned();
        if let Some(left) = state.course.time_left(self.started.elapsed()) {
            doing = format!("{doing}, {} left", told(left));
        }
        let percent = (state.course.done() * 100.0).floor() as u64;
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

    fn at(shares: [f64; 6], steps: &[(usize, f64)]) -> Course {
        let mut course = Course::new(Shares::new(std::array::from_fn(|i| {
            (PHASES[i].0, shares[i])
        })));
        for &(phase, fraction) in steps {
            course.advance(phase, fraction);
        }
        course
    }

    #[test]
    fn the_whole_grows_by_the_shares_of_the_phases() {
        let shares = [1.0, 1.0, 0.0, 6.0, 0.0, 2.0];
        assert_eq!(at(shares, &[(0, 0.0)]).done(), 0.0);
        let all = [
            (0, 1.0),
            (1, 1.0),
            (3, 0.5),
            (3, 0.95),
            (3, 1.0),
            (4, 1.0),
            (5, 7.0),
        ];
        assert!((at(shares, &all[..3]).done() - 0.5).abs() < 1e-12);
        assert!((at(shares, &all[..6]).done() - 0.8).abs() < 1e-12);
        assert!((at(shares, &all).done() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_phase_that_ends_early_makes_no_jump_and_the_end_is_still_the_whole() {
        let shares = [1.0, 1.0, 0.0, 6.0, 0.0, 2.0];
        let early = [(0, 1.0), (1, 1.0), (3, 0.25)];
        let before = at(shares, &early);
        let mut course = before;
        course.advance(3, 1.0);
        assert_eq!(course.done(), before.done());
        course.advance(4, 0.0);
        assert_eq!(course.done(), before.done());
        course.advance(5, 0.0);
        assert_eq!(course.done(), before.done());
        // 3.5 units of the work took 35 s, and 2 are left.
        assert_eq!(
            course.time_left(Duration::from_secs(35)).unwrap().as_secs(),
            20
        );
        course.advance(5, 1.0);
        assert!((course.done() - 1.0).abs() < 1e-12);
        course.advance(3, 0.0);
        assert!((course.done() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn time_left_is_what_the_rest_takes_at_the_pace_so_far() {
        let course = at([1.0, 3.0, 0.0, 0.0, 0.0, 0.0], &[(0, 1.0)]);
        let left = course.time_left(Duration::from_secs(30)).unwrap();
        assert_eq!(left.as_secs(), 90);
        assert_eq!(course.time_left(Duration::from_millis(10)), None);
        let begun = at([1.0, 3.0, 0.0, 0.0, 0.0, 0.0], &[]);
        assert_eq!(begun.time_left(Duration::from_secs(10)), None);
        assert_eq!(told(left).to_string(), "1 min 30 s");
        assert_eq!(told(Duration::from_secs(9)).to_string(), "9 s");
        assert_eq!(told(Duration::from_secs(7300)).to_string(), "2 h 1 min");
    }
}
