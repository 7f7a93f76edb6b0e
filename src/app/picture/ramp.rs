//! From level to colour.

use eframe::egui::Color32;

use super::decibel::decibels;
use crate::app::oklab::Oklab;

/// Chroma at its largest.
const CHROMA: f32 = 0.17;

/// The colours of all codes, for the magnitude picture.
///
/// Lightness grows in equal steps from the background to near white (or falls to near black on a
/// light background), so that equal differences in dB look equal; hue runs from indigo over
/// magenta and orange to yellow, which keeps the steps apart for colour-blind eyes too.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ramp {
    colors: Vec<Color32>,
}

/// How strong a code is: 0 at the floor, 1 at the ceiling.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strength([f32; 256]);

impl Strength {
    /// Between two levels in dB of the codes.
    pub fn new(floor: f64, ceiling: f64) -> Self {
        let span = (ceiling - floor).max(1.0);
        Self(std::array::from_fn(|code| {
            ((decibels(code as u8) - floor) / span).clamp(0.0, 1.0) as f32
        }))
    }

    #[inline]
    pub fn of(&self, code: u8) -> f32 {
        self.0[usize::from(code)]
    }
}

impl Ramp {
    /// Colours on a background, which strength 0 has.
    pub fn new(strength: &Strength, background: Color32, dark: bool) -> Self {
        let ground = Oklab::from_color(background);
        Self {
            colors: strength.0.map(|t| colour(t, ground, dark)).to_vec(),
        }
    }

    /// The colour of a code.
    #[inline]
    pub fn color(&self, code: u8) -> Color32 {
        self.colors[usize::from(code)]
    }
}

fn colour(t: f32, ground: Oklab, dark: bool) -> Color32 {
    let peak = if dark { 0.975 } else { 0.2 };
    let lightness = ground.l + (peak - ground.l) * t;
    // The lighter end is the yellow one on either background.
    let warmth = if dark { t } else { 1.0 - t };
    let hue = 283.0 + 178.0 * warmth.powf(0.9);
    // Chroma rises out of the background, and falls towards the pale end.
    let chroma = CHROMA * (4.5 * t).min(1.0) * (1.0 - 0.45 * warmth.powi(4));
    let tint = Oklab::from_hue(lightness, chroma, hue).in_gamut();
    let from_ground = (1.0 - 8.0 * t).max(0.0);
    Oklab {
        l: lightness,
        a: tint.a + ground.a * from_ground,
        b: tint.b + ground.b * from_ground,
    }
    .color()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lightness_changes_in_equal_steps_and_one_direction() {
        for (background, dark) in [
            (Color32::from_rgb(15, 17, 21), true),
            (Color32::BLACK, true),
            (Color32::from_rgb(250, 250, 252), false),
        ] {
            let ramp = Ramp::new(&Strength::new(-90.0, -10.0), background, dark);
            let lightness: Vec<f32> = (60..=220)
                .map(|code| Oklab::from_color(ramp.color(code)).l)
                .collect();
            let total = lightness[160] - lightness[0];
            assert!(total.abs() > 0.7, "{total}");
            let up = |from: f32, to: f32| (to - from) / total * 160.0;
            for (i, pair) in lightness.windows(2).enumerate() {
                assert!(up(pair[0], pair[1]) > -0.2, "step {i} of {background:?}");
            }
            // A screen has too few colours near black for equal steps; above, eight are worth eight.
            for (i, group) in lightness.windows(9).enumerate() {
                let steps = up(group[0], group[8]) / 8.0;
                let visible = group.iter().all(|l| *l > 0.2);
                assert!(!visible || (0.7..1.3).contains(&steps), "from {i}: {steps}");
            }
        }
    }

    #[test]
    fn the_floor_is_the_background_and_the_ceiling_is_the_end() {
        let background = Color32::from_rgb(15, 17, 21);
        let ramp = Ramp::new(&Strength::new(-80.0, 0.0), background, true);
        assert_eq!(ramp.color(0), background);
        assert_eq!(ramp.color(80), background);
        assert_eq!(ramp.color(240), ramp.color(255));
    }
}
