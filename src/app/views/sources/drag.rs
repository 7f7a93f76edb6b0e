//! Dragging rows: where they would go, how that is shown, and the edit that it is.

use eframe::egui::{
    Align2, CornerRadius, CursorIcon, Id, Key, LayerId, Order, Pos2, Rect, Rgba, Stroke,
    StrokeKind, Ui, pos2, vec2,
};

use super::cache::Cache;
use super::carry::meant;
use super::lines::{GAP, Line, Lines};
use crate::app::request::Request;
use crate::app::theme::{self, CARD_RADIUS, Tokens};
use crate::app::view::View;
use crate::project::{Edit, Project, Row, SourceId};

/// Height at the ends of the list in which it moves while something is dragged.
const EDGE: f32 = 28.0;
/// Speed of that, in points a second.
const SPEED: f32 = 420.0;

/// What is being dragged.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Dragged {
    /// Atoms, in the order of the list.
    Atoms(Vec<usize>),
    /// A source.
    Source(SourceId),
}

/// Where it would go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    /// To the other atoms of a source.
    Into(SourceId),
    /// Before a member of a source; `y` is where it would come to stand.
    Before {
        source: SourceId,
        member: usize,
        y: f32,
    },
    /// Into a source of its own.
    Apart,
    /// Before a source; `y` is where it would come to stand.
    Between { place: usize, y: f32 },
}

/// What a drag that begins at a row takes along.
pub(super) fn take(project: &Project, view: &View, row: Row) -> Dragged {
    match row {
        Row::Source(id) => Dragged::Source(id),
        Row::Atom(atom) => Dragged::Atoms(meant(project, view, atom)),
    }
}

/// Where what is dragged would go at the height `y` from the top of the list.
pub(super) fn goal(lines: &Lines, dragged: &Dragged, y: f32) -> Option<Goal> {
    match dragged {
        Dragged::Atoms(_) => goal_of_atoms(lines, y),
        Dragged::Source(_) => goal_of_source(lines, y),
    }
}

fn goal_of_atoms(lines: &Lines, y: f32) -> Option<Goal> {
    let last = lines.lines.last()?;
    if y > last.bottom() + GAP {
        return Some(Goal::Apart);
    }
    // Between two rows, the upper one is meant.
    let line = lines.lines.iter().rev().find(|line| line.top <= y);
    let line = line.or(lines.lines.first())?;
    Some(match line.row {
        Row::Source(source) => Goal::Into(source),
        Row::Atom(_) => {
            let upper = y < line.top + line.height / 2.0;
            Goal::Before {
                source: line.source,
                member: if upper { line.place } else { line.place + 1 },
                y: if upper { line.top } else { line.bottom() },
            }
        }
    })
}

fn goal_of_source(lines: &Lines, y: f32) -> Option<Goal> {
    let heads: Vec<&Line> = lines
        .lines
        .iter()
        .filter(|line| matches!(line.row, Row::Source(_)))
        .collect();
    let end = |i: usize| heads.get(i + 1).map_or(lines.height, |next| next.top);
    let place = (0..heads.len())
        .find(|&i| y < f32::midpoint(heads[i].top, end(i)))
        .unwrap_or(heads.len());
    let y = match place.checked_sub(1) {
        Some(before) => end(before),
        None => heads.first()?.top,
    };
    Some(Goal::Between {
        place,
        y: y - GAP / 2.0,
    })
}

/// The edit that a drop is; `None` where it would change nothing.
pub(super) fn edit(project: &Project, dragged: Dragged, goal: Goal) -> Option<Edit> {
    match (dragged, goal) {
        (Dragged::Atoms(atoms), Goal::Into(to)) => {
            let there = &project.source(to)?.members;
            let all = atoms.iter().all(|atom| there.contains(atom));
            let at = there.len();
            (!all).then_some(Edit::MoveAtoms { atoms, to, at })
        }
        (
            Dragged::Atoms(atoms),
            Goal::Before {
                source: to,
                member: at,
                ..
            },
        ) => Some(Edit::MoveAtoms { atoms, to, at }),
        (Dragged::Atoms(atoms), Goal::Apart) => {
            let whole = |members: &[usize]| {
                members.len() == atoms.len() && atoms.iter().all(|atom| members.contains(atom))
            };
            let mut sources = project.sources().iter();
            let alone = sources.any(|source| whole(&source.members));
            (!alone).then_some(Edit::SplitOff { atoms })
        }
        (Dragged::Source(source), Goal::Between { place: at, .. }) => {
            let from = project.sources().iter().position(|s| s.id == source)?;
            (at != from && at != from + 1).then_some(Edit::MoveSource { source, at })
        }
        _ => None,
    }
}

