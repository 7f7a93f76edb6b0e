//! Templates of several frames: non-negative matrix factor deconvolution.
//!
//! A component is a pattern `W[f, τ]` of `T` frames that begins wherever its activation is:
//! `Y[f, n] = Σ_k Σ_τ W_k[f, τ] · h[k, n − τ]` (Smaragdis 2004, "Non-negative matrix factor
//! deconvolution"). Written out, that is a plain model with `K·T` components, whose activations are
//! copies of each other, shifted. Both factors are updated by the plain updates of that model:
//!
//! - The templates as they are: the updates of all columns at once lower the bound of Lee & Seung.
//! - The activations by what all copies of one of them ask for together, `h ← h · Σ_τ Wτᵀ R(τ) /
//!   Σ_τ Wτᵀ 1`, with `R(τ)` the quotient `V/Y` shifted by τ frames, and sums over the frames that
//!   there are. The mean of the quotients of each τ, which Smaragdis takes, can raise the divergence.

use std::ops::ControlFlow;

use super::factorize::{Stopped, check_components, check_spectrogram};
use super::init::{initial_factors_until, random};
use super::kernel::{Kernel, Part};
use super::run::{Run, Step};
use super::{Init, Matrix, Measure, NmfError, Settings, Stop};

/// Patterns and their activations, and how they were reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolutive {
    /// For each component its pattern, bins × frames of the pattern; all values sum to 1.
    pub patterns: Vec<Matrix>,
    /// `h`, components × frames: when each pattern begins, and how strongly.
    pub activations: Matrix,
    /// As in [`Factorization`](super::Factorization).
    pub divergence_curve: Vec<f64>,
    /// Iterations done.
    pub iterations: usize,
    /// Why the iterations ended.
    pub stopped: Stopped,
}

impl Convolutive {
    /// Frames of a pattern.
    #[must_use]
    pub fn template_frames(&self) -> usize {
        self.patterns.first().map_or(0, Matrix::cols)
    }

    /// The same model as templates and activations with one component for each frame of each
    /// pattern, those of one pattern side by side. Templates have unit sum.
    #[must_use]
    pub fn written_out(&self) -> (Matrix, Matrix) {
        let frames = self.template_frames();
        let (rows, count) = (
            self.patterns.first().map_or(0, Matrix::rows),
            self.patterns.len() * frames,
        );
        let sums: Vec<f32> = (0..count)
            .map(|c| self.patterns[c / frames].column(c % frames).iter().sum())
            .collect();
        let templates = Matrix::from_fn(rows, count, |f, c| {
            let value = self.patterns[c / frames].column(c % frames)[f];
            if sums[c] > 0.0 {
                value / sums[c]
            } else {
                1.0 / rows as f32
            }
        });
        (templates, spread(&self.activations, &sums, frames))
    }
}

/// Factorizes `V` (bins × frames) into patterns of `template_frames` frames and their activations,
/// by the Kullback–Leibler divergence, which never rises. With one frame it is
/// [`factorize()`](super::factorize()).
///
/// The hook sees the model written out, as in [`Convolutive::written_out`]. A start by NNDSVDa
/// makes each template a pattern that fades in a straight line.
///
/// # Errors
/// As [`factorize_until`](super::factorize_until), [`NmfError::TemplateFrames`] for patterns of no
/// frame or of more than there are, and [`NmfError::Convolutive`] for another divergence, penalties
/// or another algorithm than plain updates.
pub fn factorize_convolutive(
    v: &Matrix,
    template_frames: usize,
    settings: &Settings,
    stop: Stop<'_>,
    hook: &mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<Convolutive, NmfError> {
    settings.check()?;
    settings.check_convolutive()?;
    let mean = check_spectrogram(v)?;
    check_components(settings.components, v.rows(), v.cols())?;
    if !(1..=v.cols()).contains(&template_frames) {
        return Err(NmfError::TemplateFrames {
            template_frames,
            frames: v.cols(),
        });
    }
    let (w, h) = start(v, template_frames, mean, settings, stop)?;
    let mut state = State::new(v, &w, h, template_frames);
    let mut run = Run::new(settings, stop, hook);
    let measure = settings.measure == Measure::EveryIteration;
    let mut stopped = Stopped::IterationLimit;
    while !run.is_over() {
        let divergence = state.update(measure, stop)?;
        if let Some(reason) = run.tell(1.0, divergence, &state.kernel) {
            stopped = reason;
            break;
        }
    }
    run.curve.push(state.kernel.divergence(stop)?);
    Ok(Convolutive {
        iterations: run.iterations(),
        divergence_curve: run.curve,
        stopped,
        patterns: state.patterns(),
        activations: state.h,
    })
}

/// Where patterns, side by side, and activations start.
fn start(
    v: &Matrix,
    template_frames: usize,
    mean: f64,
    settings: &Settings,
    stop: Stop<'_>,
) -> Result<(Matrix, Matrix), NmfError> {
    let (components, init, seed) = (settings.components, settings.init, settings.seed);
    let (w, h) = initial_factors_until(v, components, init, seed, stop)?;
    let count = components * template_frames;
    Ok(match init {
        Init::NndsvdA => {
            let fading = |frame: usize| 1.0 - frame as f32 / template_frames as f32;
            let patterns = Matrix::from_fn(v.rows(), count, |f, c| {
                w.column(c / template_frames)[f] * fading(c % template_frames)
            });
            (patterns, h)
        }
        Init::Random => {
            // Draws of their own for each frame of a pattern: equal ones would stay alike.
            (random(v, count, mean as f32, seed).0, h)
        }
    })
}

/// The model written out in a kernel, and what it is made of.
struct State<'v> {
    kernel: Kernel<'v>,
    template_frames: usize,
    /// The share of each written-out template in its pattern.
    weights: Vec<f32>,
    /// The activations of the patterns.
    h: Matrix,
}

