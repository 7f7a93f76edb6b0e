//! What one thread does with one chunk of frames.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::penalties::Penalties;
use super::rule::Rule;
use crate::nmf::kernel::aligned::Aligned;
use crate::nmf::kernel::pass::FRAME_STEP;
use crate::nmf::kernel::tiles::{self, Activations};

/// Panels worked on together: what is kept of them stays near the processor.
const GROUP_PANELS: usize = 8;
/// Frames of a block.
const BLOCK: usize = 2 * FRAME_STEP;

/// What all chunks share.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    pub rule: Rule,
    /// Bins of all channels.
    pub bins: usize,
    pub components: usize,
    /// What values are multiplied by.
    pub scale: f32,
    /// What scaled values count as, at least.
    pub least: f32,
    /// Added to each model.
    pub epsilon: f32,
    /// `WᵀW`, components × components, where the rule asks for it.
    pub gram: &'a [f32],
    /// Penalties on the activations, with Kullback–Leibler only.
    pub penalties: Option<&'a Penalties<'a>>,
}

/// What a pass is made for.
#[derive(Clone, Copy)]
pub(super) struct Goals {
    pub activations: bool,
    pub templates: bool,
    pub measure: bool,
}

/// A chunk of frames, its share of the sums, and its scratch.
pub(super) struct Chunk {
    pub frames: Range<usize>,
    /// Σ (V · Yᵝ⁻²) Hᵀ over the frames of the chunk, packed as the templates are.
    pub numerator: Aligned,
    /// Σ Yᵝ⁻¹ Hᵀ in the same form, where the rule asks for it.
    pub denominator: Aligned,
    /// Σ H, one value for each component.
    pub h_sum: Vec<f64>,
    /// Σ HHᵀ, components × components, where the rule asks for it.
    pub h_gram: Vec<f64>,
    /// Σ d(V|Y) of the scaled values, before the update.
    pub divergence: f64,
    values: Aligned,
    models: Aligned,
    weighted: Aligned,
    up: Aligned,
    down: Aligned,
    /// The scaled activations of a block.
    h: Vec<f32>,
}

impl Chunk {
    pub fn new(
        rule: Rule,
        frames: Range<usize>,
        packed: usize,
        components: usize,
        lanes: usize,
    ) -> Self {
        let group = GROUP_PANELS * BLOCK * lanes;
        let models = rule.weighs_models();
        let gram = rule == Rule::Euclidean;
        Self {
            frames,
            numerator: Aligned::zeros(packed),
            denominator: Aligned::zeros(if models { packed } else { 0 }),
            h_sum: vec![0.0; components],
            h_gram: vec![0.0; if gram { components * components } else { 0 }],
            divergence: 0.0,
            values: Aligned::zeros(group),
            models: Aligned::zeros(group),
            weighted: Aligned::zeros(group),
            up: Aligned::zeros(BLOCK * components * lanes),
            down: Aligned::zeros(BLOCK * components * lanes),
            h: vec![0.0; BLOCK * components],
        }
    }
}

/// The pass over one chunk.
pub(super) struct Pass<'a> {
    pub shape: Shape<'a>,
    pub goals: Goals,
    /// The frames of the chunk, `bins` values each.
    pub v: &'a [f32],
    /// The packed templates.
    pub w: &'a [f32],
    /// The activations of the chunk, updated in place.
    pub h: &'a mut [f32],
    pub chunk: &'a mut Chunk,
}

