//! The gain of a row: a slider, or in rows with little room a figure that can be pulled.

use eframe::egui::accesskit::{Action as Ask, ActionData};
use eframe::egui::{
    Color32, CornerRadius, CursorIcon, EventFilter, Key, Rect, Response, Role, Sense, Ui,
    WidgetInfo, pos2, vec2,
};

use super::cache::{Cache, new_drag};
use crate::app::request::Request;
use crate::app::theme::Tokens;
use crate::app::widgets::focus_ring;
use crate::project::{DragId, Edit, MAX_GAIN_DB, MIN_GAIN_DB, Row};

/// Step of the keys and of the wheel, in dB.
const STEP: f32 = 0.5;
/// Points that a figure is pulled for one dB.
const PULL: f32 = 4.0;
/// Bends the slider, so that most of it is for the gains that are used most.
const BEND: f32 = 1.7;
/// Points around 0 dB at which the slider stays there.
const CATCH: f32 = 2.5;
/// Radius of the knob.
const KNOB: f32 = 5.5;
/// Points of the wheel that are one step.
const NOTCH: f32 = 24.0;
/// Seconds after which the wheel begins another entry of the history.
const PAUSE: f64 = 0.8;

/// What a gain belongs to.
pub(super) struct Gain<'a> {
    /// The row.
    pub row: Row,
    /// The name of the row, for the labels.
    pub name: &'a str,
    /// The gain at present, in dB.
    pub gain_db: f32,
}

/// Where a slider stands at a gain, 0 to 1.
pub(super) fn place(gain_db: f32) -> f32 {
    let share = (gain_db - MIN_GAIN_DB) / (MAX_GAIN_DB - MIN_GAIN_DB);
    share.clamp(0.0, 1.0).powf(BEND)
}

/// The gain in dB, to a tenth, at which a slider stands at a place from 0 to 1.
pub(super) fn gain_at(place: f32) -> f32 {
    let share = place.clamp(0.0, 1.0).powf(BEND.recip());
    tenth(MIN_GAIN_DB + share * (MAX_GAIN_DB - MIN_GAIN_DB))
}

/// A gain in words: "0.0 dB", "−2.5 dB", "−∞ dB".
pub(super) fn words(gain_db: f32) -> String {
    if gain_db <= MIN_GAIN_DB {
        "−∞ dB".into()
    } else {
        // No "−0.0".
        let gain = tenth(gain_db) + 0.0;
        format!("{gain:.1} dB").replace('-', "−")
    }
}

/// The gain that someone has written, in dB.
pub(super) fn read(text: &str) -> Option<f32> {
    let text = text.trim().trim_end_matches(['d', 'B', 'D', 'b']).trim();
    let text = text.replace('−', "-").replace(',', ".");
    if matches!(text.as_str(), "-∞" | "-inf" | "-Inf") {
        return Some(MIN_GAIN_DB);
    }
    let gain: f32 = text.parse().ok()?;
    gain.is_finite()
        .then(|| gain.clamp(MIN_GAIN_DB, MAX_GAIN_DB))
}

/// A drag under way.
#[derive(Clone, Copy)]
struct Pulled {
    drag: DragId,
    /// Where the pointer was, and the gain then, in the units of the control.
    from: (f32, f32),
}

/// Turns of the wheel that belong together.
#[derive(Clone, Copy)]
struct Turned {
    drag: DragId,
    at: f64,
    rest: f32,
}

/// A slider.
pub(super) fn slider(
    ui: &Ui,
    rect: Rect,
    gain: &Gain<'_>,
    colour: Color32,
    (cache, out): (&mut Cache, &mut Vec<Request>),
) {
    let id = ui.scope_id().with("gain");
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let rail = rect.shrink2(vec2(KNOB, 0.0));
    let position = |place: f32| rail.left() + place * rail.width();
    let moved = drag(&response, position(place(gain.gain_db)), |x| {
        let neutral = position(place(0.0));
        if (x - neutral).abs() < CATCH {
            0.0
        } else {
            gain_at((x - rail.left()) / rail.width())
        }
    });
    paint_slider(ui, rail, place(gain.gain_db), &response, colour);
    listen(ui, &response, gain, moved, cache, out);
    response.on_hover_cursor(CursorIcon::ResizeHorizontal);
}

