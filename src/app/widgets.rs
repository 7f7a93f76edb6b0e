//! Small controls that the views share.

use eframe::egui::{
    self, Align2, Color32, ComboBox, CornerRadius, CursorIcon, FontId, Frame, IdSalt, Margin, Rect,
    Response, RichText, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::theme::{self, CARD_RADIUS, RADIUS, ROW, Tokens};

/// A flat button with an icon. `label` is its name for screen readers, `tooltip` explains it.
pub(super) fn icon_button(
    ui: &mut Ui,
    icon: &str,
    label: &str,
    tooltip: &str,
    enabled: bool,
) -> Response {
    let response = ui
        .add_enabled_ui(enabled, |ui| {
            let (rect, response) = ui.allocate_exact_size(Vec2::splat(ROW), Sense::click());
            paint_button(ui, rect, &response, false);
            let colour = text_colour(ui, &response, enabled);
            ui.painter().text(
                rect.center(),
                Align2::CENTER_CENTER,
                icon,
                theme::icon(15.0),
                colour,
            );
            response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
            response
        })
        .inner;
    response
        .on_hover_text(tooltip)
        .on_disabled_hover_text(tooltip)
}

/// Text that ends in … where it has no room. Returns how far it goes.
pub(super) fn truncated(
    ui: &Ui,
    (left, middle): (f32, f32),
    right: f32,
    words: &str,
    (font, colour): (FontId, Color32),
) -> f32 {
    let room = right - left;
    if room < 12.0 || words.is_empty() {
        return left;
    }
    let mut job = egui::text::LayoutJob::simple_singleline(words.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    let galley = ui.painter().layout_job(job);
    let size = galley.size();
    let at = Align2::LEFT_CENTER
        .anchor_size(pos2(left, middle), size)
        .min;
    ui.painter().galley(at, galley, colour);
    left + size.x
}

/// A button that stays pressed, with a letter that says what it is, so that its colour is not
/// needed to tell.
pub(super) fn letter_toggle(
    ui: &mut Ui,
    letter: &str,
    label: &str,
    tooltip: &str,
    on: bool,
    colour: Color32,
) -> Response {
    let response = ui.allocate_response(vec2(22.0, 20.0), Sense::click());
    let t = Tokens::of(ui.ctx());
    let fill = if on {
        colour
    } else if response.hovered() {
        t.hover
    } else {
        t.control
    };
    let text = if on { t.window } else { t.second };
    face(ui, &response, fill, (letter, theme::strong(), text));
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, label));
    response.on_hover_text(tooltip)
}

/// What a button looks like that has one letter or icon on a ground of its own.
pub(super) fn face(ui: &Ui, button: &Response, fill: Color32, sign: (&str, FontId, Color32)) {
    let (text, font, colour) = sign;
    let rect = button.rect;
    ui.painter()
        .rect_filled(rect, CornerRadius::same(RADIUS), fill);
    focus_ring(ui, rect, button);
    ui.painter()
        .text(rect.center(), Align2::CENTER_CENTER, text, font, colour);
}

/// A button in the accent colour: the one thing to do next.
pub(super) fn primary_button(ui: &mut Ui, text: &str, width: f32, enabled: bool) -> Response {
    let t = Tokens::of(ui.ctx());
    let text = RichText::new(text).font(theme::strong()).color(t.on_accent);
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for state in [
            &mut widgets.inactive,
            &mut widgets.hovered,
            &mut widgets.active,
        ] {
            state.bg_stroke = Stroke::NONE;
        }
        let button = egui::Button::new(text).fill(t.accent);
        let response = ui
            .add_enabled_ui(enabled, |ui| ui.add_sized([width, 34.0], button))
            .inner;
        focus_ring(ui, response.rect.expand(1.5), &response);
        response
    })
    .inner
}

/// A list to choose from, of which `shown` is chosen. The keyboard that was in the list is at its
/// button again when it closes; in a dialog, where Enter would do something else otherwise, it is
/// so after a click as well.
pub(super) fn list(
    ui: &mut Ui,
    (label, width): (&str, f32),
    shown: &str,
    content: impl FnOnce(&mut Ui),
) -> Response {
    let around = ui.layer_id();
    let id = ui.make_persistent_id(IdSalt::new(label));
    let was_open = ComboBox::is_open(ui.ctx(), id);
    let list = ComboBox::from_id_salt(label)
        .selected_text(shown)
        .width(width)
        .truncate()
        .show_ui(ui, |ui| {
            if ui.layer_id().order == around.order {
                // In the frame in which it is clicked it would be behind the dialog.
                ui.ctx().set_sublayer(around, ui.layer_id());
            }
            content(ui);
            ui.will_parent_close()
        });
    let response = list.response;
    let closed = was_open && !ComboBox::is_open(ui.ctx(), id);
    let clicked = ui.input(|input| input.pointer.any_click());
    let in_dialog = around.order != egui::Order::Background && list.inner == Some(true);
    if closed && (!clicked || in_dialog) {
        response.request_focus();
    }
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, label);
        info.current_text_value = Some(shown.to_owned());
        info
    });
    response
}

