//! The command palette: anything by its name.

use eframe::egui::{self, Align, Context, Key, Layout, Modifiers, RichText, ScrollArea, TextEdit};

use super::frame::modal;
use crate::app::actions::{Action, ENTRIES, Entry, entry_of, with_reason, written};
use crate::app::theme::{self, Tokens};
use crate::app::widgets::note;

/// What has been typed, and where the user is in the list.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Palette {
    text: String,
    at: usize,
    /// The action that was asked for though it cannot be done now, and why.
    refused: Option<(Action, &'static str)>,
}

/// What comes of the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Choice {
    /// It stays open.
    Open,
    /// It is closed.
    Close,
    /// An action was chosen.
    Act(Action),
}

/// Draws the palette. `why_not` says why an action cannot be done now, if it cannot.
pub(in crate::app) fn palette(
    ctx: &Context,
    state: &mut Palette,
    why_not: &dyn Fn(Action) -> Option<&'static str>,
) -> Choice {
    let mut choice = Choice::Open;
    let (up, down, enter) = ctx.input_mut(|input| {
        (
            input.consume_key(Modifiers::NONE, Key::ArrowUp),
            input.consume_key(Modifiers::NONE, Key::ArrowDown),
            input.consume_key(Modifiers::NONE, Key::Enter),
        )
    });
    let modal = modal(ctx, "palette").show(ctx, |ui| {
        ui.set_width(460.0);
        let edit = TextEdit::singleline(&mut state.text)
            .hint_text("Find a command")
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        response.widget_info(|| {
            egui::WidgetInfo::text_edit(true, "", state.text.as_str(), "Find a command")
        });
        response.request_focus();
        if response.changed() {
            (state.at, state.refused) = (0, None);
        }
        let found = matches(&state.text, &|action| why_not(action).is_none());
        let last = found.len().saturating_sub(1);
        state.at = match (up, down) {
            (true, false) => state.at.saturating_sub(1),
            (false, true) => (state.at + 1).min(last),
            _ => state.at.min(last),
        };
        if up || down {
            state.refused = None;
        }
        ui.add_space(4.0);
        // As high with few commands as with many, so that it stays where it is while one types.
        let list = ScrollArea::vertical().max_height(320.0);
        list.auto_shrink(false).show(ui, |ui| {
            if found.is_empty() {
                note(ui, "Nothing is called like this");
            }
            for (i, entry) in found.iter().enumerate() {
                let keys = entry.keys.map_or(String::new(), |keys| written(ctx, &keys));
                let reason = why_not(entry.action);
                let response = ui
                    .with_layout(Layout::top_down_justified(Align::Min), |ui| {
                        let button = egui::Button::new(entry.label)
                            .selected(i == state.at)
                            .frame_when_inactive(i == state.at)
                            .shortcut_text(keys);
                        ui.add_enabled(reason.is_none(), button)
                    })
                    .inner
                    .on_hover_text(entry.help)
                    .on_disabled_hover_text(with_reason(entry.help, reason));
                if i == state.at && (up || down) {
                    response.scroll_to_me(None);
                }
                let asked = enter && i == state.at;
                match reason {
                    Some(reason) if asked => state.refused = Some((entry.action, reason)),
                    None if asked || response.clicked() => choice = Choice::Act(entry.action),
                    _ => {}
                }
            }
        });
        match state.refused {
            Some((action, reason)) => {
                let label = entry_of(action).label;
                let t = Tokens::of(ui.ctx());
                let words = format!("{label}: {reason}");
                ui.label(
                    RichText::new(words)
                        .font(theme::secondary())
                        .color(t.warning),
                );
            }
            None => {
                note(ui, "");
            }
        }
    });
    if choice == Choice::Open && modal.should_close() {
        choice = Choice::Close;
    }
    choice
}

/// The actions whose label or help holds all words of the text. Those that can be done now come
/// first, and of these those whose label begins with the text.
fn matches(text: &str, enabled: &dyn Fn(Action) -> bool) -> Vec<&'static Entry> {
    let text = text.trim().to_lowercase();
    let mut found: Vec<&Entry> = ENTRIES
        .iter()
        .filter(|entry| {
            let words = format!("{} {}", entry.label, entry.help).to_lowercase();
            text.split_whitespace().all(|word| words.contains(word))
        })
        .collect();
    found.sort_by_key(|entry| {
        let begins = entry.label.to_lowercase().starts_with(&text);
        (!enabled(entry.action), !begins)
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_find_actions_and_what_can_be_done_comes_first() {
        let all = |_| true;
        assert_eq!(matches("", &all).len(), ENTRIES.len());
        assert_eq!(matches("solo", &all)[0].label, "Solo");
        assert_eq!(matches("STEMS exp", &all)[0].action, Action::Export);
        assert!(matches("xyzzy", &all).is_empty());
        let without = |action| action != Action::SoloRow;
        let found = matches("solo", &without);
        assert_eq!(found[0].label, "Solo only this");
        assert_eq!(found[found.len() - 1].label, "Solo");
    }
}
