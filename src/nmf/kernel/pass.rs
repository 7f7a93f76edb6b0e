//! What one thread does with one chunk of frames, and the update of the templates after all.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::aligned::Aligned;
use super::elementary::power;
use super::ln::LogSums;
use super::prefetch::prefetch;
use super::tiles::{self, Activations, Values};

/// Values of a template do not fall below this share of its sum, unless they are 0: far below what
/// is heard, far above the denormal numbers that processors are slow with, and a component that a
/// frame or a bin needs again can grow from it.
pub(super) const TEMPLATE_FLOOR: f32 = 1e-15;
/// Chunks and blocks are cut at multiples of this many frames: whole tiles of both kinds.
pub(super) const FRAME_STEP: usize = 12;
/// Panels worked on together: their templates and ratios stay in the first-level cache.
const GROUP_PANELS: usize = 16;
/// Block sums of activations (frames × components vectors) that still fit beside them.
const BLOCK_SUMS: usize = 384;

/// What all chunks share.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub bins: usize,
    pub components: usize,
    pub epsilon: f32,
    /// To which power the factors of an update are raised, 1 to 2.
    pub exponent: f32,
}

/// A chunk of frames, its share of the sums, and its scratch.
pub(super) struct Chunk {
    pub frames: Range<usize>,
    /// Σ (V/WH) Hᵀ over the frames of the chunk, packed as the templates are.
    pub numerator: Aligned,
    /// Σ H over the frames of the chunk, one value for each component.
    pub h_sum: Vec<f64>,
    /// Σ V ln(V/WH) + WH over the chunk, before the update.
    pub divergence: f64,
    block: usize,
    ratios: Aligned,
    sums: Aligned,
    factors: Vec<f32>,
    v_tail: Aligned,
}

impl Chunk {
    pub(super) fn new(
        frames: Range<usize>,
        packed: usize,
        components: usize,
        lanes: usize,
    ) -> Self {
        let block = (BLOCK_SUMS / components / FRAME_STEP).clamp(1, 2) * FRAME_STEP;
        Self {
            frames,
            numerator: Aligned::zeros(packed),
            h_sum: vec![0.0; components],
            divergence: 0.0,
            block,
            ratios: Aligned::zeros(GROUP_PANELS * block * lanes),
            sums: Aligned::zeros(block * components * lanes),
            factors: vec![0.0; block * components],
            v_tail: Aligned::zeros(block * lanes),
        }
    }
}

/// The pass over one chunk: updates the activations (`H`), sums up the numerators of the templates
/// (`W`), measures the divergence before that, or several of these.
pub(super) struct Pass<'a, const H: bool, const W: bool, const MEASURE: bool> {
    pub shape: Shape,
    /// The frames of the chunk, `bins` values each.
    pub v: &'a [f32],
    /// The packed templates.
    pub w: &'a [f32],
    /// The activations of the chunk, updated in place.
    pub h: &'a mut [f32],
    pub chunk: &'a mut Chunk,
}

