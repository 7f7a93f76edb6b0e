//! The bar at the top: the menus, what is open, undo, redo and export.

use std::path::PathBuf;

use eframe::egui::{self, Align, FontId, Layout, Rangef, Rect, RichText, Ui};

use crate::app::actions::{Action, ENTRIES, Menu, entry_of, with_reason, written};
use crate::app::icons;
use crate::app::request::Request;
use crate::app::theme::{self, Tokens};
use crate::app::widgets::{icon_button, note};

/// Room on both sides of the name of what is open.
const BESIDE: f32 = 16.0;

/// What the bar shows.
pub(in crate::app) struct Bar<'a> {
    /// Name of what is open, with a mark where something is not saved.
    pub title: Option<String>,
    /// Rate, channels, format and length of it.
    pub facts: String,
    /// Whether there is something that is not saved.
    pub unsaved: bool,
    /// What undo would take back.
    pub undo: Option<&'a str>,
    /// What redo would make again.
    pub redo: Option<&'a str>,
    /// Files that were open before, newest first.
    pub recent: &'a [PathBuf],
    /// Why an action cannot be done now, if it cannot.
    pub why_not: &'a dyn Fn(Action) -> Option<&'static str>,
    /// Whether an action that switches something has it switched on.
    pub checked: &'a dyn Fn(Action) -> bool,
}

/// Draws the bar.
pub(in crate::app) fn show(ui: &mut Ui, bar: &Bar<'_>, out: &mut Vec<Request>) {
    let whole = ui.max_rect();
    let room = ui.horizontal_centered(|ui| {
        ui.label(RichText::new("Partita").font(theme::heading()));
        ui.add_space(4.0);
        let mut room = Rangef::new(0.0, whole.right());
        egui::MenuBar::new().ui(ui, |ui| {
            for menu in Menu::ALL {
                let shown = ui.menu_button(menu.label(), |ui| show_menu(ui, menu, bar, out));
                room.min = shown.response.rect.right();
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let export = entry_of(Action::Export);
            let button = egui::Button::new("Export…").min_size(egui::vec2(74.0, 26.0));
            let reason = (bar.why_not)(Action::Export);
            let response = ui.add_enabled(reason.is_none(), button);
            let tooltip = with_reason(&export.tooltip(ui.ctx()), reason);
            if response
                .on_hover_text(&tooltip)
                .on_disabled_hover_text(tooltip)
                .clicked()
            {
                out.push(Request::Act(Action::Export));
            }
            ui.add_space(4.0);
            for (icon, action, what) in [
                (icons::REDO_2, Action::Redo, bar.redo),
                (icons::UNDO_2, Action::Undo, bar.undo),
            ] {
                let label = words(action, what);
                let keys = entry_of(action).keys;
                let keys = keys.map_or(String::new(), |keys| {
                    format!(" ({})", written(ui.ctx(), &keys))
                });
                let reason = (bar.why_not)(action);
                let tooltip = with_reason(&format!("{label}{keys}"), reason);
                let name = entry_of(action).label;
                let response = icon_button(ui, icon, name, &tooltip, reason.is_none());
                if response.clicked() {
                    out.push(Request::Act(action));
                }
                room.max = response.rect.left();
            }
        });
        room
    });
    if let Some(title) = &bar.title {
        let room = Rect::from_x_y_ranges(room.inner.shrink(BESIDE), whole.y_range());
        named(ui, room, title, bar);
    }
}

/// Writes what is open in the middle of the window, where the room allows it.
fn named(ui: &mut Ui, room: Rect, title: &str, bar: &Bar<'_>) {
    let t = Tokens::of(ui.ctx());
    let width = |text: &str, font: FontId| {
        let galley = ui.painter().layout_no_wrap(text.to_owned(), font, t.text);
        galley.size().x
    };
    let space = ui.spacing().item_spacing.x;
    let (name, facts) = (
        width(title, theme::strong()),
        width(&bar.facts, theme::secondary()),
    );
    let with_facts = name + space + facts <= room.width();
    let wanted = if with_facts {
        name + space + facts
    } else {
        name
    };
    let middle = ui.ctx().content_rect().center().x;
    let left = (middle - wanted / 2.0)
        .min(room.right() - wanted)
        .max(room.left());
    let mut middle = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(room.with_min_x(left))
            .layout(Layout::left_to_right(Align::Center)),
    );
    let text = RichText::new(title).font(theme::strong()).color(t.text);
    middle
        .add(egui::Label::new(text).truncate())
        .on_hover_text(if bar.unsaved {
            "Not saved yet"
        } else {
            "Saved, or unchanged"
        });
    if with_facts {
        note(&mut middle, bar.facts.clone());
    }
}

fn words(action: Action, what: Option<&str>) -> String {
    let label = entry_of(action).label;
    what.map_or_else(|| label.to_owned(), |what| format!("{label} {what}"))
}

fn show_menu(ui: &mut Ui, menu: Menu, bar: &Bar<'_>, out: &mut Vec<Request>) {
    ui.set_min_width(240.0);
    for entry in ENTRIES.iter().filter(|entry| entry.menu == menu) {
        if entry.begins_group {
            ui.separator();
        }
        let text = match entry.action {
            Action::Undo => words(Action::Undo, bar.undo),
            Action::Redo => words(Action::Redo, bar.redo),
            _ => entry.label.to_owned(),
        };
        let mut button = egui::Button::new(text).selected((bar.checked)(entry.action));
        if let Some(keys) = &entry.keys {
            button = button.shortcut_text(written(ui.ctx(), keys));
        }
        let reason = (bar.why_not)(entry.action);
        let response = ui.add_enabled(reason.is_none(), button);
        if response
            .on_hover_text(entry.help)
            .on_disabled_hover_text(with_reason(entry.help, reason))
            .clicked()
        {
            out.push(Request::Act(entry.action));
            ui.close();
        }
        if entry.action == Action::OpenDemo && !bar.recent.is_empty() {
            ui.menu_button("Open recent", |ui| {
                for path in bar.recent {
                    let name = path
                        .file_name()
                        .unwrap_or(path.as_os_str())
                        .to_string_lossy();
                    let response = ui.button(name);
                    if response.on_hover_text(path.to_string_lossy()).clicked() {
                        out.push(Request::OpenPath(path.clone()));
                        ui.close();
                    }
                }
            });
        }
    }
}
