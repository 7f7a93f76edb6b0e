//! Exports: asking, running, telling.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui;

use super::Window;
use super::requests::file_name;
use super::window::{Dialog, Then};
use crate::app::jobs::{self, BrokenDown, Exporting, Pick, Task};
use crate::app::picture::{ImageSettings, PictureTheme, render_image, write_png};
use crate::app::theme::fonts;
use crate::app::views::dialogs::{Confirm, ExportForm, exporting};
use crate::app::views::inspector::{plots_svg, rasterized};
use crate::app::views::toasts::Weight;
use crate::audio::{SampleFormat, StemFormat};
use crate::project::{DEFAULT_TEMPLATE, ExportRequest, Exported, ProjectError, What, replace};
use crate::separation::Outcome;

/// Size of an exported picture in pixels.
const PICTURE: [usize; 2] = [2400, 1200];

/// Exports that run.
#[derive(Default)]
pub(super) struct Exports {
    pub stems: Option<Exporting>,
    pub factors: Option<WritingFactors>,
    pub picture: Option<Task<Result<PathBuf, String>>>,
}

/// W and H that are being written.
pub(super) struct WritingFactors {
    task: Task<Result<Vec<PathBuf>, ProjectError>>,
    /// What was asked for.
    path: PathBuf,
}

impl Exports {
    pub fn any(&self) -> bool {
        self.stems.is_some() || self.factors.is_some() || self.picture.is_some()
    }
}

impl Window {
    pub(super) fn ask_export(&mut self) {
        let project = self.project();
        let Some(recording) = project.recording() else {
            return;
        };
        let folder = self.exported_to.clone().unwrap_or_else(|| {
            let beside = recording.path.parent().unwrap_or(Path::new(""));
            // The demo lies where nobody looks.
            let hidden = self.options.state.as_deref();
            let hidden = hidden.is_some_and(|state| beside.starts_with(state));
            let users = directories::UserDirs::new().filter(|_| hidden);
            let music = users.map(|users| users.audio_dir().unwrap_or(users.home_dir()).to_owned());
            let part = project
                .separation()
                .is_some_and(|data| data.excerpt.is_some());
            let part = if part { " (part)" } else { "" };
            let name = format!("{} stems{part}", recording.name());
            music.unwrap_or_else(|| beside.to_owned()).join(name)
        });
        let format = match recording.info.format {
            SampleFormat::U8 | SampleFormat::I16 => StemFormat::I16,
            SampleFormat::I24 => StemFormat::I24,
            _ => StemFormat::F32,
        };
        let form = ExportForm {
            request: ExportRequest {
                what: What::Sources,
                folder,
                template: DEFAULT_TEMPLATE.to_owned(),
                format,
                overwrite: false,
            },
            without: self.view.focused,
            failed: None,
        };
        self.dialog = Some(Dialog::Export(form));
    }

    /// Asks for the export again, with what was chosen.
    pub(super) fn ask_export_again(&mut self, request: ExportRequest, failed: Option<String>) {
        self.dialog = Some(Dialog::Export(ExportForm {
            without: self.view.focused,
            request,
            failed,
        }));
    }

    pub(super) fn begin_export(&mut self, request: ExportRequest) {
        let Some(samples) = self.samples.clone() else {
            return;
        };
        self.exported_to = Some(request.folder.clone());
        let project = Arc::clone(self.project());
        let wake = Arc::clone(&self.wake);
        self.work.exports.stems = Some(jobs::export(project, samples, request, wake));
    }

    pub(super) fn ask_factors(&mut self) {
        let name = self
            .project()
            .recording()
            .map_or_else(String::new, |recording| recording.name());
        self.pick(Pick::Save {
            what: "W and H",
            name: format!("{name}.npy"),
            extensions: &["npy", "csv"],
            folder: self.exported_to.clone(),
        });
    }

    pub(super) fn ask_picture(&mut self) {
        let name = self
            .project()
            .recording()
            .map_or_else(String::new, |recording| recording.name());
        self.pick(Pick::Save {
            what: "picture",
            name: format!("{name}.png"),
            extensions: &["png"],
            folder: self.exported_to.clone(),
        });
    }

    pub(super) fn ask_plots(&mut self) {
        let name = self
            .project()
            .recording()
            .map_or_else(String::new, |recording| recording.name());
        self.pick(Pick::Save {
            what: "plots",
            name: format!("{name} plots.png"),
            extensions: &["png", "svg"],
            folder: self.exported_to.clone(),
        });
    }

    /// Writes W and H beside each other.
    pub(super) fn export_factors(&mut self, path: PathBuf, overwrite: bool) {
        let project = Arc::clone(self.project());
        let task = jobs::factors(project, path.clone(), overwrite, Arc::clone(&self.wake));
        self.work.exports.factors = Some(WritingFactors { task, path });
    }

    /// Writes the plots of the inspector, on white: as a drawing where the name ends in
    /// svg, otherwise as an image.
    pub(super) fn export_plots(&mut self, path: PathBuf) {
        let text = plots_svg(self.project(), &self.view);
        let Some(text) = text else {
            self.toasts.say(
                Weight::Warning,
                "Select an atom or a source first: its plots are written",
            );
            return;
        };
        let wake = Arc::clone(&self.wake);
        self.work.exports.picture = Some(Task::spawn("plots", wake, move |_| {
            let is_drawing = path
                .extension()
                .is_some_and(|end| end.eq_ignore_ascii_case("svg"));
            let written = if is_drawing {
                replace(&path, true, |file| file.write_all(text.as_bytes()))
                    .map_err(|error: io::Error| error.to_string())
            } else {
                let image = rasterized(&text).ok_or("they are too large for an image")?;
                write_png(&path, &image).map_err(|error| error.to_string())
            };
            let failed = |error| {
                format!(
                    "The plots could not be written: {error}: {}",
                    path.display()
                )
            };
            written.map_err(failed).map(|()| path.clone())
        }));
    }