impl<'v> State<'v> {
    /// `w` holds the frames of each pattern side by side.
    fn new(v: &'v Matrix, w: &Matrix, mut h: Matrix, template_frames: usize) -> Self {
        let sums: Vec<f32> = (0..w.cols()).map(|c| w.column(c).iter().sum()).collect();
        let mut weights = sums.clone();
        for (k, weights) in weights.chunks_exact_mut(template_frames).enumerate() {
            let sum: f32 = weights.iter().sum();
            for n in 0..h.cols() {
                h.column_mut(n)[k] *= sum;
            }
            for weight in weights {
                *weight = if sum > 0.0 {
                    *weight / sum
                } else {
                    1.0 / template_frames as f32
                };
            }
        }
        // The kernel brings the templates to unit sum and gives their sums to the activations;
        // these come with the weights already, so the sums are taken out before.
        let unit = Matrix::from_fn(w.rows(), w.cols(), |f, c| {
            if sums[c] > 0.0 {
                w.column(c)[f] / sums[c]
            } else {
                1.0 / w.rows() as f32
            }
        });
        let spread = spread(&h, &weights, template_frames);
        Self {
            kernel: Kernel::new(v, &unit, spread),
            template_frames,
            weights,
            h,
        }
    }

    /// One update of activations and patterns, and with `measure` the divergence before it.
    fn update(&mut self, measure: bool, stop: Stop<'_>) -> Result<Option<f64>, NmfError> {
        let divergence = self.kernel.update(Part::Activations, 1.0, measure, stop)?;
        self.gather();
        self.scatter();
        self.kernel.update(Part::Templates, 1.0, false, stop)?;
        self.take_scale();
        Ok(divergence)
    }

    /// The activations that all copies ask for together: each copy has been multiplied by what its
    /// own template asks for.
    fn gather(&mut self) {
        let (frames, length) = (self.h.cols(), self.template_frames);
        for n in 0..frames {
            let reach = length.min(frames - n);
            for k in 0..self.h.rows() {
                let columns = k * length..k * length + reach;
                let all: f32 = self.weights[columns.clone()].iter().sum();
                let asked: f32 = columns
                    .enumerate()
                    .map(|(tau, c)| self.kernel.activations().column(n + tau)[c])
                    .sum();
                let h = &mut self.h.column_mut(n)[k];
                if *h > 0.0 && all > 0.0 {
                    *h = asked / all;
                }
            }
        }
    }

    /// Gives the copies what they are copies of.
    fn scatter(&mut self) {
        let spread = spread(&self.h, &self.weights, self.template_frames);
        let [_, activations] = self.kernel.state_mut();
        activations.copy_from_slice(spread.as_slice());
    }

    /// Brings the patterns to unit sum after an update of the templates, whose scale the copies have
    /// taken.
    fn take_scale(&mut self) {
        let (frames, length) = (self.h.cols(), self.template_frames);
        let mut sums = vec![0.0_f64; self.weights.len()];
        for n in 0..frames {
            for (sum, &h) in sums.iter_mut().zip(self.kernel.activations().column(n)) {
                *sum += f64::from(h);
            }
        }
        for k in 0..self.h.rows() {
            let mut before = vec![0.0_f64];
            before.extend(self.h.row(k).scan(0.0, |sum, h| {
                *sum += f64::from(h);
                Some(*sum)
            }));
            let share = |tau: usize| {
                let (c, all) = (k * length + tau, before[frames - tau]);
                if all > 0.0 {
                    sums[c] / all
                } else {
                    f64::from(self.weights[c])
                }
            };
            let shares: Vec<f64> = (0..length).map(share).collect();
            let total: f64 = shares.iter().sum();
            if !total.is_finite() || total <= 0.0 {
                continue;
            }
            for n in 0..frames {
                self.h.column_mut(n)[k] *= total as f32;
            }
            let weights = &mut self.weights[k * length..(k + 1) * length];
            for (weight, share) in weights.iter_mut().zip(shares) {
                *weight = (share / total) as f32;
            }
        }
    }

    fn patterns(&self) -> Vec<Matrix> {
        let (unit, length) = (self.kernel.templates(), self.template_frames);
        (0..self.h.rows())
            .map(|k| {
                Matrix::from_fn(unit.rows(), length, |f, tau| {
                    let c = k * length + tau;
                    unit.column(c)[f] * self.weights[c]
                })
            })
            .collect()
    }
}

/// The activations of the model written out: copies shifted by 0, 1, … frames, times the weights.
fn spread(h: &Matrix, weights: &[f32], template_frames: usize) -> Matrix {
    Matrix::from_fn(weights.len(), h.cols(), |c, n| {
        let (k, tau) = (c / template_frames, c % template_frames);
        if n >= tau {
            h.column(n - tau)[k] * weights[c]
        } else {
            0.0
        }
    })
}
