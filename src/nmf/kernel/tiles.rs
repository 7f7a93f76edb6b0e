//! The vector loops of the fused pass: register tiles over bins, frames and components.
//!
//! Vectors run over bins. A *panel* is one vector of bins; templates and numerators are packed
//! as `[panel][component]`, ratios as `[panel][frame of the block]`, activations are broadcast.
//! Each tile keeps its sums in registers for the whole of its inner loop; its size follows the
//! number of vector registers, so that nothing spills.

use pulp::Simd;

use super::ln::LogSums;

/// Calls `$body` with the constant `$n` set to the size of each tile that covers `0..$end`.
macro_rules! tiled {
    ($start:ident, $n:ident in $end:expr, [$($size:literal),+], $body:expr) => {{
        let end = $end;
        let mut $start = 0;
        $(while end - $start >= $size {
            const $n: usize = $size;
            $body;
            $start += $size;
        })+
    }};
}

/// Writes `$body` out for `$i` from 0 up to `$n` (a constant, at most 6): the indices are constants
/// in every copy, so arrays of vectors become registers.
macro_rules! unroll {
    ($i:ident < $n:expr, $body:expr) => {{
        unroll!(@ $i, $n, $body, 0);
        unroll!(@ $i, $n, $body, 1);
        unroll!(@ $i, $n, $body, 2);
        unroll!(@ $i, $n, $body, 3);
        unroll!(@ $i, $n, $body, 4);
        unroll!(@ $i, $n, $body, 5);
    }};
    (@ $i:ident, $n:expr, $body:expr, $index:literal) => {
        if $index < $n {
            let $i: usize = $index;
            $body;
        }
    };
}

/// `true` where 32 vector registers allow the large tiles.
const fn many_registers<S: Simd>() -> bool {
    S::REGISTER_COUNT >= 32
}

/// Some panels of `V` for the frames of a block: frame `n` begins at `data[n * stride]`.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    pub data: &'a [f32],
    pub stride: usize,
}

impl<'a> Values<'a> {
    /// `P` panels from `panel` on of one frame.
    #[inline(always)]
    fn panels<S: Simd, const P: usize>(self, frame: usize, panel: usize) -> &'a [S::f32s] {
        let row = &self.data[frame * self.stride + panel * S::F32_LANES..][..P * S::F32_LANES];
        &S::as_simd_f32s(row).0[..P]
    }
}

/// The activations of a block: `components` values for each of `frames`.
#[derive(Clone, Copy)]
pub(super) struct Activations<'a> {
    pub h: &'a [f32],
    pub components: usize,
    pub frames: usize,
}

/// `ratios[panel][frame] = V / (W·H + ε)` for the panels in `w`; `logs` takes the sums of the
/// divergence along.
#[inline(always)]
pub(super) fn ratios<S: Simd>(
    simd: S,
    values: Values<'_>,
    w: &[S::f32s],
    h: Activations<'_>,
    epsilon: f32,
    ratios: &mut [S::f32s],
    mut logs: Option<&mut LogSums<S>>,
) {
    let panels = w.len() / h.components;
    if many_registers::<S>() {
        tiled!(p, P in panels, [4, 1], tiled!(n, N in h.frames, [6, 1], {
            ratio_tile::<S, P, N>(simd, values, w, h, epsilon, ratios, logs.as_deref_mut(), p, n);
        }));
    } else {
        tiled!(p, P in panels, [2, 1], tiled!(n, N in h.frames, [4, 1], {
            ratio_tile::<S, P, N>(simd, values, w, h, epsilon, ratios, logs.as_deref_mut(), p, n);
        }));
    }
}

#[inline(always)]
#[expect(
    clippy::too_many_arguments,
    reason = "one tile of `ratios`, with its corner"
)]
fn ratio_tile<S: Simd, const P: usize, const N: usize>(
    simd: S,
    values: Values<'_>,
    w: &[S::f32s],
    h: Activations<'_>,
    epsilon: f32,
    ratios: &mut [S::f32s],
    logs: Option<&mut LogSums<S>>,
    panel: usize,
    frame: usize,
) {
    let k = h.components;
    let zero = simd.splat_f32s(0.0);
    let mut w_rows: [&[S::f32s]; P] = [&[]; P];
    unroll!(i < P, w_rows[i] = &w[(panel + i) * k..][..k]);
    let mut h_rows: [&[f32]; N] = [&[]; N];
    unroll!(j < N, h_rows[j] = &h.h[(frame + j) * k..][..k]);
    let mut model = [[simd.splat_f32s(epsilon); N]; P];
    for c in 0..k {
        let mut w_c = [zero; P];
        unroll!(i < P, w_c[i] = w_rows[i][c]);
        unroll!(j < N, {
            let h = simd.splat_f32s(h_rows[j][c]);
            unroll!(
                i < P,
                model[i][j] = simd.mul_add_e_f32s(w_c[i], h, model[i][j])
            );
        });
    }
    let mut ratio = model;
    unroll!(j < N, {
        let v = values.panels::<S, P>(frame + j, panel);
        unroll!(i < P, ratio[i][j] = simd.div_f32s(v[i], model[i][j]));
    });
    unroll!(i < P, {
        let row = &mut ratios[(panel + i) * h.frames + frame..][..N];
        unroll!(j < N, row[j] = ratio[i][j]);
    });
    if let Some(logs) = logs {
        unroll!(j < N, {
            let v = values.panels::<S, P>(frame + j, panel);
            unroll!(i < P, logs.add(simd, v[i], model[i][j], ratio[i][j]));
        });
    }
}

