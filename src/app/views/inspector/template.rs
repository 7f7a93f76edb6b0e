//! The plot of templates over frequency.

use std::sync::Arc;

use eframe::egui::{Align2, Rect, Stroke, Ui, vec2};
use egui_plot::PlotPoint;

use super::curves::Pair;
use super::peaks::peaks;
use super::plot::{Mark, draw, labels};
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

/// The marks of the frequency axis.
pub(super) fn marks(scale: FrequencyScale, axes: Axes) -> Vec<Mark> {
    let (_, high) = range(scale, axes);
    let log: &[(f64, &str)] = &[
        (20.0, "20 Hz"),
        (80.0, "80"),
        (320.0, "320"),
        (1280.0, "1.3 k"),
        (5120.0, "5 k"),
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

    let most = if subjects.len() == 1 {
        LABELS
    } else {
        LABELS_OF_EACH
    };
    let shown = (scale.hz(range.0).max(1.0), scale.hz(range.1));
    let mut words = Vec::new();
    for (subject, pair) in subjects.iter().zip(pairs) {
        let colour = if subjects.len() == 1 {
            t.second
        } else {
            subject.colour
        };
        for peak in peaks(pair.template.values(), axes, shown, most) {
            let height = f64::from(peak.height) * level(&pair.template);
            let at = transform.position_from_point(&PlotPoint::new(scale.unit(peak.hz), height));
            words.push((at.x, at.y, peak.note, colour));
        }
    }
    labels(ui, frame, &words);

    let pointer = drawn.response.hover_pos().filter(|at| frame.contains(*at));
    let painter = ui.painter().with_clip_rect(frame);
    let mut corner = frame.right_top() + vec2(-8.0, 6.0);
    let mut line = |words: &str, colour| {
        let placed = painter.text(corner, Align2::RIGHT_TOP, words, theme::secondary(), colour);
        corner.y = placed.bottom() + 2.0;
    };
    if let Some(at) = pointer {
        let hz = scale.hz(transform.value_from_position(at).x);
        let note = note_name(hz).map(|note| format!(" · {note}").replace('-', "−"));
        line(
            &format!("{}{}", hertz(hz), note.unwrap_or_default()),
            t.text,
        );
        painter.vline(
            at.x,
            frame.y_range(),
            Stroke::new(1.0, t.third.gamma_multiply(0.6)),
        );
    } else if let Some(facts) = facts {
        facts.iter().for_each(|fact| line(fact, t.second));
    } else if subjects.len() > 1 {
        subjects
            .iter()
            .for_each(|subject| line(&subject.name, subject.colour));
    }
}

pub(super) fn name(response: &eframe::egui::Response, label: &str) {
    use eframe::egui::{Role, WidgetInfo};
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
}
