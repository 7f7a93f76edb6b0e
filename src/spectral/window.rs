//! Analysis windows.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::SpectralError;

/// A periodic window (the DFT-even form that spectral analysis uses), with a peak of 1.
///
/// The coefficients are those of Harris (1978), "On the use of windows for harmonic analysis
/// with the discrete Fourier transform", and of `scipy.signal.get_window(.., fftbins=True)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// `½ − ½ cos(2πm/size)`.
    #[default]
    Hann,
    /// `0.54 − 0.46 cos(2πm/size)`.
    Hamming,
    /// `0.42 − ½ cos(2πm/size) + 0.08 cos(4πm/size)`.
    Blackman,
    /// The square root of the Hann window, `sin(πm/size)`.
    SqrtHann,
}

impl Window {
    /// Every window.
    pub const ALL: [Self; 4] = [Self::Hann, Self::Hamming, Self::Blackman, Self::SqrtHann];

    /// The name as it is written on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hann => "hann",
            Self::Hamming => "hamming",
            Self::Blackman => "blackman",
            Self::SqrtHann => "sqrt-hann",
        }
    }

    /// The `size` values of the window, each from 0 to 1.
    #[must_use]
    pub fn coefficients(self, size: usize) -> Vec<f32> {
        (0..size)
            .map(|m| {
                let turn = 2.0 * PI * m as f64 / size as f64;
                let value = match self {
                    Self::Hann => 0.5 - 0.5 * turn.cos(),
                    Self::Hamming => 0.54 - 0.46 * turn.cos(),
                    // Clamped: rounding would leave -1e-17 at the first sample.
                    Self::Blackman => {
                        (0.42 - 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos()).max(0.0)
                    }
                    Self::SqrtHann => (turn / 2.0).sin(),
                };
                value as f32
            })
            .collect()
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Window {
    type Err = SpectralError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|window| window.name() == name)
            .ok_or_else(|| SpectralError::UnknownWindow { name: name.into() })
    }
}
