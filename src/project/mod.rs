//! What the user works on, how it changes, and where it is kept.
//!
//! A [`Project`] is a small immutable value: the recording it is about, the settings, the
//! separation with its factors behind an `Arc`, and the rows of the mixer, [`Source`]s and their
//! [`Atom`]s. Every change is an [`Edit`] with a name; applying one makes a new project and leaves
//! the old one as it was, so that [`History`] is a list of projects, and undo is a step back in
//! it. What is heard of a project at its mutes, solos and gains is [`Project::gains`].

mod apply;
mod data;
mod edit;
mod error;
mod facts;
mod history;
mod mix;
mod model;
mod recording;
mod rows;
mod unknown;

pub use data::SeparationData;
pub use edit::{Edit, Group, SortKey};
pub use error::ProjectError;
pub use facts::{Character, Register, SourceFacts};
pub use history::{DragId, History};
pub use model::Project;
pub use recording::RecordingRef;
pub use rows::{Atom, Colour, MAX_GAIN_DB, MIN_GAIN_DB, Row, Source, SourceId, linear};
pub use unknown::Unknown;
