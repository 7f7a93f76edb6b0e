//! FLAC, MP3, Ogg Vorbis, AAC, ALAC, AIFF and ADPCM through symphonia.
//!
//! `open` finds the track and its decoder, `reader` hands out blocks and keeps count of frames,
//! `view` and `mp4` help where symphonia leaves
//! something out, and `guard` turns what symphonia reports, panics included, into errors of this room.

mod guard;
mod mp4;
mod open;
mod reader;
mod view;

pub(super) use reader::CompressedReader;
