//! How long work tells how far it is, and how it is stopped.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Factors, SeparationError};
use crate::nmf::NmfError;

/// The parts of a separation, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Reading the recording.
    Read,
    /// Computing the spectrogram.
    Stft,
    /// Choosing the number of components, where it is chosen from evidence.
    Choose,
    /// Finding the components.
    Factorize,
    /// Measuring and grouping the components.
    Mask,
    /// Rendering and writing the stems.
    Export,
}

/// Something that shows how far long work is.
pub trait Progress: Sync {
    /// `fraction` (0 to 1) of `phase` is done. Comes often and from any thread, so it must be
    /// cheap; fractions of one phase may come out of order.
    fn report(&self, phase: Phase, fraction: f64);

    /// A stage begins that no iterations are told of.
    fn enters(&self, _: Stage) {}

    /// An iteration of the factorization has ended. [`ControlFlow::Break`] stops here and keeps
    /// what has been found, which is no cancel.
    fn iterated(&self, _: &Iteration<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Which of the factorizations of a separation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Those of a small copy, to see whether so many components are the right number.
    Number(usize),
    /// The only one.
    Only,
    /// A trial whether each source is one component.
    Trial,
    /// One of several that find atoms.
    Run {
        /// From 1 on.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// Those that find atoms of its own for each source.
    Own,
    /// All atoms together.
    Together,
    /// All of a recording that is gone through block by block, with what its sample has taught.
    /// It has no iterations that could be stopped in.
    Whole,
}

/// What can be seen of a factorization between two iterations.
pub struct Iteration<'a> {
    pub(super) stage: Stage,
    pub(super) number: usize,
    pub(super) limit: usize,
    pub(super) divergence: Option<f64>,
    pub(super) changed: bool,
    pub(super) factors: &'a dyn Fn() -> Result<Factors, SeparationError>,
}

impl Iteration<'_> {
    /// Which of the factorizations of the separation it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Iterations that have ended, from 1 on.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// Iterations at most.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The divergence before this iteration, where it is measured.
    #[must_use]
    pub fn divergence(&self) -> Option<f64> {
        self.divergence
    }

    /// Whether the factors are others than at the iteration before.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// The factors as they are now, for picture and sound: a copy, or, while only stretches of a
    /// long recording are looked at, activations that are found for all of it, which takes some
    /// passes over its magnitudes. The components are in the order of the factorization, which
    /// [`Separation::order`](super::Separation::order) maps to that of the result.
    ///
    /// # Errors
    /// As [`Factors::new`].
    pub fn factors(&self) -> Result<Factors, SeparationError> {
        (self.factors)()
    }
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _: Phase, _: f64) {}
}

/// A switch that stops long work. Clones are the same switch.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the work to stop, for good.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How work ended that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It is done.
    Done(T),
    /// It was cancelled, and nothing of it remains.
    Cancelled,
}

impl<T> Outcome<T> {
    /// Work that was stopped has been cancelled.
    pub(super) fn unless_stopped<E: Into<SeparationError>>(
        result: Result<T, E>,
    ) -> Result<Self, SeparationError> {
        match result.map_err(Into::into) {
            Err(SeparationError::Factorize(NmfError::Stopped)) => Ok(Self::Cancelled),
            result => result.map(Self::Done),
        }
    }
}
