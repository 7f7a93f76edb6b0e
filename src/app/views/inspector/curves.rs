//! Templates and activations, and the extremes of any stretch of them.

use std::sync::Arc;

use crate::separation::Factors;

/// Values that one value of the coarser level stands for.
const BLOCK: usize = 64;

/// Values and, for each block of them, the smallest and the largest.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Curve {
    values: Vec<f32>,
    blocks: Vec<(f32, f32)>,
    top: f32,
}

impl Curve {
    pub fn new(values: Vec<f32>) -> Self {
        let blocks: Vec<(f32, f32)> = values.chunks(BLOCK).map(extremes).collect();
        let top = blocks.iter().map(|(_, high)| *high).fold(0.0, f32::max);
        Self {
            values,
            blocks,
            top,
        }
    }

    /// The values.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The largest value, at least 0.
    pub fn top(&self) -> f32 {
        self.top
    }

    /// The smallest and the largest value from `start` up to `end`, both within the curve and
    /// `start` before `end`. Looks at 128 values and the blocks between at most.
    pub fn between(&self, start: usize, end: usize) -> (f32, f32) {
        let (first, last) = (start.div_ceil(BLOCK), end / BLOCK);
        if first >= last {
            return extremes(&self.values[start..end]);
        }
        let blocks = self.blocks[first..last].iter().copied();
        let ends = [
            extremes(&self.values[start..first * BLOCK]),
            extremes(&self.values[last * BLOCK..end]),
        ];
        blocks.chain(ends).fold(NOTHING, wider)
    }
}

const NOTHING: (f32, f32) = (f32::INFINITY, f32::NEG_INFINITY);

fn wider(a: (f32, f32), b: (f32, f32)) -> (f32, f32) {
    (a.0.min(b.0), a.1.max(b.1))
}

fn extremes(values: &[f32]) -> (f32, f32) {
    values
        .iter()
        .fold(NOTHING, |found, &value| wider(found, (value, value)))
}

/// Template and activation of some atoms together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    /// The mean spectrum: Σ W · mean of H.
    pub template: Curve,
    /// The level in each frame: Σ H, since the templates add up to 1.
    pub activation: Curve,
}

impl Pair {
    fn of(factors: &Factors, atoms: &[usize]) -> Self {
        let (w, h) = (factors.templates(), factors.activations());
        let atoms: Vec<usize> = atoms
            .iter()
            .copied()
            .filter(|&k| k < factors.components())
            .collect();
        let mut levels = vec![0.0f32; atoms.len()];
        let activation: Vec<f32> = (0..h.cols())
            .map(|n| {
                let frame = h.column(n);
                let values = atoms.iter().zip(&mut levels).map(|(&k, level)| {
                    *level += frame[k];
                    frame[k]
                });
                values.sum()
            })
            .collect();
        let mut template = vec![0.0f32; w.rows()];
        for (&k, level) in atoms.iter().zip(&levels) {
            // A silent atom still has a shape.
            let level = if atoms.len() == 1 { 1.0 } else { *level };
            for (sum, value) in template.iter_mut().zip(w.column(k)) {
                *sum += level * value;
            }
        }
        Self {
            template: Curve::new(template),
            activation: Curve::new(activation),
        }
    }
}

/// The pairs that were last asked for.
#[derive(Default)]
pub(super) struct Pairs {
    factors: Option<Arc<Factors>>,
    known: Vec<(Vec<usize>, Arc<Pair>)>,
}

impl Pairs {
    /// The pairs of some sets of atoms of these factors; those of the last call are kept.
    pub fn of<'a>(
        &mut self,
        factors: &Arc<Factors>,
        sets: impl Iterator<Item = &'a [usize]>,
    ) -> Vec<Arc<Pair>> {
        let same = self
            .factors
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, factors));
        if !same {
            self.known.clear();
            self.factors = Some(Arc::clone(factors));
        }
        let known = std::mem::take(&mut self.known);
        self.known = sets
            .map(|atoms| {
                let found = known.iter().find(|(set, _)| set == atoms);
                let pair = found.map_or_else(
                    || Arc::new(Pair::of(factors, atoms)),
                    |(_, pair)| Arc::clone(pair),
                );
                (atoms.to_vec(), pair)
            })
            .collect();
        self.known
            .iter()
            .map(|(_, pair)| Arc::clone(pair))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::nmf::Matrix;

    proptest! {
        #[test]
        fn extremes_of_any_stretch_are_those_of_its_values(
            values in prop::collection::vec(0.0..9.0f32, 1..700),
            a in 0.0..1.0f64,
            b in 0.0..1.0f64,
        ) {
            let at = |share: f64| (share * values.len() as f64) as usize;
            let (start, end) = (at(a).min(at(b)), at(a).max(at(b)) + 1);
            let end = end.min(values.len());
            let curve = Curve::new(values.clone());
            prop_assert_eq!(curve.between(start, end), extremes(&values[start..end]));
        }
    }

    #[test]
    fn pairs_are_made_once_for_the_same_factors_and_atoms() {
        let w = Matrix::from_fn(3, 2, |f, k| (f + k) as f32);
        let h = Matrix::from_fn(2, 4, |k, n| (n * (k + 1)) as f32);
        let factors = Arc::new(Factors::new(w, h).unwrap());
        let mut pairs = Pairs::default();
        let sets: [&[usize]; 2] = [&[0], &[0, 1]];
        let first = pairs.of(&factors, sets.into_iter());
        assert_eq!(first[0].template.values(), [0.0, 1.0, 2.0]);
        assert_eq!(first[1].activation.values(), [0.0, 3.0, 6.0, 9.0]);
        let second = pairs.of(&factors, [sets[1]].into_iter());
        assert!(Arc::ptr_eq(&first[1], &second[0]));
    }
}
