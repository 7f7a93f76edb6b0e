//! The share that each stem has in every bin of a frame.

use pulp::{Arch, Simd, WithSimd};

use super::factors::{Model, Place};
use super::{Factors, Groups};
use crate::spectral::Complex32;

/// Shares below -240 dB count as 0, so that no product with a spectrum becomes denormal.
const INAUDIBLE: f32 = 1e-12;

/// The soft masks of one frame of a channel: for each row (a stem, or a mix of components) and bin the factor
/// that takes the row's share out of the recording,
/// `M[r, f] = Σ_{k in r} W[f, k] · H[k, n] / Σ_k W[f, k] · H[k, n]`, each term times the gain of
/// the component in the channel where the factors have such gains.
///
/// In a bin in which no component has anything, every component has the same share, so that the
/// shares of a partition add up to 1 everywhere. Generalised Wiener filtering as in Liutkus &
/// Badeau (2015), "Generalized Wiener filtering with fractional power spectrograms", with
/// exponent 1.
#[derive(Clone, Debug)]
pub struct Masks {
    bins: usize,
    rows: Vec<f32>,
    audible: Vec<bool>,
    /// First the sum over all components, then its reciprocal, with 0 for a silent bin.
    total: Vec<f32>,
    arch: Arch,
}

impl Masks {
    /// Room for the masks of one frame: `rows` rows of `bins` values.
    #[must_use]
    pub fn new(bins: usize, rows: usize) -> Self {
        Self {
            bins,
            rows: vec![0.0; bins * rows],
            audible: vec![false; rows],
            total: vec![0.0; bins],
            arch: Arch::new(),
        }
    }

    /// Computes the masks of all groups in a frame of a channel; they add up to 1 in every bin.
    /// Factors without channel gains have the same masks in any channel.
    ///
    /// # Panics
    /// When the factors have other bins than these masks, fewer components than the groups, or
    /// no such channel or frame.
    pub fn fill(&mut self, factors: &Factors, channel: usize, frame: usize, groups: &Groups) {
        self.fill_groups(factors.model(), Place { channel, frame }, groups);
    }

    /// The mask of row `r`, one value from 0 to 1 for each bin.
    ///
    /// # Panics
    /// When there is no row `r`, as with any slice index.
    #[must_use]
    pub fn row(&self, r: usize) -> &[f32] {
        &self.rows[r * self.bins..(r + 1) * self.bins]
    }

    /// Writes the part of `spectrum` that row `r` takes to `masked`.
    pub(super) fn apply(&self, r: usize, spectrum: &[Complex32], masked: &mut [Complex32]) {
        let mask = self.row(r);
        self.arch.dispatch(Apply {
            mask,
            spectrum,
            masked,
        });
    }

    /// Whether row `r` is anything but 0 in some bin.
    pub(super) fn is_audible(&self, r: usize) -> bool {
        self.audible[r]
    }

    /// Takes masks that are known: those of a harmonic and a percussive part, and where there is a
    /// third row, what both leave of 1.
    pub(super) fn fill_split(&mut self, masks: [&[f32]; 2]) {
        let rows = self.rows.chunks_exact_mut(self.bins);
        for (r, (row, audible)) in rows.zip(&mut self.audible).enumerate() {
            let rest = |(h, p): (&f32, &f32)| (1.0 - h - p).max(0.0);
            match masks.get(r) {
                Some(mask) => row.copy_from_slice(mask),
                None => row
                    .iter_mut()
                    .zip(masks[0].iter().zip(masks[1]).map(rest))
                    .for_each(|(x, rest)| *x = rest),
            }
            let heard = |x: &mut f32| {
                *x = if *x >= INAUDIBLE { *x } else { 0.0 };
                *x > 0.0
            };
            *audible = row
                .iter_mut()
                .map(heard)
                .fold(false, |any, heard| any | heard);
        }
    }

    pub(super) fn fill_groups(&mut self, model: Model<'_>, place: Place, groups: &Groups) {
        self.arch.dispatch(FillGroups {
            masks: self,
            model,
            place,
            groups,
        });
    }

    /// Computes in row 0 the mask of a mix in which component `k` has the gain `gains[k]`.
    pub(super) fn fill_mix(&mut self, model: Model<'_>, place: Place, gains: &[f32]) {
        self.arch.dispatch(FillMix {
            masks: self,
            model,
            place,
            gains,
        });
    }
}

