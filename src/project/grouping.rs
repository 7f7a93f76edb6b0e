//! Sources of groups of atoms.

use super::{Atom, Colour, Group, MAX_GAIN_DB, MIN_GAIN_DB, Project, Source, SourceId, Unknown};

/// Sources of these groups, the empty ones left out, as they are when nothing has been done to them.
pub(super) fn sources_of(groups: &[Group]) -> Vec<Source> {
    let filled = groups.iter().filter(|group| !group.atoms.is_empty());
    let placed = filled.enumerate();
    placed
        .map(|(place, group)| source(place as u64 + 1, place, group))
        .collect()
}

impl Project {
    /// The sources and atoms when the atoms are grouped anew.
    ///
    /// A group that is a source already stays it. Any other is a new source, whose atoms are heard
    /// as they were; the one that has most of a source is its heir, with its colour, and with its
    /// name where the user gave it.
    pub(super) fn regrouped(&self, groups: &[Group]) -> (Vec<Source>, Vec<Atom>) {
        let mut atoms = self.atoms.clone();
        let mut left = self.sources.clone();
        let groups: Vec<&Group> = groups.iter().filter(|g| !g.atoms.is_empty()).collect();
        let kept: Vec<Option<Source>> = groups
            .iter()
            .map(|group| {
                let place = left
                    .iter()
                    .position(|source| same_members(&source.members, &group.atoms));
                place.map(|place| left.remove(place))
            })
            .collect();
        let heirs = self.heirs(&left, &groups, &kept);
        let inherited = kept.iter().flatten().chain(heirs.iter().flatten().copied());
        let mut taken: Vec<Colour> = inherited.map(|source| source.colour).collect();
        let mut next = self.sources.iter().map(|source| source.id.0).max();
        let mut made = Vec::with_capacity(groups.len());
        for (place, ((group, kept), heir)) in groups.iter().zip(kept).zip(heirs).enumerate() {
            if let Some(kept) = kept {
                made.push(Source {
                    members: group.atoms.clone(),
                    ..kept
                });
                continue;
            }
            let id = next.map_or(1, |id| id.saturating_add(1));
            next = Some(id);
            let mut new = self.heard_as_before(source(id, place, group), &mut atoms);
            match heir {
                Some(before) => {
                    new.colour = before.colour;
                    if before.named {
                        (new.name, new.named) = (before.name.clone(), true);
                    }
                }
                None => {
                    new.colour = Colour::first_but(|colour| taken.contains(&colour));
                    taken.push(new.colour);
                }
            }
            made.push(new);
        }
        (made, atoms)
    }

    /// For each group that is no source yet, the source of those that are `left` of which it has
    /// most; the loudest come first.
    fn heirs<'a>(
        &self,
        left: &'a [Source],
        groups: &[&Group],
        kept: &[Option<Source>],
    ) -> Vec<Option<&'a Source>> {
        let energy = |k: usize| self.component(k).map_or(0.0, |c| c.energy_share);
        let mut left: Vec<&Source> = left.iter().collect();
        left.sort_by(|a, b| self.energy_share(b).total_cmp(&self.energy_share(a)));
        let mut heirs: Vec<Option<&Source>> = vec![None; groups.len()];
        for source in left {
            let share = |group: usize| -> f64 {
                let members = groups[group].atoms.iter();
                let common = members.filter(|k| source.members.contains(k));
                common.map(|&k| energy(k)).sum()
            };
            let most = (0..groups.len())
                .filter(|&group| share(group) > 0.0)
                .max_by(|&a, &b| share(a).total_cmp(&share(b)))
                .filter(|&most| kept[most].is_none() && heirs[most].is_none());
            if let Some(most) = most {
                heirs[most] = Some(source);
            }
        }
        heirs
    }

    /// Gives a new source the gain of the source that most of its energy was in, and the mute and
    /// solo that all of its atoms had from their sources. What these had beside that goes to the
    /// atoms themselves.
    pub(super) fn heard_as_before(&self, new: Source, atoms: &mut [Atom]) -> Source {
        let share = |source: &Source| -> f64 {
            let members = new.members.iter().filter(|k| source.members.contains(k));
            members
                .map(|&k| self.component(k).map_or(0.0, |c| c.energy_share))
                .sum()
        };
        let most = self
            .sources
            .iter()
            .max_by(|a, b| share(a).total_cmp(&share(b)));
        let all = |has: &dyn Fn(&Source) -> bool| {
            let mut from = new.members.iter().map(|&k| self.source_of(k));
            from.all(|source| source.is_some_and(has))
        };
        let new = Source {
            gain_db: most.map_or(0.0, |most| most.gain_db),
            mute: all(&|source| source.mute),
            solo: all(&|source| source.solo),
            ..new
        };
        for &k in &new.members {
            if let (Some(before), Some(atom)) = (self.source_of(k), atoms.get_mut(k)) {
                let gain_db = atom.gain_db + before.gain_db - new.gain_db;
                atom.gain_db = gain_db.clamp(MIN_GAIN_DB, MAX_GAIN_DB);
                atom.mute |= before.mute && !new.mute;
                atom.solo |= before.solo && !new.solo;
            }
        }
        new
    }
}

/// The source of a group at this place.
fn source(id: u64, place: usize, group: &Group) -> Source {
    let name = match group.name.trim() {
        "" => format!("source {}", place + 1),
        name => name.to_owned(),
    };
    Source {
        id: SourceId(id),
        name,
        named: false,
        colour: Colour::Palette(u8::try_from(place % 256).unwrap_or_default()),
        gain_db: 0.0,
        mute: false,
        solo: false,
        members: group.atoms.clone(),
        unknown: Unknown::default(),
    }
}

pub(super) fn same_members(a: &[usize], b: &[usize]) -> bool {
    a.len() == b.len() && a.iter().all(|k| b.contains(k))
}
