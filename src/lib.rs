#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

#[cfg(feature = "app")]
pub mod app;
mod assignment;
pub mod audio;
pub mod cli;
mod disk;
pub mod evaluation;
pub mod nmf;
#[cfg(feature = "playback")]
pub mod playback;
pub mod project;
pub mod separation;
pub mod spectral;
