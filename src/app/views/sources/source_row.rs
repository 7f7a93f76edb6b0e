//! The row of a source.

use eframe::egui::{
    Align2, CornerRadius, Popup, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    pos2, vec2,
};

use super::cache::Cache;
use super::colour::{blend, colour_of};
use super::gain::{self, Gain};
use super::input::Input;
use super::parts::{DIMMED, LETTER, heard_colour, letters, meter_share, thumbnail};
use super::select::is_selected;
use super::thumbnails::Thumbnails;
use super::{gain_field, menu, name, pan};
use crate::app::icons;
use crate::app::request::Request;
use crate::app::theme::{self, CARD_RADIUS, Tokens};
use crate::app::view::View;
use crate::app::widgets::{bar, focus_ring, truncated};
use crate::project::{Row, Source};

/// Width of the bar of colour at the left.
const STRIP: f32 = 4.0;
/// Where the content begins, and where it ends, from the edges.
const LEFT: f32 = 13.0;
const RIGHT: f32 = 10.0;
/// Middles of the line of text and of the line of pictures, from the top.
const TEXT: f32 = 19.0;
/// Where the name begins, and the bottom of its line, from the left and from the top.
pub(super) const NAME: f32 = LEFT + 36.0;
pub(super) const UNDER_NAME: f32 = TEXT + 12.0;
const PICTURES: f32 = 45.0;
const PICTURE_HEIGHT: f32 = 22.0;
/// Top and height of the meter.
const METER: f32 = 62.0;
const METER_HEIGHT: f32 = 3.0;
/// Width of the small template, of the slider, of the figure, and of the gaps between.
const TEMPLATE: f32 = 60.0;
const SLIDER: f32 = 62.0;
const FIGURE: f32 = 50.0;
const BETWEEN: f32 = 8.0;
/// Width of the mark of where the source stands.
const PAN: f32 = 42.0;

