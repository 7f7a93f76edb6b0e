//! The outline of a recording.

use rayon::prelude::*;

/// Pieces into which a recording is divided for its outline.
const PIECES: usize = 8192;
/// Samples that are compared at once.
const LANES: usize = 16;

/// Smallest and largest sample of each of up to 8192 pieces of a recording, over all channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Waveform {
    extremes: Vec<(f32, f32)>,
    peak: f32,
}

impl Waveform {
    /// The outline of channels of the same length.
    #[must_use]
    pub fn new(channels: &[Vec<f32>]) -> Self {
        let samples = channels.first().map_or(0, Vec::len);
        let pieces = samples.min(PIECES);
        let extremes: Vec<(f32, f32)> = (0..pieces)
            .into_par_iter()
            .map(|piece| {
                let (from, to) = (piece * samples / pieces, (piece + 1) * samples / pieces);
                channels
                    .iter()
                    .filter_map(|channel| channel.get(from..to))
                    .map(extremes)
                    .fold((0.0, 0.0), joined)
            })
            .collect();
        let peak = extremes
            .iter()
            .fold(0.0, |peak: f32, (low, high)| peak.max(-low).max(*high));
        Self { extremes, peak }
    }

    /// The largest magnitude of a sample.
    #[must_use]
    pub fn peak(&self) -> f32 {
        self.peak
    }

    /// Smallest (0 or less) and largest (0 or more) sample between two places, 0 being the
    /// beginning and 1 the end of the recording.
    #[must_use]
    pub fn extremes(&self, from: f64, to: f64) -> (f32, f32) {
        let count = self.extremes.len();
        let at = |place: f64| (place.clamp(0.0, 1.0) * count as f64) as usize;
        let first = at(from).min(count.saturating_sub(1));
        let last = at(to).max(first + 1).min(count);
        self.extremes
            .get(first..last)
            .unwrap_or_default()
            .iter()
            .copied()
            .fold((0.0, 0.0), joined)
    }
}

/// The smaller and the larger one of two pairs.
fn joined((low, high): (f32, f32), (other_low, other_high): (f32, f32)) -> (f32, f32) {
    (low.min(other_low), high.max(other_high))
}

/// Smallest (0 or less) and largest (0 or more) finite sample, by lanes that the compiler makes
/// vectors of.
fn extremes(samples: &[f32]) -> (f32, f32) {
    let (chunks, rest) = samples.as_chunks::<LANES>();
    let finite = |x: f32| if x.abs() < f32::INFINITY { x } else { 0.0 };
    let (mut low, mut high) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    for chunk in chunks {
        for ((low, high), &x) in low.iter_mut().zip(&mut high).zip(chunk) {
            let x = finite(x);
            *low = if x < *low { x } else { *low };
            *high = if x > *high { x } else { *high };
        }
    }
    let ends = rest.iter().map(|&x| (finite(x), finite(x)));
    low.into_iter()
        .zip(high)
        .chain(ends)
        .fold((0.0, 0.0), joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outline_touches_every_sample() {
        for length in [0, 1, 5, 8191, 8193, 100_000] {
            let left: Vec<f32> = (0..length).map(|t| (t as f32 * 0.37).sin()).collect();
            let right: Vec<f32> = left.iter().map(|x| x * -1.5).collect();
            let outline = Waveform::new(&[left.clone(), right]);
            let peak = left.iter().fold(0.0, |p: f32, x| p.max(x.abs())) * 1.5;
            assert_eq!(outline.peak(), peak, "{length}");
            let (low, high) = outline.extremes(0.0, 1.0);
            assert_eq!(high.max(-low), peak);
        }
    }

    #[test]
    fn a_click_is_found_at_its_place() {
        let mut samples = vec![0.0; 50_000];
        samples[30_000] = 0.8;
        let outline = Waveform::new(&[samples]);
        assert_eq!(outline.extremes(0.59, 0.61), (0.0, 0.8));
        assert_eq!(outline.extremes(0.1, 0.5), (0.0, 0.0));
        assert_eq!(outline.extremes(2.0, 3.0), (0.0, 0.0));
    }
}
