//! How many components a spectrogram has: what speaks for each number.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::coarse::{WIDEST, band_edges};
use super::factorize::check_spectrogram;
use super::masked::{self, Fit, Masked};
use super::parts::{dot, unit};
use super::{Matrix, NmfError, Parts, Stop};

/// The most components that are chosen, unless more are asked for at least.
pub const MOST_CHOSEN: usize = 32;
/// The numbers that are tried.
const CANDIDATES: [usize; 17] = [
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    12,
    14,
    16,
    20,
    24,
    28,
    MOST_CHOSEN,
];
/// Frames that are looked at, at most.
const FRAMES: usize = 400;
/// Frames side by side that make one of these, at most: what one window of the transform hears.
const TOGETHER: usize = 4;
/// Values are hidden in blocks of so many bands and frames: single ones could be told from their
/// neighbours.
const BLOCK: usize = 4;
/// A value is hidden in one of so many parts, of which the first ones are used.
const PARTS: u64 = 5;
const USED: u64 = 4;
/// Bands or frames for each component, at least.
const VALUES: usize = 4;
/// Two components are one when the cosine of their templates and the correlation of their
/// activations are above these.
const SAME_TEMPLATE: f64 = 0.9;
const SAME_TIMES: f64 = 0.6;
/// What duplicates, and atoms that other fits do not find again, add to the share that is missed.
const DUPLICATED_WEIGHT: f64 = 0.1;
const UNSTABLE_WEIGHT: f64 = 0.1;
/// The fewest components are taken that are not worse than the best by more than this, or by one
/// standard error up to a limit.
const MARGIN: f64 = 0.02;
const MOST_ERROR: f64 = 0.05;
/// After so many numbers in a row that are worse than the best by so much, larger ones are not
/// tried.
const PATIENCE: usize = 5;
const WORSE: f64 = 0.04;

/// Is told the number of components that is tried, and the fraction of all tries that is done.
pub type Report<'a> = &'a (dyn Fn(usize, f64) + Sync);

/// What speaks for and against a number of components.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The number.
    pub components: usize,
    /// The Kullback–Leibler divergence of values that were hidden from the fit, as a share of that
    /// of a single mean spectrum with a loudness for each frame, which is 1 for one component; the
    /// mean of the better two of four fits, since a fit that got stuck says nothing. 0 is perfect;
    /// where it rises, components have learnt accidents.
    pub held_out: f64,
    /// Share of the components that have a double: a template with a cosine above 0.9 and
    /// activations with a correlation above 0.6. 0 to 1.
    pub duplicated: f64,
    /// How well fits to other parts of the spectrogram, from other starts, find the components
    /// again: the mean cosine of the best matching. 0 to 1.
    pub stability: f64,
    /// All together, smaller is better: `held_out`, and a tenth each of `duplicated` and of what
    /// `stability` lacks of 1.
    pub score: f64,
}

/// A number of components, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentChoice {
    /// The number that is best.
    pub chosen: usize,
    /// A sentence that says why.
    pub reason: String,
    /// All numbers that were tried, rising.
    pub curve: Vec<Evidence>,
}

impl ComponentChoice {
    /// Whether all figures are numbers in their range, as those of a file may not be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let share = |x: f64| (0.0..=1.0).contains(&x);
        self.curve.iter().all(|tried| {
            let rest = [tried.held_out, tried.score];
            share(tried.duplicated)
                && share(tried.stability)
                && rest.iter().all(|x| (0.0..1e6).contains(x))
        })
    }
}