impl WithSimd for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            shape,
            goals,
            v,
            w,
            h,
            chunk,
        } = self;
        let (bins, components) = (shape.bins, shape.components);
        chunk.numerator.as_mut_slice().fill(0.0);
        chunk.denominator.as_mut_slice().fill(0.0);
        chunk.h_sum.fill(0.0);
        chunk.h_gram.fill(0.0);
        chunk.divergence = 0.0;
        let blocks = h.chunks_mut(BLOCK * components);
        for (block, (h, v)) in blocks.zip(v.chunks(BLOCK * bins)).enumerate() {
            let frames = v.len() / bins;
            let scaled = &mut chunk.h[..h.len()];
            for (scaled, h) in scaled.iter_mut().zip(h.iter()) {
                *scaled = h * shape.scale;
            }
            let mut work = Work {
                shape,
                v,
                frames,
                values: chunk.values.as_mut_slice(),
                models: chunk.models.as_mut_slice(),
                weighted: chunk.weighted.as_mut_slice(),
            };
            if goals.activations || goals.measure {
                let up = S::as_mut_simd_f32s(chunk.up.as_mut_slice()).0;
                let down = S::as_mut_simd_f32s(chunk.down.as_mut_slice()).0;
                let sums = [
                    &mut up[..frames * components],
                    &mut down[..frames * components],
                ];
                let old = &*scaled;
                chunk.divergence += work.first_look(simd, w, old, goals, sums);
                if goals.activations {
                    let first = chunk.frames.start + block * BLOCK;
                    update(simd, shape, first, [up, down], scaled);
                    let back = 1.0 / shape.scale;
                    for (h, scaled) in h.iter_mut().zip(scaled.iter()) {
                        *h = scaled * back;
                    }
                }
            }
            if !goals.templates {
                continue;
            }
            for h in scaled.chunks_exact(components) {
                for (sum, &h) in chunk.h_sum.iter_mut().zip(h) {
                    *sum += f64::from(h);
                }
                for (sums, &a) in chunk.h_gram.chunks_exact_mut(components).zip(h) {
                    for (sum, &b) in sums.iter_mut().zip(h) {
                        *sum += f64::from(a * b);
                    }
                }
            }
            work.second_look(
                simd,
                w,
                scaled,
                chunk.numerator.as_mut_slice(),
                chunk.denominator.as_mut_slice(),
            );
        }
    }
}

/// A block of frames on its way through the groups of panels.
struct Work<'a> {
    shape: Shape<'a>,
    v: &'a [f32],
    frames: usize,
    values: &'a mut [f32],
    models: &'a mut [f32],
    weighted: &'a mut [f32],
}

