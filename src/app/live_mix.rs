//! What is heard of atoms that are being found.

use std::collections::BTreeSet;

/// Which of the atoms that are being found are heard. They are no part of the project yet, so this
/// is neither kept nor undone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LiveMix {
    atoms: usize,
    /// The one that keys act on.
    pub focused: Option<usize>,
    muted: BTreeSet<usize>,
    soloed: BTreeSet<usize>,
}

impl LiveMix {
    /// Goes on with so many atoms. Another number of them are other atoms, all of which are heard.
    pub fn follow(&mut self, atoms: usize) {
        if self.atoms != atoms {
            *self = Self {
                atoms,
                ..Self::default()
            };
        }
    }

    /// How many atoms there are.
    pub fn atoms(&self) -> usize {
        self.atoms
    }

    /// Whether an atom is silenced.
    pub fn is_muted(&self, atom: usize) -> bool {
        self.muted.contains(&atom)
    }

    /// Whether an atom is among those that alone are heard.
    pub fn is_soloed(&self, atom: usize) -> bool {
        self.soloed.contains(&atom)
    }

    /// Whether some atoms alone are heard.
    pub fn any_solo(&self) -> bool {
        !self.soloed.is_empty()
    }

    /// Whether an atom is heard: solo wins over mute.
    pub fn is_heard(&self, atom: usize) -> bool {
        if self.any_solo() {
            self.is_soloed(atom)
        } else {
            !self.is_muted(atom)
        }
    }

    /// Mutes an atom, or lets it be heard again.
    pub fn toggle_mute(&mut self, atom: usize) {
        toggle(&mut self.muted, atom);
    }

    /// Adds an atom to those that alone are heard, or takes it from them.
    pub fn toggle_solo(&mut self, atom: usize) {
        toggle(&mut self.soloed, atom);
    }

    /// Lets this atom alone be heard.
    pub fn solo_only(&mut self, atom: usize) {
        self.soloed = BTreeSet::from([atom]);
    }

    /// Ends all solos.
    pub fn clear_solos(&mut self) {
        self.soloed.clear();
    }

    /// The gain of each atom, linear.
    pub fn gains(&self) -> Vec<f32> {
        let gain = |atom| f32::from(u8::from(self.is_heard(atom)));
        (0..self.atoms).map(gain).collect()
    }
}

fn toggle(set: &mut BTreeSet<usize>, atom: usize) {
    if !set.remove(&atom) {
        set.insert(atom);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solo_wins_over_mute_and_other_atoms_are_all_heard() {
        let mut mix = LiveMix::default();
        mix.follow(3);
        assert_eq!(mix.gains(), [1.0; 3]);
        mix.toggle_mute(1);
        assert_eq!(mix.gains(), [1.0, 0.0, 1.0]);
        mix.toggle_solo(1);
        mix.toggle_solo(2);
        assert_eq!(mix.gains(), [0.0, 1.0, 1.0]);
        mix.solo_only(0);
        assert_eq!(mix.gains(), [1.0, 0.0, 0.0]);
        mix.follow(3);
        assert!(mix.any_solo());
        mix.clear_solos();
        mix.toggle_mute(1);
        assert_eq!(mix.gains(), [1.0; 3]);
        mix.toggle_mute(1);
        mix.follow(5);
        assert_eq!(mix.gains(), [1.0; 5]);
    }
}
