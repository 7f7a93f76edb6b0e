//! The time ruler and the frequency axis.

use eframe::egui::{Align2, FontId, Painter, Pos2, Rect, Stroke};

use super::style::PictureTheme;
use crate::app::axes::{FrequencyView, TimeView};

/// Size of the labels.
const LABEL: f32 = 11.0;
/// Labels on the time ruler stand at least this far apart.
const DISTANCE: f32 = 72.0;
/// Labels nearer than this to the end of an axis are left out.
const CLEARANCE: f32 = 7.0;

/// Draws the ruler of what is in view.
pub(super) fn time(painter: &Painter, rect: Rect, view: TimeView, theme: &PictureTheme) {
    let painter = painter.with_clip_rect(rect);
    painter.rect_filled(rect, 0.0, theme.panel);
    let stroke = Stroke::new(1.0, theme.line);
    for tick in view.ticks(rect.width(), DISTANCE) {
        let x = painter.round_to_pixel_center(view.x(tick.value, rect.x_range()));
        let top = match tick.label {
            Some(_) => rect.top() + 3.0,
            None => rect.bottom() - 5.0,
        };
        painter.vline(x, top..=rect.bottom(), stroke);
        if let Some(label) = tick.label {
            let at = Pos2::new(x + 5.0, rect.center().y - 1.0);
            let font = FontId::proportional(LABEL);
            let galley = painter.layout_no_wrap(label, font, theme.second);
            // A label that would be cut says less than none.
            if at.x + galley.size().x <= rect.right() {
                let place = Align2::LEFT_CENTER.anchor_size(at, galley.size());
                painter.galley(place.min, galley, theme.second);
            }
        }
    }
}

/// Draws the frequency axis left of the picture.
pub(super) fn frequency(painter: &Painter, rect: Rect, view: FrequencyView, theme: &PictureTheme) {
    let painter = painter.with_clip_rect(rect);
    painter.rect_filled(rect, 0.0, theme.panel);
    let stroke = Stroke::new(1.0, theme.line);
    for tick in view.ticks(rect.height()) {
        let y = painter.round_to_pixel_center(view.y(tick.value, rect.y_range()));
        let length = if tick.label.is_some() { 5.0 } else { 3.0 };
        painter.hline(rect.right() - length..=rect.right(), y, stroke);
        let clear = (rect.top() + CLEARANCE..=rect.bottom() - CLEARANCE).contains(&y);
        if let Some(label) = tick.label.filter(|_| clear) {
            painter.text(
                Pos2::new(rect.right() - 9.0, y),
                Align2::RIGHT_CENTER,
                label,
                FontId::proportional(LABEL),
                theme.second,
            );
        }
    }
}
