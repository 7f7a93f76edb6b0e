//! Rows in words, from what was measured.

use std::fmt;

use super::{Project, Source, SourceId};
use crate::separation::Component;
use crate::spectral::Axes;

/// A component above one of these is called percussive or tonal.
const PERCUSSIVE: f64 = 0.5;
const TONAL: f64 = 0.5;
/// Below is low, above is high, in Hz.
const LOW: f64 = 250.0;
const HIGH: f64 = 2000.0;
/// A spectrum whose standard deviation is larger, in octaves, is wide.
const WIDE: f64 = 1.5;

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
    /// Neither.
    Noise,
    /// It has no energy.
    Silent,
}

/// What can be said of a source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceFacts {
    /// Where in the spectrum it is.
    pub register: Register,
    /// What it sounds like.
    pub character: Character,
    /// Its share of the energy of all components, 0 to 1.
    pub energy_share: f64,
    /// Centre of its spectrum, the energy-weighted mean of the logarithm of frequency, in Hz; 0
    /// for silence.
    pub centre_hz: f64,
    /// Where it stands between two channels: -1 left, 0 in the middle, 1 right, the mean of its
    /// components weighted by energy. `None` where there are not two channels, or the components
    /// take the same share in both.
    pub pan: Option<f64>,
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

impl Project {
    /// The name of an atom, or one that is made of what was measured: "E4 · 329.6 Hz",
    /// "attack · 2.1 kHz", "noise · 3 kHz", "silent". Empty where there is no such atom.
    #[must_use]
    pub fn atom_label(&self, atom: usize) -> String {
        if let Some(name) = self.atoms.get(atom).and_then(|atom| atom.name.clone()) {
            return name;
        }
        self.component(atom).map(label).unwrap_or_default()
    }

    /// What was measured of a source: its words and its share of the energy. `None` where there
    /// is no such source.
    ///
    /// Goes through the templates of its members, so a view should keep it.
    #[must_use]
    pub fn source_facts(&self, source: SourceId) -> Option<SourceFacts> {
        let source = self.source(source)?;
        let separation = self.separation.as_ref()?;
        let spectrum = self.spectrum(source);
        let (centre_hz, spread) = centre_and_spread(&spectrum, separation.axes());
        Some(SourceFacts {
            register: match centre_hz {
                _ if spread > WIDE => Register::Wide,
                hz if hz < LOW => Register::Low,
                hz if hz < HIGH => Register::Mid,
                _ => Register::High,
            },
            character: self.character(source),
            energy_share: self.energy_share(source),
            centre_hz,
            pan: self.pan(source),
        })
    }

    /// Where an atom stands between two channels: -1 left, 0 in the middle, 1 right. `None` where
    /// there is no such atom, there are not two channels, or atoms take the same share in both.
    #[must_use]
    pub fn atom_pan(&self, atom: usize) -> Option<f64> {
        let gains = self.separation.as_ref()?.factors.channel_gains()?;
        if atom >= gains.cols() {
            return None;
        }
        let &[left, right] = gains.column(atom) else {
            return None;
        };
        let [left, right] = [f64::from(left), f64::from(right)];
        let sum = left + right;
        Some(if sum > 0.0 { (right - left) / sum } else { 0.0 })
    }

    fn pan(&self, source: &Source) -> Option<f64> {
        let total = self.energy_share(source);
        if total <= 0.0 {
            return None;
        }
        let part = |&k: &usize| {
            let share = self.component(k).map_or(0.0, |c| c.energy_share);
            self.atom_pan(k).map(|pan| share / total * pan)
        };
        source.members.iter().map(part).sum()
    }

    /// What was measured of a component.
    pub(super) fn component(&self, k: usize) -> Option<&Component> {
        self.separation.as_ref()?.components.get(k)
    }

    pub(super) fn energy_share(&self, source: &Source) -> f64 {
        self.components_of(source).map(|c| c.energy_share).sum()
    }

