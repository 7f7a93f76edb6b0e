//! Groups of atoms from how likely each two belong together.

use faer::{Mat, Side};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::votes::go_on;
use crate::nmf::{NmfError, Stop};

/// Starts of the search, and rounds of each.
const STARTS: u64 = 20;
const ROUNDS: usize = 60;

/// Deals atoms to `groups` groups, as [`Points::cluster`].
///
/// # Errors
/// [`NmfError::Stopped`] when it is stopped.
pub(in crate::separation) fn cluster(
    likeness: &[Vec<f64>],
    weights: &[f64],
    groups: usize,
    stop: Stop<'_>,
) -> Result<Vec<usize>, NmfError> {
    Points::new(likeness, weights, groups).cluster(groups, stop)
}

/// Atoms as points, of which those that are alike lie in one direction: the first eigenvectors of the
/// weighted likeness.
struct Points<'a> {
    weights: &'a [f64],
    /// For each atom a value for each eigenvector, largest first.
    values: Vec<Vec<f64>>,
}

impl<'a> Points<'a> {
    /// Those of atoms that may be dealt to `most` groups.
    fn new(likeness: &[Vec<f64>], weights: &'a [f64], most: usize) -> Self {
        let count = likeness.len();
        let dimensions = most.min(count);
        let values = if trivial(count, dimensions) {
            vec![vec![0.0; dimensions]; count]
        } else {
            embed(likeness, weights, dimensions)
        };
        Self { weights, values }
    }

    /// Deals the atoms to `groups` groups: weighted kernel k-means by its spectral relaxation (Dhillon,
    /// Guan & Kulis 2004, "Kernel k-means, spectral clustering and normalized cuts") on the first
    /// eigenvectors, with the rows brought to the unit sphere. Returns the group of each atom; no group
    /// is empty where there are enough atoms. The seeds are part of the algorithm.
    ///
    /// # Errors
    /// [`NmfError::Stopped`] when it is stopped.
    fn cluster(&self, groups: usize, stop: Stop<'_>) -> Result<Vec<usize>, NmfError> {
        let count = self.values.len();
        if trivial(count, groups) {
            return Ok((0..count)
                .map(|a| a.min(groups.saturating_sub(1)))
                .collect());
        }
        let points: Vec<Vec<f64>> = self
            .values
            .iter()
            .map(|row| {
                let row = &row[..groups];
                let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-12);
                row.iter().map(|x| x / norm).collect()
            })
            .collect();
        let mut best: Option<(f64, Vec<usize>)> = None;
        for seed in 0..STARTS {
            go_on(stop)?;
            let (cost, labels) = k_means(&points, self.weights, groups, seed);
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, labels));
            }
        }
        let mut labels = best.map_or_else(Vec::new, |(_, labels)| labels);
        fill(&mut labels, groups);
        Ok(labels)
    }
}

/// Whether so many atoms need no search for so many groups.
fn trivial(atoms: usize, groups: usize) -> bool {
    groups < 2 || atoms <= groups
}

/// Gives each empty group the last atom of the largest one.
fn fill(labels: &mut [usize], groups: usize) {
    let mut sizes = vec![0; groups];
    labels.iter().for_each(|&label| sizes[label] += 1);
    while let Some(empty) = sizes.iter().position(|&size| size == 0) {
        let largest = (0..groups).max_by_key(|&group| (sizes[group], groups - group));
        let Some(largest) = largest.filter(|&group| sizes[group] > 1) else {
            return;
        };
        if let Some(last) = labels.iter().rposition(|&label| label == largest) {
            labels[last] = empty;
            sizes[largest] -= 1;
            sizes[empty] += 1;
        }
    }
}

/// A row for each atom: its part of each of the first eigenvectors, times the root of the eigenvalue.
fn embed(likeness: &[Vec<f64>], weights: &[f64], dimensions: usize) -> Vec<Vec<f64>> {
    let count = likeness.len();
    let weighted = Mat::<f64>::from_fn(count, count, |i, j| {
        likeness[i][j] * (weights[i] * weights[j]).sqrt()
    });
    let Ok(eigen) = weighted.self_adjoint_eigen(Side::Lower) else {
        return vec![vec![0.0; dimensions]; count];
    };
    let values: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    (0..count)
        .map(|a| {
            let row = order[..dimensions].iter();
            row.map(|&e| eigen.U()[(a, e)] * values[e].max(0.0).sqrt())
                .collect()
        })
        .collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum()
}

