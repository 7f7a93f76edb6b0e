//! Blockwise transforms, and correlations over the lags of a distortion filter.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use realfft::num_complex::Complex64;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Taps of an allowed distortion filter, as in BSS Eval.
pub(super) const TAPS: usize = 512;
/// Size of the transforms: long against the taps, short enough for the cache.
pub(super) const FFT: usize = 8192;
/// Samples that one transform brings further.
pub(super) const BLOCK: usize = FFT - TAPS + 1;
/// Blocks in memory at a time.
const BATCH: usize = 8;

/// The transforms of one block.
#[derive(Clone)]
pub(super) struct Transform {
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
}

impl Transform {
    pub fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        Self {
            forward: planner.plan_fft_forward(FFT),
            inverse: planner.plan_fft_inverse(FFT),
        }
    }

    /// The spectrum of a block of at most [`FFT`] samples, padded with zeros at its end.
    pub fn spectrum(&self, samples: impl IntoIterator<Item = f64>) -> Vec<Complex64> {
        let mut block = self.forward.make_input_vec();
        for (to, from) in block.iter_mut().zip(samples) {
            *to = from;
        }
        let mut spectrum = self.forward.make_output_vec();
        // Fails for buffers of the wrong size alone.
        let _ = self.forward.process(&mut block, &mut spectrum);
        spectrum
    }

    /// The samples of a spectrum.
    pub fn samples(&self, mut spectrum: Vec<Complex64>) -> Vec<f64> {
        let mut block = self.inverse.make_output_vec();
        // Both are real in exact arithmetic; what rounding left there would be refused.
        for edge in [0, FFT / 2] {
            spectrum[edge].im = 0.0;
        }
        let _ = self.inverse.process(&mut spectrum, &mut block);
        for sample in &mut block {
            *sample /= FFT as f64;
        }
        block
    }
}

/// `signal` at `range`, which may begin before it and end behind it, with zeros there.
pub(super) fn padded(signal: &[f32], range: Range<isize>) -> impl Iterator<Item = f64> + '_ {
    range.map(|t| {
        let sample = usize::try_from(t).ok().and_then(|t| signal.get(t));
        sample.map_or(0.0, |&x| f64::from(x))
    })
}

/// `Σ_t a(t) b(t + lag)` for lags from 0 to below [`TAPS`], `a` from the first list and `b` from
/// the second: `[a · number of b + b]`. All signals are equally long.
pub(super) fn correlate(
    transform: &Transform,
    first: &[&[f32]],
    second: &[&[f32]],
) -> Vec<Vec<f64>> {
    let samples = first.first().map_or(0, |signal| signal.len());
    let mut sums = vec![vec![Complex64::ZERO; FFT / 2 + 1]; first.len() * second.len()];
    let starts: Vec<usize> = (0..samples).step_by(BLOCK).collect();
    for batch in starts.chunks(BATCH) {
        let spectra = |signals: &[&[f32]], length: usize| -> Vec<Vec<Vec<Complex64>>> {
            let all = batch.par_iter().map(|&start| {
                let start = start as isize;
                let range = start..start + length as isize;
                let one = |signal: &&[f32]| transform.spectrum(padded(signal, range.clone()));
                signals.iter().map(one).collect()
            });
            all.collect()
        };
        // The later signal reaches as far beyond the block as the lags do, so that nothing wraps.
        let (a, b) = (spectra(first, BLOCK), spectra(second, FFT));
        sums.par_iter_mut().enumerate().for_each(|(pair, sum)| {
            for (a, b) in a.iter().zip(&b) {
                let (a, b) = (&a[pair / second.len()], &b[pair % second.len()]);
                for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
                    *sum += a.conj() * b;
                }
            }
        });
    }
    sums.into_par_iter()
        .map(|sum| {
            let mut lags = transform.samples(sum);
            lags.truncate(TAPS);
            lags
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlations_over_several_blocks_are_the_sums_they_stand_for() {
        let signal = |step: usize| -> Vec<f32> {
            (0..2 * BLOCK + 1000)
                .map(|t| ((t * step) % 101) as f32 / 50.0 - 1.0)
                .collect()
        };
        let (a, b, c) = (signal(7), signal(13), signal(29));
        let all = correlate(&Transform::new(), &[&a, &b], &[&a, &b, &c]);
        for (pair, lag) in [(0, 0), (1, 511), (2, 3), (3, 100), (5, 510)] {
            let (x, y) = ([&a, &b][pair / 3], [&a, &b, &c][pair % 3]);
            let products = x.iter().zip(&y[lag..]);
            let sum: f64 = products.map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
            let off = (all[pair][lag] - sum).abs();
            assert!(off < 1e-8, "pair {pair}, lag {lag}: off by {off:e}");
        }
    }
}
