//! What wheel and buttons do in the picture.

use std::ops::Range;

use eframe::egui::{CursorIcon, Event, PointerButton, Pos2, Rangef, Rect, Response, Ui};

use super::input::SelectionChange;
use super::tiles::Frame;
use crate::app::axes::turned;

/// How near to an edge of the selection the pointer takes hold of it, in points.
const GRIP: f32 = 4.0;

/// What a button that is down is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Drag {
    /// Selecting from here, in seconds.
    Select(f64),
    /// Moving what is in view: where the pointer was.
    Pan(Pos2),
}

/// What came of the gestures of a frame.
#[derive(Debug, Default)]
pub(super) struct Gestures {
    pub seek: Option<f64>,
    pub selection: Option<SelectionChange>,
}

/// Which axis the wheel was turned for. A turn goes on for some frames, in which the key may
/// already have been let go.
pub(super) fn is_for_frequency(ui: &Ui, before: bool) -> bool {
    ui.input(|i| {
        i.events
            .iter()
            .rev()
            .find_map(|event| match event {
                Event::MouseWheel { modifiers, .. } => Some(modifiers.alt),
                _ => None,
            })
            .unwrap_or(before)
    })
}

/// The wheel and pinches over one of the parts: zoom around the pointer, pan sideways, in time, or
/// in frequency where `vertical`. `places` is where the axes of `frame` lie on the screen.
pub(super) fn wheel(ui: &Ui, response: &Response, vertical: bool, places: Rect, frame: &mut Frame) {
    let Some(pointer) = response.hover_pos().filter(|_| response.contains_pointer()) else {
        return;
    };
    let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta()));
    let factor = turned(scroll.y, pinch);
    if factor != 1.0 {
        if vertical {
            let anchor = frame.frequency.hz(pointer.y, places.y_range());
            frame.frequency = frame.frequency.zoom(factor, anchor);
        } else {
            let anchor = frame.time.seconds(pointer.x, places.x_range());
            frame.time = frame.time.zoom(factor, anchor);
        }
    }
    if scroll.x != 0.0 {
        if vertical {
            frame.frequency = frame
                .frequency
                .pan(f64::from(scroll.x / places.height().max(1.0)));
        } else {
            let seconds = f64::from(scroll.x / places.width().max(1.0)) * frame.time.span();
            frame.time = frame.time.pan(-seconds);
        }
    }
}

/// The buttons in the picture: click to go there, drag to select, drag an edge of the selection,
/// drag with the middle or the right button to pan.
pub(super) fn buttons(
    ui: &Ui,
    response: &Response,
    selection: Option<&Range<f64>>,
    drag: &mut Option<Drag>,
    frame: &mut Frame,
) -> Gestures {
    let mut gestures = Gestures::default();
    let x = response.rect.x_range();
    let edge = |pointer: Pos2, frame: &Frame| opposite_edge(pointer, selection?, frame, x);
    if let Some(pointer) = response.hover_pos().filter(|_| drag.is_none()) {
        let icon = match edge(pointer, frame) {
            Some(_) => CursorIcon::ResizeHorizontal,
            None => CursorIcon::Crosshair,
        };
        ui.ctx().set_cursor_icon(icon);
    }

    let Some(pointer) = response.interact_pointer_pos() else {
        *drag = None;
        return gestures;
    };
    let origin = ui.input(|i| i.pointer.press_origin()).unwrap_or(pointer);
    if response.drag_started_by(PointerButton::Primary) {
        let fixed = edge(origin, frame).unwrap_or(frame.time.seconds(origin.x, x));
        *drag = Some(Drag::Select(fixed));
    } else if response.drag_started_by(PointerButton::Middle)
        || response.drag_started_by(PointerButton::Secondary)
    {
        *drag = Some(Drag::Pan(origin));
    }
    match *drag {
        Some(Drag::Select(fixed)) if response.dragged() => {
            let moving = frame.time.seconds(pointer.x, x);
            let range = fixed.min(moving)..fixed.max(moving);
            gestures.selection = Some(if range.end > range.start {
                SelectionChange::Set(range)
            } else {
                SelectionChange::Clear
            });
        }
        Some(Drag::Pan(last)) if response.dragged() => {
            let moved = pointer - last;
            let share = f64::from(moved.x / x.span().max(1.0));
            frame.time = frame.time.pan(-share * frame.time.span());
            let height = response.rect.height().max(1.0);
            frame.frequency = frame.frequency.pan(f64::from(moved.y / height));
            *drag = Some(Drag::Pan(pointer));
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        }
        _ => {}
    }
    if response.drag_stopped() {
        *drag = None;
    }

    let seconds = frame.time.seconds(pointer.x, x);
    let within = selection.filter(|range| range.contains(&seconds));
    if response.double_clicked() {
        if let Some(range) = within {
            frame.time = frame.time.show(range);
        }
    } else if response.clicked() {
        gestures.seek = Some(seconds);
        if selection.is_some() && within.is_none() {
            gestures.selection = Some(SelectionChange::Clear);
        }
    }
    gestures
}

/// The ruler: the sound goes to where it is pressed and follows the pointer.
pub(super) fn scrub(response: &Response, frame: &Frame) -> Option<f64> {
    let pointer = response.interact_pointer_pos()?;
    let pressed = response.is_pointer_button_down_on() || response.clicked();
    pressed.then(|| frame.time.seconds(pointer.x, response.rect.x_range()))
}

/// The edge of the selection that stays when the one at the pointer is dragged.
fn opposite_edge(pointer: Pos2, range: &Range<f64>, frame: &Frame, x: Rangef) -> Option<f64> {
    let distance = |seconds: f64| (frame.time.x(seconds, x) - pointer.x).abs();
    if distance(range.start) <= GRIP {
        Some(range.end)
    } else if distance(range.end) <= GRIP {
        Some(range.start)
    } else {
        None
    }
}
