//! Time to frequency and back.
//!
//! [`Stft`] holds the plan of a short-time Fourier transform: window, hop and FFT. Frame `n` is
//! centred on sample `n · hop`, the signal is taken to be zero outside its ends, and the inverse
//! is the weighted overlap-add that divides by the summed squared window, so every accepted
//! setting gives a signal of any length back, first and last sample included. [`Spectrogram`]
//! holds magnitudes frame after frame, ready to be factorized without a copy.
//! [`Hpss`] splits one into what lasts and what strikes. [`Axes`] and [`Note`] translate bins and frames into hertz, seconds and note names.

mod axes;
mod error;
mod fft;
mod hpss;
mod median;
mod note;
mod overlap;
mod scale;
mod settings;
mod signal;
mod spectrogram;
mod stft;
mod window;

pub use axes::Axes;
pub use error::SpectralError;
pub use fft::Workspace;
pub use hpss::{Hpss, HpssSettings};
pub use note::{Note, note_name};
pub use overlap::Overlap;
pub use realfft::num_complex::Complex32;
pub use scale::Scale;
pub use settings::{MAX_SIZE, MIN_SIZE, StftSettings};
pub use signal::Spectra;
pub use spectrogram::Spectrogram;
pub use stft::Stft;
pub use window::Window;
