//! The update of the templates, after all chunks.

use rayon::prelude::*;

use super::pass::Chunk;
use super::rule::Rule;
use crate::nmf::kernel::aligned::Aligned;
use crate::nmf::kernel::pass::TEMPLATE_FLOOR;
use crate::nmf::ties::Ties;

/// What an update of packed templates takes.
pub(super) struct Update<'a> {
    pub rule: Rule,
    /// Bins of all channels.
    pub bins: usize,
    pub components: usize,
    pub lanes: usize,
    pub chunks: &'a mut [Chunk],
    pub w: &'a mut Aligned,
}

impl Update<'_> {
    /// Updates the templates, all channels for themselves or tied, and brings them to unit sum.
    /// Returns the factors that the activations take over.
    pub fn run(self, ties: Option<&Ties<'_>>) -> Vec<f32> {
        let (k, lanes) = (self.components, self.lanes);
        let Some((first, others)) = self.chunks.split_first_mut() else {
            return vec![1.0; k];
        };
        for other in others.iter() {
            add(&mut first.numerator, &other.numerator);
            add(&mut first.denominator, &other.denominator);
            add_wide(&mut first.h_sum, &other.h_sum);
            add_wide(&mut first.h_gram, &other.h_gram);
        }
        let denominator = match self.rule {
            Rule::KullbackLeibler => broadcast(&first.h_sum, self.w.len(), lanes),
            Rule::Euclidean => product(self.w.as_slice(), &first.h_gram, k, lanes),
            _ => first.denominator.as_slice().to_vec(),
        };
        let numerator = first.numerator.as_slice();
        // Beyond the last bin it stays 0.
        let mut new = vec![0.0; numerator.len()];
        match ties {
            Some(ties) if ties.channels > 1 => {
                let sums = Tied {
                    rule: self.rule,
                    ties,
                    components: k,
                    lanes,
                    w: self.w.as_slice(),
                    numerator,
                    denominator: &denominator,
                };
                let factors = sums.factors();
                for (row, bin) in (0..self.bins).map(|row| (row, row % ties.bins)) {
                    for (c, (template, gains)) in factors.iter().enumerate() {
                        let at = ((row / lanes) * k + c) * lanes + row % lanes;
                        let factor = template[bin] * gains[row / ties.bins];
                        new[at] = self.w.as_slice()[at] * factor as f32;
                    }
                }
            }
            _ => {
                let parts = self.w.as_slice().iter().zip(numerator).zip(&denominator);
                for (new, ((w, numerator), denominator)) in new.iter_mut().zip(parts) {
                    *new = w * self.rule.factor(*numerator, *denominator);
                }
            }
        }
        normalize(self.w.as_mut_slice(), &new, k, lanes)
    }
}

fn add(total: &mut Aligned, part: &Aligned) {
    for (t, p) in total.as_mut_slice().iter_mut().zip(part.as_slice()) {
        *t += p;
    }
}

fn add_wide(total: &mut [f64], part: &[f64]) {
    for (t, p) in total.iter_mut().zip(part) {
        *t += p;
    }
}

/// The value of each component in every bin.
fn broadcast(values: &[f64], packed: usize, lanes: usize) -> Vec<f32> {
    let mut row = Vec::with_capacity(values.len() * lanes);
    for &value in values {
        row.extend(std::iter::repeat_n(value as f32, lanes));
    }
    row.repeat(packed / row.len().max(1))
}

/// `W · HHᵀ`, packed.
fn product(w: &[f32], gram: &[f64], components: usize, lanes: usize) -> Vec<f32> {
    let gram: Vec<f32> = gram.iter().map(|&g| g as f32).collect();
    let mut product = vec![0.0; w.len()];
    product
        .par_chunks_mut(components * lanes)
        .zip(w.par_chunks(components * lanes))
        .for_each(|(product, w)| {
            for (sums, gram) in product
                .chunks_exact_mut(lanes)
                .zip(gram.chunks_exact(components))
            {
                for (w, g) in w.chunks_exact(lanes).zip(gram) {
                    for (sum, w) in sums.iter_mut().zip(w) {
                        *sum += w * g;
                    }
                }
            }
        });
    product
}

