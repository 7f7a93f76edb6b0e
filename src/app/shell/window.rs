//! What the window holds.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui;

use super::Options;
use super::frames::Frames;
use super::keep::Keeper;
use super::leaving::{Leave, Leaving};
use super::remembered::Remembered;
use super::start::Failure;
use super::sync::Followed;
use super::unsaved::Unsaved;
use super::work::Work;
use crate::app::actions::{self, Action};
use crate::app::jobs::{FileDialogs, OpenedProject, Pick, Waker};
use crate::app::picture::Picture;
use crate::app::request::Request;
use crate::app::theme;
use crate::app::view::View;
use crate::app::views::dialogs::{Confirm, ExportForm, Palette, PathEntry};
use crate::app::views::toasts::Toasts;
use crate::app::views::transport::Meter;
use crate::app::views::{inspector, sources};
use crate::audio::AudioBuffer;
use crate::playback::{Player, PlayerSettings};
use crate::project::{Edit, ExportRequest, History, Project, RecentFiles};
use crate::separation::{Advice, SeparationSettings, SourceCount};

/// The window of Partita.
///
/// It is an [`eframe::App`]: [`run`](super::run) opens it, and tests drive it without a display.
pub struct Window {
    pub(super) ctx: egui::Context,
    pub(super) history: History,
    pub(super) view: View,
    /// Where the project is saved.
    pub(super) file: Option<PathBuf>,
    /// The samples of the recording that is open.
    pub(super) samples: Option<Arc<AudioBuffer>>,
    /// Which settings suit it, once that is known.
    pub(super) advice: Option<Advice>,
    pub(super) player: Player,
    pub(super) device: Option<String>,
    pub(super) meter: Meter,
    /// The picture of the recording that is open.
    pub(super) picture: Option<Picture>,
    pub(super) followed: Followed,
    pub(super) work: Work,
    pub(super) dialog: Option<Dialog>,
    pub(super) toasts: Toasts,
    /// Files that were open before, where there is a folder to keep them in.
    pub(super) recent: Option<RecentFiles>,
    /// Where stems were exported to last.
    pub(super) exported_to: Option<PathBuf>,
    /// What was asked for while a field was written in.
    after_field: Option<Action>,
    pub(super) keeper: Keeper,
    pub(super) unsaved: Unsaved,
    pub(super) caches: Caches,
    pub(super) files: Arc<dyn FileDialogs>,
    pub(super) frames: Frames,
    pub(super) options: Options,
    /// How the window looks, for the next time.
    pub(super) remembered: Remembered,
    pub(super) wake: Waker,
    /// What the system knows the window as.
    pub(super) entitled: String,
    /// Set when the user has agreed to lose what is not saved.
    pub(super) may_close: bool,
    /// Whether the window has been fitted to its screen.
    pub(super) fitted: bool,
    /// What went wrong as it closed.
    pub(super) failed: Failure,
}

/// What views keep from one frame to the next.
#[derive(Default)]
pub(super) struct Caches {
    pub sources: sources::Cache,
    pub inspector: inspector::Cache,
}

/// What is laid over the window.
pub(super) enum Dialog {
    Confirm(Confirm, Then),
    Palette(Palette),
    Path(PathEntry),
    Export(ExportForm),
    Help,
    About,
}

/// What a question is about, and so what follows an answer.
#[derive(Debug)]
pub(super) enum Then {
    /// Save the project and leave it.
    Save(Leaving),
    /// Leave the project although something is at work.
    Abandon(Leave),
    /// Write these files over those that exist.
    Replace(ExportRequest),
    /// Say where the recording of the project is.
    Locate(Box<OpenedProject>, PathBuf),
    /// Write a file over one that is there.
    Write(Pick, PathBuf),
    /// Write W and H over those that are there.
    ReplaceFactors(PathBuf),
    /// Go on with what a crash left behind.
    Recover,
}

