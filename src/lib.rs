#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod audio;
pub mod cli;
pub mod evaluation;
pub mod nmf;
pub mod project;
pub mod separation;
pub mod spectral;
