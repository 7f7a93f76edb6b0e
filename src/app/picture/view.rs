//! The widget.

use std::sync::Arc;

use eframe::egui::{
    Context, CornerRadius, FontId, Painter, Pos2, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2,
};

use super::gestures::{self, Drag, Gestures};
use super::input::{Highlight, PictureInput, PictureOutput};
use super::outline::{self, Grip};
use super::ownership::Ownership;
use super::pyramid::Pyramid;
use super::readout::{self, Readout};
use super::style::{PictureTheme, Show, SourceLook, Style};
use super::tiles::{Frame, Tiles};
use super::{overlay, rulers};
use crate::app::axes::clock;

/// Width of the frequency axis.
const AXIS: f32 = 42.0;
/// Height of the time ruler.
const RULER: f32 = 22.0;
/// Height of the outline of the whole recording.
const OUTLINE: f32 = 36.0;
/// Space between outline and ruler.
const GAP: f32 = 4.0;

/// The spectrogram of a recording with its rulers, and the outline of the whole above it.
///
/// It owns the tiles and the threads that paint them, and asks for a repaint only when a tile is
/// ready. Everything else comes in and goes out through [`PictureInput`] and [`PictureOutput`].
pub struct Picture {
    tiles: Tiles,
    style: Option<(Look, Arc<Style>)>,
    drag: Option<Drag>,
    grip: Option<Grip>,
    /// Whether the wheel is turned for the frequencies.
    frequency_wheel: bool,
    hovered: Option<((i64, i64), Option<f64>)>,
}

/// What a style was made from, to see whether it is still the right one.
#[derive(Clone, Debug, PartialEq)]
struct Look {
    show: Show,
    sources: Vec<SourceLook>,
    separated: Option<u64>,
    highlight: Option<Highlight>,
    theme: PictureTheme,
    levels: (f64, f64),
}

/// The parts of the widget on the screen.
struct Places {
    whole: Rect,
    outline: Rect,
    ruler: Rect,
    axis: Rect,
    picture: Rect,
}

impl Picture {
    /// The picture of a recording, whose pyramid may still be growing.
    #[must_use]
    pub fn new(ctx: &Context, pyramid: Arc<Pyramid>) -> Self {
        Self {
            tiles: Tiles::new(ctx, pyramid),
            style: None,
            drag: None,
            grip: None,
            frequency_wheel: false,
            hovered: None,
        }
    }

    /// Shows another recording; the computation of the present one is cancelled.
    pub fn open(&mut self, pyramid: Arc<Pyramid>) {
        self.tiles.open(pyramid);
        (self.drag, self.grip, self.hovered) = (None, None, None);
    }

    /// The levels that are shown.
    #[must_use]
    pub fn pyramid(&self) -> &Arc<Pyramid> {
        self.tiles.pyramid()
    }

