//! The transport at the bottom: what is heard, and where.

use std::time::{Duration, Instant};

use eframe::egui::{
    self, Align, Align2, CornerRadius, Key, Layout, Rect, RichText, Role, Sense, Ui, WidgetInfo,
    pos2, vec2,
};

use crate::app::actions::{Action, entry_of, written};
use crate::app::axes::clock;
use crate::app::icons;
use crate::app::request::Request;
use crate::app::theme::{self, Tokens};
use crate::app::widgets::{bar, face, focus_ring, icon_button, note};
use crate::playback::{DeviceState, PlayerState};

/// The lowest level of the meter in dB.
const METER_FLOOR: f32 = -60.0;
/// How long a peak is held.
const HOLD: Duration = Duration::from_millis(1500);
/// The lowest volume in dB; it stands for silence.
const SILENT: f32 = -60.0;

/// What the transport shows beside the state of the player.
pub(in crate::app) struct Transport<'a> {
    /// The player.
    pub player: &'a PlayerState,
    /// Names of the output devices.
    pub devices: &'a [String],
    /// The chosen one; the default without.
    pub device: Option<&'a str>,
    /// Samples a second of the recording.
    pub rate: u32,
    /// Seconds of the recording; 0 where there is none.
    pub duration: f64,
    /// Whether the loop is on.
    pub looping: bool,
    /// Whether anything is soloed.
    pub solo: bool,
}

/// Peaks that stand for a while, and levels that fall slowly.
#[derive(Debug, Default)]
pub(in crate::app) struct Meter {
    shown: Vec<f32>,
    held: Vec<(f32, Option<Instant>)>,
    last: Option<Instant>,
}

impl Meter {
    /// Takes up the peaks of a frame.
    pub fn follow(&mut self, peaks: &[f32]) {
        let now = Instant::now();
        let passed = self.last.map_or(0.0, |at| (now - at).as_secs_f32());
        self.last = Some(now);
        self.shown.resize(peaks.len(), METER_FLOOR);
        self.held.resize(peaks.len(), (METER_FLOOR, None));
        for ((shown, held), peak) in self.shown.iter_mut().zip(&mut self.held).zip(peaks) {
            let db = decibels(*peak).max(METER_FLOOR);
            // 40 dB a second: fast enough to follow, slow enough to read.
            *shown = db.max(*shown - 40.0 * passed).max(METER_FLOOR);
            let expired = held.1.is_none_or(|at| now - at > HOLD);
            if *shown >= held.0 || expired {
                *held = (*shown, Some(now));
            }
        }
    }

    /// Whether something will still move without further sound.
    pub fn moves(&self) -> bool {
        let held = self.held.iter().map(|held| held.0);
        self.shown
            .iter()
            .copied()
            .chain(held)
            .any(|db| db > METER_FLOOR)
    }
}

fn decibels(linear: f32) -> f32 {
    20.0 * linear.max(1e-9).log10()
}

/// Draws the transport.
pub(in crate::app) fn show(
    ui: &mut Ui,
    what: &Transport<'_>,
    meter: &Meter,
    out: &mut Vec<Request>,
) {
    let t = Tokens::of(ui.ctx());
    let ready = what.duration > 0.0;
    ui.horizontal_centered(|ui| {
        act(ui, icons::SKIP_BACK, Action::ToStart, ready, out);
        play_button(ui, what.player.playing, ready, out);
        act(ui, icons::SQUARE, Action::Stop, ready, out);
        let looped = toggle(ui, icons::REPEAT, Action::ToggleLoop, what.looping, ready);
        if looped.clicked() {
            out.push(Request::Act(Action::ToggleLoop));
        }
        ui.add_space(10.0);
        let position = what.player.position as f64 / f64::from(what.rate.max(1));
        let place = RichText::new(clock(position, 3)).font(theme::clock());
        ui.label(place.color(if ready { t.text } else { t.third }));
        note(ui, format!("/ {}", clock(what.duration, 3)));
        ui.add_space(8.0);
        original(ui, what, ready, out);
        if what.solo {
            solo_light(ui, out);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            volume(ui, what.player.master, out);
            ui.add_space(6.0);
            levels(ui, meter, what.player.levels.clipped, out);
            ui.add_space(6.0);
            device(ui, what, out);
        });
    });
}

fn act(ui: &mut Ui, icon: &str, action: Action, enabled: bool, out: &mut Vec<Request>) {
    let entry = entry_of(action);
    let tooltip = entry.tooltip(ui.ctx());
    if icon_button(ui, icon, entry.label, &tooltip, enabled).clicked() {
        out.push(Request::Act(action));
    }
}

