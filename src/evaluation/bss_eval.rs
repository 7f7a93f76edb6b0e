//! BSS Eval, versions 3 and 4.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::correlation::{TAPS, Transform, correlate};
use super::energies::{Comparison, Energies, energies};
use super::projection::{Correlations, Equations, Filters};
use super::{EvaluationError, stems};
use crate::assignment::assign;
use crate::audio::AudioBuffer;

/// The matrix of the normal equations may take so many bytes.
const MOST_BYTES: u64 = 4 << 30;
/// Ratios in dB are cut to this before they are added up for the assignment: an infinite one must
/// not outweigh all others.
const MOST_DECIBELS: f64 = 300.0;

/// The ratios of one estimate, in dB. NaN where there is none, because a stem is silent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BssScore {
    /// Source to distortion: to everything else in the estimate.
    pub sdr: f64,
    /// Image to spatial distortion; NaN for recordings of one channel in version 3.
    pub isr: f64,
    /// Source to interference: to the other sources in the estimate.
    pub sir: f64,
    /// Sources to artifacts: to what comes from no source.
    pub sar: f64,
}

impl BssScore {
    const NONE: Self = Self {
        sdr: f64::NAN,
        isr: f64::NAN,
        sir: f64::NAN,
        sar: f64::NAN,
    };

    /// The medians of each ratio over those that are finite; NaN where none is.
    fn median(scores: &[Self]) -> Self {
        let median = |ratio: fn(&Self) -> f64| {
            let mut values: Vec<f64> = scores.iter().map(ratio).filter(|x| x.is_finite()).collect();
            values.sort_by(f64::total_cmp);
            let middle = values.len() / 2;
            match values.len() {
                0 => f64::NAN,
                odd if odd % 2 == 1 => values[middle],
                _ => (values[middle - 1] + values[middle]) / 2.0,
            }
        };
        Self {
            sdr: median(|score| score.sdr),
            isr: median(|score| score.isr),
            sir: median(|score| score.sir),
            sar: median(|score| score.sar),
        }
    }
}

/// What one true stem scores over the whole length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BssSource {
    /// The estimate that was matched with it, if any is left for it.
    pub estimate: Option<usize>,
    /// Its ratios.
    pub score: BssScore,
}

/// What one true stem scores window by window.
#[derive(Clone, Debug, PartialEq)]
pub struct BssFrames {
    /// The estimate that was compared with it.
    pub estimate: Option<usize>,
    /// The ratios of each window; NaN throughout where any stem is silent within it.
    pub frames: Vec<BssScore>,
    /// The medians over the windows, those left out that are not finite.
    pub median: BssScore,
}

/// Estimates taken apart as in BSS Eval (Vincent, Gribonval & Févotte 2006), with distortion
/// filters of 512 taps.
///
/// An estimate is the sum of what can be had by filtering its own source, what can be had by
/// filtering the others (interference), and the rest (artifacts). The filters are found by least
/// squares over the whole length.
///
/// Stems that are silent from beginning to end have no scores and are left out of everything else;
/// the toolboxes refuse them.
pub struct BssEval<'a> {
    references: &'a [AudioBuffer],
    estimates: &'a [AudioBuffer],
    transform: Transform,
    /// Of each estimate: the filters from all references, unless it is silent.
    all: Vec<Option<Filters>>,
    /// Of each estimate and reference: the filters from that one, unless one is silent.
    own: BTreeMap<(usize, usize), Filters>,
}

impl<'a> BssEval<'a> {
    /// Finds all filters.
    ///
    /// # Errors
    /// [`EvaluationError::NoReferences`], [`EvaluationError::NoEstimates`],
    /// [`EvaluationError::Different`] where rates, channels or lengths do not agree, and
    /// [`EvaluationError::TooLarge`] where the equations would need more than 4 GB.
    pub fn new(
        references: &'a [AudioBuffer],
        estimates: &'a [AudioBuffer],
    ) -> Result<Self, EvaluationError> {
        stems::check(references, estimates, None)?;
        let channels = references[0].channel_count();
        let unknowns = (references.len() * channels * TAPS) as u64;
        let bytes = unknowns.saturating_mul(unknowns).saturating_mul(8);
        if bytes > MOST_BYTES {
            return Err(EvaluationError::TooLarge {
                references: references.len(),
                channels,
                bytes,
            });
        }
        let transform = Transform::new();
        let sources = channels_of(references);
        let targets: Vec<&[f32]> = sources
            .iter()
            .chain(&channels_of(estimates))
            .copied()
            .collect();
        let correlations =
            Correlations::new(correlate(&transform, &sources, &targets), targets.len());
        let sounding = |stem: usize| -> Vec<usize> {
            let signals = stem * channels..(stem + 1) * channels;
            signals
                .filter(|&signal| !stems::is_silent(targets[signal]))
                .collect()
        };
        let heard: Vec<(usize, Vec<usize>)> = (0..estimates.len())
            .filter(|estimate| !sounding(references.len() + estimate).is_empty())
            .map(|estimate| {
                let first = (references.len() + estimate) * channels;
                (estimate, (first..first + channels).collect())
            })
            .collect();
        let mut all: Vec<Option<Filters>> = estimates.iter().map(|_| None).collect();
        let signals: Vec<usize> = (0..references.len()).flat_map(sounding).collect();
        if !signals.is_empty() {
            let equations = Equations::new(&correlations, signals);
            for (estimate, targets) in &heard {
                let filters = Filters::new(&transform, &correlations, &equations, targets);
                all[*estimate] = Some(filters);
            }
        }
        let own = (0..references.len())
            .into_par_iter()
            .map(|reference| (reference, sounding(reference)))
            .filter(|(_, signals)| !signals.is_empty())
            .flat_map_iter(|(reference, signals)| {
                let equations = Equations::new(&correlations, signals);
                let filters = heard.iter().map(|(estimate, targets)| {
                    let filters = Filters::new(&transform, &correlations, &equations, targets);
                    ((*estimate, reference), filters)
                });
                filters.collect::<Vec<_>>()
            })
            .collect();
        Ok(Self {
            references,
            estimates,
            transform,
            all,
            own,
        })
    }

