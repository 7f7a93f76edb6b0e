//! What is heard: the mixer and its ring without a device, and real playback into a server that
//! records what it is given.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr
)]

mod mixing;
mod server;
mod sounding;
mod splicing;
mod support;
mod wandering;

#[cfg(debug_assertions)]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;
