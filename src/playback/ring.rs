//! The way from the thread that renders to the device, and how one sound replaces another on it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rtrb::{Consumer, Producer, RingBuffer};

use super::Monitor;
use super::fade::Fade;
use super::link::{Link, Splice};

/// Seconds over which one sound changes over into another.
const FADE: f64 = 0.008;

/// Seconds of sound that are rendered ahead: as long may the rendering thread be kept waiting
/// by a busy machine.
const AHEAD: f64 = 0.15;

/// A ring for interleaved frames of `outputs` samples, `rate` a second.
///
/// Its two ends may be on different threads; neither ever waits for the other.
#[must_use]
pub fn ring(rate: u32, outputs: usize, monitor: Arc<Monitor>) -> (Inlet, Outlet) {
    let (rate, outputs) = (rate.max(1), outputs.max(1));
    let frames = |seconds: f64| (seconds * f64::from(rate)).ceil() as usize;
    // The old sound, the new one, and as much again for the largest callbacks.
    let (producer, consumer) = RingBuffer::new(frames(4.0 * AHEAD) * outputs);
    let link = Arc::new(Link::new(monitor, rate));
    let inlet = Inlet {
        producer,
        outputs,
        ahead: frames(AHEAD),
        fade: frames(FADE),
        pushed: 0,
        link: Arc::clone(&link),
    };
    let outlet = Outlet {
        consumer,
        outputs,
        fade: Fade::new(frames(FADE)),
        drained: 0,
        clock: 0,
        splice: None,
        link,
    };
    (inlet, outlet)
}

/// The end of a [`ring`] that rendered sound goes into.
#[derive(Debug)]
pub struct Inlet {
    producer: Producer<f32>,
    pub(super) outputs: usize,
    /// Frames that are to wait in the ring.
    pub(super) ahead: usize,
    /// Frames that a splice takes.
    pub(super) fade: usize,
    /// Ring frames so far.
    pub(super) pushed: u64,
    pub(super) link: Arc<Link>,
}

impl Inlet {
    /// Frames that there is room for.
    pub(super) fn room(&self) -> usize {
        self.producer.slots() / self.outputs
    }

    /// Takes interleaved frames, for which there must be room.
    pub(super) fn push(&mut self, frames: &[f32]) {
        if self.producer.push_entire_slice(frames).is_ok() {
            self.pushed += (frames.len() / self.outputs) as u64;
        }
    }
}

/// The end of a [`ring`] that the callback of a device takes sound from.
///
/// Taking neither allocates nor locks nor waits.
#[derive(Debug)]
pub struct Outlet {
    consumer: Consumer<f32>,
    outputs: usize,
    fade: Fade,
    /// Ring frames taken or dropped so far.
    drained: u64,
    /// The clock frame that comes next.
    clock: u64,
    splice: Option<(Splice, usize)>,
    pub(super) link: Arc<Link>,
}

