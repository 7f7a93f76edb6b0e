//! The window itself: what it holds, how it is laid out, and how requests are carried out.

mod enabled;
mod error;
mod frames;
mod layout;
mod requests;
mod start;
mod sync;
mod window;
mod work;

pub use error::AppError;
pub use start::{Options, run};
pub use window::Window;
