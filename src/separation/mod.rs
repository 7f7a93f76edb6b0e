//! From a recording to its components, their groups and the stems.
//!
//! [`separate`] runs the whole way: spectrogram, factorization, measured facts of each
//! component, and a first grouping into sources. [`Resynthesizer`] makes sound from the
//! recording and the factors at any gains, for listening; [`StemRenderer`] makes all stems at
//! once, and [`export_stems`] writes them. No stem is ever held as a whole. [`split`] finds a
//! harmonic and a percussive part instead of components.
//!
//! The contract of the room: the masks of all components add up to 1 in every bin, so the stems
//! add up to the recording; integer stems do so exactly, code by code ([`Quantizer`]).

mod advice;
mod blocks;
mod choice;
mod component;
mod effort;
mod error;
mod estimate;
mod export;
mod factors;
mod grouping;
mod groups;
mod magnitudes;
mod masks;
mod online;
mod output;
mod pipeline;
mod pooled;
mod presets;
mod progress;
mod quantize;
mod restarts;
mod resynthesizer;
mod settings;
mod split;
mod stability;
mod stems;
mod stream;

pub use advice::{Advice, advise, advise_stream};
pub use choice::choose_components;
pub use component::Component;
pub use error::SeparationError;
pub use estimate::{Estimate, estimate};
pub use export::{ExportSettings, StemFile, export_renderer};
pub use factors::Factors;
pub use grouping::dendrogram::{Dendrogram, Merge};
pub use grouping::sources::Source;
pub use grouping::words::{Character, Measured, Register, SourceFacts, suggested_names};
pub use groups::Groups;
pub use masks::Masks;
pub use online::{
    check_budget, check_online, chosen_model, export_stream, memory_budget, memory_by_blocks,
    separate_stream,
};
pub use output::StemFiles;
pub use pipeline::{Separation, Timings, export_stems, resume, separate};
pub use presets::{NOMINAL_RATE, Preset, at_rate};
pub use progress::{Cancel, Iteration, Outcome, Phase, Progress, Silent, Stage};
pub use quantize::Quantizer;
pub use resynthesizer::Resynthesizer;
pub use settings::{
    ComponentCount, DEFAULT_COMPONENTS, Ingredient, Model, Quality, SeparationSettings, SourceCount,
};
pub use split::split;
pub use stems::{StemBlock, StemRenderer, StemWorkspace};
pub use stream::RecordingStream;

pub use crate::nmf::{ComponentChoice, Evidence};
