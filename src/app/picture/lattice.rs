//! Where the tiles of the picture are.

use eframe::egui::Rect;

use super::pyramid::Pyramid;
use crate::app::axes::{FrequencyScale, FrequencyView, TimeView};

/// Columns of a tile.
pub(super) const COLUMNS: usize = 512;
/// Rows of a tile.
pub(super) const ROWS: usize = 256;
/// A texel may be this much larger than a pixel before a finer level is taken, as a power of two.
const SLACK: f64 = 0.2;

/// A tile: [`COLUMNS`] columns of a level of the pyramid, and [`ROWS`] rows of a lattice of
/// frequencies that does not depend on the view, so that panning needs no new tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub scale: FrequencyScale,
    /// Level of the pyramid.
    pub time: i32,
    /// There are `2^frequency` rows for each octave or hertz.
    pub frequency: i32,
    /// Number of the tile from the left.
    pub column: i64,
    /// Number of the tile from the bottom.
    pub row: i64,
}

impl Key {
    /// The first column.
    pub fn first_column(self) -> i64 {
        self.column * COLUMNS as i64
    }

    /// Lower and upper frequency of a row of this tile in Hz, counted from its bottom.
    pub fn band(self, row: i64) -> (f64, f64) {
        let per_unit = f64::from(self.frequency).exp2();
        let first = (self.row * ROWS as i64 + row) as f64;
        (
            self.scale.hz(first / per_unit),
            self.scale.hz((first + 1.0) / per_unit),
        )
    }

    /// Lower and upper end in Hz.
    pub fn hertz(self) -> (f64, f64) {
        (self.band(0).0, self.band(ROWS as i64).0)
    }

    /// First and last second.
    pub fn seconds(self, pyramid: &Pyramid) -> (f64, f64) {
        let first = self.first_column();
        (
            pyramid.left_edge(self.time, first),
            pyramid.left_edge(self.time, first + COLUMNS as i64),
        )
    }
}

/// The tiles that show a view on a screen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Visible {
    /// The tiles, left to right and bottom to top.
    pub keys: Vec<Key>,
    /// Tiles to the left and the right of them, which a moving view needs next.
    pub beside: Vec<Key>,
}

impl Visible {
    /// The tiles for a picture in `rect`, in points, on a screen with `density` pixels per point.
    pub fn new(
        pyramid: &Pyramid,
        time: TimeView,
        frequency: FrequencyView,
        rect: Rect,
        density: f32,
    ) -> Self {
        let scale = frequency.scale();
        let width = f64::from((rect.width() * density).max(1.0));
        let height = f64::from((rect.height() * density).max(1.0));
        let frames_per_pixel = pyramid.axes().frame(time.span()) / width;
        let level = (frames_per_pixel.log2() + SLACK).floor() as i32;
        let level = level.clamp(pyramid.finest(), pyramid.coarsest());
        let (low, high) = (scale.unit(frequency.low()), scale.unit(frequency.high()));
        let rows = ((height / (high - low)).log2() - SLACK).ceil() as i32;

        let columns = pyramid.columns_of(level) as i64;
        let tile = |column: i64| {
            column
                .clamp(0, (columns - 1).max(0))
                .div_euclid(COLUMNS as i64)
        };
        let first = tile(pyramid.column_at(level, time.start()));
        let last = tile(pyramid.column_at(level, time.end()));
        let per_tile = f64::from(rows).exp2() / ROWS as f64;
        let bottom = (low * per_tile).floor() as i64;
        let top = (high * per_tile).ceil() as i64;

        let key = |column: i64, row: i64| Key {
            scale,
            time: level,
            frequency: rows,
            column,
            row,
        };
        let rows = bottom..top.max(bottom + 1);
        let column_of = |column: i64| rows.clone().map(move |row| key(column, row));
        Self {
            keys: (first..=last).flat_map(column_of).collect(),
            beside: [first - 1, last + 1]
                .into_iter()
                .filter(|&column| column >= 0 && column <= tile(columns - 1))
                .flat_map(column_of)
                .collect(),
        }
    }
}
