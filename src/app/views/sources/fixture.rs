//! A project to try the views with: a bass, drums and a guitar, drawn by hand.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Theme, Ui, vec2};
use egui_kittest::Harness;

use super::{Cache, Cut, Input, LiveRows};
use crate::app::request::Request;
use crate::app::view::View;
use crate::app::{actions::Action, theme};
use crate::audio::{Container, RecordingInfo, SampleFormat};
use crate::nmf::Matrix;
use crate::project::{
    Edit, Group, History, Project, RecordingRef, Row, SeparationData, SortKey, SourceId,
};
use crate::separation::{Component, Factors};
use crate::spectral::{Axes, Stft, StftSettings, note_name};

pub(in crate::app) const RATE: u32 = 44_100;
pub(in crate::app) const SECONDS: usize = 8;

/// An atom: fundamental in Hz (0 for noise), how quickly it dies away, and when it sets in.
const ATOMS: [(f64, f64, &[f64]); 12] = [
    (55.0, 1.2, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
    (65.4, 1.0, &[0.5, 2.5, 4.5, 6.5]),
    (82.4, 1.5, &[1.5, 3.5, 5.5]),
    (
        0.0,
        14.0,
        &[
            0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0,
        ],
    ),
    (0.0, 9.0, &[1.0, 3.0, 5.0, 7.0]),
    (0.0, 25.0, &[0.25, 0.75, 1.25, 2.25, 4.25, 6.25]),
    (329.6, 0.5, &[0.2, 4.2]),
    (415.3, 0.4, &[1.3, 5.0]),
    (493.9, 0.6, &[2.0, 6.0]),
    (740.0, 0.8, &[2.8, 3.4, 7.0]),
    (0.0, 30.0, &[0.2, 1.3, 2.0, 2.8, 4.2]),
    (622.3, 0.7, &[3.0, 6.6]),
];

fn template(atom: usize, f: usize, axes: Axes) -> f32 {
    let (fundamental, ..) = ATOMS[atom % ATOMS.len()];
    let hz = axes.hz(f as f64);
    if fundamental == 0.0 {
        // Hash of atom and bin, between 0.4 and 1.
        let grain = ((f * 2_654_435_761 + atom * 97) >> 7) % 1000;
        let centre = [6000.0, 1800.0, 9000.0][atom % 3];
        let slope = (-(hz / centre).max(1e-3).ln().powi(2) / 2.0).exp();
        return (slope * (0.4 + 0.6 * grain as f64 / 1000.0)) as f32;
    }
    let width = 14.0;
    let partials = (1..30).map(|n| {
        let distance = (hz - fundamental * f64::from(n)) / width;
        (-distance * distance / 2.0).exp() / f64::from(n).powf(1.3)
    });
    (partials.sum::<f64>() + 0.004 * (-hz / 4000.0).exp()) as f32
}

fn activation(atom: usize, seconds: f64) -> f32 {
    let (_, decay, onsets) = ATOMS[atom % ATOMS.len()];
    let tones = onsets.iter().map(|onset| {
        let since = seconds - onset;
        if since < -0.01 {
            0.0
        } else {
            (1.0 + since / 0.01).min(1.0) * (-since.max(0.0) * decay).exp()
        }
    });
    (tones.fold(0.0, f64::max) * (1.0 + 0.05 * (seconds * 40.0).sin())) as f32
}

/// A sample of the band, on both sides.
pub(in crate::app) fn sample(at: usize) -> f32 {
    let seconds = at as f64 / f64::from(RATE);
    let atoms = ATOMS.iter().enumerate();
    let sum: f64 = atoms
        .map(|(atom, (fundamental, ..))| {
            let noise =
                f64::from((at as u32).wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 23);
            let wave = match *fundamental {
                0.0 => noise - 1.0,
                hz => (std::f64::consts::TAU * hz * seconds).sin(),
            };
            f64::from(activation(atom, seconds)) * wave
        })
        .sum();
    0.08 * sum as f32
}

/// Factors of the band.
pub(in crate::app) fn factors(count: usize, axes: Axes, frames: usize) -> Factors {
    let bins = StftSettings::default().size / 2 + 1;
    let mut w = Matrix::from_fn(bins, count, |f, k| template(k, f, axes));
    for k in 0..count {
        let column = w.column_mut(k);
        let sum: f32 = column.iter().sum();
        column.iter_mut().for_each(|x| *x /= sum);
    }
    let h = Matrix::from_fn(count, frames, |k, n| activation(k, axes.seconds(n as f64)));
    let gains = Matrix::from_fn(2, count, |channel, k| {
        let right = [0.5, 0.4, 0.8][k / 3 % 3];
        if channel == 1 { right } else { 1.0 - right }
    });
    Factors::with_channel_gains(w, h, gains).unwrap()
}

fn component(atom: usize, count: usize) -> Component {
    let (fundamental, decay, onsets) = ATOMS[atom % ATOMS.len()];
    let noise = fundamental == 0.0;
    let centroid_hz = if noise {
        [6000.0, 1800.0, 2100.0][atom % 3]
    } else {
        fundamental * 1.8
    };
    let peak_hz = if noise { centroid_hz } else { fundamental };
    Component {
        energy_share: 1.0 / count as f64,
        peak_hz,
        note: note_name(peak_hz),
        centroid_hz,
        centre_hz: centroid_hz,
        spread_octaves: 0.5,
        percussiveness: if noise { 0.8 } else { decay / 20.0 },
        tonality: if noise { 0.1 } else { 0.9 },
        onsets: onsets.to_vec(),
        confidence: Some(if atom % 5 == 4 { 0.2 } else { 0.9 }),
        stability: [None, Some(1.0), Some(0.75), Some(0.5)][atom % 4],
    }
}

fn recording() -> RecordingRef {
    RecordingRef {
        path: PathBuf::from("/music/band.wav"),
        info: RecordingInfo {
            container: Container::Wav,
            codec: "pcm".into(),
            format: SampleFormat::I16,
            rate: RATE,
            channels: 2,
            frames: Some((RATE as usize * SECONDS) as u64),
            channel_mask: None,
            time_reference: None,
            metadata: Vec::new(),
        },
        size: 1,
        sha256: None,
        repairs: Vec::new(),
    }
}

/// A project of `count` atoms in groups of these sizes.
pub(in crate::app::views) fn project(names: &[(&str, usize)]) -> Project {
    let count = names.iter().map(|(_, size)| size).sum();
    let settings = StftSettings::default();
    let axes = Axes::new(settings, RATE);
    let samples = RATE as usize * SECONDS;
    let frames = Stft::new(settings).unwrap().frame_count(samples);
    let data = SeparationData {
        dendrogram: None,
        choice: None,
        factors: Arc::new(factors(count, axes, frames)),
        components: (0..count).map(|k| component(k, count)).collect(),
        divergence_curve: vec![1.0, 0.5],
        iterations: 1,
        stft: settings,
        rate: RATE,
        frames: samples,
        excerpt: None,
        scale: 1.0,
    };
    let mut first = 0;
    let groups = names
        .iter()
        .map(|(name, size)| {
            let atoms = (first..first + size).collect();
            first += size;
            Group {
                name: (*name).to_owned(),
                atoms,
            }
        })
        .collect();
    Project::default()
        .apply(&Edit::Open(Arc::new(recording())))
        .and_then(|project| {
            project.apply(&Edit::SetSeparation {
                data: Arc::new(data),
                groups,
            })
        })
        .map(|project| {
            let sources = project.sources().to_vec();
            // The names are the user's.
            sources.into_iter().fold(project, |project, source| {
                let edit = Edit::Rename {
                    row: Row::Source(source.id),
                    name: source.name,
                };
                project.apply(&edit).unwrap()
            })
        })
        .unwrap()
}

/// Factors as they might be in the middle of a run.
pub(in crate::app::views) fn live(count: usize) -> LiveRows {
    let axes = Axes::new(StftSettings::default(), RATE);
    LiveRows {
        factors: Arc::new(factors(count, axes, 400)),
        axes,
        continues: false,
    }
}

/// What the window would do around the views.
pub(in crate::app::views) struct Desk {
    pub history: History,
    pub view: View,
    pub list: Cache,
    pub live: Option<LiveRows>,
    pub separating: bool,
    pub meters: Vec<f32>,
    pub cuts: bool,
    pub requests: Vec<Request>,
}

impl Desk {
    pub fn new(project: Project) -> Self {
        Self {
            history: History::new(project),
            view: View::of(SECONDS as f64, RATE),
            list: Cache::default(),
            live: None,
            separating: false,
            meters: vec![0.1, 0.4, 0.03],
            cuts: false,
            requests: Vec::new(),
        }
    }

    pub fn band() -> Self {
        Self::new(project(&[("Bass", 3), ("Drums", 3), ("Guitar", 6)]))
    }

    /// Does what the views have asked for.
    pub fn carry_out(&mut self, out: Vec<Request>) {
        for request in out {
            match &request {
                Request::Edit(edit) => {
                    self.history.record(edit, None).unwrap();
                    super::follow_edit(&self.project(), &mut self.view, edit);
                }
                Request::Drag(edit, drag) => {
                    self.history.record(edit, Some(*drag)).unwrap();
                }
                Request::Act(Action::SortByPitch) => {
                    let edit = Edit::Sort(SortKey::Pitch);
                    self.history.record(&edit, None).unwrap();
                }
                _ => {}
            }
            self.requests.push(request);
        }
    }

    pub fn project(&self) -> Arc<Project> {
        Arc::clone(self.history.project())
    }

    pub fn names(&self) -> Vec<String> {
        let project = self.project();
        project.sources().iter().map(|s| s.name.clone()).collect()
    }

    pub fn id(&self, name: &str) -> SourceId {
        let project = self.project();
        let mut sources = project.sources().iter();
        sources.find(|source| source.name == name).unwrap().id
    }

    pub fn members(&self, name: &str) -> Vec<usize> {
        let project = self.project();
        project.source(self.id(name)).unwrap().members.clone()
    }

    pub fn unfold(&mut self, name: &str) {
        let id = self.id(name);
        self.view.unfolded.insert(id);
    }

    pub fn focus(&mut self, name: &str) {
        self.view.focused = Some(Row::Source(self.id(name)));
    }

    fn draw_list(&mut self, ui: &mut Ui) {
        let project = self.project();
        let groups = |count: usize| -> Vec<Group> {
            let atoms: Vec<usize> = (0..project.atoms().len()).collect();
            let size = atoms.len().div_ceil(count.max(1)).max(1);
            let chunks = atoms.chunks(size).enumerate();
            chunks
                .map(|(i, atoms)| Group {
                    name: format!("Group {}", i + 1),
                    atoms: atoms.to_vec(),
                })
                .collect()
        };
        let cut: &Cut<'_> = &groups;
        let input = Input {
            project: &project,
            live: self.live.as_ref(),
            meters: &self.meters,
            atom_meters: &[0.2, 0.0, 0.05, 0.3, 0.1, 0.0, 0.02, 0.004],
            cut: self.cuts.then_some(cut),
            separating: self.separating,
        };
        let mut out = Vec::new();
        super::show(ui, &input, &mut self.view, &mut self.list, &mut out);
        self.carry_out(out);
    }
}

/// The looks of the window around a view.
pub(in crate::app::views) fn look(theme: Theme) -> impl FnOnce(&eframe::egui::Context) {
    move |ctx| {
        theme::install(ctx);
        ctx.set_theme(theme);
        ctx.options_mut(|options| options.theme_preference = theme.into());
        ctx.style_mut_of(theme, |style| style.animation_time = 0.0);
    }
}

/// The list in a window of its own.
pub(in crate::app::views) fn list(desk: Desk, height: f32, theme: Theme) -> Harness<'static, Desk> {
    let mut harness = Harness::builder()
        .with_size(vec2(316.0, height))
        .with_theme(theme)
        .with_step_dt(0.02)
        .with_context_setup(look(theme))
        .wgpu()
        .build_ui_state(
            |ui, desk: &mut Desk| {
                eframe::egui::Frame::new()
                    .fill(theme::Tokens::of(ui.ctx()).panel)
                    .inner_margin(8)
                    .show(ui, |ui| {
                        ui.set_min_size(ui.available_size());
                        desk.draw_list(ui);
                    });
            },
            desk,
        );
    harness.run_ok();
    harness
}
