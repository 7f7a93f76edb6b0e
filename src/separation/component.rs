//! What can be measured of a component.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::nmf::Factorization;
use crate::spectral::{Axes, Note, StftSettings, note_name};

/// Bins on either side whose median a bin must stand out of to count as a peak.
const NEIGHBOURS: usize = 12;
/// How far it must stand out.
const PEAK_RATIO: f32 = 2.0;
/// Partials below this are not heard.
pub(super) const LOWEST_HZ: f64 = 20.0;
/// A rise of the activation below this share of its maximum is no onset, nor is one to less than so
/// many times what was before.
const ONSET_SHARE: f32 = 0.1;
const ONSET_RATIO: f32 = 1.5;
/// Seconds on either side in which an onset is the steepest rise.
const ONSET_SPACING: f64 = 0.04;

/// Measured facts of a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// Σ W² · Σ H² of this component over the sum of that of all: its share of the energy, from 0
    /// to 1. The shares of all components add up to 1, or are all 0 for silence.
    pub energy_share: f64,
    /// Frequency of the strongest partial in Hz: the largest bin from 20 Hz on, where hearing
    /// begins, refined by a parabola through the logarithms of the three bins around it.
    pub peak_hz: f64,
    /// The note of that frequency; `None` below the first bin.
    pub note: Option<Note>,
    /// Centre of gravity of the template in Hz: Σ f·W / Σ W.
    pub centroid_hz: f64,
    /// Centre of its energy in Hz: the mean of the logarithm of frequency over the bins from 20 Hz
    /// on, weighted with W²; the centre of gravity where there is nothing.
    #[serde(default)]
    pub centre_hz: f64,
    /// Standard deviation of that logarithm, in octaves.
    #[serde(default)]
    pub spread_octaves: f64,
    /// Sharpness of the attacks, 0 to 1: all rises of the activation over its sum, relative to a
    /// click. 1 is a click as short as the window, near 0 a sound that stays.
    pub percussiveness: f64,
    /// Share of the template's energy in bins that stand out of their neighbourhood (by twice the
    /// median of the 24 bins around), 0 to 1: near 1 for partials, near 0 for noise.
    pub tonality: f64,
    /// Times at which the component sets in, in seconds from the start.
    pub onsets: Vec<f64>,
    /// How surely the component belongs to its source, 0 to 1: its likeness to that source as a
    /// share of its likeness to all, where each likeness is the mean over the components, louder
    /// ones counting more. 1 where there is one source; `None` where components were not grouped
    /// by likeness.
    #[serde(default)]
    pub confidence: Option<f64>,
    /// How well other factorizations found the component again, 0 to 1: the mean over them of the
    /// cosine between this component's part of the model, template times activation times gains,
    /// and that of the component of theirs it was matched with, one to one; of the atoms of sources,
    /// that of the one that is most like it in each run of the pool. `None` where there was one
    /// factorization, or one that ran on.
    #[serde(default)]
    pub stability: Option<f64>,
}

/// What all rises of a click's activation are, relative to its sum: it passes through the window, so
/// that its activation rises by the window's maximum, 1, and sums up to the window's sum over the hop.
pub(super) fn click(stft: StftSettings) -> f64 {
    let window = stft.window.coefficients(stft.size);
    stft.hop as f64 / window.into_iter().map(f64::from).sum::<f64>()
}

/// Measures all components of a factorization. `click` is that of its transform.
pub(super) fn measure(factors: &Factorization, axes: Axes, click: f64) -> Vec<Component> {
    let (w, h) = (&factors.templates, &factors.activations);
    let energies: Vec<f64> = (0..w.cols())
        .map(|k| squares(w.column(k).iter().copied()) * squares(h.row(k)))
        .collect();
    let total: f64 = energies.iter().sum();
    (0..w.cols())
        .map(|k| {
            let template = w.column(k);
            let activation: Vec<f32> = h.row(k).collect();
            let lowest = lowest(axes);
            let peak_hz = axes.hz(peak(template, lowest)).max(LOWEST_HZ);
            let centroid_hz = axes.hz(centroid(template));
            let (centre_hz, spread_octaves) =
                centre_and_spread(template, lowest, axes).unwrap_or((centroid_hz, 0.0));
            Component {
                energy_share: if total > 0.0 {
                    energies[k] / total
                } else {
                    0.0
                },
                peak_hz,
                note: note_name(peak_hz),
                centroid_hz,
                centre_hz,
                spread_octaves,
                percussiveness: percussiveness(&activation, click),
                tonality: tonality(template),
                onsets: onsets(&activation, axes),
                confidence: None,
                stability: None,
            }
        })
        .collect()
}

fn squares(values: impl Iterator<Item = f32>) -> f64 {
    values.map(|x| f64::from(x).powi(2)).sum()
}

/// Centre of gravity of a template, in bins.
pub(super) fn centroid(template: &[f32]) -> f64 {
    let sum: f64 = template.iter().map(|&x| f64::from(x)).sum();
    let moment: f64 = (0u32..)
        .zip(template)
        .map(|(f, &x)| f64::from(f) * f64::from(x))
        .sum();
    if sum > 0.0 { moment / sum } else { 0.0 }
}

