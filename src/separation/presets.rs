//! Settings that suit a kind of material.

use serde::{Deserialize, Serialize};

use super::{ComponentCount, SeparationSettings, SourceCount};
use crate::spectral::StftSettings;

/// The samples a second for which windows are given where no recording is at hand.
pub const NOMINAL_RATE: u32 = 44_100;

/// A transform for [`NOMINAL_RATE`] as one that lasts about as long at another rate: doubled or
/// halved so often that it is nearest, 48 kHz as 44.1 kHz.
#[must_use]
pub fn at_rate(stft: StftSettings, rate: u32) -> StftSettings {
    let octaves = (f64::from(rate.max(1)) / f64::from(NOMINAL_RATE))
        .log2()
        .round();
    // The extremes of both still have a transform.
    let shift = (octaves as i32).clamp(-3, 3);
    let scaled = |samples: usize| {
        if shift < 0 {
            samples >> -shift
        } else {
            samples << shift
        }
    };
    StftSettings {
        size: scaled(stft.size),
        hop: scaled(stft.hop),
        ..stft
    }
}

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

    /// Sets what it is about for a recording of `rate` samples a second; the rest stays. The window
    /// lasts about as long at any rate.
    pub fn set(self, settings: &mut SeparationSettings, rate: u32) {
        let (size, hop, components, sources, iterations) = self.values();
        let stft = StftSettings {
            size,
            hop,
            ..settings.stft
        };
        settings.stft = at_rate(stft, rate);
        settings.components = components;
        settings.sources = sources;
        settings.nmf.iterations = iterations;
    }

    /// The settings of the preset for a recording of [`NOMINAL_RATE`], otherwise as where nothing is
    /// asked for.
    #[must_use]
    pub fn settings(self) -> SeparationSettings {
        let mut settings = SeparationSettings::default();
        self.set(&mut settings, NOMINAL_RATE);
        settings
    }

    /// The preset that the settings are those of, for a recording of `rate` samples a second.
    #[must_use]
    pub fn of(settings: &SeparationSettings, rate: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| {
            let mut set = settings.clone();
            preset.set(&mut set, rate);
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
            for rate in [8000, 44_100, 48_000, 96_000, 1_000_000] {
                preset.set(&mut settings, rate);
                settings.stft.check().unwrap();
                assert_eq!(Preset::of(&settings, rate), Some(preset));
                assert_eq!(settings.nmf.seed, 7);
            }
            settings.nmf.iterations = 3;
            assert_eq!(Preset::of(&settings, 1_000_000), None);
        }
    }

    #[test]
    fn a_window_lasts_about_as_long_at_any_rate() {
        let usual = StftSettings::default();
        for (rate, size, hop) in [
            (8000, 512, 128),
            (16_000, 1024, 256),
            (32_000, 2048, 512),
            (48_000, 2048, 512),
            (88_200, 4096, 1024),
            (192_000, 8192, 2048),
        ] {
            let scaled = at_rate(usual, rate);
            assert_eq!((scaled.size, scaled.hop), (size, hop), "{rate}");
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
