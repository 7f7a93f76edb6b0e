//! The colours of sources.
//!
//! Nearly equal lightness, so that none stands out. Exactly equal lightness would leave those who
//! see no red or no green a single line of colours from blue to yellow, on which sixteen are not
//! apart: 0.016 in Oklab was the best found, where 0.02 is just seen. Lightness 0.06 up and down and
//! hues from vivid to pale make it 0.04. The table was found by simulated annealing that began with
//! the design's colours and raised the smallest distance among the first 4, 8, 12 and 16 for all kinds
//! of sight, in both themes at once, and for most people's without the lightness as well, which says
//! the level in the picture.

use eframe::egui::Color32;

use super::oklab::Oklab;

/// Colours that differ by themselves; after them they come again, darker, then lighter.
pub(super) const PALETTE_SIZE: usize = 16;

/// Lightness above the middle, chroma, and hue in degrees.
const PALETTE: [[f32; 3]; PALETTE_SIZE] = [
    [0.060, 0.130, 79.9],
    [0.060, 0.131, 164.9],
    [0.056, 0.082, 256.8],
    [-0.060, 0.150, 315.4],
    [-0.060, 0.065, 152.8],
    [-0.060, 0.150, 37.3],
    [-0.005, 0.088, 299.5],
    [-0.017, 0.150, 351.1],
    [-0.060, 0.145, 259.6],
    [0.050, 0.071, 334.8],
    [0.005, 0.118, 56.0],
    [0.060, 0.091, 117.1],
    [-0.039, 0.050, 277.9],
    [-0.020, 0.128, 142.8],
    [0.014, 0.051, 83.1],
    [-0.008, 0.129, 239.8],
];

/// Colour `index` on the dark or the light theme; after three rounds of [`PALETTE_SIZE`] they
/// repeat.
pub(super) fn source_colour(index: usize, dark: bool) -> Color32 {
    let round = index / PALETTE_SIZE % 3;
    let [above, chroma, hue] = PALETTE[index % PALETTE_SIZE];
    let (middle, vivid) = if dark {
        ([0.78, 0.64, 0.88][round], 1.0)
    } else {
        ([0.60, 0.46, 0.72][round], 1.05)
    };
    Oklab::from_hue(middle + above, vivid * chroma, hue)
        .in_gamut()
        .color()
}

#[cfg(test)]
mod tests {
    use eframe::egui::Rgba;

    use super::*;

    /// What those see who lack the cones for long, middle or short waves, in linear red, green and
    /// blue: G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, A physiologically-based model for
    /// simulation of color vision deficiency (2009), at full severity.
    const SIGHTS: [(&str, [[f32; 3]; 3]); 4] = [
        ("all", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    fn seen(colour: Color32, sight: &[[f32; 3]; 3]) -> Oklab {
        let rgb = Rgba::from(colour);
        let rgb = [rgb.r(), rgb.g(), rgb.b()];
        let [r, g, b] = sight.map(|row| {
            let sum: f32 = row.iter().zip(rgb).map(|(weight, x)| weight * x).sum();
            sum.clamp(0.0, 1.0)
        });
        Oklab::from_color(Rgba::from_rgb(r, g, b).into())
    }

    /// The smallest distance between two of the first `count` colours.
    fn closest(count: usize, dark: bool, sight: &[[f32; 3]; 3]) -> f32 {
        let colours: Vec<Oklab> = (0..count)
            .map(|i| seen(source_colour(i, dark), sight))
            .collect();
        let mut smallest = f32::MAX;
        for (i, a) in colours.iter().enumerate() {
            for b in &colours[..i] {
                let distance = (a.l - b.l).hypot(a.a - b.a).hypot(a.b - b.b);
                smallest = smallest.min(distance);
            }
        }
        smallest
    }

    #[test]
    fn all_eyes_tell_sixteen_sources_apart() {
        for dark in [true, false] {
            for (name, sight) in &SIGHTS {
                let (eight, sixteen) = (closest(8, dark, sight), closest(16, dark, sight));
                // 0.02 is just seen.
                assert!(eight > 0.05, "{name}, dark {dark}: {eight} among eight");
                assert!(sixteen > 0.035, "{name}, dark {dark}: {sixteen}");
            }
        }
    }

    #[test]
    fn sources_differ_without_their_lightness() {
        for dark in [true, false] {
            let colours: Vec<Oklab> = (0..PALETTE_SIZE)
                .map(|index| Oklab::from_color(source_colour(index, dark)))
                .collect();
            for (i, a) in colours.iter().enumerate() {
                for (j, b) in colours[..i].iter().enumerate() {
                    let distance = (a.a - b.a).hypot(a.b - b.b);
                    let least = if i < 8 { 0.055 } else { 0.035 };
                    assert!(distance > least, "{i} and {j}, dark {dark}: {distance}");
                }
            }
        }
    }

    #[test]
    fn no_source_stands_out_by_its_lightness() {
        for (dark, middle) in [(true, 0.78), (false, 0.60)] {
            for index in 0..PALETTE_SIZE {
                let lightness = Oklab::from_color(source_colour(index, dark)).l;
                assert!((lightness - middle).abs() < 0.07, "{index}: {lightness}");
            }
        }
    }

    #[test]
    fn later_rounds_differ_from_the_first() {
        for dark in [true, false] {
            let colours: std::collections::HashSet<_> = (0..3 * PALETTE_SIZE)
                .map(|index| source_colour(index, dark))
                .collect();
            assert_eq!(colours.len(), 3 * PALETTE_SIZE);
        }
    }
}
