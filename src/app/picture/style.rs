//! How the picture is to look.

use std::sync::Arc;

use eframe::egui::Color32;

use super::decibel::code;
use super::ownership::{Mixture, Ownership};
use super::ramp::{Ramp, Strength};
use crate::app::oklab::Oklab;
use crate::separation::Factors;
use crate::spectral::Axes;

/// Lightness of the colours of sources in the dark theme.
const SOURCE_LIGHTNESS: f32 = 0.78;

/// What the colours of the picture say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// The level.
    #[default]
    Magnitude,
    /// The hue says which source a bin belongs to, the brightness its level. Where there are no
    /// factors, the level alone.
    BySource,
}

/// How a source looks.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceLook {
    /// Its name, for the readout.
    pub name: String,
    /// Its colour, of which the picture takes hue and chroma.
    pub color: Color32,
    /// Whether it is heard: neither muted nor silenced by another's solo.
    pub audible: bool,
}

/// The factors of a separation and who they belong to.
#[derive(Clone, Copy, Debug)]
pub struct Separated<'a> {
    /// Templates and activations.
    pub factors: &'a Arc<Factors>,
    /// Their frequency and time scale.
    pub axes: Axes,
    /// Seconds at which the separated excerpt begins.
    pub start: f64,
    /// The source of each component, as an index into [`PictureInput::sources`](super::PictureInput).
    pub owners: &'a [usize],
}

/// Colours of the interface around the picture, and of the picture's ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureTheme {
    /// Whether light is drawn on dark.
    pub dark: bool,
    /// Where there is no sound.
    pub ground: Color32,
    /// Behind rulers and axes.
    pub panel: Color32,
    /// Behind the readout.
    pub card: Color32,
    /// Lines between parts, ticks.
    pub line: Color32,
    /// Playhead, and the first line of the readout.
    pub text: Color32,
    /// The readout's other lines.
    pub second: Color32,
    /// Labels of rulers, the outline of the recording.
    pub third: Color32,
    /// Loop marks, the frame of the view.
    pub accent: Color32,
}

impl PictureTheme {
    /// The dark theme.
    pub const DARK: Self = Self {
        dark: true,
        ground: Color32::from_rgb(0x0b, 0x0d, 0x10),
        panel: Color32::from_rgb(0x0f, 0x11, 0x15),
        card: Color32::from_rgb(0x1a, 0x1e, 0x26),
        line: Color32::from_rgb(0x31, 0x39, 0x49),
        text: Color32::from_rgb(0xe6, 0xe9, 0xef),
        second: Color32::from_rgb(0x9a, 0xa3, 0xb2),
        third: Color32::from_rgb(0x7f, 0x8a, 0xa0),
        accent: Color32::from_rgb(0x7d, 0xba, 0xff),
    };

    /// The light theme, which is also the one for print.
    pub const LIGHT: Self = Self {
        dark: false,
        ground: Color32::from_rgb(0xfc, 0xfc, 0xfd),
        panel: Color32::from_rgb(0xf4, 0xf5, 0xf7),
        card: Color32::from_rgb(0xff, 0xff, 0xff),
        line: Color32::from_rgb(0xc9, 0xce, 0xd6),
        text: Color32::from_rgb(0x16, 0x19, 0x1f),
        second: Color32::from_rgb(0x4a, 0x52, 0x60),
        third: Color32::from_rgb(0x66, 0x6f, 0x7e),
        accent: Color32::from_rgb(0x1f, 0x6f, 0xd1),
    };
}

/// Everything that decides the colour of a pixel.
#[derive(Clone, Debug)]
pub(super) struct Style {
    /// Tells styles apart: grows with every change.
    pub revision: u64,
    show: Show,
    dark: bool,
    ground: Oklab,
    strength: Strength,
    ramp: Ramp,
    ownership: Option<Ownership>,
}

impl Style {
    /// A style between two levels in dB of the codes.
    pub fn new(
        show: Show,
        theme: &PictureTheme,
        levels: (f64, f64),
        ownership: Option<Ownership>,
    ) -> Self {
        let strength = Strength::new(levels.0, levels.1);
        Self {
            revision: 0,
            show,
            dark: theme.dark,
            ground: Oklab::from_color(theme.ground),
            ramp: Ramp::new(&strength, theme.ground, theme.dark),
            strength,
            ownership,
        }
    }

    /// The owners that the colours need to know.
    pub fn ownership(&self) -> Option<&Ownership> {
        self.ownership.as_ref()
    }

    /// Whether a code is too quiet to be seen.
    #[inline]
    pub fn is_ground(&self, code: u8) -> bool {
        self.strength.of(code) <= 0.0
    }

    /// The colour of a code where nobody is known to own it.
    #[inline]
    pub fn unowned(&self, code: u8) -> Color32 {
        self.ramp.color(code)
    }

    /// The colour of a level in dB of the codes; where hues say whose a bin is, without one.
    pub fn of_level(&self, db: f64) -> Color32 {
        match (self.show, &self.ownership) {
            (Show::BySource, Some(_)) => {
                let heard = Mixture {
                    audible: 1.0,
                    ..Mixture::default()
                };
                self.tinted(self.strength.of(code(db)), heard)
            }
            _ => self.ramp.color(code(db)),
        }
    }

    /// The colour of a code that belongs to a mixture of sources.
    #[inline]
    pub fn owned(&self, code: u8, mixture: Mixture) -> Color32 {
        let t = self.strength.of(code);
        let lit = 0.3 + 0.7 * mixture.lit;
        match self.show {
            Show::Magnitude => mix(self.ground, Oklab::from_color(self.ramp.color(code)), lit),
            Show::BySource => self.tinted(t * lit, mixture),
        }
    }

    /// The colour of a code outside the factors while sources are shown.
    pub fn colourless(&self, code: u8) -> Color32 {
        match self.show {
            Show::Magnitude => self.ramp.color(code),
            Show::BySource => self.tinted(self.strength.of(code), Mixture::default()),
        }
    }

    #[inline]
    fn tinted(&self, t: f32, mixture: Mixture) -> Color32 {
        // What is not heard stays readable as a grey relief.
        let (heard, silent) = if self.dark { (0.9, 0.58) } else { (0.42, 0.74) };
        let peak = silent + (heard - silent) * mixture.audible;
        let lightness = self.ground.l + (peak - self.ground.l) * t;
        // Less light of the same colour has less chroma; the loudest is a little paler.
        let dimmed = if self.dark {
            lightness / SOURCE_LIGHTNESS
        } else {
            1.0
        };
        let chroma = (4.0 * t).min(1.0) * dimmed.min(1.0) * (1.15 - 0.4 * t * t);
        Oklab {
            l: lightness,
            a: mixture.a * chroma,
            b: mixture.b * chroma,
        }
        .color()
    }
}

fn mix(ground: Oklab, colour: Oklab, share: f32) -> Color32 {
    let between = |from: f32, to: f32| from + (to - from) * share;
    Oklab {
        l: between(ground.l, colour.l),
        a: between(ground.a, colour.a),
        b: between(ground.b, colour.b),
    }
    .color()
}
