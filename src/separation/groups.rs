//! Which components make up which stem.

use super::SeparationError;

/// A partition of the components: every component is in exactly one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    members: Vec<Vec<usize>>,
    components: usize,
}

impl Groups {
    /// Groups of components, counted from 0. A group may be empty; its stem is silent.
    ///
    /// # Errors
    /// [`SeparationError::Groups`] when a component is in no group or in several, or when there
    /// are only `components` components.
    pub fn new(members: Vec<Vec<usize>>, components: usize) -> Result<Self, SeparationError> {
        let mut times = vec![0; components];
        for &component in members.iter().flatten() {
            match times.get_mut(component) {
                Some(times) => *times += 1,
                None => {
                    return Err(SeparationError::Groups {
                        component,
                        times: 1,
                        last: components.saturating_sub(1),
                    });
                }
            }
        }
        if let Some(component) = times.iter().position(|&times| times != 1) {
            return Err(SeparationError::Groups {
                component,
                times: times[component],
                last: components.saturating_sub(1),
            });
        }
        Ok(Self {
            members,
            components,
        })
    }

    /// Every component in a group of its own.
    #[must_use]
    pub fn singles(components: usize) -> Self {
        Self {
            members: (0..components).map(|k| vec![k]).collect(),
            components,
        }
    }

    /// The members of each group.
    #[must_use]
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// Number of groups.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no group at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Number of components in all groups.
    #[must_use]
    pub fn components(&self) -> usize {
        self.components
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_must_hold_every_component_once() {
        assert!(Groups::new(vec![vec![2, 0], vec![], vec![1]], 3).is_ok());
        for (members, component) in [
            (vec![vec![0, 1]], 2),
            (vec![vec![0, 1], vec![1, 2]], 1),
            (vec![vec![0, 1, 2, usize::MAX]], usize::MAX),
        ] {
            match Groups::new(members, 3) {
                Err(SeparationError::Groups { component: c, .. }) => assert_eq!(c, component),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(Groups::singles(3).members(), [[0], [1], [2]]);
    }
}
