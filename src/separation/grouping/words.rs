//! Groups of components in words, from what was measured.

use std::collections::HashMap;
use std::fmt;

use super::noise::is_noise;
use crate::nmf::Matrix;
use crate::separation::Component;
use crate::spectral::{Note, StftSettings};

/// Below is low, above is high, in Hz.
const LOW: f64 = 250.0;
const HIGH: f64 = 2000.0;
/// A spectrum whose standard deviation is larger, in octaves, is wide.
const WIDE: f64 = 1.5;
/// Tonal components with less of the energy of their source do not make its range of notes.
const HEARD: f64 = 0.05;
/// What is lower is no note, in Hz: A0 is the lowest of a piano.
const LOWEST_NOTE: f64 = 27.0;
/// A source is named after notes where they have at least so much of its energy.
const MOSTLY: f64 = 0.5;
/// The name of no component.
const EMPTY: &str = "empty";

/// Where in the spectrum a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Register {
    /// Centred below 250 Hz.
    Low,
    /// In between.
    Mid,
    /// Centred above 2 kHz.
    High,
    /// All over the spectrum: more than 3 octaves of two standard deviations.
    Wide,
}

/// What a source sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Character {
    /// It has sharp attacks.
    Percussive,
    /// It has partials.
    Tonal,
    /// Neither: of a source, its components together.
    Noise,
    /// It has no energy.
    Silent,
}

/// Components with what they were measured in.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// What was measured of each.
    pub components: &'a [Component],
    /// Templates, bins × components.
    pub templates: &'a Matrix,
    /// Activations, components × frames.
    pub activations: &'a Matrix,
    /// The transform.
    pub stft: StftSettings,
}

/// What can be said of the components of a source together.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFacts {
    /// Where in the spectrum it is.
    pub register: Register,
    /// What it sounds like.
    pub character: Character,
    /// Its share of the energy of all components, 0 to 1.
    pub energy_share: f64,
    /// Centre of its spectrum: the energy-weighted mean of the logarithm of frequency, in Hz; 0
    /// for silence.
    pub centre_hz: f64,
    /// The lowest and the highest note of the strongest partials of its tonal components, those
    /// with less than a twentieth of its energy left out; `None` where it is not tonal, or where less
    /// than half of its energy has notes.
    pub notes: Option<(Note, Note)>,
}

impl SourceFacts {
    /// The facts of these components, weighted by their energy. Indices of no component are left
    /// out.
    #[must_use]
    pub fn of(members: &[usize], measured: &Measured<'_>) -> Self {
        let parts = || {
            let found = members.iter().filter_map(|&k| measured.components.get(k));
            found.filter(|c| c.energy_share > 0.0)
        };
        let total: f64 = parts().map(|c| c.energy_share).sum();
        let mean = |fact: &dyn Fn(&Component) -> f64| {
            parts()
                .map(|c| c.energy_share / total * fact(c))
                .sum::<f64>()
        };
        if total <= 0.0 {
            return Self {
                register: Register::Wide,
                character: Character::Silent,
                energy_share: 0.0,
                centre_hz: 0.0,
                notes: None,
            };
        }
        // Mean and variance of the whole from those of its parts.
        let octave = |c: &Component| c.centre_hz.max(f64::MIN_POSITIVE).log2();
        let centre = mean(&octave);
        let variance = mean(&|c| c.spread_octaves.powi(2) + (octave(c) - centre).powi(2));
        let centre_hz = centre.exp2();
        let register = match centre_hz {
            _ if variance.sqrt() > WIDE => Register::Wide,
            hz if hz < LOW => Register::Low,
            hz if hz < HIGH => Register::Mid,
            _ => Register::High,
        };
        let character = if is_noise(members, measured) {
            Character::Noise
        } else {
            Character::new(mean(&|c| c.percussiveness), mean(&|c| c.tonality))
        };
        let tonal = parts()
            .filter(|c| c.energy_share >= HEARD * total && Character::of(c) == Character::Tonal);
        let tonal = tonal.filter(|c| c.note.is_some() && c.peak_hz > LOWEST_NOTE);
        let mut tonal: Vec<&Component> = tonal.collect();
        tonal.sort_by(|a, b| a.peak_hz.total_cmp(&b.peak_hz));
        let noted: f64 = tonal.iter().map(|c| c.energy_share).sum();
        let note = |c: Option<&&Component>| c.and_then(|c| c.note.clone());
        Self {
            register,
            character,
            energy_share: total,
            centre_hz,
            notes: match character {
                Character::Tonal if noted >= MOSTLY * total => {
                    note(tonal.first()).zip(note(tonal.last()))
                }
                _ => None,
            },
        }
    }

    /// A name made of them: "low percussive 62 Hz", "tonal C4 to E5", "wide noise".
    #[must_use]
    pub fn name(&self) -> String {
        let Self {
            register,
            character,
            ..
        } = self;
        if let Some((lowest, highest)) = &self.notes {
            let [from, to] = [lowest, highest].map(Note::pitch);
            return if from == to {
                format!("{character} {from}")
            } else {
                format!("{character} {from} to {to}")
            };
        }
        match (register, character) {
            (_, Character::Silent) => character.to_string(),
            (Register::Wide, _) => format!("{register} {character}"),
            _ => format!("{register} {character} {:.0} Hz", self.centre_hz),
        }
    }
}

impl Character {
    /// That of a component.
    #[must_use]
    pub fn of(component: &Component) -> Self {
        if component.energy_share <= 0.0 {
            Self::Silent
        } else {
            Self::new(component.percussiveness, component.tonality)
        }
    }

