//! What is heard at the mutes, solos and gains.

use super::{Project, Row, Source, linear};

impl Project {
    /// Whether anything is soloed.
    #[must_use]
    pub fn any_solo(&self) -> bool {
        self.atoms.iter().any(|atom| atom.solo) || self.sources.iter().any(|source| source.solo)
    }

    /// One linear gain for each component, as
    /// [`Resynthesizer::render`](crate::separation::Resynthesizer::render) takes them: that of the
    /// source times that of the atom, 0 where the atom is not heard.
    ///
    /// Solo wins over mute: a soloed row is heard though it is muted. Solos add up: with any, the
    /// atoms that are soloed and those of soloed sources are heard, and nothing else. A mute of an
    /// atom holds within its soloed source.
    #[must_use]
    pub fn gains(&self) -> Vec<f32> {
        let any_solo = self.any_solo();
        self.gains_where(|source, atom| self.hears(source, atom, any_solo))
    }

    /// As [`gains`](Self::gains), with another rule for what is heard.
    pub(super) fn gains_where(&self, heard: impl Fn(&Source, usize) -> bool) -> Vec<f32> {
        let mut gains = vec![0.0; self.atoms.len()];
        for source in &self.sources {
            for &k in source.members.iter().filter(|&&k| heard(source, k)) {
                if let (Some(gain), Some(atom)) = (gains.get_mut(k), self.atoms.get(k)) {
                    *gain = linear(source.gain_db) * linear(atom.gain_db);
                }
            }
        }
        gains
    }

    /// For each atom whether it is let through by the mutes and solos, whatever its gain.
    #[must_use]
    pub fn audible(&self) -> Vec<bool> {
        let any_solo = self.any_solo();
        let mut audible = vec![false; self.atoms.len()];
        for source in &self.sources {
            for &k in &source.members {
                if let Some(audible) = audible.get_mut(k) {
                    *audible = self.hears(source, k, any_solo);
                }
            }
        }
        audible
    }

    /// Whether anything of a row is let through by the mutes and solos, whatever its gain.
    #[must_use]
    pub fn is_audible(&self, row: Row) -> bool {
        let any_solo = self.any_solo();
        match row {
            Row::Source(id) => self.source(id).is_some_and(|source| {
                let mut members = source.members.iter();
                members.any(|&k| self.hears(source, k, any_solo))
            }),
            Row::Atom(k) => {
                let source = self.source_of(k);
                source.is_some_and(|source| self.hears(source, k, any_solo))
            }
        }
    }

    /// Whether a row is silent because others are soloed and it is not.
    #[must_use]
    pub fn is_dimmed(&self, row: Row) -> bool {
        self.any_solo()
            && !match row {
                Row::Source(id) => self.source(id).is_some_and(|source| {
                    source.solo || source.members.iter().any(|&k| self.is_soloed(k))
                }),
                Row::Atom(k) => {
                    self.is_soloed(k) || self.source_of(k).is_some_and(|source| source.solo)
                }
            }
    }

    fn is_soloed(&self, atom: usize) -> bool {
        self.atoms.get(atom).is_some_and(|atom| atom.solo)
    }

    fn hears(&self, source: &Source, k: usize, any_solo: bool) -> bool {
        let Some(atom) = self.atoms.get(k) else {
            return false;
        };
        if any_solo {
            atom.solo || (source.solo && !atom.mute)
        } else {
            !atom.mute && !source.mute
        }
    }
}
