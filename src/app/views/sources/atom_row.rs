//! The row of an atom.

use std::ops::RangeInclusive;

use eframe::egui::{
    Align2, Color32, CornerRadius, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2,
};

use super::cache::Cache;
use super::colour::blend;
use super::gain::{self, Gain};
use super::input::Input;
use super::parts::{DIMMED, LETTER, heard_colour, letters, meter_share, thumbnail};
use super::sureness::{Sureness, sureness};
use super::thumbnails::Thumbnails;
use super::{gain_field, name, pan};
use crate::app::request::Request;
use crate::app::theme::{self, RADIUS, Tokens};
use crate::app::view::View;
use crate::app::widgets::{focus_ring, sparkline, truncated};
use crate::project::Row;

/// How far the rows of atoms stand in.
pub(super) const INDENT: f32 = 18.0;
/// Right edge of the content, as in the rows of sources.
const RIGHT: f32 = 10.0;
/// Width of the mark of an atom that may belong elsewhere.
const DOUBT: f32 = 12.0;
/// Number, radius and distance of the dots.
const DOTS: u8 = 4;
const DOT: f32 = 2.4;
const DOT_STEP: f32 = 7.0;
/// How far from the middle of the row dots and the mark of the place are where there are both.
const BESIDE: f32 = 5.0;
/// Where the small template and the name begin.
const PICTURE: f32 = 37.0;
const NAME: f32 = 66.0;
/// Where there is less room, a label is only its beginning.
const WHOLE_LABEL: f32 = 84.0;
/// How strong the activation under the name is, and how far under the middle it begins.
const FAINT: f32 = 0.6;
const UNDER: f32 = 5.5;
/// Width of the figure of the gain.
const FIGURE: f32 = 48.0;

