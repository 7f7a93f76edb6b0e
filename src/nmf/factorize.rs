//! The factorization: start, updates, stopping.

use std::ops::ControlFlow;

use super::engine::Engine;
use super::init::initial_factors_until;
use super::kernel::Kernel;
use super::run::{Run, Step};
use super::{Algorithm, Matrix, Measure, NmfError, Settings, Stop, anderson, coarse, relaxed};

/// Means of `V` outside of this range leave no room for the arithmetic in 32 bit floats.
const MEAN_RANGE: std::ops::RangeInclusive<f64> = 1e-12..=1e12;

/// `V ≈ W·H`, and how the factorization got there.
#[derive(Clone, Debug, PartialEq)]
pub struct Factorization {
    /// `W`, bins × components; every column sums to 1.
    pub templates: Matrix,
    /// `H`, components × frames, in the unit of `V` times bins.
    pub activations: Matrix,
    /// The divergence before the first iteration and after each one, or with [`Measure::AtEnd`]
    /// only after the last one; penalties are in it. Never rises, beyond the rounding of 32 bit
    /// floats.
    pub divergence_curve: Vec<f64>,
    /// Iterations done.
    pub iterations: usize,
    /// Why the iterations ended.
    pub stopped: Stopped,
}

/// Why the iterations ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The divergence fell by less than the tolerance.
    Converged,
    /// All iterations were done.
    IterationLimit,
    /// The hook asked for it.
    ByHook,
}

