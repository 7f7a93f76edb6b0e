//! From few bands and frames to all: where the fast solver starts.
//!
//! The bins are dealt to bands whose width grows with the frequency, and each band is represented
//! by one of its bins, drawn once and weighted by the band's width; sums over bands would hide
//! where the model misses. Of the frames every so many-th is taken. A factorization of that costs
//! a few thousandths of a full iteration, so several starts can be tried and the best pursued; its
//! result is spread over more frames, then over all bins.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::factorize::Stopped;
use super::init::initial_factors_until;
use super::kernel::{Kernel, Part};
use super::run::{Run, View};
use super::{Init, Matrix, NmfError, Settings, Stop};

/// Bins whose band is one bin wider: the bands are about a 24th of their frequency wide.
const BINS_PER_WIDTH: usize = 24;
/// Fewest frames of the coarsest level.
const FRAMES: usize = 160;
/// Starts that are tried.
const STARTS: u64 = 4;
/// Steps of each start: plain ones, then over-relaxed ones.
const TRIAL: [usize; 2] = [5, 25];
/// The power of the over-relaxed steps.
const EXPONENT: f32 = 1.9;

pub(super) struct Tune {
    pub starts: u64,
    pub trial: usize,
    pub best: usize,
    pub second: usize,
    pub full_frames: usize,
    pub lift: usize,
    pub floor: f32,
    pub strided: usize,
    pub frames: usize,
}
pub(super) fn tune() -> Tune {
    let get = |name: &str, default: f64| {
        std::env::var(name).ok().and_then(|x| x.parse().ok()).unwrap_or(default)
    };
    Tune {
        starts: get("T_STARTS", 4.0) as u64,
        trial: get("T_TRIAL", 25.0) as usize,
        best: get("T_BEST", 120.0) as usize,
        second: get("T_SECOND", 60.0) as usize,
        full_frames: get("T_FULL", 6.0) as usize,
        lift: get("T_LIFT", 4.0) as usize,
        floor: get("T_FLOOR", 0.03) as f32,
        strided: get("T_STRIDED", 0.0) as usize,
        frames: get("T_FRAMES", 160.0) as usize,
    }
}

/// Full-size factors to go on from.
pub(super) struct Start {
    pub w: Matrix,
    pub h: Matrix,
    /// Why to go no further, if so.
    pub stopped: Option<Stopped>,
}

/// The bins dealt to bands.
struct Bands {
    /// First bin of each band, and the number of bins.
    edges: Vec<usize>,
    /// The bin that stands for each band.
    picks: Vec<usize>,
}

impl Bands {
    fn new(bins: usize, rng: &mut impl Rng) -> Self {
        let (mut edges, mut picks) = (vec![0], Vec::new());
        let mut edge = 0;
        while edge < bins {
            let width = (edge / BINS_PER_WIDTH).clamp(1, bins - edge);
            picks.push(edge + (rng.next_u64() % width as u64) as usize);
            edge += width;
            edges.push(edge);
        }
        Self { edges, picks }
    }

    fn len(&self) -> usize {
        self.picks.len()
    }

    /// The bins that stand for the bands, weighted, in the frames of a grid.
    fn reduce(&self, v: &Matrix, grid: Grid) -> Matrix {
        Matrix::from_fn(self.len(), grid.len(), |band, i| {
            let width = self.edges[band + 1] - self.edges[band];
            width as f32 * v.column(grid.frame(i))[self.picks[band]]
        })
    }

    /// Templates of the bands spread over the bins, in proportion to the mean spectrum.
    fn spread(&self, w: &Matrix, mean: &[f32]) -> Matrix {
        let mut all = Matrix::zeros(mean.len(), w.cols());
        for (band, edges) in self.edges.windows(2).enumerate() {
            let bins = edges[0]..edges[1];
            let sum: f32 = mean[bins.clone()].iter().sum();
            for k in 0..w.cols() {
                for f in bins.clone() {
                    let share = if sum > 0.0 {
                        mean[f] / sum
                    } else {
                        1.0 / bins.len() as f32
                    };
                    all.column_mut(k)[f] = (w.column(k)[band] * share).max(1e-7);
                }
            }
        }
        all
    }
}

