//! The state of a factorization, and its passes over chunks of frames.

use rayon::prelude::*;

use super::aligned::Aligned;
use super::packing;
use super::pass::{self, Chunk};
use super::vectors::Vectors;
use crate::nmf::{Matrix, NmfError, Stop};

/// Activations do not fall below this share of the sum of an average frame, unless they are 0;
/// why, the floor of the templates tells.
pub(super) const ACTIVATION_FLOOR: f32 = 1e-15;
/// ε relative to the mean of `V`: keeps quotients finite where a reconstruction vanishes.
const EPSILON: f32 = 1e-20;

/// Fewest frames worth a chunk of their own.
const CHUNK_FRAMES: usize = 96;
/// Most chunks, whatever the length.
const MAX_CHUNKS: usize = 64;
/// Bytes that the numerators of all chunks may take beside a twentieth of `V`.
const NUMERATOR_BYTES: usize = 6 << 20;

/// Which factors an update changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::nmf) enum Part {
    /// The activations, then the templates.
    Both,
    /// The activations alone.
    Activations,
    /// The templates alone; the activations take their scale.
    Templates,
}

/// The state of a factorization of one `V`: packed templates, activations and scratch.
pub(in crate::nmf) struct Kernel<'v> {
    vectors: Vectors,
    v: &'v Matrix,
    v_sum: f64,
    components: usize,
    epsilon: f32,
    activation_floor: f32,
    w: Aligned,
    h: Matrix,
    chunks: Vec<Chunk>,
}

impl<'v> Kernel<'v> {
    /// Takes the start over; templates are brought to unit sum, the activations take the scale.
    ///
    /// `w` is bins × components, `h` is components × frames, all values finite and not negative.
    pub(in crate::nmf) fn new(v: &'v Matrix, w: &Matrix, h: Matrix) -> Self {
        Self::with_vectors(Vectors::detect(), v, w, h)
    }

    fn with_vectors(vectors: Vectors, v: &'v Matrix, w: &Matrix, mut h: Matrix) -> Self {
        let components = w.cols();
        let lanes = vectors.lanes();
        let v_sum = v.sum();
        let mean = (v_sum / v.as_slice().len() as f64) as f32;
        let (packed, scale) = packing::pack(w, lanes);
        pass::scale_rows(h.as_mut_slice(), &scale, 0.0);
        let chunks = deal(v.rows(), v.cols(), components)
            .into_iter()
            .map(|frames| Chunk::new(frames, packed.len(), components, lanes))
            .collect();
        Self {
            vectors,
            v,
            v_sum,
            components,
            epsilon: (mean * EPSILON).max(f32::MIN_POSITIVE),
            activation_floor: mean * v.rows() as f32 * ACTIVATION_FLOOR,
            w: packed,
            h,
            chunks,
        }
    }

    /// One update of the factors. With `measure` the result is the divergence of the factors as
    /// they were before it.
    ///
    /// The factors of the update are raised to the power `exponent`, from 1 (the plain update,
    /// which never raises the divergence) to 2.
    pub(in crate::nmf) fn update(
        &mut self,
        part: Part,
        exponent: f32,
        measure: bool,
        stop: Stop<'_>,
    ) -> Result<Option<f64>, NmfError> {
        match (part, measure) {
            (Part::Both, true) => self.pass::<true, true, true>(exponent, stop)?,
            (Part::Both, false) => self.pass::<true, true, false>(exponent, stop)?,
            (Part::Activations, true) => self.pass::<true, false, true>(exponent, stop)?,
            (Part::Activations, false) => self.pass::<true, false, false>(exponent, stop)?,
            (Part::Templates, true) => self.pass::<false, true, true>(exponent, stop)?,
            (Part::Templates, false) => self.pass::<false, true, false>(exponent, stop)?,
        }
        let scale = match part {
            Part::Activations => vec![1.0; self.components],
            Part::Both | Part::Templates => self.vectors.run(pass::TemplateUpdate {
                components: self.components,
                exponent,
                w: self.w.as_mut_slice(),
                chunks: &mut self.chunks,
            }),
        };
        pass::scale_rows(self.h.as_mut_slice(), &scale, self.activation_floor);
        Ok(measure.then(|| self.measured()))
    }

    /// What these frames say of the templates, Σ W · (V/WH) Hᵀ as bins × components, and the
    /// divergence of the factors; both stay as they are.
    pub(in crate::nmf) fn template_sums(
        &mut self,
        stop: Stop<'_>,
    ) -> Result<(Matrix, f64), NmfError> {
        self.pass::<false, true, true>(1.0, stop)?;
        let mut total = vec![0.0; self.w.len()];
        for chunk in &self.chunks {
            for (t, x) in total.iter_mut().zip(chunk.numerator.as_slice()) {
                *t += x;
            }
        }
        for (t, w) in total.iter_mut().zip(self.w.as_slice()) {
            *t *= w;
        }
        let lanes = self.vectors.lanes();
        let sums = packing::unpack(&total, self.v.rows(), self.components, lanes);
        Ok((sums, self.measured()))
    }