fn toggle(ui: &mut Ui, icon: &str, action: Action, on: bool, enabled: bool) -> egui::Response {
    let entry = entry_of(action);
    let t = Tokens::of(ui.ctx());
    let response = ui
        .add_enabled_ui(enabled, |ui| {
            let response = ui.allocate_response(vec2(30.0, 26.0), Sense::click());
            let fill = if on || response.hovered() {
                t.hover
            } else {
                t.control
            };
            let colour = if on { t.accent } else { t.second };
            face(ui, &response, fill, (icon, theme::icon(15.0), colour));
            response.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, on, entry.label));
            response
        })
        .inner;
    let tooltip = entry.tooltip(ui.ctx());
    response.on_hover_text(tooltip)
}

fn play_button(ui: &mut Ui, playing: bool, enabled: bool, out: &mut Vec<Request>) {
    let t = Tokens::of(ui.ctx());
    let (icon, label) = if playing {
        (icons::PAUSE, "Pause")
    } else {
        (icons::PLAY, "Play")
    };
    let response = ui
        .add_enabled_ui(enabled, |ui| {
            let response = ui.allocate_response(vec2(46.0, 32.0), Sense::click());
            let (fill, colour) = match (enabled, response.hovered()) {
                (false, _) => (t.control, t.third),
                (true, false) => (t.text, t.window),
                (true, true) => (t.accent, t.on_accent),
            };
            face(ui, &response, fill, (icon, theme::icon(17.0), colour));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
            response
        })
        .inner;
    let tooltip = entry_of(Action::PlayPause).tooltip(ui.ctx());
    if response.on_hover_text(tooltip).clicked() {
        out.push(Request::Act(Action::PlayPause));
    }
}

/// Held, it lets the original be heard; the key keeps it on until it is pressed again.
fn original(ui: &mut Ui, what: &Transport<'_>, enabled: bool, out: &mut Vec<Request>) {
    let on = what.player.original;
    let button = egui::Button::new("Hold for original")
        .selected(on)
        .min_size(vec2(112.0, 28.0));
    let response = ui.add_enabled(enabled, button);
    let held = response.is_pointer_button_down_on()
        || (response.has_focus() && ui.input(|input| input.key_down(Key::Enter)));
    let id = response.id.with("held");
    let was_held = ui.data(|data| data.get_temp::<bool>(id)).unwrap_or(false);
    if held != was_held {
        ui.data_mut(|data| data.insert_temp(id, held));
        out.push(Request::Original(held));
    }
    let keys = written(
        ui.ctx(),
        &entry_of(Action::ToggleOriginal)
            .keys
            .unwrap_or(egui::KeyboardShortcut::new(egui::Modifiers::NONE, Key::O)),
    );
    response.on_hover_text(format!(
        "Hear the recording as it was, as long as the button is held ({keys} switches)"
    ));
}

fn solo_light(ui: &mut Ui, out: &mut Vec<Request>) {
    let t = Tokens::of(ui.ctx());
    let text = RichText::new("Solo").font(theme::strong()).color(t.window);
    let button = egui::Button::new(text).fill(t.solo);
    let tooltip = entry_of(Action::ClearSolos).tooltip(ui.ctx());
    if ui.add(button).on_hover_text(tooltip).clicked() {
        out.push(Request::Act(Action::ClearSolos));
    }
}

fn volume(ui: &mut Ui, master: f32, out: &mut Vec<Request>) {
    let t = Tokens::of(ui.ctx());
    let mut db = decibels(master).clamp(SILENT, 6.0);
    let text = if db <= SILENT {
        "−∞ dB".to_owned()
    } else {
        format!("{:.1} dB", if db.abs() < 0.05 { 0.0 } else { db }).replace('-', "−")
    };
    let (rect, _) = ui.allocate_exact_size(vec2(52.0, 20.0), Sense::hover());
    let place = rect.right_center();
    ui.painter().text(
        place,
        Align2::RIGHT_CENTER,
        text,
        theme::secondary(),
        t.second,
    );
    let slider = egui::Slider::new(&mut db, SILENT..=6.0)
        .show_value(false)
        .step_by(0.5);
    let response = ui.scope(|ui| {
        ui.spacing_mut().slider_width = 96.0;
        ui.add(slider)
    });
    let response = response
        .inner
        .on_hover_text("Volume of everything; double-click for 0 dB");
    response.widget_info(|| WidgetInfo::slider(true, f64::from(db), "Volume"));
    if response.double_clicked() {
        out.push(Request::Master(1.0));
    } else if response.changed() {
        let linear = if db <= SILENT {
            0.0
        } else {
            10f32.powf(db / 20.0)
        };
        out.push(Request::Master(linear));
    }
    let icon = if master == 0.0 {
        icons::VOLUME_X
    } else {
        icons::VOLUME_2
    };
    ui.label(RichText::new(icon).font(theme::icon(15.0)).color(t.second));
}