/// Every so many-th frame.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Grid {
    stride: usize,
    frames: usize,
}

impl Grid {
    fn len(self) -> usize {
        (self.frames - self.stride / 2).div_ceil(self.stride)
    }

    fn frame(self, i: usize) -> usize {
        self.stride / 2 + i * self.stride
    }

    /// The place whose frame is nearest.
    fn nearest(self, frame: usize) -> usize {
        (frame / self.stride).min(self.len() - 1)
    }

    /// Activations on this grid for the frames of another: each takes the nearest. Values do not
    /// stay below `floor` times the mean of their component.
    fn spread(self, h: &Matrix, to: Grid, floor: f32) -> Matrix {
        let count = h.cols() as f32;
        let mut floors = vec![0.0f32; h.rows()];
        for n in 0..h.cols() {
            for (sum, h) in floors.iter_mut().zip(h.column(n)) {
                *sum += h * floor / count;
            }
        }
        Matrix::from_fn(h.rows(), to.len(), |k, i| {
            h.column(self.nearest(to.frame(i)))[k].max(floors[k])
        })
    }
}

/// Coarse factors as full-size ones.
struct Coarse<'a> {
    bands: &'a Bands,
    mean: &'a [f32],
    grid: Grid,
    kernel: &'a Kernel<'a>,
}

impl View for Coarse<'_> {
    fn templates(&self) -> Matrix {
        let mut w = self.bands.spread(&self.kernel.templates(), self.mean);
        for k in 0..w.cols() {
            let sum: f32 = w.column(k).iter().sum();
            w.column_mut(k).iter_mut().for_each(|x| *x /= sum);
        }
        w
    }

    fn activations(&self) -> Result<&Matrix, Matrix> {
        let all = Grid {
            stride: 1,
            frames: self.grid.frames,
        };
        Err(self.grid.spread(self.kernel.activations(), all, 0.0))
    }
}

