//! How well components could be grouped by one who knows the true stems.

use super::products::{Among, Products};
use super::si_sdr::of_mixture;
use super::{EvaluationError, LEAST_SI_SDR, SiSdr, SiSdrSource, stems};
use crate::audio::AudioBuffer;

/// Rounds of single moves at most.
const SWEEPS: usize = 4;
/// Less than this gain in dB moves nothing.
const LEAST_GAIN: f64 = 1e-6;

/// Estimates grouped by the references, and what that scores.
#[derive(Clone, Debug, PartialEq)]
pub struct OracleGroups {
    /// The reference that each estimate was added to.
    pub reference_of: Vec<usize>,
    /// SI-SDR of the sums. `estimate` is `None` throughout: each is a sum of several.
    pub scores: SiSdr,
}

/// Adds every estimate to the reference that it helps: a bound of what grouping can reach.
///
/// Each begins with the reference that it is most correlated with; then single moves, those of the
/// loudest first, are made while they raise the sum of SI-SDR.
///
/// # Errors
/// As [`si_sdr()`](super::si_sdr()).
pub fn oracle_groups(
    references: &[AudioBuffer],
    estimates: &[AudioBuffer],
    mixture: Option<&AudioBuffer>,
) -> Result<OracleGroups, EvaluationError> {
    stems::check(references, estimates, mixture)?;
    let products = Products::new(references, estimates, Among::All);
    let reference_of = group(&products, estimates.len());
    let mixed = of_mixture(references, mixture);
    let sources = (0..references.len())
        .map(|reference| SiSdrSource {
            estimate: None,
            si_sdr: products.si_sdr(&members(&reference_of, reference), reference),
            mixture: mixed.as_ref().map(|mixed| mixed[reference]),
        })
        .collect();
    Ok(OracleGroups {
        reference_of,
        scores: SiSdr { sources },
    })
}

fn members(reference_of: &[usize], reference: usize) -> Vec<usize> {
    (0..reference_of.len())
        .filter(|&estimate| reference_of[estimate] == reference)
        .collect()
}

fn group(products: &Products, estimates: usize) -> Vec<usize> {
    let references = products.references();
    let likeness = |estimate: usize, reference: usize| {
        let energy = products.reference_energy(reference);
        products.across(estimate, reference) / energy.max(f64::MIN_POSITIVE).sqrt()
    };
    let mut reference_of: Vec<usize> = (0..estimates)
        .map(|estimate| {
            let better = |best, other| {
                if likeness(estimate, other) > likeness(estimate, best) {
                    other
                } else {
                    best
                }
            };
            (1..references).fold(0, better)
        })
        .collect();
    // A silent reference scores the same whatever is added to it.
    let score = |reference_of: &[usize], reference: usize| {
        let score = products.si_sdr(&members(reference_of, reference), reference);
        if score.is_nan() { LEAST_SI_SDR } else { score }
    };
    let mut loudest: Vec<usize> = (0..estimates).collect();
    loudest.sort_by(|&a, &b| products.energy(b).total_cmp(&products.energy(a)));
    for _ in 0..SWEEPS {
        let mut moved = false;
        for &estimate in &loudest {
            let from = reference_of[estimate];
            let scores: Vec<f64> = (0..references).map(|r| score(&reference_of, r)).collect();
            let (mut best, mut gain) = (from, LEAST_GAIN);
            for to in (0..references).filter(|&to| to != from) {
                reference_of[estimate] = to;
                let now = score(&reference_of, from) + score(&reference_of, to);
                if now - scores[from] - scores[to] > gain {
                    (best, gain) = (to, now - scores[from] - scores[to]);
                }
            }
            reference_of[estimate] = best;
            moved |= best != from;
        }
        if !moved {
            break;
        }
    }
    reference_of
}