impl<const H: bool, const W: bool, const MEASURE: bool> WithSimd for Pass<'_, H, W, MEASURE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            shape:
                Shape {
                    bins,
                    components,
                    epsilon,
                    exponent,
                },
            v,
            w,
            h,
            chunk,
        } = self;
        let w = S::as_simd_f32s(w).0;
        let numerator = S::as_mut_simd_f32s(chunk.numerator.as_mut_slice()).0;
        let scratch = S::as_mut_simd_f32s(chunk.ratios.as_mut_slice()).0;
        let sums = S::as_mut_simd_f32s(chunk.sums.as_mut_slice()).0;
        numerator.fill(simd.splat_f32s(0.0));
        chunk.h_sum.fill(0.0);
        chunk.divergence = 0.0;

        let mut rest = v;
        for h in h.chunks_mut(chunk.block * components) {
            let v;
            (v, rest) = rest.split_at(h.len() / components * bins);
            let frames = h.len() / components;
            let sums = &mut sums[..frames * components];
            // The last, incomplete panel of each frame, padded with zeros.
            let tail = &mut chunk.v_tail.as_mut_slice()[..frames * S::F32_LANES];
            for (tail, frame) in S::as_mut_simd_f32s(tail)
                .0
                .iter_mut()
                .zip(v.chunks_exact(bins))
            {
                *tail = simd.partial_load_f32s(S::as_simd_f32s(frame).1);
            }
            let tail = Values {
                data: tail,
                stride: S::F32_LANES,
            };

            sums.fill(simd.splat_f32s(0.0));
            let old = Activations {
                h,
                components,
                frames,
            };
            let first_look = groups::<S>(w.len() / components, bins).take(if H || MEASURE {
                usize::MAX
            } else {
                0
            });
            for group in first_look {
                let values = group.values::<S>(v, bins, tail);
                let w = &w[group.panels.start * components..group.panels.end * components];
                for row in rest.chunks_exact(bins).take(chunk.block) {
                    prefetch(
                        &row[group.panels.start * S::F32_LANES
                            ..bins.min(group.panels.end * S::F32_LANES)],
                    );
                }
                let ratios = &mut scratch[..group.panels.len() * frames];
                if MEASURE {
                    let mut logs = LogSums::zero(simd);
                    tiles::ratios(simd, values, w, old, epsilon, ratios, Some(&mut logs));
                    chunk.divergence += logs.total(simd);
                } else {
                    tiles::ratios(simd, values, w, old, epsilon, ratios, None);
                }
                if H {
                    tiles::add_activation_numerators(simd, w, ratios, frames, components, sums);
                }
            }
            if H {
                let factors = &mut chunk.factors[..h.len()];
                for (factor, sum) in factors.iter_mut().zip(sums.iter()) {
                    *factor = simd.reduce_sum_f32s(*sum);
                }
                if exponent != 1.0 {
                    for factor in factors.iter_mut() {
                        *factor = power(*factor, exponent);
                    }
                }
                for (h, factor) in h.iter_mut().zip(factors.iter()) {
                    *h *= factor;
                }
            }
            if !W {
                continue;
            }
            for h in h.chunks_exact(components) {
                for (sum, &h) in chunk.h_sum.iter_mut().zip(h) {
                    *sum += f64::from(h);
                }
            }

            let new = Activations {
                h,
                components,
                frames,
            };
            for group in groups::<S>(w.len() / components, bins) {
                let values = group.values::<S>(v, bins, tail);
                let packed = group.panels.start * components..group.panels.end * components;
                let ratios = &mut scratch[..group.panels.len() * frames];
                tiles::ratios(simd, values, &w[packed.clone()], new, epsilon, ratios, None);
                tiles::add_template_numerators(simd, new, ratios, &mut numerator[packed]);
            }
        }
    }
}

/// Panels that are worked on together.
struct Group {
    panels: Range<usize>,
    /// `false` for the one panel that reaches beyond the last bin.
    whole: bool,
}

impl Group {
    /// The values of its panels in a block `v`; the incomplete one is in `tail`.
    #[inline(always)]
    fn values<'a, S: Simd>(&self, v: &'a [f32], bins: usize, tail: Values<'a>) -> Values<'a> {
        if self.whole {
            Values {
                data: &v[self.panels.start * S::F32_LANES..],
                stride: bins,
            }
        } else {
            tail
        }
    }
}

/// The groups that cover all panels: whole ones first, the incomplete one alone.
#[inline(always)]
fn groups<S: Simd>(panels: usize, bins: usize) -> impl Iterator<Item = Group> {
    let whole = bins / S::F32_LANES;
    (0..whole)
        .step_by(GROUP_PANELS)
        .map(move |start| Group {
            panels: start..whole.min(start + GROUP_PANELS),
            whole: true,
        })
        .chain((whole < panels).then_some(Group {
            panels: whole..panels,
            whole: false,
        }))
}

/// `W ← W · numerator`, brought to unit sum.
///
/// Returns the factor that each component's activations take over. A component that no frame uses
/// any more keeps its template; one that is used in silence alone keeps its form too, and its
/// activations become 0.
pub(super) struct TemplateUpdate<'a> {
    pub components: usize,
    /// To which power the factor of each value is raised, 1 to 2.
    pub exponent: f32,
    pub w: &'a mut [f32],
    pub chunks: &'a mut [Chunk],
}

