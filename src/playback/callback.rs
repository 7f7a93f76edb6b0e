//! What runs in the thread of the device: finished samples into its buffer, and nothing else.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cpal::{FromSample, OutputCallbackInfo, SizedSample};

use super::{Around, Outlet};

/// Samples that are converted at a time.
const SCRATCH: usize = 16_384;

/// Fills a device's buffers from a ring. It neither allocates nor locks, waits or logs.
pub(super) struct Callback {
    outlet: Outlet,
    scratch: Vec<f32>,
    around: Around,
}

impl Callback {
    pub fn new(outlet: Outlet, around: Around) -> Self {
        let whole = SCRATCH / outlet.outputs() * outlet.outputs();
        Self {
            scratch: vec![0.0; whole.max(outlet.outputs())],
            outlet,
            around,
        }
    }

    /// Fills one buffer of the device, of any size.
    pub fn run<T: SizedSample + FromSample<f32>>(
        &mut self,
        buffer: &mut [T],
        info: &OutputCallbackInfo,
    ) {
        let around = self.around;
        around(&mut || self.fill(buffer, info));
    }

    fn fill<T: SizedSample + FromSample<f32>>(
        &mut self,
        buffer: &mut [T],
        info: &OutputCallbackInfo,
    ) {
        let monitor = &self.outlet.link.monitor;
        let start = monitor.now();
        let times = info.timestamp();
        let delay = times.playback.duration_since(times.callback);
        let outputs = self.outlet.outputs();
        let frames = |n: usize| n as u64 * 1_000_000_000 / u64::from(self.outlet.link.rate);
        let held = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        let held = held.saturating_add(frames(buffer.len() / outputs));
        monitor.device.store(held, Ordering::Relaxed);
        let fill = frames(self.outlet.waiting());
        monitor.fill.store(fill, Ordering::Relaxed);
        self.copy(buffer, start, delay);
        let monitor = &self.outlet.link.monitor;
        monitor.callbacks.add(monitor.now().saturating_sub(start));
    }

    fn copy<T: SizedSample + FromSample<f32>>(
        &mut self,
        buffer: &mut [T],
        start: u64,
        delay: Duration,
    ) {
        let before = self.outlet.clock();
        let mut missing = 0;
        for part in buffer.chunks_mut(self.scratch.len()) {
            let samples = &mut self.scratch[..part.len()];
            missing += self.outlet.take(samples);
            let link = &self.outlet.link;
            link.monitor.measure(samples, self.outlet.outputs());
            for (to, &from) in part.iter_mut().zip(samples.iter()) {
                *to = T::from_sample_(if T::FORMAT.is_float() {
                    from
                } else {
                    from.clamp(-1.0, 1.0)
                });
            }
        }
        let link = &self.outlet.link;
        if missing > 0 {
            link.monitor.dropouts.fetch_add(1, Ordering::Relaxed);
        }
        let after = self.outlet.clock();
        // While nothing is taken, what was taken last is heard to its end.
        if after != before {
            // A splice may have set the clock back.
            link.note(before.min(after), after, start, delay);
            link.monitor.sounded(start);
        }
    }
}
