//! The plot of activations over the seconds that the picture shows.

use std::sync::Arc;

use eframe::egui::{CursorIcon, Rect, Stroke, Ui};
use egui_plot::PlotPoint;

use super::curves::Pair;
use super::plot::{Mark, draw};
use super::points::{Axis, points};
use super::subjects::Subject;
use super::template::name;
use crate::app::axes::{TimeView, turned};
use crate::app::request::Request;
use crate::app::theme::Tokens;
use crate::app::view::View;
use crate::spectral::Axes;

/// Distance of the labels of the axis, in points.
const LABELS: f32 = 84.0;

/// The points of all curves, and what they were made for.
#[derive(Default)]
pub(super) struct Made {
    pairs: Vec<Arc<Pair>>,
    time: Option<TimeView>,
    width: f32,
    points: Vec<Vec<PlotPoint>>,
}

/// Seconds of the frames of an activation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames {
    /// The transform.
    pub axes: Axes,
    /// Second of the first frame.
    pub start: f64,
}

/// The points of activations, the largest value of all being 1.
pub(super) fn curves(
    pairs: &[Arc<Pair>],
    time: TimeView,
    frames: Frames,
    width: f32,
) -> Vec<Vec<PlotPoint>> {
    let top = pairs
        .iter()
        .map(|pair| pair.activation.top())
        .fold(0.0, f32::max);
    let scale = if top > 0.0 {
        f64::from(top).recip()
    } else {
        0.0
    };
    let axis = Axis {
        at: &|frame| frames.start + frames.axes.seconds(frame),
        index: &|seconds| frames.axes.frame(seconds - frames.start).ceil(),
        range: (time.start(), time.end()),
        width,
    };
    pairs
        .iter()
        .map(|pair| points(&pair.activation, &axis, scale, true))
        .collect()
}

impl Made {
    fn update(&mut self, pairs: &[Arc<Pair>], time: TimeView, frames: Frames, width: f32) {
        let same_pairs = self.pairs.len() == pairs.len()
            && self.pairs.iter().zip(pairs).all(|(a, b)| Arc::ptr_eq(a, b));
        if same_pairs && self.time == Some(time) && self.width == width {
            return;
        }
        self.points = curves(pairs, time, frames, width);
        (self.pairs, self.time, self.width) = (pairs.to_vec(), Some(time), width);
    }
}

/// The marks of the time axis.
pub(super) fn marks(time: TimeView, width: f32) -> Vec<Mark> {
    let ticks = time.ticks(width, LABELS).into_iter();
    ticks
        .filter_map(|tick| {
            Some(Mark {
                at: tick.value,
                label: tick.label?,
            })
        })
        .collect()
}

/// Draws the plot. A click goes there, a drag pans, the wheel zooms: the picture and the plot
/// show the same seconds.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    (subjects, pairs): (&[Subject], &[Arc<Pair>]),
    (frames, playhead): (Frames, Option<f64>),
    made: &mut Made,
    (view, out): (&mut View, &mut Vec<Request>),
) {
    let t = Tokens::of(ui.ctx());
    made.update(pairs, view.time, frames, rect.width());
    let curves: Vec<(&Subject, &[PlotPoint])> = subjects
        .iter()
        .zip(&made.points)
        .map(|(subject, points)| (subject, points.as_slice()))
        .collect();
    let range = (view.time.start(), view.time.end());
    let marks = marks(view.time, rect.width());
    let drawn = draw(ui, ("activation", rect), range, &marks, &curves);
    let frame = *drawn.transform.frame();
    let (response, x) = (drawn.response, frame.x_range());
    name(&response, "Activation over time");
    let painter = ui.painter().with_clip_rect(frame);
    if let Some(selection) = &view.selection {
        let part = view.time.x(selection.start, x)..=view.time.x(selection.end, x);
        let rect = Rect::from_x_y_ranges(part, frame.y_range());
        painter.rect_filled(rect, 0.0, t.accent.gamma_multiply(0.10));
    }
    if let Some(seconds) = playhead.filter(|seconds| view.time.contains(*seconds)) {
        let stroke = Stroke::new(1.5, t.text);
        painter.vline(view.time.x(seconds, x), frame.y_range(), stroke);
    }
    if response.clicked()
        && let Some(at) = response.interact_pointer_pos()
    {
        out.push(Request::Seek(view.time.seconds(at.x, x)));
    }
    if response.dragged() {
        let seconds = f64::from(response.drag_delta().x / x.span().max(1.0)) * view.time.span();
        view.time = view.time.pan(-seconds);
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
    if let Some(at) = response.hover_pos() {
        let stroke = Stroke::new(1.0, t.third.gamma_multiply(0.6));
        painter.vline(at.x, frame.y_range(), stroke);
        let (turn, pinch) = ui.input(|input| (input.smooth_scroll_delta, input.zoom_delta()));
        let anchor = view.time.seconds(at.x, x);
        let factor = turned(turn.y, pinch);
        if factor != 1.0 {
            view.time = view.time.zoom(factor, anchor);
        }
        if turn.x != 0.0 {
            let seconds = f64::from(turn.x / x.span().max(1.0)) * view.time.span();
            view.time = view.time.pan(-seconds);
        }
    }
}
