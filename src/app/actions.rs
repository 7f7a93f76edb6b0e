//! Everything that the user can do by name: the one table that feeds menus, shortcuts, tooltips,
//! the command palette and the tests.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

/// Something that the user can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Choose a recording or a project.
    Open,
    /// Open the demo recording.
    OpenDemo,
    /// Save the project where it was.
    Save,
    /// Save the project in another file.
    SaveAs,
    /// Write stems.
    Export,
    /// Write the spectrogram as a picture.
    ExportPicture,
    /// Write templates and activations as tables.
    ExportFactors,
    /// Close the window.
    Quit,
    /// Take back the last edit.
    Undo,
    /// Make the last edit that was taken back again.
    Redo,
    /// Select all atoms.
    SelectAll,
    /// Select nothing.
    SelectNone,
    /// Give the focused row another name.
    Rename,
    /// Join the selected sources.
    Merge,
    /// Make a source of the selected atoms.
    SplitOff,
    /// Mute or unmute the focused row.
    MuteRow,
    /// Solo or unsolo the focused row.
    SoloRow,
    /// Solo only the focused row.
    SoloRowOnly,
    /// Clear all solos.
    ClearSolos,
    /// Solo or unsolo the source of this number, from 1 on.
    SoloSource(u8),
    /// Order the sources by pitch.
    SortByPitch,
    /// Order the sources by energy.
    SortByEnergy,
    /// Order the sources by when they set in.
    SortByOnset,
    /// Order the sources by how percussive they are.
    SortByPercussiveness,
    /// Unfold or fold all sources.
    UnfoldAll,
    /// Take the recording apart.
    Separate,
    /// Take the selection apart, as a trial.
    TrySelection,
    /// Run on from the factors.
    KeepGoing,
    /// Stop the factorization and keep what it has found.
    StopAndKeep,
    /// Stop the work in progress and drop it.
    Cancel,
    /// Choose another seed.
    AnotherSeed,
    /// Play, or pause.
    PlayPause,
    /// Stop, and go back to where play began.
    Stop,
    /// Go to the start.
    ToStart,
    /// Loop the selection or the whole recording.
    ToggleLoop,
    /// Hear the original instead of the mix.
    ToggleOriginal,
    /// Step back.
    StepBack,
    /// Step forward.
    StepForward,
    /// Show more detail in time.
    ZoomIn,
    /// Show less detail in time.
    ZoomOut,
    /// Show the whole recording.
    ZoomFit,
    /// Show the selection.
    ZoomSelection,
    /// Show what comes before.
    PanLeft,
    /// Show what comes after.
    PanRight,
    /// Colour the picture by level.
    ShowMagnitude,
    /// Colour the picture by source.
    ShowBySource,
    /// Change between logarithmic and linear frequency.
    ToggleFrequencyScale,
    /// Show or hide the inspector.
    ToggleInspector,
    /// Show or hide the settings.
    ToggleSettings,
    /// Change between dark and light.
    ToggleTheme,
    /// Show or hide the diagnostics.
    ToggleDiagnostics,
    /// Find an action by name.
    Palette,
    /// Show all shortcuts.
    Help,
    /// Say what this program is.
    About,
}

/// The menus, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// Recordings, projects, results.
    File,
    /// Edits of the project.
    Edit,
    /// What is shown.
    View,
    /// The work, and what is heard.
    Separation,
    /// Playing.
    Play,
    /// Help.
    Help,
}

impl Menu {
    /// All menus.
    pub const ALL: [Self; 6] = [
        Self::File,
        Self::Edit,
        Self::View,
        Self::Separation,
        Self::Play,
        Self::Help,
    ];

    /// What the menu bar says.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Edit => "Edit",
            Self::View => "View",
            Self::Separation => "Separation",
            Self::Play => "Play",
            Self::Help => "Help",
        }
    }
}

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
    /// Whether a line is drawn above it in the menu.
    pub begins_group: bool,
}

