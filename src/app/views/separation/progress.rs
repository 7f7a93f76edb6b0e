//! How a separation goes, and went.

use eframe::egui::{self, Align, Layout, RichText, Role, Ui, WidgetInfo, vec2};

use super::panel::Running;
use crate::app::actions::{Action, entry_of};
use crate::app::request::Request;
use crate::app::theme::{self, Tokens};
use crate::app::widgets::{bar, card, note, sparkline};
use crate::separation::{ComponentChoice, Phase, Stage};

/// How the separation that runs goes.
pub(super) fn progress(
    ui: &mut Ui,
    running: &Running,
    why_not: &dyn Fn(Action) -> Option<&'static str>,
    out: &mut Vec<Request>,
) {
    let t = Tokens::of(ui.ctx());
    card(ui).show(ui, |ui| {
        let (phase, fraction) = running.phase;
        let counted;
        let what = match phase {
            None => "Starting",
            Some(Phase::Read) => "Reading",
            Some(Phase::Stft) => "Transforming",
            Some(Phase::Choose) => match running.stage {
                Some(Stage::Number(tried)) => {
                    counted = format!("How many atoms? {tried}");
                    &counted
                }
                _ => "How many atoms?",
            },
            Some(Phase::Factorize) => match running.stage {
                None | Some(Stage::Only | Stage::Number(_)) => "Factorizing",
                Some(Stage::Trial) => "One atom a source?",
                Some(Stage::Run { number, of }) => {
                    counted = format!("Finding atoms {number} of {of}");
                    &counted
                }
                Some(Stage::Own) => "Atoms of each source",
                Some(Stage::Together) => "All together",
                Some(Stage::Whole) => "The whole recording",
            },
            Some(Phase::Mask) => "Grouping",
            Some(Phase::Export) => "Exporting",
        };
        ui.horizontal(|ui| {
            note(ui, what);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (done, limit) = running.iterations;
                if limit > 0 && running.stage != Some(Stage::Own) {
                    note(ui, format!("{done} / {limit}"));
                }
            });
        });
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 62.0), egui::Sense::hover());
        curve(ui, rect, &running.curve);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Divergence so far"));
        response.on_hover_text(
            "Divergence: how far the atoms are from the recording, over the iterations",
        );
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 4.0), egui::Sense::hover());
        bar(ui, rect, fraction as f32, t.accent);
        response.widget_info(|| {
            let words = format!("{what}: {:.0} % done", 100.0 * fraction);
            WidgetInfo::labeled(Role::ProgressIndicator, true, words)
        });
        ui.horizontal(|ui| {
            let left = running
                .left
                .map_or_else(String::new, |left| format!("{} left", short(left)));
            note(ui, left);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                for action in [Action::StopAndKeep, Action::Cancel] {
                    let entry = entry_of(action);
                    let stops = action == Action::StopAndKeep;
                    let label = match action {
                        Action::StopAndKeep if running.stopping => "Stopping…",
                        Action::StopAndKeep => "Stop here",
                        _ => entry.label,
                    };
                    let button = egui::Button::new(RichText::new(label).font(theme::secondary()));
                    let enabled = !stops || running.stops && !running.stopping;
                    let tooltip = entry.tooltip(ui.ctx());
                    let response = ui
                        .add_enabled(enabled, button)
                        .on_disabled_hover_text(why_not(action).unwrap_or(&tooltip))
                        .on_hover_text(&tooltip);
                    if response.clicked() {
                        out.push(Request::Act(action));
                    }
                }
            });
        });
    });
}

/// "12 s", "1:16", "1:02:03".
fn short(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// How the last separation went.
pub(super) fn finished(ui: &mut Ui, values: &[f64], title: &str) {
    card(ui).show(ui, |ui| {
        ui.horizontal(|ui| {
            note(ui, title);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                note(ui, format!("{} iterations", values.len().saturating_sub(1)));
            });
        });
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 62.0), egui::Sense::hover());
        curve(ui, rect, values);
        if let (Some(first), Some(last)) = (values.first(), values.last()) {
            response.on_hover_text(format!(
                "How far the atoms are from the recording: from {first:.4} to {last:.4}"
            ));
        }
    });
}

/// Why there are so many atoms, where the recording was asked.
pub(super) fn choice(ui: &mut Ui, choice: &ComponentChoice) {
    let t = Tokens::of(ui.ctx());
    card(ui).show(ui, |ui| {
        ui.horizontal(|ui| {
            note(ui, "Number of atoms");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                note(ui, format!("{} chosen", choice.chosen));
            });
        });
        let size = vec2(ui.available_width(), 74.0);
        let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
        let curve = &choice.curve;
        let scores = curve.iter().map(|tried| tried.score as f32);
        let (low, high) = scores.fold((f32::MAX, f32::MIN), |(low, high), score| {
            (low.min(score), high.max(score))
        });
        let plot = rect
            .shrink2(vec2(6.0, 4.0))
            .with_max_y(rect.bottom() - 16.0);
        let last = curve.len().saturating_sub(1).max(1) as f32;
        let point = |place: usize, score: f64| {
            let share = (score as f32 - low) / (high - low).max(f32::MIN_POSITIVE);
            egui::pos2(
                egui::lerp(plot.x_range(), place as f32 / last),
                egui::lerp(plot.bottom()..=plot.top(), share),
            )
        };
        let tried = || curve.iter().enumerate();
        let line = tried().map(|(place, tried)| point(place, tried.score));
        let painter = ui.painter();
        painter.line(line.collect(), egui::Stroke::new(1.5, t.accent));
        for (place, tried) in tried() {
            let at = point(place, tried.score);
            let chosen = tried.components == choice.chosen;
            painter.circle_filled(at, if chosen { 4.5 } else { 2.0 }, t.accent);
            if chosen || place == 0 || place + 1 == curve.len() {
                painter.text(
                    egui::pos2(at.x, rect.bottom()),
                    egui::Align2::CENTER_BOTTOM,
                    tried.components,
                    theme::secondary(),
                    if chosen { t.text } else { t.third },
                );
            }
        }
        let words = reason(choice);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
        response.on_hover_text(
            "How badly each number of atoms foretells hidden parts of the recording, with doubles \
             and unstable atoms counted against it: lower is better",
        );
        note(ui, words).on_hover_text(&choice.reason);
    });
}

/// The reason in the words of the window.
fn reason(choice: &ComponentChoice) -> String {
    let mut tried = choice.curve.iter();
    let Some(chosen) = tried.find(|tried| tried.components == choice.chosen) else {
        return choice.reason.clone();
    };
    let atoms = if choice.chosen == 1 { "atom" } else { "atoms" };
    let share = (100.0 * (1.0 - chosen.held_out)).clamp(0.0, 100.0).round();
    format!(
        "{} {atoms} foretell {share} % of what was hidden",
        choice.chosen
    )
}

/// The divergence on a logarithmic scale, so that its end can be seen, too.
fn curve(ui: &Ui, rect: egui::Rect, values: &[f64]) {
    let lowest = values
        .iter()
        .copied()
        .fold(f64::MAX, f64::min)
        .max(f64::MIN_POSITIVE);
    let columns = (rect.width() as usize).clamp(2, values.len().max(2));
    let shown: Vec<f32> = (0..columns)
        .filter_map(|i| values.get(i * values.len().saturating_sub(1) / (columns - 1)))
        .map(|value| ((value / lowest).max(1.0).ln() + 0.08) as f32)
        .collect();
    sparkline(ui, rect, &shown, Tokens::of(ui.ctx()).accent);
}
