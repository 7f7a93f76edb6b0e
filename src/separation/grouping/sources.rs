//! Groups of components as sources, and their names.

use std::collections::HashMap;

use crate::separation::{Component, SeparationError, SourceCount};

/// A component above this is called percussive, one above the other tonal.
const PERCUSSIVE: f64 = 0.5;
const TONAL: f64 = 0.5;
/// What is called so has no component, or none that is heard.
const EMPTY: &str = "empty";
const SILENT: &str = "silent";
/// The lowest frequency in Hz that is heard as one.
const LOWEST_HEARD: f64 = 20.0;

/// Components that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// A name from measured facts: register, character and frequency of the loudest component.
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
    components: &[Component],
) -> Vec<Source> {
    let names = suggested_names(&groups, components);
    let named = groups.into_iter().zip(names);
    named
        .map(|(members, name)| Source {
            name,
            energy_share: members.iter().map(|&k| components[k].energy_share).sum(),
            components: members,
        })
        .collect()
}

/// A name for each group of components: [`suggested_name`], with a number behind it where an earlier
/// group is called so. What is silent is all the same.
#[must_use]
pub fn suggested_names(groups: &[Vec<usize>], components: &[Component]) -> Vec<String> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    groups
        .iter()
        .map(|members| {
            let name = suggested_name(members, components);
            let times = taken.entry(name.clone()).or_default();
            *times += 1;
            match *times {
                1 => name,
                _ if name == SILENT || name == EMPTY => name,
                number => format!("{name} {number}"),
            }
        })
        .collect()
}

/// A name for some components, from facts that are weighed with their energy: register, character
/// and frequency of the loudest, such as "low percussive 62 Hz".
/// Indices of no component are left out.
pub fn suggested_name(members: &[usize], components: &[Component]) -> String {
    let parts = || members.iter().filter_map(|&k| components.get(k));
    let loudest = parts().max_by(|a, b| a.energy_share.total_cmp(&b.energy_share));
    let Some(loudest) = loudest else {
        return EMPTY.to_owned();
    };
    let total: f64 = parts().map(|c| c.energy_share).sum();
    if total <= 0.0 {
        return SILENT.to_owned();
    }
    let mean = |fact: fn(&Component) -> f64| {
        parts().map(|c| c.energy_share * fact(c)).sum::<f64>() / total
    };
    let register = match named_hz(loudest) {
        hz if hz < 250.0 => "low",
        hz if hz < 2000.0 => "mid",
        _ => "high",
    };
    let character = if mean(|c| c.percussiveness) > PERCUSSIVE {
        "percussive"
    } else if mean(|c| c.tonality) > TONAL {
        "tonal"
    } else {
        "noise"
    };
    format!("{register} {character} {:.0} Hz", named_hz(loudest))
}

/// The frequency that a component is called by: its strongest partial, or its centroid where that
/// cannot be heard.
fn named_hz(component: &Component) -> f64 {
    if component.peak_hz < LOWEST_HEARD {
        component.centroid_hz
    } else {
        component.peak_hz
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(energy_share: f64, peak_hz: f64) -> Component {
        Component {
            energy_share,
            peak_hz,
            note: None,
            centroid_hz: peak_hz,
            percussiveness: 0.0,
            tonality: 1.0,
            onsets: Vec::new(),
            confidence: None,
            stability: None,
        }
    }

    #[test]
    fn what_cannot_be_heard_gives_no_name() {
        let mut rumble = component(1.0, 11.0);
        rumble.centroid_hz = 812.0;
        assert_eq!(suggested_name(&[0], &[rumble]), "mid tonal 812 Hz");
        assert_eq!(
            suggested_name(&[0], &[component(1.0, 33.0)]),
            "low tonal 33 Hz"
        );
    }

    #[test]
    fn a_source_is_named_after_its_loudest_component() {
        let components = [component(0.1, 100.0), component(0.9, 440.2)];
        assert_eq!(suggested_name(&[0, 1], &components), "mid tonal 440 Hz");
        assert_eq!(suggested_name(&[0], &components), "low tonal 100 Hz");
    }

    #[test]
    fn impossible_numbers_of_sources_are_refused() {
        for wanted in [0, 6] {
            let refused = check(SourceCount::Fixed(wanted), 5);
            assert!(matches!(refused, Err(SeparationError::Sources { .. })));
        }
        assert!(check(SourceCount::Fixed(5), 5).is_ok());
    }

    #[test]
    fn no_two_groups_are_called_the_same() {
        let components = [80.2, 80.4, 440.0, 79.9].map(|hz| component(0.25, hz));
        let groups = [vec![0], vec![1], vec![2], vec![3]];
        let names = suggested_names(&groups, &components);
        let expected = [
            "low tonal 80 Hz",
            "low tonal 80 Hz 2",
            "mid tonal 440 Hz",
            "low tonal 80 Hz 3",
        ];
        assert_eq!(names, expected);
    }
}