/// Draws the row of an atom; `response` is that of the row.
pub(super) fn show(
    ui: &mut Ui,
    (rect, response): (Rect, &Response),
    (atom, colour): (usize, Color32),
    (input, thumbnails): (&Input<'_>, Option<&Thumbnails>),
    view: &mut View,
    (cache, out): (&mut Cache, &mut Vec<Request>),
) {
    let project = input.project;
    let Some(state) = project.atoms().get(atom) else {
        return;
    };
    let t = Tokens::of(ui.ctx());
    let row = Row::Atom(atom);
    let rect = rect.with_min_x(rect.left() + INDENT);
    ground(
        ui,
        rect,
        response,
        (view.selected.contains(&atom), view.focused == Some(row)),
    );
    let middle = rect.center().y;
    let right = rect.right() - RIGHT;
    let spoken = format!("atom {}", atom + 1);
    let silenced = (state.mute, state.solo);
    let clicked = letters(ui, (right, middle), &spoken, silenced);
    out.extend(clicked.map(|click| Request::Edit(click.edit(row, silenced))));

    let heard = project.is_audible(row);
    ui.multiply_opacity(if project.is_dimmed(row) { DIMMED } else { 1.0 });
    let tick = Rect::from_center_size(pos2(rect.left() + 7.5, middle), vec2(3.0, 13.0));
    let tick_colour = heard_colour(t, colour, heard);
    ui.painter()
        .rect_filled(tick, CornerRadius::same(1), tick_colour);
    let number = (atom + 1).to_string();
    ui.painter().text(
        pos2(rect.left() + 26.0, middle),
        Align2::CENTER_CENTER,
        number,
        theme::secondary(),
        t.third,
    );

    let mut end = right - 2.0 * LETTER - 4.0 - 8.0;
    let gain = Gain {
        row,
        name: &spoken,
        gain_db: state.gain_db,
    };
    let figure = Rect::from_x_y_ranges((end - FIGURE)..=end, (middle - 10.0)..=(middle + 10.0));
    // Where the name is, the name is to be read.
    let marks_too = figure.with_min_x(figure.left().min(end - f32::from(DOTS) * DOT_STEP - BESIDE));
    let near = ui.rect_contains_pointer(marks_too);
    if gain_shown(ui, figure, (&gain, near), (&mut *cache, &mut *out)) {
        end -= FIGURE + 6.0;
    }
    let (sure, stands) = (sureness(project, atom), project.atom_pan(atom));
    let of_two = if sure.is_some() && stands.is_some() {
        BESIDE
    } else {
        0.0
    };
    let marks = end - f32::from(DOTS) * DOT_STEP;
    if let Some(sure) = &sure {
        dots(ui, (marks..=end, middle - of_two), sure);
    }
    if let Some(stands) = stands {
        let line = (middle + of_two - 1.0)..=(middle + of_two + 1.0);
        let line = Rect::from_x_y_ranges(marks..=(end - 1.0), line);
        pan::mark(ui, line, stands as f32, tick_colour);
    }
    if sure.is_some() || stands.is_some() {
        end = marks - 6.0;
    }
    if sure.as_ref().is_some_and(|sure| sure.doubtful) {
        doubt(ui, pos2(end, middle));
        end -= DOUBT;
    }
    let from = rect.left() + NAME;
    if let Some(thumbnails) = thumbnails {
        let template = thumbnails.template(&[atom]);
        let across = (rect.left() + PICTURE)..=(from - 5.0);
        let place = Rect::from_x_y_ranges(across, (middle - 9.0)..=(middle + 9.0));
        thumbnail(ui, place, &template, tick_colour);
        // Under the name, which stays free to be read.
        let activation = thumbnails.activation(&[atom]);
        let faint = tick_colour.gamma_multiply(FAINT);
        let under = Rect::from_x_y_ranges(
            from..=end.max(from),
            (middle + UNDER)..=(rect.bottom() - 1.5),
        );
        sparkline(ui, under, &activation, faint);
    }
    let level = input.atom_meters.get(atom).copied().unwrap_or(0.0);
    let share = meter_share(level);
    if share > 0.0 {
        let length = share * (end - from).max(0.0);
        let meter = Rect::from_min_size(pos2(from, rect.bottom() - 3.0), vec2(length, 1.5));
        ui.painter()
            .rect_filled(meter, CornerRadius::ZERO, tick_colour);
    }
    let label = format!("Name of {spoken}");
    let field = Rect::from_x_y_ranges((from - 4.0)..=end, (middle - 11.0)..=(middle + 11.0));
    if !name::edit(ui, field, (row, &label), project, view, (cache, out)) {
        let colour = if heard { t.text } else { t.second };
        let font = eframe::egui::TextStyle::Body.resolve(ui.style());
        truncated(
            ui,
            (from, middle),
            end,
            label_within(&project.atom_label(atom), end - from),
            (font, colour),
        );
    }
}

/// A label that was measured, of which the note alone is left where there is no room for more.
fn label_within(label: &str, room: f32) -> &str {
    match label.split_once(" · ") {
        Some((note, _)) if room < WHOLE_LABEL => note,
        _ => label,
    }
}

/// The figure of the gain, which is seen where it is in use. Returns whether it is seen.
fn gain_shown(
    ui: &mut Ui,
    rect: Rect,
    (gain, near): (&Gain<'_>, bool),
    (cache, out): (&mut Cache, &mut Vec<Request>),
) -> bool {
    if gain_field::edit(ui, rect, gain, (&mut *cache, &mut *out)) {
        return true;
    }
    let response = gain::figure(ui, rect, gain, (&mut *cache, out));
    let shown = near || response.has_focus() || response.dragged() || gain.gain_db != 0.0;
    if shown {
        let t = Tokens::of(ui.ctx());
        let colour = if response.hovered() || gain.gain_db != 0.0 {
            t.text
        } else {
            t.second
        };
        gain_field::paint(ui, rect, gain.gain_db, colour, theme::secondary());
        focus_ring(ui, rect, &response);
    }
    if response.clicked() {
        gain_field::open(ui.ctx(), gain, cache);
    }
    response.on_hover_text(
        "Gain in dB: drag it sideways, turn the wheel over it, or click to write it",
    );
    shown
}

fn ground(ui: &Ui, rect: Rect, response: &Response, (selected, focused): (bool, bool)) {
    let t = Tokens::of(ui.ctx());
    let radius = CornerRadius::same(RADIUS);
    let rect = rect.shrink2(vec2(0.0, 0.5));
    if selected {
        let fill = blend(t.panel, t.hover, 0.6);
        ui.painter().rect_filled(rect, radius, fill);
    } else if response.contains_pointer() {
        ui.painter().rect_filled(rect, radius, t.card);
    }
    if focused {
        let stroke = Stroke::new(1.0, blend(t.hover, t.third, 0.45));
        ui.painter()
            .rect_stroke(rect, radius, stroke, StrokeKind::Inside);
    }
    focus_ring(ui, rect.shrink(1.0), response);
}

/// One dot for each quarter of how far the atom is to be trusted.
fn dots(ui: &Ui, (across, middle): (RangeInclusive<f32>, f32), sure: &Sureness) {
    let t = Tokens::of(ui.ctx());
    let filled = (sure.share.clamp(0.0, 1.0) * f32::from(DOTS)).round() as u8;
    for dot in 0..DOTS {
        let colour = if dot < filled { t.second } else { t.hover };
        let centre = pos2(across.start() + DOT_STEP * (f32::from(dot) + 0.5), middle);
        ui.painter().circle_filled(centre, DOT, colour);
    }
    let place = Rect::from_x_y_ranges(across, (middle - 5.0)..=(middle + 5.0));
    let hover = ui.interact(place, ui.scope_id().with("sureness"), Sense::hover());
    hover.on_hover_text(&sure.words);
}

/// A question mark whose right edge is in the middle of the row at `place`.
fn doubt(ui: &Ui, place: Pos2) {
    let t = Tokens::of(ui.ctx());
    let font = theme::secondary();
    let right = Align2::RIGHT_CENTER;
    let mark = ui.painter().text(place, right, "?", font, t.second);
    let hover = ui.interact(mark, ui.scope_id().with("doubt"), Sense::hover());
    hover.on_hover_text(
        "Less like its source than like the others in the mean: listen whether it belongs here, and \
         drag it where it does",
    );
}
