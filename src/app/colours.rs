//! The colour of a source on the screen.

use eframe::egui::Color32;

use super::theme::Tokens;
use crate::project::Colour;

/// The colour of a source in this theme.
pub(super) fn source_colour(tokens: &Tokens, colour: Colour) -> Color32 {
    match colour {
        Colour::Palette(index) => tokens.source(usize::from(index)),
        Colour::Rgb([r, g, b]) => Color32::from_rgb(r, g, b),
    }
}
