//! The picture of the recording: what it is told, and what its gestures mean.

use std::sync::Arc;

use eframe::egui::{self, Align2, Area, Id, Order, RichText, Ui, vec2};

use super::Window;
use crate::app::actions::{Action, entry_of};
use crate::app::axes::{FrequencyView, TimeView};
use crate::app::live_mix::LiveMix;
use crate::app::picture::{
    Highlight, PictureInput, PictureTheme, SelectionChange, Separated, Show, SourceLook,
};
use crate::app::request::Request;
use crate::app::theme::{self, Tokens};
use crate::app::views::sources::colour_of;
use crate::project::{Project, Row};
use crate::separation::{Character, Factors};
use crate::spectral::{Axes, StftSettings};

/// The levels that the colours span, in dB.
const FLOOR: f64 = -90.0;
const CEILING: f64 = -12.0;
/// Partials that are marked for a row under the pointer.
const PARTIALS: u32 = 12;

/// What the picture is made of beside its levels, owned, so that a thread can have it.
pub(super) struct Look {
    factors: Option<(Arc<Factors>, StftSettings)>,
    owners: Vec<usize>,
    sources: Vec<SourceLook>,
    highlight: Option<Highlight>,
    rate: u32,
    revision: u64,
}

impl Look {
    pub fn input<'a>(
        &'a self,
        time: TimeView,
        frequency: FrequencyView,
        show: Show,
        theme: &'a PictureTheme,
    ) -> PictureInput<'a> {
        let separated = self.factors.as_ref().map(|(factors, stft)| {
            let separated = Separated {
                factors,
                axes: Axes::new(*stft, self.rate),
                start: 0.0,
                owners: &self.owners,
            };
            (separated, self.revision)
        });
        PictureInput {
            time,
            frequency,
            show,
            sources: &self.sources,
            separated,
            playhead: None,
            selection: None,
            looping: false,
            highlight: self.highlight.as_ref(),
            theme,
            floor_db: FLOOR,
            ceiling_db: CEILING,
        }
    }
}

impl Window {
    /// What the picture is made of now.
    pub(super) fn look(&mut self, ctx: &egui::Context) -> Look {
        let t = Tokens::of(ctx);
        let project = Arc::clone(self.project());
        let factors = self.factors();
        let new_rows = self
            .work
            .separating
            .as_ref()
            .is_some_and(|job| !job.continues);
        let (owners, sources) = match &factors {
            Some((factors, _)) if new_rows && self.is_live() => {
                self.view.live_mix.follow(factors.components());
                provisional(factors.components(), &self.view.live_mix, t)
            }
            Some(_) => owned(&project, t),
            None => (Vec::new(), Vec::new()),
        };
        if self.followed.owners != owners {
            self.followed.owners.clone_from(&owners);
            self.followed.revision += 1;
        }
        Look {
            factors,
            owners,
            sources,
            highlight: highlight(&project, self.view.hovered, t),
            rate: self.rate(),
            revision: self.followed.revision,
        }
    }

    pub(super) fn picture(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        self.draw_picture(ui, out);
        if let Some(picture) = &self.picture {
            self.frames
                .pictured(picture.is_begun(), picture.is_settled());
        }
    }

    fn draw_picture(&mut self, ui: &mut Ui, out: &mut Vec<Request>) {
        let t = Tokens::of(ui.ctx());
        let look = self.look(ui.ctx());
        let mut theme = if t.dark {
            PictureTheme::DARK
        } else {
            PictureTheme::LIGHT
        };
        theme.panel = t.panel;
        let view = &self.view;
        let mut input = look.input(view.time, view.frequency, view.show, &theme);
        input.playhead = Some(self.position());
        input.selection.clone_from(&view.selection);
        input.looping = view.looping;
        let Some(picture) = &mut self.picture else {
            return;
        };
        let output = picture.show(ui, &input);
        self.view.time = output.time;
        self.view.frequency = output.frequency;
        match output.selection {
            Some(SelectionChange::Set(part)) => self.view.selection = Some(part),
            Some(SelectionChange::Clear) => self.view.selection = None,
            None => {}
        }
        out.extend(output.seek.map(Request::Seek));
        self.switch(ui, output.rect, look.factors.is_some(), out);
    }

