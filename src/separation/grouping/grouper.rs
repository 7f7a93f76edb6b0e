//! From atoms to sources, by how likely it is of each two that one instrument made both.

use std::borrow::Cow;

use super::clusters;
use super::dendrogram::Dendrogram;
use super::features::{self, Atom, LOUDNESS, weights};
use super::likeness::Likelihoods;
use super::turns::turns;
use super::votes::{Votes, number, vote};
use crate::nmf::{Matrix, NmfError, Stop};
use crate::separation::magnitudes::stretches;
use crate::separation::{Ingredient, SeparationError, SourceCount};
use crate::spectral::Axes;

/// The most sources that are found unasked.
pub(in crate::separation) const MOST_SOURCES: usize = 8;

/// Groups atoms of a recording with this transform.
pub(in crate::separation) struct Grouper<'a> {
    pub axes: Axes,
    /// What all rises of a click's activation are, relative to its sum.
    pub click: f64,
    /// What is left out, to measure what it is worth.
    pub without: &'a [Ingredient],
    /// Asked from time to time: many atoms take long.
    pub stop: Stop<'a>,
}

/// Atoms to be grouped.
#[derive(Clone, Copy)]
pub(in crate::separation) struct Atoms<'a> {
    /// Bins × atoms.
    pub templates: &'a Matrix,
    /// Atoms × frames.
    pub activations: &'a Matrix,
    /// Channels × atoms; one row of ones where they have none.
    pub gains: &'a Matrix,
}

/// Measured atoms, and how likely it is of each two that they belong together.
pub(in crate::separation) struct Likely<'a> {
    energies: Vec<f64>,
    weights: Vec<f64>,
    likelihoods: Likelihoods,
    votes: bool,
    /// Their groups where these are plain from when they sound.
    turns: Option<Vec<usize>>,
    stop: Stop<'a>,
}

impl<'a> Grouper<'a> {
    /// Whether it is not left out.
    pub fn has(&self, ingredient: Ingredient) -> bool {
        !self.without.contains(&ingredient)
    }

    /// Measures atoms; of a long recording in stretches spread evenly.
    ///
    /// # Errors
    /// [`NmfError::Stopped`] when it is stopped, and a pair model that cannot be used.
    pub fn measure(&self, atoms: Atoms<'_>) -> Result<Likely<'a>, SeparationError> {
        let measured = self.measured(atoms);
        let weights = weights(&measured, LOUDNESS);
        let likelihoods = if self.has(Ingredient::PairModel) {
            Likelihoods::new(&measured, &weights, self.stop)?
        } else {
            Likelihoods::of_timbre(&measured)
        };
        let energy = |atom: &Atom| atom.energy;
        Ok(Likely {
            energies: measured.iter().map(energy).collect(),
            weights,
            likelihoods,
            turns: turns(&measured),
            votes: self.has(Ingredient::Votes),
            stop: self.stop,
        })
    }

    /// Which atoms join first, within their sources and then beyond, and how surely each belongs
    /// to its own. As [`Likely::tree`], for as many atoms as there may be.
    ///
    /// # Errors
    /// As [`measure`](Self::measure).
    pub fn tree(
        &self,
        atoms: Atoms<'_>,
        labels: &[usize],
    ) -> Result<(Dendrogram, Vec<f64>), SeparationError> {
        let measured = self.measured(atoms);
        let weights = weights(&measured, LOUDNESS);
        let likeness = if self.has(Ingredient::PairModel) {
            Likelihoods::together(&measured, &weights, self.stop)?
        } else {
            Likelihoods::of_timbre(&measured).all()
        };
        Ok(tree(likeness, &weights, labels, self.stop)?)
    }

    /// What is measured of atoms, of a long recording in stretches spread evenly.
    fn measured(&self, atoms: Atoms<'_>) -> Vec<Atom> {
        let activations = match stretches(atoms.activations) {
            Some(part) => Cow::Owned(part),
            None => Cow::Borrowed(atoms.activations),
        };
        let (axes, click) = (self.axes, self.click);
        features::measure(atoms.templates, &activations, atoms.gains, axes, click)
    }
}

fn tree(
    likeness: Vec<Vec<f64>>,
    weights: &[f64],
    labels: &[usize],
    stop: Stop<'_>,
) -> Result<(Dendrogram, Vec<f64>), NmfError> {
    let confidence = clusters::confidence(&likeness, weights, labels);
    Ok((
        Dendrogram::new(likeness, weights, labels, stop)?,
        confidence,
    ))
}

impl Likely<'_> {
    /// The source of each component of a single factorization: as [`group`](Self::group) has it, but
    /// where it is plain from when they sound, that decides.
    ///
    /// # Errors
    /// [`NmfError::Stopped`] when it is stopped.
    pub fn group_components(&self, wanted: SourceCount) -> Result<Vec<usize>, NmfError> {
        let plain = self.turns.as_ref().filter(|labels| {
            let groups = labels.iter().max().map_or(0, |&last| last + 1);
            match wanted {
                SourceCount::Auto => self.energies.iter().any(|&energy| energy > 0.0),
                SourceCount::Fixed(wanted) => groups == wanted,
                SourceCount::Components => false,
            }
        });
        match plain {
            Some(labels) => Ok(labels.clone()),
            None => Ok(self.group(wanted)?.labels),
        }
    }

