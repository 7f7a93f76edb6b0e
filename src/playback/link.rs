//! What the two ends of a ring tell each other, without a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::time::Duration;

use super::Monitor;

/// Shared by the thread that renders, the callback of one stream, and whoever looks.
///
/// Frames are counted on two scales: *ring frames* are all that went through the ring, *clock
/// frames* are those of the [`Mixer`](super::Mixer), which counts again what it makes anew.
#[derive(Debug)]
pub(super) struct Link {
    pub monitor: Arc<Monitor>,
    pub rate: u32,
    /// Whether more is to come, so that an empty ring is a gap and no pause.
    pub flowing: AtomicBool,
    /// The clock frame that is taken next.
    pub clock: AtomicU64,
    /// The most frames that were ever asked for at once.
    pub largest: AtomicUsize,
    /// Number of the last splice announced, and the ring frame that its new sound begins with.
    announced: AtomicU64,
    barrier: AtomicU64,
    /// Number of the last splice asked for, and of the last one carried out.
    pub splices: AtomicU64,
    pub spliced: AtomicU64,
    splice: [AtomicU64; 4],
    /// Odd while `times` change.
    version: AtomicU64,
    times: [AtomicU64; 4],
}

/// From which frame on there is other sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Splice {
    /// The clock frame that the new sound begins with.
    pub base: u64,
    /// The ring frame that the new sound begins with: the old sound ends there.
    pub old_end: u64,
    /// Whether the new sound goes on in step with the old one, so that what was missed of it is
    /// left out; otherwise it begins with its first frame.
    pub aligned: bool,
    /// When the change was asked for, in nanoseconds of the monitor's clock; 0 when no one
    /// measures.
    pub asked: u64,
}

impl Link {
    pub fn new(monitor: Arc<Monitor>, rate: u32) -> Self {
        Self {
            monitor,
            rate,
            flowing: AtomicBool::new(false),
            clock: AtomicU64::new(0),
            largest: AtomicUsize::new(0),
            announced: AtomicU64::new(0),
            barrier: AtomicU64::new(0),
            splices: AtomicU64::new(0),
            spliced: AtomicU64::new(0),
            splice: Default::default(),
            version: AtomicU64::new(0),
            times: Default::default(),
        }
    }

    /// Tells that the ring frames from `end` on belong to the sound of a splice that is going to
    /// be asked for: before that they are not to be heard.
    pub fn announce(&self, end: u64) {
        self.barrier.store(end, Ordering::Relaxed);
        self.announced.fetch_add(1, Ordering::Release);
    }

    /// The ring frame that must not be passed as long as nothing is asked for.
    pub fn barrier(&self) -> u64 {
        let announced = self.announced.load(Ordering::Acquire);
        if announced == self.spliced.load(Ordering::Relaxed) {
            u64::MAX
        } else {
            self.barrier.load(Ordering::Relaxed)
        }
    }

    /// Asks for a splice that has been announced, once the last one has been carried out.
    pub fn ask(&self, splice: Splice) {
        let values = [
            splice.base,
            splice.old_end,
            u64::from(splice.aligned),
            splice.asked,
        ];
        for (shared, value) in self.splice.iter().zip(values) {
            shared.store(value, Ordering::Relaxed);
        }
        self.splices.fetch_add(1, Ordering::Release);
    }

    pub fn is_splicing(&self) -> bool {
        self.splices.load(Ordering::Relaxed) != self.spliced.load(Ordering::Acquire)
    }

    /// The splice that was asked for and has not been carried out.
    pub fn asked(&self) -> Option<Splice> {
        let asked = self.splices.load(Ordering::Acquire);
        let [base, old_end, aligned, at] = &self.splice;
        (asked != self.spliced.load(Ordering::Relaxed)).then(|| Splice {
            base: base.load(Ordering::Relaxed),
            old_end: old_end.load(Ordering::Relaxed),
            aligned: aligned.load(Ordering::Relaxed) != 0,
            asked: at.load(Ordering::Relaxed),
        })
    }

    /// Notes that a callback at the time `now` (nanoseconds of the monitor's clock) took the
    /// clock frames from `before` to `after`, the first of which is heard after `delay`.
    pub fn note(&self, before: u64, after: u64, now: u64, delay: Duration) {
        let delay = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        for (shared, value) in self.times.iter().zip([before, after, now, delay]) {
            shared.store(value, Ordering::Relaxed);
        }
        self.version.store(version + 2, Ordering::Release);
    }

    /// The clock frame that is heard now.
    pub fn heard(&self) -> u64 {
        let [before, after, at, delay] = self.times();
        let since = self.monitor.now().saturating_sub(at);
        let heard = i128::from(since) - i128::from(delay);
        let frames = heard * i128::from(self.rate) / 1_000_000_000;
        let clock = i128::from(before) + frames;
        clock.clamp(0, i128::from(after)) as u64
    }

    fn times(&self) -> [u64; 4] {
        loop {
            let version = self.version.load(Ordering::Acquire);
            let times = self.times.each_ref().map(|x| x.load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            if version.is_multiple_of(2) && version == self.version.load(Ordering::Relaxed) {
                return times;
            }
            std::hint::spin_loop();
        }
    }
}
