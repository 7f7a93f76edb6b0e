//! Recordings in memory and on disk.
//!
//! [`RecordingReader`] opens any supported file and hands its samples out block by block;
//! [`read`] gathers them in an [`AudioBuffer`]. WAV in all its variants has a reader of its own,
//! the other formats come through symphonia. What had to be mended on the way is told as a list
//! of [`Repair`]s, never silently. [`WavWriter`] writes WAV, and RF64 beyond 4 GiB, so that a
//! file is either complete or not there.
//!
//! Integer samples of `b` bits are read as `code / 2^(b - 1)`. For 8, 16 and 24 bit this is exact
//! in `f32`, so the codes can be had back with a multiplication.
#![deny(clippy::indexing_slicing)]

mod buffer;
mod compressed;
mod error;
mod info;
mod reader;
mod repair;
mod sniff;
mod tags;
mod wav;

pub use buffer::AudioBuffer;
pub use error::AudioError;
pub use info::{Container, RecordingInfo, SampleFormat};
pub use reader::{PartRead, Recording, RecordingReader, read, read_watched};
pub use repair::Repair;
pub use wav::{StemFormat, WavSpec, WavWriter};

/// The most channels a recording may have.
pub const MAX_CHANNELS: u16 = 32;
