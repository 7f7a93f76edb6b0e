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

use super::factorize::{Stopped, check_spectrogram};
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

/// Steps of the best start, and of the next level.
const STEPS: [usize; 2] = [120, 60];
/// Steps of the activations alone where frames have been added.
const ADDED_FRAMES: usize = 6;
/// Steps of the templates alone where bins have been added.
const ADDED_BINS: usize = 4;
/// Activations that are spread to more frames begin at this share of their mean or above, so that
/// they can grow again.
const ACTIVATION_FLOOR: f32 = 0.03;
/// The same for templates, as a share of their sum.
const TEMPLATE_FLOOR: f32 = 1e-7;
/// From the seed of one start to that of the next.
const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;
/// Share of the whole budget that the coarse levels may take.
const BUDGET: f64 = 0.5;

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

/// The first bin of each band, and the number of bins.
pub(super) fn band_edges(bins: usize) -> Vec<usize> {
    let mut edges = vec![0];
    let mut edge = 0;
    while edge < bins {
        edge += (edge / BINS_PER_WIDTH).clamp(1, bins - edge);
        edges.push(edge);
    }
    edges
}

impl Bands {
    fn new(bins: usize, rng: &mut impl Rng) -> Self {
        let edges = band_edges(bins);
        let picks = edges
            .windows(2)
            .map(|band| {
                let width = (band[1] - band[0]) as u64;
                band[0] + (rng.next_u64() % width) as usize
            })
            .collect();
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
                    all.column_mut(k)[f] = (w.column(k)[band] * share).max(TEMPLATE_FLOOR);
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

/// Finds a start for `V`, or nothing where it is too small, or the budget too short, for coarse
/// levels to pay.
pub(super) fn start(
    v: &Matrix,
    settings: &Settings,
    run: &mut Run<'_>,
) -> Result<Option<Start>, NmfError> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(settings.seed);
    let (bands, frames) = (Bands::new(v.rows(), &mut rng), v.cols());
    let mut stride = 1;
    while frames / (2 * stride) >= FRAMES {
        stride *= 2;
    }
    let grid = Grid { stride, frames };
    let finer = Grid {
        stride: (stride / 2).max(1),
        frames,
    };
    let fits = settings.components <= bands.len().min(grid.len());
    if !fits || planned(&bands, grid, finer, v) > BUDGET * settings.iterations as f64 {
        return Ok(None);
    }
    let coarse = bands.reduce(v, grid);
    if !check_spectrogram(&coarse).is_ok_and(|mean| mean > 0.0) {
        return Ok(None);
    }
    let mean = mean_spectrum(v);
    let mut levels = Levels {
        v,
        bands: &bands,
        mean: &mean,
        run,
    };
    let kernel = levels.best_start(&coarse, settings)?;
    let (mut w, mut h, mut stopped) = levels.iterate(kernel, grid, STEPS[0])?;
    let mut last = grid;
    if stopped.is_none() && finer != grid {
        let coarse = bands.reduce(v, finer);
        let mut kernel = Kernel::new(&coarse, &w, grid.spread(&h, finer, ACTIVATION_FLOOR));
        levels.adjust(&mut kernel, Part::Activations, ADDED_FRAMES)?;
        (w, h, stopped) = levels.iterate(kernel, finer, STEPS[1])?;
        last = finer;
    }
    if last.stride > 1 {
        let all = Grid { stride: 1, frames };
        h = last.spread(&h, all, ACTIVATION_FLOOR);
        if stopped.is_none() {
            let coarse = bands.reduce(v, all);
            let mut kernel = Kernel::new(&coarse, &w, h);
            levels.adjust(&mut kernel, Part::Activations, ADDED_FRAMES)?;
            (w, h) = kernel.into_factors();
        }
    }
    let mut w = bands.spread(&w, &mean);
    if stopped.is_none() {
        let mut kernel = Kernel::new(v, &w, h);
        levels.adjust(&mut kernel, Part::Templates, ADDED_BINS)?;
        (w, h) = kernel.into_factors();
    }
    Ok(Some(Start { w, h, stopped }))
}

/// What the coarse levels will cost, in plain iterations.
fn planned(bands: &Bands, grid: Grid, finer: Grid, v: &Matrix) -> f64 {
    let cost = |grid: Grid| (bands.len() * grid.len()) as f64 / (v.rows() * v.cols()) as f64;
    let trials = STARTS as usize * TRIAL.iter().sum::<usize>();
    cost(grid) * (trials + STEPS[0]) as f64
        + if finer == grid {
            0.0
        } else {
            cost(finer) * STEPS[1] as f64
        }
}

/// What all levels share.
struct Levels<'a, 'r> {
    v: &'a Matrix,
    bands: &'a Bands,
    mean: &'a [f32],
    run: &'a mut Run<'r>,
}

impl Levels<'_, '_> {
    /// What a step costs in plain iterations.
    fn cost(&self, kernel: &Kernel<'_>) -> f64 {
        kernel.size() as f64 / self.v.as_slice().len() as f64
    }

    /// The best of several starts, of which the first is the one that was asked for.
    fn best_start<'v>(
        &mut self,
        coarse: &'v Matrix,
        settings: &Settings,
    ) -> Result<Kernel<'v>, NmfError> {
        let stop = self.run.stop;
        let trial = |i: u64| {
            let init = if i == 0 { settings.init } else { Init::Random };
            let seed = settings.seed.wrapping_add(i.wrapping_mul(SEED_STEP));
            let (w, h) = initial_factors_until(coarse, settings.components, init, seed, stop)?;
            let mut kernel = Kernel::new(coarse, &w, h);
            steps(&mut kernel, Part::Both, TRIAL[0], 1.0, stop)?;
            steps(&mut kernel, Part::Both, TRIAL[1], EXPONENT, stop)?;
            Ok((kernel.divergence(stop)?, kernel))
        };
        let trials = (0..STARTS)
            .into_par_iter()
            .map(trial)
            .collect::<Result<Vec<_>, NmfError>>()?;
        let best = trials.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
        let (_, kernel) = best.ok_or(NmfError::Empty)?;
        let done = STARTS as usize * TRIAL.iter().sum::<usize>();
        self.run.spend(self.cost(&kernel) * done as f64);
        Ok(kernel)
    }

    /// Steps of both factors; tells the hook of each.
    fn iterate(
        &mut self,
        mut kernel: Kernel<'_>,
        grid: Grid,
        count: usize,
    ) -> Result<(Matrix, Matrix, Option<Stopped>), NmfError> {
        let cost = self.cost(&kernel);
        let mut stopped = None;
        for _ in 0..count {
            kernel.update(Part::Both, EXPONENT, false, self.run.stop)?;
            let view = Coarse {
                bands: self.bands,
                mean: self.mean,
                grid,
                kernel: &kernel,
            };
            stopped = self.run.tell(cost, None, &view);
            if stopped.is_some() {
                break;
            }
        }
        let (w, h) = kernel.into_factors();
        Ok((w, h, stopped))
    }

    /// Steps of one factor alone, the first a plain one.
    fn adjust(
        &mut self,
        kernel: &mut Kernel<'_>,
        part: Part,
        count: usize,
    ) -> Result<(), NmfError> {
        steps(kernel, part, 1, 1.0, self.run.stop)?;
        steps(kernel, part, count - 1, EXPONENT, self.run.stop)?;
        self.run.spend(self.cost(kernel) * 0.5 * count as f64);
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
