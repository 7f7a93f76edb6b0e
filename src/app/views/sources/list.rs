//! The list as a whole.

use std::sync::Arc;

use eframe::egui::{
    Align2, Id, PointerButton, Popup, Rect, Response, Role, ScrollArea, Sense, SetOpenCommand, Ui,
    UiBuilder, WidgetInfo, pos2, style::ScrollAnimation, vec2,
};

use super::cache::Cache;
use super::colour::colour_of;
use super::input::Input;
use super::lines::{Line, Lines};
use super::name::begin_renaming;
use super::select::{click, is_selected};
use super::sureness::sureness;
use super::thumbnails::Thumbnails;
use super::{atom_row, drag, header, keys, live, menu, source_row};
use crate::app::request::Request;
use crate::app::theme::{self, Tokens};
use crate::app::view::{AskedOfList, View};
use crate::project::Row;

/// Draws the list of sources and atoms.
pub(in crate::app) fn show(
    ui: &mut Ui,
    input: &Input<'_>,
    view: &mut View,
    cache: &mut Cache,
    out: &mut Vec<Request>,
) {
    let project = input.project;
    let making = input
        .live
        .filter(|live| !live.keeps_rows(project.atoms().len()));
    let thumbnails = thumbnails(ui, input, cache);
    if let Some(live) = making {
        let atoms = live.factors.components();
        view.live_mix.follow(atoms);
        header::show_making(ui, atoms, &mut view.live_mix);
        ui.add_space(4.0);
        live::show(ui, live, thumbnails.as_deref(), &mut view.live_mix);
        return;
    }
    header::show(ui, input, out);
    ui.add_space(4.0);
    if project.sources().is_empty() {
        empty(ui, input.separating);
    } else {
        rows(ui, (input, thumbnails.as_deref()), view, (cache, out));
    }
}

/// The thumbnails of what is being found, or of what was found.
fn thumbnails(ui: &Ui, input: &Input<'_>, cache: &mut Cache) -> Option<Arc<Thumbnails>> {
    let (factors, axes) = match (input.live, input.project.separation()) {
        (Some(live), _) => (&live.factors, live.axes),
        (None, Some(data)) => (&data.factors, data.axes()),
        (None, None) => return None,
    };
    cache.thumbnails.of(ui.ctx(), factors, axes)
}

fn empty(ui: &mut Ui, separating: bool) {
    let t = Tokens::of(ui.ctx());
    let rect = ui.available_rect_before_wrap();
    let words = if separating {
        "Atoms appear here\nas soon as there are any"
    } else {
        "Press Separate to find the sources\nin this recording"
    };
    let at = pos2(rect.center().x, rect.top() + 64.0);
    let galley = ui
        .painter()
        .layout(words.to_owned(), theme::secondary(), t.second, rect.width());
    let place = Align2::CENTER_TOP.anchor_size(at, galley.size());
    ui.painter().galley(place.min, galley, t.second);
    let response = ui.interact(place, ui.scope_id().with("no sources"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.replace('\n', " ")));
}

