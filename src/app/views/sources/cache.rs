//! What the list keeps from one frame to the next: nothing that is not made again when lost.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{Context, Id};

use super::drag::Dragged;
use super::thumbnails::ThumbnailCache;
use crate::project::{DragId, Project, Row, SeparationData, Source, SourceId};

/// What the list keeps from one frame to the next.
#[derive(Default)]
pub(in crate::app) struct Cache {
    /// The thumbnails.
    pub(super) thumbnails: ThumbnailCache,
    /// Where a range of the selection begins.
    pub(super) anchor: Option<Row>,
    /// What is being dragged.
    pub(super) dragged: Option<Dragged>,
    /// The gain that is being written, and what has been written.
    pub(super) typing: Option<(Row, String)>,
    /// The field that has the keyboard already.
    pub(super) field: Option<Id>,
    /// The row whose menu is to be opened.
    pub(super) menu: Option<Row>,
    /// The row to bring into sight.
    pub(super) reveal: Option<Row>,
    /// Whether the row under the pointer was found here.
    pub(super) hovering: bool,
    /// Whether the wheel moves the list: it goes on to do so until the pointer moves.
    pub(super) scrolling: bool,
    facts: Facts,
    /// The row that is to have the keyboard.
    pub(super) take_keyboard: Option<Row>,
}

impl Cache {
    /// Brings a row into sight and gives it the keyboard.
    pub(super) fn go_to(&mut self, row: Row) {
        self.reveal = Some(row);
        self.take_keyboard = Some(row);
    }

    /// Whether rows are being dragged: the toolkit forgets that in the frame in which Escape comes.
    pub(in crate::app) fn is_dragging(&self) -> bool {
        self.dragged.is_some()
    }

    /// What was measured of a source: in words, and where it stands from -1, left, to 1, right.
    pub(super) fn facts(&mut self, project: &Project, source: &Source) -> (&str, Option<f32>) {
        self.facts.of(project, source)
    }
}

/// The measured facts of sources: to find them goes through their components.
#[derive(Default)]
struct Facts {
    separation: Option<Arc<SeparationData>>,
    known: HashMap<SourceId, Known>,
}

/// The facts of a source that had these members.
#[derive(Default)]
struct Known {
    members: Vec<usize>,
    words: String,
    pan: Option<f32>,
}

impl Facts {
    fn of(&mut self, project: &Project, source: &Source) -> (&str, Option<f32>) {
        let same = match (&self.separation, project.separation()) {
            (Some(known), Some(present)) => Arc::ptr_eq(known, present),
            (known, present) => known.is_none() && present.is_none(),
        };
        if !same {
            self.known.clear();
            self.separation = project.separation().cloned();
        }
        let known = self.known.entry(source.id).or_default();
        if known.members != source.members {
            known.members.clone_from(&source.members);
            let facts = project.source_facts(source.id);
            known.words = facts.map(|facts| facts.to_string()).unwrap_or_default();
            known.pan = project.source_pan(source.id).map(|pan| pan as f32);
        }
        (&known.words, known.pan)
    }
}

/// A name for a drag of this widget that begins now: no other drag has it.
pub(super) fn new_drag(ctx: &Context, widget: Id) -> DragId {
    let now = ctx.input(|input| input.time.to_bits());
    DragId(widget.with(("drag", now)).value())
}
