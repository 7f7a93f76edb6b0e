//! What the list is given to show.

use std::sync::Arc;

use crate::project::{Group, Project};
use crate::separation::Factors;
use crate::spectral::Axes;

/// The grouping of all atoms into so many sources.
pub(in crate::app) type Cut<'a> = dyn Fn(usize) -> Vec<Group> + 'a;

/// What the list is given to show.
#[derive(Clone, Copy)]
pub(in crate::app) struct Input<'a> {
    /// The project.
    pub project: &'a Project,
    /// The factorization that runs.
    pub live: Option<&'a LiveRows>,
    /// Linear level of each source at the moment, 1 being full scale, in the order of the
    /// project; nothing where nothing plays.
    pub meters: &'a [f32],
    /// The same of each atom.
    pub atom_meters: &'a [f32],
    /// How the atoms go together in fewer or more sources; `None` where that is not known.
    pub cut: Option<&'a Cut<'a>>,
    /// Whether a separation runs, which may not have found anything yet.
    pub separating: bool,
}

/// The factors of a factorization that runs.
#[derive(Clone, Debug)]
pub(in crate::app) struct LiveRows {
    /// The latest templates and activations.
    pub factors: Arc<Factors>,
    /// Their hertz and seconds.
    pub axes: Axes,
    /// Whether they run on from the atoms of the project: then its rows stay and show them.
    /// Otherwise atoms without names stand for what is being found.
    pub continues: bool,
}

impl LiveRows {
    /// Whether the rows of the project, which has this many atoms, go on to be shown.
    pub fn keeps_rows(&self, atoms: usize) -> bool {
        self.continues && self.factors.components() == atoms
    }
}