/// Takes over templates brought to unit sum; returns what the sums were. A component that no frame
/// uses any more keeps its template.
fn normalize(w: &mut [f32], new: &[f32], components: usize, lanes: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; components];
    for new in new.chunks_exact(components * lanes) {
        for (sum, new) in sums.iter_mut().zip(new.chunks_exact(lanes)) {
            *sum += new.iter().map(|&x| f64::from(x)).sum::<f64>();
        }
    }
    let usable = |sum: f64| sum.is_finite() && sum > 0.0;
    let rows = w.chunks_exact_mut(components * lanes);
    for (w, new) in rows.zip(new.chunks_exact(components * lanes)) {
        let values = w.chunks_exact_mut(lanes).zip(new.chunks_exact(lanes));
        for ((w, new), &sum) in values.zip(&sums).filter(|(_, sum)| usable(**sum)) {
            let inverse = (1.0 / sum) as f32;
            for (w, new) in w.iter_mut().zip(new) {
                *w = if *w > 0.0 {
                    (new * inverse).max(TEMPLATE_FLOOR)
                } else {
                    0.0
                };
            }
        }
    }
    let scale = |sum: f64| if usable(sum) { sum as f32 } else { 1.0 };
    sums.into_iter().map(scale).collect()
}

/// The sums of an update of templates that are the same in all channels but for a gain.
///
/// The auxiliary function of the stacked templates `z = G[c, k] · W[f, k]` is a sum over all of
/// them. With `W` changed by factors u and `G` by factors r it is, but for constants,
///
/// ```text
/// Σ z (N (u r)ᵝ⁻¹ / (1 − β) + D (u r)ᵖ / p)      with p = 1 for β < 1 and p = β otherwise
/// ```
///
/// where `N` and `D` are the numerator and the denominator of the update (Févotte & Idier 2011,
/// table 1). Its minimum over u for given r, and then over r for this u, are quotients of sums
/// raised to γ: so the divergence never rises.
struct Tied<'a> {
    rule: Rule,
    ties: &'a Ties<'a>,
    components: usize,
    lanes: usize,
    w: &'a [f32],
    numerator: &'a [f32],
    denominator: &'a [f32],
}

impl Tied<'_> {
    /// For each component the factors of the bins of its template, and those of its gains.
    fn factors(&self) -> Vec<(Vec<f64>, Vec<f64>)> {
        let templates: Vec<Vec<f64>> = (0..self.components)
            .into_par_iter()
            .map(|k| self.templates(k))
            .collect();
        let sums: Vec<Vec<[f64; 2]>> = templates
            .par_iter()
            .enumerate()
            .map(|(k, template)| self.gain_sums(k, template))
            .collect();
        let label = |k: usize| self.ties.labels.map_or(k, |labels| labels[k]);
        let groups = (0..self.components).map(label).max().map_or(0, |l| l + 1);
        let mut common = vec![vec![[0.0; 2]; self.ties.channels]; groups];
        for (k, sums) in sums.iter().enumerate() {
            for (total, sums) in common[label(k)].iter_mut().zip(sums) {
                total[0] += sums[0];
                total[1] += sums[1];
            }
        }
        let gains: Vec<Vec<f64>> = common
            .iter()
            .map(|sums| sums.iter().map(|&sums| self.minimum(sums)).collect())
            .collect();
        let gains = (0..self.components).map(|k| gains[label(k)].clone());
        templates.into_iter().zip(gains).collect()
    }

    fn templates(&self, k: usize) -> Vec<f64> {
        let sums = |bin: usize| {
            (0..self.ties.channels).fold([0.0; 2], |sums, channel| {
                let [n, d] = self.weighted(k, channel * self.ties.bins + bin);
                [sums[0] + n, sums[1] + d]
            })
        };
        (0..self.ties.bins)
            .map(|bin| self.minimum(sums(bin)))
            .collect()
    }

    /// For each channel the sums of its gain, with the template already changed.
    fn gain_sums(&self, k: usize, template: &[f64]) -> Vec<[f64; 2]> {
        let beta = self.rule.beta();
        let sums = |channel: usize| {
            let mut sums = [0.0; 2];
            for (bin, &u) in template.iter().enumerate().filter(|(_, u)| **u > 0.0) {
                let [n, d] = self.weighted(k, channel * self.ties.bins + bin);
                sums[0] += n * u.powf(beta - 1.0);
                sums[1] += d * u.powf(beta.max(1.0));
            }
            sums
        };
        (0..self.ties.channels).map(sums).collect()
    }

    /// Numerator and denominator of a stacked template's bin, times its value.
    fn weighted(&self, k: usize, row: usize) -> [f64; 2] {
        let at = ((row / self.lanes) * self.components + k) * self.lanes + row % self.lanes;
        let w = f64::from(self.w[at]);
        [&self.numerator, &self.denominator].map(|sums| w * f64::from(sums[at]))
    }

    fn minimum(&self, [n, d]: [f64; 2]) -> f64 {
        let factor = (n / d).powf(self.rule.exponent());
        if factor.is_finite() { factor } else { 1.0 }
    }
}
