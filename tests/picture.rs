//! The spectrogram widget, driven as a user drives it and compared with stored images.

#![cfg(feature = "kittest")]
#![allow(clippy::unwrap_used)]

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{
    Color32, Context, Event, FontData, FontDefinitions, FontFamily, Modifiers, MouseWheelUnit,
    PointerButton, Pos2, Rect, TouchPhase, Vec2, pos2, vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use partita::app::axes::{FrequencyScale, FrequencyView, TimeView};
use partita::app::picture::{
    Highlight, ImageSettings, Picture, PictureInput, PictureOutput, PictureTheme, Pyramid,
    SelectionChange, Separated, Show, SourceLook, render_image,
};
use partita::audio::AudioBuffer;
use partita::nmf::Matrix;
use partita::separation::Factors;
use partita::spectral::{Axes, StftSettings};

const RATE: u32 = 16_000;
const SECONDS: f64 = 4.0;

/// A bass note with harmonics, a melody of four notes, and clicks each half second.
fn recording() -> Arc<AudioBuffer> {
    let samples = (0..(SECONDS * f64::from(RATE)) as usize)
        .map(|n| {
            let t = n as f64 / f64::from(RATE);
            let tone = |hz: f64| (std::f64::consts::TAU * hz * t).sin();
            let bass: f64 = (1..6)
                .map(|k| tone(110.0 * f64::from(k)) / f64::from(k))
                .sum();
            let note = [440.0, 554.37, 659.26, 880.0][t as usize];
            let since = t.fract();
            let melody = (tone(note) + 0.3 * tone(2.0 * note)) * (-2.0 * since).exp();
            let click = if (t * 2.0).fract() < 0.004 {
                f64::from((n as u32).wrapping_mul(2_654_435_761) >> 16) / 32_768.0 - 1.0
            } else {
                0.0
            };
            (0.2 * bass + 0.35 * melody + 0.4 * click) as f32
        })
        .collect();
    Arc::new(AudioBuffer::new(vec![samples], RATE).unwrap())
}

fn settings() -> StftSettings {
    StftSettings {
        size: 1024,
        hop: 256,
        ..StftSettings::default()
    }
}

/// Bass below 400 Hz, melody up to 2 kHz, clicks above, all over the recording.
fn factors() -> Arc<Factors> {
    let axes = Axes::new(settings(), RATE);
    let templates = Matrix::from_fn(513, 3, |bin, k| {
        let hz = axes.hz(bin as f64);
        let own = [hz < 400.0, (400.0..2000.0).contains(&hz), hz >= 2000.0][k];
        if own { 0.01 } else { 0.0 }
    });
    let frames = (SECONDS * f64::from(RATE)) as usize / 256 + 1;
    Arc::new(Factors::new(templates, Matrix::from_fn(3, frames, |_, _| 1.0)).unwrap())
}

fn sources() -> Vec<SourceLook> {
    [
        ("Bass", 0xf0a556),
        ("Melody", 0x7dbaff),
        ("Clicks", 0x56d1a3),
    ]
    .into_iter()
    .map(|(name, rgb): (&str, u32)| {
        let [_, r, g, b] = rgb.to_be_bytes();
        SourceLook {
            name: name.into(),
            color: Color32::from_rgb(r, g, b),
            audible: true,
        }
    })
    .collect()
}

/// The picture and what a window would hold for it.
struct App {
    picture: Option<Picture>,
    time: TimeView,
    frequency: FrequencyView,
    show: Show,
    sources: Vec<SourceLook>,
    factors: Arc<Factors>,
    highlight: Option<Highlight>,
    selection: Option<Range<f64>>,
    looping: bool,
    playhead: Option<f64>,
    theme: PictureTheme,
    seek: Option<f64>,
    last: Option<PictureOutput>,
}

impl App {
    fn new() -> Self {
        Self {
            picture: None,
            time: TimeView::whole(SECONDS),
            frequency: FrequencyView::whole(RATE, FrequencyScale::Log),
            show: Show::Magnitude,
            sources: sources(),
            factors: factors(),
            highlight: None,
            selection: None,
            looping: false,
            playhead: None,
            theme: PictureTheme::DARK,
            seek: None,
            last: None,
        }
    }

    fn input(&self) -> PictureInput<'_> {
        PictureInput {
            time: self.time,
            frequency: self.frequency,
            show: self.show,
            sources: &self.sources,
            separated: Some((
                Separated {
                    factors: &self.factors,
                    axes: Axes::new(settings(), RATE),
                    start: 0.0,
                    owners: &[0, 1, 2],
                },
                1,
            )),
            playhead: self.playhead,
            selection: self.selection.clone(),
            looping: self.looping,
            highlight: self.highlight.as_ref(),
            theme: &self.theme,
            floor_db: -90.0,
            ceiling_db: -6.0,
        }
    }

    fn ui(&mut self, ui: &mut eframe::egui::Ui) {
        let mut picture = self.picture.take().unwrap_or_else(|| {
            let pyramid = Pyramid::new(recording(), settings()).unwrap();
            pyramid.build(&|| {});
            Picture::new(ui.ctx(), Arc::new(pyramid))
        });
        let output = picture.show(ui, &self.input());
        (self.time, self.frequency) = (output.time, output.frequency);
        match &output.selection {
            Some(SelectionChange::Set(range)) => self.selection = Some(range.clone()),
            Some(SelectionChange::Clear) => self.selection = None,
            None => {}
        }
        self.seek = output.seek.or(self.seek);
        self.last = Some(output);
        self.picture = Some(picture);
    }
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let inter = FontData::from_static(include_bytes!("../assets/fonts/Inter-Regular.otf"));
    fonts.font_data.insert("Inter".into(), Arc::new(inter));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec!["Inter".into()]);
    }
    fonts
}

