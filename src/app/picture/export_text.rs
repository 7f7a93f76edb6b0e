//! Text in images that no window shows.

use std::sync::Arc;

use eframe::egui::epaint::TextOptions;
use eframe::egui::text::{Fonts, LayoutJob, TextWrapping};
use eframe::egui::{
    Align2, Color32, ColorImage, FontDefinitions, FontId, Galley, Pos2, Rect, pos2,
};

/// An image to draw on, measured in points.
pub(super) struct Canvas {
    pub image: ColorImage,
    fonts: Fonts,
    density: f32,
}

impl Canvas {
    /// An image of this size in pixels, `density` of them to a point.
    pub fn new(
        size: [usize; 2],
        density: f32,
        ground: Color32,
        definitions: FontDefinitions,
    ) -> Self {
        Self {
            image: ColorImage::filled(size, ground),
            fonts: Fonts::new(TextOptions::default(), definitions),
            density,
        }
    }

    /// The whole image, in points.
    pub fn rect(&self) -> Rect {
        let [width, height] = self.image.size.map(|pixels| pixels as f32 / self.density);
        Rect::from_min_max(Pos2::ZERO, pos2(width, height))
    }

    /// First and last pixels of a rectangle, inside the image.
    pub fn pixels(&self, rect: Rect) -> [std::ops::Range<usize>; 2] {
        let range = |from: f32, to: f32, size: usize| {
            let at = |x: f32| ((x * self.density).round().max(0.0) as usize).min(size);
            at(from)..at(to)
        };
        let [width, height] = self.image.size;
        [
            range(rect.left(), rect.right(), width),
            range(rect.top(), rect.bottom(), height),
        ]
    }

    /// Fills a rectangle; one that is thinner than a pixel is still drawn.
    pub fn fill(&mut self, rect: Rect, color: Color32) {
        let [mut columns, mut rows] = self.pixels(rect);
        let [width, height] = self.image.size;
        columns.end = columns.end.max(columns.start + 1).min(width);
        rows.end = rows.end.max(rows.start + 1).min(height);
        for row in rows {
            for column in columns.clone() {
                self.blend(column, row, color);
            }
        }
    }

    /// How wide a line of text is.
    pub fn width(&mut self, text: &str, size: f32) -> f32 {
        let job = line(text, size, Color32::WHITE, f32::INFINITY);
        self.lay_out(job).size().x
    }

    /// Writes a line of text and returns the room it takes.
    pub fn text(&mut self, at: Pos2, align: Align2, text: &str, size: f32, color: Color32) -> Rect {
        let galley = self.lay_out(line(text, size, color, f32::INFINITY));
        self.write(at, align, &galley, color)
    }

    /// Writes a line of text to the right of `at`, with … at its end where it is wider than `room`.
    pub fn text_within(&mut self, room: f32, at: Pos2, text: &str, size: f32, color: Color32) {
        let galley = self.lay_out(line(text, size, color, room));
        self.write(at, Align2::LEFT_CENTER, &galley, color);
    }

    fn lay_out(&mut self, job: LayoutJob) -> Arc<Galley> {
        self.fonts
            .with_pixels_per_point(self.density)
            .layout_job(job)
    }

    fn write(&mut self, at: Pos2, align: Align2, galley: &Galley, color: Color32) -> Rect {
        let room = align.anchor_size(at, galley.size());
        let atlas = self.fonts.image();
        for row in &galley.rows {
            for glyph in &row.row.glyphs {
                let place =
                    room.min + row.pos.to_vec2() + glyph.pos.to_vec2() + glyph.uv_rect.offset;
                let left = (place.x * self.density).round() as i64;
                let top = (place.y * self.density).round() as i64;
                let [from, to] = [glyph.uv_rect.min, glyph.uv_rect.max];
                for v in from[1]..to[1] {
                    for u in from[0]..to[0] {
                        let index = usize::from(v) * atlas.width() + usize::from(u);
                        let coverage = atlas.pixels.get(index).map_or(0, |pixel| pixel.a());
                        let x = left + i64::from(u - from[0]);
                        let y = top + i64::from(v - from[1]);
                        if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) {
                            self.blend(x, y, color.gamma_multiply_u8(coverage));
                        }
                    }
                }
            }
        }
        room
    }

    fn blend(&mut self, column: usize, row: usize, color: Color32) {
        let [width, height] = self.image.size;
        if column < width && row < height {
            let pixel = &mut self.image.pixels[row * width + column];
            *pixel = pixel.blend(color);
        }
    }
}

/// A line of text, at most `room` wide.
fn line(text: &str, size: f32, color: Color32, room: f32) -> LayoutJob {
    let font = FontId::proportional(size);
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(room);
    job
}
