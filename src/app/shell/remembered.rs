//! What the window finds again when it is opened the next time.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use eframe::egui::{self, ThemePreference};
use serde::{Deserialize, Serialize};

use super::Window;
use crate::app::jobs::Task;
use crate::project::replace;

const NAME: &str = "window.json";
/// Height of the frame that a window manager draws, about, in points.
const FRAME: f32 = 40.0;
/// What a window may be, in points: a file that says otherwise is not believed.
const SIDES: std::ops::RangeInclusive<f32> = 600.0..=16_384.0;

/// Which colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Colours {
    /// As the system has it.
    #[default]
    System,
    Dark,
    Light,
}

impl From<Colours> for ThemePreference {
    fn from(colours: Colours) -> Self {
        match colours {
            Colours::System => Self::System,
            Colours::Dark => Self::Dark,
            Colours::Light => Self::Light,
        }
    }
}

impl From<ThemePreference> for Colours {
    fn from(theme: ThemePreference) -> Self {
        match theme {
            ThemePreference::System => Self::System,
            ThemePreference::Dark => Self::Dark,
            ThemePreference::Light => Self::Light,
        }
    }
}

/// The looks of the window, kept in a file in the state folder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Remembered {
    /// Dark, light, or as the system is.
    pub theme: Colours,
    /// Whether the inspector is shown.
    pub inspector: bool,
    /// Whether the settings are shown.
    pub settings: bool,
    /// Width and height of the inside where it does not fill the screen, in points.
    pub size: [f32; 2],
    /// Whether it fills the screen.
    pub maximized: bool,
    /// Width of the list of sources, in points.
    pub list: f32,
    /// Height of the plots, in points.
    pub plots: f32,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            theme: Colours::System,
            inspector: true,
            settings: true,
            size: [1440.0, 900.0],
            maximized: false,
            list: 312.0,
            plots: 214.0,
        }
    }
}

impl Remembered {
    /// What was kept in this folder; the usual where nothing was, or nothing that makes sense.
    pub fn load(folder: Option<&Path>) -> Self {
        let text = folder.and_then(|folder| fs::read_to_string(folder.join(NAME)).ok());
        let kept: Option<Self> = text.and_then(|text| serde_json::from_str(&text).ok());
        kept.filter(|kept| kept.size.iter().all(|side| SIDES.contains(side)))
            .unwrap_or_default()
    }

    fn save(&self, folder: &Path) -> std::io::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        fs::create_dir_all(folder)?;
        replace(&folder.join(NAME), true, |file| file.write_all(&text))
    }
}

impl Window {
    /// Looks as it did.
    pub(super) fn look_as_before(&mut self) {
        let kept = Remembered::load(self.options.state.as_deref());
        self.ctx.set_theme(ThemePreference::from(kept.theme));
        self.view.inspector = kept.inspector;
        self.view.settings = kept.settings;
        self.remembered = kept;
    }

    /// Fills the screen where it has no room for the window with its frame.
    pub(super) fn fit_screen(&mut self, ctx: &egui::Context) {
        let screen = ctx.input(|input| input.viewport().monitor_size);
        let Some(screen) = screen.filter(|_| !self.fitted) else {
            return;
        };
        self.fitted = true;
        let size = ctx.content_rect().size();
        if size.x > screen.x || size.y + FRAME > screen.y {
            ctx.send_viewport_cmd(egui::ViewportCommand::Maximized(true));
        }
    }

    /// Notes down how the window looks.
    pub(super) fn remember_looks(&mut self, ctx: &egui::Context) {
        let maximized = ctx.input(|input| input.viewport().maximized == Some(true));
        let size = if maximized {
            self.remembered.size
        } else {
            // In points of the screen, whatever the zoom.
            (ctx.content_rect().size() * ctx.zoom_factor()).into()
        };
        let now = Remembered {
            theme: ctx.options(|options| options.theme_preference).into(),
            inspector: self.view.inspector,
            settings: self.view.settings,
            size,
            maximized,
            ..self.remembered
        };
        let chosen = |looks: &Remembered| (looks.theme, looks.inspector, looks.settings);
        let changed = chosen(&now) != chosen(&self.remembered);
        self.remembered = now;
        if changed && let Some(folder) = self.options.state.clone() {
            // Dropping the task stops nothing: it is over in a moment.
            drop(Task::spawn("looks", Arc::clone(&self.wake), move |_| {
                now.save(&folder)
            }));
        }
    }

    /// The window closes.
    pub(super) fn keep_looks(&self) {
        if let Some(folder) = &self.options.state {
            // Nothing is lost but the looks, and nobody is there to be told.
            let _ = self.remembered.save(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_and_nonsense_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Remembered::load(Some(folder.path())), Remembered::default());
        let kept = Remembered {
            theme: Colours::Light,
            inspector: false,
            settings: true,
            size: [1024.0, 640.0],
            maximized: true,
            list: 400.0,
            plots: 180.0,
        };
        let state = folder.path().join("state");
        kept.save(&state).unwrap();
        assert_eq!(Remembered::load(Some(&state)), kept);
        for text in ["{", "{\"size\": [1e9, 2.0]}", "[]"] {
            fs::write(state.join(NAME), text).unwrap();
            assert_eq!(
                Remembered::load(Some(&state)),
                Remembered::default(),
                "{text}"
            );
        }
    }
}
