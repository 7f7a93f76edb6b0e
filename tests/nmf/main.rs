//! Factorizations of matrices.

mod choice;
mod convolutive;
mod divergences;
mod online;
mod penalties;
mod properties;
mod references;
mod solvers;
mod tensor;
