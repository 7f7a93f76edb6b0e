//! What the inspector shows.

use eframe::egui::Color32;

use crate::app::theme::Tokens;
use crate::app::view::View;
use crate::app::views::sources::colour_of;
use crate::project::{Project, Row, Source};

/// More curves than this in one plot cannot be told apart.
const MOST: usize = 8;

/// One curve in both plots: an atom, or atoms of one source together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subject {
    /// The row that it is; a source stands for those of its atoms that are shown.
    pub row: Row,
    /// What it is called.
    pub name: String,
    /// Its atoms.
    pub atoms: Vec<usize>,
    /// Its colour.
    pub colour: Color32,
}

/// What is selected, or else what is focused. A source all of whose atoms are selected is one
/// subject; so is one with selected atoms where these are too many to be told apart.
pub(super) fn subjects(project: &Project, view: &View, t: &Tokens) -> Vec<Subject> {
    let focused = view.focused.filter(|_| view.selected.is_empty());
    let chosen = |source: &Source| -> Vec<usize> {
        let is_chosen = |atom: &usize| match focused {
            Some(Row::Source(id)) => id == source.id,
            Some(Row::Atom(focused)) => focused == *atom,
            None => view.selected.contains(atom),
        };
        source.members.iter().copied().filter(is_chosen).collect()
    };
    let together = view.selected.len() > MOST;
    let mut subjects = Vec::new();
    for source in project.sources() {
        let atoms = chosen(source);
        let colour = colour_of(t, source.colour);
        let whole = atoms.len() > 1 && (together || atoms.len() == source.members.len());
        if whole {
            subjects.push(Subject {
                row: Row::Source(source.id),
                name: source.name.clone(),
                atoms,
                colour,
            });
            continue;
        }
        // Atoms of one source are told apart by lightness.
        let count = atoms.len();
        subjects.extend(atoms.into_iter().enumerate().map(|(i, atom)| {
            let share = i as f32 / count.saturating_sub(1).max(1) as f32;
            Subject {
                row: Row::Atom(atom),
                name: format!("atom {}", atom + 1),
                atoms: vec![atom],
                colour: colour.lerp_to_gamma(t.text, 0.75 * share),
            }
        }));
    }
    subjects.truncate(MOST);
    subjects
}
