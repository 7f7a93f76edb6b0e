//! The state of a factorization by any divergence.

use rayon::prelude::*;

use super::pass::{Chunk, Goals, Pass, Shape};
use super::penalties::{Penalties, Weights};
use super::rule::Rule;
use super::templates::Update;
use crate::nmf::kernel::aligned::Aligned;
use crate::nmf::kernel::fused::{ACTIVATION_FLOOR, deal};
use crate::nmf::kernel::packing;
use crate::nmf::kernel::pass::scale_rows;
use crate::nmf::kernel::vectors::Vectors;
use crate::nmf::ties::Ties;
use crate::nmf::{Matrix, NmfError, Settings, Stop};

/// Where values are compared by their quotient, those below this share of the mean count as it:
/// 100 dB below, so that digital silence and bins that a codec has emptied are not all there is.
const LEAST: f32 = 1e-5;
/// ε relative to the mean: keeps powers in range where a model vanishes.
const EPSILON: f32 = 1e-14;
/// The same where only a quotient is formed.
const EPSILON_QUOTIENT: f32 = 1e-20;

/// The state of a factorization of one `V`: packed templates, activations and scratch.
pub(in crate::nmf) struct General<'v> {
    rule: Rule,
    weights: Weights,
    vectors: Vectors,
    v: &'v Matrix,
    v_sum: f64,
    components: usize,
    scale: f32,
    least: f32,
    epsilon: f32,
    activation_floor: f32,
    w: Aligned,
    h: Matrix,
    chunks: Vec<Chunk>,
    /// What the penalties of the last pass cost, before its update.
    cost: f64,
}

impl<'v> General<'v> {
    /// Takes the start over; templates are brought to unit sum, the activations take the scale.
    ///
    /// `w` is bins × components, `h` is components × frames, all values finite and not negative.
    ///
    /// Divergence and penalties are those of `settings`.
    pub(in crate::nmf) fn new(
        v: &'v Matrix,
        w: &Matrix,
        mut h: Matrix,
        settings: &Settings,
    ) -> Self {
        let rule = Rule::of(settings.divergence);
        let vectors = Vectors::detect();
        let (components, lanes) = (w.cols(), vectors.lanes());
        let v_sum = v.sum();
        let mean = (v_sum / v.as_slice().len() as f64) as f32;
        let scale = if mean > 0.0 {
            (-mean.log2().floor()).exp2()
        } else {
            1.0
        };
        let (packed, sums) = packing::pack(w, lanes);
        scale_rows(h.as_mut_slice(), &sums, 0.0);
        let chunks = deal(v.rows(), v.cols(), components)
            .into_iter()
            .map(|frames| Chunk::new(rule, frames, packed.len(), components, lanes))
            .collect();
        let scaled = mean * scale;
        Self {
            rule,
            weights: Weights {
                continuity: settings.continuity,
                sparsity: settings.sparsity,
            },
            vectors,
            v,
            v_sum,
            components,
            scale,
            least: match (rule.weighs_quotients(), mean > 0.0) {
                (true, true) => scaled * LEAST,
                // Silence is what an empty model is.
                (true, false) => EPSILON,
                (false, _) => 0.0,
            },
            epsilon: match rule {
                Rule::KullbackLeibler | Rule::Euclidean => EPSILON_QUOTIENT,
                Rule::ItakuraSaito | Rule::Power(_) => EPSILON,
            },
            activation_floor: mean * v.rows() as f32 * ACTIVATION_FLOOR,
            w: packed,
            h,
            chunks,
            cost: 0.0,
        }
    }

