//! What is selected, and how clicks and arrows change it.

use eframe::egui::Modifiers;

use super::lines::Lines;
use crate::app::view::View;
use crate::project::{Project, Row, SourceId};

/// The selected atoms in the order of the list.
pub(in crate::app) fn selected_atoms(project: &Project, view: &View) -> Vec<usize> {
    let members = project.sources().iter().flat_map(|source| &source.members);
    members
        .copied()
        .filter(|atom| view.selected.contains(atom))
        .collect()
}

/// The sources that have selected atoms, in the order of the list.
pub(in crate::app) fn selected_sources(project: &Project, view: &View) -> Vec<SourceId> {
    let selected = |members: &[usize]| members.iter().any(|atom| view.selected.contains(atom));
    let sources = project.sources().iter();
    sources
        .filter(|source| selected(&source.members))
        .map(|source| source.id)
        .collect()
}

/// The atoms that a row stands for.
pub(super) fn atoms_of(project: &Project, row: Row) -> Vec<usize> {
    match row {
        Row::Source(id) => project
            .source(id)
            .map(|source| source.members.clone())
            .unwrap_or_default(),
        Row::Atom(atom) => vec![atom],
    }
}

/// Whether all that a row stands for is selected.
pub(super) fn is_selected(project: &Project, view: &View, row: Row) -> bool {
    match row {
        Row::Source(id) => project.source(id).is_some_and(|source| {
            let mut members = source.members.iter();
            members.all(|atom| view.selected.contains(atom))
        }),
        Row::Atom(atom) => view.selected.contains(&atom),
    }
}

/// Whether what is selected is exactly the source of an atom, by a click on it.
pub(super) fn is_of_source(project: &Project, view: &View, atom: usize) -> bool {
    project.source_of(atom).is_some_and(|source| {
        let mut members = source.members.iter();
        view.focused == Some(Row::Source(source.id))
            && view.selected.len() == source.members.len()
            && members.all(|atom| view.selected.contains(atom))
    })
}

/// Selects a row alone, and begins a range there.
pub(super) fn select(project: &Project, view: &mut View, anchor: &mut Option<Row>, row: Row) {
    view.selected = atoms_of(project, row).into_iter().collect();
    view.focused = Some(row);
    *anchor = Some(row);
}

/// Takes a row into the selection, or out of it where it is there already.
pub(super) fn toggle(project: &Project, view: &mut View, anchor: &mut Option<Row>, row: Row) {
    let atoms = atoms_of(project, row);
    if is_selected(project, view, row) {
        view.selected.retain(|atom| !atoms.contains(atom));
    } else {
        view.selected.extend(atoms);
    }
    view.focused = Some(row);
    *anchor = Some(row);
}

/// Selects all rows from where the range began to `row`. The row of an unfolded source counts
/// for nothing there, since its atoms have rows of their own.
pub(super) fn extend(
    project: &Project,
    view: &mut View,
    anchor: &mut Option<Row>,
    lines: &Lines,
    row: Row,
) {
    let start = (*anchor).or(view.focused);
    let places = start.and_then(|start| Some((lines.place(start)?, lines.place(row)?)));
    let Some((a, b)) = places else {
        select(project, view, anchor, row);
        return;
    };
    *anchor = start;
    let range = &lines.lines[a.min(b)..=a.max(b)];
    let folded = |row: &Row| match row {
        Row::Source(id) => !view.unfolded.contains(id),
        Row::Atom(_) => true,
    };
    view.selected = range
        .iter()
        .map(|line| line.row)
        .filter(folded)
        .flat_map(|row| atoms_of(project, row))
        .collect();
    view.focused = Some(row);
}

/// What a click on a row does.
pub(super) fn click(
    project: &Project,
    view: &mut View,
    anchor: &mut Option<Row>,
    lines: &Lines,
    (row, modifiers): (Row, Modifiers),
) {
    if modifiers.shift {
        extend(project, view, anchor, lines, row);
    } else if modifiers.command {
        toggle(project, view, anchor, row);
    } else {
        select(project, view, anchor, row);
    }
}