/// Chooses the number of components for `V` (bins × frames), at least `least`.
///
/// For each number from 1 to 32, in growing steps, four fits by the divergence of Kullback and
/// Leibler are made, each to four fifths of `V`, and asked for the rest (Owen & Perry 2009 for the
/// principle; here blocks of 4 × 4 values are hidden, spread at random). Too few components cannot
/// foretell what was hidden, too many have learnt accidents. Of the numbers that are about as good
/// as the best, counted with duplicates and stability, the smallest is chosen.
///
/// `V` is looked at in at most 400 places of up to four frames and in bands that are a 24th of
/// their frequency wide, so the work does not grow with its length. Runs on the current rayon pool;
/// the result is the same for any number of threads and in every run. `report` is told, often and from
/// any thread, the number that is tried and the fraction that is done of trying all of them.
///
/// ```
/// use partita::nmf::{Matrix, choose_components};
///
/// // Three sounds that take turns.
/// let v = Matrix::from_fn(48, 90, |bin, frame| {
///     if bin / 16 == frame / 5 % 3 { (1 + bin % 5 + frame % 4) as f32 } else { 0.0 }
/// });
/// let choice = choose_components(&v, 1, &|| false, &|_, _| ())?;
/// assert_eq!(choice.chosen, 3);
/// assert!(choice.curve[2].held_out < 0.1 * choice.curve[1].held_out);
/// # Ok::<(), partita::nmf::NmfError>(())
/// ```
///
/// # Errors
/// [`NmfError::Empty`], [`NmfError::Value`] and [`NmfError::Scale`] for a `V` that cannot be
/// factorized, and [`NmfError::Stopped`] when `stop` says so.
pub fn choose_components(
    v: &Matrix,
    least: usize,
    stop: Stop<'_>,
    report: Report<'_>,
) -> Result<ComponentChoice, NmfError> {
    let least = least.max(1);
    if check_spectrogram(v)? == 0.0 {
        return Ok(ComponentChoice {
            chosen: least,
            reason: "There is nothing but silence".into(),
            curve: Vec::new(),
        });
    }
    let coarse = coarse(v);
    let most = (coarse.rows().min(coarse.cols()) / VALUES).max(1);
    let tried = CANDIDATES.iter().copied().filter(|&k| k <= most);
    let operations = |k: usize| masked::operations(coarse.rows(), coarse.cols(), k);
    let work: f64 = tried.clone().map(operations).sum();
    let parts: Vec<Masked<'_>> = (0..USED)
        .map(|part| Masked::new(&coarse, |r, c| part_of(r / BLOCK, c / BLOCK) == part))
        .collect();
    let mut rated: Vec<Rated> = Vec::new();
    let mut fits: Vec<(f64, Fit)> = Vec::new();
    let (mut done, mut in_vain) = (0.0, 0);
    for components in tried {
        let steps = AtomicUsize::new(0);
        let watched = || {
            let share = steps.fetch_add(1, Ordering::Relaxed) as f64
                / (masked::ALL_STEPS * parts.len()) as f64;
            report(components, (done + share * operations(components)) / work);
            stop()
        };
        fits = parts
            .par_iter()
            .enumerate()
            .map(|(seed, part)| {
                let fewer = fits.get(seed).map(|(_, fit)| fit);
                let fit = part.fit(components, fewer, seed as u64, &watched)?;
                Ok((part.hidden_share(&fit), fit))
            })
            .collect::<Result<Vec<_>, NmfError>>()?;
        let now = Rated::of(components, &fits);
        let best = rated.iter().map(|r| r.evidence.score);
        let best = best.fold(f64::INFINITY, f64::min);
        let worse = now.evidence.score > best + WORSE;
        in_vain = if worse { in_vain + 1 } else { 0 };
        rated.push(now);
        done += operations(components);
        if in_vain >= PATIENCE {
            break;
        }
    }
    let choice = decide(&rated, least);
    report(choice.chosen, 1.0);
    Ok(choice)
}

/// Floating-point operations of a choice for a spectrogram of this size that tries all numbers.
pub(crate) fn operations_to_choose(bins: usize, frames: usize) -> f64 {
    let bands = band_edges(bins, WIDEST).len() - 1;
    let places = frames.div_ceil(stride(frames).max(1));
    let most = (bands.min(places) / VALUES).max(1);
    let tried = CANDIDATES.iter().filter(|&&k| k <= most);
    let each: f64 = tried.map(|&k| masked::operations(bands, places, k)).sum();
    USED as f64 * each
}

