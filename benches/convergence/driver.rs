//! One factorization, watched: which divergence it had reached after how many seconds.
//!
//! `convergence_driver V.bin BINS K INIT SEED ALGORITHM ITERATIONS ROUNDS` reads a spectrogram
//! (little-endian `f32`, one frame after the other), factorizes it `ROUNDS` times on
//! `RAYON_NUM_THREADS` threads, and prints JSON:
//!
//! - `points`: triples of seconds of processor time (of the clock where the system is no Unix), work in plain iterations, and the divergence of the whole
//!   spectrogram that is known by then. Each part of the way counts with its fastest round.
//! - `coarse`: for the fast algorithm, pairs of seconds and divergence while the factors are still
//!   coarse. They are spread to full size and measured while the clock stands still.
//!
//! Plain updates are timed without measuring the divergence on the way, which makes them faster;
//! their divergence is taken from a run of its own. All others need theirs and pay for it.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
#[cfg(not(unix))]
use std::time::Instant;

use partita::nmf::{self, Algorithm, Factorization, Init, Matrix, Measure, NmfError, Settings};

const USAGE: &str =
    "usage: convergence_driver V.bin BINS K random|nndsvda SEED mu|relaxed|fast ITERATIONS ROUNDS";
/// Coarse factors are measured every so many steps.
const COARSE_EVERY: usize = 10;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [
        path,
        bins,
        components,
        init,
        seed,
        algorithm,
        iterations,
        rounds,
    ] = arguments.as_slice()
    else {
        return Err(USAGE.into());
    };
    let v = read(path, bins.parse()?)?;
    let settings = Settings {
        components: components.parse()?,
        iterations: iterations.parse()?,
        tolerance: 0.0,
        init: match init.as_str() {
            "random" => Init::Random,
            "nndsvda" => Init::NndsvdA,
            _ => return Err(USAGE.into()),
        },
        seed: seed.parse()?,
        algorithm: match algorithm.as_str() {
            "mu" => Algorithm::Mu,
            "relaxed" => Algorithm::Relaxed,
            "fast" => Algorithm::Fast,
            _ => return Err(USAGE.into()),
        },
        ..Settings::default()
    };
    let rounds: usize = rounds.parse()?;
    // The pool is made before the clock starts.
    let pool = rayon::ThreadPoolBuilder::new().build()?;
    let report = pool.install(|| measure(&v, &settings, rounds.max(1)))?;
    writeln!(io::stdout(), "{report}")?;
    Ok(())
}

/// A step as the hook saw it: time since the step before, work so far, divergence.
type Seen = (f64, usize, Option<f64>);

fn measure(v: &Matrix, settings: &Settings, rounds: usize) -> Result<serde_json::Value, NmfError> {
    let plain = settings.algorithm == Algorithm::Mu;
    let timed = Settings {
        measure: if plain {
            Measure::AtEnd
        } else {
            Measure::EveryIteration
        },
        ..settings.clone()
    };
    let (mut best, mut result) = watch(v, &timed)?;
    for _ in 1..rounds {
        let (steps, _) = watch(v, &timed)?;
        for (best, step) in best.iter_mut().zip(steps) {
            best.0 = best.0.min(step.0);
        }
    }
    if plain {
        result = watch(v, settings)?.1;
    }
    let curve = &result.divergence_curve;
    let mut points = Vec::new();
    let mut seconds = 0.0;
    let mut times = Vec::new();
    for (i, (time, work, divergence)) in best.iter().enumerate() {
        seconds += time;
        times.push(seconds);
        // Plain updates need not be known to be good, so theirs count from when they are made.
        let divergence = if plain {
            curve.get(i + 1)
        } else {
            divergence.as_ref()
        };
        if let Some(divergence) = divergence {
            points.push((seconds, *work, *divergence));
        }
    }
    let coarse = if settings.algorithm == Algorithm::Fast {
        coarse(v, settings, &times)?
    } else {
        Vec::new()
    };
    Ok(serde_json::json!({
        "frames": v.cols(),
        "v_sum": v.as_slice().iter().map(|&x| f64::from(x)).sum::<f64>(),
        "start": plain.then(|| curve.first()),
        "last": curve.last(),
        "points": points,
        "coarse": coarse,
    }))
}

fn watch(v: &Matrix, settings: &Settings) -> Result<(Vec<Seen>, Factorization), NmfError> {
    let mut steps = Vec::new();
    let mut last = now();
    let result = nmf::factorize(v, settings, &mut |step| {
        let time = now();
        steps.push((time - last, step.iteration(), step.divergence()));
        last = time;
        ControlFlow::Continue(())
    })?;
    // The last divergence is measured after the last step.
    steps.push((
        now() - last,
        result.iterations,
        result.divergence_curve.last().copied(),
    ));
    Ok((steps, result))
}

/// Seconds of processor time of this process, which other programs do not lengthen as they do those
/// of the clock on the wall.
#[cfg(unix)]
fn now() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Seconds since the first call.
#[cfg(not(unix))]
fn now() -> f64 {
    static FIRST: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed().as_secs_f64()
}

/// The divergence of factors that are still coarse, at the times of the timed run.
fn coarse(v: &Matrix, settings: &Settings, times: &[f64]) -> Result<Vec<(f64, f64)>, NmfError> {
    let mut found = Vec::new();
    let mut number = 0;
    let once = Settings {
        iterations: 0,
        algorithm: Algorithm::Mu,
        ..settings.clone()
    };
    nmf::factorize(v, settings, &mut |step| {
        if step.divergence().is_some() {
            return ControlFlow::Break(());
        }
        number += 1;
        if number % COARSE_EVERY == 1 {
            let (w, h) = (step.templates(), step.activations().clone());
            let measured = nmf::factorize_from(v, &w, h, &once, &mut |_| ControlFlow::Continue(()));
            if let (Ok(measured), Some(time)) = (measured, times.get(number - 1)) {
                found.extend(measured.divergence_curve.last().map(|d| (*time, *d)));
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

fn read(path: &str, bins: usize) -> Outcome<Matrix> {
    let bytes = fs::read(path)?;
    let (values, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(format!("{path} holds no whole number of values").into());
    }
    let values = values.iter().map(|&b| f32::from_le_bytes(b)).collect();
    Ok(Matrix::from_columns(bins, values)?)
}
