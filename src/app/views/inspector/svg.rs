//! The plots as a drawing that can be scaled.

use std::fmt::Write as _;
use std::sync::Arc;

use egui_plot::PlotPoint;

use super::activation::{self, Frames};
use super::curves::Pair;
use super::plot::Mark;
use super::subjects::{Subject, subjects};
use super::template;
use crate::app::theme::Tokens;
use crate::app::view::View;
use crate::project::Project;

/// Size of one plot, and the room around it.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const MARGIN: f64 = 28.0;

/// Template and activation of what is selected, one above the other, as text of an SVG file in
/// the colours of the theme. `None` where nothing is selected.
pub(in crate::app) fn plots_svg(project: &Project, view: &View, t: &Tokens) -> Option<String> {
    let subjects = subjects(project, view, t);
    let data = project.separation().filter(|_| !subjects.is_empty())?;
    let pair = |subject: &Subject| Arc::new(Pair::of(&data.factors, &subject.atoms));
    let pairs: Vec<Arc<Pair>> = subjects.iter().map(pair).collect();
    let (axes, scale) = (data.axes(), view.frequency.scale());
    let frames = Frames {
        axes,
        start: data.span().start as f64 / f64::from(data.rate.max(1)),
    };
    let width = WIDTH as f32;
    let templates: Vec<Vec<PlotPoint>> = pairs
        .iter()
        .map(|pair| template::curve(pair, scale, axes, width))
        .collect();
    let activations = activation::curves(&pairs, view.time, frames, width);
    let (w, h) = (WIDTH + 2.0 * MARGIN, 2.0 * (HEIGHT + 2.0 * MARGIN));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" font-family=\"Inter, sans-serif\" font-size=\"11.5\">\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n",
        hex(t.window)
    );
    let range = template::range(scale, axes);
    plot(
        &mut svg,
        ("Template", MARGIN),
        range,
        &template::marks(scale, axes),
        (&subjects, &templates),
        t,
    );
    let range = (view.time.start(), view.time.end());
    let top = HEIGHT + 3.0 * MARGIN;
    plot(
        &mut svg,
        ("Activation", top),
        range,
        &activation::marks(view.time, width),
        (&subjects, &activations),
        t,
    );
    svg.push_str("</svg>\n");
    Some(svg)
}

fn plot(
    svg: &mut String,
    (title, top): (&str, f64),
    (from, to): (f64, f64),
    marks: &[Mark],
    (subjects, curves): (&[Subject], &[Vec<PlotPoint>]),
    t: &Tokens,
) {
    let x = |place: f64| MARGIN + (place - from) / (to - from) * WIDTH;
    let bottom = top + HEIGHT;
    let y = |value: f64| bottom - value * HEIGHT;
    // Writing to a string cannot fail.
    let _ = writeln!(
        svg,
        "<text x=\"{MARGIN}\" y=\"{:.1}\" fill=\"{}\" font-weight=\"600\">{title}</text>",
        top - 8.0,
        hex(t.text)
    );
    let _ = writeln!(
        svg,
        "<svg x=\"{MARGIN}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"{MARGIN} {top} {WIDTH} {HEIGHT}\">"
    );
    for (subject, points) in subjects.iter().zip(curves) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            continue;
        };
        let line: String = points
            .iter()
            .map(|point| format!("{:.1},{:.1} ", x(point.x), y(point.y)))
            .collect();
        let colour = hex(subject.colour);
        let _ = writeln!(
            svg,
            "<polygon points=\"{:.1},{bottom} {line}{:.1},{bottom}\" fill=\"{colour}\" fill-opacity=\"0.2\"/>\n\
             <polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\"/>",
            x(first.x),
            x(last.x)
        );
    }
    svg.push_str("</svg>\n");
    for mark in marks {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{}\" text-anchor=\"middle\">{}</text>",
            x(mark.at),
            bottom + 15.0,
            hex(t.second),
            mark.label
        );
    }
}

fn hex(colour: eframe::egui::Color32) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.r(), colour.g(), colour.b())
}
