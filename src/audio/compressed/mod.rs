//! FLAC, MP3, Ogg Vorbis, AAC, ALAC, AIFF and ADPCM through symphonia.
//!
//! `open` finds the track and its decoder, `describe` puts them into words, `reader` hands out
//! blocks and keeps count of frames. `view` and `mp4` help where symphonia leaves something out,
//! and `guard` turns what it reports, panics included, into errors of this room.

mod describe;
mod guard;
mod mp4;
mod open;
mod reader;
mod view;

pub(super) use reader::CompressedReader;
