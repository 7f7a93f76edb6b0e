//! FLAC, MP3, Ogg Vorbis, AAC, ALAC, AIFF and ADPCM through symphonia.
//!
//! `open` finds the track and its decoder, `reader` hands out blocks and keeps count of frames,
//! `guard` turns what symphonia reports, panics included, into errors of this room.

mod guard;
mod open;
mod reader;

pub(super) use reader::CompressedReader;
