//! The drawing of the plots as pixels.

use std::sync::Arc;

use eframe::egui::{Color32, ColorImage};
use resvg::{tiny_skia, usvg};

use crate::app::theme::fonts;

/// Pixels for one unit of the drawing.
const DENSITY: f32 = 2.0;

/// The drawing that [`plots_svg`](super::plots_svg) makes, as an image of two pixels a unit, in the
/// fonts of the window. `None` where that is no drawing.
pub(in crate::app) fn rasterized(svg: &str) -> Option<ColorImage> {
    let mut options = usvg::Options {
        font_family: "Inter".to_owned(),
        ..usvg::Options::default()
    };
    for font in fonts().font_data.into_values() {
        let data = usvg::fontdb::Source::Binary(Arc::clone(&font.font));
        options.fontdb_mut().load_font_source(data);
    }
    let drawing = usvg::Tree::from_str(svg, &options).ok()?;
    let size = drawing.size().to_int_size().scale_by(DENSITY)?;
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height())?;
    let scale = tiny_skia::Transform::from_scale(DENSITY, DENSITY);
    resvg::render(&drawing, scale, &mut pixels.as_mut());
    let colours = pixels.pixels().iter().map(|pixel| {
        let plain = pixel.demultiply();
        Color32::from_rgb(plain.red(), plain.green(), plain.blue())
    });
    let sides = [size.width() as usize, size.height() as usize];
    Some(ColorImage::new(sides, colours.collect()))
}
