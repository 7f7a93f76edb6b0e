//! The rows of the panel and what stands in them.

use std::ops::RangeInclusive;

use eframe::egui::{Align, DragValue, Layout, Response, RichText, Role, Ui, WidgetInfo, vec2};

use crate::app::theme::Tokens;
use crate::app::widgets::list;

/// Width of the controls.
pub(super) const CONTROL: f32 = 132.0;

/// A name on the left, a control on the right.
pub(super) fn row(ui: &mut Ui, name: &str, help: &str, control: impl FnOnce(&mut Ui) -> Response) {
    row_unless(ui, name, (help, None), control);
}

/// The same for a control that cannot be used where there is a reason: its tooltip says it.
pub(super) fn row_unless(
    ui: &mut Ui,
    name: &str,
    (help, reason): (&str, Option<&str>),
    control: impl FnOnce(&mut Ui) -> Response,
) {
    let t = Tokens::of(ui.ctx());
    let words = match reason {
        Some(reason) => format!("{help}\n{reason}"),
        None => help.to_owned(),
    };
    ui.add_enabled_ui(reason.is_none(), |ui| {
        ui.horizontal(|ui| {
            ui.set_height(26.0);
            ui.label(RichText::new(name).color(t.second))
                .on_hover_text(&words)
                .on_disabled_hover_text(&words);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.allocate_ui_with_layout(
                    vec2(CONTROL, 26.0),
                    Layout::left_to_right(Align::Center),
                    |ui| {
                        ui.set_min_width(CONTROL);
                        ui.spacing_mut().item_spacing.x = 4.0;
                        control(ui)
                            .on_hover_text(&words)
                            .on_disabled_hover_text(&words);
                    },
                );
            });
        });
    });
}

/// A list to choose from, of which `shown` is chosen.
pub(super) fn combo(
    ui: &mut Ui,
    label: &str,
    shown: &str,
    content: impl FnOnce(&mut Ui),
) -> Response {
    list(ui, (label, CONTROL), shown, content)
}

/// A whole number.
pub(super) fn number(
    ui: &mut Ui,
    label: &str,
    value: &mut usize,
    range: RangeInclusive<usize>,
    width: f32,
) -> Response {
    let response = ui.add_sized(
        [width, 26.0],
        DragValue::new(value)
            .range(range)
            .speed(0.2)
            .update_while_editing(false),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, label));
    response
}

/// A number with two decimals in a range, in which some numbers have names.
pub(super) fn weight(
    ui: &mut Ui,
    label: &str,
    value: &mut f64,
    range: RangeInclusive<f64>,
    names: &'static [(f64, &'static str)],
) -> Response {
    let shown = |value: f64| match names.iter().find(|(named, _)| *named == value) {
        Some((_, name)) => (*name).to_owned(),
        None => format!("{value:.2}"),
    };
    let read = |text: &str| match names.iter().find(|(_, name)| *name == text.trim()) {
        Some((named, _)) => Some(*named),
        None => text.trim().parse().ok().filter(|x: &f64| x.is_finite()),
    };
    let value = DragValue::new(value)
        .range(range)
        .speed(0.01)
        .max_decimals(2)
        .custom_formatter(move |value, _| shown(value))
        .custom_parser(read)
        .update_while_editing(false);
    let response = ui.add_sized([CONTROL, 26.0], value);
    response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, label));
    response
}
