//! Several channels at once: one set of templates and activations, and a gain per channel.

use std::ops::ControlFlow;

use super::engine::Engine;
use super::factorize::{check_components, check_spectrogram};
use super::init::initial_factors_until;
use super::ties::{Ties, stack};
use super::{Algorithm, Factorization, Matrix, NmfError, Settings, Stop, Stopped};

/// The magnitudes of several channels, one under the other: `V[c·bins + f, n]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Channels {
    stacked: Matrix,
    channels: usize,
}

impl Channels {
    /// Takes magnitudes of `channels` channels, (channels · bins) × frames.
    ///
    /// # Errors
    /// [`NmfError::Shape`] when the rows are not those of whole channels.
    pub fn new(stacked: Matrix, channels: usize) -> Result<Self, NmfError> {
        let rows = stacked.rows();
        if channels == 0 || rows == 0 || !rows.is_multiple_of(channels) {
            return Err(NmfError::Shape {
                what: "stacked channels",
                expected: (rows.next_multiple_of(channels.max(1)), stacked.cols()),
                got: (rows, stacked.cols()),
            });
        }
        Ok(Self { stacked, channels })
    }

    /// The magnitudes, (channels · bins) × frames.
    #[must_use]
    pub fn stacked(&self) -> &Matrix {
        &self.stacked
    }

    /// Number of channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Number of bins of each channel.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.stacked.rows() / self.channels
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.stacked.cols()
    }
}

/// Activations of a frame begin at this share of the mean level at least.
const FAINT: f32 = 1e-3;

/// `V[c] ≈ W · diag(G[c, ·]) · H` for each channel `c`.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorModel {
    /// `W`, bins × components; every column sums to 1.
    pub templates: Matrix,
    /// `H`, components × frames.
    pub activations: Matrix,
    /// `G`, channels × components; every column sums to 1.
    pub channel_gains: Matrix,
}

/// A factorization of several channels.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorFactorization {
    /// Templates and activations, and how they were reached.
    pub factorization: Factorization,
    /// `G`, channels × components; every column sums to 1.
    pub channel_gains: Matrix,
}

/// What the hook sees after each iteration.
pub struct TensorStep<'a> {
    iteration: usize,
    divergence: f64,
    engine: &'a Engine<'a>,
    ties: &'a Ties<'a>,
}

impl TensorStep<'_> {
    /// The iteration that has just ended, from 1 on.
    #[must_use]
    pub fn iteration(&self) -> usize {
        self.iteration
    }

    /// The divergence of the factors that this iteration started from.
    #[must_use]
    pub fn divergence(&self) -> f64 {
        self.divergence
    }

    /// A copy of the model as it is now.
    #[must_use]
    pub fn model(&self) -> TensorModel {
        let stacked = self.engine.templates();
        let activations = self.engine.activations().clone();
        let (templates, channel_gains) = self.ties.parts(&stacked, &activations);
        TensorModel {
            templates,
            activations,
            channel_gains,
        }
    }
}

