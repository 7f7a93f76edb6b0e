//! Which files an export makes, and what is heard in each.

use std::collections::HashSet;

use crate::project::{Project, ProjectError, Row};

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// One stem for each source.
    Sources,
    /// One stem for each atom.
    Atoms,
    /// One stem for each source and each atom that is soloed. An atom of a soloed source is part
    /// of its stem.
    Soloed,
    /// One file with the mix at the mutes, solos and gains.
    MixAsHeard,
    /// One file with the mix at the mutes and gains, solos left aside, without a row.
    MixWithout(Row),
}

/// One file of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStem {
    /// The number of the row that is heard in it, as the window shows it, counted from 1.
    pub number: usize,
    /// The name of what is heard in it.
    pub name: String,
    /// The atoms that are heard in it.
    pub atoms: Vec<usize>,
    /// A linear gain for each component, 0 for those that are not heard.
    pub gains: Vec<f32>,
}

/// The files of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportPlan {
    /// The files.
    pub stems: Vec<PlannedStem>,
    /// Whether every component is in exactly one of them at the gain 1, so that they add up to the
    /// recording, integer files sample by sample.
    pub adds_up: bool,
}

/// Says which files an export makes. Stems are as they are in the recording, whatever their
/// mutes and gains; mixes are as they are heard.
///
/// # Errors
/// [`ProjectError::NoSeparation`] before there is one, [`ProjectError::Choice`] when nothing is
/// soloed or nothing would be heard, [`ProjectError::UnknownSource`] and
/// [`ProjectError::UnknownAtom`] for a row that there is not.
pub fn export_plan(project: &Project, what: What) -> Result<ExportPlan, ProjectError> {
    if project.separation().is_none() {
        return Err(ProjectError::NoSeparation);
    }
    let stems = match what {
        What::Sources => (0..project.sources().len())
            .map(|place| source_stem(project, place))
            .collect(),
        What::Atoms => in_order(project).map(|k| atom_stem(project, k)).collect(),
        What::Soloed => soloed(project),
        What::MixAsHeard => vec![mix("mix".into(), project.gains())],
        What::MixWithout(row) => vec![mix_without(project, row)?],
    };
    if stems.is_empty() {
        return Err(ProjectError::Choice(
            "nothing is soloed; solo what is to be exported",
        ));
    }
    if stems.iter().all(|stem| stem.atoms.is_empty()) {
        return Err(ProjectError::Choice(
            "nothing would be heard; unmute something first",
        ));
    }
    Ok(ExportPlan {
        stems,
        adds_up: matches!(what, What::Sources | What::Atoms),
    })
}

/// All atoms as they are shown.
fn in_order(project: &Project) -> impl Iterator<Item = usize> + '_ {
    project
        .sources()
        .iter()
        .flat_map(|source| source.members.iter().copied())
}

fn stem(project: &Project, number: usize, name: String, atoms: Vec<usize>) -> PlannedStem {
    let mut gains = vec![0.0; project.atoms().len()];
    for &k in &atoms {
        if let Some(gain) = gains.get_mut(k) {
            *gain = 1.0;
        }
    }
    PlannedStem {
        number,
        name,
        atoms,
        gains,
    }
}

fn source_stem(project: &Project, place: usize) -> PlannedStem {
    let source = &project.sources()[place];
    stem(
        project,
        place + 1,
        source.name.clone(),
        source.members.clone(),
    )
}

fn atom_stem(project: &Project, k: usize) -> PlannedStem {
    stem(project, k + 1, project.atom_label(k), vec![k])
}

fn soloed(project: &Project) -> Vec<PlannedStem> {
    let audible = project.audible();
    let mut stems = Vec::new();
    for (place, source) in project.sources().iter().enumerate() {
        let heard = source
            .members
            .iter()
            .copied()
            .filter(|&k| audible.get(k).is_some_and(|&audible| audible));
        if source.solo {
            let heard = heard.collect();
            stems.push(stem(project, place + 1, source.name.clone(), heard));
        } else if project.any_solo() {
            stems.extend(heard.map(|k| atom_stem(project, k)));
        }
    }
    stems.retain(|stem| !stem.atoms.is_empty());
    stems
}

fn mix(name: String, gains: Vec<f32>) -> PlannedStem {
    let heard = (0..gains.len()).filter(|&k| gains[k] > 0.0);
    PlannedStem {
        number: 1,
        name,
        atoms: heard.collect(),
        gains,
    }
}

fn mix_without(project: &Project, row: Row) -> Result<PlannedStem, ProjectError> {
    let (name, left_out): (String, HashSet<usize>) = match row {
        Row::Source(id) => {
            let source = project.source(id).ok_or(ProjectError::UnknownSource(id))?;
            (
                source.name.clone(),
                source.members.iter().copied().collect(),
            )
        }
        Row::Atom(k) => {
            project.check_atom(k)?;
            (project.atom_label(k), HashSet::from([k]))
        }
    };
    let gains = project.gains_where(|source, k| {
        let muted = source.mute || project.atoms().get(k).is_some_and(|atom| atom.mute);
        !muted && !left_out.contains(&k)
    });
    Ok(mix(format!("without {name}"), gains))
}
