//! Carrying out what the views ask for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui;

use super::Window;
use super::leaving::{Leave, Leaving};
use super::window::{Dialog, Then};
use crate::app::actions::Action;
use crate::app::axes::FrequencyScale;
use crate::app::jobs::Pick;
use crate::app::picture::Show;
use crate::app::request::Request;
use crate::app::view::AskedOfList;
use crate::app::views::dialogs::{
    Answer, Choice, Palette, Step, about, confirm, export, help, palette, path_entry,
};
use crate::app::views::sources::{
    Way, begin_renaming, carried, follow_edit, selected_atoms, selected_sources,
};
use crate::app::views::toasts::Weight;
use crate::nmf::Init;
use crate::project::{DragId, Edit, ExportRequest, Row, SortKey, SourceId};

/// How far a step goes, in seconds.
const STEP: f64 = 1.0;
/// How far panning goes, as a share of what is shown.
const PAN: f64 = 0.25;

impl Window {
    pub(super) fn carry_out(&mut self, ctx: &egui::Context, request: Request) {
        match request {
            Request::Act(action) if self.is_enabled(action) => self.act_now(ctx, action),
            Request::Act(_) => {}
            Request::Edit(edit) => self.edit(&edit, None),
            Request::Drag(edit, drag) => self.edit(&edit, Some(drag)),
            Request::OpenPath(path) => self.leave(Leave::Open(path)),
            Request::Seek(seconds) => self.seek(seconds),
            Request::Original(on) => self.player.set_original(on),
            Request::Master(gain) => self.player.set_master(gain),
            Request::Device(name) => {
                self.device.clone_from(&name);
                self.player.set_device(name);
            }
            Request::ListDevices => self.player.refresh_devices(),
            Request::ClearClip => self.player.clear_clip(),
        }
    }

    /// Makes an edit, and says why where it cannot be made.
    pub(super) fn edit(&mut self, edit: &Edit, drag: Option<DragId>) {
        match self.history.record(edit, drag) {
            Ok(true) => {
                let project = Arc::clone(self.project());
                follow_edit(&project, &mut self.view, edit);
                self.edited();
            }
            Ok(false) => {}
            Err(error) => self.toasts.say(Weight::Error, error.to_string()),
        }
    }

    fn act_now(&mut self, ctx: &egui::Context, action: Action) {
        match action {
            Action::Open => self.pick(Pick::Open),
            Action::OpenDemo => self.open_demo(),
            Action::Save => self.save(),
            Action::SaveAs => self.save_as(),
            Action::Export => self.ask_export(),
            Action::ExportPicture => self.ask_picture(),
            Action::ExportPlots => self.ask_plots(),
            Action::ExportFactors => self.ask_factors(),
            Action::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            Action::Undo => {
                self.history.undo();
                self.edited();
            }
            Action::Redo => {
                self.history.redo();
                self.edited();
            }
            Action::SelectAll => self.view.selected = (0..self.project().atoms().len()).collect(),
            Action::SelectNone => {
                self.view.selected.clear();
                self.view.selection = None;
            }
            Action::Separate | Action::TrySelection | Action::KeepGoing => self.separate(action),
            Action::StopAndKeep => {
                if let Some(separating) = &self.work.separating {
                    separating.stop_and_keep();
                }
            }
            Action::Cancel => self.cancel(),
            Action::Palette => self.dialog = Some(Dialog::Palette(Palette::default())),
            Action::Help => self.dialog = Some(Dialog::Help),
            Action::About => self.dialog = Some(Dialog::About),
            _ => {
                self.act_on_rows(action);
                self.act_on_view(ctx, action);
                self.act_on_play(action);
            }
        }
    }

    /// Does what keys ask for of atoms that are being found. Returns whether it was about them.
    fn act_on_live(&mut self, action: Action) -> bool {
        if !self.shows_new_rows() {
            return false;
        }
        let mix = &mut self.view.live_mix;
        match (action, mix.focused) {
            (Action::MuteRow, Some(atom)) => mix.toggle_mute(atom),
            (Action::SoloRow, Some(atom)) => mix.toggle_solo(atom),
            (Action::SoloRowOnly, Some(atom)) => mix.solo_only(atom),
            (Action::ClearSolos, _) => mix.clear_solos(),
            (Action::SoloSource(n), _) => mix.toggle_solo(usize::from(n).saturating_sub(1)),
            _ => return false,
        }
        true
    }