/// Draws the row of the source at `place`; `response` is that of the row.
pub(super) fn show(
    ui: &mut Ui,
    (rect, response): (Rect, &Response),
    (source, place): (&Source, usize),
    (input, thumbnails): (&Input<'_>, Option<&Thumbnails>),
    view: &mut View,
    (cache, out): (&mut Cache, &mut Vec<Request>),
) {
    let t = Tokens::of(ui.ctx());
    let row = Row::Source(source.id);
    let project = input.project;
    let own = colour_of(t, source.colour);
    let colour = heard_colour(t, own, project.is_audible(row));
    let selected = is_selected(project, view, row);
    let active = selected || view.focused == Some(row);
    card(ui, rect, response, (selected, active), own);
    let inner = rect.x_range();
    let (left, right) = (inner.min + LEFT, inner.max - RIGHT);
    let middle = rect.top() + TEXT;
    let opacity = if project.is_dimmed(row) { DIMMED } else { 1.0 };

    let silenced = (source.mute, source.solo);
    let clicked = letters(ui, (right, middle), &source.name, silenced);
    out.extend(clicked.map(|click| Request::Edit(click.edit(row, silenced))));
    let near = ui.rect_contains_pointer(rect) || response.has_focus();
    let more = right - 2.0 * (LETTER + 4.0);
    let more = more_button(
        ui,
        pos2(more, middle),
        near,
        &source.name,
        (row, input, view),
        (cache, out),
    );
    triangle(ui, pos2(left, middle), source, view);

    ui.multiply_opacity(opacity);
    let number = (place + 1).to_string();
    let second = (theme::secondary(), t.third);
    ui.painter().text(
        pos2(left + 24.0, middle),
        Align2::CENTER_CENTER,
        number,
        second.0.clone(),
        second.1,
    );
    let from = rect.left() + NAME;
    let label = format!("Name of {}", source.name);
    let field = Rect::from_x_y_ranges((from - 4.0)..=more, (middle - 11.0)..=(middle + 11.0));
    if !name::edit(
        ui,
        field,
        (row, &label),
        project,
        view,
        (&mut *cache, &mut *out),
    ) {
        let end = truncated(
            ui,
            (from, middle),
            more,
            &source.name,
            (theme::strong(), t.text),
        );
        let (words, _) = cache.facts(project, source);
        truncated(
            ui,
            (end + 7.0, middle + 0.5),
            more,
            &beyond(words, &source.name),
            (theme::secondary(), t.third),
        );
    }

    let line = pictures(rect, left, right);
    if let Some(thumbnails) = thumbnails {
        thumbnail(
            ui,
            line.template,
            &thumbnails.template(&source.members),
            colour,
        );
        thumbnail(
            ui,
            line.activation,
            &thumbnails.activation(&source.members),
            colour,
        );
    }
    let gain = Gain {
        row,
        name: &source.name,
        gain_db: source.gain_db,
    };
    gain::slider(ui, line.slider, &gain, colour, (&mut *cache, &mut *out));
    gain_field::typed(ui, line.figure, &gain, t.second, (&mut *cache, &mut *out));
    let (_, pan_of) = cache.facts(project, source);
    let mut end = right;
    if let Some(pan_of) = pan_of {
        let place = Rect::from_min_max(
            pos2(right - PAN, rect.top() + METER),
            pos2(right, rect.top() + METER + METER_HEIGHT),
        );
        pan::mark(ui, place, pan_of, colour);
        end = place.left() - BETWEEN;
    }
    let meter = Rect::from_min_size(
        pos2(left, rect.top() + METER),
        vec2(end - left, METER_HEIGHT),
    );
    bar(
        ui,
        meter,
        meter_share(input.meters.get(place).copied().unwrap_or(0.0)),
        colour,
    );
}

/// The words that the name does not say already.
fn beyond(words: &str, name: &str) -> String {
    let name = name.to_lowercase();
    let new = words.split(" · ").filter(|&word| !name.contains(word));
    new.collect::<Vec<_>>().join(" · ")
}

/// The places in the line of pictures.
struct Pictures {
    template: Rect,
    activation: Rect,
    slider: Rect,
    figure: Rect,
}

fn pictures(rect: Rect, left: f32, right: f32) -> Pictures {
    let middle = rect.top() + PICTURES;
    let place = |from: f32, to: f32| {
        let half = PICTURE_HEIGHT / 2.0;
        Rect::from_x_y_ranges(from..=to.max(from), (middle - half)..=(middle + half))
    };
    let figure = right - FIGURE;
    let slider = figure - SLIDER;
    let activation = left + TEMPLATE + BETWEEN;
    Pictures {
        template: place(left, left + TEMPLATE),
        activation: place(activation, slider - BETWEEN),
        slider: place(slider, figure),
        figure: place(figure, right),
    }
}

fn card(
    ui: &Ui,
    rect: Rect,
    response: &Response,
    (selected, active): (bool, bool),
    colour: eframe::egui::Color32,
) {
    let t = Tokens::of(ui.ctx());
    let radius = CornerRadius::same(CARD_RADIUS);
    let painter = ui.painter();
    // The strip is the part of a wider rounded bar that the card leaves free.
    painter.rect_filled(rect, radius, colour);
    let card = rect.with_min_x(rect.left() + STRIP);
    let hovered = response.contains_pointer();
    let fill = match (selected, hovered) {
        (true, _) => blend(t.card, t.hover, 0.55),
        (false, true) => blend(t.card, t.hover, 0.25),
        (false, false) => t.card,
    };
    let radius = CornerRadius {
        nw: 0,
        sw: 0,
        ne: CARD_RADIUS,
        se: CARD_RADIUS,
    };
    painter.rect_filled(card, radius, fill);
    if active {
        let stroke = Stroke::new(1.0, blend(t.hover, t.third, 0.45));
        painter.rect_stroke(card, radius, stroke, StrokeKind::Inside);
    } else if !t.dark {
        let stroke = Stroke::new(1.0, t.line);
        painter.rect_stroke(card, radius, stroke, StrokeKind::Inside);
    }
    focus_ring(ui, rect, response);
}

fn triangle(ui: &Ui, at: eframe::egui::Pos2, source: &Source, view: &mut View) {
    let t = Tokens::of(ui.ctx());
    let open = view.unfolded.contains(&source.id);
    let rect = Rect::from_center_size(at + vec2(5.0, 0.0), vec2(18.0, 20.0));
    let response = ui.interact(rect, ui.scope_id().with("fold"), Sense::click());
    let what = if open { "Fold" } else { "Unfold" };
    let label = format!("{what} {}", source.name);
    response.widget_info(|| WidgetInfo::labeled(Role::DisclosureTriangle, true, &label));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_expanded(open));
    let colour = if response.hovered() { t.text } else { t.second };
    let icon = if open {
        icons::CHEVRON_DOWN
    } else {
        icons::CHEVRON_RIGHT
    };
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        icon,
        theme::icon(14.0),
        colour,
    );
    focus_ring(ui, rect, &response);
    if response.clicked() && !view.unfolded.remove(&source.id) {
        view.unfolded.insert(source.id);
    }
}

/// The button of the menu, seen where the pointer or the keyboard is. Returns where it begins.
fn more_button(
    ui: &Ui,
    at: eframe::egui::Pos2,
    near: bool,
    name: &str,
    (row, input, view): (Row, &Input<'_>, &mut View),
    (cache, out): (&mut Cache, &mut Vec<Request>),
) -> f32 {
    let t = Tokens::of(ui.ctx());
    let rect = Rect::from_min_max(at - vec2(24.0, 10.0), at + vec2(-2.0, 10.0));
    let response = ui.interact(rect, ui.scope_id().with("more"), Sense::click());
    let label = format!("More for {name}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response));
    let shown = near || open || response.has_focus();
    if shown {
        if response.hovered() || open {
            ui.painter()
                .rect_filled(rect, CornerRadius::same(theme::RADIUS), t.hover);
        }
        ui.painter().text(
            rect.center(),
            Align2::CENTER_CENTER,
            icons::ELLIPSIS,
            theme::icon(14.0),
            t.second,
        );
        focus_ring(ui, rect, &response);
    }
    Popup::menu(&response).show(|ui| menu::show(ui, row, (input.project, view), (cache, out)));
    if shown { rect.left() - 4.0 } else { at.x - 4.0 }
}
