//! The list on the left: the sources, each with its atoms under it, and what can be done to them.
//!
//! [`show`] draws only the rows in sight. `lines` says which rows there are and where, `list` goes
//! through them, `source_row`, `atom_row` and `live` draw one each. What a row looks like in small
//! is kept in [`Thumbnails`], made once for the factors at hand. `select`, `drag`, `carry`, `keys`, `menu`
//! and `gain` turn what the user does into a change of the view or into a request.

mod atom_row;
mod cache;
mod carry;
mod colour;
mod drag;
mod gain;
mod gain_field;
mod header;
mod input;
mod keys;
mod lines;
mod list;
mod live;
mod menu;
mod name;
mod pan;
mod parts;
mod select;
mod source_row;
mod sureness;
mod thumbnails;

#[cfg(all(test, feature = "kittest"))]
mod drag_tests;
#[cfg(all(test, feature = "kittest"))]
pub(in crate::app) mod fixture;
#[cfg(all(test, feature = "kittest"))]
mod look_tests;
#[cfg(all(test, feature = "kittest"))]
mod row_tests;

pub(in crate::app) use cache::Cache;
pub(in crate::app) use carry::{Way, carried, follow_edit};
pub(in crate::app) use colour::colour_of;
pub(in crate::app) use input::{Cut, Input, LiveRows};
pub(in crate::app) use list::show;
pub(in crate::app) use name::begin_renaming;
pub(in crate::app) use select::{selected_atoms, selected_sources};
pub(in crate::app) use sureness::sureness;
