//! Note names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The note of the equal-tempered scale (A4 = 440 Hz) that is nearest to a frequency.
///
/// ```
/// use partita::spectral::note_name;
///
/// assert_eq!(note_name(440.0).unwrap().to_string(), "A4");
/// assert_eq!(note_name(62.0).unwrap().to_string(), "B1 +7 ct");
/// assert_eq!(note_name(0.0), None);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Name of the pitch class, with a sharp where there is one: `"C"` to `"B"`.
    pub name: String,
    /// Octave in scientific pitch notation; middle C is C4.
    pub octave: i32,
    /// How far the frequency lies from the note, in cents from -50 to 50.
    pub cents: f64,
}

const NAMES: [&str; 12] = [
    "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
];

/// The note nearest to a frequency in Hz, or `None` for a frequency that has none: zero,
/// negative or not finite.
#[must_use]
pub fn note_name(hz: f64) -> Option<Note> {
    if !(hz.is_finite() && hz > 0.0) {
        return None;
    }
    // Semitones above C-1, the zero of MIDI note numbers.
    let semitones = 69.0 + 12.0 * (hz / 440.0).log2();
    let nearest = semitones.round();
    let number = nearest as i32;
    Some(Note {
        name: NAMES[number.rem_euclid(12) as usize].to_owned(),
        octave: number.div_euclid(12) - 1,
        cents: 100.0 * (semitones - nearest),
    })
}

impl Note {
    /// The note without the cents: `"C#4"`.
    #[must_use]
    pub fn pitch(&self) -> String {
        format!("{}{}", self.name, self.octave)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.cents.round() as i32;
        write!(f, "{}{}", self.name, self.octave)?;
        if cents != 0 {
            write!(f, " {cents:+} ct")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_named_with_octave_and_cents() {
        for (hz, name) in [
            (261.6256, "C4"),
            (27.5, "A0"),
            (4186.009, "C8"),
            (8.1758, "C-1"),
            (446.0, "A4 +23 ct"),
            (435.0, "A4 -20 ct"),
            (277.183, "C#4"),
        ] {
            assert_eq!(note_name(hz).unwrap().to_string(), name, "{hz} Hz");
        }
    }

    #[test]
    fn a_frequency_without_a_pitch_has_no_note() {
        for hz in [0.0, -3.0, f64::NAN, f64::INFINITY] {
            assert_eq!(note_name(hz), None);
        }
        assert!(note_name(f64::MIN_POSITIVE).is_some());
    }
}