/// Frames from one place that is looked at to the next.
fn stride(frames: usize) -> usize {
    frames.div_ceil(FRAMES)
}

/// The spectrogram in bands and groups of frames, with a mean of 1.
fn coarse(v: &Matrix) -> Matrix {
    let edges = band_edges(v.rows(), WIDEST);
    let stride = stride(v.cols());
    let starts: Vec<usize> = (0..v.cols()).step_by(stride).collect();
    let mut coarse = Matrix::from_fn(edges.len() - 1, starts.len(), |band, i| {
        let frames = starts[i]..(starts[i] + stride.min(TOGETHER)).min(v.cols());
        let values = frames.flat_map(|n| &v.column(n)[edges[band]..edges[band + 1]]);
        values.sum()
    });
    let mean = coarse.mean() as f32;
    if mean > 0.0 {
        coarse.as_mut_slice().iter_mut().for_each(|x| *x /= mean);
    }
    coarse
}

/// The part in which a block is hidden: a hash of its place (Steele, Lea & Flood 2014, the
/// finaliser of SplitMix64).
fn part_of(row: usize, column: usize) -> u64 {
    let mut z = ((row as u64) << 32 | column as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % PARTS
}

/// A number of components, and how its fits went one by one.
struct Rated {
    evidence: Evidence,
    shares: Vec<f64>,
}

impl Rated {
    fn of(components: usize, fits: &[(f64, Fit)]) -> Self {
        let shares: Vec<f64> = fits.iter().map(|fit| fit.0).collect();
        let count = fits.len() as f64;
        let held_out = better_half(&shares);
        let duplicated = fits.iter().map(|(_, fit)| duplicated(fit)).sum::<f64>() / count;
        let parts: Vec<Parts> = fits
            .iter()
            .map(|(_, fit)| Parts::of(&fit.w, &fit.h, None))
            .collect();
        let beside = parts.iter().zip(parts.iter().cycle().skip(1));
        let stability = beside.map(|(a, b)| likeness(a, b)).sum::<f64>() / count;
        Self {
            evidence: Evidence {
                components,
                held_out,
                duplicated,
                stability,
                score: held_out
                    + DUPLICATED_WEIGHT * duplicated
                    + UNSTABLE_WEIGHT * (1.0 - stability),
            },
            shares,
        }
    }

    /// How far this may be from the best and still count as good.
    fn margin(&self, best: &Self) -> f64 {
        let differences = self.shares.iter().zip(&best.shares).map(|(a, b)| a - b);
        let count = self.shares.len() as f64;
        let mean = differences.clone().sum::<f64>() / count;
        let variance = differences.map(|d| (d - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (variance / count).sqrt().clamp(MARGIN, MOST_ERROR)
    }
}

/// The mean of the smaller half.
fn better_half(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.truncate(values.len().div_ceil(2));
    values.iter().sum::<f64>() / values.len() as f64
}

/// The share of components that have the template and the times of another.
fn duplicated(fit: &Fit) -> f64 {
    let templates: Vec<Vec<f64>> = (0..fit.w.cols())
        .map(|k| unit(fit.w.column(k).iter().map(|&x| f64::from(x)).collect()))
        .collect();
    let centred: Vec<Vec<f64>> = (0..fit.h.rows())
        .map(|k| {
            let mean = fit.h.row(k).map(f64::from).sum::<f64>() / fit.h.cols() as f64;
            unit(fit.h.row(k).map(|x| f64::from(x) - mean).collect())
        })
        .collect();
    let count = templates.len();
    let same = |a: usize, b: usize| {
        a != b
            && dot(&templates[a], &templates[b]) > SAME_TEMPLATE
            && dot(&centred[a], &centred[b]) > SAME_TIMES
    };
    let doubles = (0..count).filter(|&a| (0..count).any(|b| same(a, b)));
    doubles.count() as f64 / count as f64
}

/// The mean cosine of the components' parts of the model, in the best matching.
fn likeness(a: &Parts, b: &Parts) -> f64 {
    let sum: f64 = a.matched(b).into_iter().map(|(_, _, cosine)| cosine).sum();
    sum / a.count() as f64
}

/// The smallest number that is about as good as the best.
fn decide(rated: &[Rated], least: usize) -> ComponentChoice {
    let curve: Vec<Evidence> = rated.iter().map(|r| r.evidence).collect();
    let best = rated
        .iter()
        .min_by(|a, b| a.evidence.score.total_cmp(&b.evidence.score));
    let good = best.and_then(|best| {
        let good = |r: &Rated| r.evidence.score <= best.evidence.score + r.margin(best);
        rated.iter().position(good)
    });
    let (chosen, mut reason) = match good {
        Some(place) => {
            let evidence = curve[place];
            let before = place.checked_sub(1).map(|before| curve[before]);
            let last = place + 1 == curve.len();
            (evidence.components, reason(evidence, before, last))
        }
        None => (least, String::new()),
    };
    if chosen < least {
        reason = format!("{least} are asked for at least; {reason}");
    }
    ComponentChoice {
        chosen: chosen.max(least),
        reason,
        curve,
    }
}

/// Why a number is chosen, beside the one tried before it; `last` where no larger one was tried.
fn reason(chosen: Evidence, before: Option<Evidence>, last: bool) -> String {
    let percent = |share: f64| (100.0 * share).round();
    let (components, leave) = match chosen.components {
        1 => ("component", "leaves"),
        _ => ("components", "leave"),
    };
    let mut text = format!(
        "{} {components} {leave} {} % of the divergence of held-out values",
        chosen.components,
        percent(chosen.held_out)
    );
    if let Some(before) = before {
        let leave = if before.components == 1 {
            "leaves"
        } else {
            "leave"
        };
        let share = percent(before.held_out);
        text += &format!(", {} {leave} {share} %", before.components);
    }
    if !last {
        text += ", and more are hardly better";
    }
    text + &format!(
        "; {} % of them have a double, and other fits find them again with a likeness of {:.2}",
        percent(chosen.duplicated),
        chosen.stability
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_has_the_template_and_the_times_of_another() {
        let template = |f: usize, k: usize| [f, f, 9 - f, f][k] as f32 + 0.1;
        let times = |k: usize, n: usize| [n % 5, n % 5, n % 5, n / 5][k] as f32;
        let fit = Fit {
            w: Matrix::from_fn(10, 4, template),
            h: Matrix::from_fn(4, 25, times),
        };
        // The first two are one; the third has another template, the fourth other times.
        assert_eq!(duplicated(&fit), 0.5);
    }

    #[test]
    fn the_reason_says_no_more_than_was_tried() {
        let tried = |components: usize, held_out: f64| Evidence {
            components,
            held_out,
            duplicated: 0.0,
            stability: 0.9,
            score: held_out,
        };
        let one = reason(tried(1, 1.0), None, false);
        assert!(one.starts_with("1 component leaves 100 %"), "{one}");
        assert!(one.contains("and more are hardly better"), "{one}");
        let two = reason(tried(2, 0.25), Some(tried(1, 1.0)), true);
        assert!(two.contains("2 components leave 25 %"), "{two}");
        assert!(two.contains("1 leaves 100 %;"), "{two}");
    }

    #[test]
    fn a_fit_that_got_stuck_does_not_count() {
        assert_eq!(better_half(&[0.25, 9.0, 0.5, 0.9]), 0.375);
        assert_eq!(better_half(&[0.5]), 0.5);
    }
}
