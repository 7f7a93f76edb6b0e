//! What is exported, where to, and how the files are called.

use std::path::PathBuf;

use eframe::egui::{
    self, Context, Popup, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo, vec2,
};

use super::frame::{foot, modal};
use crate::app::icons;
use crate::app::theme::{self, Tokens};
use crate::app::widgets::{bar, list, note, option, primary_button, span, title};
use crate::audio::StemFormat;
use crate::project::{ExportRequest, Project, Row, What, export_files, export_plan};

/// Files that are shown before the rest is counted.
const SHOWN: usize = 8;

/// What the user is asked for.
#[derive(Clone, Debug)]
pub(in crate::app) struct ExportForm {
    /// What has been chosen so far.
    pub request: ExportRequest,
    /// What a mix is to be without.
    pub without: Option<Row>,
    /// Why the last try failed.
    pub failed: Option<String>,
}

/// What comes of the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) enum Step {
    /// It stays open.
    Stay,
    /// It is closed.
    Close,
    /// A folder is to be chosen.
    Folder,
    /// The export is to begin.
    Begin,
}

/// Draws the dialog.
pub(in crate::app) fn export(ctx: &Context, project: &Project, form: &mut ExportForm) -> Step {
    let mut step = Step::Stay;
    let before = form.request.clone();
    let modal = modal(ctx, "export").show(ctx, |ui| {
        ui.set_width(520.0);
        ui.label(RichText::new("Export stems").font(theme::heading()));
        ui.add_space(6.0);
        what(ui, project, form);
        row(ui, "Folder", |ui| {
            let mut text = form.request.folder.to_string_lossy().into_owned();
            let width = ui.available_width() - 84.0;
            let edit = ui.add(TextEdit::singleline(&mut text).desired_width(width));
            edit.widget_info(|| WidgetInfo::text_edit(true, "", text.as_str(), "Folder"));
            if edit.changed() {
                form.request.folder = PathBuf::from(&text);
            }
            if ui.button("Choose…").clicked() {
                step = Step::Folder;
            }
        });
        row(ui, "Names", |ui| {
            let edit = TextEdit::singleline(&mut form.request.template).desired_width(f32::INFINITY);
            let response = ui.add(edit).on_hover_text(
                "{nn} is the number of the row, {name} what is heard in it, {recording} the recording",
            );
            let text = form.request.template.clone();
            response.widget_info(|| WidgetInfo::text_edit(true, "", text.as_str(), "Names"));
        });
        row(ui, "Format", |ui| {
            for (format, label) in [
                (StemFormat::I16, "16 bit"),
                (StemFormat::I24, "24 bit"),
                (StemFormat::F32, "32 bit float"),
            ] {
                ui.radio_value(&mut form.request.format, format, label);
            }
        });
        ui.add_space(4.0);
        let ready = preview(ui, project, form);
        if let Some(why) = &form.failed {
            failed(ui, why);
        }
        ui.add_space(8.0);
        foot(ui, |ui| {
            let export = primary_button(ui, "Export", 96.0, ready);
            // Enter in a list that is open is for the list.
            let free = ui.memory(|memory| memory.focused().is_none());
            if free && !Popup::is_any_open(ui.ctx()) {
                export.request_focus();
            }
            if export.clicked() {
                step = Step::Begin;
            }
            if ui.add(egui::Button::new("Cancel").min_size(vec2(80.0, 34.0))).clicked() {
                step = Step::Close;
            }
        });
    });
    if form.request != before {
        // It may be right now.
        form.failed = None;
    }
    if step == Step::Stay && modal.should_close() {
        step = Step::Close;
    }
    step
}

