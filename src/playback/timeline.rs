//! Which place of the recording belongs to which frame of the output.

use std::collections::VecDeque;
use std::ops::Range;

use super::kernel::Ratio;

/// Output frames on which everything goes on in one way: standing still, or playing on from one
/// place, round a loop or not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stretch {
    /// The output frame it begins with.
    pub clock: u64,
    /// The sample of the recording that belongs to that frame.
    pub origin: i64,
    /// Whether it plays on from there.
    pub playing: bool,
    /// Whether it stands still because the recording has ended.
    pub ended: bool,
    /// Samples to be repeated. Only those who come from before their end come round.
    pub looped: Option<Range<i64>>,
    /// Samples of the recording for each output frame.
    pub ratio: Ratio,
    /// Samples of the recording.
    pub frames: i64,
}

impl Stretch {
    /// The loop, if this stretch comes round.
    pub fn round(&self) -> Option<&Range<i64>> {
        self.looped.as_ref().filter(|loops| self.origin < loops.end)
    }

    /// The sample of the recording that is `samples` further on.
    pub fn place(&self, samples: i64) -> i64 {
        let straight = self.origin + samples;
        match self.round() {
            Some(loops) if straight >= loops.end => {
                loops.start + (straight - loops.start) % (loops.end - loops.start)
            }
            _ => straight,
        }
    }
}

/// The stretches of the last seconds, oldest first; never empty.
#[derive(Clone, Debug)]
pub(super) struct Timeline(VecDeque<Stretch>);

/// As many stretches as the device can have on its way, and far more.
const KEPT: usize = 64;

impl Timeline {
    pub fn new(first: Stretch) -> Self {
        Self(VecDeque::from([first]))
    }

    /// The stretch that an output frame belongs to.
    pub fn at(&self, clock: u64) -> &Stretch {
        let later = self.0.iter().skip(1).rev();
        let mut found = later.filter(|stretch| stretch.clock <= clock);
        // There is always a first one.
        found.next().unwrap_or(&self.0[0])
    }

    /// The sample of the recording that belongs to an output frame.
    pub fn place(&self, clock: u64) -> i64 {
        let stretch = self.at(clock);
        if !stretch.playing {
            return stretch.origin;
        }
        let (samples, _) = stretch.ratio.place(clock.saturating_sub(stretch.clock));
        stretch.place(samples).clamp(0, stretch.frames)
    }

    /// Forgets what was to come from `clock` on.
    pub fn cut(&mut self, clock: u64) {
        while self.0.len() > 1 && self.0.back().is_some_and(|s| s.clock > clock) {
            self.0.pop_back();
        }
    }

    /// From its clock on there is this stretch.
    pub fn begin(&mut self, stretch: Stretch) {
        self.cut(stretch.clock);
        if self
            .0
            .back()
            .is_some_and(|last| last.clock == stretch.clock)
        {
            self.0.pop_back();
        }
        self.0.push_back(stretch);
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }
}
