//! What the user works on, how it changes, and where it is kept.
//!
//! A [`Project`] is a small immutable value: the recording it is about, the settings, the
//! separation with its factors behind an `Arc`, and the rows of the mixer, [`Source`]s and their
//! [`Atom`]s. Every change is an [`Edit`] with a name; applying one makes a new project and leaves
//! the old one as it was, so that [`History`] is a list of projects, and undo is a step back in
//! it. What is heard of a project at its mutes, solos and gains is [`Project::gains`].

mod apply;
mod autosave;
mod data;
mod edit;
mod error;
mod export;
mod facts;
mod file;
mod grouping;
mod hash;
mod history;
mod locate;
mod mix;
mod model;
mod recent;
mod recording;
mod rows;
mod unknown;

pub use autosave::{Autosave, Due, Recovery, Schedule, recoverable};
pub use data::SeparationData;
pub use edit::{Edit, Group, SortKey};
pub use error::ProjectError;
pub use export::{
    DEFAULT_TEMPLATE, ExportPlan, ExportRequest, Exported, Factor, PlannedStem, What, expand,
    export, export_files, export_plan, file_names, safe_name, write_csv, write_npy,
};
#[cfg(feature = "app")]
pub(crate) use file::replace;
pub use file::{Loaded, Member, SCHEMA, load, save};
pub use hash::hash_file;
pub use history::{DragId, History};
pub use locate::{Difference, Located, compare, locate};
pub use model::Project;
pub use recent::RecentFiles;
pub use recording::RecordingRef;
pub use rows::{Atom, Colour, MAX_GAIN_DB, MIN_GAIN_DB, Row, Source, SourceId, linear};
pub use unknown::Unknown;
