//! What is shown before anything is open.

use std::path::{Path, PathBuf};

use eframe::egui::{self, Align, Layout, RichText, Ui, vec2};

use crate::app::actions::{Action, entry_of};
use crate::app::icons;
use crate::app::request::Request;
use crate::app::theme::{self, Tokens};
use crate::app::widgets::{note, primary_button, title};

/// Draws the empty state. `opening` says what is being read.
pub(in crate::app) fn show(
    ui: &mut Ui,
    recent: &[PathBuf],
    opening: Option<&str>,
    out: &mut Vec<Request>,
) {
    let t = Tokens::of(ui.ctx());
    let rows = recent.len().min(6);
    let height = 236.0
        + if rows > 0 {
            40.0 + 28.0 * rows as f32
        } else {
            0.0
        };
    let space = ((ui.available_height() - height) / 2.0).max(12.0);
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space(space);
        ui.label(RichText::new(icons::AUDIO_LINES).font(theme::icon(44.0)).color(t.accent));
        ui.add_space(10.0);
        ui.label(RichText::new("Take a recording apart").font(theme::heading()));
        ui.add_space(2.0);
        ui.label(
            RichText::new("Partita finds the sounds that a recording is made of: see them, hear them, take them away as stems")
                .color(t.second),
        );
        ui.add_space(16.0);
        if let Some(words) = opening {
            ui.label(words);
            return;
        }
        let width = 180.0;
        ui.allocate_ui_with_layout(
            vec2(2.0 * width + 12.0, 34.0),
            Layout::left_to_right(Align::Center),
            |ui| {
                ui.spacing_mut().item_spacing.x = 12.0;
                let open = primary_button(ui, "Open recording…", width, true);
                if open.on_hover_text(entry_of(Action::Open).tooltip(ui.ctx())).clicked() {
                    out.push(Request::Act(Action::Open));
                }
                let demo = egui::Button::new("Try the demo").min_size(vec2(width, 34.0));
                let demo = ui.add(demo).on_hover_text("Open 16 seconds of music that come with Partita");
                if demo.clicked() {
                    out.push(Request::Act(Action::OpenDemo));
                }
            },
        );
        ui.add_space(6.0);
        note(ui, "or drop a WAV, FLAC, MP3, Ogg, M4A or AIFF file anywhere in the window");
        if rows > 0 {
            ui.add_space(22.0);
            title(ui, "Recent");
            for path in &recent[..rows] {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                let icon = match path.extension() {
                    Some(extension) if extension == "partita" => icons::LAYERS,
                    _ => icons::FILE_AUDIO,
                };
                let text = format!("{icon}  {name}");
                let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
                let folder = RichText::new(folder.to_string_lossy()).font(theme::secondary());
                let button = egui::Button::new((text, folder.color(t.second)));
                let button = button.frame_when_inactive(false);
                if ui.add(button).on_hover_text(path.to_string_lossy()).clicked() {
                    out.push(Request::OpenPath(path.clone()));
                }
            }
        }
    });
}
