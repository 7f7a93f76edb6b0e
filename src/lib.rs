//! Partita takes a recording apart into the sounds it is made of.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod audio;
pub mod cli;
pub mod nmf;
pub mod separation;
pub mod spectral;
