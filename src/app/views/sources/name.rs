//! Names, and the field to write one.

use eframe::egui::text_selection::CCursorRange;
use eframe::egui::{
    Context, EventFilter, Id, Key, Margin, Rect, TextEdit, Ui, UiBuilder, WidgetInfo, vec2,
};

use super::cache::Cache;
use crate::app::request::Request;
use crate::app::theme;
use crate::app::view::View;
use crate::project::{Edit, Project, Row};

/// What has become of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It is being written in.
    Going,
    /// It was closed, to take what it says.
    Taken,
    /// It was closed, to leave everything as it was.
    Dropped,
}

/// Opens the field for the name of the focused row, if there is one.
pub(in crate::app) fn begin_renaming(ctx: &Context, project: &Project, view: &mut View) {
    if let Some(row) = view.focused
        && let Some(name) = project.row_name(row)
    {
        take_keyboard(ctx, name_field(row), &name);
        view.renaming = Some((row, name));
    }
}

fn name_field(row: Row) -> Id {
    Id::unique(("name field", row))
}

/// Gives the keyboard to a field that is drawn in the next frame, with all its text selected: what is
/// typed at once is written over it, and is no shortcut.
pub(super) fn take_keyboard(ctx: &Context, field: Id, text: &str) {
    let mut state = TextEdit::load_state(ctx, field).unwrap_or_default();
    let all = CCursorRange::select_all_str(text);
    state.cursor.set_char_range(Some(all));
    TextEdit::store_state(ctx, field, state);
    ctx.memory_mut(|memory| memory.request_focus(field));
}

/// Shows the field for the name of `row` if it is open. Returns whether it is.
pub(super) fn edit(
    ui: &mut Ui,
    rect: Rect,
    (row, label): (Row, &str),
    project: &Project,
    view: &mut View,
    (cache, out): (&mut Cache, &mut Vec<Request>),
) -> bool {
    let Some((renamed, mut text)) = view.renaming.take() else {
        return false;
    };
    if renamed != row {
        view.renaming = Some((renamed, text));
        return false;
    }
    match field(
        ui,
        (name_field(row), rect),
        &mut text,
        label,
        &mut cache.field,
    ) {
        Written::Going => view.renaming = Some((row, text)),
        Written::Dropped => {}
        Written::Taken => {
            let name = text.trim();
            let empty_source = name.is_empty() && matches!(row, Row::Source(_));
            if project.row_name(row).as_deref() != Some(name) && !empty_source {
                let name = name.to_owned();
                out.push(Request::Edit(Edit::Rename { row, name }));
            }
        }
    }
    true
}

/// A field of one line, which has taken the keyboard as it opened. Enter, or going elsewhere, takes
/// what it says; Escape drops it. `opened` is the field that was open before.
pub(super) fn field(
    ui: &mut Ui,
    (id, rect): (Id, Rect),
    text: &mut String,
    label: &str,
    opened: &mut Option<Id>,
) -> Written {
    let builder = UiBuilder::new().max_rect(rect).id_salt("field");
    let escape = ui.memory(|memory| memory.has_focus(id))
        && ui.input(|input| input.key_pressed(Key::Escape));
    // Escape is for the field alone: nothing else may act on it.
    let keys = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        escape: true,
        ..Default::default()
    };
    let response = ui
        .scope_builder(builder, |ui| {
            let edit = TextEdit::singleline(text)
                .id(id)
                .font(theme::strong())
                .margin(Margin::symmetric(4, 1))
                .desired_width(rect.width() - 8.0)
                .min_size(vec2(0.0, rect.height()))
                .event_filter(keys)
                .clip_text(true);
            ui.add(edit)
        })
        .inner;
    response.widget_info(|| WidgetInfo {
        label: Some(label.to_owned()),
        ..WidgetInfo::text_edit(true, text.as_str(), text.as_str(), "")
    });
    if *opened != Some(id) {
        *opened = Some(id);
        // What was in the way, as a menu that closes, may have taken it.
        response.request_focus();
        return Written::Going;
    }
    if response.has_focus() && !escape {
        return Written::Going;
    }
    *opened = None;
    response.surrender_focus();
    if escape {
        Written::Dropped
    } else {
        Written::Taken
    }
}
