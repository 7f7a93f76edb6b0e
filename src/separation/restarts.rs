//! Several starts of one factorization: the best is kept, the others tell how stable it is.

use super::stability::{Best, Comparable};
use crate::nmf::{Init, NmfError, Settings};

/// Factorizes again from `more` random starts, with the seeds that follow that of `settings`, and
/// compares the results with `first`. `next` makes the start of a number, from 1 on.
pub(super) fn best_of<F: Comparable>(
    settings: &Settings,
    first: F,
    more: usize,
    next: &mut dyn FnMut(usize, &Settings) -> Result<F, NmfError>,
) -> Result<Best<F>, NmfError> {
    let others = (1..=more)
        .map(|start| {
            let settings = Settings {
                init: Init::Random,
                seed: settings.seed.wrapping_add(start as u64),
                ..settings.clone()
            };
            next(start, &settings)
        })
        .collect::<Result<Vec<F>, NmfError>>()?;
    Ok(Best::of(first, others))
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::nmf::{
        Channels, Factorization, Matrix, Step, TensorFactorization, factorize, factorize_tensor,
    };

    /// Three sounds that never come together, so that every start finds them, and noise below.
    fn blocks() -> Matrix {
        Matrix::from_fn(30, 90, |bin, frame| {
            let own = bin / 10 == frame / 10 % 3;
            let noise = 0.001 * ((bin * 7 + frame * 13) % 11) as f32;
            if own { 1.0 + noise } else { noise }
        })
    }

    fn run(v: &Matrix, components: usize, more: usize) -> Best<Factorization> {
        let settings = Settings {
            components,
            ..Settings::default()
        };
        let go_on = |_: &Step<'_>| ControlFlow::Continue(());
        let first = factorize(v, &settings, &mut { go_on }).unwrap();
        let next = &mut |_, settings: &Settings| factorize(v, settings, &mut { go_on });
        best_of(&settings, first, more, next).unwrap()
    }

    fn run_tensor(v: &Channels, components: usize, more: usize) -> Best<TensorFactorization> {
        let settings = Settings {
            components,
            ..Settings::default()
        };
        let found = |settings: &Settings| {
            factorize_tensor(v, settings, &|| false, &mut |_| ControlFlow::Continue(()))
        };
        let first = found(&settings).unwrap();
        best_of(&settings, first, more, &mut |_, settings| found(settings)).unwrap()
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
        let one = last(&run(&v, 4, 0).found);
        let mut before = one;
        for more in [1, 3, 6] {
            let now = last(&run(&v, 4, more).found);
            assert!(now <= before);
            before = now;
        }
        assert!(before < one);
    }

    #[test]
    fn components_keep_the_places_of_the_first_result() {
        let v = Matrix::from_fn(20, 40, |f, n| ((f * 31 + n * 17 + f * n) % 23) as f32);
        let (first, best) = (run(&v, 4, 0).found, run(&v, 4, 6).found);
        assert!(first != best);
        let matched = first.parts().matched(&best.parts());
        assert!(matched.iter().all(|(a, b, _)| a == b), "{matched:?}");
    }

    #[test]
    fn gains_go_with_their_components() {
        // Two sounds on either side, each of which another start may find first.
        let stacked = Matrix::from_fn(24, 40, |row, n| {
            let (channel, bin) = (row / 12, row % 12);
            let on = (channel == 0) == (bin < 6);
            let faint = 0.05 * ((bin * 5 + n * 3) % 7) as f32;
            if on {
                1.0 + ((n * (2 + channel)) % 5) as f32 + faint
            } else {
                faint
            }
        });
        let v = Channels::new(stacked, 2).unwrap();
        let mut moved = false;
        let first = run_tensor(&v, 3, 0).found;
        for more in [1, 3, 6] {
            let best = run_tensor(&v, 3, more);
            moved |= best.found != first;
            assert_eq!(best.stability.len(), 3);
            let model = |gains: &Matrix| {
                let found = &best.found.factorization;
                let of = |row: usize, k: usize| {
                    gains.column(k)[row / 12] * found.templates.column(k)[row % 12]
                };
                let sum = |row: usize, n: usize| -> f32 {
                    (0..3)
                        .map(|k| of(row, k) * found.activations.column(n)[k])
                        .sum()
                };
                let mut far = 0.0;
                for n in 0..40 {
                    for (row, &x) in v.stacked().column(n).iter().enumerate() {
                        far += f64::from((x - sum(row, n)).abs());
                    }
                }
                far
            };
            let gains = &best.found.channel_gains;
            let turned = Matrix::from_fn(2, 3, |c, k| gains.column((k + 1) % 3)[c]);
            assert!(model(gains) < 0.5 * model(&turned));
        }
        assert!(moved);
    }
}
