//! The audio room: recordings good, odd and bad, read and written.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr
)]

mod compressed;
mod damaged;
mod fuzz;
mod peers;
mod support;
mod wav_chunks;
mod wav_refused;
mod wav_samples;
mod wav_sizes;
mod writer;