fn harness(app: App) -> Harness<'static, App> {
    let mut harness = Harness::builder()
        .with_size(vec2(900.0, 480.0))
        .with_context_setup(|ctx: &Context| ctx.set_fonts(fonts()))
        .wgpu()
        .build_ui_state(|ui, app: &mut App| app.ui(ui), app);
    settle(&mut harness);
    harness
}

/// Steps until all tiles are on the screen.
fn settle(harness: &mut Harness<'_, App>) {
    harness.run_steps(2);
    for _ in 0..2000 {
        if harness.state().picture.as_ref().unwrap().is_settled() {
            harness.run_steps(2);
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
        harness.step();
    }
    panic!("the picture does not settle");
}

fn rect(harness: &Harness<'_, App>) -> Rect {
    harness.state().last.as_ref().unwrap().rect
}

/// A point of the picture, in shares of its width and height from the top left.
fn at(harness: &Harness<'_, App>, x: f32, y: f32) -> Pos2 {
    rect(harness).lerp_inside(vec2(x, y))
}

fn wheel(harness: &mut Harness<'_, App>, delta: Vec2, modifiers: Modifiers) {
    harness.event_modifiers(
        Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta,
            phase: TouchPhase::Move,
            source: eframe::egui::MouseWheelSource::Unknown,
            modifiers,
        },
        modifiers,
    );
    harness.run_steps(30);
}

fn button(harness: &mut Harness<'_, App>, pos: Pos2, button: PointerButton, pressed: bool) {
    harness.event(Event::PointerMoved(pos));
    harness.step();
    harness.event(Event::PointerButton {
        pos,
        button,
        pressed,
        modifiers: Modifiers::NONE,
    });
    harness.step();
}

fn drag(harness: &mut Harness<'_, App>, from: Pos2, to: Pos2, which: PointerButton) {
    button(harness, from, which, true);
    harness.event(Event::PointerMoved(from.lerp(to, 0.5)));
    harness.step();
    button(harness, to, which, false);
    harness.run_steps(2);
}

#[test]
fn the_wheel_zooms_around_the_pointer_and_pans() {
    let mut harness = harness(App::new());
    let pointer = at(&harness, 0.25, 0.5);
    let x = rect(&harness).x_range();
    let anchor = harness.state().time.seconds(pointer.x, x);
    harness.hover_at(pointer);
    wheel(&mut harness, vec2(0.0, 200.0), Modifiers::NONE);
    let closer = harness.state().time;
    assert!(closer.span() < 0.7 * SECONDS, "{closer:?}");
    assert!((closer.seconds(pointer.x, x) - anchor).abs() < 0.01);

    wheel(&mut harness, vec2(-120.0, 0.0), Modifiers::NONE);
    let later = harness.state().time;
    assert!(later.start() > closer.start());
    assert!((later.span() - closer.span()).abs() < 1e-9);

    let before = harness.state().frequency;
    wheel(&mut harness, vec2(0.0, 200.0), Modifiers::ALT);
    let after = harness.state().frequency;
    assert!(after.high() / after.low() < 0.7 * before.high() / before.low());
    assert_eq!(harness.state().time, later);
}

#[test]
fn a_drag_selects_and_a_click_seeks_and_clears() {
    let mut harness = harness(App::new());
    let (from, to) = (at(&harness, 0.25, 0.4), at(&harness, 0.5, 0.6));
    drag(&mut harness, from, to, PointerButton::Primary);
    let selected = harness.state().selection.clone().unwrap();
    assert!(
        (selected.start - 1.0).abs() < 0.01 && (selected.end - 2.0).abs() < 0.01,
        "{selected:?}"
    );

    // An edge of the selection can be taken hold of.
    let edge = at(&harness, 0.75, 0.5);
    drag(
        &mut harness,
        pos2(to.x, edge.y),
        edge,
        PointerButton::Primary,
    );
    let wider = harness.state().selection.clone().unwrap();
    assert!(
        (wider.start - selected.start).abs() < 1e-6 && (wider.end - 3.0).abs() < 0.01,
        "{wider:?}"
    );

    let beyond = at(&harness, 0.9, 0.5);
    button(&mut harness, beyond, PointerButton::Primary, true);
    button(&mut harness, beyond, PointerButton::Primary, false);
    assert!((harness.state().seek.unwrap() - 3.6).abs() < 0.01);
    assert_eq!(harness.state().selection, None);
}