/// [`Masks::fill_groups`] in the widest vectors that the processor has. A type and not a closure,
/// since only what is inlined into the dispatched function is compiled for them.
struct FillGroups<'a> {
    masks: &'a mut Masks,
    model: Model<'a>,
    place: Place,
    groups: &'a Groups,
}

impl WithSimd for FillGroups<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            masks,
            model,
            place,
            groups,
        } = self;
        let rows = masks.rows.chunks_exact_mut(masks.bins);
        masks.total.fill(0.0);
        for (row, members) in rows.zip(groups.members()) {
            row.fill(0.0);
            for &k in members {
                if let Some(h) = model.activation(k, place) {
                    add(row, model.templates.column(k), h, model.template_floor());
                }
            }
            for (sum, &x) in masks.total.iter_mut().zip(row.iter()) {
                *sum += x;
            }
        }
        invert(&mut masks.total);
        let each = 1.0 / groups.components() as f32;
        let rows = masks.rows.chunks_exact_mut(masks.bins);
        for ((row, members), audible) in rows.zip(groups.members()).zip(&mut masks.audible) {
            *audible = share(row, &masks.total, members.len() as f32 * each);
        }
    }
}

/// [`Masks::fill_mix`], in the same way.
struct FillMix<'a> {
    masks: &'a mut Masks,
    model: Model<'a>,
    place: Place,
    gains: &'a [f32],
}

impl WithSimd for FillMix<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            masks,
            model,
            place,
            gains,
        } = self;
        let row = &mut masks.rows[..masks.bins];
        row.fill(0.0);
        masks.total.fill(0.0);
        for (k, &gain) in gains.iter().enumerate() {
            if let Some(h) = model.activation(k, place) {
                let template = model.templates.column(k);
                let floor = model.template_floor();
                add(&mut masks.total, template, h, floor);
                if gain != 0.0 {
                    add(row, template, h * gain, floor);
                }
            }
        }
        invert(&mut masks.total);
        let mean = gains.iter().sum::<f32>() / gains.len() as f32;
        masks.audible[0] = share(row, &masks.total, mean);
    }
}

/// Multiplies a spectrum with a mask.
struct Apply<'a> {
    mask: &'a [f32],
    spectrum: &'a [Complex32],
    masked: &'a mut [Complex32],
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for ((y, x), &m) in self.masked.iter_mut().zip(self.spectrum).zip(self.mask) {
            *y = x * m;
        }
    }
}

#[inline(always)]
fn add(row: &mut [f32], template: &[f32], activation: f32, floor: f32) {
    for (sum, &w) in row.iter_mut().zip(template) {
        *sum += if w >= floor { w * activation } else { 0.0 };
    }
}

#[inline(always)]
fn invert(total: &mut [f32]) {
    for x in total {
        *x = if *x > 0.0 { 1.0 / *x } else { 0.0 };
    }
}

