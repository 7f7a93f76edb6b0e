//! Non-negative matrix factorization: matrices in, factors out.
//!
//! A magnitude spectrogram `V` (bins × frames) is written as `W·H`: the columns of `W` are the
//! spectral templates of the components, the rows of `H` say when and how strongly each one sounds.
//! [`factorize()`] lowers a [`Divergence`] by multiplicative updates, that of Kullback and Leibler
//! unless another is asked for; the kernels that do it in one pass over `V` are the private module
//! `kernel`. The room knows no audio, no files and no owner of threads: it runs on the current
//! rayon pool, and progress and cancel are one callback per iteration.
//!
//! # References
//! - D. D. Lee, H. S. Seung: Algorithms for non-negative matrix factorization. NIPS 2001.
//! - C. Févotte, J. Idier: Algorithms for nonnegative matrix factorization with the β-divergence.
//!   Neural Computation 23 (2011).
//! - T. Virtanen: Monaural sound source separation by nonnegative matrix factorization with temporal
//!   continuity and sparseness criteria. IEEE TASLP 15 (2007).
//! - P. O. Hoyer: Non-negative matrix factorization with sparseness constraints. JMLR 5 (2004).
//! - P. Smaragdis: Non-negative matrix factor deconvolution; extraction of multiple sound sources
//!   from monophonic inputs. ICA 2004.
//! - C. Boutsidis, E. Gallopoulos: SVD based initialization: a head start for nonnegative matrix
//!   factorization. Pattern Recognition 41 (2008).
//! - A. B. Owen, P. O. Perry: Bi-cross-validation of the SVD and the nonnegative matrix
//!   factorization. Annals of Applied Statistics 3 (2009).

mod anderson;
mod choice;
mod coarse;
mod convolutive;
mod divergence;
mod engine;
mod error;
mod factorize;
mod init;
mod kernel;
mod masked;
mod matrix;
mod mixing;
mod online;
mod parts;
mod relaxed;
mod run;
mod settings;
mod svd;
mod tensor;
mod ties;

pub(crate) use anderson::VALUES_HELD;
pub(crate) use choice::operations_to_choose;
pub use choice::{ComponentChoice, Evidence, MOST_CHOSEN, Report, choose_components};
pub use convolutive::{Convolutive, factorize_convolutive};
pub use divergence::Divergence;
pub use error::NmfError;
pub use factorize::{
    Factorization, Stopped, check_components, factorize, factorize_from, factorize_from_until,
    factorize_until,
};
pub use init::initial_factors;
pub use matrix::Matrix;
pub use online::BlockTemplates;
pub(crate) use parts::Parts;
pub use run::Step;
pub use settings::{Algorithm, Init, Measure, Settings, Stop};
pub use tensor::{
    Channels, TensorFactorization, TensorModel, TensorStep, factorize_tensor,
    factorize_tensor_from, with_activations_of,
};
