//! The inspector as a whole.

use eframe::egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::activation::{self, Frames};
use super::curves::Pairs;
use super::subjects::subjects;
use super::{facts, template};
use crate::app::request::Request;
use crate::app::theme::{self, Tokens};
use crate::app::view::View;
use crate::app::views::sources::LiveRows;
use crate::app::widgets::truncated;
use crate::project::Project;

/// Height of the line above a plot.
const HEAD: f32 = 22.0;
/// Distance of the plots.
const BETWEEN: f32 = 16.0;

/// What the inspector is given to show.
#[derive(Clone, Copy)]
pub(in crate::app) struct Input<'a> {
    /// The project.
    pub project: &'a Project,
    /// The factorization that runs; shown where it goes on from the atoms of the project.
    pub live: Option<&'a LiveRows>,
    /// The place that is heard, in seconds.
    pub playhead: Option<f64>,
}

/// What the inspector keeps from one frame to the next.
#[derive(Default)]
pub(in crate::app) struct Cache {
    pairs: Pairs,
    templates: template::Made,
    activations: activation::Made,
}

/// Draws template and activation of what is selected, in all the room there is.
pub(in crate::app) fn show(
    ui: &mut Ui,
    input: &Input<'_>,
    view: &mut View,
    cache: &mut Cache,
    out: &mut Vec<Request>,
) {
    let t = Tokens::of(ui.ctx());
    let project = input.project;
    let rect = ui.available_rect_before_wrap();
    let subjects = subjects(project, view, t);
    let Some(data) = project.separation().filter(|_| !subjects.is_empty()) else {
        let words = if project.separation().is_some() {
            "Click a source or an atom to see what it is made of"
        } else {
            "What is found in the recording is shown here"
        };
        let at = rect.center();
        ui.painter().text(
            at,
            Align2::CENTER_CENTER,
            words,
            theme::secondary(),
            t.second,
        );
        say(ui, rect, words.to_owned());
        ui.advance_cursor_after_rect(rect);
        return;
    };
    let live = input
        .live
        .filter(|live| live.keeps_rows(project.atoms().len()));
    let (factors, frames) = match live {
        Some(live) => (
            &live.factors,
            Frames {
                axes: live.axes,
                start: 0.0,
            },
        ),
        None => (
            &data.factors,
            Frames {
                axes: data.axes(),
                start: data.span().start as f64 / f64::from(data.rate.max(1)),
            },
        ),
    };
    let sets = subjects.iter().map(|s| s.atoms.as_slice());
    let pairs = cache.pairs.of(ui.ctx(), factors, sets);
    let (left, right) = halves(rect);
    let words = facts::of_template(project, &subjects);
    let left = head(ui, left, "Template", &words);
    let facts_shown = facts::of_component(project, &subjects);
    let curves = (subjects.as_slice(), pairs.as_slice());
    let scale = (view.frequency.scale(), frames.axes);
    template::show(
        ui,
        left,
        curves,
        scale,
        facts_shown.as_ref(),
        &mut cache.templates,
    );
    let words = facts::of_activation(project, &subjects);
    let right = head(ui, right, "Activation", &words);
    let time = (frames, input.playhead);
    activation::show(ui, right, curves, time, &mut cache.activations, (view, out));
    ui.advance_cursor_after_rect(rect);
}

fn halves(rect: Rect) -> (Rect, Rect) {
    let width = ((rect.width() - BETWEEN) / 2.0).max(1.0);
    let left = Rect::from_min_size(rect.min, vec2(width, rect.height()));
    (left, left.translate(vec2(width + BETWEEN, 0.0)))
}

/// Writes the line above a plot. Returns the room for the plot.
fn head(ui: &Ui, rect: Rect, title: &str, words: &str) -> Rect {
    let t = Tokens::of(ui.ctx());
    let painter = ui.painter().with_clip_rect(rect);
    let middle = rect.top() + HEAD / 2.0 - 2.0;
    let at = pos2(rect.left(), middle);
    let spoken = format!("{title}: {words}");
    let title = painter.text(at, Align2::LEFT_CENTER, title, theme::strong(), t.text);
    let at = (title.right() + 10.0, middle + 0.5);
    truncated(ui, at, rect.right(), words, (theme::secondary(), t.second));
    say(ui, rect.with_max_y(rect.top() + HEAD), spoken);
    rect.with_min_y(rect.top() + HEAD)
}

/// Tells screen readers what is only painted.
fn say(ui: &Ui, rect: Rect, words: String) {
    let response = ui.interact(rect, ui.scope_id().with(&words), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
}
