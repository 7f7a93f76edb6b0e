//! Anderson acceleration of the over-relaxed updates.
//!
//! The update is taken as a fixed-point map g of the logarithms x of all factors. From the last
//! few points and their residuals f = g(x) − x the next point is
//!
//! ```text
//! x' = g(x) − Σ γ_j (g_j+1 − g_j)      with γ = argmin ‖f − Σ γ_j (f_j+1 − f_j)‖
//! ```
//!
//! (Walker & Ni 2011, eq. 2.2; Henderson & Varadhan 2019 for the monotone guard). The norm weighs
//! each logarithm by what its factor contributes to the model: the diagonal of the Fisher
//! information.

use super::NmfError;
use super::factorize::Stopped;
use super::kernel::Kernel;
use super::mixing::{History, MEMORY, Point};
use super::relaxed::{self, EXPONENT, Saved};
use super::run::Run;

/// Values that are held for each value of the factors beside those themselves: three sets of
/// factors, and the points and differences of the history, the new point among them.
pub(crate) const VALUES_HELD: usize = 3 + 2 * (MEMORY + 2);

/// How the kernel's factors came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// By a plain update: they are no worse than those before.
    Plain,
    /// By an over-relaxed update.
    Relaxed,
    /// By extrapolation.
    Candidate,
}

/// Iterates from the kernel's factors. A candidate that raises the divergence is dropped for the
/// over-relaxed step from the same point, and where that raises it as well, for a plain one.
pub(super) fn run(kernel: &mut Kernel<'_>, run: &mut Run<'_>) -> Result<Stopped, NmfError> {
    let (mut before, mut now) = (Saved::default(), Saved::default());
    // The over-relaxed step from `before`.
    let mut step = Saved::default();
    let mut history = History::default();
    let mut origin = Origin::Plain;
    let mut stopped = Stopped::IterationLimit;
    while !run.is_over() {
        now.save(kernel);
        let divergence = relaxed::measured(kernel, EXPONENT, run)?;
        if run.curve.last().is_some_and(|&last| divergence > last) {
            match origin {
                Origin::Plain => {}
                Origin::Relaxed => {
                    before.restore(kernel);
                    relaxed::plain(kernel, run)?;
                    run.spend(2.0);
                    origin = Origin::Plain;
                    continue;
                }
                Origin::Candidate => {
                    step.restore(kernel);
                    run.spend(1.0);
                    history.clear();
                    origin = Origin::Relaxed;
                    continue;
                }
            }
        }
        std::mem::swap(&mut before, &mut now);
        if let Some(reason) = run.tell(1.0, Some(divergence), kernel) {
            stopped = reason;
            break;
        }
        step.save(kernel);
        history.push(Point::new(before.parts(), step.parts()));
        origin = if history.extrapolate(kernel.components(), kernel.lanes(), kernel.state_mut()) {
            kernel.normalize();
            Origin::Candidate
        } else {
            Origin::Relaxed
        };
    }
    relaxed::finish(kernel, run, &before)?;
    Ok(stopped)
}
