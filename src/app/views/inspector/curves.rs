//! Templates and activations, and the extremes of any stretch of them.

use std::sync::Arc;

use eframe::egui::Context;

use crate::app::jobs::{Task, Waker};
use crate::separation::Factors;

/// Activations of so many values are gone through while drawing, larger ones on another thread.
const AT_ONCE: usize = 1 << 20;
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
    pub fn of(factors: &Factors, atoms: &[usize]) -> Self {
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

    /// Nothing, in the place of something.
    fn silent(factors: &Factors) -> Self {
        let (bins, frames) = shape(factors);
        Self {
            template: Curve::new(vec![0.0; bins]),
            activation: Curve::new(vec![0.0; frames]),
        }
    }
}

/// The pairs that were last asked for.
#[derive(Default)]
pub(super) struct Pairs {
    factors: Option<Arc<Factors>>,
    known: Vec<(Vec<usize>, Arc<Pair>)>,
    waiting: Option<Waiting>,
}

/// Pairs that are being made.
struct Waiting {
    factors: Arc<Factors>,
    sets: Vec<Vec<usize>>,
    task: Task<Vec<Arc<Pair>>>,
}

impl Pairs {
    /// The pairs of some sets of atoms of these factors; those of the last call are kept. While
    /// those of large factors are being made, a set has what it had in the factors before, or
    /// silence.
    pub fn of<'a>(
        &mut self,
        ctx: &Context,
        factors: &Arc<Factors>,
        sets: impl Iterator<Item = &'a [usize]>,
    ) -> Vec<Arc<Pair>> {
        self.take_up();
        let sets: Vec<Vec<usize>> = sets.map(<[usize]>::to_vec).collect();
        let same = |known: &Arc<Factors>| Arc::ptr_eq(known, factors);
        let same = self.factors.as_ref().is_some_and(same);
        let found = |set: &Vec<usize>| self.known(set).filter(|_| same);
        let found: Vec<Option<Arc<Pair>>> = sets.iter().map(found).collect();
        let missing = found.iter().filter(|pair| pair.is_none()).count();
        if missing * factors.activations().as_slice().len() <= AT_ONCE {
            let pairs = completed(factors, &sets, found);
            self.keep(Arc::clone(factors), sets, &pairs);
            self.waiting = None;
            return pairs;
        }
        let alike = |known: &Arc<Factors>| shape(known) == shape(factors);
        let alike = self.factors.as_ref().is_some_and(alike);
        let shown = |set: &Vec<usize>| {
            let before = self.known(set).filter(|_| alike);
            before.unwrap_or_else(|| Arc::new(Pair::silent(factors)))
        };
        let shown = sets.iter().map(shown).collect();
        if self.waiting.as_ref().is_none_or(|job| job.sets != sets) {
            self.begin(ctx, factors, sets, found);
        }
        shown
    }

    fn known(&self, set: &[usize]) -> Option<Arc<Pair>> {
        let known = self.known.iter().find(|(known, _)| known == set);
        known.map(|(_, pair)| Arc::clone(pair))
    }

    fn keep(&mut self, factors: Arc<Factors>, sets: Vec<Vec<usize>>, pairs: &[Arc<Pair>]) {
        self.factors = Some(factors);
        self.known = sets.into_iter().zip(pairs.iter().cloned()).collect();
    }

    fn take_up(&mut self) {
        let result = self.waiting.as_ref().and_then(|job| job.task.poll());
        if let Some(result) = result
            && let Some(Waiting { factors, sets, .. }) = self.waiting.take()
            && let Ok(pairs) = result
        {
            self.keep(factors, sets, &pairs);
        }
    }

    fn begin(
        &mut self,
        ctx: &Context,
        factors: &Arc<Factors>,
        sets: Vec<Vec<usize>>,
        found: Vec<Option<Arc<Pair>>>,
    ) {
        let window = ctx.clone();
        let wake: Waker = Arc::new(move || window.request_repaint());
        let (work, wanted) = (Arc::clone(factors), sets.clone());
        let task = Task::spawn("curves", wake, move |_| completed(&work, &wanted, found));
        self.waiting = Some(Waiting {
            factors: Arc::clone(factors),
            sets,
            task,
        });
    }
}

/// All pairs, of which some have been found before.
fn completed(
    factors: &Factors,
    sets: &[Vec<usize>],
    found: Vec<Option<Arc<Pair>>>,
) -> Vec<Arc<Pair>> {
    let pair = |(set, found): (&Vec<usize>, Option<Arc<Pair>>)| {
        found.unwrap_or_else(|| Arc::new(Pair::of(factors, set)))
    };
    sets.iter().zip(found).map(pair).collect()
}

fn shape(factors: &Factors) -> (usize, usize) {
    (factors.templates().rows(), factors.activations().cols())
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
        let (ctx, mut pairs) = (Context::default(), Pairs::default());
        let sets: [&[usize]; 2] = [&[0], &[0, 1]];
        let first = pairs.of(&ctx, &factors, sets.into_iter());
        assert_eq!(first[0].template.values(), [0.0, 1.0, 2.0]);
        assert_eq!(first[1].activation.values(), [0.0, 3.0, 6.0, 9.0]);
        let second = pairs.of(&ctx, &factors, [sets[1]].into_iter());
        assert!(Arc::ptr_eq(&first[1], &second[0]));
    }

    #[test]
    fn large_factors_are_gone_through_on_another_thread() {
        let large = |gain: f32| {
            let w = Matrix::from_fn(3, 2, |f, k| (f + k) as f32);
            let h = Matrix::from_fn(2, AT_ONCE, |k, n| gain * ((n % 7) * (k + 1)) as f32);
            Arc::new(Factors::new(w, h).unwrap())
        };
        let (ctx, mut pairs) = (Context::default(), Pairs::default());
        let (set, one): (&[usize], _) = (&[1], large(1.0));
        let silent = pairs.of(&ctx, &one, [set].into_iter());
        assert_eq!(*silent[0], Pair::silent(&one));
        let expected = Pair::of(&one, set);
        while *pairs.of(&ctx, &one, [set].into_iter())[0] != expected {
            std::thread::yield_now();
        }
        let first = pairs.of(&ctx, &one, [set].into_iter());
        // Others come to those that are known, which stay.
        let other: &[usize] = &[0];
        let both = pairs.of(&ctx, &one, [set, other].into_iter());
        assert!(Arc::ptr_eq(&both[0], &first[0]));
        let expected = Pair::of(&one, other);
        while *pairs.of(&ctx, &one, [set, other].into_iter())[1] != expected {
            std::thread::yield_now();
        }
        let both = pairs.of(&ctx, &one, [set, other].into_iter());
        assert!(Arc::ptr_eq(&both[0], &first[0]));
        // Those of other factors come in the place of the ones before.
        let two = large(2.0);
        let before = pairs.of(&ctx, &two, [set].into_iter());
        assert!(Arc::ptr_eq(&before[0], &first[0]));
        let expected = Pair::of(&two, set);
        while *pairs.of(&ctx, &two, [set].into_iter())[0] != expected {
            std::thread::yield_now();
        }
    }
}
