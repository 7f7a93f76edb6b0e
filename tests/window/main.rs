//! The window as a user drives it, by what screen readers are told, with no display.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod asking;
mod exporting;
mod keeping;
mod looks;
mod support;
mod touring;
mod wandering;