/// `models[panel][frame] = W·H + ε` for the panels in `w`.
#[inline(always)]
pub(super) fn models<S: Simd>(
    simd: S,
    w: &[S::f32s],
    h: Activations<'_>,
    epsilon: f32,
    models: &mut [S::f32s],
) {
    let panels = w.len() / h.components;
    if many_registers::<S>() {
        tiled!(p, P in panels, [4, 1], tiled!(n, N in h.frames, [6, 1], {
            model_tile::<S, P, N>(simd, w, h, epsilon, models, p, n);
        }));
    } else {
        tiled!(p, P in panels, [2, 1], tiled!(n, N in h.frames, [4, 1], {
            model_tile::<S, P, N>(simd, w, h, epsilon, models, p, n);
        }));
    }
}

#[inline(always)]
fn model_tile<S: Simd, const P: usize, const N: usize>(
    simd: S,
    w: &[S::f32s],
    h: Activations<'_>,
    epsilon: f32,
    models: &mut [S::f32s],
    panel: usize,
    frame: usize,
) {
    let k = h.components;
    let zero = simd.splat_f32s(0.0);
    let mut w_rows: [&[S::f32s]; P] = [&[]; P];
    unroll!(i < P, w_rows[i] = &w[(panel + i) * k..][..k]);
    let mut h_rows: [&[f32]; N] = [&[]; N];
    unroll!(j < N, h_rows[j] = &h.h[(frame + j) * k..][..k]);
    let mut model = [[simd.splat_f32s(epsilon); N]; P];
    for c in 0..k {
        let mut w_c = [zero; P];
        unroll!(i < P, w_c[i] = w_rows[i][c]);
        unroll!(j < N, {
            let h = simd.splat_f32s(h_rows[j][c]);
            unroll!(
                i < P,
                model[i][j] = simd.mul_add_e_f32s(w_c[i], h, model[i][j])
            );
        });
    }
    unroll!(i < P, {
        let row = &mut models[(panel + i) * h.frames + frame..][..N];
        unroll!(j < N, row[j] = model[i][j]);
    });
}

/// `sums[frame][component] += Σ over panels of ratio · W`, lane by lane.
#[inline(always)]
pub(super) fn add_activation_numerators<S: Simd>(
    simd: S,
    w: &[S::f32s],
    ratios: &[S::f32s],
    frames: usize,
    components: usize,
    sums: &mut [S::f32s],
) {
    if many_registers::<S>() {
        tiled!(n, N in frames, [6, 1], tiled!(c, C in components, [4, 1], {
            activation_tile::<S, N, C>(simd, w, ratios, frames, components, sums, n, c);
        }));
    } else {
        tiled!(n, N in frames, [2, 1], tiled!(c, C in components, [4, 1], {
            activation_tile::<S, N, C>(simd, w, ratios, frames, components, sums, n, c);
        }));
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "one tile, with its corner")]
fn activation_tile<S: Simd, const N: usize, const C: usize>(
    simd: S,
    w: &[S::f32s],
    ratios: &[S::f32s],
    frames: usize,
    components: usize,
    sums: &mut [S::f32s],
    n: usize,
    c: usize,
) {
    let mut sum = [[simd.splat_f32s(0.0); C]; N];
    unroll!(j < N, {
        let row = &sums[(n + j) * components + c..][..C];
        unroll!(i < C, sum[j][i] = row[i]);
    });
    for (w, r) in w.chunks_exact(components).zip(ratios.chunks_exact(frames)) {
        let w = &w[c..][..C];
        let r = &r[n..][..N];
        unroll!(j < N, {
            unroll!(
                i < C,
                sum[j][i] = simd.mul_add_e_f32s(w[i], r[j], sum[j][i])
            );
        });
    }
    unroll!(j < N, {
        let row = &mut sums[(n + j) * components + c..][..C];
        unroll!(i < C, row[i] = sum[j][i]);
    });
}

/// `numerator[panel][component] += Σ over frames of ratio · H`.
#[inline(always)]
pub(super) fn add_template_numerators<S: Simd>(
    simd: S,
    h: Activations<'_>,
    ratios: &[S::f32s],
    numerator: &mut [S::f32s],
) {
    let panels = numerator.len() / h.components;
    if many_registers::<S>() {
        tiled!(p, P in panels, [4, 1], tiled!(c, C in h.components, [4, 1], {
            template_tile::<S, P, C>(simd, h, ratios, numerator, p, c);
        }));
    } else {
        tiled!(p, P in panels, [2, 1], tiled!(c, C in h.components, [4, 1], {
            template_tile::<S, P, C>(simd, h, ratios, numerator, p, c);
        }));
    }
}

#[inline(always)]
fn template_tile<S: Simd, const P: usize, const C: usize>(
    simd: S,
    h: Activations<'_>,
    ratios: &[S::f32s],
    numerator: &mut [S::f32s],
    p: usize,
    c: usize,
) {
    let (k, frames) = (h.components, h.frames);
    let zero = simd.splat_f32s(0.0);
    let mut r: [&[S::f32s]; P] = [&[]; P];
    unroll!(i < P, r[i] = &ratios[(p + i) * frames..][..frames]);
    let mut sum = [[zero; C]; P];
    unroll!(i < P, {
        let row = &numerator[(p + i) * k + c..][..C];
        unroll!(j < C, sum[i][j] = row[j]);
    });
    for (n, h) in (0..frames).zip(h.h.chunks_exact(k)) {
        let h = &h[c..][..C];
        let mut r_n = [zero; P];
        unroll!(i < P, r_n[i] = r[i][n]);
        unroll!(j < C, {
            let h = simd.splat_f32s(h[j]);
            unroll!(i < P, sum[i][j] = simd.mul_add_e_f32s(r_n[i], h, sum[i][j]));
        });
    }
    unroll!(i < P, {
        let row = &mut numerator[(p + i) * k + c..][..C];
        unroll!(j < C, row[j] = sum[i][j]);
    });
}
