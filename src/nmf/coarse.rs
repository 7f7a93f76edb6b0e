//! From few bands and frames to all: where the fast solver starts.
//!
//! The bins are dealt to bands whose width grows with the frequency, and each band is represented
//! by one of its bins, drawn once and weighted by the band's width; sums over bands would hide
//! where the model misses. Of the frames every so many-th is taken. A factorization of that costs
//! a few thousandths of a full iteration, so several starts can be tried and the best pursued; its
//! result is spread over more frames, then over all bins of a few frames, then over all frames.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::factorize::{Stopped, check_spectrogram};
use super::init::initial_factors_until;
use super::kernel::{Kernel, Part};
use super::run::{Run, View};
use super::{Init, Matrix, NmfError, Settings, Stop};

/// Bins whose band is one bin wider, for each component, and the least and the most of them: with
/// 8 components or fewer the bands are about a 24th of their frequency wide. More components need
/// more bands, or they fit these and nothing else.
const BINS_PER_WIDTH: usize = 3;
pub(super) const WIDEST: usize = 24;
const NARROWEST: usize = 64;
/// Fewest frames of the coarsest level.
const FRAMES: usize = 160;
/// Starts that are tried.
const STARTS: u64 = 4;
/// Steps of each start: plain ones, then over-relaxed ones.
const TRIAL: [usize; 2] = [5, 25];
/// The power of the over-relaxed steps.
const EXPONENT: f32 = 1.9;

/// Steps of the best start, and of the next level.
const STEPS: [usize; 2] = [60, 30];
/// Fewest frames of the level that has all bins, and its steps.
const SAMPLE_FRAMES: usize = 170;
const SAMPLE_STEPS: usize = 30;
/// Steps of the activations alone where frames have been added, of bands and of all bins.
const ADDED_FRAMES: [usize; 2] = [6, 4];
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

/// The first bin of each band, and the number of bins. The bands are about the `per_width`th part
/// of their frequency wide.
pub(super) fn band_edges(bins: usize, per_width: usize) -> Vec<usize> {
    let mut edges = vec![0];
    let mut edge = 0;
    while edge < bins {
        edge += (edge / per_width).clamp(1, bins - edge);
        edges.push(edge);
    }
    edges
}