/// Goes on with a drag: shows it, moves the list at its ends, and drops at the end. `top` is where
/// the list begins on the screen.
pub(super) fn follow(
    ui: &Ui,
    lines: &Lines,
    top: f32,
    project: &Project,
    (cache, out): (&mut Cache, &mut Vec<Request>),
) {
    let Some(dragged) = cache.dragged.clone() else {
        return;
    };
    let (pointer, down, escape) = ui.input(|input| {
        let pointer = &input.pointer;
        (
            pointer.latest_pos(),
            pointer.primary_down(),
            input.key_pressed(Key::Escape),
        )
    });
    let visible = ui.clip_rect();
    let over = pointer.filter(|at| visible.expand2(vec2(24.0, 48.0)).contains(*at));
    let goal = over.and_then(|at| goal(lines, &dragged, at.y - top));
    if escape {
        cache.dragged = None;
    } else if !down {
        cache.dragged = None;
        let edit = goal.and_then(|goal| edit(project, dragged, goal));
        out.extend(edit.map(Request::Edit));
    } else {
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        if let Some(at) = pointer {
            move_list(ui, visible, at);
            ghost(ui, at, &words(project, &dragged, goal));
        }
        if let Some(goal) = goal {
            paint(ui, lines, top, goal);
        }
    }
}

fn words(project: &Project, dragged: &Dragged, goal: Option<Goal>) -> String {
    let what = match dragged {
        Dragged::Source(id) => project.row_name(Row::Source(*id)).unwrap_or_default(),
        Dragged::Atoms(atoms) => match atoms.as_slice() {
            [atom] => project.row_name(Row::Atom(*atom)).unwrap_or_default(),
            atoms => format!("{} atoms", atoms.len()),
        },
    };
    match goal {
        Some(Goal::Into(id)) => format!(
            "{what} → {}",
            project.row_name(Row::Source(id)).unwrap_or_default()
        ),
        Some(Goal::Apart) => format!("{what} → new source"),
        _ => what,
    }
}

/// The list moves when the pointer is at one of its ends.
fn move_list(ui: &Ui, visible: Rect, at: Pos2) {
    let above = (visible.top() + EDGE - at.y).clamp(0.0, EDGE);
    let below = (at.y - visible.bottom() + EDGE).clamp(0.0, EDGE);
    let by = (above - below) / EDGE * SPEED * ui.input(|input| input.stable_dt).min(0.05);
    if by != 0.0 {
        ui.scroll_with_delta(vec2(0.0, by));
        ui.ctx().request_repaint();
    }
}

/// What is dragged, at the pointer.
fn ghost(ui: &Ui, at: Pos2, words: &str) {
    let t = Tokens::of(ui.ctx());
    let layer = LayerId::new(Order::Tooltip, Id::unique("dragged rows"));
    let painter = ui.ctx().layer_painter(layer);
    let galley = painter.layout_no_wrap(words.to_owned(), theme::strong(), t.text);
    let rect = Rect::from_min_size(at + vec2(14.0, 8.0), galley.size() + vec2(16.0, 10.0));
    let radius = CornerRadius::same(CARD_RADIUS);
    painter.rect_filled(rect, radius, t.hover);
    painter.rect_stroke(rect, radius, Stroke::new(1.0, t.accent), StrokeKind::Inside);
    painter.galley(rect.min + vec2(8.0, 5.0), galley, t.text);
}

fn paint(ui: &Ui, lines: &Lines, top: f32, goal: Goal) {
    let t = Tokens::of(ui.ctx());
    let x = ui.max_rect().x_range();
    let line = |y: f32, from: f32| {
        let y = top + y;
        let stroke = Stroke::new(2.0, t.accent);
        ui.painter().hline(from..=x.max, y, stroke);
        ui.painter().circle_filled(pos2(from, y), 3.5, t.accent);
    };
    match goal {
        Goal::Into(id) => {
            if let Some(row) = lines.find(Row::Source(id)) {
                let card = Rect::from_x_y_ranges(x, (top + row.top)..=(top + row.bottom()));
                let radius = CornerRadius::same(CARD_RADIUS);
                let fill = Rgba::from(t.accent).multiply(0.12);
                ui.painter().rect_filled(card, radius, fill);
                let stroke = Stroke::new(1.5, t.accent);
                ui.painter()
                    .rect_stroke(card, radius, stroke, StrokeKind::Inside);
            }
        }
        Goal::Before { y, .. } => line(y, x.min + 20.0),
        Goal::Between { y, .. } => line(y, x.min + 4.0),
        Goal::Apart => {
            let from = top + lines.height + 2.0;
            let rect = Rect::from_x_y_ranges(x, from..=from + 40.0);
            let radius = CornerRadius::same(CARD_RADIUS);
            let stroke = Stroke::new(1.5, t.accent);
            ui.painter()
                .rect_stroke(rect, radius, stroke, StrokeKind::Inside);
            let words = "Split off into a new source";
            ui.painter().text(
                rect.center(),
                Align2::CENTER_CENTER,
                words,
                theme::secondary(),
                t.second,
            );
        }
    }
}
