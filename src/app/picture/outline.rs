//! The strip above the picture: the outline of the whole recording, and what of it is in view.

use eframe::egui::{
    CornerRadius, CursorIcon, Mesh, Painter, Pos2, Rect, Response, Shape, Stroke, StrokeKind, Ui,
    pos2,
};

use super::style::PictureTheme;
use super::waveform::Waveform;
use crate::app::axes::TimeView;

/// How near to an edge of the frame the pointer takes hold of it.
const GRIP: f32 = 5.0;
/// The frame is never drawn narrower.
const NARROWEST: f32 = 6.0;

/// What of the frame is being dragged, and where it was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Grip {
    /// The whole frame: seconds from its start to the pointer.
    Middle(f64),
    Start,
    End,
}

/// Draws the strip. The outline stands as tall as the recording's peak allows.
pub(super) fn draw(
    painter: &Painter,
    rect: Rect,
    waveform: Option<&Waveform>,
    view: TimeView,
    playhead: Option<f64>,
    theme: &PictureTheme,
) {
    let painter = painter.with_clip_rect(rect);
    painter.rect_filled(rect, 0.0, theme.panel);
    let frame = frame(rect, view);
    if let Some(waveform) = waveform.filter(|waveform| waveform.peak() > 0.0) {
        let unit = 1.0 / painter.pixels_per_point();
        let columns = (rect.width() / unit) as usize;
        let scale = (0.5 * rect.height() - 4.0) / waveform.peak();
        let mut mesh = Mesh::default();
        mesh.reserve_vertices(4 * columns);
        mesh.reserve_triangles(2 * columns);
        let place = |column: usize| column as f64 / columns.max(1) as f64;
        for column in 0..columns {
            let (low, high) = waveform.extremes(place(column), place(column + 1));
            let x = rect.left() + column as f32 * unit;
            let inside = frame.x_range().contains(x);
            let color = if inside { theme.second } else { theme.line };
            mesh.add_colored_rect(
                Rect::from_min_max(
                    pos2(x, rect.center().y - (high * scale).max(0.5 * unit)),
                    pos2(x + unit, rect.center().y - (low * scale).min(-0.5 * unit)),
                ),
                color,
            );
        }
        painter.add(Shape::mesh(mesh));
    }
    painter.rect(
        frame,
        CornerRadius::same(4),
        theme.accent.gamma_multiply(0.06),
        Stroke::new(1.0, theme.accent.gamma_multiply(0.55)),
        StrokeKind::Inside,
    );
    if let Some(playhead) = playhead {
        let x = view.fit().x(playhead, rect.x_range());
        painter.vline(x, rect.y_range(), Stroke::new(1.0, theme.text));
    }
}

/// Moves the view with the pointer. `grip` lasts as long as the button is down.
pub(super) fn interact(
    ui: &Ui,
    response: &Response,
    view: TimeView,
    grip: &mut Option<Grip>,
) -> TimeView {
    let whole = view.fit();
    let x = response.rect.x_range();
    let near = |pointer: Pos2| {
        let frame = frame(response.rect, view);
        if view.is_whole() || !frame.x_range().expand(GRIP).contains(pointer.x) {
            None
        } else if (pointer.x - frame.left()).abs() < GRIP && frame.width() > 3.0 * GRIP {
            Some(Grip::Start)
        } else if (pointer.x - frame.right()).abs() < GRIP && frame.width() > 3.0 * GRIP {
            Some(Grip::End)
        } else {
            Some(Grip::Middle(whole.seconds(pointer.x, x) - view.start()))
        }
    };
    let pressed = response.is_pointer_button_down_on();
    if !pressed {
        *grip = None;
    }
    if let Some(pointer) = response.hover_pos() {
        ui.ctx().set_cursor_icon(match near(pointer) {
            Some(Grip::Start | Grip::End) => CursorIcon::ResizeHorizontal,
            Some(Grip::Middle(_)) => CursorIcon::Grab,
            None => CursorIcon::Default,
        });
    }
    let Some(pointer) = response.interact_pointer_pos().filter(|_| pressed) else {
        return view;
    };
    // Outside the frame a press brings the view there first.
    let taken = grip.get_or_insert_with(|| {
        let origin = ui.input(|i| i.pointer.press_origin()).unwrap_or(pointer);
        near(origin).unwrap_or(Grip::Middle(view.span() / 2.0))
    });
    let seconds = whole.seconds(pointer.x, x);
    match *taken {
        Grip::Middle(offset) => view.pan(seconds - offset - view.start()),
        Grip::Start => TimeView::new(seconds.min(view.end()), view.end(), view.duration()),
        Grip::End => TimeView::new(view.start(), seconds.max(view.start()), view.duration()),
    }
}

fn frame(rect: Rect, view: TimeView) -> Rect {
    let whole = view.fit();
    let (left, right) = (
        whole.x(view.start(), rect.x_range()),
        whole.x(view.end(), rect.x_range()),
    );
    let missing = (NARROWEST - (right - left)).max(0.0) / 2.0;
    Rect::from_x_y_ranges(left - missing..=right + missing, rect.y_range())
}
