//! The fused kernel: one exact alternating multiplicative update in one pass over `V`.
//!
//! For the Kullback–Leibler divergence the updates are (Lee & Seung 2001, eq. 6; Févotte & Idier
//! 2011, section 4)
//!
//! ```text
//! H ← H · (Wᵀ (V / WH)) / (Wᵀ 1)          W ← W · ((V / WH) Hᵀ) / (1 Hᵀ)
//! ```
//!
//! The activations of a frame depend on that frame alone. So for each block of a few frames the
//! kernel updates `H`, then forms `V/WH` with the new `H` at once and adds its share to the
//! numerator of `W`. `V` is read once from memory, `WH` and `V/WH` live in a scratch of a few
//! kilobytes, and nothing of the size of `V` is ever written.
//!
//! Templates keep the unit sum between passes, so `Wᵀ1` is 1 and the activations take the scale.
//!
//! Frames are dealt to a number of chunks that depends on the shape alone. Each chunk sums its own
//! numerator, and the sums are added in the order of the chunks: the same bits for any number of
//! threads.
//!
//! Other divergences, and penalties on the activations, have a kernel of the same form in `general`.

mod aligned;
mod elementary;
mod fused;
mod general;
mod ln;
mod packing;
mod pass;
mod prefetch;
mod tiles;
mod vectors;

pub(super) use elementary::{exp, ln, power};
pub(super) use fused::{Kernel, Part};
pub(super) use general::General;
pub(super) use vectors::Vectors;
