//! Whether components are noise together.

use super::words::Measured;
use crate::separation::component::{click, percussiveness, tonality_of_slope};

/// Frames that are looked at, in which there is equally much to hear; a few components have no more
/// spectra to show than so many times their number.
const FRAMES: usize = 24;
const FRAMES_EACH: usize = 4;
/// Share of the energy in bins that stand out of their neighbourhood: noise has less. Sources found in
/// white, pink and brown noise had up to 0.3, those of the drums of the quality benchmark 0.4 and more.
const EVEN: f64 = 0.35;
/// Sharpness of the attacks: what is struck has more.
const STRUCK: f64 = 0.2;

/// Whether these components together have neither partials nor sharp attacks. Each of the components
/// that noise is made of has, as it is one of many spectra that noise happens to have; only their sum
/// is even.
pub(super) fn is_noise(members: &[usize], measured: &Measured<'_>) -> bool {
    let Measured {
        templates,
        activations,
        ..
    } = measured;
    let members: Vec<usize> = members
        .iter()
        .copied()
        .filter(|&k| k < templates.cols())
        .collect();
    let sums: Vec<f32> = members
        .iter()
        .map(|&k| templates.column(k).iter().sum())
        .collect();
    let level = |n: usize| {
        let h = activations.column(n);
        members.iter().zip(&sums).map(|(&k, sum)| sum * h[k]).sum()
    };
    let levels: Vec<f32> = (0..activations.cols()).map(level).collect();
    if percussiveness(&levels, click(measured.stft)) > STRUCK {
        return false;
    }
    let (mut standing_out, mut all) = (0.0, 0.0);
    let mut spectrum = vec![0.0_f32; templates.rows()];
    for n in heard(&levels, FRAMES.min(FRAMES_EACH * members.len())) {
        spectrum.fill(0.0);
        for &k in &members {
            let h = activations.column(n)[k];
            for (sum, w) in spectrum.iter_mut().zip(templates.column(k)) {
                *sum += w * h;
            }
        }
        let energy: f64 = spectrum.iter().map(|&x| f64::from(x).powi(2)).sum();
        standing_out += energy * tonality_of_slope(&spectrum);
        all += energy;
    }
    all > 0.0 && standing_out < EVEN * all
}

/// So many frames, each in the middle of an equal part of the sum of all levels.
fn heard(levels: &[f32], count: usize) -> Vec<usize> {
    let total: f64 = levels.iter().map(|&level| f64::from(level)).sum();
    let mut sum = 0.0;
    let mut frames = Vec::with_capacity(count);
    for (n, &level) in levels.iter().enumerate() {
        sum += f64::from(level);
        while frames.len() < count && sum > (frames.len() as f64 + 0.5) / count as f64 * total {
            frames.push(n);
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nmf::Matrix;
    use crate::separation::component::tonality;
    use crate::spectral::StftSettings;

    /// Pseudo-random, from 0 to 1.
    fn chance(a: usize, b: usize) -> f32 {
        let x = (a as f32 * 12.9898 + b as f32 * 78.233).sin() * 43_758.547;
        x - x.floor()
    }

    fn noise(templates: &Matrix, activations: &Matrix) -> bool {
        let members: Vec<usize> = (0..templates.cols()).collect();
        let measured = Measured {
            components: &[],
            templates,
            activations,
            stft: StftSettings::default(),
        };
        is_noise(&members, &measured)
    }

    #[test]
    fn many_uneven_spectra_are_noise_together_and_partials_and_strokes_are_not() {
        // A third of the bins stand out of each template, and each activation trembles.
        let hiss = Matrix::from_fn(1025, 40, |f, k| if chance(f, k) > 0.7 { 1.0 } else { 0.1 });
        let trembling = Matrix::from_fn(40, 300, |k, n| chance(k, n + 5000));
        assert!(tonality(hiss.column(0)) > 0.5);
        assert!(noise(&hiss, &trembling));
        let partials =
            Matrix::from_fn(1025, 40, |f, k| if f % (10 + k) == 0 { 1.0 } else { 0.001 });
        let taking_turns = Matrix::from_fn(40, 300, |k, n| if n / 10 == k { 1.0 } else { 0.0 });
        assert!(!noise(&partials, &taking_turns));
        let strokes = Matrix::from_fn(40, 300, |k, n| if n % 30 == 0 { chance(k, n) } else { 0.0 });
        assert!(!noise(&hiss, &strokes));
        assert!(!noise(&hiss, &Matrix::zeros(40, 300)));
    }

    #[test]
    fn frames_are_where_there_is_something_to_hear() {
        let mut levels = vec![0.0; 1000];
        levels[421..425].fill(1.0);
        assert_eq!(heard(&levels, 4), [421, 422, 423, 424]);
        assert_eq!(heard(&levels, 2), [422, 424]);
        assert_eq!(heard(&[0.0; 9], 3), [0; 0]);
        assert_eq!(heard(&[1.0; 9], 3), [1, 4, 7]);
    }
}
