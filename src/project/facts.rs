//! Rows in words, from what was measured.

use super::{Project, Source, SourceId};
use crate::separation::{Character, Component, SourceFacts};

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

    /// What was measured of a source. `None` where there is no such source.
    #[must_use]
    pub fn source_facts(&self, source: SourceId) -> Option<SourceFacts> {
        let source = self.source(source)?;
        let measured = self.separation.as_ref()?.measured();
        Some(SourceFacts::of(&source.members, &measured))
    }

    /// Where a source stands between two channels: -1 left, 0 in the middle, 1 right, the mean of
    /// its components weighted by energy. `None` where there is no such source, there are not two
    /// channels, or its components take the same share in both.
    #[must_use]
    pub fn source_pan(&self, source: SourceId) -> Option<f64> {
        let source = self.source(source)?;
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
}

fn label(component: &Component) -> String {
    let centre = frequency(component.centre_hz);
    match (Character::of(component), &component.note) {
        (Character::Silent, _) => Character::Silent.to_string(),
        (Character::Percussive, _) => format!("attack · {centre}"),
        (Character::Noise, _) => format!("noise · {centre}"),
        (Character::Tonal, Some(note)) => {
            format!("{} · {}", note.pitch(), frequency(component.peak_hz))
        }
        (Character::Tonal, None) => frequency(component.peak_hz),
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
}
