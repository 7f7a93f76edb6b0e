//! What was measured of what is shown, in words.

use super::subjects::Subject;
use crate::app::views::sources::sureness;
use crate::app::widgets::hertz;
use crate::project::{Project, Row};
use crate::separation::{Character, Component};

/// Onsets that are less far apart are heard as one, in seconds.
const TOGETHER: f64 = 0.05;

/// The words behind "Template".
pub(super) fn of_template(project: &Project, subjects: &[Subject]) -> String {
    match subjects {
        [subject] => match subject.row {
            Row::Atom(atom) => {
                let sure = sureness(project, atom).map(|sure| format!(" · {}", sure.words));
                let sure = sure.unwrap_or_default();
                format!("{}{}{sure}", subject.name, stands(project, atom))
            }
            Row::Source(_) => format!("{} · {} atoms together", subject.name, subject.atoms.len()),
        },
        subjects => format!("{} overlaid", subjects.len()),
    }
}

/// The words behind "Activation".
pub(super) fn of_activation(project: &Project, subjects: &[Subject]) -> String {
    let all = || {
        let atoms = subjects.iter().flat_map(|subject| &subject.atoms);
        atoms.filter_map(|&atom| component(project, atom))
    };
    let mut times: Vec<f64> = all().flat_map(|c| &c.onsets).copied().collect();
    times.sort_by(f64::total_cmp);
    // What several atoms begin together is one onset.
    times.dedup_by(|later, earlier| *later - *earlier < TOGETHER);
    let onsets = times.len();
    let share: f64 = all().map(|c| c.energy_share).sum();
    let plural = if onsets == 1 { "" } else { "s" };
    format!(
        "{onsets} onset{plural} · {:.1} % of the energy",
        100.0 * share
    )
}

/// What a component is: its peak, its note, its centre, what it sounds like.
pub(super) fn of_component(project: &Project, subjects: &[Subject]) -> Option<[String; 2]> {
    let [
        Subject {
            row: Row::Atom(atom),
            ..
        },
    ] = subjects
    else {
        return None;
    };
    let c = component(project, *atom)?;
    let note = c
        .note
        .as_ref()
        .map(|note| format!(" · {note}").replace('-', "−"));
    Some([
        format!("peak {}{}", hertz(c.peak_hz), note.unwrap_or_default()),
        format!("centre {} · {}", hertz(c.centre_hz), character(c)),
    ])
}

/// Where an atom stands between left and right, where that is known.
fn stands(project: &Project, atom: usize) -> String {
    let Some(pan) = project.atom_pan(atom) else {
        return String::new();
    };
    match (100.0 * pan).round() {
        0.0 => " · middle".to_owned(),
        to if to > 0.0 => format!(" · {to} % right"),
        to => format!(" · {} % left", -to),
    }
}

fn character(c: &Component) -> String {
    match Character::of(c) {
        Character::Percussive => format!("{:.0} % percussive", 100.0 * c.percussiveness),
        _ => format!("{:.0} % tonal", 100.0 * c.tonality),
    }
}

fn component(project: &Project, atom: usize) -> Option<&Component> {
    project.separation()?.components.get(atom)
}