impl Bands {
    fn new(bins: usize, components: usize, rng: &mut impl Rng) -> Self {
        let per_width = components
            .saturating_mul(BINS_PER_WIDTH)
            .clamp(WIDEST, NARROWEST);
        let edges = band_edges(bins, per_width);
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
    /// The fewest frames that are at least so many, or all of them.
    fn coarsest(frames: usize, least: usize) -> Self {
        let mut stride = 1;
        while frames / (2 * stride) >= least {
            stride *= 2;
        }
        Self { stride, frames }
    }

    fn all(self) -> Self {
        Self { stride: 1, ..self }
    }

    fn len(self) -> usize {
        (self.frames - self.stride / 2).div_ceil(self.stride)
    }

    fn frame(self, i: usize) -> usize {
        self.stride / 2 + i * self.stride
    }

    /// These frames of a spectrogram.
    fn taken(self, v: &Matrix) -> Matrix {
        Matrix::from_fn(v.rows(), self.len(), |f, i| v.column(self.frame(i))[f])
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
    /// What the templates are spread by, unless they have all bins.
    bands: Option<(&'a Bands, &'a [f32])>,
    grid: Grid,
    kernel: &'a Kernel<'a>,
}

impl View for Coarse<'_> {
    fn templates(&self) -> Matrix {
        let mut w = self.kernel.templates();
        let Some((bands, mean)) = self.bands else {
            return w;
        };
        w = bands.spread(&w, mean);
        for k in 0..w.cols() {
            let sum: f32 = w.column(k).iter().sum();
            w.column_mut(k).iter_mut().for_each(|x| *x /= sum);
        }
        w
    }

    fn activations(&self) -> Result<&Matrix, Matrix> {
        let all = self.grid.all();
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
    let bands = Bands::new(v.rows(), settings.components, &mut rng);
    let grid = Grid::coarsest(v.cols(), FRAMES);
    let finer = Grid {
        stride: (grid.stride / 2).max(1),
        ..grid
    };
    let sample = Grid::coarsest(v.cols(), SAMPLE_FRAMES);
    let fits = settings.components <= bands.len().min(grid.len());
    if !fits || planned(&bands, [grid, finer, sample], v) > BUDGET * settings.iterations as f64 {
        return Ok(None);
    }
    let coarse = bands.reduce(v, grid);
    if !check_spectrogram(&coarse).is_ok_and(|mean| mean > 0.0) {
        return Ok(None);
    }
    let mean = mean_spectrum(v);
    let mut levels = Levels { v, run };
    let spread = Some((&bands, mean.as_slice()));
    let kernel = levels.best_start(&coarse, settings)?;
    let (mut w, mut h, mut stopped) = levels.iterate(kernel, grid, spread, STEPS[0])?;
    let mut last = grid;
    if stopped.is_none() && finer != grid {
        let coarse = bands.reduce(v, finer);
        let mut kernel = Kernel::new(&coarse, &w, grid.spread(&h, finer, ACTIVATION_FLOOR));
        levels.adjust(&mut kernel, Part::Activations, ADDED_FRAMES[0])?;
        (w, h, stopped) = levels.iterate(kernel, finer, spread, STEPS[1])?;
        last = finer;
    }
    w = bands.spread(&w, &mean);
    let few = (stopped.is_none() && sample.stride > 1).then(|| sample.taken(v));
    // Between frames of silence there may be others.
    let few = few.filter(|few| few.sum() > 0.0);
    if let Some(few) = &few {
        let mut kernel = Kernel::new(few, &w, last.spread(&h, sample, ACTIVATION_FLOOR));
        levels.adjust(&mut kernel, Part::Templates, ADDED_BINS)?;
        (w, h, stopped) = levels.iterate(kernel, sample, None, SAMPLE_STEPS)?;
        last = sample;
    }
    if last.stride > 1 {
        h = last.spread(&h, last.all(), ACTIVATION_FLOOR);
    }
    if stopped.is_none() {
        let (part, count) = if few.is_some() {
            (Part::Activations, ADDED_FRAMES[1])
        } else {
            (Part::Templates, ADDED_BINS)
        };
        let mut kernel = Kernel::new(v, &w, h);
        levels.adjust(&mut kernel, part, count)?;
        (w, h) = kernel.into_factors();
    }
    Ok(Some(Start { w, h, stopped }))
}

/// What the coarse levels will cost, in plain iterations: the two of bands, and that of all bins.
fn planned(bands: &Bands, [grid, finer, sample]: [Grid; 3], v: &Matrix) -> f64 {
    let cost = |bins: usize, grid: Grid, steps: usize| {
        (bins * grid.len() * steps) as f64 / (v.rows() * v.cols()) as f64
    };
    let trials = STARTS as usize * TRIAL.iter().sum::<usize>();
    let mut sum = cost(bands.len(), grid, trials + STEPS[0]);
    if finer != grid {
        sum += cost(bands.len(), finer, STEPS[1]);
    }
    if sample.stride > 1 {
        sum += cost(v.rows(), sample, SAMPLE_STEPS);
    }
    sum
}

/// What all levels share.
struct Levels<'a, 'r> {
    v: &'a Matrix,
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
        bands: Option<(&Bands, &[f32])>,
        count: usize,
    ) -> Result<(Matrix, Matrix, Option<Stopped>), NmfError> {
        let cost = self.cost(&kernel);
        let mut stopped = None;
        for _ in 0..count {
            kernel.update(Part::Both, EXPONENT, false, self.run.stop)?;
            let view = Coarse {
                bands,
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
    for frame in v.as_slice().chunks_exact(v.rows()) {
        for (sum, &x) in sum.iter_mut().zip(frame) {
            *sum += f64::from(x);
        }
    }
    sum.iter().map(|s| (s / v.cols() as f64) as f32).collect()
}
