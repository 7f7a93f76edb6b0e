//! From recordings to stems.

mod batch;
mod models;
mod online;
mod sources;
mod stems;
