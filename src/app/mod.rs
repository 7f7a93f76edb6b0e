//! The window.

pub mod axes;
pub mod picture;