/// The first bin that is heard.
pub(super) fn lowest(axes: Axes) -> usize {
    axes.bin(LOWEST_HZ).ceil() as usize
}

/// Mean in Hz and standard deviation in octaves of the logarithm of frequency, weighted with the
/// energy of the bins from `lowest` on.
pub(super) fn centre_and_spread(template: &[f32], lowest: usize, axes: Axes) -> Option<(f64, f64)> {
    let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
    // Bin 0 has no place on a logarithmic axis.
    for (f, &x) in template.iter().enumerate().skip(lowest.max(1)) {
        let octave = axes.hz(f as f64).log2();
        let energy = f64::from(x).powi(2);
        total += energy;
        first += energy * octave;
        second += energy * octave * octave;
    }
    if total <= 0.0 {
        return None;
    }
    let mean = first / total;
    let variance = (second / total - mean * mean).max(0.0);
    Some((mean.exp2(), variance.sqrt()))
}

/// The strongest partial from bin `from` on, in bins with a fraction.
fn peak(template: &[f32], from: usize) -> f64 {
    let top =
        (from..template.len()).max_by(|&a, &b| template[a].total_cmp(&template[b]).then(b.cmp(&a)));
    let top = top.unwrap_or(0);
    let level = |f: usize| f64::from(template[f].max(f32::MIN_POSITIVE)).ln();
    if top == 0 || top + 1 >= template.len() {
        return top as f64;
    }
    let (a, b, c) = (level(top - 1), level(top), level(top + 1));
    let curvature = a - 2.0 * b + c;
    let offset = if curvature < 0.0 {
        0.5 * (a - c) / curvature
    } else {
        0.0
    };
    top as f64 + offset.clamp(-0.5, 0.5)
}

/// Share of the energy of a template in bins that stand out of their neighbourhood, which ends where
/// the template does.
pub(super) fn tonality(template: &[f32]) -> f64 {
    standing_out(template, 0..template.len())
}

/// The same for a spectrum that goes on evenly beyond its ends, so that no slope of it stands out there.
pub(super) fn tonality_of_slope(spectrum: &[f32]) -> f64 {
    let [first, last] = [spectrum.first(), spectrum.last()].map(|end| end.copied().unwrap_or(0.0));
    let (before, after) = ([first; NEIGHBOURS], [last; NEIGHBOURS]);
    let continued = [before.as_slice(), spectrum, &after].concat();
    standing_out(&continued, NEIGHBOURS..NEIGHBOURS + spectrum.len())
}

/// Share of the energy of these bins in those that stand out of the [`NEIGHBOURS`] on either side.
fn standing_out(spectrum: &[f32], bins: Range<usize>) -> f64 {
    // The neighbourhood in order of size, so that its median is in the middle.
    let mut around: Vec<f32> = Vec::with_capacity(2 * NEIGHBOURS + 2);
    let place = |around: &[f32], x: f32| around.partition_point(|y| y.total_cmp(&x).is_lt());
    for &x in &spectrum[..NEIGHBOURS.min(spectrum.len())] {
        around.insert(place(&around, x), x);
    }
    let (mut outstanding, mut total) = (0.0, 0.0);
    for (f, &x) in spectrum.iter().enumerate() {
        if let Some(&next) = spectrum.get(f + NEIGHBOURS) {
            around.insert(place(&around, next), next);
        }
        if let Some(last) = f.checked_sub(NEIGHBOURS + 1) {
            around.remove(place(&around, spectrum[last]));
        }
        if bins.contains(&f) {
            let energy = f64::from(x).powi(2);
            total += energy;
            if x > PEAK_RATIO * around[around.len() / 2] {
                outstanding += energy;
            }
        }
    }
    if total > 0.0 {
        outstanding / total
    } else {
        0.0
    }
}

/// All rises over the sum, relative to `click`, what that is for a click.
pub(super) fn percussiveness(activation: &[f32], click: f64) -> f64 {
    let sum: f64 = activation.iter().map(|&x| f64::from(x)).sum();
    if sum <= 0.0 {
        return 0.0;
    }
    let rises: f64 = rises(activation).map(f64::from).sum();
    (rises / sum / click).min(1.0)
}

/// How much each value rises above the one before; the first above 0.
pub(super) fn rises(activation: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let before = std::iter::once(0.0).chain(activation.iter().copied());
    activation
        .iter()
        .zip(before)
        .map(|(&x, before)| (x - before).max(0.0))
}

