//! A question.

use eframe::egui::{self, Context, Key, vec2};

use super::frame::{foot, modal};
use crate::app::widgets::{primary_button, title};

/// A question with up to three answers.
#[derive(Clone, Debug)]
pub(in crate::app) struct Confirm {
    /// What it is about.
    pub title: String,
    /// What happens, and what can be lost.
    pub text: String,
    /// What is proposed.
    pub yes: String,
    /// What can be done instead.
    pub other: Option<String>,
    /// What the third button says, which leaves all as it is; without one, what is proposed does.
    pub cancel: Option<&'static str>,
    /// Whether what is proposed cannot be undone, so that the keyboard begins with the third button.
    pub careful: bool,
}

/// What the user answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Answer {
    /// What is proposed.
    Yes,
    /// The other way.
    Other,
    /// Nothing is to happen.
    Cancel,
}

/// Asks. `None` until there is an answer.
pub(in crate::app) fn confirm(ctx: &Context, question: &Confirm) -> Option<Answer> {
    let mut answer = None;
    let modal = modal(ctx, &question.title).show(ctx, |ui| {
        ui.set_width(400.0);
        title(ui, &question.title);
        ui.add_space(4.0);
        ui.label(&question.text);
        ui.add_space(12.0);
        foot(ui, |ui| {
            let yes = primary_button(ui, &question.yes, 96.0, true);
            let unfocused = ui.memory(|memory| memory.focused().is_none());
            if unfocused && !question.careful {
                yes.request_focus();
            }
            if yes.clicked() {
                answer = Some(Answer::Yes);
            }
            if let Some(other) = &question.other
                && ui
                    .add(egui::Button::new(other).min_size(vec2(96.0, 34.0)))
                    .clicked()
            {
                answer = Some(Answer::Other);
            }
            if let Some(cancel) = question.cancel {
                let cancel = ui.add(egui::Button::new(cancel).min_size(vec2(80.0, 34.0)));
                if unfocused && question.careful {
                    cancel.request_focus();
                }
                if cancel.clicked() {
                    answer = Some(Answer::Cancel);
                }
            }
        });
    });
    if answer.is_none()
        && (modal.should_close() || ctx.input(|input| input.key_pressed(Key::Escape)))
    {
        answer = Some(Answer::Cancel);
    }
    answer
}
