//! The window itself: what it holds, how it is laid out, and how requests are carried out.

mod diagnostics;
mod enabled;
mod error;
mod exports;
mod frames;
mod keep;
mod layout;
mod leaving;
mod opening;
mod picking;
mod picture;
mod remembered;
mod requests;
mod start;
mod sync;
mod unsaved;
mod window;
mod work;

#[cfg(test)]
mod keep_tests;
#[cfg(test)]
mod look_tests;

pub use error::AppError;
pub use start::{Options, run};
pub use window::Window;
