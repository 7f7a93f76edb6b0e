//! The pair model: how likely one instrument made two atoms.

use std::cmp::Ordering;

use serde::Deserialize;

use super::features::Atom;
use super::pairs::{NAMES, Positions, measures};
use super::votes::go_on;
use crate::nmf::{NmfError, Stop};
use crate::separation::SeparationError;

/// Boosted regression trees (Friedman 2001, "Greedy function approximation"), fitted on synthetic
/// mixtures by `benches/quality/pair_model`.
const TREES: &str = include_str!("pair_model.json");

/// Log-odds of a correlation that is larger by 1, and for how many trees it stands, where there are
/// no trees.
const TIMBRE_ODDS: f64 = 8.0;
const TIMBRE_TREES: usize = 16;

/// A sum of small decision trees, in log-odds.
#[derive(Debug, Deserialize)]
struct PairModel {
    names: Vec<String>,
    baseline: f64,
    trees: Vec<Tree>,
}

impl PairModel {
    fn read() -> Result<Self, SeparationError> {
        let model: Self = serde_json::from_str(TREES)
            .map_err(|error| SeparationError::Model(error.to_string()))?;
        if model.names == NAMES {
            Ok(model)
        } else {
            Err(SeparationError::Model("it has other measures".into()))
        }
    }
}

/// The nodes of a tree; a node without children has a value, the others ask for a measure.
#[derive(Debug, Deserialize)]
struct Tree {
    /// Which measure is asked for, or -1 at a leaf.
    measure: Vec<i32>,
    /// Up to this the answer is in the left child; at a leaf, its value.
    value: Vec<f32>,
    left: Vec<usize>,
    right: Vec<usize>,
}

impl Tree {
    fn value(&self, measures: &[f32]) -> f32 {
        let mut node = 0;
        while let Ok(measure) = usize::try_from(self.measure[node]) {
            node = if measures[measure] <= self.value[node] {
                self.left[node]
            } else {
                self.right[node]
            };
        }
        self.value[node]
    }
}

/// What each tree says of each pair of atoms.
pub(in crate::separation) struct Likelihoods {
    atoms: usize,
    baseline: f64,
    /// Tree after tree, the pairs (1, 0), (2, 0), (2, 1), (3, 0) and so on.
    odds: Vec<Vec<f32>>,
}

impl Likelihoods {
    /// Asks all trees of all pairs.
    ///
    /// # Errors
    /// [`NmfError::Stopped`] when it is stopped, and a model that cannot be used.
    pub fn new(atoms: &[Atom], weights: &[f64], stop: Stop<'_>) -> Result<Self, SeparationError> {
        let model = PairModel::read()?;
        let positions = Positions::of(atoms, weights);
        let mut odds = vec![Vec::new(); model.trees.len()];
        for i in 0..atoms.len() {
            go_on(stop)?;
            for j in 0..i {
                let measures = measures(atoms, &positions, i, j);
                for (odds, tree) in odds.iter_mut().zip(&model.trees) {
                    odds.push(tree.value(&measures));
                }
            }
        }
        Ok(Self {
            atoms: atoms.len(),
            baseline: model.baseline,
            odds,
        })
    }

