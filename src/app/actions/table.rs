//! The table.

use eframe::egui::{Key, Modifiers};

use super::entry::entry;
use super::{Action, Entry, Menu};

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
            A::ExportPlots,
            "Export plots…",
            "Write the plots of the inspector as a PNG or SVG picture",
        ),
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
        .ctrl_shift(Key::Z)
        .or(Modifiers::COMMAND, Key::Y),
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
            A::MoveUp,
            "Move up",
            "Move the focused source up, or the selected atoms, into the source above after the first",
        )
        .alt(Key::ArrowUp),
        entry(
            M::Edit,
            A::MoveDown,
            "Move down",
            "Move the focused source down, or the selected atoms, into the source below after the last",
        )
        .alt(Key::ArrowDown),
        entry(
            M::Edit,
            A::RowMenu,
            "Menu of the row",
            "Open the menu of the focused row: colour, move to another source, and more",
        )
        .shift(Key::F10)
        .or(Modifiers::NONE, Key::Menu),
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
            "Order the sources, and the atoms of each, from low to high",
        )
        .group(),
        entry(
            M::Edit,
            A::SortByEnergy,
            "Sort by energy",
            "Order the sources, and the atoms of each, from loud to soft",
        ),
        entry(
            M::Edit,
            A::SortByOnset,
            "Sort by onset",
            "Order the sources, and the atoms of each, by when they set in",
        ),
        entry(
            M::Edit,
            A::SortByPercussiveness,
            "Sort by percussiveness",
            "Order the sources, and the atoms of each, from sharp attacks to long tones",
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
        entry(
            M::View,
            A::FrequencyIn,
            "Zoom in on frequency",
            "Show fewer frequencies, larger",
        )
        .alt(Key::Plus),
        entry(
            M::View,
            A::FrequencyOut,
            "Zoom out of frequency",
            "Show more frequencies, smaller",
        )
        .alt(Key::Minus),
        entry(M::View, A::PanUp, "Pan up", "Show higher frequencies").key(Key::PageUp),
        entry(M::View, A::PanDown, "Pan down", "Show lower frequencies").key(Key::PageDown),
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
            A::SelectFrom,
            "Selection begins here",
            "Let the selection begin at the playhead",
        )
        .key(Key::OpenBracket)
        .group(),
        entry(
            M::Play,
            A::SelectTo,
            "Selection ends here",
            "Let the selection end at the playhead",
        )
        .key(Key::CloseBracket),
        entry(
            M::Play,
            A::ToggleLoop,
            "Loop",
            "Play the selection, or all, again and again",
        )
        .key(Key::L),
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
