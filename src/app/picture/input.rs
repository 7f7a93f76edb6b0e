//! What goes into the picture and what comes out of it.

use std::ops::Range;

use eframe::egui::{Color32, Rect, Response};

use super::readout::Readout;
use super::style::{PictureTheme, Separated, Show, SourceLook};
use crate::app::axes::{FrequencyView, TimeView};

/// What the picture shows in a frame.
#[derive(Clone, Debug)]
pub struct PictureInput<'a> {
    /// The seconds in view.
    pub time: TimeView,
    /// The frequencies in view.
    pub frequency: FrequencyView,
    /// What colours say.
    pub show: Show,
    /// The sources, in their order.
    pub sources: &'a [SourceLook],
    /// The factors, and a number that is another one whenever factors, owners, or the start have
    /// changed.
    pub separated: Option<(Separated<'a>, u64)>,
    /// Where the sound is, in seconds.
    pub playhead: Option<f64>,
    /// The selected seconds.
    pub selection: Option<Range<f64>>,
    /// Whether the selection is played over and over.
    pub looping: bool,
    /// What is lit up.
    pub highlight: Option<&'a Highlight>,
    /// Colours around the picture.
    pub theme: &'a PictureTheme,
    /// The level of the ground, in dB below the loudest a recording scaled to its own peak can be.
    pub floor_db: f64,
    /// The level of the brightest colour, in the same dB.
    pub ceiling_db: f64,
}

/// Components that are lit up while the rest is dimmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Highlight {
    /// The components, as columns of the templates.
    pub components: Vec<usize>,
    /// Their partials in Hz, marked at the frequency axis.
    pub partials: Vec<f64>,
    /// Colour of the marks.
    pub color: Color32,
}

/// What the user did, and what the pointer is at.
#[derive(Clone, Debug)]
pub struct PictureOutput {
    /// The seconds in view after zooming and panning.
    pub time: TimeView,
    /// The frequencies in view after zooming and panning.
    pub frequency: FrequencyView,
    /// A place was clicked, or the ruler dragged: the sound is to go on there, in seconds.
    pub seek: Option<f64>,
    /// Another selection.
    pub selection: Option<SelectionChange>,
    /// What the pointer is at.
    pub hover: Option<Readout>,
    /// Where the picture is, without rulers: buttons may be laid over its corners.
    pub rect: Rect,
    /// The picture as a widget, for a context menu or focus.
    pub response: Response,
}

/// How the selection changes.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectionChange {
    /// These seconds are selected.
    Set(Range<f64>),
    /// Nothing is selected.
    Clear,
}