    /// Writes the spectrogram as it is shown, with its axes.
    pub(super) fn export_picture(&mut self, ctx: &egui::Context, path: PathBuf) {
        let Some(picture) = &self.picture else {
            return;
        };
        let pyramid = Arc::clone(picture.pyramid());
        let theme = match ctx.theme() {
            egui::Theme::Dark => PictureTheme::DARK,
            egui::Theme::Light => PictureTheme::LIGHT,
        };
        let look = self.look(ctx);
        let (time, frequency, show) = (self.view.time, self.view.frequency, self.view.show);
        let wake = Arc::clone(&self.wake);
        self.work.exports.picture = Some(Task::spawn("picture", wake, move |_| {
            let input = look.input(time, frequency, show, &theme);
            let settings = ImageSettings {
                size: PICTURE,
                density: 2.0,
            };
            let image = render_image(&pyramid, &input, fonts(), settings);
            write_png(&path, &image)
                .map(|()| path)
                .map_err(|error| error.to_string())
        }));
    }

    pub(super) fn poll_exports(&mut self) {
        if let Some(result) = self.work.exports.stems.as_ref().and_then(Exporting::poll) {
            let request = self.work.exports.stems.take().map(|job| job.request);
            self.exported(result, request);
        }
        let factors = self.work.exports.factors.as_ref();
        if let Some((result, path)) =
            factors.and_then(|writing| Some((writing.task.poll()?, writing.path.clone())))
        {
            self.work.exports.factors = None;
            match result {
                Ok(Ok(files)) => {
                    let names: Vec<String> = files.iter().map(|file| file_name(file)).collect();
                    self.toasts
                        .say(Weight::Done, format!("Wrote {}", names.join(" and ")));
                }
                Ok(Err(ProjectError::Exists(files))) => {
                    let names: Vec<String> = files.iter().map(|file| file_name(file)).collect();
                    let question = Confirm {
                        title: "Replace files?".to_owned(),
                        text: format!("{} are there already", names.join(" and ")),
                        yes: "Replace".to_owned(),
                        other: None,
                        cancel: Some("Cancel"),
                        careful: true,
                    };
                    self.dialog = Some(Dialog::Confirm(question, Then::ReplaceFactors(path)));
                }
                Ok(Err(error)) => self.toasts.say(Weight::Error, error.to_string()),
                Err(_) => self.toasts.say(Weight::Error, "Writing W and H broke down"),
            }
        }
        if let Some(result) = self.work.exports.picture.as_ref().and_then(Task::poll) {
            self.work.exports.picture = None;
            match result {
                Ok(Ok(path)) => self
                    .toasts
                    .say(Weight::Done, format!("Wrote {}", file_name(&path))),
                Ok(Err(error)) => self.toasts.say(Weight::Error, error),
                Err(_) => self
                    .toasts
                    .say(Weight::Error, "Writing the picture broke down"),
            }
        }
    }

    fn exported(
        &mut self,
        result: Result<Result<Outcome<Exported>, ProjectError>, BrokenDown>,
        request: Option<ExportRequest>,
    ) {
        match result {
            Ok(Ok(Outcome::Done(exported))) => {
                let folder = request.map(|request| request.folder).unwrap_or_default();
                let count = exported.files.len();
                let files = if count == 1 { "file" } else { "files" };
                let text = format!("Wrote {count} {files} to {}", folder.display());
                self.toasts.say_with_folder(text, folder);
                if exported.clipped > 0 {
                    self.toasts.say(
                        Weight::Warning,
                        format!(
                            "{} samples were over full scale and were clipped; export as 32 bit float, \
                             or lower the gains",
                            exported.clipped
                        ),
                    );
                }
            }
            Ok(Ok(Outcome::Cancelled)) => self.toasts.say(
                Weight::BrokenOff,
                "The export was cancelled; nothing remains of it",
            ),
            Ok(Err(ProjectError::Exists(files))) => {
                if let Some(request) = request {
                    let question = Confirm {
                        title: "Replace files?".to_owned(),
                        text: format!(
                            "{} of the files exist already in {}",
                            files.len(),
                            request.folder.display()
                        ),
                        yes: "Replace".to_owned(),
                        other: None,
                        cancel: Some("Cancel"),
                        careful: true,
                    };
                    self.dialog = Some(Dialog::Confirm(question, Then::Replace(request)));
                }
            }
            Ok(Err(error)) => self.export_failed(&error, request),
            Err(_) => self.toasts.say(
                Weight::Error,
                "The export broke down; look through the folder before you use it",
            ),
        }
    }

    /// Says why an export failed where it can be mended: in its dialog.
    fn export_failed(&mut self, error: &ProjectError, request: Option<ExportRequest>) {
        match request {
            Some(request) if self.dialog.is_none() => {
                self.ask_export_again(request, Some(error.to_string()));
            }
            _ => self.toasts.say(Weight::Error, error.to_string()),
        }
    }

    /// How the export goes, over the window.
    pub(super) fn show_export(&mut self, ctx: &egui::Context) {
        if let Some(job) = &self.work.exports.stems
            && exporting(ctx, job.fraction())
        {
            job.cancel();
        }
    }
}