#[test]
fn the_middle_button_moves_what_is_in_view() {
    let mut app = App::new();
    app.time = TimeView::new(1.0, 2.0, SECONDS);
    let mut harness = harness(app);
    let (from, to) = (at(&harness, 0.6, 0.5), at(&harness, 0.1, 0.5));
    drag(&mut harness, from, to, PointerButton::Middle);
    let time = harness.state().time;
    assert!((time.start() - 1.5).abs() < 0.02, "{time:?}");
    assert_eq!(harness.state().selection, None);
}

#[test]
fn the_readout_names_time_pitch_level_and_source() {
    let mut harness = harness(App::new());
    let view = harness.state().frequency;
    let area = rect(&harness);
    let pointer = pos2(
        area.left() + 0.625 * area.width(),
        view.y(659.26, area.y_range()),
    );
    harness.hover_at(pointer);
    harness.run_steps(2);
    let readout = harness
        .state()
        .last
        .as_ref()
        .unwrap()
        .hover
        .clone()
        .unwrap();
    assert!((readout.seconds - 2.5).abs() < 0.01, "{readout:?}");
    assert_eq!(readout.note.unwrap().name, "E");
    // 0.35 · e⁻¹ of full scale, less a little for the bin that lies beside the tone.
    assert!(
        (-19.0..-17.0).contains(&readout.db.unwrap()),
        "{:?}",
        readout.db
    );
    assert_eq!(readout.source, Some((1, 1.0)));
    harness.remove_cursor();
    harness.run_steps(2);
    assert_eq!(harness.state().last.as_ref().unwrap().hover, None);
}

#[test]
fn the_picture_tells_what_it_shows_to_those_who_do_not_see_it() {
    let harness = harness(App::new());
    let label = "Spectrogram from 0:00.0 to 0:04.0, 28 Hz to 8000 Hz, coloured by level";
    harness.get_by_label(label);
    for part in ["Time ruler", "Frequency axis", "Outline of the recording"] {
        harness.get_by_label(part);
    }
}

#[test]
fn a_picture_at_rest_asks_for_no_frame() {
    let mut harness = harness(App::new());
    harness.remove_cursor();
    harness.run_steps(4);
    let asked = harness
        .output()
        .viewport_output
        .values()
        .any(|viewport| viewport.repaint_delay < Duration::from_secs(3600));
    assert!(!asked);
}

#[test]
fn each_state_looks_as_it_did() {
    let mut app = App::new();
    app.playhead = Some(2.6);
    app.selection = Some(1.0..2.0);
    app.looping = true;
    let mut harness = harness(app);
    harness.remove_cursor();
    harness.run_steps(2);
    harness.snapshot("picture_magnitude");

    harness.state_mut().show = Show::BySource;
    settle(&mut harness);
    harness.snapshot("picture_by_source");

    harness.state_mut().sources[1].audible = false;
    settle(&mut harness);
    harness.snapshot("picture_muted");

    harness.state_mut().sources[1].audible = true;
    harness.state_mut().highlight = Some(Highlight {
        components: vec![1],
        partials: vec![554.37, 1108.74],
        color: Color32::from_rgb(0x7d, 0xba, 0xff),
    });
    settle(&mut harness);
    harness.snapshot("picture_highlight");

    let state = harness.state_mut();
    (state.highlight, state.theme) = (None, PictureTheme::LIGHT);
    state.show = Show::Magnitude;
    state.time = TimeView::new(0.9, 1.3, SECONDS);
    state.frequency = state.frequency.on(FrequencyScale::Linear);
    settle(&mut harness);
    harness.snapshot("picture_light_zoomed");
}

#[test]
fn an_exported_image_has_the_size_asked_for_and_shows_the_same() {
    let pyramid = Pyramid::new(recording(), settings()).unwrap();
    pyramid.build(&|| {});
    let mut app = App::new();
    app.theme = PictureTheme::LIGHT;
    let settings = ImageSettings {
        size: [1000, 600],
        density: 1.5,
    };
    let image = render_image(&pyramid, &app.input(), fonts(), settings);
    assert_eq!(image.size, [1000, 600]);
    if let Some(folder) = std::env::var_os("PARTITA_PICTURES") {
        let folder = std::path::PathBuf::from(folder);
        let file = folder.join("light.png");
        partita::app::picture::write_png(&file, &image).unwrap();
        (app.theme, app.show) = (PictureTheme::DARK, Show::BySource);
        let image = render_image(&pyramid, &app.input(), fonts(), settings);
        partita::app::picture::write_png(&folder.join("dark.png"), &image).unwrap();
    }
    // The bass's loudest partial is dark on the light ground, silence between is light.
    let column = 300;
    let brightness: Vec<u32> = (60..520)
        .map(|row| {
            image.pixels[row * 1000 + column]
                .to_array()
                .iter()
                .take(3)
                .map(|&c| u32::from(c))
                .sum()
        })
        .collect();
    assert!(
        brightness.iter().min().unwrap() < &260,
        "{:?}",
        brightness.iter().min()
    );
    assert!(brightness.iter().max().unwrap() > &600);
}