    /// Whether anything of the recording is seen.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.tiles.any()
    }

    /// Whether all tiles in view are as they should be, as far as the recording is known.
    #[must_use]
    pub fn is_painted(&self) -> bool {
        self.tiles.is_settled()
    }

    /// Whether the pyramid is complete and no tile is missing or out of date.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.pyramid().progress() >= 1.0 && self.tiles.is_settled()
    }

    /// Draws the picture into all the room there is, and tells what the user did.
    pub fn show(&mut self, ui: &mut Ui, input: &PictureInput<'_>) -> PictureOutput {
        let area = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(area);
        let places = Places::new(area);
        let mut frame = Frame {
            rect: places.picture,
            time: input.time,
            frequency: input.frequency,
        };
        let response = respond(ui, places.picture, "spectrogram");
        let (mut gestures, hover) = self.interact(ui, &places, &response, input, &mut frame);
        let style = self.style(input);
        let readout = hover.map(|pointer| self.readout(pointer, &frame, input));
        self.paint(ui, &places, input, &frame, &style);
        if let (Some(pointer), Some(readout)) = (hover, &readout) {
            let painter = ui.painter_at(places.picture);
            overlay::crosshair(&painter, &frame, pointer, input.theme);
            let lines = readout.lines(frame.time.decimals(places.picture.width()));
            let owner = readout.source.and_then(|(source, share)| {
                let look = input.sources.get(source)?;
                Some((format!("{} {:.0} %", look.name, 100.0 * share), look.color))
            });
            let bounds = places.picture.shrink(6.0);
            readout::card(&painter, bounds, pointer, lines, owner, input.theme);
        }
        describe(&response, input, &frame);
        PictureOutput {
            time: frame.time,
            frequency: frame.frequency,
            seek: gestures.seek.take(),
            selection: gestures.selection.take(),
            hover: readout,
            rect: places.picture,
            response,
        }
    }

    fn interact(
        &mut self,
        ui: &Ui,
        places: &Places,
        response: &Response,
        input: &PictureInput<'_>,
        frame: &mut Frame,
    ) -> (Gestures, Option<Pos2>) {
        let ruler = respond(ui, places.ruler, "time ruler");
        let axis = respond(ui, places.axis, "frequency axis");
        let outline = respond(ui, places.outline, "outline");
        for (part, name) in [
            (&ruler, "Time ruler"),
            (&axis, "Frequency axis"),
            (&outline, "Outline of the recording"),
        ] {
            part.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
        }
        self.frequency_wheel = gestures::is_for_frequency(ui, self.frequency_wheel);
        for (part, vertical) in [
            (response, self.frequency_wheel),
            (&ruler, false),
            (&axis, true),
        ] {
            gestures::wheel(ui, part, vertical, places.picture, frame);
        }
        if axis.dragged() {
            let share = axis.drag_delta().y / places.picture.height().max(1.0);
            frame.frequency = frame.frequency.pan(f64::from(share));
        }
        if axis.double_clicked() {
            frame.frequency = frame.frequency.fit();
        }
        frame.time = outline::interact(ui, &outline, frame.time, &mut self.grip);
        let selection = input.selection.as_ref();
        let mut gestures = gestures::buttons(ui, response, selection, &mut self.drag, frame);
        gestures.seek = gestures.seek.or(gestures::scrub(&ruler, frame));
        let panning = matches!(self.drag, Some(Drag::Pan(_)));
        let hover = response.hover_pos().filter(|_| !panning);
        (gestures, hover)
    }

    /// The style of this frame: the last one as long as nothing has changed.
    fn style(&mut self, input: &PictureInput<'_>) -> Arc<Style> {
        // Levels have no owners unless something is lit up, so nothing that becomes of the
        // sources paints a tile anew.
        let owned = input.show == Show::BySource || input.highlight.is_some();
        let separated = input.separated.as_ref().filter(|_| owned);
        let look = Look {
            show: input.show,
            sources: if owned {
                input.sources.to_vec()
            } else {
                Vec::new()
            },
            separated: separated.map(|(_, revision)| *revision),
            highlight: input.highlight.cloned(),
            theme: *input.theme,
            levels: (input.floor_db, input.ceiling_db),
        };
        if let Some((known, style)) = &self.style
            && *known == look
        {
            return Arc::clone(style);
        }
        let lit = input.highlight.map(|lit| lit.components.as_slice());
        let ownership =
            separated.map(|(separated, _)| Ownership::new(separated, input.sources, lit));
        let mut style = Style::new(input.show, input.theme, look.levels, ownership);
        style.revision = self.style.as_ref().map_or(0, |(_, old)| old.revision + 1);
        let style = Arc::new(style);
        self.style = Some((look, Arc::clone(&style)));
        style
    }

    fn readout(&mut self, pointer: Pos2, frame: &Frame, input: &PictureInput<'_>) -> Readout {
        let seconds = frame.time.seconds(pointer.x, frame.rect.x_range());
        let hz = frame.frequency.hz(pointer.y, frame.rect.y_range());
        let pyramid = self.tiles.pyramid();
        let axes = pyramid.axes();
        let cell = (
            axes.frame(seconds).round() as i64,
            axes.bin(hz).round() as i64,
        );
        // One transform when the pointer has moved on, none while it rests.
        let db = match self.hovered {
            Some((known, Some(db))) if known == cell => Some(db),
            _ => pyramid.level_db(seconds, hz),
        };
        self.hovered = Some((cell, db));
        let owner = input.separated.as_ref().and_then(|(separated, _)| {
            Ownership::new(separated, input.sources, None).dominant(seconds, hz)
        });
        Readout::new(seconds, hz, db, owner)
    }

    fn paint(
        &mut self,
        ui: &Ui,
        places: &Places,
        input: &PictureInput<'_>,
        frame: &Frame,
        style: &Arc<Style>,
    ) {
        let theme = input.theme;
        let painter = ui.painter();
        painter.rect_filled(places.whole, CornerRadius::ZERO, theme.panel);
        painter.rect_filled(places.picture, CornerRadius::ZERO, theme.ground);
        let inside = ui.painter_at(places.picture);
        self.tiles.show(&inside, frame, style);
        let pyramid = self.tiles.pyramid();
        let waveform = pyramid.waveform();
        outline::draw(
            painter,
            places.outline,
            waveform,
            frame.time,
            input.playhead,
            theme,
        );
        rulers::time(painter, places.ruler, frame.time, theme);
        rulers::frequency(painter, places.axis, frame.frequency, theme);
        if let Some(highlight) = input.highlight {
            overlay::partials(painter, places.axis, frame, highlight);
        }
        if let Some(range) = &input.selection {
            overlay::selection(painter, places.ruler, frame, range, input.looping, theme);
        }
        if let Some(seconds) = input.playhead {
            overlay::playhead(painter, places.ruler, frame, seconds, theme);
        }
        progress(&inside, places.picture, pyramid.progress(), theme);
    }
}

