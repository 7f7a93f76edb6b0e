//! The second stage: each source gets atoms of its own, then all are fitted together.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::pool::{model, selected, side_by_side};
use crate::nmf::{
    Channels, Matrix, NmfError, Settings, Stop, Stopped, TensorModel, TensorStep, factorize_tensor,
    factorize_tensor_from,
};

/// Atoms of each source.
pub(in crate::separation) const ATOMS: usize = 20;
/// Atoms below this share of all activations are left out.
const SILENT: f64 = 1e-7;

/// For each group an NTF of what its shares of the atoms take of `v`. Returns the atoms of all groups and the
/// group of each, or `None` where `report`, which is told the fraction that is done, breaks.
pub(in crate::separation) fn atoms_of_groups(
    v: &Channels,
    pool: &TensorModel,
    shares: &[Vec<f64>],
    settings: &Settings,
    stop: Stop<'_>,
    report: &dyn Fn(f64) -> ControlFlow<()>,
) -> Result<Option<(TensorModel, Vec<usize>)>, NmfError> {
    let groups = shares.first().map_or(0, Vec::len);
    let (mut models, mut of) = (Vec::new(), Vec::new());
    for group in 0..groups {
        let share = Channels::new(share(v, pool, shares, group), v.channels())?;
        let settings = Settings {
            components: ATOMS.min(v.bins()).min(v.frames()),
            ..settings.clone()
        };
        let run = factorize_tensor(&share, &settings, stop, &mut |step| {
            let within = step.iteration() as f64 / settings.iterations.max(1) as f64;
            report((group as f64 + within) / groups as f64)
        })?;
        if run.factorization.stopped == Stopped::ByHook {
            return Ok(None);
        }
        models.push(model(run));
        of.extend(std::iter::repeat_n(group, settings.components));
    }
    let all = side_by_side(&models);
    let mut loudness = vec![0.0_f64; of.len()];
    for frame in all.activations.as_slice().chunks_exact(of.len().max(1)) {
        for (sum, &h) in loudness.iter_mut().zip(frame) {
            *sum += f64::from(h);
        }
    }
    let least = SILENT * loudness.iter().sum::<f64>();
    // A group keeps at least one atom, so that there are as many sources as were asked for.
    let kept: Vec<usize> = (0..of.len())
        .filter(|&k| loudness[k] > least || k == 0 || of[k] != of[k - 1])
        .collect();
    let labels = kept.iter().map(|&k| of[k]).collect();
    Ok(Some((selected(&all, &kept), labels)))
}

/// Fits all atoms to `v` together; the atoms of a source keep common gains.
pub(in crate::separation) fn fit_together(
    v: &Channels,
    start: &TensorModel,
    labels: &[usize],
    settings: &Settings,
    stop: Stop<'_>,
    hook: &mut dyn FnMut(&TensorStep<'_>) -> ControlFlow<()>,
) -> Result<crate::nmf::TensorFactorization, NmfError> {
    factorize_tensor_from(v, start, Some(labels), settings, stop, hook)
}

/// What a group takes of `v`: the soft mask of its shares of the atoms times `v`.
fn share(v: &Channels, pool: &TensorModel, shares: &[Vec<f64>], group: usize) -> Matrix {
    let (bins, rows) = (v.bins(), v.stacked().rows());
    let mut share = v.stacked().clone();
    share
        .as_mut_slice()
        .par_chunks_mut(rows)
        .enumerate()
        .for_each_init(
            || (vec![0.0_f32; rows], vec![0.0_f32; rows]),
            |(own, all), (n, values)| {
                own.fill(0.0);
                all.fill(0.0);
                for (a, shares) in shares.iter().enumerate() {
                    let share = shares[group] as f32;
                    let h = pool.activations.column(n)[a];
                    let template = pool.templates.column(a);
                    for (c, &gain) in pool.channel_gains.column(a).iter().enumerate() {
                        let level = h * gain;
                        let part = c * bins..(c + 1) * bins;
                        add(&mut all[part.clone()], template, level);
                        if share > 0.0 {
                            add(&mut own[part], template, level * share);
                        }
                    }
                }
                for ((x, own), all) in values.iter_mut().zip(own.iter()).zip(all.iter()) {
                    *x *= if *all > f32::MIN_POSITIVE {
                        own / all
                    } else {
                        0.0
                    };
                }
            },
        );
    share
}

fn add(sum: &mut [f32], template: &[f32], level: f32) {
    for (sum, &w) in sum.iter_mut().zip(template) {
        *sum += w * level;
    }
}