/// Factorizes `V` (bins × frames) into templates and activations: the [`Divergence`](super::Divergence)
/// `D(V|WH)` is lowered by multiplicative updates of `H`, then `W` (Lee & Seung 2001; Févotte &
/// Idier 2011).
///
/// Runs on the current rayon pool; the result has the same bits for any number of threads. `hook`
/// is called after every iteration and can stop the work, which is no error.
///
/// ```
/// use partita::nmf::{Matrix, Settings, factorize};
/// use std::ops::ControlFlow;
///
/// // Two templates, one after the other.
/// let v = Matrix::from_fn(4, 6, |bin, frame| if (bin < 2) == (frame < 3) { 1.0 } else { 0.0 });
/// let settings = Settings { components: 2, ..Settings::default() };
/// let result = factorize(&v, &settings, &mut |_| ControlFlow::Continue(()))?;
/// let start = result.divergence_curve[0];
/// assert!(result.divergence_curve.last().unwrap() < &(0.01 * start));
/// # Ok::<(), partita::nmf::NmfError>(())
/// ```
///
/// # Errors
/// [`NmfError::Empty`], [`NmfError::Value`] and [`NmfError::Scale`] for a `V` that cannot be
/// factorized, [`NmfError::Components`] for a number of components that it does not allow, and
/// what [`Settings::check`] refuses.
pub fn factorize(
    v: &Matrix,
    settings: &Settings,
    hook: &mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<Factorization, NmfError> {
    factorize_until(v, settings, &|| false, hook)
}

/// The same as [`factorize()`], but asks `stop` every few milliseconds, from any thread, whether
/// to give up: where an iteration on a long recording takes long, the hook alone comes too late.
///
/// # Errors
/// As [`factorize()`], and [`NmfError::Stopped`] when `stop` said so.
pub fn factorize_until(
    v: &Matrix,
    settings: &Settings,
    stop: Stop<'_>,
    hook: &mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<Factorization, NmfError> {
    settings.check()?;
    let settings = &settings.resolved(v.cols());
    let mut run = Run::new(settings, stop, hook);
    if settings.algorithm == Algorithm::Fast {
        check_spectrogram(v)?;
        check_components(settings.components, v.rows(), v.cols())?;
        if let Some(coarse::Start { w, h, stopped }) = coarse::start(v, settings, &mut run)? {
            if let Some(stopped) = stopped {
                let mut kernel = Kernel::new(v, &w, h);
                run.curve.push(kernel.divergence(stop)?);
                return Ok(finished(kernel.into_factors(), run, stopped));
            }
            return iterate(v, &w, h, settings, run);
        }
    }
    let (components, init, seed) = (settings.components, settings.init, settings.seed);
    let (w, h) = initial_factors_until(v, components, init, seed, stop)?;
    iterate(v, &w, h, settings, run)
}

/// Factorizes `V` from given factors: runs on from an earlier result, or from a start of one's own.
///
/// `templates` is bins × components and need not be normalised, `activations` is components ×
/// frames; a value that is 0 stays 0. The number of components is theirs; `components`, `init` and
/// `seed` of the settings play no part.
///
/// # Errors
/// As [`factorize()`], and [`NmfError::Shape`] where the shapes do not fit.
pub fn factorize_from(
    v: &Matrix,
    templates: &Matrix,
    activations: Matrix,
    settings: &Settings,
    hook: &mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<Factorization, NmfError> {
    factorize_from_until(v, templates, activations, settings, &|| false, hook)
}

/// The same as [`factorize_from`], but asks `stop` as [`factorize_until`] does.
///
/// # Errors
/// As [`factorize_from`], and [`NmfError::Stopped`] when `stop` said so.
pub fn factorize_from_until(
    v: &Matrix,
    templates: &Matrix,
    activations: Matrix,
    settings: &Settings,
    stop: Stop<'_>,
    hook: &mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<Factorization, NmfError> {
    settings.check()?;
    check_spectrogram(v)?;
    check_components(templates.cols(), v.rows(), v.cols())?;
    let shapes = [
        (
            "the start of the templates",
            templates,
            (v.rows(), templates.cols()),
        ),
        (
            "the start of the activations",
            &activations,
            (templates.cols(), v.cols()),
        ),
    ];
    for (what, matrix, expected) in shapes {
        let got = (matrix.rows(), matrix.cols());
        if got != expected {
            return Err(NmfError::Shape {
                what,
                expected,
                got,
            });
        }
        check_values(what, matrix)?;
    }
    iterate(
        v,
        templates,
        activations,
        settings,
        Run::new(settings, stop, hook),
    )
}

fn iterate(
    v: &Matrix,
    w: &Matrix,
    h: Matrix,
    settings: &Settings,
    mut run: Run<'_>,
) -> Result<Factorization, NmfError> {
    if matches!(settings.algorithm, Algorithm::Auto | Algorithm::Mu) {
        let mut engine = Engine::new(v, w, h, settings);
        let stopped = plain(&mut engine, &mut run, settings.measure)?;
        return Ok(finished(engine.into_factors(), run, stopped));
    }
    let mut kernel = Kernel::new(v, w, h);
    let stopped = if settings.algorithm == Algorithm::Fast {
        anderson::run(&mut kernel, &mut run)?
    } else {
        relaxed::run(&mut kernel, &mut run)?
    };
    Ok(finished(kernel.into_factors(), run, stopped))
}

/// The multiplicative updates as they are.
fn plain(
    engine: &mut Engine<'_>,
    run: &mut Run<'_>,
    measure: Measure,
) -> Result<Stopped, NmfError> {
    let measure = measure == Measure::EveryIteration;
    let mut stopped = Stopped::IterationLimit;
    while !run.is_over() {
        let divergence = engine.update(None, measure, run.stop)?;
        if let Some(reason) = run.tell(1.0, divergence, engine) {
            stopped = reason;
            break;
        }
    }
    let last = engine.divergence(run.stop)?;
    run.curve.push(last);
    Ok(stopped)
}

fn finished(
    (templates, activations): (Matrix, Matrix),
    run: Run<'_>,
    stopped: Stopped,
) -> Factorization {
    Factorization {
        templates,
        activations,
        iterations: run.iterations(),
        divergence_curve: run.curve,
        stopped,
    }
}

/// The mean of `V`; refuses what has no values, values that are none, or a scale without room for
/// arithmetic.
pub(super) fn check_spectrogram(v: &Matrix) -> Result<f64, NmfError> {
    if v.as_slice().is_empty() {
        return Err(NmfError::Empty);
    }
    check_values("the spectrogram", v)?;
    let mean = v.mean();
    if mean > 0.0 && !MEAN_RANGE.contains(&mean) {
        return Err(NmfError::Scale { mean });
    }
    Ok(mean)
}

/// Refuses a number of components that a spectrogram of `bins` × `frames` does not allow.
///
/// # Errors
/// [`NmfError::Components`] for 0, or for more than the smaller of bins and frames, and
/// [`NmfError::Empty`] where these are 0.
pub fn check_components(components: usize, bins: usize, frames: usize) -> Result<(), NmfError> {
    if bins.min(frames) == 0 {
        Err(NmfError::Empty)
    } else if (1..=bins.min(frames)).contains(&components) {
        Ok(())
    } else {
        Err(NmfError::Components {
            components,
            bins,
            frames,
        })
    }
}

fn check_values(what: &'static str, matrix: &Matrix) -> Result<(), NmfError> {
    if matrix.is_valid() {
        Ok(())
    } else {
        Err(NmfError::Value { what })
    }
}
