//! The real binary, used as a user uses it.
//!
//! `recordings` needs `sox`, which adds the stems up independently of this project's own code.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod arguments;
mod cancelling;
mod evaluate;
mod failures;
mod info;
mod long;
mod models;
mod recordings;
mod results;
mod support;
mod terminal;
