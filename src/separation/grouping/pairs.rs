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

/// Atoms that are no further apart than this, in the mean, are all at one place: the channels are
/// the same.
const ONE_PLACE: f64 = 2e-3;

/// How the atoms lie between the channels.
#[derive(Clone, Debug)]
pub(in crate::separation) struct Positions {
    /// For each atom its gains in the channels with norm 1; nothing where all are at one place.
    directions: Option<Vec<Vec<f64>>>,
    spread: f64,
}

impl Positions {
    /// Positions of atoms with these weights, whose sum is 1.
    pub(in crate::separation) fn of(atoms: &[Atom], weights: &[f64]) -> Self {
        let directions: Vec<Vec<f64>> = atoms.iter().map(|atom| direction(&atom.gains)).collect();
        // The variance of places on a line, from their distances alone.
        let mut variance = 0.0;
        for (i, (a, x)) in directions.iter().zip(weights).enumerate() {
            for (b, y) in directions.iter().zip(weights).take(i) {
                variance += x * y * distance(a, b).powi(2);
            }
        }
        let spread = variance.sqrt();
        let apart = spread > ONE_PLACE;
        Self {
            directions: apart.then_some(directions),
            spread: if apart { spread } else { 0.0 },
        }
    }

    fn measures(&self, a: usize, b: usize) -> [f64; 6] {
        let Some(directions) = &self.directions else {
            return [0.0; 6];
        };
        let distance = distance(&directions[a], &directions[b]);
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

/// Gains with norm 1; those of silence are even.
fn direction(gains: &[f64]) -> Vec<f64> {
    let norm = gains.iter().map(|g| g * g).sum::<f64>().sqrt();
    let even = 1.0 / (gains.len().max(1) as f64).sqrt();
    let share = |g: &f64| if norm > 0.0 { g / norm } else { even };
    gains.iter().map(share).collect()
}

/// The angle between two directions, 1 for a right angle: that between two channels is the
/// difference of their places on the line from the one to the other.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let norm = |sign: f64| -> f64 {
        let squares = a.iter().zip(b).map(|(x, y)| (x + sign * y).powi(2));
        squares.sum::<f64>().sqrt()
    };
    2.0 * norm(-1.0).atan2(norm(1.0)) / std::f64::consts::FRAC_PI_2
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
    let mono = if positions.directions.is_none() {
        1.0
    } else {
        0.0
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_channels_distance_is_the_difference_of_the_places() {
        for (a, b) in [(0.0, 1.0), (0.2, 0.25), (0.5, 0.5), (0.9, 0.1)] {
            let at = |place: f64| {
                let (sin, cos) = (place * std::f64::consts::FRAC_PI_2).sin_cos();
                direction(&[cos * 3.0, sin * 3.0])
            };
            let found = distance(&at(a), &at(b));
            assert!((found - (a - b).abs()).abs() < 1e-12, "{a} {b}: {found}");
        }
        assert_eq!(direction(&[0.0, 0.0]), direction(&[0.3, 0.3]));
    }

    #[test]
    fn front_left_and_front_right_are_not_one_place() {
        let at = |channel: usize| {
            let mut gains = [0.0; 6];
            gains[channel] = 1.0;
            direction(&gains)
        };
        assert!((distance(&at(0), &at(1)) - 1.0).abs() < 1e-12);
        assert!(distance(&at(2), &at(2)) < 1e-12);
    }
}