fn levels(ui: &mut Ui, meter: &Meter, clipped: bool, out: &mut Vec<Request>) {
    let t = Tokens::of(ui.ctx());
    let (light, response) = ui.allocate_exact_size(vec2(12.0, 20.0), Sense::click());
    let colour = if clipped { t.mute } else { t.control };
    let dot = Rect::from_center_size(light.center(), vec2(8.0, 14.0));
    ui.painter().rect_filled(dot, CornerRadius::same(2), colour);
    focus_ring(ui, dot, &response);
    response.widget_info(|| {
        let label = if clipped { "Clipped" } else { "Not clipped" };
        WidgetInfo::labeled(Role::Button, true, label)
    });
    let response = response.on_hover_text(if clipped {
        "The output went over full scale; click to put the light out, and turn the volume down"
    } else {
        "Lights up when the output goes over full scale"
    });
    if response.clicked() {
        out.push(Request::ClearClip);
    }
    let (rect, response) = ui.allocate_exact_size(vec2(112.0, 20.0), Sense::hover());
    let count = meter.shown.len().clamp(1, 8);
    let thickness = ((rect.height() - 4.0) / count as f32 - 2.0).clamp(1.0, 3.0);
    let gap = 3.0;
    let height = count as f32 * (thickness + gap) - gap;
    let share = |db: f32| ((db - METER_FLOOR) / -METER_FLOOR).clamp(0.0, 1.0);
    for channel in 0..count {
        let top = rect.center().y - height / 2.0 + channel as f32 * (thickness + gap);
        let place = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), thickness));
        let shown = meter.shown.get(channel).copied().unwrap_or(METER_FLOOR);
        bar(ui, place, share(shown), t.good);
        let held = meter.held.get(channel).map_or(METER_FLOOR, |held| held.0);
        if held > METER_FLOOR {
            let x = place.left() + place.width() * share(held);
            let tick =
                Rect::from_center_size(pos2(x, place.center().y), vec2(1.5, thickness + 2.0));
            let colour = if held > -1.0 { t.mute } else { t.text };
            ui.painter().rect_filled(tick, CornerRadius::ZERO, colour);
        }
    }
    let loudest = meter
        .held
        .iter()
        .fold(METER_FLOOR, |max, held| max.max(held.0));
    let words = if loudest > METER_FLOOR {
        format!("Level of the output, peak {loudest:.1} dB").replace('-', "−")
    } else {
        "Level of the output".to_owned()
    };
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &words));
    response.on_hover_text(words);
}

fn device(ui: &mut Ui, what: &Transport<'_>, out: &mut Vec<Request>) {
    let t = Tokens::of(ui.ctx());
    let (icon, colour, words) = match &what.player.device {
        DeviceState::Open(device) => (
            icons::HEADPHONES,
            t.second,
            format!(
                "{} · {} Hz · {} channels",
                device.name, device.rate, device.channels
            ),
        ),
        DeviceState::Closed => (
            icons::HEADPHONES,
            t.second,
            "The device is opened when something plays".to_owned(),
        ),
        DeviceState::None { why } | DeviceState::Lost { why } => {
            (icons::TRIANGLE_ALERT, t.warning, why.clone())
        }
    };
    let text = RichText::new(icon).font(theme::icon(15.0)).color(colour);
    let menu = egui::containers::menu::MenuButton::new(text).ui(ui, |ui| {
        ui.set_min_width(220.0);
        note(ui, "Output device");
        if ui
            .selectable_label(what.device.is_none(), "Default device")
            .clicked()
        {
            out.push(Request::Device(None));
            ui.close();
        }
        for name in what.devices {
            let chosen = what.device == Some(name.as_str());
            if ui.selectable_label(chosen, name).clicked() {
                out.push(Request::Device(Some(name.clone())));
                ui.close();
            }
        }
        ui.separator();
        note(ui, words.clone());
    });
    let response = menu.0;
    if response.clicked() {
        out.push(Request::ListDevices);
    }
    let words = format!("Output device: {words}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
    response.on_hover_text(words);
}
