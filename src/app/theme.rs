//! The looks: colours, fonts, sizes, in dark and light.

use std::sync::Arc;

use eframe::egui::style::{HandleShape, ScrollStyle, Selection, WidgetVisuals, Widgets};
use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Shadow,
    Stroke, TextStyle, Theme, Visuals, vec2,
};

use super::palette::source_colour;

/// The grid: paddings and gaps are multiples of it.
pub(super) const GRID: f32 = 4.0;
/// Padding inside of panels.
pub(super) const PANEL_PADDING: i8 = 14;
/// Height of a row of text and controls.
pub(super) const ROW: f32 = 26.0;
/// Corner radius of controls.
pub(super) const RADIUS: u8 = 4;
/// Corner radius of cards.
pub(super) const CARD_RADIUS: u8 = 6;

const TEXT: f32 = 12.5;
const SECONDARY: f32 = 11.5;
const HEADING: f32 = 15.0;
const CLOCK: f32 = 20.0;

/// The colours of one theme.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens {
    pub dark: bool,
    pub window: Color32,
    pub panel: Color32,
    pub card: Color32,
    pub control: Color32,
    pub hover: Color32,
    pub line: Color32,
    /// The edge of what can be pressed.
    pub edge: Color32,
    pub text: Color32,
    pub second: Color32,
    pub third: Color32,
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    pub solo: Color32,
    pub mute: Color32,
    pub good: Color32,
    pub warning: Color32,
}

const DARK: Tokens = Tokens {
    dark: true,
    window: Color32::from_rgb(0x0f, 0x11, 0x15),
    panel: Color32::from_rgb(0x14, 0x17, 0x1d),
    card: Color32::from_rgb(0x1a, 0x1e, 0x26),
    control: Color32::from_rgb(0x22, 0x28, 0x33),
    hover: Color32::from_rgb(0x31, 0x39, 0x49),
    line: Color32::from_rgb(0x22, 0x27, 0x30),
    edge: Color32::from_rgb(0x3a, 0x43, 0x53),
    text: Color32::from_rgb(0xe6, 0xe9, 0xef),
    second: Color32::from_rgb(0x9a, 0xa3, 0xb2),
    third: Color32::from_rgb(0x7f, 0x8a, 0xa0),
    accent: Color32::from_rgb(0x7d, 0xba, 0xff),
    on_accent: Color32::from_rgb(0x0b, 0x14, 0x22),
    solo: Color32::from_rgb(0xf2, 0xc1, 0x4e),
    mute: Color32::from_rgb(0xe5, 0x64, 0x6a),
    good: Color32::from_rgb(0x84, 0xd2, 0x8f),
    warning: Color32::from_rgb(0xf2, 0xc1, 0x4e),
};

const LIGHT: Tokens = Tokens {
    dark: false,
    window: Color32::from_rgb(0xe9, 0xec, 0xf1),
    panel: Color32::from_rgb(0xf6, 0xf7, 0xf9),
    card: Color32::from_rgb(0xff, 0xff, 0xff),
    control: Color32::from_rgb(0xe6, 0xe9, 0xef),
    hover: Color32::from_rgb(0xd4, 0xda, 0xe4),
    line: Color32::from_rgb(0xd9, 0xde, 0xe6),
    edge: Color32::from_rgb(0xa6, 0xaf, 0xbd),
    text: Color32::from_rgb(0x17, 0x1b, 0x22),
    second: Color32::from_rgb(0x4c, 0x56, 0x66),
    third: Color32::from_rgb(0x66, 0x70, 0x80),
    accent: Color32::from_rgb(0x1f, 0x6f, 0xd0),
    on_accent: Color32::WHITE,
    solo: Color32::from_rgb(0xd9, 0x9a, 0x0b),
    mute: Color32::from_rgb(0xc9, 0x3a, 0x42),
    good: Color32::from_rgb(0x2c, 0x8a, 0x3c),
    warning: Color32::from_rgb(0x9a, 0x67, 0x00),
};

impl Tokens {
    /// The colours of what is written to be printed, on white.
    pub fn of_paper() -> &'static Self {
        &LIGHT
    }

    /// The colours of the theme in use.
    pub fn of(ctx: &egui::Context) -> &'static Self {
        match ctx.theme() {
            Theme::Dark => &DARK,
            Theme::Light => &LIGHT,
        }
    }

    /// The colour of entry `index` of the palette of sources.
    pub fn source(&self, index: usize) -> Color32 {
        source_colour(index, self.dark)
    }
}

/// Secondary text.
pub(super) fn secondary() -> FontId {
    FontId::proportional(SECONDARY)
}

/// Text that matters.
pub(super) fn strong() -> FontId {
    FontId::new(TEXT, semibold())
}

/// Names of panels and dialogs.
pub(super) fn heading() -> FontId {
    FontId::new(HEADING, semibold())
}

/// The position in the transport.
pub(super) fn clock() -> FontId {
    FontId::proportional(CLOCK)
}

