//! The rows of the mixer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Unknown;

/// The lowest gain in dB; it stands for silence.
pub const MIN_GAIN_DB: f32 = -60.0;
/// The highest gain in dB.
pub const MAX_GAIN_DB: f32 = 12.0;

/// The factor of a gain in dB; 0 at [`MIN_GAIN_DB`] and below.
#[must_use]
pub fn linear(gain_db: f32) -> f32 {
    if gain_db > MIN_GAIN_DB {
        10f32.powf(gain_db / 20.0)
    } else {
        0.0
    }
}

/// A number that a source keeps for as long as it exists, whatever its place and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub u64);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The colour of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// A place in the palette of the window, counted from 0; it goes round.
    Palette(u8),
    /// Red, green and blue in sRGB.
    Rgb([u8; 3]),
}

impl Colour {
    /// The first of the palette that is not `taken`.
    pub(super) fn first_but(taken: impl Fn(Self) -> bool) -> Self {
        let palette = (0..=u8::MAX).map(Self::Palette);
        let mut free = palette.filter(|&colour| !taken(colour));
        free.next().unwrap_or(Self::Palette(0))
    }
}

/// One component as a row of the mixer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Atom {
    /// The name that the user gave it; without one, [`Project::atom_label`] makes one of what was
    /// measured.
    ///
    /// [`Project::atom_label`]: super::Project::atom_label
    pub name: Option<String>,
    /// Gain in dB, [`MIN_GAIN_DB`] to [`MAX_GAIN_DB`], on top of that of its source.
    pub gain_db: f32,
    /// Whether it is silenced.
    pub mute: bool,
    /// Whether it is among those that alone are heard.
    pub solo: bool,
    /// What a project file says beyond this.
    pub unknown: Unknown,
}

/// Atoms that belong together, a stem.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Names the source in edits.
    pub id: SourceId,
    /// The name, never empty.
    pub name: String,
    /// Whether the user gave it this name; otherwise it is one that was suggested.
    pub named: bool,
    /// The colour.
    pub colour: Colour,
    /// Gain in dB, [`MIN_GAIN_DB`] to [`MAX_GAIN_DB`].
    pub gain_db: f32,
    /// Whether it is silenced.
    pub mute: bool,
    /// Whether it is among those that alone are heard.
    pub solo: bool,
    /// Indices of its atoms in the order in which they are shown, at least one.
    pub members: Vec<usize>,
    /// What a project file says beyond this.
    pub unknown: Unknown,
}

/// A row of the mixer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// A source.
    Source(SourceId),
    /// An atom, by the index of its component.
    Atom(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_in_db_become_factors_and_the_lowest_is_silence() {
        assert_eq!(linear(0.0), 1.0);
        assert!((linear(6.0206) - 2.0).abs() < 1e-4);
        assert!(linear(-59.9) > 0.0);
        assert_eq!(linear(MIN_GAIN_DB), 0.0);
        assert_eq!(linear(f32::NAN), 0.0);
    }
}
