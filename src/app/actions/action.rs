//! What can be done, and in which menu it stands.

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
    /// Write the plots of the inspector as a picture.
    ExportPlots,
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
    /// Open the menu of the focused row.
    RowMenu,
    /// Move the focused row up.
    MoveUp,
    /// Move the focused row down.
    MoveDown,
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
    /// Let the selection begin at the playhead.
    SelectFrom,
    /// Let the selection end at the playhead.
    SelectTo,
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
    /// Show fewer frequencies.
    FrequencyIn,
    /// Show more frequencies.
    FrequencyOut,
    /// Show higher frequencies.
    PanUp,
    /// Show lower frequencies.
    PanDown,
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
