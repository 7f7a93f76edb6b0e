//! How well a separation worked, measured against the true stems.
//!
//! [`si_sdr()`] is one projection on each true stem; [`BssEval`] allows the estimate to be filtered
//! as well and tells interference from artifacts, as versions 3 and 4 of the BSS Eval toolbox do.
//! Which estimate belongs to which reference is found by optimal assignment. Correlations and
//! filters go through blocks of one FFT size, so that memory does not grow with the length, and the
//! normal equations are factorised once for all estimates. Runs on the current rayon pool; the
//! result has the same bits for any number of threads.
//!
//! # References
//! - E. Vincent, R. Gribonval, C. Févotte: Performance measurement in blind audio source
//!   separation. IEEE Trans. Audio, Speech, and Language Processing 14 (2006).
//! - J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey: SDR – half-baked or well done? ICASSP 2019.
//! - F.-R. Stöter, A. Liutkus, N. Ito: The 2018 signal separation evaluation campaign. LVA/ICA 2018.

mod bss_eval;
mod correlation;
mod energies;
mod error;
mod oracle;
mod products;
mod projection;
mod si_sdr;
mod stems;

pub use bss_eval::{BssEval, BssFrames, BssScore, BssSource};
pub use error::{EvaluationError, Property, Which};
pub use oracle::{OracleGroups, oracle_groups};
pub use si_sdr::{LEAST_SI_SDR, MOST_SI_SDR, SiSdr, SiSdrSource, si_sdr};
