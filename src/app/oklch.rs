//! Colours of even lightness.
//!
//! Source: B. Ottosson, A perceptual color space for image processing (2020).

use eframe::egui::{Color32, Rgba};

/// The sRGB colour of a lightness (0 to 1), a chroma (0 to 0.37) and a hue in degrees; where the
/// screen cannot show it, the chroma is lowered until it can.
pub(super) fn oklch(lightness: f32, chroma: f32, hue: f32) -> Color32 {
    let (sin, cos) = hue.to_radians().sin_cos();
    let mut chroma = chroma;
    loop {
        let rgb = linear(lightness, chroma * cos, chroma * sin);
        let shown = rgb.iter().all(|x| (-0.001..=1.001).contains(x));
        if shown || chroma <= 0.001 {
            let [r, g, b] = rgb.map(|x| x.clamp(0.0, 1.0));
            return Rgba::from_rgb(r, g, b).into();
        }
        chroma *= 0.97;
    }
}

fn linear(lightness: f32, a: f32, b: f32) -> [f32; 3] {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
}

/// The lightness of a colour, 0 to 1.
#[cfg(test)]
pub(super) fn lightness(colour: Color32) -> f32 {
    let c = Rgba::from(colour);
    let l = 0.412_221_47 * c.r() + 0.536_332_54 * c.g() + 0.051_445_995 * c.b();
    let m = 0.211_903_5 * c.r() + 0.680_699_5 * c.g() + 0.107_396_96 * c.b();
    let s = 0.088_302_46 * c.r() + 0.281_718_85 * c.g() + 0.629_978_7 * c.b();
    0.210_454_26 * l.cbrt() + 0.793_617_8 * m.cbrt() - 0.004_072_047 * s.cbrt()
}
