//! What one core can do at most: fused multiply-adds and divisions of `f32` vectors in registers.

use std::hint::black_box;
use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};

/// Independent chains, enough to hide the latency (4 cycles, 2 a cycle on current x86 cores).
/// With the two constants they fit the 16 vector registers of AVX2.
const CHAINS: usize = 12;
const STEPS: usize = 1 << 16;
const TRIES: usize = 400;

/// Measures for about a third of a second, on one thread; the best of many short tries counts.
pub fn measure() -> serde_json::Value {
    let arch = Arch::new();
    let mut best = [f64::INFINITY; 2];
    for _ in 0..TRIES {
        for (kind, best) in [Kind::MultiplyAdd, Kind::Divide].into_iter().zip(&mut best) {
            let start = Instant::now();
            black_box(arch.dispatch(Chains(kind)));
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    let lanes = arch.dispatch(Lanes);
    let operations = (STEPS * CHAINS * lanes) as f64;
    serde_json::json!({
        "lanes": lanes,
        "fma_gflops": 2.0 * operations / best[0] / 1e9,
        "divide_gops": operations / best[1] / 1e9,
    })
}

#[derive(Clone, Copy)]
enum Kind {
    MultiplyAdd,
    Divide,
}

struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

struct Chains(Kind);

impl WithSimd for Chains {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let mut chains = [simd.splat_f32s(black_box(1.5)); CHAINS];
        // Both recurrences stay near 1 forever: x ← 0.5·x + 0.75 and x ← 2 / x.
        match self.0 {
            Kind::MultiplyAdd => {
                let (a, b) = (
                    simd.splat_f32s(black_box(0.5)),
                    simd.splat_f32s(black_box(0.75)),
                );
                for _ in 0..STEPS {
                    for x in &mut chains {
                        *x = simd.mul_add_f32s(*x, a, b);
                    }
                }
            }
            Kind::Divide => {
                let two = simd.splat_f32s(black_box(2.0));
                for _ in 0..STEPS {
                    for x in &mut chains {
                        *x = simd.div_f32s(two, *x);
                    }
                }
            }
        }
        chains
            .into_iter()
            .map(|x| simd.reduce_sum_f32s(x))
            .sum::<f32>()
    }
}
