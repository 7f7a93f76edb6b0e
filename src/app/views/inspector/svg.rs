//! The plots as a drawing that can be scaled.

use std::fmt::Write as _;
use std::sync::Arc;

use eframe::egui::Color32;
use egui_plot::PlotPoint;

use super::activation::{self, Frames};
use super::curves::Pair;
use super::plot::{HEADROOM, Mark};
use super::subjects::{Subject, subjects};
use super::template;
use crate::app::theme::Tokens;
use crate::app::view::View;
use crate::project::{Project, Row};

/// Size of one plot, and the room around it.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const MARGIN: f64 = 28.0;
/// Levels that are marked at the left.
const LEVELS: [(f64, &str); 3] = [(0.0, "0"), (0.5, "0.5"), (1.0, "1")];
/// Height of a line of text, and the width that a note takes.
const LINE: f64 = 18.0;
const NOTE: f64 = 30.0;

/// Template and activation of what is selected, one above the other, as text of an SVG file, on
/// white. `None` where nothing is selected.
pub(in crate::app) fn plots_svg(project: &Project, view: &View) -> Option<String> {
    let t = Tokens::of_paper();
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
    let names = subjects.iter().map(|subject| legend(project, subject));
    let names: Vec<String> = names.collect();
    let plots = 2.0 * (HEIGHT + 2.0 * MARGIN);
    let (w, h) = (
        WIDTH + 2.0 * MARGIN,
        plots + LINE * names.len() as f64 + MARGIN / 2.0,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" font-family=\"Inter, sans-serif\" font-size=\"11.5\">\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n",
        hex(t.card)
    );
    let template = Plot {
        title: "Template over frequency, 1 is its largest value",
        top: MARGIN,
        range: template::range(scale, axes),
        marks: template::marks(scale, axes),
        curves: templates,
        notes: template::notes(&subjects, &pairs, (scale, axes), t.second),
    };
    let activation = Plot {
        title: "Activation over time, 1 is the largest value",
        top: HEIGHT + 3.0 * MARGIN,
        range: (view.time.start(), view.time.end()),
        marks: activation::marks(view.time, width),
        curves: activations,
        notes: Vec::new(),
    };
    template.write(&mut svg, &subjects, t);
    activation.write(&mut svg, &subjects, t);
    for (line, (subject, name)) in subjects.iter().zip(names).enumerate() {
        let y = plots + LINE * line as f64;
        // Writing to a string cannot fail.
        let _ = writeln!(
            svg,
            "<rect x=\"{MARGIN}\" y=\"{:.1}\" width=\"9\" height=\"9\" rx=\"2\" fill=\"{}\"/>\n\
             <text x=\"{:.1}\" y=\"{y:.1}\" fill=\"{}\">{}</text>",
            y - 9.0,
            hex(subject.colour),
            MARGIN + 16.0,
            hex(t.text),
            escaped(&name)
        );
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

/// What is said of a curve under the plots.
fn legend(project: &Project, subject: &Subject) -> String {
    let Row::Atom(atom) = subject.row else {
        return subject.name.clone();
    };
    let source = project.source_of(atom).map_or("", |source| &source.name);
    format!("{source}, {}: {}", subject.name, project.atom_label(atom))
}

/// One plot of the drawing.
struct Plot<'a> {
    title: &'a str,
    top: f64,
    range: (f64, f64),
    marks: Vec<Mark>,
    /// Points of each subject, from 0 to 1.
    curves: Vec<Vec<PlotPoint>>,
    notes: Vec<(PlotPoint, String, Color32)>,
}

impl Plot<'_> {
    fn x(&self, place: f64) -> f64 {
        let (from, to) = self.range;
        MARGIN + (place - from) / (to - from) * WIDTH
    }

    fn y(&self, value: f64) -> f64 {
        self.top + HEIGHT * (1.0 - value / (1.0 + HEADROOM))
    }

    fn write(&self, svg: &mut String, subjects: &[Subject], t: &Tokens) {
        let (top, bottom) = (self.top, self.top + HEIGHT);
        // Writing to a string cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{:.1}\" fill=\"{}\" font-weight=\"600\">{}</text>",
            top - 8.0,
            hex(t.text),
            self.title
        );
        for mark in &self.marks {
            let x = self.x(mark.at);
            let _ = writeln!(
                svg,
                "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"{}\"/>\n\
                 <text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{}\" text-anchor=\"middle\">{}</text>",
                hex(t.line),
                bottom + 15.0,
                hex(t.second),
                mark.label
            );
        }
        for (level, label) in LEVELS {
            let y = self.y(level);
            let _ = writeln!(
                svg,
                "<path d=\"M{MARGIN} {y:.1}h-4\" stroke=\"{}\"/>\n\
                 <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{}\" text-anchor=\"end\">{label}</text>",
                hex(t.second),
                MARGIN - 6.0,
                y + 4.0,
                hex(t.second)
            );
        }
        let _ = writeln!(
            svg,
            "<path d=\"M{MARGIN} {top}V{bottom}H{}\" fill=\"none\" stroke=\"{}\"/>\n\
             <svg x=\"{MARGIN}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"{MARGIN} {top} {WIDTH} {HEIGHT}\">",
            MARGIN + WIDTH,
            hex(t.line)
        );
        for (subject, points) in subjects.iter().zip(&self.curves) {
            self.write_curve(svg, subject.colour, points);
        }
        svg.push_str("</svg>\n");
        self.write_notes(svg);
    }

    fn write_curve(&self, svg: &mut String, colour: Color32, points: &[PlotPoint]) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return;
        };
        let line: String = points
            .iter()
            .map(|point| format!("{:.1},{:.1} ", self.x(point.x), self.y(point.y)))
            .collect();
        let (colour, bottom) = (hex(colour), self.top + HEIGHT);
        let _ = writeln!(
            svg,
            "<polygon points=\"{:.1},{bottom} {line}{:.1},{bottom}\" fill=\"{colour}\" fill-opacity=\"0.2\"/>\n\
             <polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\"/>",
            self.x(first.x),
            self.x(last.x)
        );
    }

    /// Writes the notes above their peaks; one that would meet another before it is left out.
    fn write_notes(&self, svg: &mut String) {
        let mut written: Vec<(f64, f64)> = Vec::new();
        for (at, note, colour) in &self.notes {
            let half = NOTE / 2.0;
            let x = self.x(at.x).clamp(MARGIN + half, MARGIN + WIDTH - half);
            let y = self.y(at.y) - 5.0;
            let meets =
                |&(left, top): &(f64, f64)| (left - x).abs() < NOTE && (top - y).abs() < LINE;
            if written.iter().any(meets) {
                continue;
            }
            written.push((x, y));
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{}\" text-anchor=\"middle\">{note}</text>",
                hex(*colour)
            );
        }
    }
}

/// Words as they are written in XML.
fn escaped(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            // Control characters cannot be written in XML at all.
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text
}

fn hex(colour: Color32) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.r(), colour.g(), colour.b())
}
