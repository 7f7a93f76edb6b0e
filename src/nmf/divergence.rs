//! How far a model is from what it is a model of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::NmfError;

/// What a factorization lowers: the β-divergence between `V` and `WH`, summed over all values
/// (Févotte & Idier 2011, eq. 2.1),
///
/// ```text
/// d(v|y) = (vᵝ + (β − 1) yᵝ − β v yᵝ⁻¹) / (β (β − 1))
/// ```
///
/// A small β listens to quiet sounds as much as to loud ones, a large one to loud ones.
///
/// Below β = 1 values are compared by their quotient, and a 0 in `V` would count without bounds:
/// there, values below 10⁻⁵ of the mean of `V` (100 dB) count as that, in the updates and in the
/// curve.
///
/// ```
/// use partita::nmf::Divergence;
///
/// assert_eq!("is".parse(), Ok(Divergence::ItakuraSaito));
/// assert_eq!("0.5".parse(), Ok(Divergence::Beta(0.5)));
/// assert_eq!("2".parse(), Ok(Divergence::Euclidean));
/// assert!("3".parse::<Divergence>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Divergence {
    /// `v ln(v/y) − v + y` (β = 1): what suits magnitudes of music best.
    #[default]
    KullbackLeibler,
    /// `v/y − ln(v/y) − 1` (β = 0): a change of level does not change it.
    ItakuraSaito,
    /// `(v − y)² / 2` (β = 2).
    Euclidean,
    /// Any β from 0 to 2.
    Beta(f64),
}

impl Divergence {
    /// β, from 0 to 2 if the divergence is one.
    #[must_use]
    pub fn beta(self) -> f64 {
        match self {
            Self::ItakuraSaito => 0.0,
            Self::KullbackLeibler => 1.0,
            Self::Euclidean => 2.0,
            Self::Beta(beta) => beta,
        }
    }

    /// Whether it is that of Kullback and Leibler, by name or by β.
    #[must_use]
    pub fn is_kullback_leibler(self) -> bool {
        self.beta() == 1.0
    }

    /// Refuses a β outside of 0 to 2.
    ///
    /// # Errors
    /// [`NmfError::Beta`].
    pub fn check(self) -> Result<(), NmfError> {
        let beta = self.beta();
        if (0.0..=2.0).contains(&beta) {
            Ok(())
        } else {
            Err(NmfError::Beta { beta })
        }
    }
}

/// `kl`, `is`, `euclidean`, or β.
impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KullbackLeibler => f.write_str("kl"),
            Self::ItakuraSaito => f.write_str("is"),
            Self::Euclidean => f.write_str("euclidean"),
            Self::Beta(beta) => write!(f, "{beta}"),
        }
    }
}

/// Takes `kl`, `is`, `euclidean`, or β from 0 to 2; 0, 1 and 2 become the divergences with names.
impl FromStr for Divergence {
    type Err = NmfError;

    fn from_str(text: &str) -> Result<Self, NmfError> {
        let divergence = match text {
            "kl" => Self::KullbackLeibler,
            "is" => Self::ItakuraSaito,
            "euclidean" => Self::Euclidean,
            number => match number.parse().unwrap_or(f64::NAN) {
                0.0 => Self::ItakuraSaito,
                1.0 => Self::KullbackLeibler,
                2.0 => Self::Euclidean,
                beta => Self::Beta(beta),
            },
        };
        divergence.check()?;
        Ok(divergence)
    }
}
