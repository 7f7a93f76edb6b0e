//! The panel as a whole.

use eframe::egui::{self, Frame, Margin, ScrollArea, Ui, vec2};

use super::controls::{controls, drag};
use super::progress::{choice, finished, progress};
use crate::app::actions::{Action, entry_of, with_reason};
use crate::app::jobs::bytes_shown;
use crate::app::request::Request;
use crate::app::theme::PANEL_PADDING;
use crate::app::widgets::{bytes, note, primary_button, span, title};
use crate::audio::StemFormat;
use crate::project::Edit;
use crate::separation::{
    Advice, ComponentChoice, Model, Phase, SeparationSettings, Stage, chosen_model, estimate,
    memory_by_blocks,
};

/// What the panel shows.
pub(in crate::app) struct Panel<'a> {
    /// The settings.
    pub settings: &'a SeparationSettings,
    /// Samples per channel and channels of the recording; `None` where nothing is open.
    pub recording: Option<(usize, usize)>,
    /// Samples per channel of the selection.
    pub selected: Option<usize>,
    /// Samples a second.
    pub rate: u32,
    /// Which settings suit the recording, where that is known.
    pub advice: Option<&'a Advice>,
    /// The separation that runs.
    pub running: Option<Running>,
    /// Divergence of the finished separation.
    pub curve: &'a [f64],
    /// Whether it was found in several stages, of which that is the last.
    pub stages: bool,
    /// Why it has so many atoms, where the recording was asked.
    pub choice: Option<&'a ComponentChoice>,
    /// Why an action cannot be done now, and what to do about it; `None` where it can.
    pub why_not: &'a dyn Fn(Action) -> Option<&'static str>,
}

/// The separation that runs.
#[derive(Clone, Debug)]
pub(in crate::app) struct Running {
    /// Iterations done, and at most to be done.
    pub iterations: (usize, usize),
    /// What goes on, and the share of it that is done.
    pub phase: (Option<Phase>, f64),
    /// Which of its factorizations, once one has begun.
    pub stage: Option<Stage>,
    /// Seconds left, where that can be said.
    pub left: Option<f64>,
    /// The divergence after each iteration.
    pub curve: Vec<f64>,
    /// Whether it can be stopped with a result.
    pub stops: bool,
    /// Whether it was asked to stop and is ending.
    pub stopping: bool,
}

/// Draws the panel. What begins a separation stays at its foot, however small the window is.
pub(in crate::app) fn show(ui: &mut Ui, panel: &Panel<'_>, out: &mut Vec<Request>) {
    egui::Panel::bottom("run")
        .frame(Frame::new().inner_margin(Margin {
            top: PANEL_PADDING,
            ..Margin::ZERO
        }))
        .show_separator_line(false)
        .show(ui, |ui| {
            if panel.running.is_none() {
                cost(ui, panel);
                ui.add_space(4.0);
            }
            buttons(ui, panel, out);
        });
    egui::CentralPanel::default()
        .frame(Frame::new())
        .show(ui, |ui| {
            ScrollArea::vertical()
                .auto_shrink(false)
                .show(ui, |ui| settings(ui, panel, out));
        });
}

fn settings(ui: &mut Ui, panel: &Panel<'_>, out: &mut Vec<Request>) {
    title(ui, "Separation");
    ui.add_space(4.0);
    if let Some(running) = &panel.running {
        // Above the settings, where it is seen in a small window, too.
        progress(ui, running, panel.why_not, out);
        ui.add_space(8.0);
    }
    let mut settings = panel.settings.clone();
    ui.add_enabled_ui(panel.running.is_none(), |ui| {
        controls(ui, &mut settings, (panel.rate, panel.advice), out)
    });
    if settings != *panel.settings {
        let edit = Edit::SetSettings(settings);
        out.push(match drag(ui) {
            Some(drag) => Request::Drag(edit, drag),
            None => Request::Edit(edit),
        });
    }
    ui.add_space(8.0);
    if panel.running.is_none() && panel.curve.len() > 2 {
        let title = match panel.stages {
            true => "Last stage",
            false => "Divergence",
        };
        finished(ui, panel.curve, title);
    }
    if let Some(made) = panel.choice.filter(|_| panel.running.is_none()) {
        ui.add_space(8.0);
        choice(ui, made);
    }
}

/// What a separation will take.
fn cost(ui: &mut Ui, panel: &Panel<'_>) {
    let Some((frames, channels)) = panel.recording else {
        return;
    };
    let cost = estimate(frames, channels, panel.settings, StemFormat::F32);
    let time = about(cost.separating());
    let shown = bytes_shown(cost.components, 1 + frames / panel.settings.stft.hop.max(1));
    let (words, why) = match chosen_model(frames, channels, panel.settings) {
        Model::Online => {
            let samples = (frames * channels * size_of::<f32>()) as u64;
            let memory = samples + shown + memory_by_blocks(frames, channels, panel.settings);
            (
                format!("{time} and {}, block by block", bytes(memory)),
                "The spectrogram is too long to be held in memory as a whole. An estimate of time \
                 and memory, on one core of a present-day processor",
            )
        }
        Model::Auto | Model::Batch => (
            format!("{time} and {}", bytes(cost.memory + shown)),
            "An estimate of time and memory for the whole recording, on one core of a present-day \
             processor; memory is exact to a few megabytes",
        ),
    };
    note(ui, words).on_hover_text(why);
}

fn about(seconds: f64) -> String {
    if seconds < 0.1 {
        "Less than 0.1 s".to_owned()
    } else {
        format!("About {}", span(seconds))
    }
}

/// What an action will take, where that is said nowhere else.
fn cost_of(panel: &Panel<'_>, action: Action) -> Option<String> {
    let (part, (whole, channels)) = (panel.selected?, panel.recording?);
    let hop = panel.settings.stft.hop.max(1);
    let settings = panel.settings.for_part(part / hop, whole / hop);
    let cost = estimate(part, channels, &settings, StemFormat::F32);
    (action == Action::TrySelection).then(|| format!("\n{}", about(cost.separating())))
}

fn buttons(ui: &mut Ui, panel: &Panel<'_>, out: &mut Vec<Request>) {
    let width = ui.available_width();
    let reason = (panel.why_not)(Action::Separate);
    let separate = primary_button(ui, "Separate", width, reason.is_none());
    let tooltip = entry_of(Action::Separate).tooltip(ui.ctx());
    let disabled = with_reason(&tooltip, reason);
    if separate
        .on_hover_text(tooltip)
        .on_disabled_hover_text(disabled)
        .clicked()
    {
        out.push(Request::Act(Action::Separate));
    }
    ui.horizontal(|ui| {
        let half = (width - ui.spacing().item_spacing.x) / 2.0;
        for action in [Action::TrySelection, Action::KeepGoing] {
            let entry = entry_of(action);
            let button = egui::Button::new(entry.label).min_size(vec2(half, 28.0));
            let reason = (panel.why_not)(action);
            let response = ui.add_enabled(reason.is_none(), button);
            let tooltip = entry.tooltip(ui.ctx()) + &cost_of(panel, action).unwrap_or_default();
            let disabled = with_reason(&tooltip, reason);
            if response
                .on_hover_text(tooltip)
                .on_disabled_hover_text(disabled)
                .clicked()
            {
                out.push(Request::Act(action));
            }
        }
    });
}
