//! What a transform is planned from, and which settings can be inverted.

use serde::{Deserialize, Serialize};

use super::{SpectralError, Window};

/// Smallest FFT size, in samples.
pub const MIN_SIZE: usize = 64;
/// Largest FFT size, in samples.
pub const MAX_SIZE: usize = 65_536;

/// The smallest number of hops in a frame is not fixed, the largest is: more overlap costs time
/// and memory and adds nothing.
const MAX_OVERLAP: usize = 16;

/// The inverse divides by the summed squared window. Rounding errors of a frame reach the signal
/// multiplied by `1/√sum`, so the sum of a sample may not fall below this (the window's peak
/// is 1). A hop of half the FFT size passes with every window.
pub(super) const MIN_WINDOW_SUM: f64 = 0.2;

/// Size, hop and window of a short-time Fourier transform.
///
/// Checked by [`Stft::new`](super::Stft::new).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StftSettings {
    /// FFT and window size in samples: an even number from [`MIN_SIZE`] to [`MAX_SIZE`].
    pub size: usize,
    /// Samples from one frame to the next, from `size / 16` to about `size / 2`
    /// (see [`largest_hop`](Self::largest_hop)).
    pub hop: usize,
    /// The window, used for analysis and synthesis alike.
    pub window: Window,
}

impl Default for StftSettings {
    /// 2048 samples, hop 512, Hann: 46 ms frames every 12 ms at 44.1 kHz.
    fn default() -> Self {
        Self {
            size: 2048,
            hop: 512,
            window: Window::Hann,
        }
    }
}

impl StftSettings {
    /// The smallest accepted hop for this size, in samples.
    #[must_use]
    pub fn smallest_hop(&self) -> usize {
        self.size.div_ceil(MAX_OVERLAP).max(1)
    }

    /// The largest accepted hop for this size and window, in samples; the hop of `self` does
    /// not matter.
    #[must_use]
    pub fn largest_hop(&self) -> usize {
        let window = self.window.coefficients(self.size);
        let half = self.size / 2;
        // Every hop up to half a window is well conditioned; beyond it the smallest sum only
        // falls, so that the last good hop can be found by bisection.
        let (mut good, mut bad) = (half, self.size + 1);
        while bad - good > 1 {
            let middle = good.midpoint(bad);
            if is_well_conditioned(&window, middle) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        good
    }

    /// Whether the settings are accepted.
    ///
    /// # Errors
    /// [`SpectralError::Size`] or [`SpectralError::Hop`], which say what is accepted.
    pub fn check(&self) -> Result<(), SpectralError> {
        let Self { size, hop, window } = *self;
        if !(MIN_SIZE..=MAX_SIZE).contains(&size) || !size.is_multiple_of(2) {
            return Err(SpectralError::Size { size });
        }
        let (smallest, largest) = (self.smallest_hop(), self.largest_hop());
        if !(smallest..=largest).contains(&hop) {
            return Err(SpectralError::Hop {
                hop,
                size,
                window,
                smallest,
                largest,
            });
        }
        Ok(())
    }
}

/// The smallest summed squared window of any sample far from the ends.
pub(super) fn smallest_window_sum(window: &[f32], hop: usize) -> f64 {
    (0..hop)
        .map(|first| {
            window
                .iter()
                .skip(first)
                .step_by(hop)
                .map(|&w| f64::from(w) * f64::from(w))
                .sum::<f64>()
        })
        .fold(f64::INFINITY, f64::min)
}

fn is_well_conditioned(window: &[f32], hop: usize) -> bool {
    smallest_window_sum(window, hop) >= MIN_WINDOW_SUM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hop_between_the_limits_is_well_conditioned_and_the_next_is_not() {
        for window in Window::ALL {
            for size in [64, 66, 94, 126, 250, 512, 1022] {
                let settings = StftSettings {
                    size,
                    hop: 0,
                    window,
                };
                let coefficients = window.coefficients(size);
                let (smallest, largest) = (settings.smallest_hop(), settings.largest_hop());
                for hop in smallest..=size {
                    assert_eq!(
                        is_well_conditioned(&coefficients, hop),
                        hop <= largest,
                        "{window} {size} {hop}"
                    );
                }
                assert!(largest >= size / 2, "{window} {size}");
            }
        }
    }

    #[test]
    fn a_refused_hop_names_the_hops_that_work() {
        let settings = StftSettings {
            hop: 2048,
            ..StftSettings::default()
        };
        let message = settings.check().unwrap_err().to_string();
        let largest = settings.largest_hop();
        assert!(message.contains("from 128 to "), "{message}");
        assert!(message.contains(&largest.to_string()), "{message}");
        for hop in [128, largest] {
            assert_eq!(StftSettings { hop, ..settings }.check(), Ok(()));
        }
        for hop in [0, 127, largest + 1] {
            assert!(StftSettings { hop, ..settings }.check().is_err());
        }
    }

    #[test]
    fn odd_small_and_large_sizes_are_refused() {
        for size in [0, 2, 62, 65, 2047, 65_537, 65_538, usize::MAX] {
            let settings = StftSettings {
                size,
                hop: 512,
                window: Window::Hann,
            };
            assert_eq!(settings.check(), Err(SpectralError::Size { size }));
        }
    }
}
