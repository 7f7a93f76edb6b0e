//! One iteration of the factorization at 30 s of music (1025 bins × 2584 frames), one thread, with
//! and without the measured divergence; criterion keeps the history.

#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark may panic, and criterion's functions have no docs"
)]

use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use partita::nmf::{Init, Measure, Settings, factorize_from, initial_factors};

mod material;

/// Iterations of a sample: the start-up of the kernel is spread over them.
const ITERATIONS: usize = 10;

fn iterations(criterion: &mut Criterion) {
    let v = material::spectrogram(1025, 2584);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("one thread");
    let mut group = criterion.benchmark_group("ten iterations");
    group.sample_size(20);
    for components in [8, 16, 32] {
        let (w, h) = initial_factors(&v, components, Init::Random, 1).expect("a valid start");
        group.throughput(Throughput::Elements(ITERATIONS as u64));
        for (name, measure) in [
            ("update", Measure::AtEnd),
            ("measured", Measure::EveryIteration),
        ] {
            let settings = Settings {
                iterations: ITERATIONS,
                tolerance: 0.0,
                measure,
                ..Settings::default()
            };
            group.bench_function(BenchmarkId::new(name, components), |b| {
                b.iter(|| {
                    let mut go_on = |_: &partita::nmf::Step<'_>| ControlFlow::Continue(());
                    pool.install(|| {
                        black_box(factorize_from(&v, &w, h.clone(), &settings, &mut go_on))
                    })
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, iterations);
criterion_main!(benches);
