//! What can be done to a row, as a menu.

use eframe::egui::{Button, CornerRadius, Response, Role, Sense, Ui, WidgetInfo, vec2};

use super::cache::Cache;
use super::colour::{NONE, colour_of};
use super::list::row_id;
use super::name::begin_renaming;
use super::select::{is_of_source, is_selected, select, selected_atoms, selected_sources};
use crate::app::actions::{Action, entry_of, written};
use crate::app::palette::PALETTE_SIZE;
use crate::app::request::Request;
use crate::app::theme::{RADIUS, Tokens};
use crate::app::view::View;
use crate::app::widgets::{focus_ring, note};
use crate::project::{Colour, Edit, Project, Row, SourceId};

/// Side of a swatch.
const SWATCH: f32 = 18.0;

/// Draws the menu of a row. It acts on the selection where the row is part of that, and makes the
/// row the selection otherwise.
pub(super) fn show(
    ui: &mut Ui,
    row: Row,
    (project, view): (&Project, &mut View),
    (cache, out): (&mut Cache, &mut Vec<Request>),
) {
    ui.set_min_width(190.0);
    // Atoms that are selected only since their source is are not meant by one of them.
    let of_source = matches!(row, Row::Atom(atom) if is_of_source(project, view, atom));
    if of_source || !is_selected(project, view, row) {
        select(project, view, &mut cache.anchor, row);
    }
    view.focused = Some(row);
    let rename = button(ui, entry_of(Action::Rename).label, Action::Rename, true);
    if !ui.is_sizing_pass() && ui.memory(|memory| memory.focused()) == Some(row_id(row)) {
        // The keys are meant for the menu now.
        rename.request_focus();
    }
    if rename.clicked() {
        begin_renaming(ui.ctx(), project, view);
        cache.field = None;
    }
    if let Row::Source(id) = row {
        colours(ui, id, project, out);
    }
    ui.separator();
    let atoms = selected_atoms(project, view);
    let sources = selected_sources(project, view);
    let whole = |id: &SourceId| is_selected(project, view, Row::Source(*id));
    let is_source_already = sources.len() == 1 && sources.iter().all(whole);
    if item(ui, Action::Merge, sources.len() > 1) {
        out.push(Request::Edit(Edit::MergeSources(sources)));
    }
    if item(
        ui,
        Action::SplitOff,
        !atoms.is_empty() && !is_source_already,
    ) {
        out.push(Request::Edit(Edit::SplitOff { atoms }));
    }
    if let Row::Atom(_) = row {
        ui.menu_button("Move to", |ui| {
            move_to(ui, &selected_atoms(project, view), project, out)
        });
    }
    ui.separator();
    if item(ui, Action::SoloRowOnly, true) {
        out.push(Request::Edit(Edit::SoloExclusive(row)));
    }
    let on = !project.is_muted(row);
    let label = if on { "Mute" } else { "Unmute" };
    if button(ui, label, Action::MuteRow, true).clicked() {
        out.push(Request::Edit(Edit::SetMute { row, on }));
    }
    ui.separator();
    if closing(ui, true, Button::new("Show in inspector")).clicked() {
        select(project, view, &mut cache.anchor, row);
        view.inspector = true;
    }
}

/// The sources that atoms are not in yet.
fn move_to(ui: &mut Ui, atoms: &[usize], project: &Project, out: &mut Vec<Request>) {
    for source in project.sources() {
        let other = atoms.iter().any(|atom| !source.members.contains(atom));
        if closing(ui, other, Button::new(&source.name)).clicked() {
            out.push(Request::Edit(Edit::MoveAtoms {
                atoms: atoms.to_vec(),
                to: source.id,
                at: source.members.len(),
            }));
        }
    }
}

fn item(ui: &mut Ui, action: Action, enabled: bool) -> bool {
    button(ui, entry_of(action).label, action, enabled).clicked()
}

/// An item with the keys that do the same.
fn button(ui: &mut Ui, label: &str, action: Action, enabled: bool) -> Response {
    let keys = entry_of(action).keys.map(|keys| written(ui.ctx(), &keys));
    let mut button = Button::new(label);
    if let Some(keys) = keys {
        button = button.shortcut_text(keys);
    }
    closing(ui, enabled, button)
}

/// An item with which the menu closes, by the keyboard as well.
fn closing(ui: &mut Ui, enabled: bool, button: Button<'_>) -> Response {
    let response = ui.add_enabled(enabled, button);
    if response.clicked() {
        ui.close();
    }
    response
}

fn colours(ui: &mut Ui, id: SourceId, project: &Project, out: &mut Vec<Request>) {
    let present = project.source(id).map(|source| source.colour);
    note(ui, "Colour");
    let palette = (0u8..).take(PALETTE_SIZE).map(Colour::Palette);
    let all: Vec<Colour> = palette.chain([NONE]).collect();
    ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
    for colours in all.chunks(9) {
        ui.horizontal(|ui| {
            for &colour in colours {
                if swatch(ui, colour, present == Some(colour)) {
                    out.push(Request::Edit(Edit::Recolour { source: id, colour }));
                    ui.close();
                }
            }
        });
    }
    ui.add_space(2.0);
}

fn swatch(ui: &mut Ui, colour: Colour, chosen: bool) -> bool {
    let t = Tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(SWATCH, SWATCH), Sense::click());
    let label = match colour {
        Colour::Palette(index) => format!("Colour {}", u16::from(index) + 1),
        Colour::Rgb(_) => "No colour".to_owned(),
    };
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, &label));
    let grown = if response.hovered() { 1.0 } else { 0.0 };
    let radius = CornerRadius::same(RADIUS);
    ui.painter()
        .rect_filled(rect.expand(grown), radius, colour_of(t, colour));
    if chosen {
        ui.painter().circle_filled(rect.center(), 3.5, t.window);
    }
    focus_ring(ui, rect, &response);
    response.on_hover_text(label).clicked()
}