/// Weighted k-means with k-means++ seeds (Arthur & Vassilvitskii 2007). Returns the cost and the
/// group of each point.
fn k_means(points: &[Vec<f64>], weights: &[f64], groups: usize, seed: u64) -> (f64, Vec<usize>) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut draw = |odds: &[f64]| {
        let total: f64 = odds.iter().sum();
        let mut left = total * ((rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64);
        odds.iter()
            .position(|x| {
                left -= x;
                left < 0.0
            })
            .unwrap_or(odds.len() - 1)
    };
    let mut centres = vec![points[draw(weights)].clone()];
    while centres.len() < groups {
        let odds: Vec<f64> = points
            .iter()
            .zip(weights)
            .map(|(p, w)| {
                let nearest = centres
                    .iter()
                    .map(|c| distance(p, c))
                    .fold(f64::MAX, f64::min);
                w * nearest
            })
            .collect();
        centres.push(points[draw(&odds)].clone());
    }
    let mut labels = vec![0; points.len()];
    let mut cost = f64::MAX;
    for _ in 0..ROUNDS {
        let mut now = 0.0;
        for ((label, point), weight) in labels.iter_mut().zip(points).zip(weights) {
            let mut least = f64::MAX;
            for (g, centre) in centres.iter().enumerate() {
                let d = distance(point, centre);
                if d < least {
                    (least, *label) = (d, g);
                }
            }
            now += weight * least;
        }
        let mut totals = vec![0.0; groups];
        let mut sums = vec![vec![0.0; groups]; groups];
        for ((&label, point), weight) in labels.iter().zip(points).zip(weights) {
            totals[label] += weight;
            for (sum, x) in sums[label].iter_mut().zip(point) {
                *sum += weight * x;
            }
        }
        for ((centre, sum), total) in centres.iter_mut().zip(sums).zip(totals) {
            if total > 0.0 {
                *centre = sum.into_iter().map(|x| x / total).collect();
            }
        }
        if now >= cost {
            break;
        }
        cost = now;
    }
    (cost, labels)
}

/// For each atom how surely it belongs to its group, 0 to 1: its mean likeness to that group over
/// the sum of its mean likenesses to all. An atom alone in its group is as like it as itself.
pub(in crate::separation) fn confidence(
    likeness: &[Vec<f64>],
    weights: &[f64],
    labels: &[usize],
) -> Vec<f64> {
    let groups = labels.iter().max().map_or(0, |&last| last + 1);
    (0..labels.len())
        .map(|a| {
            let (mut alike, mut total) = (vec![0.0; groups], vec![0.0; groups]);
            for b in (0..labels.len()).filter(|&b| b != a) {
                alike[labels[b]] += weights[b] * likeness[a][b];
                total[labels[b]] += weights[b];
            }
            let mean = |g: usize| {
                if total[g] > 0.0 {
                    alike[g] / total[g]
                } else if g == labels[a] {
                    1.0
                } else {
                    0.0
                }
            };
            let all: f64 = (0..groups).map(mean).sum();
            if all > 0.0 {
                mean(labels[a]) / all
            } else {
                1.0 / groups as f64
            }
        })
        .collect()
}

/// What speaks for a pair to be of one group beside what the pair model says, in log-odds, where there
/// are [`MANY`] atoms or more: two notes of one instrument often have little in common, so that the
/// number of groups that agrees best would be too large, by 1.4 on average in 80 synthetic mixtures
/// (`benches/quality/pair_model/run --unseen PROGRAM --first 10000`). Among [`FEW`] atoms each is more of
/// an instrument of its own, and nothing speaks for it.
const TOGETHER: f64 = 0.35;
const MANY: f64 = 16.0;
const FEW: f64 = 4.0;
/// The surest that anything is.
const SUREST: f64 = 1e-9;

/// The number of groups from 1 to `most` whose [`agreement`] is best, the fewest of equally good ones.
///
/// # Errors
/// [`NmfError::Stopped`] when it is stopped.
pub(super) fn best_number(
    likeness: &[Vec<f64>],
    weights: &[f64],
    most: usize,
    stop: Stop<'_>,
) -> Result<usize, NmfError> {
    let points = Points::new(likeness, weights, most);
    let mut best = (f64::NEG_INFINITY, 1);
    for groups in 1..=most {
        let found = agreement(likeness, weights, &points.cluster(groups, stop)?);
        if found > best.0 {
            best = (found, groups);
        }
    }
    Ok(best.1)
}

