//! The course of a factorization: its budget, its curve, and whom it tells.

use std::cell::OnceCell;
use std::ops::ControlFlow;

use super::factorize::Stopped;
use super::kernel::Kernel;
use super::{Matrix, Settings, Stop};

/// Something that can show full-size factors.
pub(super) trait View {
    /// Bins × components, columns of unit sum.
    fn templates(&self) -> Matrix;
    /// Components × frames, where they exist at full size; otherwise the view makes them.
    fn activations(&self) -> Result<&Matrix, Matrix>;
}

impl View for Kernel<'_> {
    fn templates(&self) -> Matrix {
        self.templates()
    }

    fn activations(&self) -> Result<&Matrix, Matrix> {
        Ok(self.activations())
    }
}

/// What the hook sees after each iteration.
pub struct Step<'a> {
    iteration: usize,
    divergence: Option<f64>,
    view: &'a dyn View,
    spread: OnceCell<Matrix>,
}

impl Step<'_> {
    /// The iteration that has just ended, from 1 on. With [`Algorithm::Fast`] it is the work done
    /// so far, counted in plain iterations and rounded up: while the factors are still coarse it
    /// comes several times.
    ///
    /// [`Algorithm::Fast`]: super::Algorithm::Fast
    #[must_use]
    pub fn iteration(&self) -> usize {
        self.iteration
    }

    /// The divergence of the factors that this iteration started from (that of its result comes
    /// out of the next pass at no cost); `None` with [`Measure::AtEnd`](super::Measure::AtEnd),
    /// and while the factors are still coarse.
    #[must_use]
    pub fn divergence(&self) -> Option<f64> {
        self.divergence
    }

    /// A copy of `W`, bins × components, each column with unit sum. Factors that are still coarse
    /// are spread to full size.
    #[must_use]
    pub fn templates(&self) -> Matrix {
        self.view.templates()
    }

    /// `H`, components × frames. Factors that are still coarse are spread to full size.
    #[must_use]
    pub fn activations(&self) -> &Matrix {
        match self.view.activations() {
            Ok(whole) => whole,
            Err(made) => self.spread.get_or_init(|| made),
        }
    }
}

/// What a factorization may still spend, what it has found so far, and who watches it.
pub(super) struct Run<'r> {
    pub stop: Stop<'r>,
    hook: &'r mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
    limit: usize,
    tolerance: f64,
    /// Work done, in plain iterations.
    spent: f64,
    pub curve: Vec<f64>,
}

impl<'r> Run<'r> {
    pub fn new(
        settings: &Settings,
        stop: Stop<'r>,
        hook: &'r mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
    ) -> Self {
        Self {
            stop,
            hook,
            limit: settings.iterations,
            tolerance: settings.tolerance,
            spent: 0.0,
            curve: Vec::new(),
        }
    }

    /// The work done so far in plain iterations, rounded up.
    pub fn iterations(&self) -> usize {
        self.spent.ceil() as usize
    }

    /// Whether the budget is used up.
    pub fn is_over(&self) -> bool {
        self.spent >= self.limit as f64
    }

    /// Counts work that the hook is not told of.
    pub fn spend(&mut self, iterations: f64) {
        self.spent += iterations;
    }

    /// Counts an iteration that started from factors of this divergence, and tells the hook.
    /// Returns why to stop, if so.
    pub fn tell(
        &mut self,
        iterations: f64,
        divergence: Option<f64>,
        view: &dyn View,
    ) -> Option<Stopped> {
        self.spent += iterations;
        let converged = match (self.curve.last(), divergence) {
            (Some(&before), Some(now)) => before - now < self.tolerance * before,
            _ => false,
        };
        self.curve.extend(divergence);
        let step = Step {
            iteration: self.iterations(),
            divergence,
            view,
            spread: OnceCell::new(),
        };
        if (self.hook)(&step).is_break() {
            Some(Stopped::ByHook)
        } else if converged && self.tolerance > 0.0 {
            Some(Stopped::Converged)
        } else {
            None
        }
    }
}
