//! Many slightly different clusterings vote on the group of each atom.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::clusters::{best_number, cluster};
use super::likeness::Likelihoods;
use crate::assignment::assign;
use crate::nmf::{NmfError, Stop};

/// Clusterings that vote. The seeds are part of the algorithm.
const VOTERS: u64 = 24;
/// How many of them the number of groups must satisfy: a few more than half, since a sound that is cut
/// in two is more easily mended than two that are one.
const HEEDED: usize = 14;
/// Share of the trees that each of them hears.
const HEARD: f64 = 0.7;
/// How strongly the log-odds count.
const SHARPNESS: [f64; 3] = [0.6, 1.0, 1.6];
/// How energy counts: its power.
const LOUDNESS: [f64; 3] = [0.25, 0.35, 0.5];

/// The groups, and how the votes for them are spread.
pub(in crate::separation) struct Votes {
    /// The group of each atom, from the clusterings as a whole.
    pub labels: Vec<usize>,
    /// For each atom the share of the votes for each group; the sum is 1.
    pub shares: Vec<Vec<f64>>,
}

impl Votes {
    /// Those of a single clustering.
    pub fn of_one(labels: Vec<usize>, groups: usize) -> Self {
        let share = |label: usize| {
            (0..groups)
                .map(|g| f64::from(u8::from(g == label)))
                .collect()
        };
        Self {
            shares: labels.iter().map(|&label| share(label)).collect(),
            labels,
        }
    }
}

/// Deals atoms to `groups` groups by evidence accumulation (Fred & Jain 2005, "Combining multiple
/// clusterings using evidence accumulation"): each clustering hears some of the trees, and weighs
/// the atoms in its own way. How often two atoms come together is clustered again; then the groups
/// of each clustering are matched with these, and vote. An uncertain atom is shared by its groups,
/// which is what the mean over all clusterings would do with it.
///
/// # Errors
/// [`NmfError::Stopped`] when it is stopped.
pub(in crate::separation) fn vote(
    likelihoods: &Likelihoods,
    energies: &[f64],
    weights: &[f64],
    groups: usize,
    stop: Stop<'_>,
) -> Result<Votes, NmfError> {
    let count = energies.len();
    let voters = asked(likelihoods, energies, stop, |likeness, own| {
        cluster(likeness, own, groups, stop)
    })?;
    let together = |a: usize, b: usize| {
        let same = voters
            .iter()
            .filter(|labels| labels[a] == labels[b])
            .count();
        same as f64 / voters.len() as f64
    };
    let likeness: Vec<Vec<f64>> = (0..count)
        .map(|a| (0..count).map(|b| together(a, b)).collect())
        .collect();
    let labels = cluster(&likeness, weights, groups, stop)?;
    let mut shares = vec![vec![0.0; groups]; count];
    for voter in &voters {
        let mut common = vec![vec![0.0; groups]; groups];
        for ((&theirs, &ours), weight) in voter.iter().zip(&labels).zip(weights) {
            common[theirs][ours] += weight;
        }
        let matched = assign(groups, groups, |theirs, ours| common[theirs][ours]);
        for (shares, &theirs) in shares.iter_mut().zip(voter) {
            if let Some(ours) = matched[theirs] {
                shares[ours] += 1.0 / VOTERS as f64;
            }
        }
    }
    Ok(Votes { labels, shares })
}

/// How many groups there are, `most` at most: of the voters, each with its own groups, trees and
/// weights, [`HEEDED`] find no more. What a single clustering finds depends on details: a recording
/// that is a little softer can come to another number.
///
/// # Errors
/// [`NmfError::Stopped`] when it is stopped.
pub(super) fn number(
    likelihoods: &Likelihoods,
    energies: &[f64],
    most: usize,
    stop: Stop<'_>,
) -> Result<usize, NmfError> {
    let mut numbers = asked(likelihoods, energies, stop, |likeness, own| {
        best_number(likeness, own, most, stop)
    })?;
    Ok(heeded(&mut numbers))
}

/// The smallest of the numbers that [`HEEDED`] of the voters do not exceed.
fn heeded(numbers: &mut [usize]) -> usize {
    numbers.sort_unstable();
    numbers[HEEDED - 1]
}

