//! How an edit makes another project of one.

use std::collections::HashSet;
use std::sync::Arc;

use super::grouping::same_members;
use super::grouping::sources_of;
use super::{
    Atom, Colour, Edit, Group, MAX_GAIN_DB, MIN_GAIN_DB, Project, ProjectError, RecordingRef, Row,
    SeparationData, SortKey, Source, SourceId, Unknown,
};
use crate::separation::{Groups, NOMINAL_RATE, Preset};

impl Project {
    /// The project that `edit` makes of this one, which stays as it is.
    ///
    /// # Errors
    /// [`ProjectError::UnknownSource`], [`ProjectError::UnknownAtom`] and
    /// [`ProjectError::Choice`] for rows that cannot be meant, [`ProjectError::Gain`] and
    /// [`ProjectError::Name`] for values that cannot be, [`ProjectError::NoRecording`] and
    /// [`ProjectError::NoSeparation`] for what comes too early, [`ProjectError::Unfit`] and
    /// [`ProjectError::Separation`] for separations and groups that do not belong to the project.
    pub fn apply(&self, edit: &Edit) -> Result<Self, ProjectError> {
        let mut next = self.clone();
        match edit {
            Edit::SetMute { row, on } => *next.row(*row)?.mute = *on,
            Edit::SetSolo { row, on } => *next.row(*row)?.solo = *on,
            Edit::SetGain { row, gain_db } => {
                if gain_db.is_nan() {
                    return Err(ProjectError::Gain);
                }
                *next.row(*row)?.gain_db = gain_db.clamp(MIN_GAIN_DB, MAX_GAIN_DB);
            }
            Edit::SoloExclusive(row) => {
                next.clear_solos();
                *next.row(*row)?.solo = true;
            }
            Edit::ClearSolos => next.clear_solos(),
            Edit::Rename { row, name } => next.rename(*row, name.trim())?,
            Edit::Recolour { source, colour } => next.source_mut(*source)?.colour = *colour,
            Edit::MoveAtoms { atoms, to, at } => {
                next.move_atoms(atoms, *to, *at)?;
                next.suggest_names(self);
            }
            Edit::MergeSources(sources) => {
                next.merge(sources)?;
                next.suggest_names(self);
            }
            Edit::SplitOff { atoms } => {
                next.split_off(atoms)?;
                next.suggest_names(self);
            }
            Edit::MoveSource { source, at } => next.move_source(*source, *at)?,
            Edit::Sort(key) => next.sort(*key),
            Edit::SetSettings(settings) => next.settings = settings.clone(),
            Edit::Open(recording) => next.open(recording),
            Edit::Relink(recording) => next.relink(recording)?,
            Edit::SetSeparation { data, groups } => next.set_separation(data, groups)?,
            Edit::KeepGoing(data) => next.keep_going(data)?,
            Edit::Regroup(groups) => next.regroup(groups)?,
        }
        Ok(next)
    }

    fn source_mut(&mut self, id: SourceId) -> Result<&mut Source, ProjectError> {
        self.sources
            .iter_mut()
            .find(|source| source.id == id)
            .ok_or(ProjectError::UnknownSource(id))
    }