    /// The two ways to show the picture, over its upper right corner.
    fn switch(&self, ui: &Ui, rect: egui::Rect, separated: bool, out: &mut Vec<Request>) {
        let t = Tokens::of(ui.ctx());
        Area::new(Id::unique("show"))
            .order(Order::Middle)
            .pivot(Align2::RIGHT_TOP)
            .fixed_pos(rect.right_top() + vec2(-10.0, 10.0))
            .constrain_to(rect)
            .show(ui.ctx(), |ui| {
                egui::Frame::new()
                    .fill(t.panel.gamma_multiply(0.92))
                    .corner_radius(6)
                    .inner_margin(3)
                    .show(ui, |ui| {
                        ui.horizontal(|ui| {
                            ui.spacing_mut().item_spacing.x = 2.0;
                            for (action, show) in [
                                (Action::ShowMagnitude, Show::Magnitude),
                                (Action::ShowBySource, Show::BySource),
                            ] {
                                let entry = entry_of(action);
                                let on = self.view.show == show && separated
                                    || show == Show::Magnitude && !separated;
                                let text = RichText::new(entry.label).font(theme::secondary());
                                let button =
                                    egui::Button::new(text).selected(on).frame_when_inactive(on);
                                let enabled = separated || show == Show::Magnitude;
                                let response = ui.add_enabled(enabled, button);
                                if response.on_hover_text(entry.tooltip(ui.ctx())).clicked() {
                                    out.push(Request::Act(action));
                                }
                            }
                        });
                    });
            });
    }
}

/// Who owns each component, and how the sources look.
fn owned(project: &Project, t: &Tokens) -> (Vec<usize>, Vec<SourceLook>) {
    let mut owners = vec![0; project.atoms().len()];
    let heard = project.audible();
    let sources = project.sources().iter().enumerate().map(|(i, source)| {
        for &k in &source.members {
            if let Some(owner) = owners.get_mut(k) {
                *owner = i;
            }
        }
        let mut members = source.members.iter();
        let audible = members.any(|&k| heard.get(k).is_some_and(|&heard| heard));
        SourceLook {
            name: source.name.clone(),
            color: colour_of(t, source.colour),
            audible,
        }
    });
    let sources = sources.collect();
    (owners, sources)
}

/// The components of a running factorization, each as a source of its own.
fn provisional(components: usize, mix: &LiveMix, t: &Tokens) -> (Vec<usize>, Vec<SourceLook>) {
    let look = |k: usize| SourceLook {
        name: format!("Atom {}", k + 1),
        color: t.source(k),
        audible: mix.is_heard(k),
    };
    (
        (0..components).collect(),
        (0..components).map(look).collect(),
    )
}

fn highlight(project: &Project, hovered: Option<Row>, t: &Tokens) -> Option<Highlight> {
    let data = project.separation()?;
    let (components, source) = match hovered? {
        Row::Source(id) => {
            let source = project.source(id)?;
            (source.members.clone(), source)
        }
        Row::Atom(k) => (vec![k], project.source_of(k)?),
    };
    // Of a source those of its loudest tone.
    let tones = components.iter().filter_map(|&k| data.components.get(k));
    let of_all: f64 = tones.clone().map(|c| c.energy_share).sum();
    let tones = tones.filter(|c| Character::of(c) == Character::Tonal && c.note.is_some());
    // What is mostly noise or strokes has none.
    let tonal: f64 = tones.clone().map(|c| c.energy_share).sum();
    let tones = tones.filter(|_| tonal > 0.5 * of_all);
    let loudest = tones.max_by(|a, b| a.energy_share.total_cmp(&b.energy_share));
    let partials = loudest.map_or_else(Vec::new, |tone| {
        (1..=PARTIALS)
            .map(|n| f64::from(n) * tone.peak_hz)
            .collect()
    });
    Some(Highlight {
        components,
        partials,
        color: colour_of(t, source.colour),
    })
}
