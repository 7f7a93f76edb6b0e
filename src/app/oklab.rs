//! Colours by how light and how colourful they look.
//!
//! Oklab (Björn Ottosson, 2020, "A perceptual color space for image processing"): equal steps of
//! lightness look equal, and hue does not shift with lightness.

use std::sync::OnceLock;

use eframe::egui::Color32;

/// A colour in Oklab: lightness from 0 to 1, and two opponent axes (0 is grey).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::app) struct Oklab {
    /// Lightness: 0 black, 1 white.
    pub l: f32,
    /// From green to red.
    pub a: f32,
    /// From blue to yellow.
    pub b: f32,
}

/// Steps of the table that encodes linear light; fine enough for the darkest colours.
const STEPS: usize = 8192;

impl Oklab {
    /// From lightness, chroma and hue in degrees.
    pub fn from_hue(lightness: f32, chroma: f32, degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Self {
            l: lightness,
            a: chroma * cos,
            b: chroma * sin,
        }
    }

    /// From a colour on the screen; its transparency counts for nothing.
    pub fn from_color(color: Color32) -> Self {
        let [r, g, b] =
            [color.r(), color.g(), color.b()].map(|code| linear(f32::from(code) / 255.0));
        let l = (0.412_221_47 * r + 0.536_332_54 * g + 0.051_445_993 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_84 * g + 0.629_978_7 * b).cbrt();
        Self {
            l: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        }
    }

    /// Linear red, green and blue, which are outside 0 to 1 for colours a screen cannot show.
    #[inline]
    fn rgb(self) -> [f32; 3] {
        let Self { l, a, b } = self;
        let x = l + 0.396_337_78 * a + 0.215_803_76 * b;
        let y = l - 0.105_561_346 * a - 0.063_854_17 * b;
        let z = l - 0.089_484_18 * a - 1.291_485_5 * b;
        let (x, y, z) = (x * x * x, y * y * y, z * z * z);
        [
            4.076_741_7 * x - 3.307_711_6 * y + 0.230_969_94 * z,
            -1.268_438 * x + 2.609_757_4 * y - 0.341_319_38 * z,
            -0.004_196_086_3 * x - 0.703_418_6 * y + 1.707_614_7 * z,
        ]
    }

    /// The colour on the screen, cut to what it can show.
    #[inline]
    pub fn color(self) -> Color32 {
        let [r, g, b] = self.rgb().map(encode);
        Color32::from_rgb(r, g, b)
    }

    /// The same lightness and hue with as much of the chroma as a screen can show.
    pub fn in_gamut(self) -> Self {
        let visible = |share: f32| {
            let colour = Self {
                l: self.l,
                a: share * self.a,
                b: share * self.b,
            };
            let fits = colour.rgb().iter().all(|x| (-1e-4..=1.0001).contains(x));
            fits.then_some(colour)
        };
        visible(1.0).unwrap_or_else(|| {
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..16 {
                let middle = f32::midpoint(low, high);
                if visible(middle).is_some() {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            visible(low).unwrap_or(Self {
                l: self.l,
                a: 0.0,
                b: 0.0,
            })
        })
    }
}

fn linear(x: f32) -> f32 {
    if x <= 0.040_45 {
        x / 12.92
    } else {
        ((x + 0.055) / 1.055).powf(2.4)
    }
}

#[inline]
fn encode(x: f32) -> u8 {
    static TABLE: OnceLock<Box<[u8]>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        (0..=STEPS)
            .map(|step| {
                let x = step as f32 / STEPS as f32;
                let encoded = if x <= 0.003_130_8 {
                    12.92 * x
                } else {
                    1.055 * x.powf(1.0 / 2.4) - 0.055
                };
                (encoded * 255.0).round() as u8
            })
            .collect()
    });
    table[(x.clamp(0.0, 1.0) * STEPS as f32) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screen_colours_survive_the_way_there_and_back() {
        for color in [
            Color32::BLACK,
            Color32::WHITE,
            Color32::from_rgb(240, 165, 86),
            Color32::from_rgb(15, 17, 21),
            Color32::from_rgb(0, 0, 255),
        ] {
            let back = Oklab::from_color(color).color();
            for (a, b) in color.to_array().into_iter().zip(back.to_array()) {
                assert!(a.abs_diff(b) <= 1, "{color:?} became {back:?}");
            }
        }
    }

    #[test]
    fn white_is_light_grey_is_colourless_and_hue_is_an_angle() {
        let white = Oklab::from_color(Color32::WHITE);
        assert!((white.l - 1.0).abs() < 1e-3 && white.a.abs() < 1e-3 && white.b.abs() < 1e-3);
        // The design's third source colour: lightness 0.78, chroma 0.13 cut to the gamut, hue 255.
        let blue = Oklab::from_color(Color32::from_rgb(0x7d, 0xba, 0xff));
        assert!((blue.l - 0.78).abs() < 0.01, "{blue:?}");
        assert!((blue.b.atan2(blue.a).to_degrees() + 360.0 - 255.0).abs() < 3.0);
    }

    #[test]
    fn too_colourful_is_made_paler_not_darker() {
        let cut = Oklab::from_hue(0.9, 0.4, 300.0).in_gamut();
        assert_eq!(cut.l, 0.9);
        let shown = Oklab::from_color(cut.color());
        assert!((shown.l - 0.9).abs() < 0.01, "{shown:?}");
    }
}
