//! A finished separation as a project keeps it.

use std::ops::Range;
use std::sync::Arc;

use super::{ProjectError, RecordingRef};
use crate::separation::{
    Component, ComponentChoice, Dendrogram, Factors, Measured, Separation, SeparationError,
};
use crate::spectral::{Axes, Stft, StftSettings};

/// Factors, facts of the components, and what they were made from.
#[derive(Clone, Debug, PartialEq)]
pub struct SeparationData {
    /// Templates (bins × components) and activations (components × frames).
    pub factors: Arc<Factors>,
    /// Measured facts, one for each component.
    pub components: Vec<Component>,
    /// Which components join first, for fewer or more sources; `None` where that is not known.
    pub dendrogram: Option<Dendrogram>,
    /// The divergence at the start and after each iteration, where it was measured.
    pub divergence_curve: Vec<f64>,
    /// Iterations that were made.
    pub iterations: usize,
    /// The transform.
    pub stft: StftSettings,
    /// Sample rate of the recording in Hz.
    pub rate: u32,
    /// Why there are so many components, where their number was chosen from evidence.
    pub choice: Option<ComponentChoice>,
    /// Samples per channel of the whole recording.
    pub frames: usize,
    /// The samples that were separated where it was not the whole recording.
    pub excerpt: Option<Range<usize>>,
    /// What the samples were multiplied by before they were transformed: the activations are in
    /// units of the recording times this.
    pub scale: f32,
}

impl SeparationData {
    /// Takes over what [`separate`](crate::separation::separate) has found in `excerpt` of a
    /// recording of `frames` samples, or in all of it.
    ///
    /// # Errors
    /// [`ProjectError::Separation`] when the factors are empty or hold impossible values,
    /// [`ProjectError::Unfit`] when they do not belong to so many samples.
    pub fn new(
        separation: Separation,
        rate: u32,
        frames: usize,
        excerpt: Option<Range<usize>>,
    ) -> Result<Self, ProjectError> {
        let factors = separation.factors()?;
        let factorization = separation.factorization;
        let data = Self {
            factors: Arc::new(factors),
            dendrogram: separation.dendrogram,
            components: separation.components,
            divergence_curve: factorization.divergence_curve,
            iterations: factorization.iterations,
            choice: separation.choice,
            stft: separation.stft.settings(),
            rate,
            frames,
            excerpt,
            scale: separation.scale.factor(),
        };
        data.check()?;
        Ok(data)
    }

    /// The same with the way to it in front: `self` was found by running on from `before`.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        let further = self.divergence_curve.iter().skip(1);
        self.divergence_curve = before
            .divergence_curve
            .iter()
            .chain(further)
            .copied()
            .collect();
        self.iterations = self.iterations.saturating_add(before.iterations);
        self.choice.clone_from(&before.choice);
        self
    }

    /// The components with what they were measured in.
    #[must_use]
    pub fn measured(&self) -> Measured<'_> {
        Measured {
            components: &self.components,
            templates: self.factors.templates(),
            activations: self.factors.activations(),
            stft: self.stft,
        }
    }

    /// Number of components, at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// Whether there is no component; [`check`](Self::check) refuses that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.components.is_empty()
    }

    /// The factors as those of the whole recording: silent outside of [`span`](Self::span).
    #[must_use]
    pub fn whole(&self) -> Arc<Factors> {
        let Some(excerpt) = &self.excerpt else {
            return Arc::clone(&self.factors);
        };
        let frames = self.plan().map_or(0, |stft| stft.frame_count(self.frames));
        let before = excerpt.start / self.stft.hop.max(1);
        Arc::new((*self.factors).clone().placed(before, frames))
    }

    /// The samples that were separated.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.excerpt.clone().unwrap_or(0..self.frames)
    }

    /// Hertz and seconds of the rows of the templates and the columns of the activations; frame 0
    /// is at the start of [`span`](Self::span).
    #[must_use]
    pub fn axes(&self) -> Axes {
        Axes::new(self.stft, self.rate)
    }

    /// The transform, planned.
    ///
    /// # Errors
    /// [`ProjectError::Separation`] when its settings are impossible.
    pub fn plan(&self) -> Result<Stft, ProjectError> {
        Ok(Stft::new(self.stft).map_err(SeparationError::from)?)
    }

    /// Makes sure that the parts belong together.
    ///
    /// # Errors
    /// [`ProjectError::Unfit`] when they do not.
    pub fn check(&self) -> Result<(), ProjectError> {
        let unfit = |what: String| Err(ProjectError::Unfit(what));
        let (w, h) = (self.factors.templates(), self.factors.activations());
        if self.components.len() != self.factors.components() {
            return unfit(format!(
                "facts of {} components are given for {} templates",
                self.components.len(),
                self.factors.components()
            ));
        }
        let span = self.span();
        if span.is_empty() || span.end > self.frames {
            return unfit(format!(
                "samples {} to {} are no part of a recording of {}",
                span.start, span.end, self.frames
            ));
        }
        if self.rate == 0 {
            return unfit("the sample rate is 0".into());
        }
        let stft = self.plan()?;
        if w.rows() != stft.bins() {
            return unfit(format!(
                "the templates have {} bins, but a transform of {} samples has {}",
                w.rows(),
                stft.size(),
                stft.bins()
            ));
        }
        let columns = stft.frame_count(span.len());
        if h.cols() != columns {
            return unfit(format!(
                "the activations have {} frames, but {} samples make {columns}",
                h.cols(),
                span.len()
            ));
        }
        if !(self.scale.is_normal() && self.scale > 0.0) {
            return unfit(format!("the scale is {}", self.scale));
        }
        Ok(())
    }

    /// Makes sure that it was made from this recording, as far as length and rate tell.
    ///
    /// # Errors
    /// [`ProjectError::Unfit`] when it was not.
    pub fn check_recording(&self, recording: &RecordingRef) -> Result<(), ProjectError> {
        if (self.rate, self.frames) == (recording.info.rate, recording.frames()) {
            return Ok(());
        }
        Err(ProjectError::Unfit(format!(
            "it was made from {} samples at {} Hz, but the recording has {} at {} Hz",
            self.frames,
            self.rate,
            recording.frames(),
            recording.info.rate
        )))
    }
}
