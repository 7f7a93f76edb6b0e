//! Several starts of one factorization: the best is kept, the others tell how stable it is.

use std::ops::ControlFlow;

use super::pipeline::reordered;
use super::{Cancel, Phase, Progress};
use crate::assignment::assign;
use crate::nmf::{self, Factorization, Init, Matrix, NmfError, Stopped};

/// The result with the lowest divergence of all starts, and the stability of its components.
pub(super) struct Best {
    /// Its components have the places of those of the first result that they match.
    pub factorization: Factorization,
    /// For each component the mean of the cosines with its matches in all other results.
    pub stability: Vec<f64>,
}

impl Best {
    /// The result of one start, of whose stability nothing is known.
    pub fn only(factorization: Factorization) -> Self {
        Self {
            factorization,
            stability: Vec::new(),
        }
    }
}

/// Factorizes `v` again from `more` random starts, with the seeds that follow that of `settings`,
/// and compares the results with `first`. The lowest divergence wins, the earliest of equal ones.
pub(super) fn best_of(
    v: &Matrix,
    settings: &nmf::Settings,
    first: Factorization,
    more: usize,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Best, NmfError> {
    let mut found = vec![first];
    for start in 1..=more {
        let settings = nmf::Settings {
            init: Init::Random,
            seed: settings.seed.wrapping_add(start as u64),
            ..settings.clone()
        };
        let limit = settings.iterations.max(1);
        let stop = || cancel.is_cancelled();
        let next = nmf::factorize_until(v, &settings, &stop, &mut |step| {
            let within = step.iteration() as f64 / limit as f64;
            let done = (start as f64 + within) / (more + 1) as f64;
            progress.report(Phase::Factorize, done);
            if cancel.is_cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        if next.stopped == Stopped::ByHook {
            return Err(NmfError::Stopped);
        }
        found.push(next);
    }
    let last = |f: &Factorization| f.divergence_curve.last().copied().unwrap_or(f64::MAX);
    let mut best = 0;
    for (place, factorization) in found.iter().enumerate() {
        if last(factorization) < last(&found[best]) {
            best = place;
        }
    }
    let mut winner = found.swap_remove(best);
    if best > 0 {
        // The former last has its place now; the first is still first.
        let likeness = cosines(&found[0], &winner);
        let order: Vec<usize> = matched(&likeness).into_iter().map(|(_, k)| k).collect();
        winner = reordered(winner, &order);
    }
    let mut stability = vec![0.0; winner.templates.cols()];
    for other in &found {
        let likeness = cosines(&winner, other);
        for (k, l) in matched(&likeness) {
            stability[k] += likeness[k][l] / found.len() as f64;
        }
    }
    Ok(Best {
        factorization: winner,
        stability,
    })
}

/// The matching of rows with columns whose likeness is largest in the sum.
fn matched(likeness: &[Vec<f64>]) -> Vec<(usize, usize)> {
    let assigned = assign(likeness.len(), likeness.len(), |a, b| likeness[a][b]);
    let pairs = assigned.into_iter().enumerate();
    pairs.filter_map(|(a, b)| Some((a, b?))).collect()
}

/// For each two components of `a` and `b` the cosine of their parts of the model, which is that
/// of the templates times that of the activations.
fn cosines(a: &Factorization, b: &Factorization) -> Vec<Vec<f64>> {
    let rows = |f: &Factorization| -> Vec<(Vec<f64>, Vec<f64>)> {
        (0..f.templates.cols())
            .map(|k| {
                let template = f.templates.column(k).iter().map(|&x| f64::from(x));
                let activation = f.activations.row(k).map(f64::from);
                (unit(template.collect()), unit(activation.collect()))
            })
            .collect()
    };
    let (a, b) = (rows(a), rows(b));
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    a.iter()
        .map(|(w, h)| {
            b.iter()
                .map(|(v, g)| (dot(w, v) * dot(h, g)).clamp(0.0, 1.0))
                .collect()
        })
        .collect()
}

fn unit(mut values: Vec<f64>) -> Vec<f64> {
    let norm = values.iter().map(|x| x * x).sum::<f64>().sqrt();
    if norm > 0.0 {
        values.iter_mut().for_each(|x| *x /= norm);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::separation::Silent;

    /// Three sounds that never come together, so that every start finds them, and noise below.
    fn blocks() -> Matrix {
        Matrix::from_fn(30, 90, |bin, frame| {
            let own = bin / 10 == frame / 10 % 3;
            let noise = 0.001 * ((bin * 7 + frame * 13) % 11) as f32;
            if own { 1.0 + noise } else { noise }
        })
    }

    fn run(v: &Matrix, components: usize, more: usize) -> Best {
        let settings = nmf::Settings {
            components,
            ..nmf::Settings::default()
        };
        let go_on = &mut |_: &nmf::Step<'_>| ControlFlow::Continue(());
        let first = nmf::factorize(v, &settings, go_on).unwrap();
        best_of(v, &settings, first, more, &Silent, &Cancel::default()).unwrap()
    }

    #[test]
    fn what_every_start_finds_is_stable_and_what_is_split_at_will_is_not() {
        let exact = run(&blocks(), 3, 4);
        assert!(
            exact.stability.iter().all(|&s| s > 0.99),
            "{:?}",
            exact.stability
        );
        let split = run(&blocks(), 7, 4);
        let least = split.stability.iter().copied().fold(1.0, f64::min);
        assert!(least < 0.8, "{:?}", split.stability);
    }

    #[test]
    fn the_lowest_divergence_is_kept() {
        let v = Matrix::from_fn(20, 40, |f, n| ((f * 31 + n * 17 + f * n) % 23) as f32);
        let last = |f: &Factorization| *f.divergence_curve.last().unwrap();
        let one = last(&run(&v, 4, 0).factorization);
        let mut before = one;
        for more in [1, 3, 6] {
            let now = last(&run(&v, 4, more).factorization);
            assert!(now <= before);
            before = now;
        }
        assert!(before < one);
    }

    #[test]
    fn components_keep_the_places_of_the_first_result() {
        let v = Matrix::from_fn(20, 40, |f, n| ((f * 31 + n * 17 + f * n) % 23) as f32);
        let (first, best) = (run(&v, 4, 0).factorization, run(&v, 4, 6).factorization);
        assert!(first != best);
        let places: Vec<usize> = matched(&cosines(&first, &best))
            .iter()
            .map(|p| p.1)
            .collect();
        assert_eq!(places, [0, 1, 2, 3]);
    }
}
