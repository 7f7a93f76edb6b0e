//! The file `NAME.partita`: one zip that `numpy.load` opens as npz.
//!
//! | member | shape | what |
//! |---|---|---|
//! | `project.json` | | everything that is small: recording, settings, facts, rows, the view |
//! | `W.npy` | bins × components | the templates |
//! | `H.npy` | components × frames | the activations |
//! | `divergence.npy` | values | the divergence at the start and after each iteration |
//!
//! The last three are there when something has been separated. Members and fields that this
//! version does not know come back when the project is saved. [`save`] writes beside the old file
//! and puts the new one in its place in one step; [`load`] believes nothing that it reads.

mod atomic;
mod document;
mod load;
mod members;
mod npy;
mod save;

pub use load::{Loaded, load};
pub use members::Member;
pub use save::save;

pub(super) use atomic::read_limited;
pub(crate) use atomic::replace;
pub(super) use npy::write_matrix;
pub(super) use save::save_as_copy_of;

/// The schema that this version writes, and the newest that it reads.
pub const SCHEMA: u64 = 1;
