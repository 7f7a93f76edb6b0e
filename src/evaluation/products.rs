//! Inner products between stems: all that SI-SDR of any grouping needs.

use std::array::from_fn;

use rayon::prelude::*;

use super::{LEAST_SI_SDR, MOST_SI_SDR};
use crate::audio::AudioBuffer;

/// Energies below this count as silence: -120 dB of one full-scale sample.
const SILENCE: f64 = 1e-12;

/// Inner products of stems, all channels taken as one long signal.
pub(super) struct Products {
    estimates: usize,
    references: usize,
    /// `⟨e, s⟩`, estimate after estimate.
    across: Vec<f64>,
    /// `⟨e, e'⟩`, estimate after estimate; only those with themselves where no more was asked for.
    among: Vec<f64>,
    /// `‖s‖²` of each reference.
    energies: Vec<f64>,
}

/// Which products among the estimates are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    /// Each with itself.
    Energies,
    /// Each with each: what sums of estimates need.
    All,
}

impl Products {
    pub fn new(references: &[AudioBuffer], estimates: &[AudioBuffer], among: Among) -> Self {
        let (m, j) = (estimates.len(), references.len());
        let across = (0..m * j)
            .into_par_iter()
            .map(|i| inner(&estimates[i / j], &references[i % j]))
            .collect();
        let mut products: Vec<f64> = (0..m * m)
            .into_par_iter()
            .map(|i| {
                let (a, b) = (i / m, i % m);
                if a == b || (among == Among::All && a < b) {
                    inner(&estimates[a], &estimates[b])
                } else {
                    0.0
                }
            })
            .collect();
        for a in 0..m {
            for b in 0..a {
                products[a * m + b] = products[b * m + a];
            }
        }
        Self {
            estimates: m,
            references: j,
            across,
            among: products,
            energies: references.par_iter().map(|s| inner(s, s)).collect(),
        }
    }

    /// Number of references.
    pub fn references(&self) -> usize {
        self.references
    }

    /// `‖s‖²` of a reference.
    pub fn reference_energy(&self, reference: usize) -> f64 {
        self.energies[reference]
    }

    /// `‖e‖²` of an estimate.
    pub fn energy(&self, estimate: usize) -> f64 {
        self.among[estimate * self.estimates + estimate]
    }

    /// `⟨e, s⟩`.
    pub fn across(&self, estimate: usize, reference: usize) -> f64 {
        self.across[estimate * self.references + reference]
    }

    /// SI-SDR in dB of the sum of these estimates; NaN for a silent reference.
    pub fn si_sdr(&self, estimates: &[usize], reference: usize) -> f64 {
        let dot = estimates.iter().map(|&e| self.across(e, reference)).sum();
        let energy = match *estimates {
            [one] => self.energy(one),
            _ => estimates
                .iter()
                .flat_map(|&a| estimates.iter().map(move |&b| (a, b)))
                .map(|(a, b)| self.among[a * self.estimates + b])
                .sum(),
        };
        si_sdr_of(dot, energy, self.energies[reference])
    }
}

/// SI-SDR in dB from `⟨e, s⟩`, `‖e‖²` and `‖s‖²`, within its limits; NaN for a silent reference.
fn si_sdr_of(dot: f64, estimate: f64, reference: f64) -> f64 {
    if reference == 0.0 {
        return f64::NAN;
    }
    if estimate <= SILENCE || dot <= 0.0 {
        return LEAST_SI_SDR;
    }
    let target = dot * dot / reference;
    let rest = (estimate - target).max(f64::MIN_POSITIVE);
    (10.0 * (target / rest).log10()).clamp(LEAST_SI_SDR, MOST_SI_SDR)
}

fn inner(a: &AudioBuffer, b: &AudioBuffer) -> f64 {
    let channels = a.channels().iter().zip(b.channels());
    channels.map(|(a, b)| dot(a, b)).sum()
}

/// In eight sums side by side, which the processor adds at once.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
        let (mut x, mut y) = ([0.0; LANES], [0.0; LANES]);
        x[..a.len()].copy_from_slice(a);
        y[..b.len()].copy_from_slice(b);
        sums = from_fn(|i| sums[i] + f64::from(x[i]) * f64::from(y[i]));
    }
    sums.iter().sum()
}
