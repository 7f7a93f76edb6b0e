//! Moving rows by one place in the list.

use crate::app::view::View;
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

/// Moves the focused row by one place, and shows where it goes.
pub(in crate::app) fn carry(project: &Project, view: &mut View, way: Way) -> Option<Edit> {
    let edit = carried(project, view, way)?;
    if let Edit::MoveAtoms { to, .. } = edit {
        view.unfolded.insert(to);
    }
    Some(edit)
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