    fn new(percussiveness: f64, tonality: f64) -> Self {
        if percussiveness > 0.5 {
            Self::Percussive
        } else if tonality > 0.5 {
            Self::Tonal
        } else {
            Self::Noise
        }
    }
}

/// A name for each group of components: [`SourceFacts::name`], with a number behind it where an
/// earlier group is called so. What is silent is all the same.
#[must_use]
pub fn suggested_names(groups: &[Vec<usize>], measured: &Measured<'_>) -> Vec<String> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    groups
        .iter()
        .map(|members| {
            if members.is_empty() {
                return EMPTY.to_owned();
            }
            let facts = SourceFacts::of(members, measured);
            let name = facts.name();
            let times = taken.entry(name.clone()).or_default();
            *times += 1;
            match *times {
                1 => name,
                _ if facts.character == Character::Silent => name,
                number => format!("{name} {number}"),
            }
        })
        .collect()
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Mid => "mid",
            Self::High => "high",
            Self::Wide => "wide",
        })
    }
}

impl fmt::Display for Character {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Percussive => "percussive",
            Self::Tonal => "tonal",
            Self::Noise => "noise",
            Self::Silent => "silent",
        })
    }
}

impl fmt::Display for SourceFacts {
    /// "low · tonal".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.character {
            Character::Silent => f.write_str("silent"),
            character => write!(f, "{} · {character}", self.register),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::spectral::note_name;

    fn component(energy_share: f64, hz: f64) -> Component {
        Component {
            energy_share,
            peak_hz: hz,
            note: note_name(hz),
            centroid_hz: hz,
            centre_hz: hz,
            spread_octaves: 0.1,
            percussiveness: 0.0,
            tonality: 1.0,
            onsets: Vec::new(),
            confidence: None,
            stability: None,
        }
    }

    fn noise(energy_share: f64, hz: f64) -> Component {
        Component {
            tonality: 0.0,
            ..component(energy_share, hz)
        }
    }

    fn facts(members: &[usize], components: &[Component]) -> SourceFacts {
        SourceFacts::of(members, &without_factors(components))
    }

    /// Facts alone: what is of no length is not taken for noise.
    fn without_factors(components: &[Component]) -> Measured<'_> {
        static NOTHING: LazyLock<Matrix> = LazyLock::new(|| Matrix::zeros(1, 0));
        Measured {
            components,
            templates: &NOTHING,
            activations: &NOTHING,
            stft: StftSettings::default(),
        }
    }

    fn name(components: &[Component]) -> String {
        let members: Vec<usize> = (0..components.len()).collect();
        facts(&members, components).name()
    }

    #[test]
    fn what_is_tonal_is_named_after_its_notes() {
        assert_eq!(name(&[component(1.0, 261.6)]), "tonal C4");
        let melody = [659.3, 261.6, 440.0].map(|hz| component(0.3, hz));
        assert_eq!(name(&melody), "tonal C4 to E5");
        // What is hardly heard, or not tonal, is no end of the range.
        let [low, high, hiss] = [
            component(0.01, 41.2),
            component(0.9, 440.0),
            noise(0.2, 3000.0),
        ];
        assert_eq!(name(&[low, high, hiss]), "tonal A4");
        let unnamed = Component {
            note: None,
            ..component(1.0, 33.0)
        };
        assert_eq!(name(std::slice::from_ref(&unnamed)), "low tonal 33 Hz");
        // A quiet note does not name what is loud beside it.
        let quiet = component(0.2, 440.0);
        assert_eq!(name(&[unnamed, quiet]), "low tonal 51 Hz");
    }

    #[test]
    fn noise_and_strokes_are_named_after_the_centre_of_their_energy() {
        assert_eq!(
            name(&[noise(0.5, 1000.0), noise(0.5, 4000.0)]),
            "high noise 2000 Hz"
        );
        let stroke = Component {
            percussiveness: 0.9,
            ..component(1.0, 62.0)
        };
        assert_eq!(name(&[stroke]), "low percussive 62 Hz");
        let kit = [50.0, 8000.0].map(|hz| Component {
            percussiveness: 0.9,
            ..component(0.5, hz)
        });
        assert_eq!(name(&kit), "wide percussive");
        let hiss = Component {
            spread_octaves: 1.6,
            ..noise(1.0, 900.0)
        };
        assert_eq!(name(&[hiss]), "wide noise");
    }

    #[test]
    fn the_louder_says_more() {
        let facts = facts(&[0, 1, 7], &[noise(0.2, 100.0), noise(0.6, 1600.0)]);
        assert!((facts.energy_share - 0.8).abs() < 1e-12);
        assert!((facts.centre_hz - 800.0).abs() < 1e-9, "{facts:?}");
        assert_eq!(facts.to_string(), "wide · noise");
    }

    #[test]
    fn no_two_groups_are_called_the_same_but_what_is_silent() {
        let components =
            [80.2, 80.4, 440.0, 79.9, 0.0].map(|hz: f64| noise(0.25 * hz.min(1.0), hz));
        let groups = [vec![0], vec![1], vec![2], vec![3], vec![4], vec![4], vec![]];
        let expected = [
            "low noise 80 Hz",
            "low noise 80 Hz 2",
            "mid noise 440 Hz",
            "low noise 80 Hz 3",
            "silent",
            "silent",
            "empty",
        ];
        assert_eq!(
            suggested_names(&groups, &without_factors(&components)),
            expected
        );
    }
}