    fn act_on_rows(&mut self, action: Action) {
        if self.act_on_live(action) {
            return;
        }
        let project = self.project();
        let solo_of = |row: Row| match row {
            Row::Source(id) => project.source(id).is_some_and(|source| source.solo),
            Row::Atom(k) => project.atoms().get(k).is_some_and(|atom| atom.solo),
        };
        let focused = self.view.focused;
        let edit = match action {
            Action::MuteRow => focused.map(|row| Edit::SetMute {
                row,
                on: !project.is_muted(row),
            }),
            Action::SoloRow => focused.map(|row| Edit::SetSolo {
                row,
                on: !solo_of(row),
            }),
            Action::SoloRowOnly => focused.map(Edit::SoloExclusive),
            Action::ClearSolos => Some(Edit::ClearSolos),
            Action::SoloSource(n) => {
                let source = project.sources().get(usize::from(n).wrapping_sub(1));
                source.map(|source| Edit::SetSolo {
                    row: Row::Source(source.id),
                    on: !source.solo,
                })
            }
            Action::Merge => Some(Edit::MergeSources(self.selected_sources())),
            Action::SplitOff => Some(Edit::SplitOff {
                atoms: selected_atoms(project, &self.view),
            }),
            Action::SortByPitch => Some(Edit::Sort(SortKey::Pitch)),
            Action::SortByEnergy => Some(Edit::Sort(SortKey::Energy)),
            Action::SortByOnset => Some(Edit::Sort(SortKey::Onset)),
            Action::SortByPercussiveness => Some(Edit::Sort(SortKey::Percussiveness)),
            Action::AnotherSeed => {
                let mut settings = project.settings().clone();
                settings.nmf.seed = settings.nmf.seed.wrapping_add(1);
                // Another seed makes another start only where there is chance in it.
                settings.nmf.init = Init::Random;
                Some(Edit::SetSettings(settings))
            }
            _ => None,
        };
        if let Some(edit) = edit {
            self.edit(&edit, None);
        }
        match action {
            Action::Rename => {
                let project = Arc::clone(self.project());
                begin_renaming(&self.ctx, &project, &mut self.view);
            }
            Action::RowMenu => self.view.asked = Some(AskedOfList::Menu),
            Action::MoveUp => self.carry_row(Way::Up),
            Action::MoveDown => self.carry_row(Way::Down),
            _ => {}
        }
    }

    fn carry_row(&mut self, way: Way) {
        if let Some(edit) = carried(self.project(), &self.view, way) {
            self.edit(&edit, None);
        }
        self.view.asked = Some(AskedOfList::Show);
    }

    fn act_on_view(&mut self, ctx: &egui::Context, action: Action) {
        let playhead = self.position();
        let view = &mut self.view;
        match action {
            Action::ZoomIn => view.time = view.time.zoom_in(Some(playhead)),
            Action::ZoomOut => view.time = view.time.zoom_out(Some(playhead)),
            Action::ZoomFit => {
                view.time = view.time.fit();
                view.frequency = view.frequency.fit();
            }
            Action::ZoomSelection => {
                if let Some(part) = &view.selection {
                    view.time = view.time.show(part);
                }
            }
            Action::FrequencyIn => view.frequency = view.frequency.zoom_in(),
            Action::FrequencyOut => view.frequency = view.frequency.zoom_out(),
            Action::PanUp => view.frequency = view.frequency.pan(PAN),
            Action::PanDown => view.frequency = view.frequency.pan(-PAN),
            Action::PanLeft => view.time = view.time.pan(-PAN * view.time.span()),
            Action::PanRight => view.time = view.time.pan(PAN * view.time.span()),
            Action::ShowMagnitude => view.show = Show::Magnitude,
            Action::ShowBySource => view.show = Show::BySource,
            Action::ToggleFrequencyScale => {
                view.frequency = view.frequency.on(match view.frequency.scale() {
                    FrequencyScale::Log => FrequencyScale::Linear,
                    FrequencyScale::Linear => FrequencyScale::Log,
                });
            }
            Action::UnfoldAll => self.unfold_all(),
            Action::ToggleInspector => view.inspector = !view.inspector,
            Action::ToggleSettings => view.settings = !view.settings,
            Action::ToggleDiagnostics => view.diagnostics = !view.diagnostics,
            Action::ToggleTheme => ctx.set_theme(match ctx.theme() {
                egui::Theme::Dark => egui::Theme::Light,
                egui::Theme::Light => egui::Theme::Dark,
            }),
            _ => {}
        }
    }

    fn act_on_play(&mut self, action: Action) {
        let position = self.position();
        match action {
            Action::PlayPause if self.player.state().playing => self.player.pause(),
            Action::PlayPause => self.play(),
            Action::Stop => self.player.stop(),
            Action::ToStart => self.seek(0.0),
            Action::StepBack => self.seek(position - STEP),
            Action::StepForward => self.seek(position + STEP),
            Action::SelectFrom => self.select(position, None),
            Action::SelectTo => self.select(position, Some(position)),
            Action::ToggleLoop => self.view.looping = !self.view.looping,
            Action::ToggleOriginal => {
                let on = self.player.state().original;
                self.player.set_original(!on);
            }
            _ => {}
        }
    }

    /// Moves one side of the selection to a place: its end, or otherwise its start. A side that
    /// would be beyond the other one takes that to the end, or start, of the recording.
    fn select(&mut self, position: f64, end: Option<f64>) {
        let last = self.duration();
        let (from, to) = match &self.view.selection {
            Some(part) => (part.start, part.end),
            None => (0.0, last),
        };
        let part = match end {
            Some(end) => (if from < end { from } else { 0.0 })..end,
            None => position..(if to > position { to } else { last }),
        };
        self.view.selection = (part.end > part.start).then_some(part);
    }

