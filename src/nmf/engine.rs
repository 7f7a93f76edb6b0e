//! The kernel that a factorization runs on.

use super::kernel::{General, Kernel, Part};
use super::run::View;
use super::ties::Ties;
use super::{Matrix, NmfError, Settings, Stop};

/// Plain updates: by the fused kernel where it knows what is asked for, by the general one
/// otherwise.
pub(super) enum Engine<'v> {
    Fused(Kernel<'v>),
    General(General<'v>),
}

impl<'v> Engine<'v> {
    /// As [`Kernel::new`].
    pub fn new(v: &'v Matrix, w: &Matrix, h: Matrix, settings: &Settings) -> Self {
        if settings.divergence.is_kullback_leibler() && !settings.has_penalties() {
            Self::Fused(Kernel::new(v, w, h))
        } else {
            Self::General(General::new(v, w, h, settings))
        }
    }

    /// One update of both factors, and with `measure` the divergence before it. With ties the
    /// templates of all channels stay the same but for a gain.
    pub fn update(
        &mut self,
        ties: Option<&Ties<'_>>,
        measure: bool,
        stop: Stop<'_>,
    ) -> Result<Option<f64>, NmfError> {
        match self {
            Self::Fused(kernel) => {
                let divergence = kernel.update(Part::Both, 1.0, measure, stop)?;
                if let Some(ties) = ties {
                    ties.tie(kernel);
                }
                Ok(divergence)
            }
            Self::General(kernel) => kernel.update(ties, measure, stop),
        }
    }

    /// One update of the activations alone.
    pub fn update_activations(&mut self, stop: Stop<'_>) -> Result<(), NmfError> {
        match self {
            Self::Fused(kernel) => kernel
                .update(Part::Activations, 1.0, false, stop)
                .map(|_| ()),
            Self::General(kernel) => kernel.update_activations(stop),
        }
    }

    /// The divergence of the factors.
    pub fn divergence(&mut self, stop: Stop<'_>) -> Result<f64, NmfError> {
        match self {
            Self::Fused(kernel) => kernel.divergence(stop),
            Self::General(kernel) => kernel.divergence(stop),
        }
    }

    /// Replaces the templates, bins × components, each with unit sum.
    pub fn set_templates(&mut self, templates: &Matrix) {
        match self {
            Self::Fused(kernel) => kernel.set_templates(templates),
            Self::General(kernel) => kernel.set_templates(templates),
        }
    }

    /// The templates, bins × components, each with unit sum.
    pub fn templates(&self) -> Matrix {
        match self {
            Self::Fused(kernel) => kernel.templates(),
            Self::General(kernel) => kernel.templates(),
        }
    }

    /// The activations, components × frames.
    pub fn activations(&self) -> &Matrix {
        match self {
            Self::Fused(kernel) => kernel.activations(),
            Self::General(kernel) => kernel.activations(),
        }
    }

    /// Both factors.
    pub fn into_factors(self) -> (Matrix, Matrix) {
        match self {
            Self::Fused(kernel) => kernel.into_factors(),
            Self::General(kernel) => kernel.into_factors(),
        }
    }
}

impl View for Engine<'_> {
    fn templates(&self) -> Matrix {
        self.templates()
    }

    fn activations(&self) -> Result<&Matrix, Matrix> {
        Ok(self.activations())
    }
}
