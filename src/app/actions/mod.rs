//! Everything that the user can do by name: the one table that feeds menus, shortcuts, tooltips,
//! the command palette and the tests.

mod action;
mod entry;
mod keys;
mod table;

pub use action::{Action, Menu};
pub use entry::Entry;
pub(in crate::app) use entry::with_reason;
pub(in crate::app) use keys::{pressed, pressed_beside_text, written};
pub use table::{ENTRIES, entry_of};
