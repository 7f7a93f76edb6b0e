//! How far an atom is to be trusted, in dots and in words.

use crate::project::Project;

/// How far an atom is to be trusted.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) struct Sureness {
    /// From 0 to 1.
    pub share: f32,
    /// What that is.
    pub words: String,
}

/// How well other starts found the atom again, or, where there was one start, how surely it belongs
/// to its source; `None` where neither is known, and nothing of an atom that is a source alone.
pub(in crate::app) fn sureness(project: &Project, atom: usize) -> Option<Sureness> {
    let component = project.separation()?.components.get(atom)?;
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let (share, words) = match (component.stability, component.confidence) {
        (Some(share), _) => (share, format!("found again at {}", percent(share))),
        (None, Some(share)) if project.source_of(atom)?.members.len() > 1 => {
            (share, format!("{} alike its source", percent(share)))
        }
        (None, _) => return None,
    };
    Some(Sureness {
        share: share as f32,
        words,
    })
}
