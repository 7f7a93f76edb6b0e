//! The factors that masks are made of.

use super::SeparationError;
use crate::nmf::Matrix;
use crate::spectral::Scale;

/// Templates (bins × components) and activations (components × frames) that belong together, and
/// where each component lies among the channels, if that is known.
///
/// Behind an `Arc` it is a snapshot of a factorization that a
/// [`Resynthesizer`](super::Resynthesizer) on another thread can take over at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors {
    templates: Matrix,
    activations: Matrix,
    channel_gains: Option<Matrix>,
    levels: Levels,
}

impl Factors {
    /// Factors of components that take the same share in all channels.
    ///
    /// The templates have sums near 1, as the factorization makes them; the activations may have
    /// any magnitude.
    ///
    /// # Errors
    /// [`SeparationError::Shape`] when the numbers of components differ or are 0,
    /// [`SeparationError::Value`] when a value is negative or not finite.
    pub fn new(templates: Matrix, activations: Matrix) -> Result<Self, SeparationError> {
        Self::build(templates, activations, None)
    }

    /// Factors of components that each have a gain for every channel: `gains` is channels ×
    /// components, of any magnitude. Component `k` has `gains[c, k] · W[f, k] · H[k, n]` in
    /// channel `c`.
    ///
    /// # Errors
    /// As [`new`](Self::new); the gains must not be negative either, and there must be a channel.
    pub fn with_channel_gains(
        templates: Matrix,
        activations: Matrix,
        gains: Matrix,
    ) -> Result<Self, SeparationError> {
        Self::build(templates, activations, Some(gains))
    }

    fn build(
        templates: Matrix,
        activations: Matrix,
        channel_gains: Option<Matrix>,
    ) -> Result<Self, SeparationError> {
        let mut model = Model::new(&templates, &activations)?;
        if let Some(gains) = &channel_gains {
            model = model.with_channel_gains(gains)?;
        }
        let levels = model.levels;
        Ok(Self {
            templates,
            activations,
            channel_gains,
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

    /// The factors of some frames as those of a recording of `frames` frames, of which each has what
    /// the frame has that `of` says, or silence.
    pub(super) fn spread(self, frames: usize, of: impl Fn(usize) -> Option<usize>) -> Self {
        let known = &self.activations;
        let mut activations = Matrix::zeros(known.rows(), frames);
        for n in 0..frames {
            if let Some(from) = of(n).filter(|&from| from < known.cols()) {
                activations
                    .column_mut(n)
                    .copy_from_slice(known.column(from));
            }
        }
        Self {
            activations,
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

    /// The gain of each component in each channel, channels × components; `None` where a
    /// component takes the same share in all channels, of which there may be any number.
    #[must_use]
    pub fn channel_gains(&self) -> Option<&Matrix> {
        self.channel_gains.as_ref()
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
            channel_gains: self.channel_gains.as_ref(),
            levels: self.levels,
        }
    }
}

/// What keeps the products of templates and activations in the range of normal numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    /// Brings the largest activation near 1.
    activations: Scale,
    /// Brings the largest channel gain near 1.
    channel_gains: Scale,
    /// Smaller template values count as 0.
    template_floor: f32,
}

/// Values below -300 dB of the largest count as 0: denormal products would be slow, and are
/// too coarse to add up to 1.
const FLOOR: f32 = 1e-15;

/// A frame of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub channel: usize,
    pub frame: usize,
}

/// Borrowed factors, checked and ready for masks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model<'a> {
    pub templates: &'a Matrix,
    pub activations: &'a Matrix,
    pub channel_gains: Option<&'a Matrix>,
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
            channel_gains: Scale::ONE,
            template_floor: largest * FLOOR,
        };
        Ok(Self {
            templates,
            activations,
            channel_gains: None,
            levels,
        })
    }

    /// The same with a gain for each channel and component.
    pub(super) fn with_channel_gains(self, gains: &'a Matrix) -> Result<Self, SeparationError> {
        let (channels, components) = (gains.rows(), gains.cols());
        if components != self.components() || channels == 0 {
            return Err(SeparationError::Shape {
                what: "channel gains",
                expected: (channels.max(1), self.components()),
                got: (channels, components),
            });
        }
        if !gains.as_slice().iter().all(|x| x.is_finite() && *x >= 0.0) {
            return Err(SeparationError::Value {
                what: "channel gains",
            });
        }
        Ok(Self {
            channel_gains: Some(gains),
            levels: Levels {
                channel_gains: Scale::of(&[gains.as_slice()]),
                ..self.levels
            },
            ..self
        })
    }

    /// Whether the masks of a frame serve all its channels.
    pub(super) fn same_in_all_channels(&self) -> bool {
        self.channel_gains.is_none()
    }

    pub(super) fn components(&self) -> usize {
        self.templates.cols()
    }

    /// Smaller template values count as 0.
    pub(super) fn template_floor(&self) -> f32 {
        self.levels.template_floor
    }

    /// The activation of a component in a frame of a channel, near 1 at its largest, or `None`
    /// where it is silent.
    pub(super) fn activation(&self, component: usize, place: Place) -> Option<f32> {
        let activation = self.activations.column(place.frame)[component];
        let mut scaled = activation * self.levels.activations.factor();
        if let Some(gains) = self.channel_gains {
            let gain = gains.column(component)[place.channel];
            scaled *= gain * self.levels.channel_gains.factor();
        }
        (scaled >= FLOOR).then_some(scaled)
    }
}