    /// The divergence of the factors.
    pub(in crate::nmf) fn divergence(&mut self, stop: Stop<'_>) -> Result<f64, NmfError> {
        self.pass::<false, false, true>(1.0, stop)?;
        Ok(self.measured())
    }

    /// After a stop the factors are of no use.
    fn pass<const H: bool, const W: bool, const MEASURE: bool>(
        &mut self,
        exponent: f32,
        stop: Stop<'_>,
    ) -> Result<(), NmfError> {
        let shape = pass::Shape {
            bins: self.v.rows(),
            components: self.components,
            epsilon: self.epsilon,
            exponent,
        };
        let mut rest = self.h.as_mut_slice();
        let mut jobs = Vec::with_capacity(self.chunks.len());
        for chunk in &mut self.chunks {
            let frames = chunk.frames.clone();
            let h;
            (h, rest) = rest.split_at_mut(frames.len() * self.components);
            let v = &self.v.as_slice()[frames.start * shape.bins..frames.end * shape.bins];
            jobs.push((chunk, v, h));
        }
        let (vectors, w) = (self.vectors, self.w.as_slice());
        jobs.into_par_iter()
            .with_max_len(1)
            .try_for_each(|(chunk, v, h)| {
                if stop() {
                    return Err(NmfError::Stopped);
                }
                vectors.run(pass::Pass::<H, W, MEASURE> {
                    shape,
                    v,
                    w,
                    h,
                    chunk,
                });
                Ok(())
            })
    }

    fn measured(&self) -> f64 {
        let terms: f64 = self.chunks.iter().map(|c| c.divergence).sum();
        (terms - self.v_sum).max(0.0)
    }

    /// The templates, bins × components, each with unit sum.
    pub(in crate::nmf) fn templates(&self) -> Matrix {
        let lanes = self.vectors.lanes();
        packing::unpack(self.w.as_slice(), self.v.rows(), self.components, lanes)
    }

    /// Replaces the templates, bins × components, each with unit sum.
    pub(in crate::nmf) fn set_templates(&mut self, templates: &Matrix) {
        packing::repack(templates, self.w.as_mut_slice(), self.vectors.lanes());
    }

    /// The activations, components × frames.
    pub(in crate::nmf) fn activations(&self) -> &Matrix {
        &self.h
    }

    /// Number of components.
    pub(in crate::nmf) fn components(&self) -> usize {
        self.components
    }

    /// Values of `V`.
    pub(in crate::nmf) fn size(&self) -> usize {
        self.v.as_slice().len()
    }

    /// Bins that lie side by side in the packed templates: `[panel][component][lane]`.
    pub(in crate::nmf) fn lanes(&self) -> usize {
        self.vectors.lanes()
    }

    /// The packed templates and the activations as they lie in memory.
    pub(in crate::nmf) fn state(&self) -> [&[f32]; 2] {
        [self.w.as_slice(), self.h.as_slice()]
    }

    /// The same for writing; [`normalize`](Self::normalize) must follow unless the values come
    /// from [`state`](Self::state).
    pub(in crate::nmf) fn state_mut(&mut self) -> [&mut [f32]; 2] {
        [self.w.as_mut_slice(), self.h.as_mut_slice()]
    }

    /// Brings the templates to unit sum, whose scale the activations take, and all values that
    /// are not 0 to the floors.
    pub(in crate::nmf) fn normalize(&mut self) {
        let scale = self.vectors.run(pass::Normalize {
            components: self.components,
            w: self.w.as_mut_slice(),
        });
        pass::scale_rows(self.h.as_mut_slice(), &scale, self.activation_floor);
    }

    /// Both factors.
    pub(in crate::nmf) fn into_factors(self) -> (Matrix, Matrix) {
        (self.templates(), self.h)
    }
}

