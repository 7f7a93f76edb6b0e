//! The tree of which components join first.

use serde::{Deserialize, Serialize};

use super::votes::go_on;
use crate::nmf::{NmfError, Stop};

/// One joint of the tree: the two nodes that it joins, and how alike they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merge {
    /// Two nodes: below the number of components a component, from there on the result of an
    /// earlier merge.
    pub nodes: [usize; 2],
    /// Mean likeness, 0 to 1, of the components of the two.
    pub likeness: f64,
}

/// Components joined two by two until one group is left (average linkage).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dendrogram {
    components: usize,
    merges: Vec<Merge>,
}

impl Dendrogram {
    /// Joins the components of each group first, then the groups. `likeness` is symmetric,
    /// `weights` say how much each component counts in the mean.
    ///
    /// # Errors
    /// [`NmfError::Stopped`] when it is stopped.
    pub(in crate::separation) fn new(
        likeness: Vec<Vec<f64>>,
        weights: &[f64],
        labels: &[usize],
        stop: Stop<'_>,
    ) -> Result<Self, NmfError> {
        let components = labels.len();
        let mut rest = Rest {
            likeness,
            labels,
            left: (0..components).collect(),
        };
        let mut weights: Vec<f64> = weights.iter().map(|w| w.max(1e-12)).collect();
        // The node that each row stands for by now.
        let mut nodes: Vec<usize> = (0..components).collect();
        let mut nearest: Vec<Option<Near>> = (0..components).map(|a| rest.nearest(a)).collect();
        let mut merges = Vec::new();
        while let Some((a, near)) = rest.best(&nearest) {
            go_on(stop)?;
            let b = near.row;
            rest.join(a, b, weights[a], weights[b]);
            weights[a] += weights[b];
            merges.push(Merge {
                nodes: [nodes[a], nodes[b]],
                likeness: near.likeness,
            });
            nodes[a] = components + merges.len() - 1;
            for &row in &rest.left {
                let lost = nearest[row].is_some_and(|near| near.row == a || near.row == b);
                // A mean is no nearer than the nearer of the two but for what rounding adds.
                if row == a || lost || (row < a && rest.near(row, a).comes_before(nearest[row])) {
                    nearest[row] = rest.nearest(row);
                }
            }
        }
        Ok(Self { components, merges })
    }

    /// Whether it is a tree of so many components, for one that was read from a file.
    #[must_use]
    pub fn fits(&self, components: usize) -> bool {
        let mut joined = vec![false; components + self.merges.len()];
        self.components == components
            && self.merges.len() + 1 == components
            && self.merges.iter().enumerate().all(|(i, merge)| {
                let [a, b] = merge.nodes;
                let known = a.max(b) < components + i && a != b;
                known
                    && !std::mem::replace(&mut joined[a], true)
                    && !std::mem::replace(&mut joined[b], true)
            })
    }

    /// The joints, in their order.
    #[must_use]
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// The components in `groups` groups (at least 1, at most one for each component): the tree
    /// without its last joints. Groups are in the order of their first component.
    #[must_use]
    pub fn cut(&self, groups: usize) -> Vec<Vec<usize>> {
        let done = self.components.saturating_sub(groups.max(1));
        let mut nodes: Vec<Vec<usize>> = (0..self.components).map(|k| vec![k]).collect();
        for merge in self.merges.iter().take(done) {
            let mut joined = Vec::new();
            for node in merge.nodes {
                joined.append(&mut nodes[node]);
            }
            joined.sort_unstable();
            nodes.push(joined);
        }
        let mut groups: Vec<Vec<usize>> = nodes.into_iter().filter(|n| !n.is_empty()).collect();
        groups.sort_unstable_by_key(|members| members[0]);
        groups
    }
}

/// The nearest of the rows behind one.
#[derive(Clone, Copy)]
struct Near {
    /// Whether both are of one group: then they join before all that are not.
    same: bool,
    likeness: f64,
    row: usize,
}

impl Near {
    /// As [`is_before`](Self::is_before), and of equally near rows the first.
    fn comes_before(&self, other: Option<Self>) -> bool {
        other.is_none_or(|other| {
            let (mine, its) = ((self.same, self.likeness), (other.same, other.likeness));
            mine > its || (mine == its && self.row < other.row)
        })
    }

    fn is_before(&self, other: Option<&Self>) -> bool {
        other.is_none_or(|other| (self.same, self.likeness) > (other.same, other.likeness))
    }
}

/// What is left to be joined.
struct Rest<'a> {
    likeness: Vec<Vec<f64>>,
    labels: &'a [usize],
    /// Rows that stand for themselves or for what has been joined, rising.
    left: Vec<usize>,
}