    fn unfold_all(&mut self) {
        let all: Vec<SourceId> = self
            .project()
            .sources()
            .iter()
            .map(|source| source.id)
            .collect();
        let folded = all.iter().any(|id| !self.view.unfolded.contains(id));
        self.view.unfolded.clear();
        if folded {
            self.view.unfolded.extend(all);
        }
    }

    /// The place that is heard, in seconds.
    pub(super) fn position(&self) -> f64 {
        self.player.state().position as f64 / f64::from(self.rate())
    }

    pub(super) fn seek(&mut self, seconds: f64) {
        let last = self.samples.as_ref().map_or(0, |samples| samples.frames());
        let sample = (seconds.max(0.0) * f64::from(self.rate())).round() as usize;
        self.player.seek(sample.min(last));
        self.view.time = self.view.time.follow(seconds.max(0.0));
    }

    /// The sources that the selected atoms are in, and the focused one.
    pub(super) fn selected_sources(&self) -> Vec<SourceId> {
        let project = self.project();
        let mut sources = selected_sources(project, &self.view);
        if let Some(Row::Source(id)) = self.view.focused
            && project.source(id).is_some()
            && !sources.contains(&id)
        {
            sources.push(id);
        }
        sources
    }

    pub(super) fn dropped(&mut self, ctx: &egui::Context, out: &mut Vec<Request>) {
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        if dropped.len() > 1 {
            self.toasts.say(
                Weight::Warning,
                "One recording at a time: the first of the files was opened",
            );
        }
        if let Some(file) = dropped.first() {
            out.push(Request::OpenPath(file.path().to_owned()));
        }
    }

    pub(super) fn dialogs(&mut self, ctx: &egui::Context) {
        let Some(dialog) = self.dialog.take() else {
            return;
        };
        // What had the keyboard is under the dialog now, and Enter is meant for the dialog.
        if ctx.memory(|memory| memory.top_modal_layer().is_none()) {
            ctx.memory_mut(egui::Memory::stop_text_input);
        }
        let stays = self.show_dialog(ctx, dialog);
        if self.dialog.is_none() {
            self.dialog = stays;
        }
    }

    /// Draws a dialog. Returns it unless it is done.
    fn show_dialog(&mut self, ctx: &egui::Context, mut dialog: Dialog) -> Option<Dialog> {
        match &mut dialog {
            Dialog::Confirm(question, _) => {
                let Some(answer) = confirm(ctx, question) else {
                    return Some(dialog);
                };
                if let Dialog::Confirm(_, then) = dialog {
                    self.answered(ctx, answer, then);
                }
                return None;
            }
            Dialog::Palette(state) => match palette(ctx, state, &|action| self.why_not(action)) {
                Choice::Open => return Some(dialog),
                Choice::Close => {}
                Choice::Act(action) => self.carry_out(ctx, Request::Act(action)),
            },
            Dialog::Path(entry) => match path_entry(ctx, entry) {
                None => return Some(dialog),
                Some(path) => self.entered(path),
            },
            Dialog::Export(form) => match export(ctx, self.history.project(), form) {
                Step::Stay => return Some(dialog),
                Step::Close => {}
                Step::Folder => {
                    let folder = form.request.folder.parent().map(PathBuf::from);
                    self.pick(Pick::Folder { folder });
                    return Some(dialog);
                }
                Step::Begin => self.begin_export(form.request.clone()),
            },
            Dialog::Help if help(ctx) => {}
            Dialog::About if about(ctx) => {}
            Dialog::Help | Dialog::About => return Some(dialog),
        }
        None
    }

    fn answered(&mut self, ctx: &egui::Context, answer: Answer, then: Then) {
        match (answer, then) {
            (Answer::Yes, Then::Replace(request)) => self.begin_export(ExportRequest {
                overwrite: true,
                ..request
            }),
            (Answer::Yes, Then::Locate(opened, path)) => self.ask_recording(opened, path),
            (Answer::Yes, Then::Write(pick, path)) => self.picked(ctx, pick, path),
            (Answer::Yes, Then::ReplaceFactors(path)) => self.export_factors(path, true),
            (Answer::Yes, Then::Recover) => self.recover(),
            (Answer::Other, Then::Recover) => {
                self.discard_recovery();
                self.unsaved.stop_looking();
                self.open_given();
            }
            (Answer::Cancel, Then::Recover) => {
                // The next start asks again.
                self.unsaved.stop_looking();
                self.open_given();
            }
            (Answer::Cancel, Then::Locate(..)) => self.unsaved.recovering = None,
            (Answer::Cancel, Then::Replace(request)) => self.ask_export_again(request, None),
            (Answer::Cancel, Then::Write(..)) => self.work.after_saving = None,
            (Answer::Yes, Then::Save(leaving)) => self.save_and_leave(leaving),
            (Answer::Other, Then::Save(Leaving { to, .. }) | Then::Abandon(to)) => self.left(to),
            (Answer::Yes, Then::Abandon(_)) | (Answer::Other, _) => {}
            (Answer::Cancel, _) => {}
        }
    }
}

/// The name of a file for the user.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
