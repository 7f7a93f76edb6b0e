//! The picture as an image for a paper.

use std::path::Path;

use eframe::egui::{Align2, Color32, ColorImage, FontDefinitions, Rect, pos2, vec2};
use thiserror::Error;

use super::export_text::Canvas;
use super::input::PictureInput;
use super::ownership::Ownership;
use super::pyramid::Pyramid;
use super::style::{Show, Style};
use super::tile::Part;
use crate::project::replace;

/// Room for the labels around the picture, in points.
const LEFT: f32 = 58.0;
const BOTTOM: f32 = 46.0;
const TOP: f32 = 30.0;
const RIGHT: f32 = 76.0;
/// From the picture to the names of the sources, beside the colour bar.
const BESIDE_BAR: f32 = 66.0;
/// The room for the names of the sources is at most this share of the image.
const NAMES: f32 = 0.3;
/// Side of the mark of a source, and where its name begins.
const MARK: f32 = 8.0;
const NAME: f32 = 9.0;
const LABEL: f32 = 11.0;
const TITLE: f32 = 12.0;
/// Width of the colour bar, and its distance from the picture.
const BAR: f32 = 12.0;
const BAR_GAP: f32 = 14.0;
/// Levels written at the colour bar, in dB.
const BAR_STEP: f64 = 20.0;
/// Distance of the labels of the time axis, in points.
const DISTANCE: f32 = 72.0;
/// Times that go beyond this are written as a clock shows them, in seconds.
const CLOCK: f64 = 300.0;
/// Smallest sides of an image, in points.
const SMALLEST: [f32; 2] = [LEFT + RIGHT + 120.0, TOP + BOTTOM + 40.0];

/// Size of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageSettings {
    /// Width and height in pixels.
    pub size: [usize; 2],
    /// Pixels per point: lettering and margins grow with it.
    pub density: f32,
}

/// An image could not be written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The disk or the folder refused it.
    #[error("the picture could not be written, {0}: choose another folder or make room")]
    Io(#[from] std::io::Error),
    /// The image has no pixels, or more than the format allows.
    #[error("the picture cannot be stored as PNG, {0}: choose another size")]
    Png(#[from] png::EncodingError),
}

/// Paints what `input` shows with its axes, titles, and the meaning of its colours. Takes about as
/// long as a frame of that size; computes missing levels itself, so it may run on any thread.
/// Playhead and selection are left out.
#[must_use]
pub fn render_image(
    pyramid: &Pyramid,
    input: &PictureInput<'_>,
    fonts: FontDefinitions,
    settings: ImageSettings,
) -> ColorImage {
    let density = settings.density.clamp(0.25, 8.0);
    let side = |axis: usize| settings.size[axis].max((SMALLEST[axis] * density) as usize);
    let mut canvas = Canvas::new([side(0), side(1)], density, input.theme.ground, fonts);
    let whole = canvas.rect();
    let by_source = input.show == Show::BySource && input.separated.is_some();
    let right = if by_source {
        let names = input.sources.iter().map(|source| source.name.as_str());
        let widest = names
            .map(|name| canvas.width(name, LABEL))
            .fold(0.0, f32::max);
        let room = NAME + widest + 8.0;
        BESIDE_BAR + room.min(NAMES * whole.width())
    } else {
        RIGHT
    };
    let rect = Rect::from_min_max(
        pos2(LEFT, TOP),
        pos2(whole.right() - right, whole.bottom() - BOTTOM),
    );
    // Where the pointer rests is no matter of the picture.
    let ownership = input
        .separated
        .as_ref()
        .map(|(separated, _)| Ownership::new(separated, input.sources, None));
    let levels = (input.floor_db, input.ceiling_db);
    let style = Style::new(input.show, input.theme, levels, ownership);
    spectrogram(&mut canvas, rect, pyramid, input, &style);
    axes(&mut canvas, rect, input);
    bar(&mut canvas, rect, pyramid, input, &style);
    if by_source {
        legend(&mut canvas, rect, input);
    }
    canvas.image
}

/// Writes an image as PNG: under a temporary name in the same folder first, so that nothing partial
/// is left.
///
/// # Errors
/// [`ExportError`] when the file cannot be written.
pub fn write_png(path: &Path, image: &ColorImage) -> Result<(), ExportError> {
    let [width, height] = image
        .size
        .map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let rgb: Vec<u8> = image
        .pixels
        .iter()
        .flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()])
        .collect();
    replace(path, true, |file| {
        let mut encoder = png::Encoder::new(file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&rgb)?;
        Ok(writer.finish()?)
    })
}

fn spectrogram(
    canvas: &mut Canvas,
    rect: Rect,
    pyramid: &Pyramid,
    input: &PictureInput<'_>,
    style: &Style,
) {
    let [columns, rows] = canvas.pixels(rect);
    let frames = pyramid.axes().frame(input.time.span()) / columns.len().max(1) as f64;
    let level = (frames.log2().floor() as i32).clamp(pyramid.finest(), pyramid.coarsest());
    let first = pyramid.column_at(level, input.time.start()) - 1;
    let last = pyramid.column_at(level, input.time.end()) + 1;
    let hz = |row: usize| {
        let view = input.frequency;
        let (low, high) = (
            view.scale().unit(view.low()),
            view.scale().unit(view.high()),
        );
        let place = row as f64 / rows.len() as f64;
        view.scale().hz(high - place * (high - low))
    };
    let (part, _) = Part {
        pyramid,
        style,
        level,
        first,
        columns: (last - first + 1).max(1) as usize,
        bands: (0..rows.len()).map(|row| (hz(row + 1), hz(row))).collect(),
    }
    .render();
    let width = canvas.image.width();
    let per_pixel = input.time.span() / columns.len().max(1) as f64;
    for (x, column) in columns.enumerate() {
        let seconds = input.time.start() + (x as f64 + 0.5) * per_pixel;
        let edge = pyramid.left_edge(level, first);
        let step = pyramid.left_edge(level, first + 1) - edge;
        // Between the centres of two columns.
        let place = ((seconds - edge) / step - 0.5).max(0.0);
        let (before, t) = (place as usize, place.fract() as f32);
        for (y, row) in rows.clone().enumerate() {
            let at = |column: usize| part.pixels[y * part.width() + column.min(part.width() - 1)];
            canvas.image.pixels[row * width + column] = at(before).lerp_to_gamma(at(before + 1), t);
        }
    }
}