impl Work<'_> {
    /// The sums of the activations' update; returns the divergence where it is asked for.
    #[inline(always)]
    fn first_look<S: Simd>(
        &mut self,
        simd: S,
        w: &[f32],
        h: &[f32],
        goals: Goals,
        [up, down]: [&mut [S::f32s]; 2],
    ) -> f64 {
        let (rule, k) = (self.shape.rule, self.shape.components);
        up.fill(simd.splat_f32s(0.0));
        down.fill(simd.splat_f32s(0.0));
        let mut divergence = 0.0;
        for (first, w) in groups::<S>(w, k) {
            let length = self.fill::<S>(first, w.len() / k);
            if goals.measure || rule != Rule::Euclidean {
                self.model(simd, w, h, length);
            }
            divergence += self.weigh(simd, length, goals.measure);
            if goals.activations {
                let p = self.weighted::<S>(length);
                tiles::add_activation_numerators(simd, w, p, self.frames, k, up);
                if rule.weighs_models() {
                    let q = S::as_simd_f32s(&self.models[..length]).0;
                    tiles::add_activation_numerators(simd, w, q, self.frames, k, down);
                }
            }
        }
        divergence
    }

    /// The sums of the templates' update.
    #[inline(always)]
    fn second_look<S: Simd>(
        &mut self,
        simd: S,
        w: &[f32],
        h: &[f32],
        numerator: &mut [f32],
        denominator: &mut [f32],
    ) {
        let (rule, k) = (self.shape.rule, self.shape.components);
        let new = Activations {
            h,
            components: k,
            frames: self.frames,
        };
        let numerator = S::as_mut_simd_f32s(numerator).0;
        let denominator = S::as_mut_simd_f32s(denominator).0;
        for (first, w) in groups::<S>(w, k) {
            let length = self.fill::<S>(first, w.len() / k);
            if rule != Rule::Euclidean {
                self.model(simd, w, h, length);
            }
            self.weigh(simd, length, false);
            let packed = first * k..first * k + w.len();
            let p = self.weighted::<S>(length);
            tiles::add_template_numerators(simd, new, p, &mut numerator[packed.clone()]);
            if rule.weighs_models() {
                let q = S::as_simd_f32s(&self.models[..length]).0;
                tiles::add_template_numerators(simd, new, q, &mut denominator[packed]);
            }
        }
    }

    /// Packs the scaled values of some panels as `[panel][frame]`; returns how many they are.
    ///
    /// Beyond the last bin the values are those of an empty model, whose divergence is 0.
    #[inline(always)]
    fn fill<S: Simd>(&mut self, first: usize, panels: usize) -> usize {
        let (scale, least) = (self.shape.scale, self.shape.least);
        for (frame, v) in self.v.chunks_exact(self.shape.bins).enumerate() {
            let v = &v[first * S::F32_LANES..];
            for panel in 0..panels {
                let v = &v[(panel * S::F32_LANES).min(v.len())..];
                let at = (panel * self.frames + frame) * S::F32_LANES;
                let values = &mut self.values[at..at + S::F32_LANES];
                if v.len() < S::F32_LANES {
                    values.fill(self.shape.epsilon);
                }
                for (value, v) in values.iter_mut().zip(v) {
                    *value = (v * scale).max(least);
                }
            }
        }
        panels * self.frames * S::F32_LANES
    }

    /// What the rule makes of the first values and their models; see [`Rule::look`].
    #[inline(always)]
    fn weigh<S: Simd>(&mut self, simd: S, length: usize, measure: bool) -> f64 {
        let values = S::as_simd_f32s(&self.values[..length]).0;
        let models = S::as_mut_simd_f32s(&mut self.models[..length]).0;
        let weighted = S::as_mut_simd_f32s(&mut self.weighted[..length]).0;
        self.shape
            .rule
            .look(simd, values, models, weighted, measure)
    }

    /// The weighted values, which with the Euclidean distance are the values.
    #[inline(always)]
    fn weighted<S: Simd>(&self, length: usize) -> &[S::f32s] {
        let weighted = match self.shape.rule {
            Rule::Euclidean => &*self.values,
            _ => &*self.weighted,
        };
        S::as_simd_f32s(&weighted[..length]).0
    }

    #[inline(always)]
    fn model<S: Simd>(&mut self, simd: S, w: &[S::f32s], h: &[f32], length: usize) {
        let h = Activations {
            h,
            components: self.shape.components,
            frames: self.frames,
        };
        let models = S::as_mut_simd_f32s(&mut self.models[..length]).0;
        tiles::models(simd, w, h, self.shape.epsilon, models);
    }
}

/// The groups of panels of packed templates: the first panel of each, and its templates.
#[inline(always)]
fn groups<S: Simd>(w: &[f32], components: usize) -> impl Iterator<Item = (usize, &[S::f32s])> {
    let groups = S::as_simd_f32s(w).0.chunks(GROUP_PANELS * components);
    groups.enumerate().map(|(g, w)| (g * GROUP_PANELS, w))
}

/// Updates the scaled activations of a block that begins at frame `first`.
#[inline(always)]
fn update<S: Simd>(
    simd: S,
    shape: Shape<'_>,
    first: usize,
    [up, down]: [&[S::f32s]; 2],
    h: &mut [f32],
) {
    let k = shape.components;
    let mut denominators = vec![1.0; k];
    let mut factors = vec![1.0; k];
    let sums = up.chunks_exact(k).zip(down.chunks_exact(k));
    for (n, (h, (up, down))) in h.chunks_exact_mut(k).zip(sums).enumerate() {
        if shape.rule == Rule::Euclidean {
            for (denominator, row) in denominators.iter_mut().zip(shape.gram.chunks_exact(k)) {
                *denominator = row.iter().zip(h.iter()).map(|(g, h)| g * h).sum();
            }
        } else if shape.rule.weighs_models() {
            for (denominator, down) in denominators.iter_mut().zip(down) {
                *denominator = simd.reduce_sum_f32s(*down);
            }
        }
        for ((factor, up), denominator) in factors.iter_mut().zip(up).zip(&denominators) {
            *factor = shape.rule.factor(simd.reduce_sum_f32s(*up), *denominator);
        }
        if let Some(penalties) = shape.penalties {
            penalties.update(first + n, h, &factors);
        } else {
            for (h, factor) in h.iter_mut().zip(&factors) {
                *h *= factor;
            }
        }
    }
}
