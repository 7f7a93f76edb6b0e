//! A path to be written by hand, where the system has no file dialog.

use std::path::PathBuf;

use eframe::egui::{self, Context, Key, TextEdit};

use super::frame::{foot, modal};
use crate::app::widgets::{note, primary_button, title};

/// A path that is being written.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct PathEntry {
    /// What the path is for.
    pub title: String,
    /// What has been written.
    pub text: String,
}

/// Asks for the path. `Some(None)` when nothing is to happen.
pub(in crate::app) fn path_entry(ctx: &Context, entry: &mut PathEntry) -> Option<Option<PathBuf>> {
    let mut answer = None;
    let modal = modal(ctx, "path").show(ctx, |ui| {
        ui.set_width(460.0);
        title(ui, &entry.title);
        note(
            ui,
            "This system has no file dialog (zenity or a desktop portal): write the path here",
        );
        let edit = TextEdit::singleline(&mut entry.text)
            .hint_text("/path/to/file")
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        response.widget_info(|| egui::WidgetInfo::text_edit(true, "", entry.text.as_str(), "Path"));
        if ui.memory(|memory| memory.focused().is_none()) {
            response.request_focus();
        }
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_space(8.0);
        foot(ui, |ui| {
            let path = entry.text.trim();
            let ready = !path.is_empty();
            if (primary_button(ui, "OK", 80.0, ready).clicked() || entered) && ready {
                answer = Some(Some(PathBuf::from(path)));
            }
            if ui.button("Cancel").clicked() {
                answer = Some(None);
            }
        });
    });
    if answer.is_none() && modal.should_close() {
        answer = Some(None);
    }
    answer
}
