//! Counters that the callback fills and the window reads.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use super::histogram::Histogram;
use super::{Device, Diagnostics};

/// Output channels whose levels are measured.
const METERS: usize = 32;

/// What is measured while sound is played. Only atomics: whoever counts never waits.
#[derive(Debug)]
pub struct Monitor {
    start: Instant,
    pub(super) callbacks: Histogram,
    pub(super) gain_to_device: Histogram,
    play_to_device: Histogram,
    /// When play was asked for whose first sound has not come; 0 where none is waited for.
    play_asked: AtomicU64,
    pub(super) dropouts: AtomicU64,
    pub(super) xruns: AtomicU64,
    pub(super) losses: AtomicU64,
    /// Nanoseconds of sound that the last callback found.
    pub(super) fill: AtomicU64,
    /// Nanoseconds that the device held after the last callback.
    pub(super) device: AtomicU64,
    /// Bits of the magnitudes, which sort as the magnitudes do.
    peaks: [AtomicU32; METERS],
    clipped: AtomicBool,
}

impl Default for Monitor {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            callbacks: Histogram::default(),
            gain_to_device: Histogram::default(),
            play_to_device: Histogram::default(),
            play_asked: AtomicU64::new(0),
            dropouts: AtomicU64::new(0),
            xruns: AtomicU64::new(0),
            losses: AtomicU64::new(0),
            fill: AtomicU64::new(0),
            device: AtomicU64::new(0),
            peaks: [const { AtomicU32::new(0) }; METERS],
            clipped: AtomicBool::new(false),
        }
    }
}

impl Monitor {
    /// Nanoseconds since the monitor was made.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Play has been asked for: the next sound is the first one of it.
    pub(super) fn wait_for_sound(&self) {
        self.play_asked.store(self.now().max(1), Ordering::Relaxed);
    }

    /// Play has been given up, or there is no device for it.
    pub(super) fn wait_no_more(&self) {
        self.play_asked.store(0, Ordering::Relaxed);
    }

    /// A callback at the time `now` has given sound to the device.
    pub(super) fn sounded(&self, now: u64) {
        if self.play_asked.load(Ordering::Relaxed) > 0 {
            let asked = self.play_asked.swap(0, Ordering::Relaxed);
            self.play_to_device.add(now.saturating_sub(asked));
        }
    }

    /// Takes up the levels of interleaved frames.
    pub(super) fn measure(&self, frames: &[f32], outputs: usize) {
        let mut over = false;
        for (channel, peak) in self.peaks.iter().take(outputs).enumerate() {
            let samples = frames.iter().skip(channel).step_by(outputs);
            let loudest = samples.fold(0.0_f32, |loudest, x| loudest.max(x.abs()));
            peak.fetch_max(loudest.to_bits(), Ordering::Relaxed);
            over |= loudest > 1.0;
        }
        if over {
            self.clipped.store(true, Ordering::Relaxed);
        }
    }

    /// The peaks of `outputs` channels since the last call.
    pub(super) fn take_peaks(&self, outputs: usize) -> Vec<f32> {
        let peaks = self.peaks.iter().take(outputs);
        let taken = peaks.map(|peak| f32::from_bits(peak.swap(0, Ordering::Relaxed)));
        taken.collect()
    }

    pub(super) fn is_clipped(&self) -> bool {
        self.clipped.load(Ordering::Relaxed)
    }

    pub(super) fn clear_clip(&self) {
        self.clipped.store(false, Ordering::Relaxed);
    }

    pub(super) fn diagnostics(&self, device: Option<Device>) -> Diagnostics {
        let milliseconds = |x: &AtomicU64| (x.load(Ordering::Relaxed) as f64 * 1e-6) as f32;
        let callback_us = self.callbacks.percentiles(1e-3);
        Diagnostics {
            device,
            callbacks: callback_us.count,
            callback_us,
            fill_ms: milliseconds(&self.fill),
            dropouts: self.dropouts.load(Ordering::Relaxed),
            xruns: self.xruns.load(Ordering::Relaxed),
            losses: self.losses.load(Ordering::Relaxed),
            device_ms: milliseconds(&self.device),
            gain_to_device_ms: self.gain_to_device.percentiles(1e-6),
            play_to_device_ms: self.play_to_device.percentiles(1e-6),
        }
    }
}