fn rows(
    ui: &mut Ui,
    (input, thumbnails): (&Input<'_>, Option<&Thumbnails>),
    view: &mut View,
    (cache, out): (&mut Cache, &mut Vec<Request>),
) {
    let project = input.project;
    let lines = Lines::of(project, view);
    if let Some((row, _)) = &view.renaming
        && cache.field.is_none()
    {
        cache.reveal = Some(*row);
    }
    let asked = view.asked.take();
    if let (Some(asked), Some(row)) = (asked, view.focused) {
        cache.go_to(row);
        cache.menu = (asked == AskedOfList::Menu).then_some(row);
    }
    if ui.input(|input| input.pointer.delta().length() > 0.0) {
        cache.scrolling = false;
    }
    let area = ScrollArea::vertical()
        .id_salt("sources")
        .auto_shrink([false, false]);
    let before = ui.input(|input| input.smooth_scroll_delta.y);
    let mut hovered = None;
    let output = area.show_viewport(ui, |ui, viewport| {
        // Room under the last row to drop atoms into a source of their own.
        ui.set_height(lines.height + 48.0);
        let list = ui.max_rect();
        let place = |line: &Line| {
            let top = list.top() + line.top;
            Rect::from_min_size(pos2(list.left(), top), vec2(list.width(), line.height))
        };
        let visible = lines.within(viewport.top(), viewport.bottom());
        for line in visible {
            let rect = place(line);
            if ui.rect_contains_pointer(rect) {
                hovered = Some(line.row);
            }
            one(
                ui,
                (rect, line, &lines),
                (input, thumbnails),
                view,
                (&mut *cache, &mut *out),
            );
        }
        // The row that has the keyboard keeps it out of sight.
        let focused = view.focused.and_then(|row| lines.find(row)).copied();
        if let Some(line) = focused.filter(|line| !visible.contains(line)) {
            one(
                ui,
                (place(&line), &line, &lines),
                (input, thumbnails),
                view,
                (&mut *cache, &mut *out),
            );
        }
        if let Some(line) = cache.reveal.take().and_then(|row| lines.find(row)) {
            ui.scroll_to_rect_animation(place(line).expand(4.0), None, ScrollAnimation::none());
        }
        drag::follow(ui, &lines, list.top(), project, (&mut *cache, &mut *out));
    });
    let after = ui.input(|input| input.smooth_scroll_delta.y);
    if before != 0.0
        && after == 0.0
        && output
            .inner_rect
            .contains(ui.input(|i| i.pointer.latest_pos()).unwrap_or_default())
    {
        cache.scrolling = true;
    }
    if hovered.is_some() || cache.hovering {
        view.hovered = hovered;
    }
    cache.hovering = hovered.is_some();
}

/// A row: what all rows do, and what it shows.
fn one(
    ui: &mut Ui,
    (rect, line, lines): (Rect, &Line, &Lines),
    (input, thumbnails): (&Input<'_>, Option<&Thumbnails>),
    view: &mut View,
    (cache, out): (&mut Cache, &mut Vec<Request>),
) {
    let project = input.project;
    let row = line.row;
    let id = row_id(row);
    let response = ui.interact(rect, id, Sense::click_and_drag());
    describe(ui, &response, row, input, view);
    if cache.take_keyboard == Some(row) {
        cache.take_keyboard = None;
        response.request_focus();
    }
    keys::act(
        ui,
        &response,
        (line, lines),
        (project, &mut *view),
        &mut *cache,
    );
    if response.clicked() {
        let modifiers = ui.input(|input| input.modifiers);
        response.request_focus();
        click(project, view, &mut cache.anchor, lines, (row, modifiers));
    }
    if response.double_clicked() {
        view.focused = Some(row);
        begin_renaming(ui.ctx(), project, view);
        cache.field = None;
    }
    if response.drag_started_by(PointerButton::Primary) {
        cache.dragged = Some(drag::take(project, view, row));
    }
    response
        .context_menu(|ui| menu::show(ui, row, (project, &mut *view), (&mut *cache, &mut *out)));
    let asked = cache.menu.take_if(|asked| *asked == row);
    // At the name, wherever the row is: a menu that finds no room there is moved, but not away.
    let name = pos2(
        rect.left() + source_row::NAME,
        rect.bottom().min(rect.top() + source_row::UNDER_NAME),
    );
    Popup::menu(&response)
        .id(id.with("menu by keys"))
        .anchor(name)
        .align_alternatives(&[])
        .open_memory(asked.map(|_| SetOpenCommand::Bool(true)))
        .show(|ui| menu::show(ui, row, (project, &mut *view), (&mut *cache, &mut *out)));
    let Some(source) = project.source(line.source) else {
        return;
    };
    let builder = UiBuilder::new().max_rect(rect).id_salt(id);
    let mut ui = ui.new_child(builder);
    let shown = (rect, &response);
    match row {
        Row::Source(_) => {
            let what = (source, line.place);
            source_row::show(
                &mut ui,
                shown,
                what,
                (input, thumbnails),
                view,
                (cache, out),
            );
        }
        Row::Atom(atom) => {
            let colour = colour_of(Tokens::of(ui.ctx()), source.colour);
            atom_row::show(
                &mut ui,
                shown,
                (atom, colour),
                (input, thumbnails),
                view,
                (cache, out),
            );
        }
    }
}

/// Tells screen readers about a row.
fn describe(ui: &Ui, response: &Response, row: Row, input: &Input<'_>, view: &View) {
    let name = input.project.row_name(row).unwrap_or_default();
    let label = match row {
        Row::Source(_) => name,
        Row::Atom(atom) => match sureness(input.project, atom) {
            Some(sure) => format!("Atom {}: {name}, {}", atom + 1, sure.words),
            None => format!("Atom {}: {name}", atom + 1),
        },
    };
    let selected = is_selected(input.project, view, row);
    response.widget_info(|| WidgetInfo::labeled(Role::TreeItem, true, &label));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_selected(selected);
        node.set_level(match row {
            Row::Source(_) => 1,
            Row::Atom(_) => 2,
        });
    });
}

/// The id of a row, whatever its place.
pub(super) fn row_id(row: Row) -> Id {
    Id::unique(("row of the list", row))
}
