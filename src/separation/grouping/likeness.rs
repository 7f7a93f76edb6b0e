//! The pair model: how likely one instrument made two atoms.

use serde::Deserialize;

use super::features::Atom;
use super::pairs::{NAMES, Positions, measures};
use crate::separation::SeparationError;

/// Boosted regression trees (Friedman 2001, "Greedy function approximation"), fitted on synthetic
/// mixtures by `benches/quality/pair_model`.
const TREES: &str = include_str!("pair_model.json");

/// A sum of small decision trees, in log-odds.
#[derive(Debug, Deserialize)]
struct PairModel {
    names: Vec<String>,
    baseline: f64,
    trees: Vec<Tree>,
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
    fn value(&self, measures: &[f32]) -> f64 {
        let mut node = 0;
        while let Ok(measure) = usize::try_from(self.measure[node]) {
            node = if measures[measure] <= self.value[node] {
                self.left[node]
            } else {
                self.right[node]
            };
        }
        f64::from(self.value[node])
    }
}

/// For each pair of atoms the probability, 0 to 1, that they belong together; 1 on the diagonal.
pub(in crate::separation) fn likeness(
    atoms: &[Atom],
    weights: &[f64],
) -> Result<Vec<Vec<f64>>, SeparationError> {
    let model: PairModel =
        serde_json::from_str(TREES).map_err(|error| SeparationError::Model(error.to_string()))?;
    if model.names != NAMES {
        return Err(SeparationError::Model("it has other measures".into()));
    }
    let positions = Positions::of(atoms, weights);
    let alike = |i: usize, j: usize| {
        if i == j {
            return 1.0;
        }
        let measures = measures(atoms, &positions, i.max(j), i.min(j));
        let odds: f64 = model.trees.iter().map(|tree| tree.value(&measures)).sum();
        1.0 / (1.0 + (-(odds + model.baseline)).exp())
    };
    let count = atoms.len();
    let likeness = (0..count)
        .map(|i| (0..count).map(|j| alike(i, j)).collect())
        .collect();
    Ok(likeness)
}
