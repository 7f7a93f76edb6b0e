//! Over-relaxed updates: the factor of each update raised to a power above 1.

use super::NmfError;
use super::factorize::Stopped;
use super::kernel::{Kernel, Part};
use super::run::Run;

/// The power. Up to 2 the steps converge near a minimum (Salakhutdinov & Roweis 2003); close to 2
/// they begin to swing.
pub(super) const EXPONENT: f32 = 1.8;
/// What is left of the excess over 1 after a step that went too far.
const RETREAT: f32 = 0.5;
/// By how much the excess grows back with every step that did not.
const ADVANCE: f32 = 1.1;

/// A copy of the factors.
#[derive(Clone, Default)]
pub(super) struct Saved {
    parts: [Vec<f32>; 2],
}

impl Saved {
    pub fn save(&mut self, kernel: &Kernel<'_>) {
        for (part, state) in self.parts.iter_mut().zip(kernel.state()) {
            part.clear();
            part.extend_from_slice(state);
        }
    }

    pub fn parts(&self) -> [&[f32]; 2] {
        [&self.parts[0], &self.parts[1]]
    }

    pub fn restore(&self, kernel: &mut Kernel<'_>) {
        for (part, state) in self.parts.iter().zip(kernel.state_mut()) {
            state.copy_from_slice(part);
        }
    }
}

/// Iterates with the exponent 1.8 from the kernel's factors. A step that raised the divergence is
/// taken back and a plain one made in its place (Salakhutdinov & Roweis, "Adaptive overrelaxed
/// bound optimization methods", ICML 2003, section 5).
pub(super) fn run(kernel: &mut Kernel<'_>, run: &mut Run<'_>) -> Result<Stopped, NmfError> {
    let (mut before, mut now) = (Saved::default(), Saved::default());
    let mut exponent = EXPONENT;
    // Whether the last step could have raised the divergence.
    let mut relaxed = false;
    let mut stopped = Stopped::IterationLimit;
    while !run.is_over() {
        now.save(kernel);
        let divergence = measured(kernel, exponent, run)?;
        if relaxed && run.curve.last().is_some_and(|&last| divergence > last) {
            before.restore(kernel);
            plain(kernel, run)?;
            run.spend(2.0);
            exponent = 1.0 + (exponent - 1.0) * RETREAT;
            relaxed = false;
            continue;
        }
        relaxed = exponent > 1.0;
        exponent = (1.0 + (exponent - 1.0) * ADVANCE).min(EXPONENT);
        std::mem::swap(&mut before, &mut now);
        if let Some(reason) = run.tell(1.0, Some(divergence), kernel) {
            stopped = reason;
            break;
        }
    }
    finish(kernel, run, &before)?;
    Ok(stopped)
}

/// A plain update of both factors.
pub(super) fn plain(kernel: &mut Kernel<'_>, run: &Run<'_>) -> Result<(), NmfError> {
    kernel.update(Part::Both, 1.0, false, run.stop)?;
    Ok(())
}

/// An update of both factors, and the divergence before it.
pub(super) fn measured(
    kernel: &mut Kernel<'_>,
    exponent: f32,
    run: &Run<'_>,
) -> Result<f64, NmfError> {
    let divergence = kernel.update(Part::Both, exponent, true, run.stop)?;
    Ok(divergence.unwrap_or(f64::INFINITY))
}

/// Measures the last factors; goes back to those `before` where they are worse.
pub(super) fn finish(
    kernel: &mut Kernel<'_>,
    run: &mut Run<'_>,
    before: &Saved,
) -> Result<(), NmfError> {
    let mut divergence = kernel.divergence(run.stop)?;
    if let Some(&last) = run.curve.last()
        && divergence > last
    {
        before.restore(kernel);
        divergence = last;
    }
    run.curve.push(divergence);
    Ok(())
}