    /// The source of each atom, and the votes for others.
    ///
    /// # Errors
    /// [`NmfError::Stopped`] when it is stopped.
    pub fn group(&self, wanted: SourceCount) -> Result<Votes, NmfError> {
        let likeness = self.likelihoods.all();
        let of = |groups| clusters::cluster(&likeness, &self.weights, groups, self.stop);
        let vote = |groups| {
            if self.votes {
                let (energies, weights) = (&self.energies, &self.weights);
                vote(&self.likelihoods, energies, weights, groups, self.stop)
            } else {
                Ok(Votes::of_one(of(groups)?, groups))
            }
        };
        let atoms = self.energies.len();
        match wanted {
            SourceCount::Fixed(wanted) => vote(wanted),
            SourceCount::Components => Ok(Votes::of_one((0..atoms).collect(), atoms)),
            // Silence is one source.
            SourceCount::Auto if self.energies.iter().all(|&energy| energy <= 0.0) => {
                Ok(Votes::of_one(vec![0; atoms], 1))
            }
            SourceCount::Auto => {
                let most = MOST_SOURCES.min(atoms);
                vote(if self.votes {
                    number(&self.likelihoods, &self.energies, most, self.stop)?
                } else {
                    clusters::best_number(&likeness, &self.weights, most, self.stop)?
                })
            }
        }
    }

    /// Which atoms join first, within their sources and then beyond, and how surely each belongs
    /// to its own.
    ///
    /// # Errors
    /// [`NmfError::Stopped`] when it is stopped.
    pub fn tree(&self, labels: &[usize]) -> Result<(Dendrogram, Vec<f64>), NmfError> {
        tree(self.likelihoods.all(), &self.weights, labels, self.stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectral::StftSettings;

    /// Two instruments of two notes each, which take turns.
    fn atoms() -> (Matrix, Matrix) {
        let peak = |f: usize, at: usize| 1.0 / (1.0 + (f.abs_diff(at) as f32).powi(2));
        let w = Matrix::from_fn(257, 4, |f, k| {
            let (at, partials) = [(20, 1), (25, 1), (60, 4), (75, 4)][k];
            (1..=partials).map(|n| peak(f, n * at)).sum::<f32>()
        });
        let h = Matrix::from_fn(4, 300, |k, n| {
            let sounds = (n / 30) % 4 == k;
            if sounds {
                1.0 / (1 + n % 30) as f32
            } else {
                1e-4
            }
        });
        (w, h)
    }

    fn measured(templates: &Matrix, activations: &Matrix, gains: &Matrix) -> Likely<'static> {
        let grouper = Grouper {
            axes: Axes::new(StftSettings::default(), 44_100),
            click: 0.5,
            without: &[],
            stop: &|| false,
        };
        let atoms = Atoms {
            templates,
            activations,
            gains,
        };
        grouper.measure(atoms).unwrap()
    }

    fn found(gains: &Matrix, times: usize, wanted: SourceCount) -> Vec<usize> {
        let (w, h) = atoms();
        let h = Matrix::from_fn(4, h.cols() * times, |k, n| h.column(n % 300)[k]);
        measured(&w, &h, gains).group(wanted).unwrap().labels
    }

    #[test]
    fn atoms_at_two_places_are_two_sources_however_long_it_lasts() {
        let apart = Matrix::from_fn(2, 4, |channel, k| if channel == k % 2 { 1.0 } else { 0.0 });
        for times in [1, 10] {
            let labels = found(&apart, times, SourceCount::Fixed(2));
            assert_eq!(labels[0], labels[2]);
            assert_eq!(labels[1], labels[3]);
            assert_ne!(labels[0], labels[1]);
        }
    }

    #[test]
    fn channels_that_say_nothing_change_nothing() {
        let one = Matrix::from_fn(1, 4, |_, _| 1.0);
        let same = Matrix::from_fn(2, 4, |_, _| 0.5);
        let apart = Matrix::from_fn(2, 4, |channel, k| if channel == k % 2 { 0.9 } else { 0.1 });
        let silent = Matrix::from_fn(4, 4, |channel, k| {
            apart.column(k).get(channel).copied().unwrap_or(0.0)
        });
        for wanted in [
            SourceCount::Auto,
            SourceCount::Fixed(2),
            SourceCount::Fixed(3),
        ] {
            assert_eq!(found(&same, 1, wanted), found(&one, 1, wanted));
            assert_eq!(found(&silent, 1, wanted), found(&apart, 1, wanted));
        }
    }

    #[test]
    fn parts_that_plainly_sound_together_are_one_source_whatever_they_are() {
        // A low and a high part each, of two sounds that take turns.
        let w = Matrix::from_fn(257, 4, |f, k| {
            1.0 / (1.0 + (f.abs_diff([10, 25, 90, 180][k]) as f32).powi(2))
        });
        let h = Matrix::from_fn(4, 300, |k, n| {
            let sounds = (n / 40) % 2 == k % 2;
            let trembling = 1.0 + 0.3 * ((n * (k + 3)) as f32).sin();
            if sounds { trembling } else { 0.0 }
        });
        let likely = measured(&w, &h, &Matrix::from_fn(1, 4, |_, _| 1.0));
        for wanted in [SourceCount::Auto, SourceCount::Fixed(2)] {
            assert_eq!(likely.group_components(wanted).unwrap(), [0, 1, 0, 1]);
        }
        // Another number is found otherwise.
        let four = likely.group_components(SourceCount::Fixed(4)).unwrap();
        assert_eq!(four.iter().max(), Some(&3));
    }

    #[test]
    fn silence_is_one_source_and_components_are_their_own() {
        let gains = Matrix::from_fn(1, 4, |_, _| 1.0);
        let own = found(&gains, 1, SourceCount::Components);
        assert_eq!(own, [0, 1, 2, 3]);
        let (w, silence) = (Matrix::zeros(257, 3), Matrix::zeros(3, 20));
        let likely = measured(&w, &silence, &Matrix::from_fn(1, 3, |_, _| 1.0));
        assert_eq!(likely.group(SourceCount::Auto).unwrap().labels, [0, 0, 0]);
    }
}
