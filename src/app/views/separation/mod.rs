//! The panel on the right: `controls` says what the next separation is asked for, `panel` what it
//! will cost, and `progress` how it goes.

mod controls;
mod fields;
#[cfg(test)]
mod look_tests;
mod model;
mod panel;
mod progress;

pub(in crate::app) use panel::{Panel, Running, show};
