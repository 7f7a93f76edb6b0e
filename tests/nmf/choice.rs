//! The number of components, from evidence.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use partita::audio::{AudioBuffer, read};
use partita::nmf::{ComponentChoice, Matrix, NmfError, choose_components};
use partita::separation::{
    self, Cancel, ComponentCount, Outcome, Phase, Progress, SeparationError, SeparationSettings,
    Silent, SourceCount,
};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// `W·H` of `components` components with random sparse factors, each value times a random number
/// around 1.
fn made(components: usize, bins: usize, frames: usize, noise: f64, seed: u64) -> Matrix {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut uniform = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    // A power of a uniform number: many small values and a few large ones.
    let mut sparse = |count: usize| -> Vec<f64> { (0..count).map(|_| uniform().powi(4)).collect() };
    let (w, h) = (sparse(bins * components), sparse(frames * components));
    let noise: Vec<f64> = (0..bins * frames)
        .map(|_| (noise * (2.0 * uniform() - 1.0)).exp())
        .collect();
    Matrix::from_fn(bins, frames, |f, n| {
        let model = (0..components).map(|k| w[f * components + k] * h[n * components + k]);
        (model.sum::<f64>() * noise[f * frames + n]) as f32
    })
}

fn chosen(v: &Matrix) -> ComponentChoice {
    choose_components(v, 1, &|| false, &|_, _| ()).unwrap()
}

#[test]
fn material_of_so_many_components_has_so_many() {
    for components in [3, 5, 8] {
        for seed in 0..3 {
            for noise in [0.0, 0.3] {
                let choice = chosen(&made(components, 257, 300, noise, seed));
                assert_eq!(
                    choice.chosen, components,
                    "seed {seed}, noise {noise}: {choice:#?}"
                );
            }
        }
    }
}

#[test]
fn the_evidence_says_what_is_wrong_with_other_numbers() {
    let curve = chosen(&made(5, 257, 300, 0.0, 7)).curve;
    let of = |k: usize| *curve.iter().find(|e| e.components == k).unwrap();
    // Too few foretell less, too many are not found again.
    assert!(of(4).held_out > 5.0 * of(5).held_out);
    assert!(of(5).stability > 0.95 && of(8).stability < of(5).stability - 0.05);
    assert_eq!(of(5).duplicated, 0.0);
    assert!(curve.is_sorted_by_key(|e| e.components));
    for e in &curve {
        assert!(e.held_out >= 0.0 && e.held_out.is_finite());
        assert!((0.0..=1.0).contains(&e.duplicated));
        assert!((0.0..=1.0 + 1e-9).contains(&e.stability));
    }
}

#[test]
fn the_choice_is_the_same_in_every_run_and_for_any_number_of_threads() {
    let v = made(6, 200, 900, 0.5, 3);
    let [one, three, again] = [1, 3, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| chosen(&v))
    });
    assert_eq!(one, three);
    assert_eq!(three, again);
    // A louder recording has as many.
    let louder = Matrix::from_fn(200, 900, |f, n| 4096.0 * v.column(n)[f]);
    assert_eq!(chosen(&louder), one);
}

#[test]
fn what_is_small_or_silent_has_a_number_too() {
    assert_eq!(chosen(&Matrix::zeros(40, 50)).chosen, 1);
    for (bins, frames) in [(1, 1), (3, 200), (200, 3), (17, 16)] {
        let v = Matrix::from_fn(bins, frames, |f, n| ((f * 7 + n * 3) % 5) as f32 + 0.5);
        let choice = chosen(&v);
        assert!((1..=bins.min(frames)).contains(&choice.chosen));
    }
    let empty = choose_components(&Matrix::zeros(4, 0), 1, &|| false, &|_, _| ());
    assert!(matches!(empty, Err(NmfError::Empty)));
    let v = made(3, 100, 100, 0.0, 1);
    let more = choose_components(&v, 6, &|| false, &|_, _| ()).unwrap();
    assert_eq!(more.chosen, 6);
    assert!(
        more.reason.starts_with("6 are asked for"),
        "{}",
        more.reason
    );
}

#[test]
fn the_choice_tells_how_far_it_is_and_stops_when_asked() {
    let v = made(5, 200, 300, 0.3, 2);
    let told = Mutex::new(Vec::new());
    let choice = choose_components(&v, 1, &|| false, &|components, fraction| {
        told.lock().unwrap().push((components, fraction));
    });
    let told = told.into_inner().unwrap();
    // Each number is told of many times, one after the other.
    assert!(told.len() > 1000 && told.iter().all(|(_, done)| (0.0..=1.0).contains(done)));
    assert!(told[0].0 == 1 && told[0].1 < 0.01);
    let (last, tried) = told.split_last().unwrap();
    assert_eq!(*last, (choice.unwrap().chosen, 1.0));
    assert!(tried.is_sorted_by_key(|(components, _)| components));
    let stopped = choose_components(&v, 1, &|| true, &|_, _| ());
    assert!(matches!(stopped, Err(NmfError::Stopped)));
}

fn settings(sources: SourceCount) -> SeparationSettings {
    let mut settings = SeparationSettings {
        components: ComponentCount::Evidence,
        sources,
        ..SeparationSettings::default()
    };
    settings.nmf.iterations = 20;
    settings
}

fn demo() -> AudioBuffer {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo.wav");
    let whole = read(path.as_ref()).unwrap().buffer;
    whole.excerpt(0..4 * whole.rate() as usize)
}

#[test]
fn a_separation_takes_the_number_and_keeps_the_reason() {
    let (recording, cancel) = (demo(), Cancel::default());
    for sources in [SourceCount::Components, SourceCount::Fixed(3)] {
        let settings = settings(sources);
        let found = separation::separate(&recording, &settings, &Silent, &cancel).unwrap();
        let Outcome::Done(found) = found else {
            panic!("nobody cancelled");
        };
        let choice = found.choice.unwrap();
        assert_eq!(found.components.len(), choice.chosen);
        assert!((3..=32).contains(&choice.chosen), "{}", choice.reason);
        let alone = separation::choose_components(&recording, &settings, &Silent, &cancel);
        assert_eq!(alone.unwrap(), Outcome::Done(choice.clone()));
        let text = serde_json::to_string(&choice).unwrap();
        assert_eq!(
            serde_json::from_str::<ComponentChoice>(&text).unwrap(),
            choice
        );
    }
}

#[test]
fn a_separation_can_be_cancelled_while_it_chooses() {
    struct Stopper(Cancel, Mutex<f64>);
    impl Progress for Stopper {
        fn report(&self, phase: Phase, fraction: f64) {
            assert!(phase != Phase::Factorize);
            if phase == Phase::Choose && fraction > 0.0 {
                *self.1.lock().unwrap() = fraction;
                self.0.cancel();
            }
        }
    }
    let progress = Stopper(Cancel::default(), Mutex::default());
    let settings = settings(SourceCount::Components);
    let found = separation::separate(&demo(), &settings, &progress, &progress.0).unwrap();
    assert!(matches!(found, Outcome::Cancelled));
    assert!((0.0..0.5).contains(&*progress.1.lock().unwrap()));
    let empty = AudioBuffer::new(vec![Vec::new()], 8000).unwrap();
    let none = separation::choose_components(&empty, &settings, &Silent, &Cancel::default());
    assert!(matches!(
        none,
        Err(SeparationError::Factorize(NmfError::Empty))
    ));
}
