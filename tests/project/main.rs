//! The project: edits, undo, the file, crashes and exports, by behaviour.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod autosave;
mod damaged;
mod edits;
mod exports;
mod files;
mod history;
mod killed;
mod mixing;
mod support;
