//! The atoms of a factorization that runs: they have no names yet, and change all the time, but can
//! be muted and soloed.

use eframe::egui::style::ScrollAnimation;
use eframe::egui::{
    Align2, CornerRadius, EventFilter, Id, Key, Modifiers, Rect, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::input::LiveRows;
use super::parts::{Click, LETTER, heard_colour, letters, thumbnail};
use super::thumbnails::Thumbnails;
use crate::app::live_mix::LiveMix;
use crate::app::theme::{self, RADIUS, Tokens};
use crate::app::widgets::focus_ring;

/// Height of a row with the gap under it.
const STEP: f32 = 34.0;
const HEIGHT: f32 = 30.0;
/// Width of the small template.
const TEMPLATE: f32 = 84.0;

/// Draws the atoms that are being found. All rows keep their places while they change.
pub(super) fn show(
    ui: &mut Ui,
    live: &LiveRows,
    thumbnails: Option<&Thumbnails>,
    mix: &mut LiveMix,
) {
    let t = Tokens::of(ui.ctx());
    let count = live.factors.components();
    ScrollArea::vertical()
        .id_salt("live atoms")
        .auto_shrink([false, false])
        .show_viewport(ui, |ui, viewport| {
            ui.set_height(STEP * count as f32);
            let list = ui.max_rect();
            let first = (viewport.top() / STEP).max(0.0) as usize;
            let end = (viewport.bottom() / STEP).max(0.0) as usize + 1;
            for atom in first..end.min(count) {
                let top = list.top() + STEP * atom as f32;
                let rect = Rect::from_min_size(pos2(list.left(), top), vec2(list.width(), HEIGHT));
                let response = ui.interact(rect, id_of(atom), Sense::click());
                let label = format!("Atom {} in the making", atom + 1);
                response.widget_info(|| WidgetInfo::labeled(Role::TreeItem, true, &label));
                if response.clicked() {
                    response.request_focus();
                }
                if response.has_focus() {
                    mix.focused = Some(atom);
                    if let Some(next) = step(ui, response.id, atom, count) {
                        // A row out of sight is not there yet: the list comes first.
                        ui.memory_mut(|memory| memory.request_focus(id_of(next)));
                        let to = rect.translate(vec2(0.0, STEP * (next as f32 - atom as f32)));
                        ui.scroll_to_rect_animation(to, None, ScrollAnimation::none());
                    }
                }
                let radius = CornerRadius::same(RADIUS);
                let fill = if response.hovered() { t.hover } else { t.card };
                ui.painter().rect_filled(rect, radius, fill);
                if mix.focused == Some(atom) {
                    let stroke = Stroke::new(1.0, t.third);
                    ui.painter()
                        .rect_stroke(rect, radius, stroke, StrokeKind::Inside);
                }
                focus_ring(ui, rect.shrink(1.0), &response);
                let number = (atom + 1).to_string();
                let at = pos2(rect.left() + 17.0, rect.center().y);
                ui.painter().text(
                    at,
                    Align2::CENTER_CENTER,
                    number,
                    theme::secondary(),
                    t.third,
                );
                let right = rect.right() - 8.0;
                let letters_from = right - 2.0 * (LETTER + 4.0) - 4.0;
                let spoken = format!("atom {}", atom + 1);
                let silenced = (mix.is_muted(atom), mix.is_soloed(atom));
                let place = (right, rect.center().y);
                let clicked = ui.push_id(("live letters", atom), |ui| {
                    letters(ui, place, &spoken, silenced)
                });
                match clicked.inner {
                    Some(Click::Mute) => mix.toggle_mute(atom),
                    Some(Click::Solo) => mix.toggle_solo(atom),
                    Some(Click::SoloOnly) => mix.solo_only(atom),
                    Some(Click::ClearSolos) => mix.clear_solos(),
                    None => {}
                }
                if let Some(thumbnails) = thumbnails {
                    let inner = rect.shrink2(vec2(0.0, 3.0));
                    let left = rect.left() + 34.0;
                    let split = left + TEMPLATE;
                    // As in the picture, where each atom is a source of its own for now.
                    let colour = heard_colour(t, t.source(atom), mix.is_heard(atom));
                    let template = inner.with_min_x(left).with_max_x(split);
                    thumbnail(ui, template, &thumbnails.template(&[atom]), colour);
                    let activation = inner.with_min_x(split + 8.0).with_max_x(letters_from);
                    thumbnail(ui, activation, &thumbnails.activation(&[atom]), colour);
                }
            }
        });
}

fn id_of(atom: usize) -> Id {
    Id::unique(("live atom", atom))
}

/// The row that the arrow keys lead to from that of `atom`, which has the keyboard.
fn step(ui: &Ui, id: Id, atom: usize, count: usize) -> Option<usize> {
    let filter = EventFilter {
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    // Taken, as the row that it leads to is drawn with the same keys.
    let (up, down) = ui.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        (pressed(Key::ArrowUp), pressed(Key::ArrowDown))
    });
    match (up, down) {
        (true, false) => atom.checked_sub(1),
        (false, true) => Some(atom + 1).filter(|&next| next < count),
        _ => None,
    }
}