/// How well groups agree with the likeness: Σ w·w·(log-odds + [`TOGETHER`]) over all pairs within a
/// group, as in correlation clustering (Bansal, Blum & Chawla 2004).
fn agreement(likeness: &[Vec<f64>], weights: &[f64], labels: &[usize]) -> f64 {
    let many = ((labels.len() as f64 - FEW) / (MANY - FEW)).clamp(0.0, 1.0);
    let together = many * TOGETHER;
    let mut sum = 0.0;
    for i in 0..labels.len() {
        for j in (0..i).filter(|&j| labels[j] == labels[i]) {
            let p = likeness[i][j].clamp(SUREST, 1.0 - SUREST);
            sum += weights[i] * weights[j] * ((p / (1.0 - p)).ln() + together);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pairs of equally loud atoms, the ones of a pair as likely together as `within` says.
    fn pairs(count: usize, within: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
        let likeness = |i: usize, j: usize| if i / 2 == j / 2 { within } else { 0.1 };
        let row = |i| (0..count).map(|j| likeness(i, j)).collect();
        (
            (0..count).map(row).collect(),
            vec![1.0 / count as f64; count],
        )
    }

    #[test]
    fn the_prior_joins_what_is_in_doubt_among_many_atoms_and_not_among_few() {
        // Log-odds of -0.2: less than even, more than the prior takes away.
        let within = 1.0 / (1.0 + 0.2_f64.exp());
        for (count, joined) in [(2, false), (4, false), (8, false), (16, true), (40, true)] {
            let (likeness, weights) = pairs(count, within);
            let apart: Vec<usize> = (0..count).collect();
            let together: Vec<usize> = (0..count).map(|k| k / 2).collect();
            let found = agreement(&likeness, &weights, &together);
            assert_eq!(agreement(&likeness, &weights, &apart), 0.0);
            assert_eq!(found > 0.0, joined, "{count}: {found}");
        }
    }

    #[test]
    fn agreement_is_the_sum_of_the_log_odds_within_the_groups() {
        let (likeness, weights) = pairs(4, 0.8);
        let odds = |p: f64| (p / (1.0 - p)).ln() / 16.0;
        let sum = |labels: &[usize]| agreement(&likeness, &weights, labels);
        assert!((sum(&[0, 0, 1, 1]) - 2.0 * odds(0.8)).abs() < 1e-12);
        assert!((sum(&[0, 0, 0, 0]) - 2.0 * odds(0.8) - 4.0 * odds(0.1)).abs() < 1e-12);
        assert!((sum(&[0, 0, 0, 1]) - odds(0.8) - 2.0 * odds(0.1)).abs() < 1e-12);
        // Sixteen atoms have all of the prior.
        let (likeness, weights) = pairs(16, 0.8);
        let all: Vec<usize> = (0..16).map(|k| k / 2).collect();
        let expected = 8.0 * ((0.8_f64 / 0.2).ln() + TOGETHER) / 256.0;
        assert!((agreement(&likeness, &weights, &all) - expected).abs() < 1e-12);
    }

    #[test]
    fn no_group_is_empty_even_where_all_atoms_are_equally_alike() {
        for (atoms, groups) in [(5, 3), (9, 8), (12, 4)] {
            for alike in [0.0, 0.5, 1.0] {
                let likeness = vec![vec![alike; atoms]; atoms];
                let weights = vec![1.0 / atoms as f64; atoms];
                let labels = cluster(&likeness, &weights, groups, &|| false).unwrap();
                for group in 0..groups {
                    assert!(
                        labels.contains(&group),
                        "{atoms} {groups} {alike}: {labels:?}"
                    );
                }
            }
        }
        let stopped = cluster(
            &[vec![1.0; 3], vec![1.0; 3], vec![1.0; 3]],
            &[1.0; 3],
            2,
            &|| true,
        );
        assert_eq!(stopped, Err(NmfError::Stopped));
    }

    #[test]
    fn confidence_is_the_share_of_ones_own_group() {
        let likeness = [
            vec![1.0, 0.9, 0.1, 0.3],
            vec![0.9, 1.0, 0.1, 0.4],
            vec![0.1, 0.1, 1.0, 0.6],
            vec![0.3, 0.4, 0.6, 1.0],
        ];
        let found = confidence(&likeness, &[0.25; 4], &[0, 0, 1, 1]);
        let expected = [0.9 / 1.1, 0.9 / 1.15, 0.6 / 0.7, 0.6 / 0.95];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        assert_eq!(confidence(&likeness, &[0.25; 4], &[0; 4]), [1.0; 4]);
        // The louder of a group counts more.
        let found = confidence(&likeness, &[0.1, 0.3, 0.4, 0.2], &[0, 0, 0, 1]);
        let others = (0.1 * 0.3 + 0.3 * 0.4 + 0.4 * 0.6) / 0.8;
        assert!((found[3] - 1.0 / (1.0 + others)).abs() < 1e-12);
    }
}
