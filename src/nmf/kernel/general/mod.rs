//! Any β-divergence, in the blocks and chunks of the fused kernel.
//!
//! With `Y = WH` the multiplicative updates are (Févotte & Idier 2011, eq. 4.1 and table 2)
//!
//! ```text
//! H ← H · ((Wᵀ (V · Yᵝ⁻²)) / (Wᵀ Yᵝ⁻¹))ᵞ      W ← W · (((V · Yᵝ⁻²) Hᵀ) / (Yᵝ⁻¹ Hᵀ))ᵞ
//! ```
//!
//! where γ is 1/(2 − β) for β below 1 and 1 from 1 to 2, with which the divergence never rises.
//! The powers are a reciprocal for Itakura–Saito (β = 0). For the Euclidean distance (β = 2) the
//! denominators are `WᵀW·H` and `W·HHᵀ`, so that no model is formed unless the divergence is asked
//! for. Kullback–Leibler (β = 1) comes here only with what the fused kernel has not: penalties.
//!
//! All values are multiplied by a power of 2 that brings the mean of `V` near 1, which loses no
//! digit and keeps the powers in the range of 32 bit floats; the activations outside are in the
//! unit of `V`.

mod lanes;
mod pass;
mod penalties;
mod rule;
mod state;
mod templates;

pub(in crate::nmf) use state::General;