impl Outlet {
    /// Channels.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Frames that wait in the ring.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.consumer.slots() / self.outputs
    }

    /// The clock frame that is taken next.
    pub(super) fn clock(&self) -> u64 {
        self.clock
    }

    /// Fills `out` (interleaved) with what is to be heard next, silence where there is nothing.
    /// Returns how many frames were missing although more sound is to come.
    pub fn take(&mut self, out: &mut [f32]) -> usize {
        out.fill(0.0);
        let frames = out.len() / self.outputs;
        self.link.largest.fetch_max(frames, Ordering::Relaxed);
        // Asked before looking into the ring: what comes in between is no gap.
        let flowing = self.link.flowing.load(Ordering::Acquire);
        let mut done = 0;
        loop {
            // Looked up before asking: a splice that is asked for later is not passed by.
            let barrier = self.link.barrier();
            if self.splice.is_none()
                && let Some(splice) = self.link.asked()
            {
                self.pick_up(splice);
            }
            let rest = &mut out[done * self.outputs..];
            let Some((splice, at)) = self.splice else {
                done += self.pass(barrier, rest);
                break;
            };
            done += self.cross(splice, at, flowing, rest);
            if self.splice.is_some() {
                break;
            }
        }
        self.link.clock.store(self.clock, Ordering::Release);
        if flowing { frames - done } else { 0 }
    }

    fn pick_up(&mut self, splice: Splice) {
        if splice.asked > 0 {
            let monitor = &self.link.monitor;
            let waited = monitor.now().saturating_sub(splice.asked);
            monitor.gain_to_device.add(waited);
        }
        if !splice.aligned {
            self.clock = splice.base;
        }
        self.splice = Some((splice, 0));
    }

    /// Fades from the old sound to the new one, of which the first `at` frames are done. Returns
    /// how many frames it made.
    fn cross(&mut self, splice: Splice, at: usize, flowing: bool, out: &mut [f32]) -> usize {
        let outputs = self.outputs;
        let waiting = self.waiting();
        let Ok(chunk) = self.consumer.read_chunk(waiting * outputs) else {
            return 0;
        };
        let (first, second) = chunk.as_slices();
        let sample = |i: usize| match i.checked_sub(first.len()) {
            None => first[i],
            Some(i) => second[i],
        };
        let old = ((splice.old_end - self.drained) as usize).min(waiting);
        let missed = (self.clock - splice.base) as usize;
        let new = waiting.saturating_sub(old + missed);
        let wanted = (out.len() / outputs).min(self.fade.frames() - at);
        let made = if flowing { wanted.min(new) } else { wanted };
        for (i, frame) in out.chunks_exact_mut(outputs).take(made).enumerate() {
            for (channel, heard) in frame.iter_mut().enumerate() {
                let value = |there: bool, place: usize| match there {
                    true => sample((place + i) * outputs + channel),
                    false => 0.0,
                };
                let (before, after) = (value(i < old, 0), value(i < new, old + missed));
                *heard = self.fade.blend(at + i, before, after);
            }
        }
        let taken = made.min(new);
        let over = at + made == self.fade.frames();
        let dropped = match over {
            true => (old + missed + taken).min(waiting),
            false => made.min(old),
        };
        chunk.commit(dropped * outputs);
        self.drained += dropped as u64;
        self.clock += taken as u64;
        self.splice = Some((splice, at + made)).filter(|_| !over);
        if over {
            self.link.spliced.fetch_add(1, Ordering::Release);
        }
        made
    }

    /// Passes on what waits in the ring before the ring frame `barrier`. Returns how many frames.
    fn pass(&mut self, barrier: u64, out: &mut [f32]) -> usize {
        let free = barrier.saturating_sub(self.drained);
        let free = usize::try_from(free).unwrap_or(usize::MAX);
        let frames = self.waiting().min(free).min(out.len() / self.outputs);
        let samples = &mut out[..frames * self.outputs];
        if self.consumer.pop_entire_slice(samples).is_err() {
            return 0;
        }
        self.drained += frames as u64;
        self.clock += frames as u64;
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONES: [f32; 1000] = [1.0; 1000];
    const TWOS: [f32; 1000] = [2.0; 1000];

    /// A ring of one channel at 48 kHz with 1000 ones in it, more being to come.
    fn flowing() -> (Inlet, Outlet) {
        let (mut inlet, outlet) = ring(48_000, 1, Arc::default());
        inlet.push(&ONES);
        inlet.link.flowing.store(true, Ordering::Release);
        (inlet, outlet)
    }

    fn splice(base: u64, aligned: bool) -> Splice {
        Splice {
            base,
            old_end: 1000,
            aligned,
            asked: 0,
        }
    }

    #[test]
    fn new_sound_is_not_heard_before_its_splice_is_asked_for() {
        let (mut inlet, mut outlet) = flowing();
        let mut heard = [9.0; 1100];
        inlet.link.announce(1000);
        inlet.push(&TWOS);
        assert_eq!(outlet.take(&mut heard), 100);
        assert_eq!(heard[..1000], ONES);
        assert_eq!(heard[1000..], [0.0; 100]);
        // The old sound has run out, so the new one comes out of silence, and whole.
        inlet.link.ask(splice(0, false));
        let mut heard = [9.0; 500];
        assert_eq!(outlet.take(&mut heard), 0);
        assert!(heard[0] < 0.01 && heard[384..] == [2.0; 116]);
        assert_eq!((outlet.clock(), outlet.waiting()), (500, 500));
        assert!(!inlet.link.is_splicing());
    }

    #[test]
    fn what_was_missed_of_a_splice_in_step_is_left_out() {
        let (mut inlet, mut outlet) = flowing();
        outlet.take(&mut [0.0; 300]);
        inlet.link.announce(1000);
        inlet.push(&TWOS);
        outlet.take(&mut [0.0; 200]);
        inlet.link.ask(splice(300, true));
        let mut heard = [9.0; 450];
        for part in heard.chunks_mut(7) {
            assert_eq!(outlet.take(part), 0);
        }
        assert!(heard.is_sorted() && heard[384..] == [2.0; 66]);
        // 200 were missed, 450 heard.
        assert_eq!((outlet.clock(), outlet.waiting()), (950, 350));
    }
}