    /// One update of both factors. With `measure` the result is the divergence of the factors as
    /// they were before it, penalties included. With ties the templates of all channels stay the same but for a gain.
    pub(in crate::nmf) fn update(
        &mut self,
        ties: Option<&Ties<'_>>,
        measure: bool,
        stop: Stop<'_>,
    ) -> Result<Option<f64>, NmfError> {
        self.pass(
            Goals {
                activations: true,
                templates: true,
                measure,
            },
            stop,
        )?;
        let measured = measure.then(|| self.measured());
        let update = Update {
            rule: self.rule,
            bins: self.v.rows(),
            components: self.components,
            lanes: self.vectors.lanes(),
            chunks: &mut self.chunks,
            w: &mut self.w,
        };
        let scale = update.run(ties);
        if self.weights.are_zero() {
            scale_rows(self.h.as_mut_slice(), &scale, self.activation_floor);
        } else {
            scale_rows(self.h.as_mut_slice(), &scale, 0.0);
            self.silence_faint();
        }
        Ok(measured)
    }

    /// One update of the activations alone.
    pub(in crate::nmf) fn update_activations(&mut self, stop: Stop<'_>) -> Result<(), NmfError> {
        self.pass(
            Goals {
                activations: true,
                templates: false,
                measure: false,
            },
            stop,
        )?;
        if self.weights.are_zero() {
            let same = vec![1.0; self.components];
            scale_rows(self.h.as_mut_slice(), &same, self.activation_floor);
        }
        Ok(())
    }

    /// Lets components rest that penalties have silenced: on the floor they would still cost what a
    /// steady sound costs.
    fn silence_faint(&mut self) {
        let mut largest = vec![0.0_f32; self.components];
        for frame in self.h.as_slice().chunks_exact(self.components) {
            for (largest, &h) in largest.iter_mut().zip(frame) {
                *largest = largest.max(h);
            }
        }
        let heard: Vec<f32> = largest
            .iter()
            .map(|&largest| {
                if largest > self.activation_floor {
                    1.0
                } else {
                    0.0
                }
            })
            .collect();
        scale_rows(self.h.as_mut_slice(), &heard, 0.0);
    }

    /// The divergence of the factors, penalties included.
    pub(in crate::nmf) fn divergence(&mut self, stop: Stop<'_>) -> Result<f64, NmfError> {
        self.pass(
            Goals {
                activations: false,
                templates: false,
                measure: true,
            },
            stop,
        )?;
        Ok(self.measured())
    }

    /// After a stop the factors are of no use.
    fn pass(&mut self, goals: Goals, stop: Stop<'_>) -> Result<(), NmfError> {
        let gram = if self.rule == Rule::Euclidean && goals.activations {
            self.gram()
        } else {
            Vec::new()
        };
        let old;
        let penalties = if self.weights.are_zero() {
            None
        } else {
            old = self.h.clone();
            let v_sum = self.v_sum * f64::from(self.scale);
            Some(Penalties::new(self.weights, &old, self.scale, v_sum))
        };
        self.cost = penalties.as_ref().map_or(0.0, |p| p.cost);
        let shape = Shape {
            rule: self.rule,
            bins: self.v.rows(),
            components: self.components,
            scale: self.scale,
            least: self.least,
            epsilon: self.epsilon,
            gram: &gram,
            penalties: penalties.as_ref(),
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
                vectors.run(Pass {
                    shape,
                    goals,
                    v,
                    w,
                    h,
                    chunk,
                });
                Ok(())
            })
    }

    /// `WᵀW`, components × components.
    fn gram(&self) -> Vec<f32> {
        let w = self.templates();
        let k = self.components;
        (0..k * k)
            .into_par_iter()
            .map(|i| {
                let pairs = w.column(i / k).iter().zip(w.column(i % k));
                pairs.map(|(&a, &b)| f64::from(a * b)).sum::<f64>() as f32
            })
            .collect()
    }

    /// The divergence and the penalties in the unit of `V`.
    fn measured(&self) -> f64 {
        let scaled: f64 = self.chunks.iter().map(|c| c.divergence).sum();
        (scaled.max(0.0) + self.cost) / f64::from(self.scale).powf(self.rule.beta())
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

    /// Both factors.
    pub(in crate::nmf) fn into_factors(self) -> (Matrix, Matrix) {
        (self.templates(), self.h)
    }
}
