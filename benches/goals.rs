//! The goals of the engine as ratios: `cargo bench --bench goals`.
//!
//! Each line is measured in this run, the arithmetic limit of the machine included, so the ratios
//! hold on other machines and on a noisy one. The limit of an iteration counts 8·F·N·K operations
//! at the measured multiply-add peak of one core and 2·F·N divisions, not overlapped.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::Instant;

use partita::nmf::{Init, Matrix, Measure, Settings, factorize_from, initial_factors};

#[path = "peers/limit.rs"]
mod limit;
mod material;

const BINS: usize = 1025;
const FRAMES: usize = 2584;
const ROUNDS: usize = 5;
const ITERATIONS: usize = 40;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let limit = limit::measure();
    let rate = |name: &str| limit[name].as_f64().unwrap_or(f64::NAN) * 1e9;
    writeln!(
        out,
        "one core: {:.0} GFLOP/s multiply-add, {:.1} G divisions/s",
        rate("fma_gflops") / 1e9,
        rate("divide_gops") / 1e9
    )?;
    let v = material::spectrogram(BINS, FRAMES);
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let (one, two) = match (pool(1), pool(2)) {
        (Ok(one), Ok(two)) => (one, two),
        _ => return Err(io::Error::other("no threads to be had")),
    };
    writeln!(
        out,
        "\nms per iteration at {BINS} × {FRAMES}, best of {} iterations",
        ROUNDS * ITERATIONS
    )?;
    writeln!(
        out,
        "  K   limit  update  of limit  measured  of limit  two threads  speed-up"
    )?;
    for components in [8, 16, 32] {
        let elements = (BINS * FRAMES) as f64;
        let limit = 1e3
            * (8.0 * elements * components as f64 / rate("fma_gflops")
                + 2.0 * elements / rate("divide_gops"));
        let mut best = [f64::INFINITY; 3];
        for _ in 0..ROUNDS {
            let kinds = [
                (&one, Measure::AtEnd),
                (&one, Measure::EveryIteration),
                (&two, Measure::AtEnd),
            ];
            for (best, (pool, measure)) in best.iter_mut().zip(kinds) {
                *best = best.min(pool.install(|| iteration(&v, components, measure)));
            }
        }
        let [update, measured, threads] = best;
        writeln!(
            out,
            "{components:3} {limit:7.2} {update:7.2} {:8.0} % {measured:9.2} {:7.0} % {threads:12.2} {:8.2} ×",
            100.0 * limit / update,
            100.0 * limit / measured,
            update / threads
        )?;
    }
    Ok(())
}

/// Milliseconds of the fastest iteration.
fn iteration(v: &Matrix, components: usize, measure: Measure) -> f64 {
    let settings = Settings {
        iterations: ITERATIONS,
        tolerance: 0.0,
        measure,
        ..Settings::default()
    };
    let mut best = f64::INFINITY;
    let mut last = None::<Instant>;
    let start = initial_factors(v, components, Init::Random, 1);
    if let Ok((w, h)) = start {
        // The result is of no interest here, the time between two calls is.
        let _ = factorize_from(v, &w, h, &settings, &mut |_| {
            let now = Instant::now();
            if let Some(last) = last.replace(now) {
                best = best.min((now - last).as_secs_f64() * 1e3);
            }
            ControlFlow::Continue(())
        });
    }
    best
}
