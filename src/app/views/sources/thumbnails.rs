//! Small pictures of templates and activations.

use std::sync::Arc;

use eframe::egui::Context;

use crate::app::jobs::{Task, Waker};
use crate::separation::Factors;
use crate::spectral::Axes;

/// Points of a small template.
const TEMPLATE: usize = 56;
/// Points of a small activation.
const ACTIVATION: usize = 96;
/// The frequencies of a small template, in Hz, on a logarithmic axis.
const LOWEST: f64 = 40.0;
const HIGHEST: f64 = 16_000.0;
/// Factors of so many values are gone through while drawing, larger ones on another thread.
const AT_ONCE: usize = 1 << 20;

/// Small pictures of all components of some factors.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) struct Thumbnails {
    components: usize,
    /// For each component the largest value of its template around each point.
    templates: Vec<f32>,
    /// For each component the largest value of its activation around each point.
    activations: Vec<f32>,
    /// For each component the mean of its activation.
    levels: Vec<f32>,
}

impl Thumbnails {
    /// Goes once through both factors.
    pub fn of(factors: &Factors, axes: Axes) -> Self {
        let components = factors.components();
        let w = factors.templates();
        let templates = (0..components)
            .flat_map(|k| small_template(w.column(k), axes))
            .collect();
        let h = factors.activations();
        let frames = h.cols();
        let mut activations = vec![0.0f32; components * ACTIVATION];
        let mut levels = vec![0.0f32; components];
        for n in 0..frames {
            let point = n * ACTIVATION / frames.max(1);
            for (k, &value) in h.column(n).iter().enumerate() {
                let place = &mut activations[k * ACTIVATION + point];
                *place = place.max(value);
                levels[k] += value;
            }
        }
        if frames < ACTIVATION {
            stretch(&mut activations, frames);
        }
        levels
            .iter_mut()
            .for_each(|level| *level /= frames.max(1) as f32);
        Self {
            components,
            templates,
            activations,
            levels,
        }
    }

    /// Number of components.
    pub fn components(&self) -> usize {
        self.components
    }

    /// The template of these atoms together, each as loud as it is on average.
    pub fn template(&self, atoms: &[usize]) -> Vec<f32> {
        self.sum(&self.templates, TEMPLATE, atoms, |k| self.levels[k])
    }

    /// The activation of these atoms together.
    pub fn activation(&self, atoms: &[usize]) -> Vec<f32> {
        self.sum(&self.activations, ACTIVATION, atoms, |_| 1.0)
    }

    fn sum(
        &self,
        of: &[f32],
        points: usize,
        atoms: &[usize],
        weight: impl Fn(usize) -> f32,
    ) -> Vec<f32> {
        let mut sum = vec![0.0; points];
        for &k in atoms.iter().filter(|&&k| k < self.components) {
            let weight = weight(k);
            for (sum, value) in sum.iter_mut().zip(&of[k * points..(k + 1) * points]) {
                *sum += weight * value;
            }
        }
        sum
    }
}

/// The largest value of a template around each of the points between the frequencies shown; where
/// bins are farther apart than points, what lies on the line between them.
fn small_template(template: &[f32], axes: Axes) -> impl Iterator<Item = f32> + '_ {
    let octaves = (HIGHEST / LOWEST).log2();
    let bin = move |point: f64| {
        let hz = LOWEST * (octaves * point / (TEMPLATE - 1) as f64).exp2();
        axes.bin(hz)
    };
    let value = |bin: f64| {
        let (at, share) = (bin.max(0.0) as usize, bin.max(0.0).fract() as f32);
        let value = |at: usize| template.get(at).copied().unwrap_or(0.0);
        value(at) * (1.0 - share) + value(at + 1) * share
    };
    (0..TEMPLATE).map(move |point| {
        let (low, high) = (bin(point as f64 - 0.5), bin(point as f64 + 0.5));
        let inside = (low.ceil().max(0.0) as usize)..=(high.floor().max(0.0) as usize);
        template
            .iter()
            .take(inside.end() + 1)
            .skip(*inside.start())
            .copied()
            .fold(value(bin(point as f64)), f32::max)
    })
}

/// Fills the points between those that few frames have filled.
fn stretch(activations: &mut [f32], frames: usize) {
    for points in activations.chunks_exact_mut(ACTIVATION) {
        let filled = points.to_vec();
        for (point, value) in points.iter_mut().enumerate() {
            let frame = point * frames / ACTIVATION;
            *value = filled[frame * ACTIVATION / frames.max(1)];
        }
    }
}

/// The thumbnails of the factors that were last asked for.
#[derive(Default)]
pub(in crate::app) struct ThumbnailCache {
    ready: Option<(Arc<Factors>, Arc<Thumbnails>)>,
    waiting: Option<(Arc<Factors>, Task<Thumbnails>)>,
}

