//! The gain of a row as a figure that can be written over.

use eframe::egui::{
    Align2, Color32, Context, CursorIcon, FontId, Id, PointerButton, Rect, Role, Sense, Ui,
    WidgetInfo,
};

use super::cache::Cache;
use super::gain::{Gain, read, words};
use super::name::{Written, field, take_keyboard};
use crate::app::request::Request;
use crate::app::theme;
use crate::project::{Edit, Row};

/// A figure; a click on it opens a field, where Enter takes what was written and Escape drops it.
pub(super) fn typed(
    ui: &mut Ui,
    rect: Rect,
    gain: &Gain<'_>,
    colour: Color32,
    (cache, out): (&mut Cache, &mut Vec<Request>),
) {
    let label = format!("Write gain of {}", gain.name);
    if edit(ui, rect, gain, (cache, out)) {
        return;
    }
    let id = ui.scope_id().with("figure");
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    crate::app::widgets::focus_ring(ui, rect, &response);
    paint(ui, rect, gain.gain_db, colour, theme::secondary());
    if response.clicked() {
        open(ui.ctx(), gain, cache);
    }
    response.on_hover_cursor(CursorIcon::Text).on_hover_text(
        "Gain in dB: click to write it, drag the slider, or turn the wheel over it; a double click sets 0 dB",
    );
}

/// Opens the field of a gain.
pub(super) fn open(ctx: &Context, gain: &Gain<'_>, cache: &mut Cache) {
    let figure = words(gain.gain_db).replace(" dB", "");
    take_keyboard(ctx, gain_field(gain.row), &figure);
    cache.typing = Some((gain.row, figure));
    cache.field = None;
}

fn gain_field(row: Row) -> Id {
    Id::unique(("gain field", row))
}

/// Shows the field of a gain if it is open. Returns whether it is.
pub(super) fn edit(
    ui: &mut Ui,
    rect: Rect,
    gain: &Gain<'_>,
    (cache, out): (&mut Cache, &mut Vec<Request>),
) -> bool {
    let Some((row, mut text)) = cache.typing.take() else {
        return false;
    };
    if row != gain.row {
        cache.typing = Some((row, text));
        return false;
    }
    let twice = ui.input(|input| input.pointer.button_double_clicked(PointerButton::Primary));
    if twice && ui.rect_contains_pointer(rect) {
        // The first of the two clicks has opened the field.
        cache.field = None;
        out.push(Request::Edit(Edit::SetGain { row, gain_db: 0.0 }));
        return true;
    }
    let label = format!("Gain of {} in dB", gain.name);
    let place = (gain_field(row), rect.expand(2.0));
    match field(ui, place, &mut text, &label, &mut cache.field) {
        Written::Going => cache.typing = Some((row, text)),
        Written::Dropped => {}
        Written::Taken => {
            if let Some(gain_db) = read(&text) {
                out.push(Request::Edit(Edit::SetGain { row, gain_db }));
            }
        }
    }
    true
}

/// Draws a gain at the right of `rect`.
pub(super) fn paint(ui: &Ui, rect: Rect, gain_db: f32, colour: Color32, font: FontId) {
    let place = rect.right_center();
    ui.painter()
        .text(place, Align2::RIGHT_CENTER, words(gain_db), font, colour);
}
