//! Settings that suit a kind of material.

use serde::{Deserialize, Serialize};

use super::{ComponentCount, SeparationSettings, SourceCount};
use crate::spectral::StftSettings;

/// A kind of material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Anything: the settings where nothing is asked for.
    Mix,
    /// Long tones.
    Melodic,
    /// Attacks.
    Drums,
    /// A voice, and what disturbs it.
    Speech,
    /// Much of it.
    Long,
}

impl Preset {
    /// All presets.
    pub const ALL: [Self; 5] = [
        Self::Mix,
        Self::Melodic,
        Self::Drums,
        Self::Speech,
        Self::Long,
    ];

    /// What the command calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mix => "mix",
            Self::Melodic => "melodic",
            Self::Drums => "drums",
            Self::Speech => "speech",
            Self::Long => "long",
        }
    }

    /// Its name, for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Mix => "Full mix",
            Self::Melodic => "Melodic",
            Self::Drums => "Drums",
            Self::Speech => "Speech and noise",
            Self::Long => "Long recording",
        }
    }

    /// What it is for.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Mix => "A band, an orchestra, or anything: a window of 2048 samples",
            Self::Melodic => {
                "Tones that last: a longer window, looked at often, tells close pitches apart"
            }
            Self::Drums => {
                "Beats: a longer window, looked at often, tells what is struck by its spectrum"
            }
            Self::Speech => "A voice with noise behind it: a short window, two sources",
            Self::Long => "Hours: fewer atoms and iterations, a wider hop",
        }
    }

    /// Sets what it is about; the rest stays.
    pub fn set(self, settings: &mut SeparationSettings) {
        let (size, hop, components, sources, iterations) = self.values();
        settings.stft = StftSettings {
            size,
            hop,
            ..settings.stft
        };
        settings.components = components;
        settings.sources = sources;
        settings.nmf.iterations = iterations;
    }

    /// The settings of the preset, otherwise as where nothing is asked for.
    #[must_use]
    pub fn settings(self) -> SeparationSettings {
        let mut settings = SeparationSettings::default();
        self.set(&mut settings);
        settings
    }

    /// The preset that the settings are those of.
    #[must_use]
    pub fn of(settings: &SeparationSettings) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| {
            let mut set = settings.clone();
            preset.set(&mut set);
            set == *settings
        })
    }

    fn values(self) -> (usize, usize, ComponentCount, SourceCount, usize) {
        use ComponentCount as K;
        use SourceCount as S;
        match self {
            Self::Mix => (2048, 512, K::Auto, S::Auto, 200),
            Self::Melodic => (3072, 384, K::Auto, S::Auto, 200),
            Self::Drums => (4096, 512, K::Auto, S::Auto, 200),
            Self::Speech => (1024, 256, K::Auto, S::Fixed(2), 200),
            Self::Long => (4096, 2048, K::Fixed(12), S::Auto, 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_is_recognised_and_what_it_says_nothing_of_stays() {
        for preset in Preset::ALL {
            let mut settings = SeparationSettings::default();
            settings.nmf.seed = 7;
            preset.set(&mut settings);
            assert_eq!(Preset::of(&settings), Some(preset));
            assert_eq!(settings.nmf.seed, 7);
            settings.nmf.iterations = 3;
            assert_eq!(Preset::of(&settings), None);
        }
    }

    #[test]
    fn the_preset_for_anything_only_groups() {
        let plain = SeparationSettings {
            sources: SourceCount::Auto,
            ..SeparationSettings::default()
        };
        assert_eq!(Preset::Mix.settings(), plain);
    }
}