/// Factorizes the magnitudes of several channels with common templates and activations and a
/// gain per component and channel: non-negative tensor factorization (FitzGerald, Cranitch &
/// Coyle 2005, "Non-negative tensor factorisation for sound source separation") by the
/// [`Divergence`](super::Divergence) of the settings. With one channel it is
/// [`factorize()`](super::factorize()). The updates are plain ones whatever the algorithm of the
/// settings; the measure plays no part.
///
/// # Errors
/// As [`factorize_until`](super::factorize_until).
pub fn factorize_tensor(
    v: &Channels,
    settings: &Settings,
    stop: Stop<'_>,
    hook: &mut dyn FnMut(&TensorStep<'_>) -> ControlFlow<()>,
) -> Result<TensorFactorization, NmfError> {
    check_settings(settings)?;
    let (components, init, seed) = (settings.components, settings.init, settings.seed);
    check_components(components, v.bins(), v.frames())?;
    let (w, h) = initial_factors_until(&v.stacked, components, init, seed, stop)?;
    let ties = Ties {
        bins: v.bins(),
        channels: v.channels,
        labels: None,
    };
    iterate(v, w, h, &ties, settings, stop, hook)
}

/// Factorizes the magnitudes of several channels from a given start. Components of the same
/// label (one label for each component) keep the same gains; without labels each has its own.
///
/// # Errors
/// As [`factorize_from_until`](super::factorize_from_until).
pub fn factorize_tensor_from(
    v: &Channels,
    start: &TensorModel,
    labels: Option<&[usize]>,
    settings: &Settings,
    stop: Stop<'_>,
    hook: &mut dyn FnMut(&TensorStep<'_>) -> ControlFlow<()>,
) -> Result<TensorFactorization, NmfError> {
    check_settings(settings)?;
    check_model(v, start)?;
    let components = start.templates.cols();
    if labels.is_some_and(|labels| labels.len() != components) {
        return Err(NmfError::Shape {
            what: "the labels of the components",
            expected: (components, 1),
            got: (labels.map_or(0, <[usize]>::len), 1),
        });
    }
    let ties = Ties {
        bins: v.bins(),
        channels: v.channels,
        labels,
    };
    let stacked = stack(&start.templates, &start.channel_gains);
    iterate(
        v,
        stacked,
        start.activations.clone(),
        &ties,
        settings,
        stop,
        hook,
    )
}

/// The model with activations for other frames of the same channels, `v`: as many updates of the
/// activations alone as the settings have iterations, by their divergence and penalties, from even
/// ones, with templates and gains as they are.
///
/// # Errors
/// [`NmfError::Shape`] when the bins or channels of `v` are not those of the model,
/// [`NmfError::Value`] when a value of either is negative or not finite, and
/// [`NmfError::Stopped`] when `stop` says so.
pub fn with_activations_of(
    v: &Channels,
    model: &TensorModel,
    settings: &Settings,
    stop: Stop<'_>,
) -> Result<TensorModel, NmfError> {
    let components = model.templates.cols();
    // As loud as the frames, as not every divergence finds the level in one step.
    let sums: Vec<f32> = (0..v.frames())
        .map(|n| v.stacked.column(n).iter().sum())
        .collect();
    let least = FAINT * sums.iter().sum::<f32>() / sums.len().max(1) as f32;
    let level = |n: usize| sums[n].max(least) / components as f32;
    let start = TensorModel {
        activations: Matrix::from_fn(components, v.frames(), |_, n| level(n)),
        ..model.clone()
    };
    check_model(v, &start)?;
    let stacked = stack(&start.templates, &start.channel_gains);
    let mut engine = Engine::new(&v.stacked, &stacked, start.activations, settings);
    for _ in 0..settings.iterations {
        engine.update_activations(stop)?;
    }
    Ok(TensorModel {
        activations: engine.into_factors().1,
        templates: start.templates,
        channel_gains: start.channel_gains,
    })
}

fn check_model(v: &Channels, model: &TensorModel) -> Result<(), NmfError> {
    check_spectrogram(&v.stacked)?;
    let components = model.templates.cols();
    let matrices = [
        (
            "the start of the templates",
            &model.templates,
            (v.bins(), components),
        ),
        (
            "the start of the activations",
            &model.activations,
            (components, v.frames()),
        ),
        (
            "the start of the gains",
            &model.channel_gains,
            (v.channels, components),
        ),
    ];
    for (what, matrix, expected) in matrices {
        let got = (matrix.rows(), matrix.cols());
        if got != expected {
            return Err(NmfError::Shape {
                what,
                expected,
                got,
            });
        }
        if !matrix.is_valid() {
            return Err(NmfError::Value { what });
        }
    }
    Ok(())
}

/// The updates are plain ones whatever the algorithm.
fn check_settings(settings: &Settings) -> Result<(), NmfError> {
    Settings {
        algorithm: Algorithm::Mu,
        ..settings.clone()
    }
    .check()
}

fn iterate(
    v: &Channels,
    w: Matrix,
    h: Matrix,
    ties: &Ties<'_>,
    settings: &Settings,
    stop: Stop<'_>,
    hook: &mut dyn FnMut(&TensorStep<'_>) -> ControlFlow<()>,
) -> Result<TensorFactorization, NmfError> {
    let mut engine = Engine::new(&v.stacked, &w, h, settings);
    ties.begin(&mut engine);
    let mut curve: Vec<f64> = Vec::new();
    let mut stopped = Stopped::IterationLimit;
    let mut iterations = 0;
    while iterations < settings.iterations {
        let measured = engine.update(Some(ties), true, stop)?;
        let divergence = measured.unwrap_or(f64::INFINITY);
        iterations += 1;
        let converged = curve
            .last()
            .is_some_and(|before| before - divergence < settings.tolerance * before);
        curve.push(divergence);
        let step = TensorStep {
            iteration: iterations,
            divergence,
            engine: &engine,
            ties,
        };
        if hook(&step).is_break() {
            stopped = Stopped::ByHook;
            break;
        }
        if converged && settings.tolerance > 0.0 {
            stopped = Stopped::Converged;
            break;
        }
    }
    curve.push(engine.divergence(stop)?);
    let (stacked, activations) = engine.into_factors();
    let (templates, channel_gains) = ties.parts(&stacked, &activations);
    Ok(TensorFactorization {
        factorization: Factorization {
            templates,
            activations,
            divergence_curve: curve,
            iterations,
            stopped,
        },
        channel_gains,
    })
}