impl Window {
    /// A window that is drawn by this context, with these file dialogs.
    #[must_use]
    pub fn new(ctx: &egui::Context, files: Arc<dyn FileDialogs>, options: Options) -> Self {
        theme::install(ctx);
        let repaint = ctx.clone();
        let wake: Waker = Arc::new(move || repaint.request_repaint());
        let notify = Arc::clone(&wake);
        let mut window = Self {
            ctx: ctx.clone(),
            history: History::new(fresh()),
            view: View::of(0.0, 44_100),
            file: None,
            samples: None,
            advice: None,
            player: Player::new(PlayerSettings::default(), move || notify()),
            device: None,
            meter: Meter::default(),
            picture: None,
            followed: Followed::default(),
            work: Work::default(),
            dialog: None,
            toasts: Toasts::default(),
            recent: None,
            exported_to: None,
            after_field: None,
            caches: Caches::default(),
            keeper: Keeper::default(),
            unsaved: Unsaved::new(options.state.as_deref(), &wake),
            files,
            frames: Frames::new(options.started, options.diagnostics.is_some()),
            wake,
            entitled: String::new(),
            may_close: false,
            fitted: false,
            failed: Failure::default(),
            options,
            remembered: Remembered::default(),
        };
        window.look_as_before();
        window.recall();
        if !window.unsaved.is_looking() {
            window.open_given();
        }
        window
    }

    /// The project as it is now.
    #[must_use]
    pub fn project(&self) -> &Arc<Project> {
        self.history.project()
    }

    /// Carries an action out, as a menu or a key does; what cannot be done now is left.
    pub fn act(&mut self, ctx: &egui::Context, action: Action) {
        if self.is_enabled(action) {
            self.carry_out(ctx, Request::Act(action));
        }
    }

    /// Whether the picture is complete, the recording looked at, and no message shown that goes by
    /// itself: for whoever takes pictures of the window.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let painted = self.picture.as_ref().is_none_or(Picture::is_settled);
        painted && self.work.advising.is_none() && !self.toasts.any_passing()
    }

    /// Whether it is not known yet if a crash has left unsaved work.
    #[must_use]
    pub fn is_looking(&self) -> bool {
        self.unsaved.is_looking()
    }

    /// Seconds of the recording.
    pub(super) fn duration(&self) -> f64 {
        self.samples
            .as_ref()
            .map_or(0.0, |samples| samples.duration())
    }

    /// Samples a second of the recording.
    pub(super) fn rate(&self) -> u32 {
        self.samples
            .as_ref()
            .map_or(44_100, |samples| samples.rate())
    }

    /// What follows the recording that was open goes.
    pub(super) fn reset_view(&mut self) {
        let (inspector, settings, show) = (self.view.inspector, self.view.settings, self.view.show);
        self.view = View {
            inspector,
            settings,
            show,
            selected: BTreeSet::new(),
            ..View::of(self.duration(), self.rate())
        };
    }

    fn keys(&mut self, ctx: &egui::Context) -> Option<Action> {
        let modal = self.dialog.is_some() || self.work.picking.is_some();
        if modal {
            return None;
        }
        // Letters and Space belong to the field that is being written in. What is asked for with
        // Ctrl waits until the field has taken what was written.
        if ctx.text_edit_focused() {
            self.after_field = actions::pressed_beside_text(ctx);
            if self.after_field.is_some() {
                ctx.memory_mut(egui::Memory::stop_text_input);
                ctx.request_repaint();
            }
            return None;
        }
        if let Some(action) = self.after_field.take() {
            return Some(action);
        }
        // Escape closes a menu, or breaks a drag off, before it means anything else.
        let dragging = ctx.dragged_id().is_some() || self.caches.sources.is_dragging();
        let inside = egui::Popup::is_any_open(ctx) || dragging;
        if inside && ctx.input(|input| input.key_pressed(egui::Key::Escape)) {
            return None;
        }
        actions::pressed(ctx)
    }
}

/// A project with nothing in it, whose separation will group the atoms.
pub(super) fn fresh() -> Project {
    let settings = SeparationSettings {
        sources: SourceCount::Auto,
        ..SeparationSettings::default()
    };
    let project = Project::default();
    project
        .apply(&Edit::SetSettings(settings))
        .unwrap_or_default()
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        self.poll(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.frames.begin();
        let ctx = ui.ctx().clone();
        let mut requests = Vec::new();
        requests.extend(self.keys(&ctx).map(Request::Act));
        self.dropped(&ctx, &mut requests);
        self.lay_out_below(ui, &mut requests);
        for request in requests {
            self.carry_out(&ctx, request);
        }
        self.dialogs(&ctx);
        self.show_picking(&ctx);
        self.show_export(&ctx);
        self.show_diagnostics(&ctx);
        self.poll_keeping();
        self.keep_unsaved(&ctx);
        self.follow(&ctx);
        self.closing(&ctx);
        self.fit_screen(&ctx);
        self.remember_looks(&ctx);
        self.entitle(&ctx);
        if self.frames.end(frame.info().cpu_usage) {
            ctx.request_repaint();
        }
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        self.end();
    }
}
