//! What can be done now, and what is switched on.

use super::Window;
use crate::app::actions::Action;
use crate::app::axes::FrequencyScale;
use crate::app::picture::Show;
use crate::app::views::sources::{Way, carried};
use crate::project::{Row, SeparationData};
use crate::separation::{Model, Stage, chosen_model};

/// Reasons that several actions have.
const NOTHING_OPEN: &str = "Nothing is open: open a recording first";
const NOTHING_SEPARATED: &str = "Nothing has been separated yet: separate first";
const SEPARATING: &str = "A separation is running: stop it, or wait until it is done";
const EXPORTING: &str = "An export is running: wait until it is done";
const NO_ROW: &str = "No row of the list is focused: click one first";

impl Window {
    /// Whether an action can be done now.
    #[must_use]
    pub fn is_enabled(&self, action: Action) -> bool {
        self.why_not(action).is_none()
    }

    /// Why an action cannot be done now, and what to do about it; `None` where it can be done.
    pub(super) fn why_not(&self, action: Action) -> Option<&'static str> {
        let project = self.project();
        let unless = |holds: bool, why: &'static str| (!holds).then_some(why);
        let open = || unless(self.samples.is_some(), NOTHING_OPEN);
        let idle = || unless(self.work.separating.is_none(), SEPARATING);
        let separated = || unless(project.separation().is_some(), NOTHING_SEPARATED);
        let exports = || unless(!self.work.exports.any(), EXPORTING);
        // While others are found, the rows of the project are not shown.
        let rows = || unless(!self.shows_new_rows(), SEPARATING);
        let row = || rows().or(unless(self.has_focused_row(), NO_ROW));
        let live = &self.view.live_mix;
        match action {
            Action::Undo => idle().or(unless(
                self.history.undo_name().is_some(),
                "There is nothing to undo",
            )),
            Action::Redo => idle().or(unless(
                self.history.redo_name().is_some(),
                "There is nothing that was undone",
            )),
            Action::Save | Action::SaveAs => {
                let any = project.recording().is_some();
                unless(any, NOTHING_OPEN).or(unless(
                    !self.keeper.saves(),
                    "The project is being saved already",
                ))
            }
            Action::Export => open().or_else(separated).or_else(idle).or_else(exports),
            Action::ExportFactors | Action::ExportPlots => separated().or_else(exports),
            Action::ExportPicture => open().or_else(exports),
            Action::PlayPause
            | Action::Stop
            | Action::ToStart
            | Action::StepBack
            | Action::StepForward
            | Action::ToggleLoop
            | Action::ToggleOriginal
            | Action::ZoomIn
            | Action::ZoomOut
            | Action::ZoomFit
            | Action::PanLeft
            | Action::PanRight
            | Action::FrequencyIn
            | Action::FrequencyOut
            | Action::PanUp
            | Action::PanDown
            | Action::SelectFrom
            | Action::SelectTo => open(),
            Action::ZoomSelection => open().or_else(|| self.without_selection()),
            Action::Separate | Action::AnotherSeed => open().or_else(idle),
            Action::TrySelection => open().or_else(idle).or_else(|| self.without_selection()),
            Action::KeepGoing => open().or_else(idle).or_else(|| self.why_not_on()),
            Action::StopAndKeep => self.why_not_stop(),
            Action::Cancel => unless(
                self.work.separating.is_some()
                    || self.work.opening.is_some()
                    || self.work.exports.stems.is_some(),
                "Nothing is running",
            ),
            Action::MoveUp => row().or(unless(
                carried(project, &self.view, Way::Up).is_some(),
                "It is the first already",
            )),
            Action::MoveDown => row().or(unless(
                carried(project, &self.view, Way::Down).is_some(),
                "It is the last already",
            )),
            Action::Rename | Action::RowMenu => row(),
            Action::MuteRow | Action::SoloRow | Action::SoloRowOnly if self.shows_new_rows() => {
                unless(live.focused.is_some(), NO_ROW)
            }
            Action::MuteRow | Action::SoloRow | Action::SoloRowOnly => row(),
            Action::ClearSolos => {
                let any = match self.shows_new_rows() {
                    true => live.any_solo(),
                    false => project.any_solo(),
                };
                unless(any, "Nothing is soloed")
            }
            Action::SoloSource(n) => {
                let count = match self.shows_new_rows() {
                    true => live.atoms(),
                    false => project.sources().len(),
                };
                unless(count >= usize::from(n), "There is no source of this number")
            }
            Action::Merge => rows().or(unless(
                self.selected_sources().len() > 1,
                "Fewer than two sources are selected: Ctrl-click those to merge",
            )),
            Action::SplitOff => rows().or_else(|| self.why_not_split()),
            Action::SelectAll | Action::UnfoldAll => rows().or_else(separated),
            Action::SortByPitch
            | Action::SortByEnergy
            | Action::SortByOnset
            | Action::SortByPercussiveness => rows()
                .or_else(separated)
                .or(unless(project.atoms().len() > 1, "There is but one atom")),
            Action::ShowBySource => {
                unless(self.work.separating.is_some(), NOTHING_SEPARATED).and_then(|_| separated())
            }
            Action::Open
            | Action::OpenDemo
            | Action::Quit
            | Action::SelectNone
            | Action::ShowMagnitude
            | Action::ToggleFrequencyScale
            | Action::ToggleInspector
            | Action::ToggleSettings
            | Action::ToggleTheme
            | Action::ToggleDiagnostics
            | Action::Palette
            | Action::Help
            | Action::About => None,
        }
    }

    fn has_focused_row(&self) -> bool {
        let project = self.project();
        self.view.focused.is_some_and(|row| match row {
            Row::Source(id) => project.source(id).is_some(),
            Row::Atom(k) => k < project.atoms().len(),
        })
    }

    fn without_selection(&self) -> Option<&'static str> {
        let none = self.view.selection.is_none();
        none.then_some("Nothing is selected: drag over the picture first")
    }

    /// Why no more iterations can be made.
    fn why_not_on(&self) -> Option<&'static str> {
        let project = self.project();
        let Some(data) = project.separation() else {
            return Some(NOTHING_SEPARATED);
        };
        if data.stft != project.settings().stft {
            Some("FFT, hop or window have been changed since the separation")
        } else if self.goes_by_blocks(data) {
            Some("What was taken apart is too long to be held in memory as a whole")
        } else {
            None
        }
    }

    /// Why the separation cannot be stopped with a result.
    fn why_not_stop(&self) -> Option<&'static str> {
        let Some(job) = &self.work.separating else {
            return Some("No separation is running");
        };
        (job.live.stage() == Some(Stage::Whole)).then_some(
            "The atoms have been learnt; now the whole recording is gone through with them, which \
             has no result before its end",
        )
    }

    /// Why the selected atoms cannot become a source.
    fn why_not_split(&self) -> Option<&'static str> {
        let selected = &self.view.selected;
        let all_of_one = |source: &crate::project::Source| {
            source.members.len() == selected.len()
                && source.members.iter().all(|k| selected.contains(k))
        };
        if selected.is_empty() {
            Some("No atom is selected: unfold a source and click some of its atoms first")
        } else if self.project().sources().iter().any(all_of_one) {
            Some("The selected atoms are a source of their own already")
        } else {
            None
        }
    }

    /// Whether what was separated is too long to be held in memory with its spectrogram.
    fn goes_by_blocks(&self, data: &SeparationData) -> bool {
        let settings = self.project().settings();
        self.samples.as_ref().is_some_and(|samples| {
            chosen_model(data.span().len(), samples.channel_count(), settings) == Model::Online
        })
    }

    /// Whether an action that switches something has it switched on.
    pub(super) fn is_checked(&self, action: Action) -> bool {
        match action {
            Action::ShowMagnitude => self.view.show == Show::Magnitude,
            Action::ShowBySource => self.view.show == Show::BySource,
            Action::ToggleFrequencyScale => self.view.frequency.scale() == FrequencyScale::Log,
            Action::ToggleInspector => self.view.inspector,
            Action::ToggleSettings => self.view.settings,
            Action::ToggleDiagnostics => self.view.diagnostics,
            Action::ToggleTheme => self.ctx.theme() == eframe::egui::Theme::Light,
            Action::ToggleLoop => self.view.looping,
            Action::ToggleOriginal => self.player.state().original,
            _ => false,
        }
    }
}
