//! Opening the window.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use eframe::egui;

use super::remembered::Remembered;
use super::{AppError, Window};
use crate::app::jobs::{SystemDialogs, share_threads};

/// How the window is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// A recording or project to open at once.
    pub file: Option<PathBuf>,
    /// Where frame times, dropouts and latencies are written as JSON when the window closes.
    pub diagnostics: Option<PathBuf>,
    /// Folder for recent files and what is saved by itself; none without.
    pub state: Option<PathBuf>,
    /// When the program was started.
    pub started: Instant,
}

impl Options {
    /// The options of a program that has just been started: nothing to open, and the state in the
    /// folder that the system has for it.
    #[must_use]
    pub fn starting_now() -> Self {
        let folders = directories::ProjectDirs::from("", "", "partita");
        Self {
            file: None,
            diagnostics: None,
            state: folders.map(|folders| {
                let state = folders
                    .state_dir()
                    .unwrap_or_else(|| folders.data_local_dir());
                state.to_owned()
            }),
            started: Instant::now(),
        }
    }
}

/// What went wrong when nobody could be told in the window any more.
pub(super) type Failure = Arc<Mutex<Option<AppError>>>;

/// What says where windows are shown.
const DISPLAYS: [&str; 3] = ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"];

/// Opens the window, and returns when it is closed.
///
/// # Errors
/// [`AppError::Window`] where there is no display or it cannot be drawn on,
/// [`AppError::NoFolder`] where the diagnostics have none, [`AppError::Diagnostics`] where these could not be written in the end.
pub fn run(options: Options) -> Result<(), AppError> {
    if cfg!(target_os = "linux") && DISPLAYS.iter().all(|name| std::env::var_os(name).is_none()) {
        return Err(AppError::Window("there is no display".to_owned()));
    }
    // Better said now than when there is something to write.
    if let Some(path) = &options.diagnostics
        && let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        && !folder.is_dir()
    {
        return Err(AppError::NoFolder(path.display().to_string()));
    }
    let kept = Remembered::load(options.state.as_deref());
    let viewport = egui::ViewportBuilder::default()
        .with_app_id("partita")
        .with_title("Partita")
        .with_inner_size(kept.size)
        .with_maximized(kept.maximized)
        .with_min_inner_size([1024.0, 640.0])
        .with_drag_and_drop(true);
    let native = eframe::NativeOptions {
        viewport,
        ..Default::default()
    };
    share_threads();
    let files = Arc::new(SystemDialogs);
    let failed: Failure = Arc::default();
    let slot = Arc::clone(&failed);
    let open = move |creation: &eframe::CreationContext<'_>| {
        let mut window = Window::new(&creation.egui_ctx, files, options);
        window.failed = slot;
        Ok(Box::new(window) as Box<dyn eframe::App>)
    };
    eframe::run_native("Partita", native, Box::new(open))
        .map_err(|error| AppError::Window(without_place(&error.to_string()).to_owned()))?;
    let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
    failed.map_or(Ok(()), Err)
}

/// What an error says, without the place in the source of a library that some begin with.
fn without_place(error: &str) -> &str {
    let place = error.rsplit_once(".rs:").map(|(_, line)| line);
    let words = place.and_then(|line| line.split_once(": "));
    words.map_or(error, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_names_a_place_in_the_source_of_a_library() {
        let error = "winit EventLoopError: os error at /a/winit/linux/mod.rs:788: Failed to open";
        assert_eq!(without_place(error), "Failed to open");
        assert_eq!(without_place("no graphics"), "no graphics");
    }
}
