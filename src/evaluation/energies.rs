//! An estimate taken apart: what comes from its own source, from the others, and from neither.

use std::ops::{Add, Range};

use rayon::prelude::*;

use super::BssScore;
use super::correlation::{BLOCK, FFT, TAPS, Transform, padded};
use super::projection::Filters;

/// Energies of the parts of an estimate `e` of the source `s`, all channels together.
///
/// `p` is the part of `e` that can be had by filtering `s`, `q` that by filtering all sources.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Energies {
    /// `‖s‖²`
    source: f64,
    /// `‖p‖²`
    filtered: f64,
    /// `‖q‖²`
    explained: f64,
    /// `‖e − s‖²`
    difference: f64,
    /// `‖e − p‖²`
    distortion: f64,
    /// `‖p − s‖²`
    spatial: f64,
    /// `‖q − p‖²`
    interference: f64,
    /// `‖e − q‖²`
    artifacts: f64,
}

impl Add for Energies {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            source: self.source + other.source,
            filtered: self.filtered + other.filtered,
            explained: self.explained + other.explained,
            difference: self.difference + other.difference,
            distortion: self.distortion + other.distortion,
            spatial: self.spatial + other.spatial,
            interference: self.interference + other.interference,
            artifacts: self.artifacts + other.artifacts,
        }
    }
}

impl Energies {
    fn add_sample(&mut self, e: f64, s: f64, p: f64, q: f64) {
        self.source += s * s;
        self.filtered += p * p;
        self.explained += q * q;
        self.difference += (e - s).powi(2);
        self.distortion += (e - p).powi(2);
        self.spatial += (p - s).powi(2);
        self.interference += (q - p).powi(2);
        self.artifacts += (e - q).powi(2);
    }

    /// The ratios where any filtering of the source is allowed (`bss_eval_sources`).
    pub fn of_source(&self) -> BssScore {
        BssScore {
            sdr: decibels(self.filtered, self.distortion),
            isr: f64::NAN,
            ..self.of_image()
        }
    }

    /// The ratios where the source is to come out as it is in every channel (`bss_eval_images`).
    pub fn of_image(&self) -> BssScore {
        BssScore {
            sdr: decibels(self.source, self.difference),
            isr: decibels(self.source, self.spatial),
            sir: decibels(self.filtered, self.interference),
            sar: decibels(self.explained, self.artifacts),
        }
    }
}

fn decibels(signal: f64, rest: f64) -> f64 {
    if rest == 0.0 {
        return f64::INFINITY;
    }
    10.0 * (signal / rest).log10()
}

/// An estimate and the sources that it is compared with.
pub(super) struct Comparison<'a> {
    /// The channels of the estimate.
    pub estimate: Vec<&'a [f32]>,
    /// From all sources to the estimate.
    pub all: &'a Filters,
    /// The channels of each source to compare with, and the filters from it alone.
    pub own: Vec<(Vec<&'a [f32]>, &'a Filters)>,
}

/// The energies of every comparison within a window of the signals, in their order.
///
/// Outside of the window all is taken as silent; the tails of the filters are taken in.
pub(super) fn energies(
    transform: &Transform,
    references: &[&[f32]],
    window: Range<usize>,
    comparisons: &[Comparison<'_>],
) -> Vec<Vec<Energies>> {
    let cut = |signal: &&'_ [f32]| -> Vec<f32> { signal[window.clone()].to_vec() };
    let references: Vec<Vec<f32>> = references.iter().map(cut).collect();
    let length = window.len() + TAPS - 1;
    let starts: Vec<usize> = (0..length).step_by(BLOCK).collect();
    let blocks: Vec<Vec<Vec<Energies>>> = starts
        .par_iter()
        .map(|&start| {
            let (start, end) = (start as isize, (start + BLOCK).min(length) as isize);
            let before = start - (TAPS as isize - 1);
            let spectra: Vec<_> = references
                .iter()
                .map(|signal| transform.spectrum(padded(signal, before..before + FFT as isize)))
                .collect();
            // The first samples of a block have wrapped around, the others are good.
            let filtered = |filters: &Filters, channel: usize| {
                let mut samples = transform.samples(filters.apply(&spectra, channel));
                samples.drain(..TAPS - 1);
                samples
            };
            let inside = |signal: &'_ [f32]| -> Vec<f64> {
                padded(&signal[window.clone()], start..end).collect()
            };
            let compare = |comparison: &Comparison<'_>| {
                let mut all = vec![Energies::default(); comparison.own.len()];
                for (channel, estimate) in comparison.estimate.iter().enumerate() {
                    let (e, q) = (inside(estimate), filtered(comparison.all, channel));
                    for (energies, (source, own)) in all.iter_mut().zip(&comparison.own) {
                        let (s, p) = (inside(source[channel]), filtered(own, channel));
                        for (((&e, &s), &p), &q) in e.iter().zip(&s).zip(&p).zip(&q) {
                            energies.add_sample(e, s, p, q);
                        }
                    }
                }
                all
            };
            comparisons.iter().map(compare).collect()
        })
        .collect();
    let add = |sums: Vec<Vec<Energies>>, block: Vec<Vec<Energies>>| {
        let rows = sums.into_iter().zip(block);
        rows.map(|(sums, block)| sums.into_iter().zip(block).map(|(a, b)| a + b).collect())
            .collect()
    };
    let zero = comparisons
        .iter()
        .map(|comparison| vec![Energies::default(); comparison.own.len()])
        .collect();
    blocks.into_iter().fold(zero, add)
}
