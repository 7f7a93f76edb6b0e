//! How far an atom is to be trusted, in dots and in words.

use crate::project::Project;

/// How far an atom is to be trusted.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) struct Sureness {
    /// From 0 to 1.
    pub share: f32,
    /// Whether it is less like its source than chance would have it.
    pub doubtful: bool,
    /// What that is.
    pub words: String,
}

/// How well other factorizations found the atom again and how surely it belongs to its source;
/// `None` where neither is known. An atom that is a source alone surely belongs to it.
pub(in crate::app) fn sureness(project: &Project, atom: usize) -> Option<Sureness> {
    let component = project.separation()?.components.get(atom)?;
    let among_others = project.source_of(atom)?.members.len() > 1;
    let alike = component.confidence.filter(|_| among_others);
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let words = [
        component
            .stability
            .map(|share| format!("found again at {}", percent(share))),
        alike.map(|share| format!("{} alike its source", percent(share))),
    ];
    let share = component.stability.or(alike)?;
    let chance = 1.0 / project.sources().len().max(1) as f64;
    Some(Sureness {
        share: share as f32,
        doubtful: alike.is_some_and(|share| share < chance),
        words: words.into_iter().flatten().collect::<Vec<_>>().join(" · "),
    })
}