/// What each voter says, asked with its own likeness and weights of the atoms.
fn asked<T: Send>(
    likelihoods: &Likelihoods,
    energies: &[f64],
    stop: Stop<'_>,
    ask: impl Fn(&[Vec<f64>], &[f64]) -> Result<T, NmfError> + Sync,
) -> Result<Vec<T>, NmfError> {
    (0..VOTERS)
        .into_par_iter()
        .map(|voter| {
            go_on(stop)?;
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(voter);
            let mut uniform = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
            let heard: Vec<bool> = (0..likelihoods.trees())
                .map(|_| uniform() < HEARD)
                .collect();
            let turn = voter as usize;
            let likeness = likelihoods.of(&heard, SHARPNESS[turn / 3 % 3]);
            // Each atom counts as if it came about once; the product of two uniform numbers has a
            // logarithm with a gamma distribution of shape 2.
            let own: Vec<f64> = energies
                .iter()
                .map(|energy| energy.powf(LOUDNESS[turn % 3]) * -(uniform() * uniform()).ln())
                .collect();
            let sum: f64 = own.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            let own: Vec<f64> = own.into_iter().map(|w| w / sum).collect();
            ask(&likeness, &own)
        })
        .collect()
}

/// Nothing, unless the work is to be given up.
pub(super) fn go_on(stop: Stop<'_>) -> Result<(), NmfError> {
    if stop() {
        Err(NmfError::Stopped)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten trees that agree on two groups of three atoms; of the last atom each second one says
    /// that it belongs to the first group, and the others that it belongs to the second.
    fn likelihoods() -> Likelihoods {
        let odds = |tree: usize, i: usize, j: usize| {
            let group = |k: usize| if k < 6 { k / 3 } else { tree % 2 };
            if group(i) == group(j) { 0.3 } else { -0.3 }
        };
        let pairs = |tree| (0..7).flat_map(move |i| (0..i).map(move |j| odds(tree, i, j)));
        Likelihoods::made_up(7, (0..10).map(|tree| pairs(tree).collect()).collect())
    }

    #[test]
    fn what_is_clear_has_all_votes_and_what_is_not_is_shared() {
        let (energies, weights) = ([1.0; 7], [1.0 / 7.0; 7]);
        let votes = vote(&likelihoods(), &energies, &weights, 2, &|| false).unwrap();
        for (first, second) in [(0, 1), (1, 2), (3, 4), (4, 5)] {
            assert_eq!(votes.labels[first], votes.labels[second]);
        }
        assert_ne!(votes.labels[0], votes.labels[3]);
        for (atom, shares) in votes.shares.iter().enumerate() {
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{atom}");
            let own = shares[votes.labels[atom]];
            if atom < 6 {
                assert!((own - 1.0).abs() < 1e-12, "{atom}: {own}");
            } else {
                assert!((0.2..0.8).contains(&own), "{own}");
            }
        }
        let again = vote(&likelihoods(), &energies, &weights, 2, &|| false).unwrap();
        assert_eq!((again.labels, again.shares), (votes.labels, votes.shares));
    }

    #[test]
    fn the_number_of_groups_is_what_most_voters_find() {
        let found = number(&likelihoods(), &[1.0; 7], 5, &|| false);
        assert_eq!(found, Ok(2));
        // Thirteen for two are not enough against eleven for three.
        let mut split = [[2; 13].as_slice(), &[3; 11]].concat();
        assert_eq!(heeded(&mut split), 3);
        split[13] = 1;
        assert_eq!(heeded(&mut split), 2);
        // Nothing speaks for any two.
        let apart = Likelihoods::made_up(4, vec![vec![-0.3; 6]; 10]);
        assert_eq!(number(&apart, &[1.0; 4], 4, &|| false), Ok(4));
        assert_eq!(
            number(&apart, &[1.0; 4], 4, &|| true),
            Err(NmfError::Stopped)
        );
    }

    #[test]
    fn one_group_has_all_atoms() {
        let votes = vote(&likelihoods(), &[1.0; 7], &[1.0 / 7.0; 7], 1, &|| false).unwrap();
        assert_eq!(votes.labels, [0; 7]);
        assert!(
            votes
                .shares
                .iter()
                .all(|shares| (shares[0] - 1.0).abs() < 1e-12)
        );
    }

    #[test]
    fn they_can_be_given_up() {
        let stopped = vote(&likelihoods(), &[1.0; 7], &[1.0 / 7.0; 7], 2, &|| true);
        assert!(matches!(stopped, Err(NmfError::Stopped)));
    }
}
