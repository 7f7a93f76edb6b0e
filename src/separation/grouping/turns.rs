//! Atoms that plainly take turns.

use super::features::Atom;

/// Any two atoms of a group correlate by more than this, and no two of different groups by more
/// than that.
const TOGETHER: f64 = 0.7;
const APART: f64 = 0.3;

/// The group of each atom where it is plain from when they sound: any two of a group sound together,
/// no two of different groups do, and not all are alone.
pub(in crate::separation) fn turns(atoms: &[Atom]) -> Option<Vec<usize>> {
    let correlation = |a: usize, b: usize| -> f64 {
        let pairs = atoms[a].activation.iter().zip(&atoms[b].activation);
        pairs.map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
    };
    // Each joins the first that it sounds with; whether that is true of all is looked at after.
    let mut labels: Vec<usize> = Vec::with_capacity(atoms.len());
    let mut groups = 0;
    for atom in 0..atoms.len() {
        let known = (0..atom).find(|&other| correlation(atom, other) > TOGETHER);
        labels.push(known.map_or(groups, |other| labels[other]));
        groups = groups.max(labels[atom] + 1);
    }
    let plain = (0..atoms.len()).all(|a| {
        (0..a).all(|b| {
            let found = correlation(a, b);
            if labels[a] == labels[b] {
                found > TOGETHER
            } else {
                found < APART
            }
        })
    });
    (plain && groups < atoms.len()).then_some(labels)
}