fn paint_slider(ui: &Ui, rail: Rect, place: f32, response: &Response, colour: Color32) {
    let t = Tokens::of(ui.ctx());
    let y = rail.center().y;
    let x = rail.left() + place * rail.width();
    let line = |from: f32, to: f32, colour: Color32| {
        let part = Rect::from_x_y_ranges(from..=to, (y - 1.5)..=(y + 1.5));
        ui.painter()
            .rect_filled(part, CornerRadius::same(2), colour);
    };
    line(rail.left() - KNOB, rail.right() + KNOB, t.control);
    line(rail.left() - KNOB, x, colour.gamma_multiply(0.55));
    let knob = if response.hovered() || response.dragged() {
        t.text
    } else {
        t.text.lerp_to_gamma(t.second, 0.35)
    };
    ui.painter().circle_filled(pos2(x, y), KNOB, knob);
    focus_ring(ui, rail.expand2(vec2(KNOB, -2.0)), response);
}

/// A figure. `paint` draws it where it is in use.
pub(super) fn figure(
    ui: &Ui,
    rect: Rect,
    gain: &Gain<'_>,
    (cache, out): (&mut Cache, &mut Vec<Request>),
) -> Response {
    let id = ui.scope_id().with("gain");
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let moved = drag(&response, gain.gain_db * PULL, |x| tenth(x / PULL));
    listen(ui, &response, gain, moved, cache, out);
    response.on_hover_cursor(CursorIcon::ResizeHorizontal)
}

/// The gain that a drag asks for, and the name of the drag. `present` is where the control stands,
/// and `gain` tells the gain of a place of the same kind.
fn drag(response: &Response, present: f32, gain: impl Fn(f32) -> f32) -> Option<(f32, DragId)> {
    let ctx = &response.ctx;
    let key = response.id.with("pulled");
    if response.drag_started() {
        let begun = ctx.input(|input| input.pointer.press_origin())?;
        let pulled = Pulled {
            drag: new_drag(ctx, response.id),
            from: (begun.x, present),
        };
        ctx.data_mut(|data| data.insert_temp(key, pulled));
    }
    if !response.dragged() {
        return None;
    }
    let pulled: Pulled = ctx.data(|data| data.get_temp(key))?;
    let pointer = response.interact_pointer_pos()?;
    let (x, from) = pulled.from;
    Some((gain(from + pointer.x - x), pulled.drag))
}

/// Keys, wheel, double click and screen readers, and what they all ask for.
fn listen(
    ui: &Ui,
    response: &Response,
    gain: &Gain<'_>,
    moved: Option<(f32, DragId)>,
    cache: &mut Cache,
    out: &mut Vec<Request>,
) {
    let (row, present) = (gain.row, gain.gain_db);
    let mut ask = |gain_db: f32, drag: Option<DragId>| {
        let gain_db = gain_db.clamp(MIN_GAIN_DB, MAX_GAIN_DB);
        if gain_db != present {
            let edit = Edit::SetGain { row, gain_db };
            out.push(match drag {
                Some(drag) => Request::Drag(edit, drag),
                None => Request::Edit(edit),
            });
        }
    };
    if let Some((gain_db, drag)) = moved {
        ask(gain_db, Some(drag));
    }
    if response.double_clicked() {
        ask(0.0, None);
    }
    if let Some((steps, drag)) = wheel(ui, response, cache) {
        ask(tenth(present + STEP * steps), Some(drag));
    }
    let steps = keys(ui, response) + asked_steps(ui, response);
    if steps != 0.0 {
        ask(tenth(present + STEP * steps), None);
    }
    for request in ui.input(|input| {
        let requests = input.accesskit_action_requests(response.id, Ask::SetValue);
        requests.cloned().collect::<Vec<_>>()
    }) {
        if let Some(ActionData::NumericValue(value)) = request.data {
            ask(value as f32, None);
        }
    }
    let label = format!("Gain of {}", gain.name);
    response.widget_info(|| WidgetInfo::slider(true, f64::from(present), &label));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::Slider);
        node.set_min_numeric_value(f64::from(MIN_GAIN_DB));
        node.set_max_numeric_value(f64::from(MAX_GAIN_DB));
        node.set_numeric_value_step(f64::from(STEP));
        for action in [Ask::SetValue, Ask::Increment, Ask::Decrement] {
            node.add_action(action);
        }
    });
}

