//! Which source owns a bin.

use std::sync::Arc;

use super::rows::Rows;
use super::style::{Separated, SourceLook};
use crate::app::oklab::Oklab;
use crate::separation::Factors;
use crate::spectral::Axes;

/// The shares of the sources in every bin, computed from templates and activations where they are
/// looked at and never stored for a whole recording.
///
/// The share of a source is what its components have of the model, `Σ_{k in s} W_k H_k / Σ_k W_k
/// H_k`: the same mask that the sound is made with. For a picture the squares of the parts are
/// compared, which shows who dominates and still mixes where two are equally strong.
#[derive(Clone, Debug)]
pub struct Ownership {
    factors: Arc<Factors>,
    axes: Axes,
    start: f64,
    /// Component → source.
    owners: Vec<usize>,
    /// Components in the order of `parts`.
    order: Vec<usize>,
    /// Sources that have components: where their components end in `order`, and how they look.
    parts: Vec<Part>,
    /// In the order of `order`.
    lit: Option<Vec<bool>>,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    end: usize,
    a: f32,
    b: f32,
    audible: bool,
}

/// Templates in the rows, and activations in the columns of one picture.
pub(super) struct Shares<'a> {
    ownership: &'a Ownership,
    /// Rows × components, in the order of the parts.
    templates: Vec<f32>,
    /// Columns × components.
    activations: Vec<f32>,
}

/// Who has a bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mixture {
    /// Mean opponent axes of the sources that are heard.
    pub a: f32,
    pub b: f32,
    /// Share of the sources that are heard, 0 to 1.
    pub audible: f32,
    /// Share of the components that are lit up, 0 to 1; 1 where none is.
    pub lit: f32,
}

impl Ownership {
    /// Ownership of the sources of `separated` that look like `looks`. `lit` are components to light
    /// up. A component whose source is not in `looks` belongs to nobody and stays grey.
    #[must_use]
    pub fn new(separated: &Separated<'_>, looks: &[SourceLook], lit: Option<&[usize]>) -> Self {
        let components = separated.factors.components();
        let owner = |k: usize| separated.owners.get(k).copied().unwrap_or(usize::MAX);
        let mut order: Vec<usize> = (0..components).collect();
        order.sort_by_key(|&k| owner(k));
        let parts = (0..components)
            .filter(|&at| at + 1 == components || owner(order[at]) != owner(order[at + 1]))
            .map(|at| {
                let look = looks.get(owner(order[at]));
                let tint = look
                    .map(|look| Oklab::from_color(look.color))
                    .unwrap_or_default();
                Part {
                    end: at + 1,
                    a: tint.a,
                    b: tint.b,
                    audible: look.is_some_and(|look| look.audible),
                }
            })
            .collect();
        let lit = lit.map(|lit| order.iter().map(|k| lit.contains(k)).collect());
        Self {
            factors: Arc::clone(separated.factors),
            axes: separated.axes,
            start: separated.start,
            owners: (0..components).map(owner).collect(),
            order,
            parts,
            lit,
        }
    }

    /// The source with the largest share at a time and frequency, and its share (0 to 1). `None`
    /// outside the factors, and where they are silent.
    #[must_use]
    pub fn dominant(&self, seconds: f64, hz: f64) -> Option<(usize, f32)> {
        let frame = self.axes.frame(seconds - self.start).round();
        let bin = self.axes.bin(hz).round();
        let (w, h) = (self.factors.templates(), self.factors.activations());
        let inside = |x: f64, count: usize| x >= 0.0 && x < count as f64;
        if !inside(frame, h.cols()) || !inside(bin, w.rows()) {
            return None;
        }
        let activations = h.column(frame as usize);
        let mut by_source = std::collections::BTreeMap::new();
        for (k, &activation) in activations.iter().enumerate() {
            let part = w.column(k)[bin as usize] * activation;
            *by_source.entry(self.owners[k]).or_insert(0.0) += part;
        }
        let total: f32 = by_source.values().sum();
        let (&source, &largest) = by_source.iter().max_by(|a, b| a.1.total_cmp(b.1))?;
        (total > 0.0 && source != usize::MAX).then(|| (source, largest / total))
    }

