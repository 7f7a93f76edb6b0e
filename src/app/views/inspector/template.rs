//! The plot of templates over frequency.

use std::sync::Arc;

use eframe::egui::{Color32, Rect, Stroke, Ui, pos2, vec2};
use egui_plot::PlotPoint;

use super::curves::Pair;
use super::peaks::peaks;
use super::plot::{Label, Mark, draw, labels, write};
use super::points::{Axis, points};
use super::subjects::Subject;
use crate::app::axes::FrequencyScale;
use crate::app::theme::{self, Tokens};
use crate::app::widgets::hertz;
use crate::spectral::{Axes, note_name};

/// The frequencies shown, in Hz.
const LOWEST: f64 = 20.0;
const HIGHEST: f64 = 16_000.0;
/// Labelled peaks of one curve, and of each of several.
const LABELS: usize = 6;
const LABELS_OF_EACH: usize = 1;

/// The widest line in a corner, as a share of the plot, that others may stand below.
const MOST: f32 = 0.55;

/// The points of all curves, and what they were made for.
#[derive(Default)]
pub(super) struct Made {
    pairs: Vec<Arc<Pair>>,
    scale: FrequencyScale,
    width: f32,
    points: Vec<Vec<PlotPoint>>,
}

/// The range of the axis, in the units of the scale.
pub(super) fn range(scale: FrequencyScale, axes: Axes) -> (f64, f64) {
    let highest = HIGHEST.min(f64::from(axes.rate) / 2.0).max(2.0 * LOWEST);
    match scale {
        FrequencyScale::Log => (scale.unit(LOWEST), scale.unit(highest)),
        FrequencyScale::Linear => (0.0, scale.unit(highest)),
    }
}

/// The points of a template, the largest value being 1.
pub(super) fn curve(pair: &Pair, scale: FrequencyScale, axes: Axes, width: f32) -> Vec<PlotPoint> {
    let axis = Axis {
        at: &|bin| scale.unit(axes.hz(bin)),
        index: &|unit| axes.bin(scale.hz(unit)).ceil(),
        range: range(scale, axes),
        width,
    };
    points(&pair.template, &axis, level(&pair.template), false)
}

fn level(curve: &super::curves::Curve) -> f64 {
    let top = f64::from(curve.top());
    if top > 0.0 { top.recip() } else { 0.0 }
}

impl Made {
    fn update(&mut self, pairs: &[Arc<Pair>], scale: FrequencyScale, axes: Axes, width: f32) {
        let same_pairs = self.pairs.len() == pairs.len()
            && self.pairs.iter().zip(pairs).all(|(a, b)| Arc::ptr_eq(a, b));
        if same_pairs && self.scale == scale && self.width == width {
            return;
        }
        self.points = pairs
            .iter()
            .map(|pair| curve(pair, scale, axes, width))
            .collect();
        (self.pairs, self.scale, self.width) = (pairs.to_vec(), scale, width);
    }
}

/// The notes of the peaks that are worth a label, above their places; in this colour where there is
/// one curve.
pub(super) fn notes(
    subjects: &[Subject],
    pairs: &[Arc<Pair>],
    (scale, axes): (FrequencyScale, Axes),
    alone: Color32,
) -> Vec<(PlotPoint, String, Color32)> {
    let one = subjects.len() == 1;
    let most = if one { LABELS } else { LABELS_OF_EACH };
    let (from, to) = range(scale, axes);
    let shown = (scale.hz(from).max(1.0), scale.hz(to));
    let mut notes = Vec::new();
    for (subject, pair) in subjects.iter().zip(pairs) {
        let colour = if one { alone } else { subject.colour };
        for peak in peaks(pair.template.values(), axes, shown, most) {
            let height = f64::from(peak.height) * level(&pair.template);
            let at = PlotPoint::new(scale.unit(peak.hz), height);
            notes.push((at, peak.note, colour));
        }
    }
    notes
}

