//! Non-negative matrix factorization.

mod error;
mod matrix;

pub use error::NmfError;
pub use matrix::Matrix;