    /// The frequency and time scale of the factors.
    pub(super) fn axes(&self) -> Axes {
        self.axes
    }

    /// Number of bins of the templates.
    pub(super) fn bins(&self) -> usize {
        self.factors.templates().rows()
    }

    /// The shares in a picture whose columns lie between `edges` (in seconds), one more than there
    /// are columns.
    pub(super) fn shares(&self, rows: &Rows, edges: &[f64]) -> Shares<'_> {
        let components = self.order.len();
        let mut templates = vec![0.0; rows.len() * components];
        for (at, &k) in self.order.iter().enumerate() {
            for (row, mean) in rows.means(self.factors.templates().column(k)).enumerate() {
                templates[row * components + at] = mean;
            }
        }
        let mut activations = vec![0.0; edges.len().saturating_sub(1) * components];
        for (pair, column) in edges
            .windows(2)
            .zip(activations.chunks_exact_mut(components.max(1)))
        {
            self.activations(pair[0], pair[1], column);
        }
        Shares {
            ownership: self,
            templates,
            activations,
        }
    }

    /// Activations between two times: the sum of the frames inside, or, where there is none, what
    /// lies between the nearest two.
    fn activations(&self, from: f64, to: f64, column: &mut [f32]) {
        let h = self.factors.activations();
        let last = h.cols() as f64 - 1.0;
        let (from, to) = (
            self.axes.frame(from - self.start),
            self.axes.frame(to - self.start),
        );
        let (first, end) = (from.max(0.0).ceil(), to.min(last + 1.0).ceil().max(0.0));
        if first < end {
            for frame in first as usize..(end as usize).min(h.cols()) {
                let frame = h.column(frame);
                for (sum, &k) in column.iter_mut().zip(&self.order) {
                    *sum += frame[k];
                }
            }
            return;
        }
        let middle = f64::midpoint(from, to);
        if (0.0..=last).contains(&middle) {
            let (before, t) = (middle as usize, middle.fract() as f32);
            let after = (before + 1).min(h.cols() - 1);
            let (before, after) = (h.column(before), h.column(after));
            for (value, &k) in column.iter_mut().zip(&self.order) {
                *value = before[k] + t * (after[k] - before[k]);
            }
        }
    }
}