fn axes(canvas: &mut Canvas, rect: Rect, input: &PictureInput<'_>) {
    let theme = input.theme;
    for edge in [
        Rect::from_min_max(rect.left_top(), rect.right_top()),
        Rect::from_min_max(rect.left_bottom(), rect.right_bottom()),
        Rect::from_min_max(rect.left_top(), rect.left_bottom()),
        Rect::from_min_max(rect.right_top(), rect.right_bottom()),
    ] {
        canvas.fill(edge, theme.third);
    }
    let (ticks, unit) = if input.time.end() <= CLOCK {
        let ticks = input.time.ticks_in_seconds(rect.width(), DISTANCE);
        (ticks, "Time (s)")
    } else {
        let hours = input.time.end() >= 3600.0;
        let unit = if hours {
            "Time (h:min:s)"
        } else {
            "Time (min:s)"
        };
        (input.time.ticks(rect.width(), DISTANCE), unit)
    };
    for tick in ticks {
        let x = input.time.x(tick.value, rect.x_range());
        let length = if tick.label.is_some() { 5.0 } else { 3.0 };
        let mark = Rect::from_min_max(pos2(x, rect.bottom()), pos2(x, rect.bottom() + length));
        canvas.fill(mark, theme.third);
        if let Some(label) = tick.label {
            let at = pos2(x, rect.bottom() + 7.0);
            canvas.text(at, Align2::CENTER_TOP, &label, LABEL, theme.second);
        }
    }
    for tick in input.frequency.ticks_in_hertz(rect.height()) {
        let y = input.frequency.y(tick.value, rect.y_range());
        let length = if tick.label.is_some() { 5.0 } else { 3.0 };
        let mark = Rect::from_min_max(pos2(rect.left() - length, y), pos2(rect.left(), y));
        canvas.fill(mark, theme.third);
        if let Some(label) = tick.label {
            let at = pos2(rect.left() - 8.0, y);
            canvas.text(at, Align2::RIGHT_CENTER, &label, LABEL, theme.second);
        }
    }
    let below = pos2(rect.center().x, canvas.rect().bottom() - 6.0);
    canvas.text(below, Align2::CENTER_BOTTOM, unit, TITLE, theme.text);
    let above = pos2(8.0, rect.top() - 8.0);
    let title = "Frequency (Hz)";
    canvas.text(above, Align2::LEFT_BOTTOM, title, TITLE, theme.text);
}

/// The colours of the levels.
fn bar(
    canvas: &mut Canvas,
    rect: Rect,
    pyramid: &Pyramid,
    input: &PictureInput<'_>,
    style: &Style,
) {
    let left = rect.right() + BAR_GAP;
    let bar = Rect::from_min_max(pos2(left, rect.top()), pos2(left + BAR, rect.bottom()));
    let [columns, rows] = canvas.pixels(bar);
    let width = canvas.image.width();
    let count = rows.len().max(1) as f64;
    for (n, row) in rows.enumerate() {
        let share = 1.0 - (n as f64 + 0.5) / count;
        let db = input.floor_db + share * (input.ceiling_db - input.floor_db);
        let color = style.of_level(db);
        canvas.image.pixels[row * width + columns.start..row * width + columns.end].fill(color);
    }
    let offset = pyramid.offset_db();
    let (floor, ceiling) = (input.floor_db + offset, input.ceiling_db + offset);
    let mut db = (floor / BAR_STEP).ceil() * BAR_STEP;
    while db <= ceiling {
        let y = bar.bottom() - ((db - floor) / (ceiling - floor)) as f32 * bar.height();
        let mark = Rect::from_min_size(pos2(bar.right(), y), vec2(4.0, 0.0));
        canvas.fill(mark, input.theme.third);
        let label = if db < 0.0 {
            format!("−{:.0}", -db)
        } else {
            format!("{db:.0}")
        };
        let at = pos2(bar.right() + 7.0, y);
        canvas.text(at, Align2::LEFT_CENTER, &label, LABEL, input.theme.second);
        db += BAR_STEP;
    }
    let title = pos2(bar.left(), rect.top() - 8.0);
    canvas.text(
        title,
        Align2::LEFT_BOTTOM,
        "Level (dB)",
        TITLE,
        input.theme.text,
    );
}

/// The colours of the sources.
fn legend(canvas: &mut Canvas, rect: Rect, input: &PictureInput<'_>) {
    let mut at = pos2(rect.right() + BESIDE_BAR, rect.top() + 8.0);
    for source in input.sources {
        if at.y > rect.bottom() {
            return;
        }
        let color = if source.audible {
            source.color
        } else {
            Color32::GRAY
        };
        canvas.fill(Rect::from_center_size(at, vec2(MARK, MARK)), color);
        let place = at + vec2(NAME, 0.0);
        let room = canvas.rect().right() - 8.0 - place.x;
        canvas.text_within(room, place, &source.name, LABEL, input.theme.text);
        at.y += 18.0;
    }
}