    /// The mean of a fact over the components of a source, weighted by their energy; their plain
    /// mean for silence.
    pub(super) fn mean(&self, source: &Source, fact: impl Fn(&Component) -> f64) -> f64 {
        let total = self.energy_share(source);
        let weight = |c: &Component| {
            if total > 0.0 {
                c.energy_share / total
            } else {
                1.0 / source.members.len().max(1) as f64
            }
        };
        self.components_of(source)
            .map(|c| weight(c) * fact(c))
            .sum()
    }

    pub(super) fn components_of(&self, source: &Source) -> impl Iterator<Item = &Component> {
        source.members.iter().filter_map(|&k| self.component(k))
    }

    fn character(&self, source: &Source) -> Character {
        if self.energy_share(source) <= 0.0 {
            Character::Silent
        } else if self.mean(source, |c| c.percussiveness) > PERCUSSIVE {
            Character::Percussive
        } else if self.mean(source, |c| c.tonality) > TONAL {
            Character::Tonal
        } else {
            Character::Noise
        }
    }

    /// Energy of a source in each bin.
    fn spectrum(&self, source: &Source) -> Vec<f64> {
        let Some(separation) = &self.separation else {
            return Vec::new();
        };
        let templates = separation.factors.templates();
        let mut spectrum = vec![0.0; templates.rows()];
        for &k in &source.members {
            let Some(component) = self.component(k) else {
                continue;
            };
            let template = templates.column(k);
            let square = |x: &f32| f64::from(*x).powi(2);
            let total: f64 = template.iter().map(square).sum();
            if total > 0.0 {
                for (sum, x) in spectrum.iter_mut().zip(template) {
                    *sum += component.energy_share * square(x) / total;
                }
            }
        }
        spectrum
    }
}

/// Mean in Hz and standard deviation in octaves, both of the logarithm of frequency.
fn centre_and_spread(spectrum: &[f64], axes: Axes) -> (f64, f64) {
    let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
    // Bin 0 has no place on a logarithmic axis.
    for (f, energy) in (0u32..).zip(spectrum).skip(1) {
        let octave = axes.hz(f64::from(f)).log2();
        total += energy;
        first += energy * octave;
        second += energy * octave * octave;
    }
    if total <= 0.0 {
        return (0.0, 0.0);
    }
    let mean = first / total;
    (mean.exp2(), (second / total - mean * mean).max(0.0).sqrt())
}

fn label(component: &Component) -> String {
    match component {
        c if c.energy_share <= 0.0 => "silent".into(),
        c if c.percussiveness > PERCUSSIVE => format!("attack · {}", frequency(c.centroid_hz)),
        c if c.tonality > TONAL => match &c.note {
            Some(note) => format!("{}{} · {}", note.name, note.octave, frequency(c.peak_hz)),
            None => frequency(c.peak_hz),
        },
        c => format!("noise · {}", frequency(c.centroid_hz)),
    }
}

/// "329.6 Hz", "62 Hz", "2.1 kHz", "3 kHz".
fn frequency(hz: f64) -> String {
    let (value, unit) = if hz < 999.95 {
        (hz, "Hz")
    } else {
        (hz / 1000.0, "kHz")
    };
    let text = format!("{value:.1}");
    format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_are_short() {
        for (hz, text) in [
            (329.63, "329.6 Hz"),
            (62.0, "62 Hz"),
            (999.97, "1 kHz"),
            (2_100.0, "2.1 kHz"),
            (3_000.0, "3 kHz"),
        ] {
            assert_eq!(frequency(hz), text);
        }
    }

    #[test]
    fn a_line_is_narrow_and_a_flat_spectrum_is_wide() {
        let axes = Axes {
            rate: 44_100,
            size: 2048,
            hop: 512,
        };
        let mut line = vec![0.0; 1025];
        line[20] = 3.0;
        let (centre, spread) = centre_and_spread(&line, axes);
        assert!((centre - axes.hz(20.0)).abs() < 1e-6 && spread < 1e-6);
        let pink: Vec<f64> = (0..1025).map(|f| 1.0 / f64::from(f.max(1))).collect();
        assert!(centre_and_spread(&pink, axes).1 > WIDE);
        assert_eq!(centre_and_spread(&[0.0; 9], axes), (0.0, 0.0));
    }
}
