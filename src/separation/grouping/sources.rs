//! The first grouping of components into sources: by when they sound.

use crate::nmf::Matrix;
use crate::separation::{Component, SeparationError, SourceCount};

/// Groups whose members correlate by less than this on average are not joined unasked.
const JOIN_ABOVE: f64 = 0.5;
/// A component above this is called percussive, one above the other tonal.
const PERCUSSIVE: f64 = 0.5;
const TONAL: f64 = 0.5;
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

/// Groups the components of `activations` (components × frames).
///
/// Agglomerative clustering with average linkage on the correlation of the square roots of the
/// activations. Sources come in the order of their first component, which is that of pitch.
///
/// # Errors
/// [`SeparationError::Sources`] for no source, or for more than there are components.
pub(in crate::separation) fn group(
    activations: &Matrix,
    components: &[Component],
    sources: SourceCount,
) -> Result<Vec<Source>, SeparationError> {
    let count = components.len();
    check(sources, count)?;
    let groups = match sources {
        // Silence is one source, however many components it was asked to have.
        SourceCount::Auto if components.iter().all(|c| c.energy_share == 0.0) => {
            vec![(0..count).collect()]
        }
        SourceCount::Components => (0..count).map(|k| vec![k]).collect(),
        SourceCount::Auto => join(&correlations(activations), |_, likeness| {
            likeness > JOIN_ABOVE
        }),
        SourceCount::Fixed(wanted) => join(&correlations(activations), |groups, _| groups > wanted),
    };
    Ok(self::sources(groups, components))
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

/// Joins the two most alike groups while `go_on(groups left, their likeness)`.
fn join(likeness: &[Vec<f64>], go_on: impl Fn(usize, f64) -> bool) -> Vec<Vec<usize>> {
    let mut likeness = likeness.to_vec();
    let mut groups: Vec<Vec<usize>> = (0..likeness.len()).map(|k| vec![k]).collect();
    while groups.len() > 1 {
        let mut best = (0, 1);
        for a in 0..groups.len() {
            for b in a + 1..groups.len() {
                if likeness[a][b] > likeness[best.0][best.1] {
                    best = (a, b);
                }
            }
        }
        let (a, b) = best;
        if !go_on(groups.len(), likeness[a][b]) {
            break;
        }
        // Average linkage: the likeness to the joined group is the mean over all its members.
        let (na, nb) = (groups[a].len() as f64, groups[b].len() as f64);
        let (row_a, row_b) = (likeness[a].clone(), likeness[b].clone());
        for (c, (x, y)) in row_a.iter().zip(&row_b).enumerate() {
            let mean = (na * x + nb * y) / (na + nb);
            likeness[a][c] = mean;
            likeness[c][a] = mean;
        }
        likeness.remove(b);
        for row in &mut likeness {
            row.remove(b);
        }
        let moved = groups.remove(b);
        groups[a].extend(moved);
        groups[a].sort_unstable();
    }
    groups
}

/// Pearson correlation of the square roots of each pair of activations; the root keeps a few loud
/// notes from deciding alone. 0 where an activation does not change.
fn correlations(activations: &Matrix) -> Vec<Vec<f64>> {
    let rows: Vec<Vec<f64>> = (0..activations.rows())
        .map(|k| {
            let mut row: Vec<f64> = activations.row(k).map(|x| f64::from(x).sqrt()).collect();
            let mean = row.iter().sum::<f64>() / row.len().max(1) as f64;
            row.iter_mut().for_each(|x| *x -= mean);
            let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            if norm > 0.0 {
                row.iter_mut().for_each(|x| *x /= norm);
            }
            row
        })
        .collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum();
    rows.iter()
        .map(|a| rows.iter().map(|b| dot(a, b)).collect())
        .collect()
}

/// Sources of these groups of components, in the order of their first component.
pub(in crate::separation) fn sources(
    groups: Vec<Vec<usize>>,
    components: &[Component],
) -> Vec<Source> {
    groups
        .into_iter()
        .map(|members| Source {
            name: suggested_name(&members, components),
            energy_share: members.iter().map(|&k| components[k].energy_share).sum(),
            components: members,
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
        return String::from("empty");
    };
    let total: f64 = parts().map(|c| c.energy_share).sum();
    if total <= 0.0 {
        return String::from("silent");
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

    /// 0 and 2 sound together, 1 and 3 sound together in between, 4 on its own.
    fn activations() -> Matrix {
        Matrix::from_fn(5, 60, |k, n| {
            let turn = n / 10 % 3;
            let on = [0, 1, 0, 1, 2][k] == turn;
            if on {
                1.0 + 0.1 * ((n * (k + 2)) % 5) as f32
            } else {
                0.0
            }
        })
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
    fn components_that_sound_together_become_one_source() {
        let components: Vec<Component> = (1..=5)
            .map(|k| component(0.2, 100.0 * f64::from(k)))
            .collect();
        for sources in [SourceCount::Auto, SourceCount::Fixed(3)] {
            let found = group(&activations(), &components, sources).unwrap();
            let members: Vec<_> = found.iter().map(|s| s.components.clone()).collect();
            assert_eq!(members, [vec![0, 2], vec![1, 3], vec![4]], "{sources:?}");
        }
        let all = group(&activations(), &components, SourceCount::Components).unwrap();
        assert_eq!(all.len(), 5);
        let total: f64 = all.iter().map(|s| s.energy_share).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_source_is_named_after_its_loudest_component() {
        let components = [component(0.1, 100.0), component(0.9, 440.2)];
        assert_eq!(suggested_name(&[0, 1], &components), "mid tonal 440 Hz");
        assert_eq!(suggested_name(&[0], &components), "low tonal 100 Hz");
    }

    #[test]
    fn silence_is_one_source() {
        let found = group(
            &Matrix::zeros(3, 9),
            &vec![component(0.0, 0.0); 3],
            SourceCount::Auto,
        )
        .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].name.as_str(), &found[0].components),
            ("silent", &vec![0, 1, 2])
        );
    }

    #[test]
    fn impossible_numbers_of_sources_are_refused() {
        let components = vec![component(0.2, 100.0); 5];
        for wanted in [0, 6] {
            let refused = group(&activations(), &components, SourceCount::Fixed(wanted));
            assert!(matches!(refused, Err(SeparationError::Sources { .. })));
        }
    }
}
