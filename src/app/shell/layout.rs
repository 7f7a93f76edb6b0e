//! Where the views are.

use eframe::egui::{self, CornerRadius, Frame, Margin, Panel, Ui};

use super::Window;
use super::requests::file_name;
use crate::app::jobs::Separating;
use crate::app::request::Request;
use crate::app::theme::{PANEL_PADDING, Tokens};
use crate::app::views::separation::{self, Running};
use crate::app::views::transport::Transport;
use crate::app::views::{empty, menu, transport};
use crate::app::widgets::clock;
use crate::audio::SampleFormat;

const BAR: f32 = 40.0;
const TRANSPORT: f32 = 60.0;
const LIST: f32 = 312.0;
const SETTINGS: f32 = 252.0;
const INSPECTOR: f32 = 214.0;

impl Window {
    pub(super) fn lay_out(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let t = Tokens::of(ui.ctx());
        let plain = |padding: i8| {
            Frame::new()
                .fill(t.panel)
                .inner_margin(Margin::symmetric(padding, 0))
        };
        Panel::top("bar")
            .exact_size(BAR)
            .frame(plain(PANEL_PADDING))
            .show(ui, |ui| self.bar(ui, out));
        Panel::bottom("transport")
            .exact_size(TRANSPORT)
            .frame(plain(PANEL_PADDING))
            .show(ui, |ui| self.transport(ui, out));
        if self.samples.is_none() {
            let window = Frame::new().fill(t.window);
            let opening = self
                .work
                .opening
                .as_ref()
                .map(|opening| opening.name.as_str());
            egui::CentralPanel::default()
                .frame(window)
                .show(ui, |ui| empty::show(ui, &self.recent, opening, out));
            self.toasts.show(ui.ctx(), TRANSPORT);
            return;
        }
        let padded = plain(PANEL_PADDING).inner_margin(Margin::same(PANEL_PADDING));
        if self.view.settings {
            Panel::right("settings")
                .exact_size(SETTINGS)
                .frame(padded)
                .show(ui, |ui| {
                    egui::ScrollArea::vertical().show(ui, |ui| self.settings(ui, out));
                });
        }
        let list = plain(0).inner_margin(Margin {
            left: 8,
            right: 8,
            top: PANEL_PADDING,
            bottom: 8,
        });
        Panel::left("sources")
            .default_size(LIST)
            .size_range(260.0..=480.0)
            .frame(list)
            .show(ui, |ui| self.sources(ui, out));
        if self.view.inspector && self.project().separation().is_some() {
            Panel::bottom("inspector")
                .default_size(INSPECTOR)
                .size_range(140.0..=420.0)
                .frame(plain(PANEL_PADDING))
                .show(ui, |ui| self.inspector(ui, out));
        }
        let centre = Frame::new()
            .fill(t.window)
            .corner_radius(CornerRadius::ZERO);
        egui::CentralPanel::default()
            .frame(centre)
            .show(ui, |ui| self.picture(ui, out));
        self.toasts.show(ui.ctx(), TRANSPORT);
    }

    fn bar(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let project = self.project();
        let recording = project.recording();
        let name = match (&self.file, recording) {
            (Some(file), _) => Some(file_name(file)),
            (None, Some(recording)) => Some(file_name(&recording.path)),
            (None, None) => None,
        };
        let facts = recording.map_or_else(String::new, |recording| {
            let info = &recording.info;
            let channels = match info.channels {
                1 => "mono".to_owned(),
                2 => "stereo".to_owned(),
                n => format!("{n} channels"),
            };
            let format = match info.format {
                SampleFormat::F32 | SampleFormat::F64 => "float".to_owned(),
                format => format!("{} bit", format.bits()),
            };
            let length = clock(self.duration());
            let length = length.split('.').next().unwrap_or_default();
            let rate = f64::from(info.rate) / 1000.0;
            format!("{rate} kHz · {channels} · {format} · {length}")
        });
        let bar = menu::Bar {
            name,
            facts,
            unsaved: !self.history.is_saved(),
            undo: self.history.undo_name(),
            redo: self.history.redo_name(),
            recent: &self.recent,
            enabled: &|action| self.is_enabled(action),
            checked: &|action| self.is_checked(action),
        };
        menu::show(ui, &bar, out);
    }

    fn transport(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let player = self.player.state();
        self.meter.follow(&player.levels.peaks);
        let what = Transport {
            player: &player,
            devices: self.player.devices(),
            device: self.device.as_deref(),
            rate: self.rate(),
            duration: self.duration(),
            looping: self.view.looping,
            solo: self.project().any_solo(),
            null: None,
        };
        transport::show(ui, &what, &self.meter, out);
    }

    fn settings(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let project = self.project();
        let running = self
            .work
            .separating
            .as_ref()
            .map(|job: &Separating| Running {
                iterations: job.live.iterations(),
                phase: job.live.phase(),
                left: job.live.left().map(|left| left.as_secs_f64()),
                curve: job.live.curve(),
            });
        let panel = separation::Panel {
            settings: project.settings(),
            recording: self
                .samples
                .as_ref()
                .map(|samples| (samples.frames(), samples.channel_count())),
            rate: self.rate(),
            running,
            curve: project
                .separation()
                .map_or(&[][..], |data| data.divergence_curve.as_slice()),
            enabled: &|action| self.is_enabled(action),
        };
        separation::show(ui, &panel, out);
    }

    fn sources(&mut self, ui: &mut Ui, _: &mut Vec<Request>) {
        crate::app::widgets::title(ui, "Sources");
    }

    fn inspector(&mut self, ui: &mut Ui, _: &mut Vec<Request>) {
        crate::app::widgets::title(ui, "Template");
    }

    fn picture(&mut self, ui: &mut Ui, _: &mut Vec<Request>) {
        crate::app::widgets::title(ui, "Picture");
    }
}