impl Shares<'_> {
    /// Who has the bin at a row and column; `None` where the model is silent.
    #[inline]
    pub fn at(&self, row: usize, column: usize) -> Option<Mixture> {
        let count = self.ownership.order.len();
        let templates = &self.templates[row * count..(row + 1) * count];
        let activations = &self.activations[column * count..(column + 1) * count];
        let (mut total, mut audible, mut a, mut b) = (0.0, 0.0, 0.0, 0.0);
        let mut begin = 0;
        for part in &self.ownership.parts {
            let (w, h) = (&templates[begin..part.end], &activations[begin..part.end]);
            let sum: f32 = w.iter().zip(h).map(|(w, h)| w * h).sum();
            let weight = sum * sum;
            total += weight;
            if part.audible {
                audible += weight;
                a += weight * part.a;
                b += weight * part.b;
            }
            begin = part.end;
        }
        // Squares of tiny products underflow: whoever is there is too weak to show.
        if total <= 0.0 {
            return None;
        }
        Some(Mixture {
            a: a / total,
            b: b / total,
            audible: audible / total,
            lit: self.lit(templates, activations),
        })
    }

    fn lit(&self, templates: &[f32], activations: &[f32]) -> f32 {
        let Some(lit) = &self.ownership.lit else {
            return 1.0;
        };
        let (mut total, mut part) = (0.0, 0.0);
        for ((w, h), &lit) in templates.iter().zip(activations).zip(lit) {
            total += w * h;
            part += if lit { w * h } else { 0.0 };
        }
        if total > 0.0 { part / total } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::Color32;

    use super::*;
    use crate::nmf::Matrix;
    use crate::spectral::StftSettings;

    /// One bin for each hertz, four frames a second.
    fn axes() -> Axes {
        Axes::new(StftSettings::default(), 2048)
    }

    fn looks() -> Vec<SourceLook> {
        [
            Color32::from_rgb(240, 165, 86),
            Color32::from_rgb(125, 186, 255),
        ]
        .map(|color| SourceLook {
            name: String::new(),
            color,
            audible: true,
        })
        .to_vec()
    }

    /// Components 0 and 2 have the lower four bins and belong to source 1; component 1 has the upper
    /// four and belongs to source 0; all share bin 4. Frame 2 is silent.
    fn factors() -> Arc<Factors> {
        let templates = Matrix::from_fn(9, 3, |bin, k| match (bin, k) {
            (4, 1) => 0.5,
            (4, _) => 0.25,
            (0..4, 0 | 2) | (5.., 1) => 1.0,
            _ => 0.0,
        });
        let activations = Matrix::from_fn(3, 4, |_, n| if n == 2 { 0.0 } else { 0.3 });
        Arc::new(Factors::new(templates, activations).unwrap())
    }

    fn ownership(looks: &[SourceLook], lit: Option<&[usize]>) -> Ownership {
        let separated = Separated {
            factors: &factors(),
            axes: axes(),
            start: 10.0,
            owners: &[1, 0, 1],
        };
        Ownership::new(&separated, looks, lit)
    }

    /// The mixture in frame 0 of the bin.
    fn mixture(ownership: &Ownership, bin: f64) -> Option<Mixture> {
        let bands = [(bin - 0.5, bin + 0.5)];
        let rows = Rows::new(bands.into_iter(), axes(), 9);
        let edge = axes().seconds(0.5);
        ownership
            .shares(&rows, &[10.0 - edge, 10.0 + edge])
            .at(0, 0)
    }

    #[test]
    fn the_readout_names_the_source_with_the_largest_share() {
        let ownership = ownership(&looks(), None);
        assert_eq!(ownership.dominant(10.0, 1.0), Some((1, 1.0)));
        assert_eq!(ownership.dominant(10.3, 7.2), Some((0, 1.0)));
        let (_, share) = ownership.dominant(10.0, 4.0).unwrap();
        assert!((share - 0.5).abs() < 1e-6);
        for (seconds, hz) in [(10.5, 1.0), (9.0, 1.0), (12.0, 1.0), (10.0, 9.0)] {
            assert_eq!(ownership.dominant(seconds, hz), None, "{seconds} s {hz} Hz");
        }
    }

    #[test]
    fn a_bin_has_the_hue_of_its_source_and_a_shared_one_lies_between() {
        let looks = looks();
        let ownership = ownership(&looks, None);
        let [warm, cold] = [0, 1].map(|n: usize| Oklab::from_color(looks[n].color));
        let near = |mixture: Option<Mixture>, a: f32, b: f32| {
            let mixture = mixture.unwrap();
            (mixture.a - a).abs() < 1e-5 && (mixture.b - b).abs() < 1e-5 && mixture.audible > 0.99
        };
        assert!(near(mixture(&ownership, 1.0), cold.a, cold.b));
        assert!(near(mixture(&ownership, 7.0), warm.a, warm.b));
        let (a, b) = (f32::midpoint(warm.a, cold.a), f32::midpoint(warm.b, cold.b));
        assert!(near(mixture(&ownership, 4.0), a, b));
    }

    #[test]
    fn a_source_that_is_not_heard_loses_its_colour() {
        let mut looks = looks();
        looks[1].audible = false;
        let ownership = ownership(&looks, None);
        let grey = mixture(&ownership, 1.0).unwrap();
        assert_eq!((grey.a, grey.b, grey.audible), (0.0, 0.0, 0.0));
        assert_eq!(mixture(&ownership, 7.0).unwrap().audible, 1.0);
    }

    #[test]
    fn the_bins_of_a_component_light_up() {
        let looks = looks();
        let lit = ownership(&looks, Some(&[2]));
        let share = |bin: f64| mixture(&lit, bin).unwrap().lit;
        assert_eq!((share(1.0), share(7.0), share(4.0)), (0.5, 0.0, 0.25));
    }
}
