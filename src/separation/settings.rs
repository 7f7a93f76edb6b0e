//! What a separation is asked for.

use serde::{Deserialize, Serialize};

use crate::nmf;
use crate::spectral::StftSettings;

/// Components for each source where only the number of sources is given.
const COMPONENTS_PER_SOURCE: usize = 4;
/// Components where nothing is given.
const DEFAULT_COMPONENTS: usize = 16;

/// Into how many components the spectrogram is taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentCount {
    /// This many.
    Fixed(usize),
    /// Four for each source where a number of sources is given, otherwise 16; fewer where the
    /// spectrogram has fewer bins or frames.
    #[default]
    Auto,
}

impl ComponentCount {
    /// The number of components for a spectrogram of `bins` × `frames`.
    #[must_use]
    pub fn resolve(self, sources: SourceCount, bins: usize, frames: usize) -> usize {
        match (self, sources) {
            (Self::Fixed(count), _) => count,
            (Self::Auto, SourceCount::Fixed(sources)) => sources
                .saturating_mul(COMPONENTS_PER_SOURCE)
                .min(bins)
                .min(frames),
            (Self::Auto, _) => DEFAULT_COMPONENTS.min(bins).min(frames),
        }
    }
}

/// Into how many sources the components are grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceCount {
    /// This many.
    Fixed(usize),
    /// As many as the activations suggest: components are joined while those of two groups
    /// correlate by more than one half on average.
    Auto,
    /// Each component is a source of its own.
    #[default]
    Components,
}

/// What a separation is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SeparationSettings {
    /// The transform.
    pub stft: StftSettings,
    /// How many components.
    pub components: ComponentCount,
    /// How many sources.
    pub sources: SourceCount,
    /// The factorization; its number of components is set by `components`.
    pub nmf: nmf::Settings,
}