fn what(ui: &mut Ui, project: &Project, form: &mut ExportForm) {
    let label = |what: What| match what {
        What::Sources => "A stem for each source".to_owned(),
        What::Atoms => "A stem for each atom".to_owned(),
        What::Soloed => "A stem for each soloed row".to_owned(),
        What::MixAsHeard => "The mix as it is heard".to_owned(),
        What::MixWithout(row) => format!(
            "The mix without {}",
            project.row_name(row).unwrap_or_default()
        ),
    };
    let chosen = &mut form.request.what;
    row(ui, "What", |ui| {
        let shown = label(*chosen);
        list(ui, ("What to export", 260.0), &shown, |ui| {
            let without = form.without.map(What::MixWithout);
            let all = [What::Sources, What::Atoms, What::Soloed, What::MixAsHeard];
            for choice in all.into_iter().chain(without) {
                let possible = export_plan(project, choice).is_ok();
                ui.add_enabled_ui(possible, |ui| {
                    option(ui, chosen, choice, label(choice));
                });
            }
        });
    });
}

/// The files that will be written. Returns whether they can be.
fn preview(ui: &mut Ui, project: &Project, form: &ExportForm) -> bool {
    let t = Tokens::of(ui.ctx());
    let files = match export_files(project, &form.request) {
        Ok(files) => files,
        Err(error) => {
            ui.label(RichText::new(error.to_string()).color(t.mute));
            return false;
        }
    };
    title(
        ui,
        &format!("{} files", files.len()).replace("1 files", "1 file"),
    );
    ScrollArea::vertical()
        .max_height(150.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            for file in files.iter().take(SHOWN) {
                note(ui, file.file_name().unwrap_or_default().to_string_lossy());
            }
            if files.len() > SHOWN {
                note(ui, format!("and {} more", files.len() - SHOWN));
            }
        });
    let part = project.separation().filter(|data| data.excerpt.is_some());
    if let Some(data) = part {
        let rate = f64::from(data.rate.max(1));
        let [from, to] = [data.span().start, data.span().end].map(|at| span(at as f64 / rate));
        let words = format!(
            "Only the part from {from} to {to} was taken apart: the files are as long as that, and \
             begin there"
        );
        ui.label(RichText::new(words).color(t.warning));
    }
    let adds_up = export_plan(project, form.request.what).is_ok_and(|plan| plan.adds_up);
    if adds_up {
        note(
            ui,
            "As they are in the recording, without gains, mutes and solos: subtracting all of them \
             from it leaves silence",
        );
    } else if form.request.what == What::Soloed {
        note(ui, "As they are in the recording, without their gains");
    }
    !form.request.folder.as_os_str().is_empty()
}

fn failed(ui: &mut Ui, why: &str) {
    let t = Tokens::of(ui.ctx());
    ui.add_space(4.0);
    ui.horizontal_top(|ui| {
        ui.label(
            RichText::new(icons::CIRCLE_ALERT)
                .font(theme::icon(15.0))
                .color(t.mute),
        );
        let text = format!("Nothing was written: {why}");
        let label = ui.add(egui::Label::new(RichText::new(&text).color(t.mute)).wrap());
        label.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    });
}

/// Shows how an export goes. Returns whether it is to be cancelled.
pub(in crate::app) fn exporting(ctx: &Context, fraction: f32) -> bool {
    let mut cancel = false;
    modal(ctx, "exporting").show(ctx, |ui| {
        let t = Tokens::of(ui.ctx());
        ui.set_width(320.0);
        title(ui, &format!("Exporting · {:.0} %", 100.0 * fraction));
        ui.add_space(6.0);
        let size = vec2(ui.available_width(), 4.0);
        let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        bar(ui, rect, fraction, t.accent);
        ui.add_space(8.0);
        foot(ui, |ui| {
            cancel = ui.button("Cancel").clicked();
        });
    });
    cancel
}

fn row(ui: &mut Ui, label: &str, content: impl FnOnce(&mut Ui)) {
    let t = Tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.set_height(28.0);
        let (rect, _) = ui.allocate_exact_size(vec2(64.0, 26.0), egui::Sense::hover());
        let place = rect.left_center();
        let font = egui::TextStyle::Body.resolve(ui.style());
        ui.painter()
            .text(place, egui::Align2::LEFT_CENTER, label, font, t.second);
        content(ui);
    });
}