impl Places {
    fn new(area: Rect) -> Self {
        let left = (area.left() + AXIS).min(area.right());
        let outline_end = (area.top() + OUTLINE).min(area.bottom());
        let ruler_top = (outline_end + GAP).min(area.bottom());
        let top = (ruler_top + RULER).min(area.bottom());
        let across =
            |from: f32, to: f32| Rect::from_min_max(pos2(left, from), pos2(area.right(), to));
        Self {
            whole: area,
            outline: across(area.top(), outline_end),
            ruler: across(ruler_top, top),
            axis: Rect::from_min_max(pos2(area.left(), top), pos2(left, area.bottom())),
            picture: across(top, area.bottom()),
        }
    }
}

fn respond(ui: &Ui, rect: Rect, name: &str) -> Response {
    // What the pointer does here keys do by actions, so that Tab need not stop here.
    let sense = Sense::click_and_drag() - Sense::FOCUSABLE;
    ui.interact(rect, ui.scope_id().with(name), sense)
}

/// Says what is shown to those who do not see it.
fn describe(response: &Response, input: &PictureInput<'_>, frame: &Frame) {
    response.widget_info(|| {
        let colours = match input.show {
            Show::Magnitude => "coloured by level",
            Show::BySource => "coloured by source",
        };
        let label = format!(
            "Spectrogram from {} to {}, {:.0} Hz to {:.0} Hz, {colours}",
            clock(frame.time.start(), 1),
            clock(frame.time.end(), 1),
            frame.frequency.low(),
            frame.frequency.high(),
        );
        WidgetInfo::labeled(Role::Image, true, label)
    });
}

/// A thin note in the corner while the levels of a long recording are still being computed.
fn progress(painter: &Painter, rect: Rect, done: f64, theme: &PictureTheme) {
    if done >= 1.0 {
        return;
    }
    let text = format!("Analysing {:.0} %", 100.0 * done);
    let galley = painter.layout_no_wrap(text, FontId::proportional(11.5), theme.second);
    let at = rect.left_bottom() + eframe::egui::vec2(10.0, -10.0 - galley.size().y);
    let card = Rect::from_min_size(at, galley.size()).expand2(eframe::egui::vec2(6.0, 3.0));
    painter.rect_filled(card, CornerRadius::same(4), theme.card.gamma_multiply(0.9));
    painter.galley(at, galley, theme.second);
}
