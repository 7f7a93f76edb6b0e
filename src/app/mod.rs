//! The window: what the user sees and does.
//!
//! [`run`] opens it. The window holds a [`History`](crate::project::History) of projects and a
//! view; the views draw both and return requests, and the window alone carries them out: edits go
//! through the history, and sound and picture follow whatever the project has become. All that is
//! done by name stands in one table, [`ENTRIES`]. Long work is done by jobs on threads of their
//! own.

mod actions;
pub mod axes;
mod icons;
mod jobs;
mod live_mix;
mod oklab;

mod palette;
pub mod picture;
mod request;
mod shell;
mod theme;
mod view;
mod views;
mod widgets;

pub use actions::{Action, ENTRIES, Entry, Menu, entry_of};
pub use jobs::{FileDialogs, Pick, Picked, SystemDialogs};
pub use shell::{AppError, Options, Window, run};
