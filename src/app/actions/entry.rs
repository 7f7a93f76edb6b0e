//! A line of the table.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

use super::{Action, Menu, written};

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What is done.
    pub action: Action,
    /// Its name in menus and in the palette.
    pub label: &'static str,
    /// What it does, in plain words.
    pub help: &'static str,
    /// Where it is found.
    pub menu: Menu,
    /// The keys that do it.
    pub keys: Option<KeyboardShortcut>,
    /// Other keys that do the same.
    pub also: Option<KeyboardShortcut>,
    /// Whether a line is drawn above it in the menu.
    pub begins_group: bool,
}

pub(super) const fn entry(
    menu: Menu,
    action: Action,
    label: &'static str,
    help: &'static str,
) -> Entry {
    Entry {
        action,
        label,
        help,
        menu,
        keys: None,
        also: None,
        begins_group: false,
    }
}

/// What the tooltip of an action says, with the reason where it cannot be done now.
pub(in crate::app) fn with_reason(help: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("{help}\n{reason}"),
        None => help.to_owned(),
    }
}

impl Entry {
    pub(super) const fn on(self, modifiers: Modifiers, key: Key) -> Self {
        Self {
            keys: Some(KeyboardShortcut::new(modifiers, key)),
            ..self
        }
    }

    pub(super) const fn key(self, key: Key) -> Self {
        self.on(Modifiers::NONE, key)
    }

    pub(super) const fn ctrl(self, key: Key) -> Self {
        self.on(Modifiers::COMMAND, key)
    }

    pub(super) const fn ctrl_shift(self, key: Key) -> Self {
        self.on(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
    }

    pub(super) const fn shift(self, key: Key) -> Self {
        self.on(Modifiers::SHIFT, key)
    }

    pub(super) const fn alt(self, key: Key) -> Self {
        self.on(Modifiers::ALT, key)
    }

    pub(super) const fn or(self, modifiers: Modifiers, key: Key) -> Self {
        Self {
            also: Some(KeyboardShortcut::new(modifiers, key)),
            ..self
        }
    }

    pub(super) const fn group(self) -> Self {
        Self {
            begins_group: true,
            ..self
        }
    }

    /// The help, with the keys behind it: what a tooltip says.
    #[must_use]
    pub fn tooltip(&self, ctx: &Context) -> String {
        match &self.keys {
            Some(keys) => format!("{} ({})", self.help, written(ctx, keys)),
            None => self.help.to_owned(),
        }
    }
}
