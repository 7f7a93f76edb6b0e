//! What is shown while a long recording is read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{
    self, Align, Color32, Layout, Rect, Role, Sense, TextureHandle, TextureOptions, Ui, WidgetInfo,
    pos2, vec2,
};

use crate::app::actions::{Action, entry_of};
use crate::app::picture::{PictureTheme, Preview};
use crate::app::request::Request;
use crate::app::theme::{RADIUS, Tokens};

/// What is read faster shows itself soon enough.
const WAIT: Duration = Duration::from_millis(250);
/// Between the picture and the sides of the panel, and the height of the line below it.
const MARGIN: f32 = 24.0;
const LINE: f32 = 44.0;

/// The first look at a recording.
pub(in crate::app) struct FirstLook {
    pub preview: Arc<Preview>,
    since: Instant,
    /// How many columns it shows, whether on dark, and what is on the screen.
    shown: Option<(usize, bool, TextureHandle)>,
}

impl Default for FirstLook {
    fn default() -> Self {
        Self {
            preview: Arc::default(),
            since: Instant::now(),
            shown: None,
        }
    }
}

impl FirstLook {
    /// Whether there is something to see, and time to look at it.
    pub fn is_due(&self) -> bool {
        self.since.elapsed() >= WAIT && self.preview.columns() > 0
    }
}

/// Draws what has been read so far, and `words` that say how far that is.
pub(in crate::app) fn show(ui: &mut Ui, look: &mut FirstLook, words: &str, out: &mut Vec<Request>) {
    let t = Tokens::of(ui.ctx());
    let theme = if t.dark {
        PictureTheme::DARK
    } else {
        PictureTheme::LIGHT
    };
    let columns = look.preview.columns();
    let current = look
        .shown
        .as_ref()
        .is_some_and(|(count, dark, _)| (*count, *dark) == (columns, t.dark));
    if !current {
        let image = look.preview.image(&theme);
        let options = TextureOptions::LINEAR;
        let texture = ui.ctx().load_texture("first look", image, options);
        look.shown = Some((columns, t.dark, texture));
    }
    let all = ui.available_rect_before_wrap().shrink(MARGIN);
    let picture = all.with_max_y(all.bottom() - LINE);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, words));
    if let Some((_, _, texture)) = &look.shown {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter()
            .image(texture.id(), picture, whole, Color32::WHITE);
        ui.painter().rect_stroke(
            picture,
            RADIUS,
            egui::Stroke::new(1.0, t.line),
            egui::StrokeKind::Outside,
        );
    }
    let line = Rect::from_min_max(
        pos2(all.left(), picture.bottom()),
        rect.max - vec2(MARGIN, MARGIN),
    );
    ui.scope_builder(egui::UiBuilder::new().max_rect(line), |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.label(words);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let cancel = ui.button(entry_of(Action::Cancel).label);
                if cancel.clicked() {
                    out.push(Request::Act(Action::Cancel));
                }
            });
        });
    });
}
