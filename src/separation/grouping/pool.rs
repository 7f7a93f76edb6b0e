//! Atoms of several factorizations of the same recording.

use std::ops::ControlFlow;

use crate::nmf::{
    Channels, Matrix, NmfError, Settings, Stop, Stopped, TensorFactorization, TensorModel,
    TensorStep, factorize_tensor,
};

/// Factorizes `v` into each of `counts` components: where one run has cut a sound in two, or two in
/// one, another has not. `watch` sees each step, and the fraction that is done with it; where it
/// breaks, what there is by then is all.
pub(in crate::separation) fn runs_of(
    v: &Channels,
    counts: &[usize],
    settings: &Settings,
    stop: Stop<'_>,
    watch: &mut dyn FnMut(f64, &TensorStep<'_>) -> ControlFlow<()>,
) -> Result<Vec<TensorModel>, NmfError> {
    let total: usize = counts.iter().sum();
    let mut models = Vec::with_capacity(counts.len());
    let mut done = 0;
    for &components in counts {
        let settings = Settings {
            components,
            ..settings.clone()
        };
        let run = factorize_tensor(v, &settings, stop, &mut |step| {
            let within = step.iteration() as f64 / settings.iterations.max(1) as f64;
            watch(
                (done as f64 + components as f64 * within) / total as f64,
                step,
            )
        })?;
        done += components;
        let last = run.factorization.stopped == Stopped::ByHook;
        models.push(model(run));
        if last {
            break;
        }
    }
    Ok(models)
}

/// The factors of a factorization alone.
pub(in crate::separation) fn model(run: TensorFactorization) -> TensorModel {
    TensorModel {
        templates: run.factorization.templates,
        activations: run.factorization.activations,
        channel_gains: run.channel_gains,
    }
}

/// One model of the components of all.
pub(in crate::separation) fn side_by_side(models: &[TensorModel]) -> TensorModel {
    let places: Vec<(usize, usize)> = models
        .iter()
        .enumerate()
        .flat_map(|(m, model)| (0..model.templates.cols()).map(move |k| (m, k)))
        .collect();
    let rows = |of: fn(&TensorModel) -> &Matrix| models.first().map_or(0, |m| of(m).rows());
    let frames = models.first().map_or(0, |m| m.activations.cols());
    TensorModel {
        templates: Matrix::from_fn(rows(|m| &m.templates), places.len(), |f, a| {
            models[places[a].0].templates.column(places[a].1)[f]
        }),
        activations: Matrix::from_fn(places.len(), frames, |a, n| {
            models[places[a].0].activations.column(n)[places[a].1]
        }),
        channel_gains: Matrix::from_fn(rows(|m| &m.channel_gains), places.len(), |c, a| {
            models[places[a].0].channel_gains.column(places[a].1)[c]
        }),
    }
}

/// The model of these components alone, in this order.
pub(in crate::separation) fn selected(model: &TensorModel, components: &[usize]) -> TensorModel {
    let columns = |m: &Matrix| {
        Matrix::from_fn(m.rows(), components.len(), |r, k| {
            m.column(components[k])[r]
        })
    };
    TensorModel {
        templates: columns(&model.templates),
        activations: Matrix::from_fn(components.len(), model.activations.cols(), |k, n| {
            model.activations.column(n)[components[k]]
        }),
        channel_gains: columns(&model.channel_gains),
    }
}
