//! What can be done now, and what is switched on.

use super::Window;
use crate::app::actions::Action;
use crate::app::axes::FrequencyScale;
use crate::app::jobs::Separating;
use crate::app::picture::Show;
use crate::app::views::sources::{Way, carried};
use crate::project::{Row, SeparationData};
use crate::separation::{Model, Stage, chosen_model};

impl Window {
    /// Whether an action can be done now.
    #[must_use]
    pub fn is_enabled(&self, action: Action) -> bool {
        let project = self.project();
        let open = self.samples.is_some();
        let idle = self.work.separating.is_none();
        let separated = project.separation().is_some();
        // While others are found, the rows of the project are not shown.
        let rows = !self.shows_new_rows();
        let row = rows
            && self.view.focused.is_some_and(|row| match row {
                Row::Source(id) => project.source(id).is_some(),
                Row::Atom(k) => k < project.atoms().len(),
            });
        let live = &self.view.live_mix;
        match action {
            Action::Undo => idle && self.history.undo_name().is_some(),
            Action::Redo => idle && self.history.redo_name().is_some(),
            Action::Save | Action::SaveAs => project.recording().is_some() && !self.keeper.saves(),
            Action::Export => separated && open && idle && !self.work.exports.any(),
            Action::ExportFactors => separated && !self.work.exports.any(),
            Action::ExportPlots => separated && !self.work.exports.any(),
            Action::ExportPicture => open && !self.work.exports.any(),
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
            | Action::SelectTo => open,
            Action::ZoomSelection => open && self.view.selection.is_some(),
            Action::Separate | Action::AnotherSeed => open && idle,
            Action::TrySelection | Action::KeepGoing => {
                open && idle && self.why_not(action).is_none()
            }
            Action::StopAndKeep => !idle && self.why_not(action).is_none(),
            Action::Cancel => {
                !idle || self.work.opening.is_some() || self.work.exports.stems.is_some()
            }
            Action::MoveUp => row && carried(project, &self.view, Way::Up).is_some(),
            Action::MoveDown => row && carried(project, &self.view, Way::Down).is_some(),
            Action::Rename | Action::RowMenu => row,
            Action::MuteRow | Action::SoloRow | Action::SoloRowOnly => {
                row || (!rows && live.focused.is_some())
            }
            Action::ClearSolos if rows => project.any_solo(),
            Action::ClearSolos => live.any_solo(),
            Action::SoloSource(n) if rows => project.sources().len() >= usize::from(n),
            Action::SoloSource(n) => live.atoms() >= usize::from(n),
            Action::Merge => rows && self.selected_sources().len() > 1,
            Action::SplitOff => {
                let all_of_one = |source: &crate::project::Source| {
                    source.members.len() == self.view.selected.len()
                        && source
                            .members
                            .iter()
                            .all(|k| self.view.selected.contains(k))
                };
                rows && !self.view.selected.is_empty() && !project.sources().iter().any(all_of_one)
            }
            Action::SelectAll | Action::UnfoldAll => rows && separated,
            Action::SortByPitch
            | Action::SortByEnergy
            | Action::SortByOnset
            | Action::SortByPercussiveness => rows && project.atoms().len() > 1,
            Action::ShowBySource => separated || !idle,
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
            | Action::About => true,
        }
    }

    /// Why an action cannot be done now where that is not plain to see.
    pub(super) fn why_not(&self, action: Action) -> Option<&'static str> {
        let project = self.project();
        let data = project.separation();
        let has_learnt = |job: &Separating| job.live.stage() == Some(Stage::Whole);
        Some(match action {
            Action::TrySelection if self.view.selection.is_none() => {
                "Nothing is selected: drag over the picture first"
            }
            Action::KeepGoing if data.is_none() => "Nothing has been separated yet",
            Action::KeepGoing if data.is_some_and(|data| data.stft != project.settings().stft) => {
                "FFT, hop or window have been changed since the separation"
            }
            Action::KeepGoing if data.is_some_and(|data| self.goes_by_blocks(data)) => {
                "What was taken apart is too long to be held in memory as a whole"
            }
            Action::StopAndKeep if self.work.separating.as_ref().is_some_and(has_learnt) => {
                "The atoms have been learnt; now the whole recording is gone through with them, which \
                 has no result before its end"
            }
            _ => return None,
        })
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
