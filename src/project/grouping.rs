//! Sources of groups of atoms.

use crate::separation::suggested_name;

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
    /// A group that is a source already stays it, with its name. One that bears the name of a
    /// source takes over all that this source has. Any other is a new source, whose atoms are heard
    /// as they were; where it has most of a source that the user has named, it has that name and
    /// colour.
    pub(super) fn regrouped(&self, groups: &[Group]) -> (Vec<Source>, Vec<Atom>) {
        let mut atoms = self.atoms.clone();
        let mut before = self.sources.clone();
        let mut take = |fits: &dyn Fn(&Source) -> bool| {
            let place = before.iter().position(fits);
            place.map(|place| before.remove(place))
        };
        let mut kept: Vec<Option<Source>> = groups
            .iter()
            .map(|group| take(&|source| same_members(&source.members, &group.atoms)))
            .collect();
        for (kept, group) in kept.iter_mut().zip(groups) {
            let name = group.name.trim();
            if kept.is_none() && !group.atoms.is_empty() {
                *kept = take(&|source| source.name == name);
            }
        }
        let heirs = self.heirs(&before, groups, &kept);
        let mut next = self.sources.iter().map(|source| source.id.0).max();
        let filled = groups.iter().zip(kept).zip(heirs);
        let filled = filled.filter(|((group, _), _)| !group.atoms.is_empty());
        let placed = filled.enumerate();
        let sources = placed
            .map(|(place, ((group, kept), named))| match kept {
                Some(kept) => Source {
                    members: group.atoms.clone(),
                    ..kept
                },
                None => {
                    let id = next.map_or(1, |id| id.saturating_add(1));
                    next = Some(id);
                    let new = self.heard_as_before(source(id, place, group), &mut atoms);
                    match named {
                        Some(named) => Source {
                            name: named.name.clone(),
                            colour: named.colour,
                            ..new
                        },
                        None => new,
                    }
                }
            })
            .collect();
        (sources, atoms)
    }

    /// For each group that is no source yet, the source named by the user, of those that are `left`,
    /// of which it has most; the loudest come first.
    fn heirs<'a>(
        &self,
        left: &'a [Source],
        groups: &[Group],
        kept: &[Option<Source>],
    ) -> Vec<Option<&'a Source>> {
        let energy = |k: usize| self.component(k).map_or(0.0, |c| c.energy_share);
        let total = |source: &Source| -> f64 { source.members.iter().map(|&k| energy(k)).sum() };
        let mut named: Vec<&Source> = left.iter().filter(|s| self.is_named(s)).collect();
        named.sort_by(|a, b| total(b).total_cmp(&total(a)));
        let mut heirs: Vec<Option<&Source>> = vec![None; groups.len()];
        for source in named {
            let share = |group: &Group| -> f64 {
                let members = group.atoms.iter().filter(|k| source.members.contains(k));
                members.map(|&k| energy(k)).sum()
            };
            let most = (0..groups.len())
                .filter(|&group| share(&groups[group]) > 0.0)
                .max_by(|&a, &b| share(&groups[a]).total_cmp(&share(&groups[b])))
                .filter(|&most| kept[most].is_none() && heirs[most].is_none());
            if let Some(most) = most {
                heirs[most] = Some(source);
            }
        }
        heirs
    }

    /// Whether a source has another name than its components suggest.
    fn is_named(&self, source: &Source) -> bool {
        let components = self.separation().map(|data| data.components.as_slice());
        let suggested = suggested_name(&source.members, components.unwrap_or_default());
        !source.name.starts_with(&suggested)
    }

    /// Gives a new source the gain of the source that most of its energy was in, and the mute and
    /// solo that all of its atoms had from their sources. What these had beside that goes to the
    /// atoms themselves.
    fn heard_as_before(&self, new: Source, atoms: &mut [Atom]) -> Source {
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
        colour: Colour::Palette(u8::try_from(place % 256).unwrap_or_default()),
        gain_db: 0.0,
        mute: false,
        solo: false,
        members: group.atoms.clone(),
        unknown: Unknown::default(),
    }
}

fn same_members(a: &[usize], b: &[usize]) -> bool {
    a.len() == b.len() && a.iter().all(|k| b.contains(k))
}
