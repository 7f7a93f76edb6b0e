//! The peaks of a template that are worth a label.

use crate::spectral::{Axes, note_name};

/// Peaks below this share of the largest get no label.
const LEAST: f32 = 0.08;
/// Semitones between two peaks with labels.
const APART: f64 = 1.5;

/// A peak of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Peak {
    /// Its frequency in Hz, between bins.
    pub hz: f64,
    /// Its height.
    pub height: f32,
    /// Its note: "G#4".
    pub note: String,
}

/// The largest peaks of a template between two frequencies, the largest first.
pub(super) fn peaks(
    template: &[f32],
    axes: Axes,
    (low, high): (f64, f64),
    most: usize,
) -> Vec<Peak> {
    let top = template.iter().copied().fold(0.0, f32::max);
    let mut found: Vec<Peak> = template
        .windows(3)
        .enumerate()
        .filter(|(_, w)| w[1] > w[0] && w[1] >= w[2] && w[1] > LEAST * top)
        .filter_map(|(before, w)| {
            let hz = axes.hz((before + 1) as f64 + offset(w));
            let note = note_name(hz)?;
            (low..=high).contains(&hz).then(|| Peak {
                hz,
                height: w[1],
                note: note.pitch(),
            })
        })
        .collect();
    found.sort_by(|a, b| b.height.total_cmp(&a.height));
    let mut kept: Vec<Peak> = Vec::new();
    for peak in found {
        let far = |other: &Peak| 12.0 * (peak.hz / other.hz).log2().abs() >= APART;
        if kept.len() < most && kept.iter().all(far) {
            kept.push(peak);
        }
    }
    kept
}

/// How far the top of the parabola through the logarithms of three values is from the middle one.
fn offset(w: &[f32]) -> f64 {
    let [a, b, c] = [w[0], w[1], w[2]].map(|x| f64::from(x.max(1e-12)).ln());
    let bend = a - 2.0 * b + c;
    if bend < 0.0 {
        (0.5 * (a - c) / bend).clamp(-0.5, 0.5)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partials_are_named_the_largest_first_and_small_ones_are_left_out() {
        let axes = Axes {
            rate: 44_100,
            size: 4096,
            hop: 512,
        };
        let partial = |hz: f64, f: u32| (-((axes.hz(f64::from(f)) - hz) / 14.0).powi(2)).exp();
        let template: Vec<f32> = (0..2049)
            .map(|f| {
                (0.5 * partial(440.0, f) + partial(880.0, f) + 0.02 * partial(1320.0, f)) as f32
            })
            .collect();
        let found = peaks(&template, axes, (40.0, 16_000.0), 5);
        let notes: Vec<&str> = found.iter().map(|peak| peak.note.as_str()).collect();
        assert_eq!(notes, ["A5", "A4"]);
        assert!((found[0].hz - 880.0).abs() < 1.0);
    }
}
