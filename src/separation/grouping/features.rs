//! What is measured of an atom to tell which atoms belong together.

use std::f64::consts::PI;

use crate::nmf::Matrix;
use crate::separation::component::{percussiveness, rises, tonality};
use crate::spectral::Axes;

/// How energy counts in the grouping: its power.
pub(super) const LOUDNESS: f64 = 0.35;
/// Mel bands of the timbre, and where they lie.
const BANDS: usize = 40;
const BANDS_HZ: (f64, f64) = (40.0, 16_000.0);
/// Bands this far below the loudest count as silent.
const BAND_FLOOR: f64 = 1e-4;
/// Cepstral coefficients, the mean left out.
const CEPSTRUM: usize = 13;
/// An onset is felt over a few frames.
const ONSET_SHAPE: [f64; 5] = [0.25, 0.5, 1.0, 0.5, 0.25];
/// Seconds over which the slow envelope is taken.
const SLOW: f64 = 1.045;

/// Features of one atom; vectors over time are centred and have norm 1, so that their products
/// are correlations.
#[derive(Clone, Debug)]
pub(in crate::separation) struct Atom {
    /// Energy, in any unit.
    pub energy: f64,
    /// Shares of the channels, summing to 1.
    pub gains: Vec<f64>,
    /// Square root of the template with unit sum.
    pub spectrum: Vec<f32>,
    /// Logarithmic mel spectrum, centred, norm 1.
    pub mel: Vec<f64>,
    pub cepstrum: Vec<f64>,
    /// Octaves of centroid and spread, tonality, percussiveness, flatness, crest, each scaled to
    /// a like range.
    pub facts: [f64; 6],
    pub tonality: f64,
    pub percussiveness: f64,
    pub peak_hz: f64,
    pub activation: Vec<f32>,
    pub onsets: Vec<f32>,
    pub slow: Vec<f32>,
}

/// Measures the atoms of `W` (bins × atoms), `H` (atoms × frames) and `G` (channels × atoms).
pub(in crate::separation) fn measure(
    templates: &Matrix,
    activations: &Matrix,
    gains: &Matrix,
    axes: Axes,
    click: f64,
) -> Vec<Atom> {
    let bank = mel_bank(templates.rows(), axes);
    let slow = hann((SLOW * axes.frame(1.0)).round().max(3.0) as usize);
    (0..templates.cols())
        .map(|k| {
            let h: Vec<f32> = activations.row(k).collect();
            atom(
                templates.column(k),
                &h,
                gains.column(k),
                &bank,
                &slow,
                axes,
                click,
            )
        })
        .collect()
}

fn atom(
    template: &[f32],
    activation: &[f32],
    gains: &[f32],
    bank: &[Vec<(usize, f64)>],
    slow: &[f64],
    axes: Axes,
    click: f64,
) -> Atom {
    let sum: f64 = template
        .iter()
        .map(|&x| f64::from(x))
        .sum::<f64>()
        .max(1e-30);
    let bands: Vec<f64> = bank
        .iter()
        .map(|band| band.iter().map(|&(f, b)| b * f64::from(template[f])).sum())
        .collect();
    let loudest = bands.iter().copied().fold(1e-30, f64::max);
    let mel: Vec<f64> = bands
        .iter()
        .map(|x| (x + BAND_FLOOR * loudest).log10())
        .collect();
    let cepstrum = cepstrum(&mel);
    let hz = |f: usize| axes.hz(f as f64);
    let mean = |value: &dyn Fn(usize) -> f64| -> f64 {
        let moment: f64 = template
            .iter()
            .enumerate()
            .map(|(f, &x)| value(f) * f64::from(x))
            .sum();
        moment / sum
    };
    let centroid = mean(&hz);
    let spread = mean(&|f| (hz(f) - centroid).powi(2)).sqrt();
    let largest = template.iter().copied().fold(0.0_f32, f32::max);
    let floor = 1e-9 * f64::from(largest) + 1e-37;
    let bins = template.len() as f64;
    let logs: f64 = template.iter().map(|&x| (f64::from(x) + floor).ln()).sum();
    let flatness = (logs / bins).exp() / (sum / bins);
    let total: f64 = activation.iter().map(|&x| f64::from(x)).sum();
    let peak = f64::from(activation.iter().copied().fold(0.0_f32, f32::max));
    let crest = peak / (total / activation.len().max(1) as f64).max(1e-9);
    let (tonality, percussiveness) = (tonality(template), percussiveness(activation, click));
    let strongest = (2..template.len())
        .max_by(|&a, &b| template[a].total_cmp(&template[b]).then(b.cmp(&a)))
        .unwrap_or(0);
    let roots: Vec<f64> = activation
        .iter()
        .map(|&x| (f64::from(x) / peak.max(1e-9)).sqrt())
        .collect();
    let rises: Vec<f64> = rises(activation).map(|x| f64::from(x).sqrt()).collect();
    let plain: Vec<f64> = activation.iter().map(|&x| f64::from(x)).collect();
    let envelope: Vec<f64> = smooth(&plain, slow).iter().map(|x| x.sqrt()).collect();
    let share: f64 = gains.iter().map(|&x| f64::from(x)).sum::<f64>().max(1e-30);
    let squares = |values: &[f32]| values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
    Atom {
        energy: squares(template) * squares(activation) * squares(gains),
        gains: gains.iter().map(|&x| f64::from(x) / share).collect(),
        spectrum: template
            .iter()
            .map(|&x| (f64::from(x) / sum).sqrt() as f32)
            .collect(),
        mel: unit(mel),
        cepstrum,
        facts: [
            (centroid + 50.0).log2(),
            (spread + 50.0).log2(),
            3.0 * tonality,
            3.0 * percussiveness,
            (flatness + 1e-3).ln() / 2.0,
            crest.max(1e-9).ln() / 1.5,
        ],
        tonality,
        percussiveness,
        peak_hz: hz(strongest).max(20.0),
        activation: narrow(unit(roots)),
        onsets: narrow(unit(smooth(&rises, &ONSET_SHAPE))),
        slow: narrow(unit(envelope)),
    }
}

