//! The tree of which components join first.

use serde::{Deserialize, Serialize};

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
    pub(in crate::separation) fn new(
        likeness: &[Vec<f64>],
        weights: &[f64],
        labels: &[usize],
    ) -> Self {
        let components = labels.len();
        let mut likeness = likeness.to_vec();
        let mut weights: Vec<f64> = weights.iter().map(|w| w.max(1e-12)).collect();
        // Node, group, and row of what is left.
        let mut left: Vec<(usize, usize, usize)> =
            labels.iter().enumerate().map(|(k, &l)| (k, l, k)).collect();
        let mut merges = Vec::new();
        while left.len() > 1 {
            let mut best: Option<(bool, f64, usize, usize)> = None;
            for i in 0..left.len() {
                for j in i + 1..left.len() {
                    let same = left[i].1 == left[j].1;
                    let value = likeness[left[i].2][left[j].2];
                    let better = best.is_none_or(|(s, v, ..)| (same, value) > (s, v));
                    if better {
                        best = Some((same, value, i, j));
                    }
                }
            }
            let Some((_, value, i, j)) = best else { break };
            let (a, b) = (left[i], left[j]);
            let (wa, wb) = (weights[a.2], weights[b.2]);
            let (row_a, row_b) = (likeness[a.2].clone(), likeness[b.2].clone());
            for (c, (x, y)) in row_a.iter().zip(&row_b).enumerate() {
                let mean = (wa * x + wb * y) / (wa + wb);
                likeness[a.2][c] = mean;
                likeness[c][a.2] = mean;
            }
            weights[a.2] += wb;
            left.remove(j);
            left[i] = (components + merges.len(), a.1, a.2);
            merges.push(Merge {
                nodes: [a.0, b.0],
                likeness: value,
            });
        }
        Self { components, merges }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_join_alike_components_and_keep_groups_whole() {
        let near = |a: usize, b: usize| if a / 2 == b / 2 { 0.9 } else { 0.1 };
        let likeness: Vec<Vec<f64>> = (0..6)
            .map(|a| (0..6).map(|b| near(a, b)).collect())
            .collect();
        let tree = Dendrogram::new(&likeness, &[1.0; 6], &[0, 0, 1, 1, 1, 1]);
        assert_eq!(tree.cut(6).len(), 6);
        assert_eq!(tree.cut(3), [[0, 1], [2, 3], [4, 5]]);
        assert_eq!(tree.cut(2), [vec![0, 1], vec![2, 3, 4, 5]]);
        assert_eq!(tree.cut(1), [[0, 1, 2, 3, 4, 5]]);
        assert_eq!(tree.cut(0), tree.cut(1));
        assert!(Dendrogram::new(&[], &[], &[]).cut(3).is_empty());
    }
}