const fn entry(menu: Menu, action: Action, label: &'static str, help: &'static str) -> Entry {
    Entry {
        action,
        label,
        help,
        menu,
        keys: None,
        begins_group: false,
    }
}

impl Entry {
    const fn on(self, modifiers: Modifiers, key: Key) -> Self {
        Self {
            keys: Some(KeyboardShortcut::new(modifiers, key)),
            ..self
        }
    }

    const fn key(self, key: Key) -> Self {
        self.on(Modifiers::NONE, key)
    }

    const fn ctrl(self, key: Key) -> Self {
        self.on(Modifiers::COMMAND, key)
    }

    const fn ctrl_shift(self, key: Key) -> Self {
        self.on(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
    }

    const fn shift(self, key: Key) -> Self {
        self.on(Modifiers::SHIFT, key)
    }

    const fn group(self) -> Self {
        Self {
            begins_group: true,
            ..self
        }
    }

    /// The help, with the keys behind it: what a tooltip says.
    #[must_use]
    pub fn tooltip(&self, ctx: &Context) -> String {
        match &self.keys {
            Some(keys) => format!("{} ({})", self.help, ctx.format_shortcut(keys)),
            None => self.help.to_owned(),
        }
    }
}

/// The table.
pub const ENTRIES: &[Entry] = &{
    use Action as A;
    use Menu as M;
    [
        entry(M::File, A::Open, "Open…", "Open a recording or a project").ctrl(Key::O),
        entry(
            M::File,
            A::OpenDemo,
            "Open the demo",
            "Open the demo recording",
        ),
        entry(M::File, A::Save, "Save", "Save the project")
            .ctrl(Key::S)
            .group(),
        entry(
            M::File,
            A::SaveAs,
            "Save as…",
            "Save the project in another file",
        )
        .ctrl_shift(Key::S),
        entry(
            M::File,
            A::Export,
            "Export stems…",
            "Write stems as WAV files",
        )
        .ctrl(Key::E)
        .group(),
        entry(
            M::File,
            A::ExportPicture,
            "Export picture…",
            "Write the spectrogram as a PNG picture",
        )
        .ctrl_shift(Key::P),
        entry(
            M::File,
            A::ExportFactors,
            "Export W and H…",
            "Write templates and activations as .npy or .csv",
        ),
        entry(M::File, A::Quit, "Quit", "Close Partita")
            .ctrl(Key::Q)
            .group(),
        entry(M::Edit, A::Undo, "Undo", "Take back the last edit").ctrl(Key::Z),
        entry(
            M::Edit,
            A::Redo,
            "Redo",
            "Make the edit that was taken back again",
        )
        .ctrl_shift(Key::Z),
        entry(
            M::Edit,
            A::Rename,
            "Rename",
            "Give the focused row another name",
        )
        .key(Key::F2)
        .group(),
        entry(
            M::Edit,
            A::Merge,
            "Merge sources",
            "Make one source of the selected ones",
        )
        .ctrl(Key::J),
        entry(
            M::Edit,
            A::SplitOff,
            "Split off",
            "Make a new source of the selected atoms",
        )
        .ctrl(Key::D),
        entry(
            M::Edit,
            A::SelectAll,
            "Select all atoms",
            "Select all atoms",
        )
        .ctrl(Key::A)
        .group(),
        entry(
            M::Edit,
            A::SelectNone,
            "Select nothing",
            "Clear the selections",
        )
        .key(Key::Escape),
        entry(
            M::Edit,
            A::SortByPitch,
            "Sort by pitch",
            "Order the sources from low to high",
        )
        .group(),
        entry(
            M::Edit,
            A::SortByEnergy,
            "Sort by energy",
            "Order the sources from loud to soft",
        ),
        entry(
            M::Edit,
            A::SortByOnset,
            "Sort by onset",
            "Order the sources by when they set in",
        ),
        entry(
            M::Edit,
            A::SortByPercussiveness,
            "Sort by percussiveness",
            "Order the sources from sharp attacks to long tones",
        ),
        entry(M::View, A::ZoomIn, "Zoom in", "Show more detail in time").key(Key::Plus),
        entry(M::View, A::ZoomOut, "Zoom out", "Show less detail in time").key(Key::Minus),
        entry(M::View, A::ZoomFit, "Fit", "Show the whole recording").key(Key::F),
        entry(
            M::View,
            A::ZoomSelection,
            "Zoom to selection",
            "Show what is selected",
        )
        .key(Key::Z),
        entry(M::View, A::PanLeft, "Pan left", "Show what comes before").shift(Key::ArrowLeft),
        entry(M::View, A::PanRight, "Pan right", "Show what comes after").shift(Key::ArrowRight),
        entry(
            M::View,
            A::ShowMagnitude,
            "Magnitude",
            "Colour the picture by level",
        )
        .ctrl(Key::Num1)
        .group(),
        entry(
            M::View,
            A::ShowBySource,
            "By source",
            "Colour the picture by the source that is strongest",
        )
        .ctrl(Key::Num2),
        entry(
            M::View,
            A::ToggleFrequencyScale,
            "Logarithmic frequency",
            "Change between logarithmic and linear frequency",
        )
        .ctrl(Key::L),
        entry(
            M::View,
            A::UnfoldAll,
            "Unfold sources",
            "Show or hide the atoms of all sources",
        )
        .ctrl(Key::U)
        .group(),
        entry(
            M::View,
            A::ToggleInspector,
            "Inspector",
            "Show or hide the inspector below",
        )
        .ctrl(Key::I),
        entry(
            M::View,
            A::ToggleSettings,
            "Settings",
            "Show or hide the settings on the right",
        )
        .ctrl(Key::B),
        entry(
            M::View,
            A::ToggleTheme,
            "Light theme",
            "Change between dark and light",
        )
        .ctrl(Key::T)
        .group(),
        entry(
            M::View,
            A::ToggleDiagnostics,
            "Diagnostics",
            "Show frame times, dropouts and latency",
        )
        .key(Key::F12),
        entry(
            M::Separation,
            A::Separate,
            "Separate",
            "Take the recording apart",
        )
        .ctrl(Key::Enter),
        entry(
            M::Separation,
            A::TrySelection,
            "Try selection",
            "Take only the selection apart, to see how it goes",
        ),
        entry(
            M::Separation,
            A::KeepGoing,
            "Keep going",
            "Run on from the factors that were found",
        ),
        entry(
            M::Separation,
            A::StopAndKeep,
            "Stop here and keep",
            "Stop the factorization and keep what it has found",
        )
        .ctrl(Key::Period),
        entry(
            M::Separation,
            A::Cancel,
            "Cancel",
            "Stop the work in progress and go back to what was before",
        ),
        entry(
            M::Separation,
            A::AnotherSeed,
            "Another seed",
            "Start from other random values the next time",
        ),
        entry(M::Separation, A::MuteRow, "Mute", "Silence the focused row")
            .key(Key::M)
            .group(),
        entry(
            M::Separation,
            A::SoloRow,
            "Solo",
            "Hear the focused row, and other soloed ones, alone",
        )
        .key(Key::S),
        entry(
            M::Separation,
            A::SoloRowOnly,
            "Solo only this",
            "Hear nothing but the focused row",
        )
        .shift(Key::S),
        entry(
            M::Separation,
            A::ClearSolos,
            "Clear solos",
            "Hear all sources again",
        )
        .key(Key::Num0),
        entry(
            M::Separation,
            A::SoloSource(1),
            "Solo source 1",
            "Solo or unsolo the first source",
        )
        .key(Key::Num1),
        entry(
            M::Separation,
            A::SoloSource(2),
            "Solo source 2",
            "Solo or unsolo the second source",
        )
        .key(Key::Num2),
        entry(
            M::Separation,
            A::SoloSource(3),
            "Solo source 3",
            "Solo or unsolo the third source",
        )
        .key(Key::Num3),
        entry(
            M::Separation,
            A::SoloSource(4),
            "Solo source 4",
            "Solo or unsolo the fourth source",
        )
        .key(Key::Num4),
        entry(
            M::Separation,
            A::SoloSource(5),
            "Solo source 5",
            "Solo or unsolo the fifth source",
        )
        .key(Key::Num5),
        entry(
            M::Separation,
            A::SoloSource(6),
            "Solo source 6",
            "Solo or unsolo the sixth source",
        )
        .key(Key::Num6),
        entry(
            M::Separation,
            A::SoloSource(7),
            "Solo source 7",
            "Solo or unsolo the seventh source",
        )
        .key(Key::Num7),
        entry(
            M::Separation,
            A::SoloSource(8),
            "Solo source 8",
            "Solo or unsolo the eighth source",
        )
        .key(Key::Num8),
        entry(
            M::Separation,
            A::SoloSource(9),
            "Solo source 9",
            "Solo or unsolo the ninth source",
        )
        .key(Key::Num9),
        entry(M::Play, A::PlayPause, "Play or pause", "Play, or pause").key(Key::Space),
        entry(
            M::Play,
            A::Stop,
            "Stop",
            "Stop, and go back to where play began",
        )
        .shift(Key::Space),
        entry(M::Play, A::ToStart, "Back to start", "Go to the start").key(Key::Home),
        entry(M::Play, A::StepBack, "Step back", "Go back one second").key(Key::Comma),
        entry(M::Play, A::StepForward, "Step forward", "Go on one second").key(Key::Period),
        entry(
            M::Play,
            A::ToggleLoop,
            "Loop",
            "Play the selection, or all, again and again",
        )
        .key(Key::L)
        .group(),
        entry(
            M::Play,
            A::ToggleOriginal,
            "Original",
            "Hear the recording as it was instead of the mix",
        )
        .key(Key::O),
        entry(
            M::Help,
            A::Palette,
            "Find a command…",
            "Find anything that Partita can do by its name",
        )
        .ctrl(Key::K),
        entry(M::Help, A::Help, "Shortcuts", "Show all shortcuts").key(Key::F1),
        entry(
            M::Help,
            A::About,
            "About Partita",
            "Version, licences and how it works",
        ),
    ]
};

/// The line of an action.
#[must_use]
pub fn entry_of(action: Action) -> &'static Entry {
    ENTRIES
        .iter()
        .find(|entry| entry.action == action)
        .unwrap_or(&ENTRIES[0])
}

/// The action whose keys were pressed, if any; consumes them. The more modifiers a shortcut has,
/// the earlier it is asked, as Ctrl+Z is pressed within Ctrl+Shift+Z.
pub(super) fn pressed(ctx: &Context) -> Option<Action> {
    let mut keyed: Vec<(usize, Action, KeyboardShortcut)> = ENTRIES
        .iter()
        .filter_map(|entry| entry.keys.map(|keys| (entry.action, keys)))
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

#[cfg(test)]
mod tests {
    use super::*;
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
            if let Some(shortcut) = entry.keys {
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
                modifiers,
                ..Default::default()
            };
            let mut action = None;
            let _ = ctx.run_ui(input, |ui| action = action.or(pressed(ui.ctx())));
            action
        };
        let ctrl = Modifiers::COMMAND | Modifiers::CTRL;
        assert_eq!(press(ctrl, Key::Z), Some(Action::Undo));
        assert_eq!(press(ctrl | Modifiers::SHIFT, Key::Z), Some(Action::Redo));
        assert_eq!(press(Modifiers::NONE, Key::Z), Some(Action::ZoomSelection));
        assert_eq!(press(Modifiers::NONE, Key::Space), Some(Action::PlayPause));
    }
}