/// Deals the frames to chunks, as evenly as whole tiles allow.
pub(super) fn deal(bins: usize, frames: usize, components: usize) -> Vec<std::ops::Range<usize>> {
    let numerator = bins * components * 4;
    let room = (NUMERATOR_BYTES + bins * frames * 4 / 20) / numerator;
    let chunks = (frames / CHUNK_FRAMES).clamp(1, MAX_CHUNKS.min(room.max(1)));
    let tiles = frames.div_ceil(pass::FRAME_STEP);
    let edge = |c: usize| (tiles * c / chunks * pass::FRAME_STEP).min(frames);
    (0..chunks).map(|c| edge(c)..edge(c + 1)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The plain updates in 64 bit, in equal order, and the divergence after them.
    struct Reference {
        w: Vec<Vec<f64>>,
        h: Vec<Vec<f64>>,
    }

    impl Reference {
        fn new(w: &Matrix, h: &Matrix) -> Self {
            let columns = |m: &Matrix| {
                (0..m.cols())
                    .map(|c| m.column(c).iter().map(|&x| f64::from(x)).collect())
                    .collect()
            };
            Self {
                w: columns(w),
                h: columns(h),
            }
        }

        fn model(&self, f: usize, n: usize) -> f64 {
            self.w.iter().zip(&self.h[n]).map(|(w, h)| w[f] * h).sum()
        }

        fn ratio(&self, v: &Matrix, f: usize, n: usize) -> f64 {
            let x = f64::from(v.column(n)[f]);
            if x == 0.0 { 0.0 } else { x / self.model(f, n) }
        }

        fn update(&mut self, v: &Matrix) {
            for n in 0..v.cols() {
                let ratios: Vec<f64> = (0..v.rows()).map(|f| self.ratio(v, f, n)).collect();
                for (w, h) in self.w.iter().zip(&mut self.h[n]) {
                    let up: f64 = w.iter().zip(&ratios).map(|(w, r)| w * r).sum();
                    *h *= up / w.iter().sum::<f64>();
                }
            }
            let mut new = self.w.clone();
            for (k, w) in new.iter_mut().enumerate() {
                let down: f64 = self.h.iter().map(|h| h[k]).sum();
                for (f, w) in w.iter_mut().enumerate() {
                    let up: f64 = (0..v.cols())
                        .map(|n| self.ratio(v, f, n) * self.h[n][k])
                        .sum();
                    *w *= if down > 0.0 { up / down } else { 1.0 };
                }
            }
            self.w = new;
        }

        fn divergence(&self, v: &Matrix) -> f64 {
            let mut d = 0.0;
            for n in 0..v.cols() {
                for (f, &x) in v.column(n).iter().enumerate() {
                    let (x, model) = (f64::from(x), self.model(f, n));
                    d += model - x + if x > 0.0 { x * (x / model).ln() } else { 0.0 };
                }
            }
            d
        }
    }

    fn problem() -> impl Strategy<Value = (Matrix, Matrix, Matrix)> {
        (1..70usize, 1..60usize, 1..=100usize, any::<u64>()).prop_map(|(f, n, k, seed)| {
            let mut state = seed;
            let mut draw = move || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f32 / (1u32 << 24) as f32
            };
            let v = Matrix::from_fn(f, n, |_, _| {
                let x = draw();
                if x < 0.1 { 0.0 } else { x.powi(4) }
            });
            let w = Matrix::from_fn(f, k, |_, _| draw() + 0.01);
            let h = Matrix::from_fn(k, n, |_, _| draw() + 0.01);
            (v, w, h)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Odd shapes, fewer and more components than either side, every set of instructions.
        #[test]
        fn agrees_with_plain_updates_in_64_bit((v, w, h) in problem()) {
            for vectors in Vectors::available() {
                let mut plain = Reference::new(&w, &h);
                let mut kernel = Kernel::with_vectors(vectors, &v, &w, h.clone());
                for _ in 0..5 {
                    let before = plain.divergence(&v);
                    let measured = kernel.update(Part::Both, 1.0, true, &|| false).unwrap().unwrap();
                    plain.update(&v);
                    // What 32 bit floats resolve in the terms of the sum.
                    let resolution = 1e-6 * (before + kernel.v_sum);
                    prop_assert!((measured - before).abs() <= resolution, "{measured} {before}");
                }
                let (w, h) = kernel.into_factors();
                for n in 0..v.cols() {
                    for f in 0..v.rows() {
                        let model: f32 = (0..w.cols()).map(|k| w.column(k)[f] * h.column(n)[k]).sum();
                        let expected = plain.model(f, n);
                        prop_assert!((f64::from(model) - expected).abs() <= 1e-4 * expected + 1e-6);
                    }
                }
            }
        }
    }

    #[test]
    fn deals_every_frame_to_one_chunk() {
        for (bins, frames, components) in [
            (1, 1, 1),
            (1025, 2584, 16),
            (33, 100_000, 8),
            (32_769, 500, 100),
        ] {
            let chunks = deal(bins, frames, components);
            assert_eq!(chunks[0].start, 0);
            assert!(chunks.windows(2).all(|c| c[0].end == c[1].start));
            assert_eq!(chunks.last().map(|c| c.end), Some(frames));
            let numerators = chunks.len() * bins * components * 4;
            assert!(chunks.len() == 1 || numerators <= NUMERATOR_BYTES + bins * frames / 5);
        }
    }
}
