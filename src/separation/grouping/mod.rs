//! From atoms to sources.
//!
//! Atoms of several factorizations (`pool`) are measured (`features`, `pairs`); a small model says
//! of each two how likely they belong together (`likeness`); clusterings (`clusters`) vote (`votes`), and
//! each cluster gets atoms of its own, fitted together (`refine`). `grouper` is the way from atoms to
//! groups, for atoms that were found in any way. `dendrogram` keeps the order in
//! which components join, `sources` makes sources of the groups and `words` names them; `noise` tells noise,
//! which only shows in several components together.

pub(super) mod clusters;
pub(super) mod dendrogram;
pub(super) mod features;
pub(super) mod grouper;
pub(super) mod likeness;
#[cfg(test)]
mod measures_tests;
mod noise;
mod pairs;
pub(super) mod pool;
pub(super) mod refine;
pub(super) mod sources;
mod turns;
pub(super) mod votes;
pub(super) mod words;