/// Icons of this size.
pub(super) fn icon(size: f32) -> FontId {
    FontId::proportional(size)
}

fn semibold() -> FontFamily {
    FontFamily::Name("semibold".into())
}

/// Gives the context fonts and both themes.
pub(super) fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    for (theme, tokens) in [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)] {
        ctx.style_mut_of(theme, |style| {
            style.visuals = visuals(tokens);
            sizes(style);
        });
    }
}

/// The fonts that are embedded.
pub(super) fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let files: [(&str, &'static [u8]); 3] = [
        (
            "Inter",
            include_bytes!("../../assets/fonts/Inter-Regular.otf"),
        ),
        (
            "Inter SemiBold",
            include_bytes!("../../assets/fonts/Inter-SemiBold.otf"),
        ),
        ("Lucide", include_bytes!("../../assets/fonts/Lucide.ttf")),
    ];
    for (name, bytes) in files {
        let data = FontData::from_static(bytes);
        fonts.font_data.insert(name.to_owned(), Arc::new(data));
    }
    let family = |first: &str| vec![first.to_owned(), "Lucide".to_owned()];
    fonts
        .families
        .insert(FontFamily::Proportional, family("Inter"));
    fonts
        .families
        .insert(FontFamily::Monospace, family("Inter"));
    fonts.families.insert(semibold(), family("Inter SemiBold"));
    fonts
}

fn sizes(style: &mut egui::Style) {
    style.text_styles = [
        (TextStyle::Small, secondary()),
        (TextStyle::Body, FontId::proportional(TEXT)),
        (TextStyle::Button, FontId::proportional(TEXT)),
        (TextStyle::Monospace, FontId::proportional(TEXT)),
        (TextStyle::Heading, heading()),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(2.0 * GRID, 1.5 * GRID);
    spacing.button_padding = vec2(2.0 * GRID, GRID);
    spacing.interact_size = vec2(ROW, ROW);
    spacing.slider_rail_height = 3.0;
    spacing.combo_width = 110.0;
    spacing.icon_width = 16.0;
    spacing.tooltip_width = 340.0;
    spacing.window_margin = Margin::same(PANEL_PADDING);
    spacing.menu_margin = Margin::same(6);
    spacing.scroll = ScrollStyle::thin();
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    style.animation_time = 0.08;
}

fn visuals(t: &Tokens) -> Visuals {
    let base = if t.dark {
        Visuals::dark()
    } else {
        Visuals::light()
    };
    let widget = |fill: Color32, border: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: CornerRadius::same(RADIUS),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let none = Color32::TRANSPARENT;
    Visuals {
        dark_mode: t.dark,
        override_text_color: None,
        weak_text_color: Some(t.second),
        widgets: Widgets {
            noninteractive: widget(t.panel, t.line, t.text),
            inactive: widget(t.control, t.edge, t.text),
            hovered: widget(t.hover, t.edge, t.text),
            active: widget(t.hover, t.accent, t.text),
            open: widget(t.hover, none, t.text),
        },
        selection: Selection {
            bg_fill: t.accent.gamma_multiply(if t.dark { 0.30 } else { 0.22 }),
            stroke: Stroke::new(1.5, t.accent),
        },
        hyperlink_color: t.accent,
        faint_bg_color: t.card,
        extreme_bg_color: t.window,
        text_edit_bg_color: Some(t.window),
        code_bg_color: t.control,
        warn_fg_color: t.warning,
        error_fg_color: t.mute,
        window_corner_radius: CornerRadius::same(8),
        window_shadow: shadow(t, 28),
        window_fill: t.panel,
        window_stroke: Stroke::new(1.0, t.line),
        menu_corner_radius: CornerRadius::same(CARD_RADIUS),
        panel_fill: t.panel,
        popup_shadow: shadow(t, 16),
        slider_trailing_fill: true,
        handle_shape: HandleShape::Circle,
        collapsing_header_frame: false,
        indent_has_left_vline: false,
        striped: false,
        ..base
    }
}

fn shadow(t: &Tokens, blur: u8) -> Shadow {
    Shadow {
        offset: [0, (blur / 3).cast_signed()],
        blur,
        spread: 0,
        color: Color32::from_black_alpha(if t.dark { 120 } else { 40 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_out_from_what_is_behind_it() {
        for t in [&DARK, &LIGHT] {
            for behind in [t.window, t.panel, t.card] {
                assert!(contrast(t.text, behind) > 12.0);
                assert!(contrast(t.second, behind) > 5.5);
                assert!(
                    contrast(t.third, behind) > 4.2,
                    "{:?}",
                    contrast(t.third, behind)
                );
            }
            assert!(contrast(t.on_accent, t.accent) > 4.5);
        }
    }

    /// WCAG 2 contrast ratio.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |c: Color32| {
            let [r, g, b] =
                [c.r(), c.g(), c.b()].map(|x| egui::Rgba::from(Color32::from_gray(x)).r());
            0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        };
        let (a, b) = (luminance(a), luminance(b));
        a.max(b) / a.min(b)
    }
}