    /// The ratios of version 3 over the whole length, one for each reference: those of
    /// `bss_eval_sources` for one channel, where any filtering of a source is allowed, and those of
    /// `bss_eval_images` for several.
    ///
    /// Estimates are matched with references so that the mean SIR is largest.
    #[must_use]
    pub fn version_3(&self) -> Vec<BssSource> {
        let pairs: Vec<(usize, usize)> = self.own.keys().copied().collect();
        let energies = self.energies(0..self.references[0].frames(), &pairs);
        let mono = self.references[0].channel_count() == 1;
        let score = |reference: usize, estimate: usize| match energies.get(&(estimate, reference)) {
            Some(energies) if mono => energies.of_source(),
            Some(energies) => energies.of_image(),
            None => BssScore::NONE,
        };
        let matching = assign(
            self.references.len(),
            self.estimates.len(),
            |reference, estimate| {
                let sir = score(reference, estimate).sir;
                // Silent stems go to each other, whatever is left.
                if sir.is_nan() {
                    -2.0 * MOST_DECIBELS
                } else {
                    sir.clamp(-MOST_DECIBELS, MOST_DECIBELS)
                }
            },
        );
        let sources = matching.into_iter().enumerate();
        sources
            .map(|(reference, estimate)| BssSource {
                estimate,
                score: estimate.map_or(BssScore::NONE, |estimate| score(reference, estimate)),
            })
            .collect()
    }

    /// The ratios of version 4, one for each reference: those of images in windows of one second,
    /// with the filters of the whole length, and their medians (Stöter, Liutkus & Ito 2018).
    ///
    /// `matching` says which estimate belongs to each reference. A recording below one second is
    /// one window; what does not fill the last window is left out. Windows in which one of the
    /// stems is silent have no scores.
    #[must_use]
    pub fn version_4(&self, matching: &[Option<usize>]) -> Vec<BssFrames> {
        let pairs: Vec<(usize, usize)> = matching
            .iter()
            .enumerate()
            .filter_map(|(reference, estimate)| Some(((*estimate)?, reference)))
            .filter(|pair| self.own.contains_key(pair))
            .collect();
        let scores: Vec<BTreeMap<(usize, usize), Energies>> = self
            .windows()
            .into_iter()
            .map(|window| {
                let silent = |stem: &AudioBuffer| {
                    let channels = stem.channels().iter();
                    channels
                        .into_iter()
                        .all(|c| stems::is_silent(&c[window.clone()]))
                };
                let sounding = pairs.iter().all(|&(estimate, reference)| {
                    !silent(&self.estimates[estimate]) && !silent(&self.references[reference])
                });
                if sounding {
                    self.energies(window, &pairs)
                } else {
                    BTreeMap::new()
                }
            })
            .collect();
        (0..self.references.len())
            .map(|reference| {
                let estimate = matching.get(reference).copied().flatten();
                let of_window = |window: &BTreeMap<(usize, usize), Energies>| {
                    let energies = estimate.and_then(|estimate| window.get(&(estimate, reference)));
                    energies.map_or(BssScore::NONE, Energies::of_image)
                };
                let frames: Vec<BssScore> = scores.iter().map(of_window).collect();
                BssFrames {
                    estimate,
                    median: BssScore::median(&frames),
                    frames,
                }
            })
            .collect()
    }

    /// Windows of one second, one after the other.
    fn windows(&self) -> Vec<Range<usize>> {
        let frames = self.references[0].frames();
        let second = self.references[0].rate() as usize;
        let window = second.min(frames).max(1);
        (0..frames / window)
            .map(|w| w * window..(w + 1) * window)
            .collect()
    }

    /// The energies of pairs of estimate and reference within a window.
    fn energies(
        &self,
        window: Range<usize>,
        pairs: &[(usize, usize)],
    ) -> BTreeMap<(usize, usize), Energies> {
        let mut by_estimate: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &(estimate, reference) in pairs {
            by_estimate.entry(estimate).or_default().push(reference);
        }
        let (mut comparisons, mut keys) = (Vec::new(), Vec::new());
        for (estimate, references) in by_estimate {
            let Some(all) = &self.all[estimate] else {
                continue;
            };
            let own = references
                .iter()
                .filter_map(|&reference| {
                    keys.push((estimate, reference));
                    let source = channels_of(&self.references[reference..=reference]);
                    Some((source, self.own.get(&(estimate, reference))?))
                })
                .collect();
            comparisons.push(Comparison {
                estimate: channels_of(&self.estimates[estimate..=estimate]),
                all,
                own,
            });
        }
        let sources = channels_of(self.references);
        let found = energies(&self.transform, &sources, window, &comparisons);
        keys.into_iter().zip(found.into_iter().flatten()).collect()
    }
}

fn channels_of(stems: &[AudioBuffer]) -> Vec<&[f32]> {
    stems
        .iter()
        .flat_map(|stem| stem.channels().iter().map(Vec::as_slice))
        .collect()
}