/// Centred, with norm 1; 0 where nothing changes.
fn unit(mut values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    values.iter_mut().for_each(|x| *x -= mean);
    let norm = values.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-9);
    values.iter_mut().for_each(|x| *x /= norm);
    values
}

fn narrow(values: Vec<f64>) -> Vec<f32> {
    values.into_iter().map(|x| x as f32).collect()
}

/// The type II discrete cosine transform of `mel`, its first value left out.
fn cepstrum(mel: &[f64]) -> Vec<f64> {
    let n = mel.len() as f64;
    (1..=CEPSTRUM)
        .map(|q| {
            let turn = PI * q as f64 / n;
            let sum: f64 = (0u32..)
                .zip(mel)
                .map(|(i, x)| x * (turn * (f64::from(i) + 0.5)).cos())
                .sum();
            sum * (2.0 / n).sqrt()
        })
        .collect()
}

/// Convolution with `shape`, as long as `values`.
fn smooth(values: &[f64], shape: &[f64]) -> Vec<f64> {
    let before = shape.len() / 2;
    (0..values.len())
        .map(|n| {
            let first = before.saturating_sub(n);
            let from = (n + first) - before;
            values[from..]
                .iter()
                .zip(&shape[first..])
                .map(|(x, s)| x * s)
                .sum()
        })
        .collect()
}

/// A Hann window with unit sum.
fn hann(size: usize) -> Vec<f64> {
    let turn = 2.0 * PI / (size - 1) as f64;
    let window: Vec<f64> = (0..size)
        .map(|i| 0.5 - 0.5 * (turn * i as f64).cos())
        .collect();
    let sum: f64 = window.iter().sum();
    window.into_iter().map(|x| x / sum).collect()
}

/// Triangles of equal area, evenly spread on the mel scale: for each the bins and their weights.
fn mel_bank(bins: usize, axes: Axes) -> Vec<Vec<(usize, f64)>> {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let (low, high) = (
        mel(BANDS_HZ.0),
        mel(BANDS_HZ.1.min(axes.hz((bins - 1) as f64))),
    );
    let edge = |i: usize| {
        let at = low + (high - low) * i as f64 / (BANDS + 1) as f64;
        700.0 * (10f64.powf(at / 2595.0) - 1.0)
    };
    (0..BANDS)
        .map(|i| {
            let (a, b, c) = (edge(i), edge(i + 1), edge(i + 2));
            let weights: Vec<(usize, f64)> = (0..bins)
                .filter_map(|f| {
                    let hz = axes.hz(f as f64);
                    let x = ((hz - a) / (b - a)).min((c - hz) / (c - b));
                    (x > 0.0).then_some((f, x))
                })
                .collect();
            let sum: f64 = weights.iter().map(|w| w.1).sum();
            if sum < 0.5 {
                vec![((axes.bin(b).round() as usize).min(bins - 1), 1.0)]
            } else {
                weights.into_iter().map(|(f, x)| (f, x / sum)).collect()
            }
        })
        .collect()
}

/// How much each atom counts, by this power of its energy; the sum is 1.
pub(super) fn weights(atoms: &[Atom], power: f64) -> Vec<f64> {
    let powers: Vec<f64> = atoms.iter().map(|a| a.energy.powf(power)).collect();
    let sum: f64 = powers.iter().sum();
    let even = 1.0 / atoms.len().max(1) as f64;
    let share = |x: f64| if sum > 0.0 { x / sum } else { even };
    powers.into_iter().map(share).collect()
}