/// Steps that the arrows ask for.
fn keys(ui: &Ui, response: &Response) -> f32 {
    if !response.has_focus() {
        return 0.0;
    }
    let filter = EventFilter {
        horizontal_arrows: true,
        ..Default::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    ui.input(|input| {
        let count = |key| input.num_presses(key) as f32;
        count(Key::ArrowRight) - count(Key::ArrowLeft)
    })
}

/// Steps that a screen reader asks for.
fn asked_steps(ui: &Ui, response: &Response) -> f32 {
    ui.input(|input| {
        let count = |ask| input.num_accesskit_action_requests(response.id, ask) as f32;
        count(Ask::Increment) - count(Ask::Decrement)
    })
}

/// Steps that the wheel asks for over the control, unless it is moving the list.
fn wheel(ui: &Ui, response: &Response, cache: &Cache) -> Option<(f32, DragId)> {
    if !response.hovered() || cache.scrolling {
        return None;
    }
    let (turn, now) = ui.input(|input| (input.smooth_scroll_delta.y, input.time));
    if turn == 0.0 {
        return None;
    }
    // The list must not move as well.
    ui.input_mut(|input| input.smooth_scroll_delta.y = 0.0);
    let key = response.id.with("turned");
    let before: Option<Turned> = ui.data(|data| data.get_temp(key));
    let goes_on = before.filter(|turned| now - turned.at < PAUSE);
    let mut turned = goes_on.unwrap_or_else(|| Turned {
        drag: new_drag(ui.ctx(), key),
        at: now,
        rest: 0.0,
    });
    turned.at = now;
    turned.rest += turn / NOTCH;
    let steps = turned.rest.trunc();
    turned.rest -= steps;
    let drag = turned.drag;
    ui.data_mut(|data| data.insert_temp(key, turned));
    (steps != 0.0).then_some((steps, drag))
}

fn tenth(gain_db: f32) -> f32 {
    (gain_db * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slider_reaches_every_gain_and_its_ends() {
        assert_eq!(gain_at(0.0), MIN_GAIN_DB);
        assert_eq!(gain_at(1.0), MAX_GAIN_DB);
        assert_eq!(gain_at(place(0.0)), 0.0);
        for tenths in -600..=120i16 {
            let gain = f32::from(tenths) / 10.0;
            assert!((gain_at(place(gain)) - gain).abs() < 0.051, "{gain}");
        }
    }

    #[test]
    fn gains_are_written_and_read_the_same() {
        for (gain, text) in [
            (0.0, "0.0 dB"),
            (-0.04, "0.0 dB"),
            (-2.5, "−2.5 dB"),
            (3.0, "3.0 dB"),
            (MIN_GAIN_DB, "−∞ dB"),
        ] {
            assert_eq!(words(gain), text);
            assert!((read(text).unwrap() - gain).abs() < 0.06);
        }
        assert_eq!(read(" -3,5 db"), Some(-3.5));
        assert_eq!(read("99"), Some(MAX_GAIN_DB));
        assert_eq!(read("-inf"), Some(MIN_GAIN_DB));
        for nonsense in ["", "loud", "NaN", "--3"] {
            assert_eq!(read(nonsense), None);
        }
    }
}
