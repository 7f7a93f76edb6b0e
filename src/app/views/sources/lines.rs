//! Which rows there are, and where.

use crate::app::view::View;
use crate::project::{Project, Row, SourceId};

/// Height of the row of a source.
pub(super) const SOURCE: f32 = 72.0;
/// Height of the row of an atom.
pub(super) const ATOM: f32 = 27.0;
/// Distance from one source to the next.
pub(super) const GAP: f32 = 6.0;
/// Distance from a source to its first atom.
const BEFORE_ATOMS: f32 = 3.0;

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// What it is about.
    pub row: Row,
    /// The source that it is, or is in.
    pub source: SourceId,
    /// Place of the source, or of the atom within its source.
    pub place: usize,
    /// Distance from the top of the list.
    pub top: f32,
    /// Height.
    pub height: f32,
}

impl Line {
    /// Distance of its lower edge from the top of the list.
    pub fn bottom(&self) -> f32 {
        self.top + self.height
    }
}

/// All rows that are unfolded, from the top.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lines {
    /// The rows.
    pub lines: Vec<Line>,
    /// Height of all.
    pub height: f32,
}

impl Lines {
    /// The rows of a project.
    pub fn of(project: &Project, view: &View) -> Self {
        let mut lines = Vec::with_capacity(project.sources().len());
        let mut top = 0.0;
        for (place, source) in project.sources().iter().enumerate() {
            lines.push(Line {
                row: Row::Source(source.id),
                source: source.id,
                place,
                top,
                height: SOURCE,
            });
            top += SOURCE;
            if view.unfolded.contains(&source.id) {
                top += BEFORE_ATOMS;
                for (place, &atom) in source.members.iter().enumerate() {
                    lines.push(Line {
                        row: Row::Atom(atom),
                        source: source.id,
                        place,
                        top,
                        height: ATOM,
                    });
                    top += ATOM;
                }
            }
            top += GAP;
        }
        Self { lines, height: top }
    }

    /// The line of a row.
    pub fn find(&self, row: Row) -> Option<&Line> {
        self.lines.iter().find(|line| line.row == row)
    }

    /// Place of the line of a row.
    pub fn place(&self, row: Row) -> Option<usize> {
        self.lines.iter().position(|line| line.row == row)
    }

    /// The lines between two heights, measured from the top of the list.
    pub fn within(&self, top: f32, bottom: f32) -> &[Line] {
        let first = self.lines.partition_point(|line| line.bottom() < top);
        let end = self.lines.partition_point(|line| line.top <= bottom);
        self.lines.get(first..end).unwrap_or_default()
    }
}
