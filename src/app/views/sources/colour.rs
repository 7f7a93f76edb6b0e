//! The colours of sources on the screen.

use eframe::egui::Color32;

use crate::app::theme::Tokens;
use crate::project::Colour;

/// The colour that stands for a source without one: a grey that can be seen on both themes.
pub(super) const NONE: Colour = Colour::Rgb([0x86, 0x90, 0xa0]);

/// The colour of a source in the theme in use.
pub(in crate::app) fn colour_of(tokens: &Tokens, colour: Colour) -> Color32 {
    match colour {
        Colour::Palette(index) => tokens.source(usize::from(index)),
        Colour::Rgb([r, g, b]) => Color32::from_rgb(r, g, b),
    }
}

/// `share` of `over` on top of `under`.
pub(super) fn blend(under: Color32, over: Color32, share: f32) -> Color32 {
    under.lerp_to_gamma(over, share.clamp(0.0, 1.0))
}