    /// What [`all`](Self::all) trees say together. What each of them says is not held: of many atoms
    /// that would be much.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn together(
        atoms: &[Atom],
        weights: &[f64],
        stop: Stop<'_>,
    ) -> Result<Vec<Vec<f64>>, SeparationError> {
        let model = PairModel::read()?;
        let positions = Positions::of(atoms, weights);
        let likeness = |i: usize, j: usize| {
            let measures = measures(atoms, &positions, i, j);
            let trees = model.trees.iter();
            let sum: f64 = trees.map(|tree| f64::from(tree.value(&measures))).sum();
            probability(sum + model.baseline)
        };
        let row = |i| {
            go_on(stop)?;
            Ok((0..i).map(|j| likeness(i, j)).collect())
        };
        let lower = (0..atoms.len()).map(row);
        Ok(mirrored(&lower.collect::<Result<Vec<_>, NmfError>>()?))
    }

    /// Without the trees: the correlation of mel spectra, which speaks for a pair above one half.
    pub fn of_timbre(atoms: &[Atom]) -> Self {
        let odds = |i: usize, j: usize| {
            let pairs = atoms[i].mel.iter().zip(&atoms[j].mel);
            let correlation: f64 = pairs.map(|(a, b)| a * b).sum();
            TIMBRE_ODDS * (correlation - 0.5) / TIMBRE_TREES as f64
        };
        let pairs = (0..atoms.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        let one: Vec<f32> = pairs.map(|(i, j)| odds(i, j) as f32).collect();
        Self {
            atoms: atoms.len(),
            baseline: 0.0,
            odds: vec![one; TIMBRE_TREES],
        }
    }

    /// What trees say that are made up: for each of them the log-odds of all pairs.
    #[cfg(test)]
    pub fn made_up(atoms: usize, odds: Vec<Vec<f32>>) -> Self {
        Self {
            atoms,
            baseline: 0.0,
            odds,
        }
    }

    /// What all trees say together: for each pair of atoms the probability, 0 to 1, that they belong
    /// together; 1 on the diagonal.
    pub fn all(&self) -> Vec<Vec<f64>> {
        self.of(&vec![true; self.trees()], 1.0)
    }

    /// Number of trees.
    pub fn trees(&self) -> usize {
        self.odds.len()
    }

    /// For each pair of atoms the probability, 0 to 1, that they belong together; 1 on the
    /// diagonal. Only some trees are heard, as if they stood for all, and the log-odds are taken
    /// times `sharpness`.
    pub fn of(&self, heard: &[bool], sharpness: f64) -> Vec<Vec<f64>> {
        let count = heard.iter().filter(|&&heard| heard).count().max(1);
        let scale = self.odds.len() as f64 / count as f64;
        let likeness = |pair: usize| {
            let trees = self.odds.iter().zip(heard).filter(|(_, heard)| **heard);
            let sum: f64 = trees.map(|(odds, _)| f64::from(odds[pair])).sum();
            probability(sharpness * (scale * sum + self.baseline))
        };
        let row = |i: usize| {
            let first = i * i.saturating_sub(1) / 2;
            (0..i).map(|j| likeness(first + j)).collect()
        };
        mirrored(&(0..self.atoms).map(row).collect::<Vec<_>>())
    }
}

/// A whole likeness of its lower half, with 1 on the diagonal.
fn mirrored(lower: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let value = |i: usize, j: usize| match i.cmp(&j) {
        Ordering::Greater => lower[i][j],
        Ordering::Equal => 1.0,
        Ordering::Less => lower[j][i],
    };
    let row = |i| (0..lower.len()).map(|j| value(i, j)).collect();
    (0..lower.len()).map(row).collect()
}

/// The probability of log-odds.
fn probability(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nmf::Matrix;
    use crate::separation::grouping::features;
    use crate::spectral::{Axes, StftSettings};

    #[test]
    fn all_trees_say_the_same_whether_each_is_held_or_not() {
        let w = Matrix::from_fn(257, 5, |f, k| 1.0 / (1.0 + f.abs_diff(9 * k * k) as f32));
        let h = Matrix::from_fn(5, 90, |k, n| ((n * (k + 2)) as f32).sin().abs());
        let gains = Matrix::from_fn(2, 5, |c, k| if (c + k) % 2 == 0 { 0.8 } else { 0.2 });
        let axes = Axes::new(StftSettings::default(), 44_100);
        let atoms = features::measure(&w, &h, &gains, axes, 0.5);
        let weights = [0.1, 0.3, 0.2, 0.25, 0.15];
        let held = Likelihoods::new(&atoms, &weights, &|| false).unwrap().all();
        let summed = Likelihoods::together(&atoms, &weights, &|| false).unwrap();
        assert_eq!(held, summed);
        assert!(summed[1][0] > 0.0 && summed[1][0] < 1.0);
        assert!(Likelihoods::together(&atoms, &weights, &|| true).is_err());
    }
}