impl Rest<'_> {
    fn near(&self, a: usize, row: usize) -> Near {
        Near {
            same: self.labels[a] == self.labels[row],
            likeness: self.likeness[a][row],
            row,
        }
    }

    /// The nearest row behind `a`, the first of equally near ones.
    fn nearest(&self, a: usize) -> Option<Near> {
        let mut best: Option<Near> = None;
        let from = self.left.partition_point(|&row| row <= a);
        for &row in &self.left[from..] {
            let near = self.near(a, row);
            if near.is_before(best.as_ref()) {
                best = Some(near);
            }
        }
        best
    }

    /// The two nearest of all, the first of equally near ones.
    fn best(&self, nearest: &[Option<Near>]) -> Option<(usize, Near)> {
        let mut best: Option<(usize, Near)> = None;
        for &row in &self.left {
            if let Some(near) = nearest[row]
                && near.is_before(best.as_ref().map(|(_, near)| near))
            {
                best = Some((row, near));
            }
        }
        best
    }

    /// Lets the row `a` stand for both.
    fn join(&mut self, a: usize, b: usize, weight_a: f64, weight_b: f64) {
        let (row_a, row_b) = (self.likeness[a].clone(), self.likeness[b].clone());
        for (c, (x, y)) in row_a.iter().zip(&row_b).enumerate() {
            let mean = (weight_a * x + weight_b * y) / (weight_a + weight_b);
            self.likeness[a][c] = mean;
            self.likeness[c][a] = mean;
        }
        self.left.retain(|&row| row != b);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cuts_join_alike_components_and_keep_groups_whole() {
        let near = |a: usize, b: usize| if a / 2 == b / 2 { 0.9 } else { 0.1 };
        let likeness: Vec<Vec<f64>> = (0..6)
            .map(|a| (0..6).map(|b| near(a, b)).collect())
            .collect();
        let tree = Dendrogram::new(likeness, &[1.0; 6], &[0, 0, 1, 1, 1, 1], &|| false).unwrap();
        assert_eq!(tree.cut(6).len(), 6);
        assert_eq!(tree.cut(3), [[0, 1], [2, 3], [4, 5]]);
        assert_eq!(tree.cut(2), [vec![0, 1], vec![2, 3, 4, 5]]);
        assert_eq!(tree.cut(1), [[0, 1, 2, 3, 4, 5]]);
        assert_eq!(tree.cut(0), tree.cut(1));
        let nothing = Dendrogram::new(Vec::new(), &[], &[], &|| false).unwrap();
        assert!(nothing.cut(3).is_empty());
    }

    /// All pairs looked at before every merge.
    fn plainly(mut likeness: Vec<Vec<f64>>, weights: &[f64], labels: &[usize]) -> Vec<Merge> {
        let mut weights = weights.to_vec();
        let mut left: Vec<(usize, usize)> = (0..labels.len()).map(|k| (k, k)).collect();
        let mut merges = Vec::new();
        while left.len() > 1 {
            let pairs = (0..left.len()).flat_map(|i| (i + 1..left.len()).map(move |j| (i, j)));
            let value = |&(i, j): &(usize, usize)| {
                let (a, b) = (left[i].1, left[j].1);
                (labels[a] == labels[b], likeness[a][b])
            };
            // The first of equal ones.
            let best = pairs.reduce(|best, pair| {
                if value(&pair) > value(&best) {
                    pair
                } else {
                    best
                }
            });
            let (i, j) = best.unwrap();
            let ((node_a, a), (node_b, b)) = (left[i], left[j]);
            merges.push(Merge {
                nodes: [node_a, node_b],
                likeness: likeness[a][b],
            });
            let [row_a, row_b] = [a, b].map(|row| likeness[row].clone());
            for (c, (x, y)) in row_a.iter().zip(&row_b).enumerate() {
                let mean = (weights[a] * x + weights[b] * y) / (weights[a] + weights[b]);
                likeness[a][c] = mean;
                likeness[c][a] = mean;
            }
            weights[a] += weights[b];
            left.remove(j);
            left[i] = (labels.len() + merges.len() - 1, a);
        }
        merges
    }

    proptest! {
        #[test]
        fn the_tree_is_that_of_looking_at_all_pairs(
            // Few values, so that many are equal.
            values in prop::collection::vec(0..6u8, 120),
            labels in prop::collection::vec(0..3usize, 1..15),
            weights in prop::collection::vec(1..4u8, 15),
        ) {
            let count = labels.len();
            let value = |i: usize, j: usize| f64::from(values[i.max(j) * 15 / 2 % 8 + i.min(j) * 8]) / 5.0;
            let row = |i| (0..count).map(|j| if i == j { 1.0 } else { value(i, j) }).collect();
            let likeness: Vec<Vec<f64>> = (0..count).map(row).collect();
            let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            let found = Dendrogram::new(likeness.clone(), &weights, &labels, &|| false).unwrap();
            prop_assert_eq!(found.merges(), plainly(likeness, &weights, &labels));
            prop_assert!(found.fits(count));
        }
    }
}
