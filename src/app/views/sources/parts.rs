//! What the rows of sources and of atoms have in common.

use eframe::egui::{Color32, CornerRadius, Rect, Response, Ui, UiBuilder, pos2, vec2};

use super::colour::blend;
use crate::app::theme::{RADIUS, Tokens};
use crate::app::widgets::{letter_toggle, sparkline};
use crate::project::{Edit, Row};

/// Width of a letter, and its height.
pub(super) const LETTER: f32 = 22.0;
const LETTER_HEIGHT: f32 = 20.0;
/// The level at which meters begin, in dB.
const QUIETEST: f32 = -60.0;
/// Opacity of what is silent because others are soloed.
pub(super) const DIMMED: f32 = 0.45;

/// What a click on a letter asks for: soloes add up, Shift makes one exclusive, Alt clears all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Click {
    Mute,
    Solo,
    SoloOnly,
    ClearSolos,
}

impl Click {
    /// The edit of a row that is muted and soloed so far as is said.
    pub fn edit(self, row: Row, (mute, solo): (bool, bool)) -> Edit {
        match self {
            Self::Mute => Edit::SetMute { row, on: !mute },
            Self::Solo => Edit::SetSolo { row, on: !solo },
            Self::SoloOnly => Edit::SoloExclusive(row),
            Self::ClearSolos => Edit::ClearSolos,
        }
    }
}

/// The letters M and S of what has this name, the right one ending at `right`.
pub(super) fn letters(
    ui: &mut Ui,
    (right, middle): (f32, f32),
    name: &str,
    (mute, solo): (bool, bool),
) -> Option<Click> {
    let t = Tokens::of(ui.ctx());
    let size = vec2(LETTER, LETTER_HEIGHT);
    let place =
        |right: f32| Rect::from_min_size(pos2(right - LETTER, middle - LETTER_HEIGHT / 2.0), size);
    let label = format!("Mute {name}");
    let tooltip = "Mute: silence this (M)";
    let rect = place(right - LETTER - 4.0);
    let muted = letter(ui, rect, ("M", &label, tooltip), mute, t.mute).clicked();
    let label = format!("Solo {name}");
    let tooltip = "Solo: hear this and whatever else is soloed (S)\n\
                   Shift-click: hear nothing but this\n\
                   Alt-click: clear all solos";
    let soloed = letter(ui, place(right), ("S", &label, tooltip), solo, t.solo).clicked();
    match ui.input(|input| input.modifiers) {
        _ if muted => Some(Click::Mute),
        _ if !soloed => None,
        held if held.alt => Some(Click::ClearSolos),
        held if held.shift => Some(Click::SoloOnly),
        _ => Some(Click::Solo),
    }
}

fn letter(
    ui: &mut Ui,
    rect: Rect,
    (letter, label, tooltip): (&str, &str, &str),
    on: bool,
    colour: Color32,
) -> Response {
    let builder = UiBuilder::new().max_rect(rect).id_salt(letter);
    ui.scope_builder(builder, |ui| {
        letter_toggle(ui, letter, label, tooltip, on, colour)
    })
    .inner
}

/// A small picture on a ground of its own.
pub(super) fn thumbnail(ui: &Ui, rect: Rect, values: &[f32], colour: Color32) {
    let t = Tokens::of(ui.ctx());
    let radius = CornerRadius::same(RADIUS - 1);
    ui.painter().rect_filled(rect, radius, t.panel);
    sparkline(ui, rect.shrink2(vec2(1.0, 2.0)), values, colour);
}

/// The colour of what is drawn of a row: without colour where it is not heard, as in the picture.
pub(super) fn heard_colour(t: &Tokens, colour: Color32, heard: bool) -> Color32 {
    if heard {
        colour
    } else {
        blend(t.third, t.card, 0.35)
    }
}

/// A linear level as a share of a meter.
pub(super) fn meter_share(linear: f32) -> f32 {
    if linear > 0.0 {
        1.0 - (20.0 * linear.log10()).max(QUIETEST) / QUIETEST
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meter_shows_sixty_decibels() {
        for (linear, share) in [(0.0, 0.0), (1e-6, 0.0), (0.001, 0.0), (1.0, 1.0)] {
            assert!((meter_share(linear) - share).abs() < 1e-5, "{linear}");
        }
        assert!((meter_share(0.031_622_8) - 0.5).abs() < 1e-4);
    }
}
