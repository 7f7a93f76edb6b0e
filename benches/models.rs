//! What an iteration of each model costs beside a plain one of one channel, with the same number of
//! components: `cargo bench --bench models`.
//!
//! All are measured in turn in this run, with the divergence in every iteration and on one thread,
//! so the ratios hold on a noisy machine too.

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
const ROUNDS: usize = 4;
const ITERATIONS: usize = 12;
/// Frames of a pattern.
const PATTERN: usize = 4;

/// The shortest time between two calls of a hook, in milliseconds.
struct Stopwatch {
    last: Option<Instant>,
    best: f64,
}

impl Stopwatch {
    fn new() -> Self {
        Self {
            last: None,
            best: f64::INFINITY,
        }
    }

    fn tick(&mut self) -> ControlFlow<()> {
        let now = Instant::now();
        if let Some(last) = self.last.replace(now) {
            self.best = self.best.min((now - last).as_secs_f64() * 1e3);
        }
        ControlFlow::Continue(())
    }
}

fn plain(v: &Matrix, settings: &Settings) -> f64 {
    let mut watch = Stopwatch::new();
    // The result is of no interest here, the time between two calls is.
    let _ = factorize(v, settings, &mut |_| watch.tick());
    watch.best
}

fn channels(v: &Channels, settings: &Settings) -> f64 {
    let mut watch = Stopwatch::new();
    let _ = factorize_tensor(v, settings, &|| false, &mut |_| watch.tick());
    watch.best
}

fn patterns(v: &Matrix, settings: &Settings) -> f64 {
    let mut watch = Stopwatch::new();
    let _ = factorize_convolutive(v, PATTERN, settings, &|| false, &mut |_| watch.tick());
    watch.best
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
        "one iteration at {BINS} × {FRAMES} per channel, best of {}",
        ROUNDS * ITERATIONS
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