impl ThumbnailCache {
    /// The thumbnails of these factors. While those of large factors are being made, these are
    /// the ones before, if they have as many components.
    pub fn of(
        &mut self,
        ctx: &Context,
        factors: &Arc<Factors>,
        axes: Axes,
    ) -> Option<Arc<Thumbnails>> {
        self.take_up();
        let is = |known: &Arc<Factors>| Arc::ptr_eq(known, factors);
        if !self.ready.as_ref().is_some_and(|(known, _)| is(known)) {
            let values =
                factors.activations().as_slice().len() + factors.templates().as_slice().len();
            if values <= AT_ONCE {
                let made = Arc::new(Thumbnails::of(factors, axes));
                self.ready = Some((Arc::clone(factors), made));
                self.waiting = None;
            } else if self.waiting.is_none() {
                self.begin(ctx, factors, axes);
            }
        }
        let (_, thumbnails) = self.ready.as_ref()?;
        (thumbnails.components() == factors.components()).then(|| Arc::clone(thumbnails))
    }

    fn take_up(&mut self) {
        let result = self.waiting.as_ref().and_then(|(_, task)| task.poll());
        if let Some(result) = result
            && let Some((factors, _)) = self.waiting.take()
            && let Ok(thumbnails) = result
        {
            self.ready = Some((factors, Arc::new(thumbnails)));
        }
    }

    fn begin(&mut self, ctx: &Context, factors: &Arc<Factors>, axes: Axes) {
        let window = ctx.clone();
        let wake: Waker = Arc::new(move || window.request_repaint());
        let work = Arc::clone(factors);
        let task = Task::spawn("thumbnails", wake, move |_| Thumbnails::of(&work, axes));
        self.waiting = Some((Arc::clone(factors), task));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nmf::Matrix;

    const AXES: Axes = Axes {
        rate: 44_100,
        size: 2048,
        hop: 512,
    };

    fn factors(frames: usize) -> Factors {
        let bin = |k: usize| if k == 0 { 10 } else { 200 };
        let w = Matrix::from_fn(1025, 2, |f, k| if f == bin(k) { 1.0 } else { 0.0 });
        let h = Matrix::from_fn(2, frames, |k, n| if k == 0 { 1.0 } else { n as f32 });
        Factors::new(w, h).unwrap()
    }

    #[test]
    fn a_line_stands_where_its_frequency_is() {
        let small = Thumbnails::of(&factors(500), AXES);
        let top = |atom: usize| {
            let points = small.template(&[atom]);
            let largest = points.iter().copied().fold(0.0, f32::max);
            points.iter().position(|x| *x == largest).unwrap()
        };
        let place = |hz: f64| {
            let share = (hz / LOWEST).log2() / (HIGHEST / LOWEST).log2();
            (share * (TEMPLATE - 1) as f64).round() as usize
        };
        assert!(top(0).abs_diff(place(AXES.hz(10.0))) <= 1);
        assert_eq!(top(1), place(AXES.hz(200.0)));
    }

    #[test]
    fn an_activation_keeps_its_shape_however_long_it_is() {
        for frames in [1, 7, 95, 96, 97, 5000] {
            let small = Thumbnails::of(&factors(frames), AXES);
            let ramp = small.activation(&[1]);
            assert_eq!(ramp.len(), ACTIVATION);
            assert!(
                ramp.windows(2).all(|pair| pair[0] <= pair[1]),
                "{frames}: {ramp:?}"
            );
            assert_eq!(ramp[ACTIVATION - 1], (frames - 1) as f32, "{frames}");
            assert!(small.activation(&[0]).iter().all(|x| *x == 1.0), "{frames}");
        }
    }

    #[test]
    fn a_source_is_the_sum_of_its_atoms_and_atoms_that_are_not_there_count_for_nothing() {
        let small = Thumbnails::of(&factors(500), AXES);
        let sum: Vec<f32> = small
            .activation(&[0])
            .iter()
            .zip(small.activation(&[1]))
            .map(|(a, b)| a + b)
            .collect();
        assert_eq!(small.activation(&[0, 1, 9]), sum);
    }

    #[test]
    fn large_factors_are_gone_through_on_another_thread() {
        let ctx = Context::default();
        let mut cache = ThumbnailCache::default();
        let small = Arc::new(factors(100));
        assert!(cache.of(&ctx, &small, AXES).is_some());
        let large = Arc::new(factors(AT_ONCE));
        let before = cache.of(&ctx, &large, AXES).unwrap();
        assert_eq!(*before, Thumbnails::of(&small, AXES));
        let expected = Thumbnails::of(&large, AXES);
        while *cache.of(&ctx, &large, AXES).unwrap() != expected {
            std::thread::yield_now();
        }
    }
}
