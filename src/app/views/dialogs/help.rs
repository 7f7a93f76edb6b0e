//! All shortcuts, and what the mouse does.

use eframe::egui::{Context, Grid, RichText, ScrollArea, Ui};

use super::frame::modal;
use crate::app::actions::{Action, ENTRIES, Menu, written};
use crate::app::theme::{self, Tokens};
use crate::app::widgets::{note, title};

/// What the mouse and other keys do.
const MOUSE: &[(&str, &str)] = &[
    ("Click in the picture", "go there"),
    ("Drag in the picture", "select a part"),
    ("Wheel", "zoom in time"),
    ("Shift and wheel", "go along in time"),
    ("Alt and wheel, Alt and + or -", "zoom in frequency"),
    ("Right drag", "move the picture"),
    ("Click S", "solo, with others"),
    ("Shift-click S", "solo only this"),
    ("Alt-click S", "clear all solos"),
    ("Drag an atom", "to another source"),
    ("Drag an atom below all", "to a source of its own"),
    ("Double-click a name", "rename"),
    ("Double-click a gain", "back to 0 dB"),
    ("Arrows in the list", "move, unfold and fold"),
    ("Tab, Enter", "reach and press any control"),
];

/// Width of all, and of a column at least.
const WIDE: f32 = 1080.0;
const COLUMN: f32 = 340.0;
/// Width of the column of the keys.
const KEYS: f32 = 88.0;

/// Draws the shortcuts. Returns whether they are to be closed.
pub(in crate::app) fn help(ctx: &Context) -> bool {
    let mut close = false;
    let modal = modal(ctx, "help").show(ctx, |ui| {
        let room = ctx.content_rect().size();
        let width = (room.x - 80.0).min(WIDE);
        // Three columns where there is room for them.
        let columns = ((width / COLUMN) as usize).clamp(1, 3);
        ui.set_width(width);
        ui.label(RichText::new("Shortcuts").font(theme::heading()));
        ui.add_space(6.0);
        ScrollArea::vertical()
            .max_height(room.y - 160.0)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.columns(columns, |shown| {
                    // Each where there is most room left, the long one of the mouse first.
                    mouse(&mut shown[columns - 1]);
                    for menu in Menu::ALL {
                        let bottom = |ui: &Ui| ui.cursor().top();
                        let least = shown.iter().map(bottom).fold(f32::INFINITY, f32::min);
                        if let Some(ui) = shown.iter_mut().find(|ui| bottom(ui) <= least) {
                            section(ui, menu);
                        }
                    }
                });
            });
        ui.add_space(8.0);
        close = ui.button("Close").clicked();
    });
    close || modal.should_close()
}

/// Lines of two columns, close to each other, so that all is seen at once.
fn grid(name: &str) -> Grid {
    Grid::new(name)
        .num_columns(2)
        .min_row_height(20.0)
        .spacing([14.0, 1.0])
}

fn mouse(ui: &mut Ui) {
    title(ui, "Mouse and more");
    grid("mouse").show(ui, |ui| {
        for (what, does) in MOUSE {
            ui.label(*what);
            note(ui, *does);
            ui.end_row();
        }
    });
    ui.add_space(10.0);
}

fn section(ui: &mut Ui, menu: Menu) {
    let t = Tokens::of(ui.ctx());
    title(ui, menu.label());
    grid(menu.label()).min_col_width(KEYS).show(ui, |ui| {
        for entry in ENTRIES.iter().filter(|entry| entry.menu == menu) {
            let Some(keys) = &entry.keys else { continue };
            let (keys, label) = match entry.action {
                Action::SoloSource(1) => ("1 to 9".to_owned(), "Solo this source"),
                Action::SoloSource(_) => continue,
                _ => (written(ui.ctx(), keys), entry.label),
            };
            ui.label(RichText::new(keys).color(t.accent));
            ui.label(label).on_hover_text(entry.help);
            ui.end_row();
        }
    });
    ui.add_space(10.0);
}

#[cfg(all(test, feature = "kittest"))]
mod tests {
    use eframe::egui::{Theme, vec2};
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::app::views::sources::fixture::look;

    #[test]
    fn no_word_is_cut_off_at_the_sides_of_any_window() {
        for width in [1024.0, 1280.0, 1440.0, 2560.0] {
            let mut harness = Harness::builder()
                .with_size(vec2(width, 1200.0))
                .with_step_dt(0.1)
                .with_context_setup(look(Theme::Dark))
                .build_ui(|ui| {
                    help(ui.ctx());
                });
            harness.run_steps(6);
            let words = MOUSE.iter().flat_map(|(what, does)| [*what, *does]);
            for word in words.chain(["Shortcuts", "Close", "Undo"]) {
                for node in harness.query_all_by_label(word) {
                    let place = node.rect();
                    let inside = place.left() >= 8.0 && place.right() <= width - 8.0;
                    assert!(inside, "{width}: {word} at {place:?}");
                }
            }
        }
    }
}