/// Finds a start for `V`, or nothing where it is too small for coarse levels to pay.
pub(super) fn start(
    v: &Matrix,
    settings: &Settings,
    run: &mut Run<'_>,
) -> Result<Option<Start>, NmfError> {
    let t = tune();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(settings.seed);
    let (bins, frames) = (v.rows(), v.cols());
    let bands = Bands::new(bins, &mut rng);
    let all = Grid { stride: 1, frames };
    let mut stride = 1;
    while frames / (2 * stride) >= t.frames {
        stride *= 2;
    }
    let grid = Grid { stride, frames };
    let components = settings.components;
    if components > bands.len().min(grid.len()) || v.as_slice().iter().all(|&x| x == 0.0) {
        return Ok(None);
    }
    let full = (bins * frames) as f64;
    let cost = |v: &Matrix| v.as_slice().len() as f64 / full;
    let mean = mean_spectrum(v);

    // The coarsest level: several starts, of which the best goes on.
    let coarse = bands.reduce(v, grid);
    if coarse.mean() <= 0.0 {
        return Ok(None);
    }
    let stop = run.stop;
    let trials = (0..t.starts)
        .into_par_iter()
        .map(|i| {
            let init = if i == 0 { settings.init } else { Init::Random };
            let seed = settings.seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let (w, h) = initial_factors_until(&coarse, components, init, seed, stop)?;
            let mut kernel = Kernel::new(&coarse, &w, h);
            steps(&mut kernel, Part::Both, TRIAL[0], 1.0, stop)?;
            steps(&mut kernel, Part::Both, t.trial, EXPONENT, stop)?;
            let divergence = kernel.divergence(stop)?;
            Ok((divergence, kernel))
        })
        .collect::<Result<Vec<_>, NmfError>>()?;
    let Some((_, mut kernel)) = trials.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)) else {
        return Ok(None);
    };
    run.spend(cost(&coarse) * (t.starts as usize * (TRIAL[0] + t.trial)) as f64);
    let mut level = Level {
        bands: &bands,
        mean: &mean,
        cost: cost(&coarse),
    };
    level.iterate(&mut kernel, grid, t.best, run)?;
    let (mut w, mut h) = kernel.into_factors();

    let mut last = grid;
    // Twice the frames.
    if grid.stride > 1 {
        let finer = Grid { stride: grid.stride / 2, frames };
        let coarse = bands.reduce(v, finer);
        h = grid.spread(&h, finer, t.floor);
        let mut kernel = Kernel::new(&coarse, &w, h);
        steps(&mut kernel, Part::Activations, 6, 1.0, stop)?;
        run.spend(cost(&coarse) * 3.0);
        level.cost = cost(&coarse);
        level.iterate(&mut kernel, finer, t.second, run)?;
        (w, h) = kernel.into_factors();
        last = finer;
    }
    let mut strided_w = None;
    if t.strided > 0 {
        let vs = Matrix::from_fn(bins, last.len(), |f, i| v.column(last.frame(i))[f]);
        let wide = bands.spread(&w, &mean);
        let mut kernel = Kernel::new(&vs, &wide, h.clone());
        steps(&mut kernel, Part::Templates, 1, 1.0, stop)?;
        steps(&mut kernel, Part::Templates, t.lift, EXPONENT, stop)?;
        steps(&mut kernel, Part::Both, t.strided, EXPONENT, stop)?;
        run.spend(cost(&vs) * (0.5 + 0.5 * t.lift as f64 + t.strided as f64));
        strided_w = Some(kernel.templates());
    }
    // All frames.
    if last.stride > 1 {
        let coarse = bands.reduce(v, all);
        h = last.spread(&h, all, t.floor);
        let mut kernel = Kernel::new(&coarse, &w, h);
        steps(&mut kernel, Part::Activations, 1, 1.0, stop)?;
        steps(&mut kernel, Part::Activations, t.full_frames - 1, EXPONENT, stop)?;
        run.spend(cost(&coarse) * 0.5 * t.full_frames as f64);
        (w, h) = kernel.into_factors();
    }
    // All bins.
    if let Some(w) = strided_w {
        return Ok(Some(Start { w, h, stopped: None }));
    }
    let wide = bands.spread(&w, &mean);
    let mut kernel = Kernel::new(v, &wide, h);
    steps(&mut kernel, Part::Templates, 1, 1.0, stop)?;
    steps(&mut kernel, Part::Templates, t.lift - 1, EXPONENT, stop)?;
    run.spend(0.5 * t.lift as f64);
    let (w, h) = kernel.into_factors();
    Ok(Some(Start { w, h, stopped: None }))
}

struct Level<'a> {
    bands: &'a Bands,
    mean: &'a [f32],
    cost: f64,
}

impl Level<'_> {
    fn iterate(
        &self,
        kernel: &mut Kernel<'_>,
        grid: Grid,
        count: usize,
        run: &mut Run<'_>,
    ) -> Result<(), NmfError> {
        for _ in 0..count {
            kernel.update(Part::Both, EXPONENT, false, run.stop)?;
            let view = Coarse {
                bands: self.bands,
                mean: self.mean,
                grid,
                kernel,
            };
            let _ = run.tell(self.cost, None, &view);
        }
        Ok(())
    }
}

fn steps(
    kernel: &mut Kernel<'_>,
    part: Part,
    count: usize,
    exponent: f32,
    stop: Stop<'_>,
) -> Result<(), NmfError> {
    for _ in 0..count {
        kernel.update(part, exponent, false, stop)?;
    }
    Ok(())
}

fn mean_spectrum(v: &Matrix) -> Vec<f32> {
    let mut sum = vec![0.0f64; v.rows()];
    for n in 0..v.cols() {
        for (sum, &x) in sum.iter_mut().zip(v.column(n)) {
            *sum += f64::from(x);
        }
    }
    sum.iter().map(|s| (s / v.cols() as f64) as f32).collect()
}
