//! Templates as the kernels hold them: `[panel][component][lane]`, padded with zeros.

use super::aligned::Aligned;
use crate::nmf::Matrix;

/// Packs templates and brings them to unit sum, those without any value to even ones; returns
/// the sums as well, which the activations take.
pub(super) fn pack(w: &Matrix, lanes: usize) -> (Aligned, Vec<f32>) {
    let components = w.cols();
    let mut packed = Aligned::zeros(w.rows().div_ceil(lanes) * components * lanes);
    let mut scale = Vec::with_capacity(components);
    for k in 0..components {
        let sum: f64 = w.column(k).iter().map(|&x| f64::from(x)).sum();
        for (f, &x) in w.column(k).iter().enumerate() {
            let at = ((f / lanes) * components + k) * lanes + f % lanes;
            let share = if sum > 0.0 {
                f64::from(x) / sum
            } else {
                1.0 / w.rows() as f64
            };
            packed.as_mut_slice()[at] = share as f32;
        }
        scale.push(sum as f32);
    }
    (packed, scale)
}

/// Templates of `bins` bins out of their packed form.
pub(super) fn unpack(packed: &[f32], bins: usize, components: usize, lanes: usize) -> Matrix {
    let mut templates = Matrix::zeros(bins, components);
    for c in 0..components {
        let panels = packed[c * lanes..].chunks(components * lanes);
        for (values, panel) in templates.column_mut(c).chunks_mut(lanes).zip(panels) {
            values.copy_from_slice(&panel[..values.len()]);
        }
    }
    templates
}

/// Writes templates over packed ones, as they are.
pub(super) fn repack(templates: &Matrix, packed: &mut [f32], lanes: usize) {
    let components = templates.cols();
    for c in 0..components {
        let panels = packed[c * lanes..].chunks_mut(components * lanes);
        for (panel, values) in panels.zip(templates.column(c).chunks(lanes)) {
            panel[..values.len()].copy_from_slice(values);
        }
    }
}
