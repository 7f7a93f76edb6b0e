//! Bins and frames in hertz and seconds.

use serde::{Deserialize, Serialize};

use super::StftSettings;

/// The frequency and time scale of a spectrogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axes {
    /// Sample rate in Hz.
    pub rate: u32,
    /// FFT size in samples.
    pub size: usize,
    /// Samples from one frame to the next.
    pub hop: usize,
}

impl Axes {
    /// The axes of a transform of a signal with `rate` samples a second.
    #[must_use]
    pub fn new(settings: StftSettings, rate: u32) -> Self {
        Self {
            rate,
            size: settings.size,
            hop: settings.hop,
        }
    }

    /// Frequency of a bin, in Hz; fractions lie between bins.
    #[must_use]
    pub fn hz(&self, bin: f64) -> f64 {
        bin * f64::from(self.rate) / self.size as f64
    }

    /// The bin of a frequency in Hz, with its fraction.
    #[must_use]
    pub fn bin(&self, hz: f64) -> f64 {
        hz * self.size as f64 / f64::from(self.rate.max(1))
    }

    /// Time of the centre of a frame, in seconds from the first sample.
    #[must_use]
    pub fn seconds(&self, frame: f64) -> f64 {
        frame * self.hop as f64 / f64::from(self.rate.max(1))
    }

    /// The frame of a time in seconds, with its fraction.
    #[must_use]
    pub fn frame(&self, seconds: f64) -> f64 {
        seconds * f64::from(self.rate) / self.hop.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_and_frames_translate_both_ways() {
        let axes = Axes::new(StftSettings::default(), 44_100);
        assert_eq!(axes.hz(1024.0), 22_050.0);
        assert!((axes.bin(axes.hz(3.25)) - 3.25).abs() < 1e-12);
        assert!((axes.seconds(86.1328125) - 1.0).abs() < 1e-12);
        assert!((axes.frame(axes.seconds(7.5)) - 7.5).abs() < 1e-12);
    }
}