/// Turns what a row has into its share. Returns whether any share is not 0.
#[inline(always)]
fn share(row: &mut [f32], reciprocals: &[f32], in_silence: f32) -> bool {
    let mut largest: f32 = 0.0;
    for (x, &reciprocal) in row.iter_mut().zip(reciprocals) {
        let share = *x * reciprocal;
        let share = if reciprocal > 0.0 { share } else { in_silence };
        *x = if share.abs() >= INAUDIBLE { share } else { 0.0 };
        largest = if x.abs() > largest { x.abs() } else { largest };
    }
    largest > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nmf::Matrix;

    fn factors(values: impl Fn(usize, usize) -> f32) -> Factors {
        let templates = Matrix::from_fn(33, 5, |f, k| if f == 7 { 0.0 } else { values(f, k) });
        let activations = Matrix::from_fn(5, 4, |k, n| if n == 2 { 0.0 } else { values(n, k) });
        Factors::new(templates, activations).unwrap()
    }

    #[test]
    fn masks_add_up_to_one_in_every_bin_silence_included() {
        let groups = Groups::new(vec![vec![4, 1], vec![0], vec![2, 3], vec![]], 5).unwrap();
        let mut masks = Masks::new(33, 4);
        // The last kind reaches into denormal numbers.
        let kinds: [&dyn Fn(usize, usize) -> f32; 3] = [
            &|a, b| ((a * 7 + b * 13) % 11) as f32 / 11.0,
            &|a, b| if a % 5 == b { 1.0 } else { 0.0 },
            &|a, b| 10f32.powi(-(((a * 5 + b * 3) % 45) as i32)),
        ];
        for values in kinds {
            let factors = factors(values);
            for frame in 0..4 {
                masks.fill(&factors, 0, frame, &groups);
                for f in 0..33 {
                    let sum: f32 = (0..4).map(|r| masks.row(r)[f]).sum();
                    assert!((sum - 1.0).abs() < 1e-6, "frame {frame} bin {f}: {sum}");
                    assert!((0..4).all(|r| (0.0..=1.0).contains(&masks.row(r)[f])));
                }
            }
        }
    }

    #[test]
    fn a_silent_bin_is_shared_evenly() {
        let factors = factors(|a, b| (a + b + 1) as f32);
        let groups = Groups::new(vec![vec![0, 1, 2], vec![3, 4]], 5).unwrap();
        let mut masks = Masks::new(33, 2);
        for (frame, bin) in [(0, 7), (2, 0), (2, 32)] {
            masks.fill(&factors, 0, frame, &groups);
            assert!((masks.row(0)[bin] - 0.6).abs() < 1e-6);
            assert!((masks.row(1)[bin] - 0.4).abs() < 1e-6);
        }
    }

    #[test]
    fn a_mix_weighs_each_component_with_its_gain() {
        let factors = factors(|a, b| ((a * 3 + b * 5) % 7) as f32 + 0.5);
        let (mut mix, mut all) = (Masks::new(33, 1), Masks::new(33, 5));
        let gains = [1.0, 0.0, 0.5, -1.0, 2.0];
        for frame in 0..4 {
            mix.fill_mix(factors.model(), Place { channel: 0, frame }, &gains);
            all.fill(&factors, 0, frame, &Groups::singles(5));
            for f in 0..33 {
                let expected: f32 = (0..5).map(|k| gains[k] * all.row(k)[f]).sum();
                assert!(
                    (mix.row(0)[f] - expected).abs() < 1e-6,
                    "frame {frame} bin {f}"
                );
            }
        }
    }

    #[test]
    fn the_scale_of_the_activations_does_not_matter() {
        let plain = factors(|a, b| ((a * 3 + b * 5) % 7) as f32);
        let scaled = Factors::new(
            plain.templates().clone(),
            Matrix::from_fn(5, 4, |k, n| {
                plain.activations().column(n)[k] * 2f32.powi(-100)
            }),
        )
        .unwrap();
        let [mut a, mut b] = [Masks::new(33, 5), Masks::new(33, 5)];
        a.fill(&plain, 0, 1, &Groups::singles(5));
        b.fill(&scaled, 0, 1, &Groups::singles(5));
        assert_eq!(a.rows, b.rows);
    }

    #[test]
    fn channel_gains_weigh_the_components_in_each_channel() {
        let plain = factors(|a, b| ((a * 3 + b * 5) % 7) as f32);
        // The third channel has nothing at all; the gains reach far beyond the range of products.
        let gains = Matrix::from_fn(3, 5, |c, k| ((c + k) % 3 * (2 - c)) as f32 * 1e30);
        let panned = Factors::with_channel_gains(
            plain.templates().clone(),
            plain.activations().clone(),
            gains.clone(),
        )
        .unwrap();
        let mut masks = Masks::new(33, 5);
        for (channel, frame) in [(0, 0), (0, 2), (1, 1), (1, 3), (2, 0)] {
            masks.fill(&panned, channel, frame, &Groups::singles(5));
            for f in 0..33 {
                let part = |k: usize| {
                    let gain = gains.column(k)[channel] * 1e-30;
                    gain * plain.templates().column(k)[f] * plain.activations().column(frame)[k]
                };
                let total: f32 = (0..5).map(part).sum();
                for k in 0..5 {
                    let share = if total > 0.0 { part(k) / total } else { 0.2 };
                    assert!(
                        (masks.row(k)[f] - share).abs() < 1e-6,
                        "{channel} {frame} {f}"
                    );
                }
            }
        }
    }
}
