//! Where a row stands between left and right.

use eframe::egui::{Color32, CornerRadius, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::theme::Tokens;

/// A tick on a line with a middle; `pan` is -1 at the left and 1 at the right.
pub(super) fn mark(ui: &Ui, line: Rect, pan: f32, colour: Color32) {
    let t = Tokens::of(ui.ctx());
    let pan = pan.clamp(-1.0, 1.0);
    let painter = ui.painter();
    painter.rect_filled(line, CornerRadius::same(1), t.panel);
    let tick = |x: f32, taller: f32, width: f32, colour| {
        let size = vec2(width, line.height() + taller);
        let rect = Rect::from_center_size(pos2(x, line.center().y), size);
        painter.rect_filled(rect, CornerRadius::same(1), colour);
    };
    tick(line.center().x, 2.0, 1.0, t.hover);
    let x = line.center().x + pan * (line.width() / 2.0 - 1.5);
    tick(x, 4.0, 3.0, colour);
    let words = match (100.0 * pan).round() as i32 {
        0 => "in the middle".to_owned(),
        right if right > 0 => format!("{right} % to the right"),
        left => format!("{} % to the left", -left),
    };
    let place = line.expand2(vec2(0.0, 4.0));
    let hover = ui.interact(place, ui.scope_id().with("pan"), Sense::hover());
    hover.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Stands {words}")));
    hover.on_hover_text(format!("Stands {words} of the stereo picture"));
}