/// One of the choices of a list, which closes with it, by the keyboard as well.
pub(super) fn option<T: PartialEq>(
    ui: &mut Ui,
    chosen: &mut T,
    choice: T,
    text: impl Into<String>,
) {
    if ui.selectable_value(chosen, choice, text.into()).clicked() {
        ui.close();
    }
}

/// A card: a group of things on a ground of its own.
pub(super) fn card(ui: &Ui) -> Frame {
    let t = Tokens::of(ui.ctx());
    Frame::new()
        .fill(t.card)
        .corner_radius(CornerRadius::same(CARD_RADIUS))
        .inner_margin(Margin::same(10))
}

/// Secondary text.
pub(super) fn note(ui: &mut Ui, text: impl Into<String>) -> Response {
    let t = Tokens::of(ui.ctx());
    ui.label(RichText::new(text).font(theme::secondary()).color(t.second))
}

/// The name of a panel or dialog.
pub(super) fn title(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).font(theme::strong()))
}

/// A level from 0 to 1 as a thin bar.
pub(super) fn bar(ui: &Ui, rect: Rect, share: f32, colour: Color32) {
    let t = Tokens::of(ui.ctx());
    let radius = CornerRadius::same(2);
    ui.painter().rect_filled(rect, radius, t.control);
    let filled = rect.width() * share.clamp(0.0, 1.0);
    if filled > 0.5 {
        let part = Rect::from_min_size(rect.min, vec2(filled, rect.height()));
        ui.painter().rect_filled(part, radius, colour);
    }
}

/// Values from 0 to their maximum as a filled curve, one column of `values` per point of width.
pub(super) fn sparkline(ui: &Ui, rect: Rect, values: &[f32], colour: Color32) {
    let painter = ui.painter().with_clip_rect(rect);
    let top = values.iter().copied().fold(0.0, f32::max);
    if values.len() < 2 || top <= 0.0 {
        return;
    }
    let step = rect.width() / (values.len() - 1) as f32;
    let points: Vec<egui::Pos2> = (0u16..)
        .zip(values)
        .map(|(i, value)| {
            let y = rect.bottom() - 1.0 - (rect.height() - 2.0) * (value / top).clamp(0.0, 1.0);
            pos2(rect.left() + f32::from(i) * step, y)
        })
        .collect();
    let mut mesh = egui::Mesh::default();
    let fill = colour.gamma_multiply(0.25);
    for point in &points {
        let base = u32::try_from(mesh.vertices.len()).unwrap_or(u32::MAX);
        mesh.colored_vertex(*point, fill);
        mesh.colored_vertex(pos2(point.x, rect.bottom()), fill);
        if base >= 2 {
            mesh.add_triangle(base - 2, base - 1, base);
            mesh.add_triangle(base - 1, base, base + 1);
        }
    }
    painter.add(mesh);
    painter.add(egui::Shape::line(points, Stroke::new(1.2, colour)));
}

/// The visible sign that the keyboard is here.
pub(super) fn focus_ring(ui: &Ui, rect: Rect, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, Tokens::of(ui.ctx()).accent);
        let radius = CornerRadius::same(RADIUS);
        ui.painter()
            .rect_stroke(rect.expand(1.0), radius, stroke, StrokeKind::Outside);
    }
}

/// The ground of a flat button: nothing until it is hovered, pressed or on.
pub(super) fn paint_button(ui: &Ui, rect: Rect, response: &Response, on: bool) {
    let t = Tokens::of(ui.ctx());
    let fill = if response.is_pointer_button_down_on() || response.hovered() {
        t.hover
    } else if on {
        t.control
    } else {
        Color32::TRANSPARENT
    };
    ui.painter()
        .rect_filled(rect, CornerRadius::same(RADIUS), fill);
    focus_ring(ui, rect, response);
    if response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    }
}

fn text_colour(ui: &Ui, response: &Response, enabled: bool) -> Color32 {
    let t = Tokens::of(ui.ctx());
    match (enabled, response.hovered()) {
        (false, _) => t.third.gamma_multiply(0.5),
        (true, true) => t.text,
        (true, false) => t.second,
    }
}

/// Seconds in words: 0.4 s, 12 s, 3 min 20 s, 1 h 5 min.
pub(super) fn span(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..=9 => format!("{seconds:.1} s"),
        10..=59 => format!("{whole} s"),
        60..=3599 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

/// Bytes in MiB or GiB.
pub(super) fn bytes(count: u64) -> String {
    let mib = count as f64 / f64::from(1 << 20);
    if mib >= 1024.0 {
        format!("{:.1} GiB", mib / 1024.0)
    } else {
        format!("{mib:.0} MiB")
    }
}

/// A frequency in Hz or kHz.
pub(super) fn hertz(hz: f64) -> String {
    if hz >= 1000.0 {
        format!("{:.1} kHz", hz / 1000.0)
    } else {
        format!("{hz:.1} Hz")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_read_well() {
        assert_eq!(span(0.42), "0.4 s");
        assert_eq!(span(200.0), "3 min 20 s");
        assert_eq!(span(3900.0), "1 h 5 min");
        assert_eq!(bytes(21 << 20), "21 MiB");
        assert_eq!(bytes(3 << 30), "3.0 GiB");
        assert_eq!(hertz(415.3), "415.3 Hz");
        assert_eq!(hertz(2100.0), "2.1 kHz");
    }
}
