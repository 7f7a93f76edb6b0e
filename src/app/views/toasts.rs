//! Messages that come up by themselves: what was done, what went wrong and what to do.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use eframe::egui::{
    self, Align2, Area, Frame, Id, Margin, Order, Rect, RichText, Role, WidgetInfo, vec2,
};

use eframe::egui::accesskit::Live;

use crate::app::icons;
use crate::app::theme::{self, Tokens};
use crate::app::widgets::icon_button;

/// How long a message that asks for nothing stays, and one to know.
const STAY: Duration = Duration::from_secs(6);
const STAY_LONG: Duration = Duration::from_secs(30);
/// Width of a message.
const WIDTH: f32 = 440.0;
/// More than these are never shown at once.
const MOST: usize = 4;

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Weight {
    /// Something was done; goes soon.
    Done,
    /// Something was broken off; goes soon.
    BrokenOff,
    /// Something to know; stays for half a minute.
    Warning,
    /// Something failed; stays until it is closed.
    Error,
}

impl Weight {
    fn stay(self) -> Option<Duration> {
        match self {
            Self::Done | Self::BrokenOff => Some(STAY),
            Self::Warning => Some(STAY_LONG),
            Self::Error => None,
        }
    }
}

/// A message.
#[derive(Clone, Debug)]
struct Toast {
    weight: Weight,
    text: String,
    /// What the file manager can show of it.
    folder: Option<PathBuf>,
    since: Instant,
}

/// The messages that are shown.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Toasts(Vec<Toast>);

impl Toasts {
    /// Shows a message; the same one only once.
    pub fn say(&mut self, weight: Weight, text: impl Into<String>) {
        self.push(weight, text.into(), None);
    }

    /// Says that something was written to a folder, and offers to show it.
    pub fn say_with_folder(&mut self, text: String, folder: PathBuf) {
        self.push(Weight::Done, text, Some(folder));
    }

    fn push(&mut self, weight: Weight, text: String, folder: Option<PathBuf>) {
        self.0.retain(|toast| toast.text != text);
        self.0.push(Toast {
            weight,
            text,
            folder,
            since: Instant::now(),
        });
        while self.0.len() > MOST {
            // What goes soon goes first.
            let first = |weight| self.0.iter().position(|toast| toast.weight == weight);
            let passing = first(Weight::Done).or_else(|| first(Weight::Warning));
            self.0.remove(passing.unwrap_or(0));
        }
    }

    /// Takes messages that begin like this away, as they are true no more.
    pub fn withdraw(&mut self, beginning: &str) {
        self.0.retain(|toast| !toast.text.starts_with(beginning));
    }

    /// Takes all errors away, as something else begins.
    pub fn withdraw_errors(&mut self) {
        self.0.retain(|toast| toast.weight != Weight::Error);
    }

    /// Whether a message is shown that goes soon.
    pub fn any_passing(&self) -> bool {
        let passing = Weight::Done.stay();
        self.0.iter().any(|toast| toast.weight.stay() == passing)
    }

    /// Draws the messages at the bottom of `room`.
    pub fn show(&mut self, ctx: &egui::Context, room: Rect) {
        let left = |toast: &Toast| {
            let stay = toast.weight.stay()?;
            Some(stay.saturating_sub(toast.since.elapsed()))
        };
        self.0
            .retain(|toast| left(toast).is_none_or(|left| !left.is_zero()));
        let mut closed = None;
        if let Some(next) = self.0.iter().filter_map(left).min() {
            ctx.request_repaint_after(next);
        }
        let area = Area::new(Id::unique("toasts"))
            .order(Order::Foreground)
            .pivot(Align2::CENTER_BOTTOM)
            .fixed_pos(room.center_bottom() - vec2(0.0, 12.0))
            .interactable(true)
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(room.width() - 40.0));
                for (index, toast) in self.0.iter().enumerate() {
                    if draw(ui, toast, index) {
                        closed = Some(index);
                    }
                    ui.add_space(4.0);
                }
            });
        if area.response.contains_pointer() {
            // They are being read.
            for toast in &mut self.0 {
                toast.since = Instant::now();
            }
        }
        if let Some(index) = closed {
            self.0.remove(index);
        }
    }
}

fn draw(ui: &mut egui::Ui, toast: &Toast, index: usize) -> bool {
    let t = Tokens::of(ui.ctx());
    let (icon, colour) = match toast.weight {
        Weight::Done => (icons::CHECK, t.good),
        Weight::BrokenOff => (icons::SQUARE, t.second),
        Weight::Warning => (icons::TRIANGLE_ALERT, t.warning),
        Weight::Error => (icons::CIRCLE_ALERT, t.mute),
    };
    let mut close = false;
    Frame::new()
        .fill(t.card)
        .stroke(egui::Stroke::new(1.0, t.hover))
        .corner_radius(6)
        .inner_margin(Margin::symmetric(12, 8))
        .shadow(ui.visuals().popup_shadow)
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(RichText::new(icon).font(theme::icon(15.0)).color(colour));
                let buttons = if toast.folder.is_some() { 150.0 } else { 40.0 };
                ui.scope(|ui| {
                    ui.set_width(ui.available_width() - buttons);
                    let label = egui::Label::new(&toast.text).wrap_mode(egui::TextWrapMode::Wrap);
                    let text = ui.add(label);
                    text.widget_info(|| WidgetInfo::labeled(Role::Label, true, &toast.text));
                    // Screen readers say it as it comes.
                    ui.ctx()
                        .accesskit_node_builder(text.id, |node| node.set_live(Live::Polite));
                });
                if let Some(folder) = &toast.folder
                    && ui.button("Show folder").clicked()
                {
                    // Where no file manager answers, the path stands in the message.
                    let _ = opener::open(folder);
                }
                let label = format!("Close message {}", index + 1);
                close = icon_button(ui, icons::X, &label, "Close", true).clicked();
            });
        });
    close
}
