//! What an iteration of each model costs beside a plain one of one channel, with the same number of
//! components: `cargo bench --bench models`.
//!
//! All are measured in turn in this run, with the divergence in every iteration, on one thread, and
//! in processor time where the system tells it, so the ratios hold on a noisy machine too.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::Instant;

use partita::nmf::{
    Channels, Divergence, Init, Matrix, Settings, factorize, factorize_convolutive,
    factorize_tensor,
};

mod material;

const BINS: usize = 1025;
const FRAMES: usize = 1292;
const ROUNDS: usize = 2;
const ITERATIONS: usize = 20;
/// Frames of a pattern.
const PATTERN: usize = 4;

/// The time from the first call of a hook to the last.
struct Stopwatch {
    start: Instant,
    first: f64,
    last: f64,
    calls: usize,
}

impl Stopwatch {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            first: 0.0,
            last: 0.0,
            calls: 0,
        }
    }

    fn tick(&mut self) -> ControlFlow<()> {
        // The system counts in steps of a few milliseconds, so only the whole run is timed.
        self.last = processor_time().unwrap_or_else(|| self.start.elapsed().as_secs_f64() * 1e3);
        if self.calls == 0 {
            self.first = self.last;
        }
        self.calls += 1;
        ControlFlow::Continue(())
    }

    /// Milliseconds of an iteration.
    fn each(&self) -> f64 {
        (self.last - self.first) / self.calls.saturating_sub(1) as f64
    }
}

/// Milliseconds that this thread has had a processor for, where the system tells (Linux): the time
/// of others on a busy machine does not count.
fn processor_time() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds * 1e-6)
}

fn plain(v: &Matrix, settings: &Settings) -> f64 {
    let mut watch = Stopwatch::new();
    // The result is of no interest here, the time between two calls is.
    let _ = factorize(v, settings, &mut |_| watch.tick());
    watch.each()
}

fn channels(v: &Channels, settings: &Settings) -> f64 {
    let mut watch = Stopwatch::new();
    let _ = factorize_tensor(v, settings, &|| false, &mut |_| watch.tick());
    watch.each()
}

fn patterns(v: &Matrix, settings: &Settings) -> f64 {
    let mut watch = Stopwatch::new();
    let _ = factorize_convolutive(v, PATTERN, settings, &|| false, &mut |_| watch.tick());
    watch.each()
}

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one = one.map_err(io::Error::other)?;
    let v = material::spectrogram(BINS, FRAMES);
    let stacked = |count: usize| Channels::new(material::spectrogram(count * BINS, FRAMES), count);
    let (stereo, four) = match (stacked(2), stacked(4)) {
        (Ok(stereo), Ok(four)) => (stereo, four),
        _ => return Err(io::Error::other("no channels to be had")),
    };
    writeln!(
        out,
        "one iteration at {BINS} × {FRAMES} per channel, best of {ROUNDS} runs of {ITERATIONS}"
    )?;
    for components in [8, 16, 32] {
        let base = Settings {
            components,
            iterations: ITERATIONS,
            tolerance: 0.0,
            init: Init::Random,
            ..Settings::default()
        };
        let by = |divergence| Settings {
            divergence,
            ..base.clone()
        };
        let penalised = Settings {
            continuity: 0.1,
            sparsity: 0.1,
            ..base.clone()
        };
        let models: [(&str, f64, &(dyn Fn() -> f64 + Sync)); 8] = [
            ("one channel, Kullback-Leibler", 1.0, &|| plain(&v, &base)),
            ("two channels with gains", 2.0, &|| channels(&stereo, &base)),
            ("four channels with gains", 4.0, &|| channels(&four, &base)),
            ("Itakura-Saito", 1.0, &|| {
                plain(&v, &by(Divergence::ItakuraSaito))
            }),
            ("Euclidean", 1.0, &|| plain(&v, &by(Divergence::Euclidean))),
            ("β = 0.5", 1.0, &|| plain(&v, &by(Divergence::Beta(0.5)))),
            ("continuity and sparsity", 1.0, &|| plain(&v, &penalised)),
            ("patterns of 4 frames", PATTERN as f64, &|| {
                patterns(&v, &base)
            }),
        ];
        let mut best = [f64::INFINITY; 8];
        for _ in 0..ROUNDS {
            for (best, (_, _, run)) in best.iter_mut().zip(&models) {
                *best = best.min(one.install(run));
            }
        }
        writeln!(
            out,
            "\n{components} components               ms   × plain   of its share"
        )?;
        for ((name, share, _), ms) in models.iter().zip(best) {
            let ratio = ms / best[0];
            writeln!(out, "{name:30} {ms:7.2} {ratio:8.2} {:12.2}", ratio / share)?;
        }
    }
    Ok(())
}
