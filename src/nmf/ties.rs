//! Templates that are the same in all channels but for a gain.

use super::Matrix;
use super::engine::Engine;
use super::kernel::Kernel;

/// What the templates of the channels have in common.
pub(super) struct Ties<'a> {
    /// Bins of one channel.
    pub bins: usize,
    pub channels: usize,
    /// The group of each component, whose members keep the same gains.
    pub labels: Option<&'a [usize]>,
}

impl Ties<'_> {
    /// Makes the templates of all channels the same but for a gain.
    ///
    /// The update of stacked templates minimises the auxiliary function
    /// `Σ −A[c, f, k] · ln(G[c, k] · W[f, k]) + s[k] · G[c, k] · W[f, k]`, where `A` is the
    /// updated stacked template times `s`, the sum of the component's activations. With templates
    /// and gains of unit sum the minimum over their product is at the marginals of `A`:
    /// `W ∝ Σ_c A` and `G ∝ Σ_f A`, summed over the components with common gains as well. So the
    /// divergence falls in every iteration, as it does without ties.
    pub fn tie(&self, kernel: &mut Kernel<'_>) {
        if self.channels > 1 {
            let (templates, gains) = self.parts(&kernel.templates(), kernel.activations());
            kernel.set_templates(&stack(&templates, &gains));
        }
    }

    /// Makes the templates of a start the same but for a gain.
    pub fn begin(&self, engine: &mut Engine<'_>) {
        if self.channels > 1 {
            let (templates, gains) = self.parts(&engine.templates(), engine.activations());
            engine.set_templates(&stack(&templates, &gains));
        }
    }

    /// Templates and gains of stacked templates with unit sum.
    pub fn parts(&self, stacked: &Matrix, activations: &Matrix) -> (Matrix, Matrix) {
        let components = stacked.cols();
        let mut templates = Matrix::zeros(self.bins, components);
        let mut gains = vec![vec![0.0_f64; self.channels]; components];
        for (k, gains) in gains.iter_mut().enumerate() {
            let template = templates.column_mut(k);
            for (channel, gain) in stacked.column(k).chunks_exact(self.bins).zip(gains) {
                for (sum, &x) in template.iter_mut().zip(channel) {
                    *sum += x;
                }
                *gain = channel.iter().map(|&x| f64::from(x)).sum();
            }
        }
        if let Some(labels) = self.labels {
            self.share(&mut gains, labels, activations);
        }
        let gains = Matrix::from_fn(self.channels, components, |c, k| {
            let sum: f64 = gains[k].iter().sum();
            (gains[k][c] / sum) as f32
        });
        (templates, gains)
    }

    /// Gives the components of each label the same gains: the mean, weighed with what they have.
    fn share(&self, gains: &mut [Vec<f64>], labels: &[usize], activations: &Matrix) {
        let mut weights = vec![f64::from(f32::MIN_POSITIVE); gains.len()];
        for frame in activations.as_slice().chunks_exact(gains.len().max(1)) {
            for (weight, &h) in weights.iter_mut().zip(frame) {
                *weight += f64::from(h);
            }
        }
        let groups = labels.iter().max().map_or(0, |&last| last + 1);
        let mut common = vec![vec![0.0; self.channels]; groups];
        for ((gains, &label), weight) in gains.iter().zip(labels).zip(&weights) {
            for (sum, gain) in common[label].iter_mut().zip(gains) {
                *sum += weight * gain;
            }
        }
        for (gains, &label) in gains.iter_mut().zip(labels) {
            gains.clone_from(&common[label]);
        }
    }
}

/// Templates of all channels, one under the other.
pub(super) fn stack(templates: &Matrix, gains: &Matrix) -> Matrix {
    let bins = templates.rows();
    Matrix::from_fn(gains.rows() * bins, templates.cols(), |row, k| {
        gains.column(k)[row / bins] * templates.column(k)[row % bins]
    })
}
