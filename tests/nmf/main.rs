//! Factorizations of matrices.

#![allow(clippy::unwrap_used)]

mod choice;
mod convolutive;
mod divergences;
mod online;
mod penalties;
mod properties;
mod references;
mod solvers;
mod support;
mod tensor;
