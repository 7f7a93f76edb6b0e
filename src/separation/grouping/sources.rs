//! Groups of components as sources.

use super::words::{Measured, suggested_names};
use crate::separation::{SeparationError, SourceCount};

/// Components that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// A name from measured facts, as of [`suggested_names`].
    pub name: String,
    /// Indices of its components, rising.
    pub components: Vec<usize>,
    /// Sum of the energy shares of its components.
    pub energy_share: f64,
}

/// Refuses a number of sources that `components` components cannot make.
pub(in crate::separation) fn check(
    sources: SourceCount,
    components: usize,
) -> Result<(), SeparationError> {
    match sources {
        SourceCount::Fixed(sources) if !(1..=components).contains(&sources) => {
            Err(SeparationError::Sources {
                sources,
                components,
            })
        }
        _ => Ok(()),
    }
}

/// Sources of these groups of components, in the order of their first component.
pub(in crate::separation) fn sources(
    groups: Vec<Vec<usize>>,
    measured: &Measured<'_>,
) -> Vec<Source> {
    let names = suggested_names(&groups, measured);
    let share = |&k: &usize| measured.components[k].energy_share;
    let named = groups.into_iter().zip(names);
    named
        .map(|(members, name)| Source {
            name,
            energy_share: members.iter().map(share).sum(),
            components: members,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_numbers_of_sources_are_refused() {
        for wanted in [0, 6] {
            let refused = check(SourceCount::Fixed(wanted), 5);
            assert!(matches!(refused, Err(SeparationError::Sources { .. })));
        }
        assert!(check(SourceCount::Fixed(5), 5).is_ok());
    }
}
