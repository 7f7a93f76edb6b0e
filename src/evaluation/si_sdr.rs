//! SI-SDR with the best permutation, and its improvement over the mixture.

use super::products::{Among, Products};
use super::{EvaluationError, stems};
use crate::assignment::assign;
use crate::audio::AudioBuffer;

/// The lower limit of SI-SDR, in dB: what a stem without an estimate, or with a silent one, gets.
pub const LEAST_SI_SDR: f64 = -20.0;
/// The upper limit of SI-SDR, in dB: rounding to 16 bit leaves little beyond it.
pub const MOST_SI_SDR: f64 = 60.0;

/// SI-SDR of all true stems.
#[derive(Clone, Debug, PartialEq)]
pub struct SiSdr {
    /// One for each reference, in their order.
    pub sources: Vec<SiSdrSource>,
}

/// SI-SDR of one true stem.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SiSdrSource {
    /// The estimate that was matched with it, if any is left for it.
    pub estimate: Option<usize>,
    /// SI-SDR in dB, from [`LEAST_SI_SDR`] to [`MOST_SI_SDR`]; NaN for a silent reference, which
    /// has none.
    pub si_sdr: f64,
    /// SI-SDR in dB of the unprocessed mixture, where it was given.
    pub mixture: Option<f64>,
}

impl SiSdrSource {
    /// By how many dB the estimate is better than the mixture.
    #[must_use]
    pub fn improvement(&self) -> Option<f64> {
        Some(self.si_sdr - self.mixture?)
    }
}

impl SiSdr {
    /// The estimate of each reference.
    #[must_use]
    pub fn matching(&self) -> Vec<Option<usize>> {
        self.sources.iter().map(|source| source.estimate).collect()
    }
}

/// The scale-invariant signal-to-distortion ratio (Le Roux et al. 2019), `‖αs‖² / ‖e − αs‖²` with
/// `α = ⟨e, s⟩ / ‖s‖²`, one `α` for all channels, no mean taken away.
///
/// Estimates are matched with references one to one so that the sum is largest. Estimates beyond
/// the number of references are left unused; a reference without one gets [`LEAST_SI_SDR`].
///
/// ```
/// use partita::audio::AudioBuffer;
/// use partita::evaluation::si_sdr;
///
/// let stem = |samples: [f32; 4]| AudioBuffer::new(vec![samples.to_vec()], 44100);
/// let references = [stem([1.0, 1.0, 0.0, 0.0])?, stem([0.0, 0.0, 1.0, 1.0])?];
/// let estimates = [stem([0.0, 0.1, 0.5, 0.5])?, stem([1.0, 0.9, 0.0, 0.0])?];
/// let scores = si_sdr(&references, &estimates, None)?;
/// assert_eq!(scores.matching(), [Some(1), Some(0)]);
/// assert!((scores.sources[1].si_sdr - 17.0).abs() < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`EvaluationError::NoReferences`], [`EvaluationError::NoEstimates`], and
/// [`EvaluationError::Different`] where rates, channels or lengths do not agree.
pub fn si_sdr(
    references: &[AudioBuffer],
    estimates: &[AudioBuffer],
    mixture: Option<&AudioBuffer>,
) -> Result<SiSdr, EvaluationError> {
    stems::check(references, estimates, mixture)?;
    let products = Products::new(references, estimates, Among::Energies);
    let value = |reference: usize, estimate: usize| products.si_sdr(&[estimate], reference);
    // A silent reference takes part with no wish of its own, after all others.
    let matching = assign(references.len(), estimates.len(), |reference, estimate| {
        let value = value(reference, estimate);
        if value.is_nan() {
            2.0 * LEAST_SI_SDR
        } else {
            value
        }
    });
    let mixed = of_mixture(references, mixture);
    let sources = matching
        .into_iter()
        .enumerate()
        .map(|(reference, estimate)| SiSdrSource {
            estimate,
            si_sdr: match estimate {
                _ if products.reference_energy(reference) == 0.0 => f64::NAN,
                Some(estimate) => value(reference, estimate),
                None => LEAST_SI_SDR,
            },
            mixture: mixed.as_ref().map(|mixed| mixed[reference]),
        })
        .collect();
    Ok(SiSdr { sources })
}

/// SI-SDR of the mixture, taken as the estimate of every reference.
pub(super) fn of_mixture(
    references: &[AudioBuffer],
    mixture: Option<&AudioBuffer>,
) -> Option<Vec<f64>> {
    let mixture = std::slice::from_ref(mixture?);
    let products = Products::new(references, mixture, Among::Energies);
    let scores = (0..references.len()).map(|reference| products.si_sdr(&[0], reference));
    Some(scores.collect())
}
