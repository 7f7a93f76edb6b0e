//! The spectrogram, drawn from levels of detail.
//!
//! ```text
//! samples --> Pyramid (bytes of dB, several resolutions) --+
//!                                                          +--> tiles, painted by threads --> textures --> screen
//! factors, colours, mutes --> Style (with Ownership) ------+
//! ```
//!
//! [`Pyramid`] holds the levels of a whole recording, coarse ones for wide views, and computes fine
//! ones from the samples where they are looked at. [`Picture`] is the widget: it cuts what is in
//! view into tiles on a lattice of time and frequency, has threads paint them, hands a few a frame to
//! the graphics card and keeps the old ones on the screen until then. Gestures and overlays work in
//! seconds and hertz. [`render_image`] paints the same picture for a paper.

mod analyser;
mod decibel;
mod export;
mod export_text;
mod gestures;
mod input;
mod lattice;
mod outline;
mod overlay;
mod ownership;
mod painters;
mod preview;
mod pyramid;
mod ramp;
mod readout;
mod rows;
mod rulers;
mod strips;
mod style;
mod tile;
mod tiles;
mod view;
mod waveform;

pub use export::{ExportError, ImageSettings, render_image, write_png};
pub use input::{Highlight, PictureInput, PictureOutput, SelectionChange};
pub use ownership::Ownership;
pub use preview::Preview;
pub use pyramid::Pyramid;
pub use readout::Readout;
pub use style::{PictureTheme, Separated, Show, SourceLook};
pub use view::Picture;
pub use waveform::Waveform;