fn onsets(activation: &[f32], axes: Axes) -> Vec<f64> {
    let loudest = activation.iter().copied().fold(0.0, f32::max);
    let rises: Vec<f32> = rises(activation).collect();
    let spacing = (axes.frame(ONSET_SPACING).ceil() as usize).max(1);
    let mut onsets = Vec::new();
    for (n, &rise) in rises.iter().enumerate() {
        let before = &rises[n.saturating_sub(spacing)..n];
        let after = &rises[n + 1..(n + 1 + spacing).min(rises.len())];
        let steepest = before.iter().all(|&r| r < rise) && after.iter().all(|&r| r <= rise);
        let around = n.saturating_sub(spacing)..(n + 1 + spacing).min(activation.len());
        let (quiet, loud) = activation[around]
            .iter()
            .fold((f32::INFINITY, 0.0_f32), |(low, high), &h| {
                (low.min(h), high.max(h))
            });
        let sets_in = rise > ONSET_SHARE * loudest && loud > ONSET_RATIO * quiet;
        if sets_in && steepest {
            onsets.push(axes.seconds(n as f64));
        }
    }
    onsets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectral::StftSettings;

    fn axes() -> Axes {
        Axes::new(StftSettings::default(), 44_100)
    }

    #[test]
    fn the_peak_lies_between_bins() {
        // A Hann-windowed sine half-way between two bins is almost a parabola in the logarithm.
        let template: Vec<f32> = (0..100)
            .map(|f| (-((f as f32 - 40.3).powi(2))).exp())
            .collect();
        assert!((peak(&template, 1) - 40.3).abs() < 0.01);
        assert_eq!(peak(&[1.0, 0.5, 0.0], 0), 0.0);
        assert_eq!(peak(&[1.0, 0.1, 0.2, 0.1], 1), 2.0);
        assert_eq!(peak(&[0.0; 4], 0), 0.0);
    }

    #[test]
    fn partials_are_tonal_and_noise_is_not() {
        let partials: Vec<f32> = (0..1025)
            .map(|f| if f % 20 == 10 { 1.0 } else { 0.01 })
            .collect();
        let hiss: Vec<f32> = (0..1025)
            .map(|f| 1.0 + 0.3 * (f as f32 * 1.7).sin())
            .collect();
        assert!(tonality(&partials) > 0.95);
        assert!(tonality(&hiss) < 0.05);
        assert_eq!(tonality(&[0.0; 10]), 0.0);
    }

    #[test]
    fn a_slope_does_not_stand_out_at_its_end() {
        let slope: Vec<f32> = (0u16..1025).map(|f| 1.0 / f32::from(f + 1)).collect();
        assert!(tonality(&slope) > 0.8);
        assert_eq!(tonality_of_slope(&slope), 0.0);
        let tone = |f: u16| {
            if f == 300 {
                9.0
            } else {
                1.0 / f32::from(f + 1)
            }
        };
        let tone: Vec<f32> = (0..1025).map(tone).collect();
        assert!(tonality_of_slope(&tone) > 0.9);
        assert_eq!(tonality_of_slope(&[]), 0.0);
    }

    #[test]
    fn tonality_is_told_by_the_median_of_each_neighbourhood() {
        for bins in [1, 5, 12, 13, 40, 257] {
            let value = |f: usize| ((f * 7919 + f * f * 31) % 101) as f32 / 10.0;
            let spectrum: Vec<f32> = (0..bins).map(value).collect();
            let (mut outstanding, mut total) = (0.0, 0.0);
            for (f, &x) in spectrum.iter().enumerate() {
                let to = (f + NEIGHBOURS + 1).min(bins);
                let mut around = spectrum[f.saturating_sub(NEIGHBOURS)..to].to_vec();
                around.sort_by(f32::total_cmp);
                let energy = f64::from(x).powi(2);
                total += energy;
                if x > PEAK_RATIO * around[around.len() / 2] {
                    outstanding += energy;
                }
            }
            let expected = if total > 0.0 {
                outstanding / total
            } else {
                0.0
            };
            assert!((tonality(&spectrum) - expected).abs() < 1e-12, "{bins}");
        }
    }

    #[test]
    fn clicks_are_percussive_and_a_drone_is_not() {
        let clicks: Vec<f32> = (0..400)
            .map(|n| [0.5, 1.0, 0.5, 0.0][n.min(n % 40).min(3)])
            .collect();
        let drone = vec![1.0; 400];
        assert!(percussiveness(&clicks, 0.5) > 0.9);
        assert!(percussiveness(&drone, 0.5) < 0.02);
        assert_eq!(percussiveness(&[0.0; 4], 0.5), 0.0);
    }

    #[test]
    fn onsets_are_where_notes_set_in() {
        let notes: Vec<f32> = (0..300)
            .map(|n| {
                if n < 50 {
                    0.0
                } else {
                    0.97f32.powi((n - 50) % 100)
                }
            })
            .collect();
        let found = onsets(&notes, axes());
        let expected = [50.0, 150.0, 250.0].map(|n| axes().seconds(n));
        assert_eq!(found, expected);
        assert!(onsets(&[0.0; 20], axes()).is_empty());
        // A tremolo sets in once.
        let tremolo = |n: u16| {
            if n < 50 {
                0.0
            } else {
                1.0 + 0.15 * (f32::from(n) * 0.8).sin()
            }
        };
        let tremolo: Vec<f32> = (0..300).map(tremolo).collect();
        assert_eq!(onsets(&tremolo, axes()).len(), 1);
    }
}