    fn row(&mut self, row: Row) -> Result<Controls<'_>, ProjectError> {
        let (mute, solo, gain_db) = match row {
            Row::Source(id) => {
                let source = self.source_mut(id)?;
                (&mut source.mute, &mut source.solo, &mut source.gain_db)
            }
            Row::Atom(atom) => {
                let count = self.atoms.len();
                let found = self.atoms.get_mut(atom);
                let atom = found.ok_or(ProjectError::UnknownAtom { atom, count })?;
                (&mut atom.mute, &mut atom.solo, &mut atom.gain_db)
            }
        };
        Ok(Controls {
            mute,
            solo,
            gain_db,
        })
    }

    fn clear_solos(&mut self) {
        self.atoms.iter_mut().for_each(|atom| atom.solo = false);
        self.sources
            .iter_mut()
            .for_each(|source| source.solo = false);
    }

    fn rename(&mut self, row: Row, name: &str) -> Result<(), ProjectError> {
        match row {
            Row::Source(id) => {
                let source = self.source_mut(id)?;
                if name.is_empty() {
                    return Err(ProjectError::Name);
                }
                source.name = name.to_owned();
                source.named = true;
            }
            Row::Atom(k) => {
                self.check_atom(k)?;
                if let Some(atom) = self.atoms.get_mut(k) {
                    atom.name = (!name.is_empty()).then(|| name.to_owned());
                }
            }
        }
        Ok(())
    }

    /// Refuses atoms that are not there, or twice, or none.
    fn check_choice(&self, atoms: &[usize]) -> Result<HashSet<usize>, ProjectError> {
        for &atom in atoms {
            self.check_atom(atom)?;
        }
        let chosen: HashSet<usize> = atoms.iter().copied().collect();
        if atoms.is_empty() {
            return Err(ProjectError::Choice("no component is selected; select one"));
        }
        if chosen.len() < atoms.len() {
            return Err(ProjectError::Choice("a component is named twice"));
        }
        Ok(chosen)
    }

    fn take_out(&mut self, chosen: &HashSet<usize>) {
        for source in &mut self.sources {
            source.members.retain(|k| !chosen.contains(k));
        }
    }

    fn drop_empty(&mut self) {
        self.sources.retain(|source| !source.members.is_empty());
    }

    fn move_atoms(&mut self, atoms: &[usize], to: SourceId, at: usize) -> Result<(), ProjectError> {
        let chosen = self.check_choice(atoms)?;
        let members = &self.source_mut(to)?.members;
        // What is moved itself does not count for the place among those that stay.
        let before = members.iter().take(at);
        let place = before.filter(|k| !chosen.contains(k)).count();
        self.take_out(&chosen);
        let members = &mut self.source_mut(to)?.members;
        members.splice(place..place, atoms.iter().copied());
        self.drop_empty();
        Ok(())
    }

    fn merge(&mut self, sources: &[SourceId]) -> Result<(), ProjectError> {
        let mut places = Vec::with_capacity(sources.len());
        for &id in sources {
            places.push(self.place_of(id)?);
        }
        places.sort_unstable();
        places.dedup();
        if places.len() < 2 {
            return Err(ProjectError::Choice(
                "fewer than two sources are selected; select those to merge",
            ));
        }
        let merged = || places.iter().map(|&place| &self.sources[place]);
        // A name that was given goes before one that was suggested.
        let first = &self.sources[places[0]];
        let named = merged().find(|source| source.named).unwrap_or(first);
        let gathered = merged().flat_map(|source| source.members.clone()).collect();
        let new = Source {
            name: named.name.clone(),
            named: named.named,
            members: gathered,
            ..first.clone()
        };
        let mut atoms = self.atoms.clone();
        let new = self.heard_as_before(new, &mut atoms);
        for &place in &places {
            self.sources[place].members.clear();
        }
        self.sources[places[0]] = new;
        self.atoms = atoms;
        self.drop_empty();
        Ok(())
    }

    fn split_off(&mut self, atoms: &[usize]) -> Result<(), ProjectError> {
        let chosen = self.check_choice(atoms)?;
        let home = |source: &Source| source.members.contains(&atoms[0]);
        let place = self.sources.iter().position(home).unwrap_or_default();
        let name = self.free_name(&self.atom_label(atoms[0]));
        let new = Source {
            id: self.free_id(),
            colour: self.free_colour(),
            name,
            named: atoms.len() == 1 && self.atoms[atoms[0]].name.is_some(),
            gain_db: 0.0,
            mute: false,
            solo: false,
            members: atoms.to_vec(),
            unknown: Unknown::default(),
        };
        let mut heard = self.atoms.clone();
        let new = self.heard_as_before(new, &mut heard);
        self.atoms = heard;
        self.take_out(&chosen);
        self.sources.insert(place + 1, new);
        self.drop_empty();
        Ok(())
    }

    /// Names sources that have other atoms than before anew, unless the user has named them.
    fn suggest_names(&mut self, before: &Self) {
        for place in 0..self.sources.len() {
            let source = &self.sources[place];
            let known = before.source(source.id);
            let same = known.is_some_and(|known| same_members(&known.members, &source.members));
            if source.named || same {
                continue;
            }
            if let Some(facts) = self.source_facts(source.id) {
                // Its own name is free.
                self.sources[place].name.clear();
                self.sources[place].name = self.free_name(&facts.name());
            }
        }
    }

    /// A name that no source has.
    fn free_name(&self, wanted: &str) -> String {
        let wanted = if wanted.is_empty() { "source" } else { wanted };
        let taken = |name: &str| self.sources.iter().any(|source| source.name == name);
        let numbered = (2..).map(|number| format!("{wanted} {number}"));
        std::iter::once(wanted.to_owned())
            .chain(numbered)
            .find(|name| !taken(name))
            .unwrap_or_default()
    }

    /// The first colour of the palette that no source has.
    fn free_colour(&self) -> Colour {
        Colour::first_but(|colour| self.sources.iter().any(|source| source.colour == colour))
    }

    fn move_source(&mut self, id: SourceId, at: usize) -> Result<(), ProjectError> {
        let from = self.place_of(id)?;
        let source = self.sources.remove(from);
        let at = if at > from { at - 1 } else { at };
        self.sources.insert(at.min(self.sources.len()), source);
        Ok(())
    }

    fn sort(&mut self, key: SortKey) {
        let value = |source: &Source| match key {
            SortKey::Pitch => self
                .components_of(source)
                .max_by(|a, b| a.energy_share.total_cmp(&b.energy_share))
                .map_or(f64::INFINITY, |loudest| loudest.peak_hz),
            SortKey::Energy => -self.energy_share(source),
            SortKey::Onset => self
                .components_of(source)
                .filter_map(|c| c.onsets.first().copied())
                .fold(f64::INFINITY, f64::min),
            SortKey::Percussiveness => -self.mean(source, |c| c.percussiveness),
        };
        let mut sources: Vec<(f64, Source)> =
            self.sources.iter().map(|s| (value(s), s.clone())).collect();
        sources.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.sources = sources.into_iter().map(|(_, source)| source).collect();
        let Some(data) = self.separation.clone() else {
            return;
        };
        let value = |k: &usize| {
            data.components
                .get(*k)
                .map_or(f64::INFINITY, |component| match key {
                    SortKey::Pitch => component.peak_hz,
                    SortKey::Energy => -component.energy_share,
                    SortKey::Onset => component.onsets.first().copied().unwrap_or(f64::INFINITY),
                    SortKey::Percussiveness => -component.percussiveness,
                })
        };
        for source in &mut self.sources {
            source.members.sort_by(|a, b| value(a).total_cmp(&value(b)));
        }
    }

    fn open(&mut self, recording: &Arc<RecordingRef>) {
        let mut settings = self.settings.clone();
        let before = self.recording.as_ref();
        let rate = before.map_or(NOMINAL_RATE, |recording| recording.info.rate);
        // The same kind of material at another rate.
        if let Some(preset) = Preset::of(&settings, rate) {
            preset.set(&mut settings, recording.info.rate);
        }
        *self = Self {
            recording: Some(Arc::clone(recording)),
            settings,
            ..Self::default()
        };
    }

    fn relink(&mut self, recording: &Arc<RecordingRef>) -> Result<(), ProjectError> {
        let Some(before) = &self.recording else {
            return Err(ProjectError::NoRecording);
        };
        if let Some(separation) = &self.separation {
            separation.check_recording(recording)?;
            if before.info.channels != recording.info.channels {
                return Err(ProjectError::Unfit(format!(
                    "it was made from {} channels, but the recording has {}",
                    before.info.channels, recording.info.channels
                )));
            }
        }
        self.recording = Some(Arc::clone(recording));
        Ok(())
    }

    fn set_separation(
        &mut self,
        data: &Arc<SeparationData>,
        groups: &[Group],
    ) -> Result<(), ProjectError> {
        self.check_separation(data)?;
        check_groups(groups, data.len())?;
        self.separation = Some(Arc::clone(data));
        self.atoms = vec![Atom::default(); data.len()];
        self.sources = sources_of(groups);
        Ok(())
    }

    fn keep_going(&mut self, data: &Arc<SeparationData>) -> Result<(), ProjectError> {
        let Some(before) = &self.separation else {
            return Err(ProjectError::NoSeparation);
        };
        if before.len() != data.len() || before.span() != data.span() || before.stft != data.stft {
            return Err(ProjectError::Unfit(
                "it does not run on from the one that is there".into(),
            ));
        }
        self.check_separation(data)?;
        self.separation = Some(Arc::clone(data));
        Ok(())
    }

    fn check_separation(&self, data: &SeparationData) -> Result<(), ProjectError> {
        let recording = self.recording.as_ref().ok_or(ProjectError::NoRecording)?;
        data.check()?;
        data.check_recording(recording)
    }

    fn regroup(&mut self, groups: &[Group]) -> Result<(), ProjectError> {
        if self.separation.is_none() {
            return Err(ProjectError::NoSeparation);
        }
        check_groups(groups, self.atoms.len())?;
        let (sources, atoms) = self.regrouped(groups);
        (self.sources, self.atoms) = (sources, atoms);
        Ok(())
    }
}

/// What a source and an atom have in common.
struct Controls<'a> {
    mute: &'a mut bool,
    solo: &'a mut bool,
    gain_db: &'a mut f32,
}

fn check_groups(groups: &[Group], components: usize) -> Result<(), ProjectError> {
    let members = groups.iter().map(|group| group.atoms.clone()).collect();
    Groups::new(members, components)?;
    Ok(())
}
