//! Moving rows by one place in the list, and what the list shows of a move.

use crate::app::view::{AskedOfList, View};
use crate::project::{Edit, Project, Row};

use super::select::{is_of_source, selected_atoms};

/// A direction in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Way {
    /// To what stands above.
    Up,
    /// To what stands below.
    Down,
}

/// What the list shows after an edit that has made `project`: atoms that were moved stay selected and
/// are in sight wherever they are now, and a source that was made of atoms is focused.
pub(in crate::app) fn follow_edit(project: &Project, view: &mut View, edit: &Edit) {
    match edit {
        // What was selected is not together any more.
        Edit::Regroup(_) => view.selected.clear(),
        Edit::MoveAtoms { atoms, to, .. } => {
            view.unfolded.insert(*to);
            view.selected = atoms.iter().copied().collect();
            let among = |&row: &Row| atoms.iter().any(|&k| row == Row::Atom(k));
            let first = atoms.first().map(|&k| Row::Atom(k));
            view.focused = view.focused.filter(among).or(first);
            view.asked = Some(AskedOfList::Show);
        }
        Edit::SplitOff { atoms } => {
            let new = atoms.first().and_then(|&k| project.source_of(k));
            view.focused = new.map(|source| Row::Source(source.id));
            view.asked = Some(AskedOfList::Show);
        }
        _ => {}
    }
}

/// The edit that moves the focused row by one place: a source past its neighbour; an atom, with all
/// that are selected with it, past the next of its source, and at the end of that into the next
/// source.
pub(in crate::app) fn carried(project: &Project, view: &View, way: Way) -> Option<Edit> {
    match view.focused? {
        Row::Source(source) => {
            let sources = project.sources();
            let place = sources.iter().position(|s| s.id == source)?;
            let at = match way {
                Way::Up => place.checked_sub(1)?,
                Way::Down if place + 1 < sources.len() => place + 2,
                Way::Down => return None,
            };
            Some(Edit::MoveSource { source, at })
        }
        Row::Atom(atom) => {
            let sources = project.sources();
            let home = sources.iter().position(|s| s.members.contains(&atom))?;
            let atoms = meant(project, view, atom);
            let members = &sources[home].members;
            let first = members.iter().position(|k| atoms.contains(k))?;
            let last = members.iter().rposition(|k| atoms.contains(k))?;
            let (to, at) = match way {
                Way::Up if first > 0 => (&sources[home], first - 1),
                Way::Down if last + 1 < members.len() => (&sources[home], last + 2),
                Way::Up => {
                    let to = &sources[home.checked_sub(1)?];
                    (to, to.members.len())
                }
                Way::Down => (sources.get(home + 1)?, 0),
            };
            Some(Edit::MoveAtoms {
                atoms,
                to: to.id,
                at,
            })
        }
    }
}

/// The atoms that are meant where one is moved: all that are selected where it is one of them. Those
/// that are selected only since their source is are not meant by one.
pub(super) fn meant(project: &Project, view: &View, atom: usize) -> Vec<usize> {
    if view.selected.contains(&atom) && !is_of_source(project, view, atom) {
        selected_atoms(project, view)
    } else {
        vec![atom]
    }
}
