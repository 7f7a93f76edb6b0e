//! The value that the user works on.

use std::sync::Arc;

use super::{
    Atom, Member, ProjectError, RecordingRef, Row, SeparationData, Source, SourceId, Unknown,
};
use crate::separation::SeparationSettings;

/// A recording, what it is to be separated by, what came of it, and the mixer.
///
/// A clone is cheap: everything large is shared. Only [`Project::apply`] makes another project
/// of one, and it keeps this: there is one atom for each component of the separation, every atom
/// is in exactly one source, and no source is empty.
#[derive(Clone, Debug, Default)]
pub struct Project {
    pub(super) recording: Option<Arc<RecordingRef>>,
    pub(super) settings: SeparationSettings,
    pub(super) separation: Option<Arc<SeparationData>>,
    pub(super) atoms: Vec<Atom>,
    pub(super) sources: Vec<Source>,
    pub(super) unknown: Unknown,
    pub(super) members: Arc<[Member]>,
}

impl Project {
    /// The recording, without its samples.
    #[must_use]
    pub fn recording(&self) -> Option<&Arc<RecordingRef>> {
        self.recording.as_ref()
    }

    /// What the next separation will be asked for.
    #[must_use]
    pub fn settings(&self) -> &SeparationSettings {
        &self.settings
    }

    /// The finished separation.
    #[must_use]
    pub fn separation(&self) -> Option<&Arc<SeparationData>> {
        self.separation.as_ref()
    }

    /// The atoms, one for each component, in the order of the components.
    #[must_use]
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// The sources in the order in which they are shown.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// What a project file says beyond this, on its upper levels.
    #[must_use]
    pub fn unknown(&self) -> &Unknown {
        &self.unknown
    }

    /// The members of its project file that this version does not know.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// A source by its id.
    #[must_use]
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }

    /// The source that an atom is in.
    #[must_use]
    pub fn source_of(&self, atom: usize) -> Option<&Source> {
        self.sources
            .iter()
            .find(|source| source.members.contains(&atom))
    }

    pub(super) fn place_of(&self, id: SourceId) -> Result<usize, ProjectError> {
        self.sources
            .iter()
            .position(|source| source.id == id)
            .ok_or(ProjectError::UnknownSource(id))
    }

    pub(super) fn check_atom(&self, atom: usize) -> Result<(), ProjectError> {
        let count = self.atoms.len();
        if atom < count {
            Ok(())
        } else {
            Err(ProjectError::UnknownAtom { atom, count })
        }
    }

    /// The name of a row as it is shown; `None` where there is no such row.
    #[must_use]
    pub fn row_name(&self, row: Row) -> Option<String> {
        match row {
            Row::Source(id) => self.source(id).map(|source| source.name.clone()),
            Row::Atom(k) => Some(self.atom_label(k)).filter(|label| !label.is_empty()),
        }
    }

    /// Whether a row is muted itself; `false` where there is no such row.
    #[must_use]
    pub fn is_muted(&self, row: Row) -> bool {
        match row {
            Row::Source(id) => self.source(id).is_some_and(|source| source.mute),
            Row::Atom(k) => self.atoms.get(k).is_some_and(|atom| atom.mute),
        }
    }

    /// An id that no source has.
    pub(super) fn free_id(&self) -> SourceId {
        let taken = self.sources.iter().map(|source| source.id.0).max();
        SourceId(taken.map_or(1, |id| id.saturating_add(1)))
    }
}

impl PartialEq for Project {
    /// Whether all is equal; what is shared need not be compared value by value.
    fn eq(&self, other: &Self) -> bool {
        same(self.recording.as_ref(), other.recording.as_ref())
            && same(self.separation.as_ref(), other.separation.as_ref())
            && self.settings == other.settings
            && self.atoms == other.atoms
            && self.sources == other.sources
            && self.unknown == other.unknown
            && self.members == other.members
    }
}

fn same<T: PartialEq>(a: Option<&Arc<T>>, b: Option<&Arc<T>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
        (None, None) => true,
        _ => false,
    }
}
