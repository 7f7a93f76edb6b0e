//! Figures about the window's health, on the screen and in a file.

use std::io::Write as _;
use std::path::Path;
use std::sync::PoisonError;

use eframe::egui::{self, Grid, RichText};
use serde::Serialize;

use super::frames::{FrameTimes, PictureTimes, SeparationTimes};
use super::{AppError, Window};
use crate::app::theme::Tokens;
use crate::playback::Diagnostics;
use crate::project::replace;

/// What a user can send with a report.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    frames: FrameTimes,
    picture: PictureTimes,
    separation: SeparationTimes,
    playback: Diagnostics,
}

impl Window {
    fn report(&self) -> Report {
        Report {
            version: env!("CARGO_PKG_VERSION"),
            frames: self.frames.times(),
            picture: self.frames.picture(),
            separation: self.frames.separation(),
            playback: self.player.diagnostics(),
        }
    }

    /// Writes the figures as JSON. Where that fails, it is said when the window has closed.
    pub(super) fn write_diagnostics(&mut self, path: &Path) {
        let text = serde_json::to_string_pretty(&self.report()).unwrap_or_default();
        if let Err(source) = replace(path, true, |file| file.write_all(text.as_bytes())) {
            let path = path.display().to_string();
            let failed = AppError::Diagnostics { source, path };
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(failed);
        }
    }

    /// The figures in a small window of their own.
    pub(super) fn show_diagnostics(&mut self, ctx: &egui::Context) {
        if !self.view.diagnostics {
            return;
        }
        let report = self.report();
        let (frames, sound) = (report.frames, report.playback);
        let device = sound.device.as_ref();
        let milliseconds =
            |time: Option<f32>| time.map_or("-".to_owned(), |time| format!("{time:.0} ms"));
        let rows = [
            ("Frames drawn", frames.count.to_string()),
            ("First frame", format!("{:.0} ms", frames.first_ms)),
            (
                "Frame time, median",
                format!("{:.1} ms", frames.work.p50_ms),
            ),
            ("Frame time, 99 %", format!("{:.1} ms", frames.work.p99_ms)),
            (
                "Frame time, longest",
                format!("{:.1} ms", frames.work.longest_ms),
            ),
            ("Picture seen after", milliseconds(report.picture.begun_ms)),
            (
                "Picture complete after",
                milliseconds(report.picture.complete_ms),
            ),
            (
                "First atoms after",
                milliseconds(report.separation.begun_ms),
            ),
            ("Sources after", milliseconds(report.separation.complete_ms)),
            (
                "Device",
                device.map_or("none".to_owned(), |d| {
                    format!("{} Hz, {} frames", d.rate, d.buffer)
                }),
            ),
            (
                "Callback time, 99 %",
                format!("{:.0} µs", sound.callback_us.p99),
            ),
            ("Sound that waits", format!("{:.1} ms", sound.fill_ms)),
            ("Dropouts", sound.dropouts.to_string()),
            (
                "Play to sound, 99 %",
                format!("{:.1} ms", sound.play_to_device_ms.p99 + sound.device_ms),
            ),
            (
                "Mute to sound, 99 %",
                format!("{:.1} ms", sound.gain_to_device_ms.p99 + sound.device_ms),
            ),
        ];
        let t = Tokens::of(ctx);
        egui::Window::new("Diagnostics")
            .open(&mut self.view.diagnostics)
            .resizable(false)
            .default_pos(ctx.content_rect().center())
            .show(ctx, |ui| {
                Grid::new("diagnostics").num_columns(2).show(ui, |ui| {
                    for (name, value) in rows {
                        ui.label(RichText::new(name).color(t.second));
                        ui.label(value);
                        ui.end_row();
                    }
                });
            });
        ctx.request_repaint_after(std::time::Duration::from_millis(500));
    }
}
