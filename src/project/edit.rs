//! Every change of a project, by name.

use std::sync::Arc;

use super::{Colour, Project, RecordingRef, Row, SeparationData, SourceId};
use crate::separation::{self, SeparationSettings};

/// What sources and atoms are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// Frequency of the strongest partial of the loudest member, low to high.
    Pitch,
    /// Share of the energy, large to small.
    Energy,
    /// When it first sets in.
    Onset,
    /// Sharpness of the attacks, sharp to soft.
    Percussiveness,
}

/// Atoms that are to become a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Name of the source.
    pub name: String,
    /// Its atoms, in the order in which they are shown.
    pub atoms: Vec<usize>,
}

impl From<&separation::Source> for Group {
    fn from(source: &separation::Source) -> Self {
        Self {
            name: source.name.clone(),
            atoms: source.components.clone(),
        }
    }
}

/// A change of a project; [`Project::apply`] makes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Silences a row or lets it sound.
    SetMute {
        /// The row.
        row: Row,
        /// Whether it is silenced.
        on: bool,
    },
    /// Takes a row among those that alone are heard, or out of them.
    SetSolo {
        /// The row.
        row: Row,
        /// Whether it is soloed.
        on: bool,
    },
    /// Sets the gain of a row.
    SetGain {
        /// The row.
        row: Row,
        /// Gain in dB, brought into [`MIN_GAIN_DB`](super::MIN_GAIN_DB) to
        /// [`MAX_GAIN_DB`](super::MAX_GAIN_DB).
        gain_db: f32,
    },
    /// Solos this row and no other.
    SoloExclusive(Row),
    /// Takes every solo away.
    ClearSolos,
    /// Names a row.
    Rename {
        /// The row.
        row: Row,
        /// The name. Blanks around it are cut off; an atom with an empty name is called by what
        /// was measured again.
        name: String,
    },
    /// Gives a source another colour.
    Recolour {
        /// The source.
        source: SourceId,
        /// The colour.
        colour: Colour,
    },
    /// Moves atoms into a source, or to another place in it.
    MoveAtoms {
        /// The atoms, in the order that they will have.
        atoms: Vec<usize>,
        /// The source.
        to: SourceId,
        /// Before which member they go, counted as the members are now; the end where there is
        /// none of this number.
        at: usize,
    },
    /// Moves the atoms of all these sources into the one of them that stands first.
    MergeSources(Vec<SourceId>),
    /// Makes a source of these atoms, behind the one that the first of them was in.
    SplitOff {
        /// The atoms, in the order that they will have.
        atoms: Vec<usize>,
    },
    /// Moves a source to another place.
    MoveSource {
        /// The source.
        source: SourceId,
        /// Before which source it goes, counted as they are now; the end where there is none of
        /// this number.
        at: usize,
    },
    /// Sorts the sources, and the members of each. Those that are alike keep their order.
    Sort(SortKey),
    /// Changes what the next separation will be asked for.
    SetSettings(SeparationSettings),
    /// Begins with a recording. Settings stay, and what was separated before goes.
    Open(Arc<RecordingRef>),
    /// Says where the recording is now, and keeps all that was made of it. It must have the same
    /// length and rate.
    Relink(Arc<RecordingRef>),
    /// Takes a finished separation over. Atoms and sources are new.
    SetSeparation {
        /// The separation.
        data: Arc<SeparationData>,
        /// The sources; every component must be in exactly one.
        groups: Vec<Group>,
    },
    /// Takes over what was found by running on from the factors that are there: the same
    /// components in the same order. Names, groups and gains stay.
    KeepGoing(Arc<SeparationData>),
    /// Groups the components anew. A group that is a source already stays it, with its name, and
    /// one that bears the name of a source takes over its colour, gain, mute and solo. Any other
    /// has the gain, mute and solo of the source that most of its energy was in.
    Regroup(Vec<Group>),
}

impl Edit {
    /// What the edit is, to be put behind "Undo": "mute of Bass". `project` is what it is applied
    /// to.
    #[must_use]
    pub fn name(&self, project: &Project) -> String {
        let of = |what: &str, row: Row| format!("{what} of {}", row_name(project, row));
        match self {
            Self::SetMute { row, on: true } => of("mute", *row),
            Self::SetMute { row, on: false } => of("unmute", *row),
            Self::SetSolo { row, on: true } => of("solo", *row),
            Self::SetSolo { row, on: false } => of("unsolo", *row),
            Self::SetGain { row, .. } => of("gain", *row),
            Self::SoloExclusive(row) => of("exclusive solo", *row),
            Self::ClearSolos => "clearing of solos".into(),
            Self::Rename { row, .. } => of("renaming", *row),
            Self::Recolour { source, .. } => of("colour", Row::Source(*source)),
            Self::MoveAtoms { atoms, to, .. } => format!(
                "move of {} to {}",
                atoms_name(project, atoms),
                row_name(project, Row::Source(*to))
            ),
            Self::MergeSources(sources) => match sources.as_slice() {
                [a, b] => format!(
                    "merge of {} and {}",
                    row_name(project, Row::Source(*a)),
                    row_name(project, Row::Source(*b))
                ),
                all => format!("merge of {} sources", all.len()),
            },
            Self::SplitOff { atoms } => format!("split of {}", atoms_name(project, atoms)),
            Self::MoveSource { source, .. } => of("move", Row::Source(*source)),
            Self::Sort(key) => format!(
                "sorting by {}",
                match key {
                    SortKey::Pitch => "pitch",
                    SortKey::Energy => "energy",
                    SortKey::Onset => "onset",
                    SortKey::Percussiveness => "percussiveness",
                }
            ),
            Self::SetSettings(_) => "settings".into(),
            Self::Open(recording) => format!("opening of {}", recording.name()),
            Self::Relink(recording) => format!("new place of {}", recording.name()),
            Self::SetSeparation { .. } => "separation".into(),
            Self::KeepGoing(_) => "further iterations".into(),
            Self::Regroup(_) => "grouping".into(),
        }
    }
}

fn row_name(project: &Project, row: Row) -> String {
    project.row_name(row).unwrap_or_else(|| match row {
        Row::Source(id) => format!("source {id}"),
        Row::Atom(k) => format!("component {}", k.saturating_add(1)),
    })
}

fn atoms_name(project: &Project, atoms: &[usize]) -> String {
    match atoms {
        [atom] => row_name(project, Row::Atom(*atom)),
        _ => format!("{} components", atoms.len()),
    }
}
