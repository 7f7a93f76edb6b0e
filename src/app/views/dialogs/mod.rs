//! What is laid over the window and wants an answer.

mod about;
mod confirm;
mod export;
mod frame;
mod help;
mod palette;
mod path;
mod waiting;

pub(in crate::app) use about::about;
pub(in crate::app) use confirm::{Answer, Confirm, confirm};
pub(in crate::app) use export::{ExportForm, Step, export, exporting};
pub(in crate::app) use help::help;
pub(in crate::app) use palette::{Choice, Palette, palette};
pub(in crate::app) use path::{PathEntry, path_entry};
pub(in crate::app) use waiting::waiting;
