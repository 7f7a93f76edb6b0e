//! The summed squared window that the inverse divides by.

use std::ops::Range;

/// For every sample of a signal, one over the sum of the squared windows of the frames that
/// cover it.
///
/// Far from the ends the sums repeat with the hop, so only one hop and the two ends are kept.
#[derive(Clone, Debug)]
pub struct Overlap {
    samples: usize,
    head: Vec<f32>,
    cycle: Vec<f32>,
    tail: Vec<f32>,
}

/// The sum for one sample: `squares[m]` is the squared window, `frames` the frames that exist.
fn window_sum(squares: &[f64], hop: usize, frames: usize, sample: usize) -> f64 {
    let covering = covering(squares.len(), hop, frames, sample..sample + 1);
    covering
        .filter_map(|n| squares.get(sample + squares.len() / 2 - n * hop))
        .sum()
}

/// The frames, of `frames` that exist, that reach into `span`.
pub(super) fn covering(size: usize, hop: usize, frames: usize, span: Range<usize>) -> Range<usize> {
    if span.is_empty() {
        return 0..0;
    }
    // Frame n covers n·hop - size/2 .. n·hop + size/2.
    let first = (span.start + 1).saturating_sub(size / 2).div_ceil(hop);
    let last = (span.end - 1 + size / 2) / hop;
    first..(last + 1).min(frames).max(first)
}

/// How many frames cover `samples` samples: one on each multiple of the hop, and at the end as
/// many more as keep every sum at `floor` or above.
pub(super) fn frame_count(squares: &[f64], hop: usize, samples: usize, floor: f64) -> usize {
    if samples == 0 {
        return 0;
    }
    let mut frames = 1 + samples / hop;
    let from = (frames - 1) * hop;
    let first = from.saturating_sub(hop).min(samples - 1);
    while (first..samples).any(|t| window_sum(squares, hop, frames, t) < floor) {
        frames += 1;
    }
    frames
}

impl Overlap {
    pub(super) fn new(squares: &[f64], hop: usize, frames: usize, samples: usize) -> Self {
        let half = squares.len() / 2;
        // A frame before the first would reach up to half a window, the one after the last
        // begins half a window before its centre.
        let head = half.min(samples);
        let tail = (frames * hop).saturating_sub(half).clamp(head, samples);
        let reciprocal = |t| (1.0 / window_sum(squares, hop, frames, t)) as f32;
        Self {
            samples,
            head: (0..head).map(reciprocal).collect(),
            tail: (tail..samples).map(reciprocal).collect(),
            cycle: (0..hop)
                .map(|first| {
                    let sum: f64 = squares.iter().skip((first + half) % hop).step_by(hop).sum();
                    (1.0 / sum) as f32
                })
                .collect(),
        }
    }

    /// Number of samples of the signal.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Divides `block`, the overlap-added samples from `start` on, by the window sums and
    /// multiplies it by `factor`. Samples after the end of the signal become 0.
    pub fn divide(&self, start: usize, block: &mut [f32], factor: f32) {
        let inside = self.samples.saturating_sub(start).min(block.len());
        let (block, outside) = block.split_at_mut(inside);
        outside.fill(0.0);
        let mut done = 0;
        while done < block.len() {
            let t = start + done;
            let tail = self.samples - self.tail.len();
            let (sums, room) = if t < self.head.len() {
                (&self.head[t..], usize::MAX)
            } else if t >= tail {
                (&self.tail[t - tail..], usize::MAX)
            } else {
                (&self.cycle[t % self.cycle.len()..], tail - t)
            };
            let step = sums.len().min(room).min(block.len() - done);
            for (x, &reciprocal) in block[done..done + step].iter_mut().zip(sums) {
                // The last digit of a sample next to the largest float must not make it infinite.
                *x = (*x * reciprocal * factor).clamp(f32::MIN, f32::MAX);
            }
            done += step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectral::Window;

    fn squares(window: Window, size: usize) -> Vec<f64> {
        let window = window.coefficients(size);
        window.iter().map(|&w| f64::from(w).powi(2)).collect()
    }

    #[test]
    fn the_kept_sums_are_those_of_every_sample() {
        let squares = squares(Window::Hann, 64);
        for hop in [4, 5, 16, 31, 32, 35] {
            for samples in [1, 3, 31, 32, 33, 64, 97, 130, 401] {
                let frames = frame_count(&squares, hop, samples, 0.2);
                let overlap = Overlap::new(&squares, hop, frames, samples);
                let mut block = vec![1.0; samples + 3];
                overlap.divide(0, &mut block, 1.0);
                for (t, &value) in block[..samples].iter().enumerate() {
                    let sum = window_sum(&squares, hop, frames, t);
                    assert!(
                        sum >= 0.2,
                        "hop {hop}, {samples} samples, sample {t}: {sum}"
                    );
                    assert!(
                        (f64::from(value) * sum - 1.0).abs() < 1e-6,
                        "{hop} {samples} {t}"
                    );
                }
                assert_eq!(block[samples..], [0.0; 3]);
                for start in 0..samples {
                    let mut part = vec![1.0; (samples - start).min(9)];
                    overlap.divide(start, &mut part, 1.0);
                    assert_eq!(part, block[start..start + part.len()]);
                }
            }
        }
    }

    #[test]
    fn there_are_as_many_frames_as_librosa_makes_unless_the_end_needs_more() {
        let squares = squares(Window::Hann, 2048);
        for (samples, more) in [
            (1, 0),
            (372, 0),
            (512, 0),
            (44_100, 0),
            (1_323_000, 1),
            (511, 1),
        ] {
            let frames = frame_count(&squares, 512, samples, 0.5);
            assert_eq!(frames, 1 + samples / 512 + more, "{samples}");
        }
    }

    #[test]
    fn covering_frames_are_found_from_any_span() {
        assert_eq!(covering(64, 16, 100, 0..1), 0..3);
        assert_eq!(covering(64, 16, 2, 0..1), 0..2);
        assert_eq!(covering(64, 16, 100, 31..33), 0..5);
        assert_eq!(covering(64, 16, 100, 32..33), 1..5);
        assert!(covering(64, 16, 100, 5..5).is_empty());
        assert!(covering(64, 16, 3, 5000..5001).is_empty());
    }
}
