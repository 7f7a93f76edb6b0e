//! What is shown while the system asks for a file.

use eframe::egui::Context;

use super::frame::{foot, modal};
use crate::app::widgets::{note, title};

/// Says that the user is asked for a file elsewhere, over everything, so that no key that is meant
/// for the file dialog means something here. Returns whether nothing is to come of it any more,
/// which takes a click: the keys may have been meant for the file dialog.
pub(in crate::app) fn waiting(ctx: &Context, asked: &str) -> bool {
    let mut cancel = false;
    modal(ctx, "waiting").show(ctx, |ui| {
        ui.set_width(320.0);
        title(ui, asked);
        note(
            ui,
            "Choose in the file dialog of the system, which may take a moment to appear",
        );
        ui.add_space(8.0);
        foot(ui, |ui| {
            cancel = ui.button("Cancel").clicked();
        });
    });
    cancel
}
