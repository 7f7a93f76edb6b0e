//! What the user looks at: everything that is shown in some way but is no part of the project.

use std::collections::BTreeSet;
use std::ops::Range;

use super::axes::{FrequencyScale, FrequencyView, TimeView};
use super::live_mix::LiveMix;
use super::picture::Show;
use crate::project::{Row, SourceId};

/// What is shown, and where the user is.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// The seconds that all panes with a time axis show.
    pub time: TimeView,
    /// The frequencies that the picture shows.
    pub frequency: FrequencyView,
    /// What the picture is coloured by.
    pub show: Show,
    /// The selected part, in seconds.
    pub selection: Option<Range<f64>>,
    /// Whether the selection, or all, is played again and again.
    pub looping: bool,
    /// The row that keys act on.
    pub focused: Option<Row>,
    /// The selected atoms: what the inspector shows, and what is moved, merged and split off.
    pub selected: BTreeSet<usize>,
    /// The row under the pointer, lit up in the picture.
    pub hovered: Option<Row>,
    /// Sources that show their atoms.
    pub unfolded: BTreeSet<SourceId>,
    /// The row whose name is being written, and what has been written.
    pub renaming: Option<(Row, String)>,
    /// What the list of sources is asked for by an action.
    pub asked: Option<AskedOfList>,
    /// What is heard of atoms that are being found.
    pub live_mix: LiveMix,
    /// Whether the inspector is shown.
    pub inspector: bool,
    /// Whether the settings are shown.
    pub settings: bool,
    /// Whether the diagnostics are shown.
    pub diagnostics: bool,
}

/// What the list of sources is asked for by an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AskedOfList {
    /// To bring the focused row into sight, and give it the keyboard.
    Show,
    /// The same, and to open its menu.
    Menu,
}

impl View {
    /// The view of a recording of `duration` seconds and `rate` samples a second: all of it.
    pub fn of(duration: f64, rate: u32) -> Self {
        Self {
            time: TimeView::whole(duration),
            frequency: FrequencyView::whole(rate, FrequencyScale::Log),
            show: Show::BySource,
            selection: None,
            looping: false,
            focused: None,
            selected: BTreeSet::new(),
            hovered: None,
            unfolded: BTreeSet::new(),
            renaming: None,
            asked: None,
            live_mix: LiveMix::default(),
            inspector: true,
            settings: true,
            diagnostics: false,
        }
    }
}
