//! What a project gives to other programs: stems, mixes, and its factors as tables.
//!
//! [`export_plan`] says which files there will be and what is heard in each, [`export_files`] what
//! they will be called, and [`export`] writes them. Stems are as they are in the recording, so
//! that those of all sources, or of all atoms, add up to it; mixes are as they are heard.

mod mixdown;
mod naming;
mod plan;
mod run;
mod tables;

pub use naming::{DEFAULT_TEMPLATE, expand, file_names, safe_name};
pub use plan::{ExportPlan, PlannedStem, What, export_plan};
pub use run::{ExportRequest, Exported, export, export_files};
pub use tables::{Factor, write_csv, write_npy};