impl WithSimd for TemplateUpdate<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let k = self.components;
        let Some((first, others)) = self.chunks.split_first_mut() else {
            return vec![1.0; k];
        };
        let h_sums: Vec<f64> = (0..k)
            .map(|c| first.h_sum[c] + others.iter().map(|o| o.h_sum[c]).sum::<f64>())
            .collect();
        for other in others.iter() {
            let total = first.numerator.as_mut_slice().iter_mut();
            for (t, o) in total.zip(other.numerator.as_slice()) {
                *t += o;
            }
        }
        if self.exponent != 1.0 {
            for row in first
                .numerator
                .as_mut_slice()
                .chunks_exact_mut(k * S::F32_LANES)
            {
                for (lanes, sum) in row.chunks_exact_mut(S::F32_LANES).zip(&h_sums) {
                    let inverse = if *sum > 0.0 { (1.0 / sum) as f32 } else { 0.0 };
                    for t in lanes {
                        *t = power(*t * inverse, self.exponent);
                    }
                }
            }
        }
        let w = S::as_mut_simd_f32s(self.w).0;
        let total = S::as_mut_simd_f32s(first.numerator.as_mut_slice()).0;
        let mut column = vec![simd.splat_f32s(0.0); k];
        for (total, w) in total.chunks_exact_mut(k).zip(w.chunks_exact(k)) {
            for ((t, w), c) in total.iter_mut().zip(w).zip(&mut column) {
                *t = simd.mul_f32s(*t, *w);
                *c = simd.add_f32s(*c, *t);
            }
        }
        let mut scale = vec![1.0; k];
        let mut inverse = vec![None; k];
        for (c, column) in column.iter().enumerate() {
            let h_sum = h_sums[c];
            let sum = simd.reduce_sum_f32s(*column);
            if h_sum > 0.0 && sum.is_finite() {
                scale[c] = if self.exponent == 1.0 {
                    (f64::from(sum) / h_sum) as f32
                } else {
                    sum
                };
                inverse[c] = (sum > 0.0).then_some(1.0 / sum);
            }
        }
        let floor = simd.splat_f32s(TEMPLATE_FLOOR);
        let zero = simd.splat_f32s(0.0);
        for (total, w) in total.chunks_exact(k).zip(w.chunks_exact_mut(k)) {
            for ((t, w), inverse) in total.iter().zip(w).zip(&inverse) {
                if let Some(inverse) = inverse {
                    let new = simd.mul_f32s(*t, simd.splat_f32s(*inverse));
                    let positive = simd.greater_than_f32s(*w, zero);
                    *w = simd.select_f32s(positive, simd.max_f32s(new, floor), zero);
                }
            }
        }
        scale
    }
}

/// Brings the templates to unit sum; returns what the sums were.
pub(super) struct Normalize<'a> {
    pub components: usize,
    pub w: &'a mut [f32],
}

impl WithSimd for Normalize<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let w = S::as_mut_simd_f32s(self.w).0;
        let mut column = vec![simd.splat_f32s(0.0); self.components];
        for w in w.chunks_exact(self.components) {
            for (c, w) in column.iter_mut().zip(w) {
                *c = simd.add_f32s(*c, *w);
            }
        }
        let sums: Vec<f32> = column.iter().map(|c| simd.reduce_sum_f32s(*c)).collect();
        let (floor, zero) = (simd.splat_f32s(TEMPLATE_FLOOR), simd.splat_f32s(0.0));
        for w in w.chunks_exact_mut(self.components) {
            for (w, sum) in w.iter_mut().zip(&sums) {
                let new = simd.mul_f32s(*w, simd.splat_f32s(1.0 / sum));
                let positive = simd.greater_than_f32s(*w, zero);
                *w = simd.select_f32s(positive, simd.max_f32s(new, floor), zero);
            }
        }
        sums
    }
}

/// Multiplies row `k` of column-major `h` by `scale[k]`; values between 0 and `floor` become it.
pub(super) fn scale_rows(h: &mut [f32], scale: &[f32], floor: f32) {
    // The pattern is repeated, so that the loop is long enough to be vectorized for small K.
    let pattern = scale.repeat(64);
    for h in h.chunks_mut(pattern.len()) {
        for (h, s) in h.iter_mut().zip(&pattern) {
            let x = *h * s;
            *h = if x > 0.0 { x.max(floor) } else { 0.0 };
        }
    }
}
