//! Many slightly different clusterings vote on the group of each atom.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::clusters::cluster;
use super::likeness::Likelihoods;
use crate::assignment::assign;

/// Clusterings that vote. The seeds are part of the algorithm.
const VOTERS: u64 = 24;
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

/// Deals atoms to `groups` groups by evidence accumulation (Fred & Jain 2005, "Combining multiple
/// clusterings using evidence accumulation"): each clustering hears some of the trees, and weighs
/// the atoms in its own way. How often two atoms come together is clustered again; then the groups
/// of each clustering are matched with these, and vote. An uncertain atom is shared by its groups,
/// which is what the mean over all clusterings would do with it.
pub(in crate::separation) fn vote(
    likelihoods: &Likelihoods,
    energies: &[f64],
    weights: &[f64],
    groups: usize,
) -> Votes {
    let count = energies.len();
    let voters: Vec<Vec<usize>> = (0..VOTERS)
        .map(|voter| {
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
            cluster(&likeness, &own, groups)
        })
        .collect();
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
    let labels = cluster(&likeness, weights, groups);
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
    Votes { labels, shares }
}
