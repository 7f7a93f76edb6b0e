//! The pixels of a tile.

use eframe::egui::{Color32, ColorImage};

use super::lattice::{COLUMNS, Key, ROWS};
use super::pyramid::{Columns, Pyramid};
use super::rows::Rows;
use super::style::Style;

/// Texels around a tile that repeat what its neighbours show, so that no seam is seen where the
/// screen interpolates.
pub(super) const BORDER: usize = 1;
/// Width of a tile's texture.
pub(super) const WIDTH: usize = COLUMNS + 2 * BORDER;
/// Height of a tile's texture.
pub(super) const HEIGHT: usize = ROWS + 2 * BORDER;

/// A part of the picture: some columns of a level, rows with their ends in Hz from the top down.
pub(super) struct Part<'a> {
    pub pyramid: &'a Pyramid,
    pub style: &'a Style,
    pub level: i32,
    pub first: i64,
    pub columns: usize,
    pub bands: Vec<(f64, f64)>,
}

/// The texture of a tile.
pub(super) fn render(pyramid: &Pyramid, style: &Style, key: Key) -> (ColorImage, Columns) {
    let border = BORDER as i64;
    Part {
        pyramid,
        style,
        level: key.time,
        first: key.first_column() - border,
        columns: WIDTH,
        bands: (-border..ROWS as i64 + border)
            .rev()
            .map(|row| key.band(row))
            .collect(),
    }
    .render()
}

impl Part<'_> {
    /// The pixels, one for each column and row.
    pub fn render(&self) -> (ColorImage, Columns) {
        let (bins, axes) = (self.pyramid.bins(), self.pyramid.axes());
        let rows = Rows::new(self.bands.iter().copied(), axes, bins);
        let mut levels = vec![0; self.columns * bins];
        let found = self.pyramid.columns(self.level, self.first, &mut levels);

        let shares = self.style.ownership().map(|ownership| {
            let edges: Vec<f64> = (0..=self.columns as i64)
                .map(|column| self.pyramid.left_edge(self.level, self.first + column))
                .collect();
            // The factors may come from a transform of another size.
            let bands = self.bands.iter().copied();
            let rows = Rows::new(bands, ownership.axes(), ownership.bins());
            ownership.shares(&rows, &edges)
        });
        let size = [self.columns, rows.len()];
        let mut image = ColorImage::filled(size, Color32::BLACK);
        let mut codes = vec![0; rows.len()];
        for (column, bins) in levels.chunks_exact(bins).enumerate() {
            rows.codes(bins, &mut codes);
            let pixels = image.pixels.iter_mut().skip(column).step_by(self.columns);
            for (row, (pixel, &code)) in pixels.zip(&codes).enumerate() {
                *pixel = match &shares {
                    Some(shares) if !self.style.is_ground(code) => {
                        shares.at(row, column).map_or_else(
                            || self.style.colourless(code),
                            |m| self.style.owned(code, m),
                        )
                    }
                    _ => self.style.unowned(code),
                };
            }
        }
        (image, found)
    }
}
