//! What is measured of two atoms to tell whether one instrument made both.

use super::features::Atom;

/// Names of the measures, in their order; the pair model is fitted on them.
pub(in crate::separation) const NAMES: [&str; 39] = [
    "pan",
    "pan_far",
    "pan_near",
    "pan_rel",
    "pan_sd",
    "pan_near_sd",
    "timbre",
    "timbre_near",
    "tilt",
    "mel_corr",
    "overlap",
    "d_centroid",
    "d_spread",
    "d_ton",
    "d_perc",
    "d_flat",
    "d_crest",
    "both_ton",
    "both_perc",
    "both_noise",
    "perc_x_ton",
    "act",
    "ons",
    "slow",
    "dup",
    "act_ton",
    "ons_ton",
    "ons_perc",
    "act_perc",
    "timbre_ton",
    "timbre_noise",
    "dcent_ton",
    "dcent_noise",
    "d_peak",
    "harm",
    "one_low",
    "low_act",
    "timbre_mono",
    "ons_mono",
];

/// Peaks below this frequency are called low.
const LOW_HZ: f64 = 150.0;

/// How the atoms lie between the channels.
#[derive(Clone, Debug)]
pub(in crate::separation) struct Positions {
    /// For each atom 0 (first channel) to 1 (last), or nothing in mono.
    angles: Option<Vec<f64>>,
    spread: f64,
}

impl Positions {
    /// Positions of atoms with these weights, whose sum is 1.
    pub(in crate::separation) fn of(atoms: &[Atom], weights: &[f64]) -> Self {
        let channels = atoms.first().map_or(1, |atom| atom.gains.len());
        if channels < 2 {
            return Self {
                angles: None,
                spread: 0.0,
            };
        }
        // With more than two channels, from the first half of them to the second.
        let angles: Vec<f64> = atoms
            .iter()
            .map(|atom| {
                let second: f64 = atom.gains[channels.div_ceil(2)..].iter().sum();
                let first: f64 = atom.gains[..channels / 2].iter().sum();
                second.atan2(first) / std::f64::consts::FRAC_PI_2
            })
            .collect();
        let mean: f64 = angles.iter().zip(weights).map(|(a, w)| a * w).sum();
        let variance: f64 = angles
            .iter()
            .zip(weights)
            .map(|(a, w)| w * (a - mean).powi(2))
            .sum();
        Self {
            angles: Some(angles),
            spread: variance.sqrt(),
        }
    }

    fn measures(&self, a: usize, b: usize) -> [f64; 6] {
        let Some(angles) = &self.angles else {
            return [0.0; 6];
        };
        let distance = (angles[a] - angles[b]).abs();
        let near = (-(distance / 0.03).powi(2)).exp();
        [
            (8.0 * distance).min(1.0),
            (3.0 * distance).min(1.0),
            near,
            (distance / (self.spread + 0.02)).min(3.0) / 3.0,
            (4.0 * self.spread).min(1.0),
            near * (6.0 * self.spread).min(1.0),
        ]
    }
}

/// The measures of the atoms `i` and `j`, in the order of [`NAMES`].
pub(in crate::separation) fn measures(
    atoms: &[Atom],
    positions: &Positions,
    i: usize,
    j: usize,
) -> [f32; NAMES.len()] {
    let (a, b) = (&atoms[i], &atoms[j]);
    let [pan, pan_far, pan_near, pan_rel, pan_sd, pan_near_sd] = positions.measures(i, j);
    let mono = if positions.angles.is_none() { 1.0 } else { 0.0 };
    let distance = |n: usize| {
        let pairs = a.cepstrum.iter().zip(&b.cepstrum).take(n);
        (pairs.map(|(x, y)| (x - y).powi(2)).sum::<f64>() / n as f64).sqrt()
    };
    let timbre = distance(a.cepstrum.len());
    let mel: f64 = a.mel.iter().zip(&b.mel).map(|(x, y)| x * y).sum();
    let overlap = dot(&a.spectrum, &b.spectrum);
    let facts: Vec<f64> = a
        .facts
        .iter()
        .zip(&b.facts)
        .map(|(x, y)| (x - y).abs().min(4.0))
        .collect();
    let tonal = a.tonality.min(b.tonality);
    let percussive = a.percussiveness.min(b.percussiveness);
    let noisy = (1.0 - a.tonality).min(1.0 - b.tonality);
    let crossed = (a.percussiveness * b.tonality).max(b.percussiveness * a.tonality);
    let act = dot(&a.activation, &b.activation);
    let ons = dot(&a.onsets, &b.onsets);
    let slow = dot(&a.slow, &b.slow);
    let octaves = (a.peak_hz / b.peak_hz).log2().abs();
    let ratio = 2f64.powf(octaves);
    let harmonic = if ratio < 9.0 {
        (-((ratio - ratio.round()) / 0.03).powi(2)).exp()
    } else {
        0.0
    };
    let one_low = if (a.peak_hz < LOW_HZ) == (b.peak_hz < LOW_HZ) {
        0.0
    } else {
        1.0
    };
    let near = (-(timbre / 0.25).powi(2)).exp();
    let (timbre, centroid) = (timbre.min(2.0), facts[0]);
    [
        pan,
        pan_far,
        pan_near,
        pan_rel,
        pan_sd,
        pan_near_sd,
        timbre,
        near,
        distance(4).min(3.0),
        mel,
        overlap,
        centroid,
        facts[1],
        facts[2],
        facts[3],
        facts[4],
        facts[5],
        tonal,
        percussive,
        noisy,
        crossed,
        act,
        ons,
        slow,
        overlap * act.max(0.0),
        act * tonal,
        ons * tonal,
        ons * percussive,
        act * percussive,
        timbre * tonal,
        timbre * noisy,
        centroid * tonal,
        centroid * noisy,
        octaves.min(4.0),
        harmonic,
        one_low,
        one_low * act,
        timbre * mono,
        ons * mono,
    ]
    .map(|x| x as f32)
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(&x, &y)| f64::from(x) * f64::from(y))
        .sum()
}
