//! What the keys do.

use eframe::egui::{Context, Key, KeyboardShortcut};

use super::{Action, ENTRIES};

/// Keys that mean something else with Ctrl while text is written.
const OF_TEXT: [Key; 6] = [Key::A, Key::C, Key::V, Key::X, Key::Y, Key::Z];

/// The action whose keys were pressed, if any; consumes them. The more modifiers a shortcut has,
/// the earlier it is asked, as Ctrl+Z is pressed within Ctrl+Shift+Z.
pub(in crate::app) fn pressed(ctx: &Context) -> Option<Action> {
    pressed_of(ctx, |_| true)
}

/// The same while text is written: only what is asked for with Ctrl and is no matter of the text.
pub(in crate::app) fn pressed_beside_text(ctx: &Context) -> Option<Action> {
    pressed_of(ctx, |keys| {
        keys.modifiers.command && !OF_TEXT.contains(&keys.logical_key)
    })
}

fn pressed_of(ctx: &Context, means: impl Fn(&KeyboardShortcut) -> bool) -> Option<Action> {
    let mut keyed: Vec<(usize, Action, KeyboardShortcut)> = ENTRIES
        .iter()
        .flat_map(|entry| {
            let keys = entry.keys.into_iter().chain(entry.also);
            keys.map(|keys| (entry.action, keys))
        })
        .filter(|(_, keys)| means(keys))
        .map(|(action, keys)| {
            let m = keys.modifiers;
            let count = usize::from(m.command) + usize::from(m.shift) + usize::from(m.alt);
            (count, action, keys)
        })
        .collect();
    keyed.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    ctx.input_mut(|input| {
        keyed
            .into_iter()
            .find(|(_, _, keys)| input.consume_shortcut(keys))
            .map(|(_, action, _)| action)
    })
}

/// Keys as they are written on the keyboard: "Ctrl+S", "Alt++", "[".
pub(in crate::app) fn written(ctx: &Context, keys: &KeyboardShortcut) -> String {
    let text = ctx.format_shortcut(keys);
    let sign = match keys.logical_key {
        Key::Plus => "+",
        Key::Minus => "−",
        Key::Comma => ",",
        Key::Period => ".",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        _ => return text,
    };
    match text.strip_suffix(keys.logical_key.name()) {
        Some(modifiers) => format!("{modifiers}{sign}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::Modifiers;

    use super::*;

    #[test]
    fn signs_are_written_as_on_the_keyboard() {
        let ctx = Context::default();
        for (action, text) in [
            (Action::Save, "Ctrl+S"),
            (Action::ZoomIn, "+"),
            (Action::SelectFrom, "["),
        ] {
            let keys = super::super::entry_of(action).keys.unwrap();
            let shown = written(&ctx, &keys).replace('⌘', "Ctrl+");
            assert_eq!(shown, text);
        }
    }
    use crate::app::actions::entry_of;
    use std::collections::HashSet;

    #[test]
    fn every_action_stands_once_and_has_words_and_keys_of_its_own() {
        let mut actions = HashSet::new();
        let mut labels = HashSet::new();
        let mut keys = HashSet::new();
        for entry in ENTRIES {
            assert!(actions.insert(entry.action), "{:?} twice", entry.action);
            assert!(labels.insert(entry.label), "{} twice", entry.label);
            assert!(!entry.help.ends_with('.') && entry.help.len() > 3);
            for shortcut in entry.keys.into_iter().chain(entry.also) {
                assert!(
                    keys.insert(format!("{shortcut:?}")),
                    "{} shares its keys",
                    entry.label
                );
            }
        }
        assert!(entry_of(Action::Undo).action == Action::Undo);
    }

    #[test]
    fn a_shortcut_with_more_modifiers_wins() {
        let ctx = Context::default();
        let press = |modifiers: Modifiers, key: Key| {
            let event = eframe::egui::Event::Key {
                key,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers,
            };
            let input = eframe::egui::RawInput {
                events: vec![event],
                ..Default::default()
            };
            let mut action = None;
            let mut output = ctx.run_ui(input, |ui| action = action.or(pressed(ui.ctx())));
            // Nothing is painted.
            output.textures_delta.clear();
            action
        };
        let ctrl = Modifiers::COMMAND | Modifiers::CTRL;
        assert_eq!(press(ctrl, Key::Z), Some(Action::Undo));
        assert_eq!(press(ctrl | Modifiers::SHIFT, Key::Z), Some(Action::Redo));
        assert_eq!(press(ctrl, Key::Y), Some(Action::Redo));
        assert_eq!(press(Modifiers::NONE, Key::Z), Some(Action::ZoomSelection));
        assert_eq!(press(Modifiers::NONE, Key::Space), Some(Action::PlayPause));
    }
}
