//! Settings that suit a kind of material.

pub(super) use crate::separation::Preset;
