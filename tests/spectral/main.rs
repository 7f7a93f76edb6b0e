//! From sound to spectra and back.

mod hpss;
mod stft;
