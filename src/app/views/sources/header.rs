//! The head of the list: how much there is, the solo light, sorting, and how much goes together.

use eframe::egui::{
    Align, Id, Layout, Popup, Rect, RectAlign, Response, RichText, Slider, Tooltip, Ui, vec2,
};

use super::cache::new_drag;
use super::input::{Cut, Input};
use crate::app::actions::{Action, entry_of};
use crate::app::icons;
use crate::app::live_mix::LiveMix;
use crate::app::request::Request;
use crate::app::theme::{self, Tokens};
use crate::app::widgets::{icon_button, letter_toggle, note, title};
use crate::project::{DragId, Edit};

const SORTS: [Action; 4] = [
    Action::SortByPitch,
    Action::SortByEnergy,
    Action::SortByOnset,
    Action::SortByPercussiveness,
];

/// Draws the head of so many atoms that are being found.
pub(super) fn show_making(ui: &mut Ui, atoms: usize, mix: &mut LiveMix) {
    ui.horizontal(|ui| {
        title(ui, "Sources");
        note(ui, format!("finding {}", count(atoms, "atom")));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if light(ui, mix.any_solo()) {
                mix.clear_solos();
            }
        });
    });
}

/// Draws the head.
pub(super) fn show(ui: &mut Ui, input: &Input<'_>, out: &mut Vec<Request>) {
    let project = input.project;
    let rows = !project.sources().is_empty();
    ui.horizontal(|ui| {
        title(ui, "Sources");
        if rows {
            let words = format!(
                "{} · {}",
                count(project.sources().len(), "source"),
                count(project.atoms().len(), "atom")
            );
            note(ui, words);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                if light(ui, project.any_solo()) {
                    out.push(Request::Edit(Edit::ClearSolos));
                }
                sort(ui, out);
            });
        }
    });
    if rows && let Some(cut) = input.cut {
        regroup(ui, input, cut, out);
    }
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Is lit while anything is soloed. Returns whether all solos are to be cleared.
fn light(ui: &mut Ui, lit: bool) -> bool {
    let t = Tokens::of(ui.ctx());
    let tooltip = if lit {
        "Something is soloed: click to hear everything again (0)"
    } else {
        "Nothing is soloed"
    };
    ui.add_enabled_ui(lit, |ui| {
        letter_toggle(ui, "S", "Clear solos", tooltip, lit, t.solo).clicked()
    })
    .inner
}

fn sort(ui: &mut Ui, out: &mut Vec<Request>) {
    let button = icon_button(
        ui,
        icons::ARROW_DOWN_UP,
        "Sort sources",
        "Sort the sources",
        true,
    );
    Popup::menu(&button).show(|ui| {
        for action in SORTS {
            let entry = entry_of(action);
            if ui.button(entry.label).on_hover_text(entry.help).clicked() {
                out.push(Request::Act(action));
            }
        }
    });
}

/// The drag of the slider, and where it stands, which may be more sources than there come to be.
#[derive(Clone, Copy)]
struct Pulled {
    drag: DragId,
    sources: usize,
}

/// The slider from fewer to more sources.
fn regroup(ui: &mut Ui, input: &Input<'_>, cut: &Cut<'_>, out: &mut Vec<Request>) {
    let t = Tokens::of(ui.ctx());
    let most = input.project.atoms().len();
    let key = Id::unique("number of sources");
    let pulled: Option<Pulled> = ui.data(|data| data.get_temp(key));
    let present = input.project.sources().len();
    let mut sources = pulled.map_or(present, |pulled| pulled.sources);
    let (rect, _) = ui.allocate_exact_size(
        vec2(ui.available_width(), 20.0),
        eframe::egui::Sense::hover(),
    );
    let words = |text: &str| RichText::new(text).font(theme::secondary()).color(t.third);
    let ends = [34.0, 32.0];
    let left = rect.with_max_x(rect.left() + ends[0]);
    let right = rect.with_min_x(rect.right() - ends[1]);
    at(ui, left, Layout::left_to_right(Align::Center), |ui| {
        ui.label(words("fewer"))
    });
    at(ui, right, Layout::right_to_left(Align::Center), |ui| {
        ui.label(words("more"))
    });
    let middle = rect
        .with_min_x(left.right() + 4.0)
        .with_max_x(right.left() - 4.0);
    let response = at(ui, middle, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().slider_width = middle.width();
        ui.spacing_mut().interact_size.y = 15.0;
        let slider = Slider::new(&mut sources, 1..=most.max(2))
            .logarithmic(most > 24)
            .show_value(false);
        ui.add(slider)
    });
    response.widget_info(|| {
        eframe::egui::WidgetInfo::slider(true, sources as f64, "Number of sources")
    });
    if response.changed() {
        let drag = pulled.map_or_else(|| new_drag(ui.ctx(), key), |pulled| pulled.drag);
        out.push(Request::Drag(Edit::Regroup(cut(sources)), drag));
        if response.dragged() {
            ui.data_mut(|data| data.insert_temp(key, Pulled { drag, sources }));
        }
    }
    if response.drag_stopped() {
        ui.data_mut(|data| data.remove::<Pulled>(key));
    }
    // Above, where it covers no row.
    let mut tooltip = Tooltip::for_enabled(&response);
    tooltip.popup = tooltip.popup.align(RectAlign::TOP);
    tooltip.show(|ui| {
        ui.label("Put the atoms together into fewer sources, or take them apart into more")
    });
}

fn at(ui: &mut Ui, rect: Rect, layout: Layout, add: impl FnOnce(&mut Ui) -> Response) -> Response {
    let builder = eframe::egui::UiBuilder::new().max_rect(rect).layout(layout);
    ui.scope_builder(builder, add).inner
}