/// The marks of the frequency axis.
pub(super) fn marks(scale: FrequencyScale, axes: Axes) -> Vec<Mark> {
    let (_, high) = range(scale, axes);
    let log: &[(f64, &str)] = &[
        (20.0, "20 Hz"),
        (100.0, "100"),
        (500.0, "500"),
        (2000.0, "2 k"),
        (10_000.0, "10 k"),
    ];
    let linear: &[(f64, &str)] = &[
        (0.0, "0 Hz"),
        (4000.0, "4 k"),
        (8000.0, "8 k"),
        (12_000.0, "12 k"),
        (16_000.0, "16 k"),
    ];
    let marks = match scale {
        FrequencyScale::Log => log,
        FrequencyScale::Linear => linear,
    };
    marks
        .iter()
        .map(|(hz, label)| Mark {
            at: scale.unit(*hz),
            label: (*label).to_owned(),
        })
        .filter(|mark| mark.at <= high)
        .collect()
}

/// Draws the plot.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    (subjects, pairs): (&[Subject], &[Arc<Pair>]),
    (scale, axes): (FrequencyScale, Axes),
    facts: Option<&[String; 2]>,
    made: &mut Made,
) {
    let t = Tokens::of(ui.ctx());
    made.update(pairs, scale, axes, rect.width());
    let curves: Vec<(&Subject, &[PlotPoint])> = subjects
        .iter()
        .zip(&made.points)
        .map(|(subject, points)| (subject, points.as_slice()))
        .collect();
    let range = range(scale, axes);
    let drawn = draw(ui, ("template", rect), range, &marks(scale, axes), &curves);
    let transform = drawn.transform;
    let frame = *transform.frame();
    name(&drawn.response, "Template over frequency");

    let words = notes(subjects, pairs, (scale, axes), t.second);
    let words = words.into_iter().map(|(at, note, colour)| {
        let at = transform.position_from_point(&at);
        (at, note, colour)
    });
    let placed = labels(ui, frame, words.collect());

    let pointer = drawn.response.hover_pos().filter(|at| frame.contains(*at));
    let mut lines: Vec<(String, Color32)> = Vec::new();
    if let Some(at) = pointer {
        let hz = scale.hz(transform.value_from_position(at).x);
        let note = note_name(hz).map(|note| format!(" · {note}").replace('-', "−"));
        lines.push((format!("{}{}", hertz(hz), note.unwrap_or_default()), t.text));
        ui.painter().with_clip_rect(frame).vline(
            at.x,
            frame.y_range(),
            Stroke::new(1.0, t.third.gamma_multiply(0.6)),
        );
    } else if let Some(facts) = facts {
        lines.extend(facts.iter().map(|fact| (fact.clone(), t.second)));
    } else if subjects.len() > 1 {
        lines.extend(
            subjects
                .iter()
                .map(|subject| (subject.name.clone(), subject.colour)),
        );
    }
    let corner = corner(ui, frame, &lines, &placed);
    write(ui, frame, placed, corner);
}

/// Writes lines into the upper right corner, or into the left one where labels are in that and not
/// in this. Returns where.
fn corner(ui: &Ui, frame: Rect, lines: &[(String, Color32)], labels: &[Label]) -> Rect {
    let painter = ui.painter().with_clip_rect(frame);
    let mut laid: Vec<_> = lines
        .iter()
        .map(|(words, colour)| painter.layout_no_wrap(words.clone(), theme::secondary(), *colour))
        .collect();
    if laid.iter().any(|line| line.size().x > MOST * frame.width()) {
        // In a small plot the lines would lie over the curve.
        laid.truncate(1);
    }
    let width = laid.iter().map(|line| line.size().x).fold(0.0, f32::max);
    let height: f32 = laid.iter().map(|line| line.size().y + 2.0).sum();
    let room = frame.shrink2(vec2(8.0, 6.0));
    let block = |left: f32| Rect::from_min_size(pos2(left, room.top()), vec2(width, height));
    let (left, right) = (block(room.left()), block(room.right() - width));
    let meets = |block: Rect| labels.iter().any(|label| label.rect.intersects(block));
    let at_left = meets(right) && !meets(left);
    let mut top = room.top();
    for line in laid {
        let left = if at_left {
            room.left()
        } else {
            room.right() - line.size().x
        };
        let next = top + line.size().y + 2.0;
        painter.galley(pos2(left, top), line, Color32::PLACEHOLDER);
        top = next;
    }
    if at_left { left } else { right }
}

pub(super) fn name(response: &eframe::egui::Response, label: &str) {
    use eframe::egui::{Role, WidgetInfo};
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
}
