//! How the channels of a recording come to the outputs of a device.

use std::f32::consts::FRAC_1_SQRT_2;

/// +120 dB of full scale.
const LOUDEST: f32 = 1e6;

/// A gain from each channel of the recording to each output.
///
/// - As many channels as outputs: each to its own, unchanged.
/// - One channel: to every output.
/// - One output: the mean of all channels.
/// - 5.1 and 7.1 (six and eight channels in the order of WAV files) to two outputs: centre and
///   surround at -3 dB as in ITU-R BS.775, without the bass channel, all divided by the sum of
///   the gains so that nothing clips.
/// - More channels than outputs otherwise: channel `i` to output `i mod outputs`, each output
///   the mean of what comes to it.
/// - Fewer channels than outputs: each to its own, the other outputs are silent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Routing {
    /// For each output, the channels it is made of and their gains.
    outputs: Vec<Vec<(usize, f32)>>,
}

impl Routing {
    pub fn new(channels: usize, outputs: usize) -> Self {
        let own = |output: usize| match output < channels {
            true => vec![(output, 1.0)],
            false => Vec::new(),
        };
        let outputs = match (channels, outputs) {
            (6 | 8, 2) => (0..2).map(|side| surround(channels, side)).collect(),
            (1, _) => vec![vec![(0, 1.0)]; outputs],
            _ if channels > outputs => (0..outputs)
                .map(|output| mean((output..channels).step_by(outputs)))
                .collect(),
            _ => (0..outputs).map(own).collect(),
        };
        Self { outputs }
    }

    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Writes `out` (interleaved outputs) from channels of as many frames, each sample times
    /// `gain`.
    pub fn interleave(&self, channels: &[Vec<f32>], gain: f32, out: &mut [f32]) {
        for (place, frame) in out.chunks_exact_mut(self.outputs()).enumerate() {
            for (sample, sources) in frame.iter_mut().zip(&self.outputs) {
                let sum = match sources.as_slice() {
                    // Without a product and a sum: a -0.0 stays what it is.
                    [(channel, 1.0)] => at(channels, *channel, place),
                    _ => sources.iter().fold(0.0, |sum, (channel, share)| {
                        sum + at(channels, *channel, place) * share
                    }),
                };
                *sample = finite(sum * gain);
            }
        }
    }
}

/// Samples of a recording may be anything; what goes to a device, and into sums, may not.
fn finite(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-LOUDEST, LOUDEST)
    } else {
        0.0
    }
}

fn at(channels: &[Vec<f32>], channel: usize, place: usize) -> f32 {
    let samples = channels.get(channel);
    samples.and_then(|x| x.get(place)).copied().unwrap_or(0.0)
}

fn mean(channels: impl ExactSizeIterator<Item = usize>) -> Vec<(usize, f32)> {
    let share = 1.0 / channels.len() as f32;
    channels.map(|channel| (channel, share)).collect()
}

/// Left, right, centre, bass, then pairs of surround channels.
fn surround(channels: usize, side: usize) -> Vec<(usize, f32)> {
    let behind = (4 + side..channels).step_by(2);
    let mut gains = vec![(side, 1.0), (2, FRAC_1_SQRT_2)];
    gains.extend(behind.map(|channel| (channel, FRAC_1_SQRT_2)));
    let sum: f32 = gains.iter().map(|(_, gain)| gain).sum();
    gains.iter_mut().for_each(|(_, gain)| *gain /= sum);
    gains
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(channels: usize, outputs: usize) -> Vec<f32> {
        let channels: Vec<Vec<f32>> = (0..channels).map(|c| vec![(1 << c) as f32]).collect();
        let mut out = vec![9.0; outputs];
        Routing::new(channels.len(), outputs).interleave(&channels, 1.0, &mut out);
        out
    }

    #[test]
    fn every_channel_has_an_output_and_none_is_louder_than_its_sources() {
        assert_eq!(heard(2, 2), [1.0, 2.0]);
        assert_eq!(heard(1, 2), [1.0, 1.0]);
        assert_eq!(heard(1, 4), [1.0; 4]);
        assert_eq!(heard(2, 1), [1.5]);
        assert_eq!(heard(2, 4), [1.0, 2.0, 0.0, 0.0]);
        assert_eq!(heard(4, 2), [2.5, 5.0]);
        for channels in 1..=32 {
            for outputs in 1..=8 {
                for gains in Routing::new(channels, outputs).outputs {
                    let sum: f32 = gains.iter().map(|(_, gain)| gain).sum();
                    assert!(sum <= 1.0 + 1e-6, "{channels} to {outputs}: {sum}");
                }
            }
        }
    }

    #[test]
    fn surround_keeps_its_sides_and_puts_the_centre_between_them() {
        let only = |loud: usize| {
            let channels: Vec<Vec<f32>> = (0..6).map(|c| vec![f32::from(c == loud)]).collect();
            let mut out = [0.0; 2];
            Routing::new(6, 2).interleave(&channels, 1.0, &mut out);
            out
        };
        let [left, centre, bass, behind] = [only(0), only(2), only(3), only(5)];
        assert!(left[0] > 0.4 && left[1] == 0.0);
        assert!(centre[0] == centre[1] && centre[0] > 0.25);
        assert_eq!(bass, [0.0, 0.0]);
        assert!(behind[0] == 0.0 && behind[1] == centre[1]);
    }
}
