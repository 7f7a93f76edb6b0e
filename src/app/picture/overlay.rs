//! What lies over the picture: selection, loop, playhead, partials, crosshair.

use std::ops::Range;

use eframe::egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2};

use super::input::Highlight;
use super::style::PictureTheme;
use super::tiles::Frame;

/// Height of the loop's bar on the ruler.
const LOOP_BAR: f32 = 3.0;

/// Draws the selection over the picture and, where it loops, a bar over the ruler.
pub(super) fn selection(
    painter: &Painter,
    ruler: Rect,
    frame: &Frame,
    range: &Range<f64>,
    looping: bool,
    theme: &PictureTheme,
) {
    let x = frame.rect.x_range();
    let (left, right) = (frame.time.x(range.start, x), frame.time.x(range.end, x));
    if right < x.min || left > x.max {
        return;
    }
    let inside = painter.with_clip_rect(frame.rect);
    let (veil, edge) = if theme.dark {
        (
            Color32::from_white_alpha(22),
            Color32::from_white_alpha(170),
        )
    } else {
        (
            Color32::from_black_alpha(20),
            Color32::from_black_alpha(150),
        )
    };
    let shade = Rect::from_x_y_ranges(left..=right, frame.rect.y_range());
    inside.rect_filled(shade, 0.0, veil);
    for x in [left, right] {
        let x = inside.round_to_pixel_center(x);
        inside.vline(x, frame.rect.y_range(), Stroke::new(1.0, edge));
    }
    let on_ruler = painter.with_clip_rect(ruler);
    let color = if looping {
        theme.accent
    } else {
        edge.gamma_multiply(0.6)
    };
    let bar = Rect::from_x_y_ranges(left..=right, ruler.bottom() - LOOP_BAR..=ruler.bottom());
    on_ruler.rect_filled(bar, 0.0, color);
    if looping {
        flag(&on_ruler, pos2(left, bar.top()), 6.0, color);
        flag(&on_ruler, pos2(right, bar.top()), -6.0, color);
    }
}

/// A triangle that stands on the end of the loop's bar and points inwards.
fn flag(painter: &Painter, at: Pos2, width: f32, color: Color32) {
    let mut mesh = Mesh::default();
    for corner in [at, pos2(at.x, at.y - width.abs()), pos2(at.x + width, at.y)] {
        mesh.colored_vertex(corner, color);
    }
    mesh.add_triangle(0, 1, 2);
    painter.add(Shape::mesh(mesh));
}

/// Draws the playhead: a line, and its head on the ruler.
pub(super) fn playhead(
    painter: &Painter,
    ruler: Rect,
    frame: &Frame,
    seconds: f64,
    theme: &PictureTheme,
) {
    if !frame.time.contains(seconds) {
        return;
    }
    let x = painter.round_to_pixel_center(frame.time.x(seconds, frame.rect.x_range()));
    // A dark rim keeps the line visible over bright sounds.
    let rim = theme.ground.gamma_multiply(0.45);
    let inside = painter.with_clip_rect(frame.rect);
    inside.vline(x, frame.rect.y_range(), Stroke::new(3.0, rim));
    inside.vline(x, frame.rect.y_range(), Stroke::new(1.0, theme.text));
    let mut head = Mesh::default();
    for corner in [
        pos2(x - 5.0, ruler.bottom() - 7.0),
        pos2(x + 5.0, ruler.bottom() - 7.0),
        pos2(x, ruler.bottom()),
    ] {
        head.colored_vertex(corner, theme.text);
    }
    head.add_triangle(0, 1, 2);
    painter
        .with_clip_rect(ruler.expand2(eframe::egui::vec2(5.0, 0.0)))
        .add(Shape::mesh(head));
}

/// Marks partials at the frequency axis, and draws a faint line through the picture for each.
pub(super) fn partials(painter: &Painter, axis: Rect, frame: &Frame, highlight: &Highlight) {
    let inside = painter.with_clip_rect(frame.rect);
    let on_axis = painter.with_clip_rect(axis);
    for &hz in &highlight.partials {
        if !(frame.frequency.low()..=frame.frequency.high()).contains(&hz) {
            continue;
        }
        let y = painter.round_to_pixel_center(frame.frequency.y(hz, frame.rect.y_range()));
        let faint = Stroke::new(1.0, highlight.color.gamma_multiply(0.4));
        inside.hline(frame.rect.x_range(), y, faint);
        on_axis.hline(
            axis.right() - 6.0..=axis.right(),
            y,
            Stroke::new(2.0, highlight.color),
        );
    }
}

/// Draws the crosshair.
pub(super) fn crosshair(painter: &Painter, frame: &Frame, at: Pos2, theme: &PictureTheme) {
    let painter = painter.with_clip_rect(frame.rect);
    let stroke = Stroke::new(1.0, theme.text.gamma_multiply(0.28));
    painter.vline(
        painter.round_to_pixel_center(at.x),
        frame.rect.y_range(),
        stroke,
    );
    painter.hline(
        frame.rect.x_range(),
        painter.round_to_pixel_center(at.y),
        stroke,
    );
}
