//! WAV and its 64-bit relatives.
//!
//! The reader takes what people have: odd chunks anywhere, open or wrong sizes, cut files, all
//! sample formats. `chunks` finds the parts of a file, `format` understands the format chunk,
//! `samples` converts, `reader` hands out blocks; `header` and `writer` are the way back.
//!
//! Sources: Microsoft "Multiple channel audio data and WAVE files" (2001), EBU Tech 3306 (RF64),
//! EBU Tech 3285 (bext), ITU-R BS.2088 (BW64).

mod chunks;
mod fields;
mod format;
mod header;
mod metadata;
mod reader;
mod samples;
mod writer;

pub use header::{StemFormat, WavSpec};
pub use writer::WavWriter;

pub(super) use reader::{Opened, WavReader};
pub(super) use samples::silence_non_finite;
