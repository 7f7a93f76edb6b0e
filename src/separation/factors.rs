//! The two factors that masks are made of.

use super::SeparationError;
use crate::nmf::Matrix;
use crate::spectral::Scale;

/// Templates (bins × components) and activations (components × frames) that belong together.
///
/// Behind an `Arc` it is a snapshot of a factorization that a
/// [`Resynthesizer`](super::Resynthesizer) on another thread can take over at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors {
    templates: Matrix,
    activations: Matrix,
    levels: Levels,
}

impl Factors {
    /// Factors whose templates have sums near 1, as the factorization makes them; the
    /// activations may have any magnitude.
    ///
    /// # Errors
    /// [`SeparationError::Shape`] when the numbers of components differ or are 0,
    /// [`SeparationError::Value`] when a value is negative or not finite.
    pub fn new(templates: Matrix, activations: Matrix) -> Result<Self, SeparationError> {
        let levels = Model::new(&templates, &activations)?.levels;
        Ok(Self {
            templates,
            activations,
            levels,
        })
    }

    /// The factors of an excerpt as those of the whole recording of `frames` frames, in which it
    /// begins with frame `before`: elsewhere all components are silent, and share what is there
    /// equally.
    #[must_use]
    pub fn placed(self, before: usize, frames: usize) -> Self {
        Self {
            activations: self.activations.placed(before, frames),
            ..self
        }
    }

    /// The templates: bins × components.
    #[must_use]
    pub fn templates(&self) -> &Matrix {
        &self.templates
    }

    /// The activations: components × frames.
    #[must_use]
    pub fn activations(&self) -> &Matrix {
        &self.activations
    }

    /// Number of components, at least 1.
    #[must_use]
    pub fn components(&self) -> usize {
        self.templates.cols()
    }

    pub(super) fn model(&self) -> Model<'_> {
        Model {
            templates: &self.templates,
            activations: &self.activations,
            levels: self.levels,
        }
    }
}

/// What keeps the products of templates and activations in the range of normal numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    /// Brings the largest activation near 1.
    activations: Scale,
    /// Smaller template values count as 0.
    template_floor: f32,
}

/// Values below -300 dB of the largest count as 0: denormal products would be slow, and are
/// too coarse to add up to 1.
const FLOOR: f32 = 1e-15;

/// Borrowed factors, checked and ready for masks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model<'a> {
    pub templates: &'a Matrix,
    pub activations: &'a Matrix,
    levels: Levels,
}

impl<'a> Model<'a> {
    pub(super) fn new(
        templates: &'a Matrix,
        activations: &'a Matrix,
    ) -> Result<Self, SeparationError> {
        if templates.cols() != activations.rows() || templates.cols() == 0 {
            return Err(SeparationError::Shape {
                what: "activations",
                expected: (templates.cols().max(1), activations.cols()),
                got: (activations.rows(), activations.cols()),
            });
        }
        for (what, matrix) in [("templates", templates), ("activations", activations)] {
            if !matrix.as_slice().iter().all(|x| x.is_finite() && *x >= 0.0) {
                return Err(SeparationError::Value { what });
            }
        }
        let largest = templates.as_slice().iter().copied().fold(0.0, f32::max);
        let levels = Levels {
            activations: Scale::of(&[activations.as_slice()]),
            template_floor: largest * FLOOR,
        };
        Ok(Self {
            templates,
            activations,
            levels,
        })
    }

    pub(super) fn components(&self) -> usize {
        self.templates.cols()
    }

    /// Smaller template values count as 0.
    pub(super) fn template_floor(&self) -> f32 {
        self.levels.template_floor
    }

    /// The activation of a component in a frame, near 1 at its largest, or `None` where it is
    /// silent.
    pub(super) fn activation(&self, component: usize, frame: usize) -> Option<f32> {
        let scaled = self.activations.column(frame)[component] * self.levels.activations.factor();
        (scaled >= FLOOR).then_some(scaled)
    }
}
