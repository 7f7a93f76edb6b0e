//! What both plots have in common.

use std::sync::Arc;

use eframe::egui::{Color32, Galley, Id, Pos2, Rangef, Rect, Response, Sense, Ui, UiBuilder, pos2};
use egui_plot::{GridMark, Line, Plot, PlotPoint, PlotPoints, PlotTransform};

use super::subjects::Subject;
use crate::app::theme::{self, Tokens};

/// Room above the largest value, as a share of it.
pub(super) const HEADROOM: f64 = 0.28;
/// Height of the labels of the axis.
const AXIS: f32 = 18.0;
/// Room between two labels of the axis.
const BESIDE: f32 = 8.0;

/// A mark on the axis.
pub(super) struct Mark {
    /// Its place.
    pub at: f64,
    /// What is written there.
    pub label: String,
}

/// A plot drawn.
pub(super) struct Drawn {
    /// The plot.
    pub response: Response,
    /// From values to places on the screen.
    pub transform: PlotTransform,
}

/// Draws the curves of the subjects over `range`, from 0 to 1.
pub(super) fn draw(
    ui: &mut Ui,
    (name, rect): (&str, Rect),
    range: (f64, f64),
    marks: &[Mark],
    curves: &[(&Subject, &[PlotPoint])],
) -> Drawn {
    let t = Tokens::of(ui.ctx());
    let frame = rect.with_max_y(rect.bottom() - AXIS);
    let builder = UiBuilder::new().max_rect(frame).id_salt(name);
    ui.scope_builder(builder, |ui| {
        ui.visuals_mut().extreme_bg_color = t.window;
        let plot = Plot::new(Id::unique(("inspector", name)))
            .width(frame.width())
            .height(frame.height())
            .show_axes(false)
            .show_grid([true, false])
            .grid_color(t.line.gamma_multiply(0.6))
            .grid_spacing(Rangef::new(1.0, 2.0))
            .x_grid_spacer(|_| {
                let mark = |m: &Mark| GridMark {
                    value: m.at,
                    step_size: f64::MAX.sqrt(),
                };
                marks.iter().map(mark).collect()
            })
            .show_x(false)
            .show_y(false)
            .show_crosshair(false)
            .allow_drag(false)
            .allow_zoom(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .allow_double_click_reset(false)
            .allow_axis_zoom_drag(false)
            .set_margin_fraction(eframe::egui::Vec2::ZERO)
            .sense(Sense::click_and_drag());
        let alpha = if curves.len() > 1 { 0.10 } else { 0.22 };
        let shown = plot.show(ui, |plot| {
            plot.set_plot_bounds_x(range.0..=range.1);
            plot.set_plot_bounds_y(0.0..=(1.0 + HEADROOM));
            for (subject, points) in curves {
                let line = Line::new(subject.name.as_str(), PlotPoints::Borrowed(points))
                    .color(subject.colour)
                    .width(1.3)
                    .fill(0.0)
                    .fill_alpha(alpha)
                    .allow_hover(false);
                plot.line(line);
            }
        });
        write_marks(ui, rect, marks, |at| {
            shown.transform.position_from_point_x(at)
        });
        Drawn {
            response: shown.response,
            transform: shown.transform,
        }
    })
    .inner
}

/// Writes the labels of the axis under the plot, all of them within its width, as many as have room
/// beside each other.
fn write_marks(ui: &Ui, rect: Rect, marks: &[Mark], place: impl Fn(f64) -> f32) {
    let t = Tokens::of(ui.ctx());
    let painter = ui.ctx().layer_painter(ui.layer_id()).with_clip_rect(rect);
    let mut free = f32::NEG_INFINITY;
    for mark in marks {
        let galley = painter.layout_no_wrap(mark.label.clone(), theme::secondary(), t.third);
        let room = (rect.right() - galley.size().x).max(rect.left());
        let left = (place(mark.at) - galley.size().x / 2.0).clamp(rect.left(), room);
        if left < free {
            continue;
        }
        free = left + galley.size().x + BESIDE;
        let at = pos2(left, rect.bottom() - galley.size().y);
        painter.galley(at, galley, t.third);
    }
}

/// A label in its place.
pub(super) struct Label {
    pub rect: Rect,
    galley: Arc<Galley>,
    colour: Color32,
}

/// Finds the place of labels above points of the plot; one that would meet another before it is
/// left out.
pub(super) fn labels(ui: &Ui, frame: Rect, labels: Vec<(Pos2, String, Color32)>) -> Vec<Label> {
    let mut placed: Vec<Label> = Vec::new();
    for (at, words, colour) in labels {
        let galley = ui
            .painter()
            .layout_no_wrap(words, theme::secondary(), colour);
        let size = galley.size();
        let left = (at.x - size.x / 2.0).clamp(
            frame.left() + 3.0,
            (frame.right() - size.x - 3.0).max(frame.left() + 3.0),
        );
        let top = (at.y - size.y - 5.0).max(frame.top() + 2.0);
        let rect = Rect::from_min_size(pos2(left, top), size);
        let mut others = placed.iter().map(|other| other.rect.expand(3.0));
        if !others.any(|other| other.intersects(rect)) {
            placed.push(Label {
                rect,
                galley,
                colour,
            });
        }
    }
    placed
}

/// Writes labels, but for those that meet what is written in a corner.
pub(super) fn write(ui: &Ui, frame: Rect, labels: Vec<Label>, corner: Rect) {
    let painter = ui.painter().with_clip_rect(frame);
    for label in labels {
        if !label.rect.intersects(corner) {
            painter.galley(label.rect.min, label.galley, label.colour);
        }
    }
}
