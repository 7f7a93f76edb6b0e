//! What all dialogs look like.

use std::fmt::Debug;
use std::hash::Hash;

use eframe::egui::{Align, Context, Frame, Id, Layout, Margin, Modal, Ui, vec2};

/// Height of the buttons at the foot.
const FOOT: f32 = 34.0;

/// A dialog of this name, with room around what is in it. Dialogs of one name have the size that the
/// last of them had, in their first frame.
pub(super) fn modal(ctx: &Context, name: impl Hash + Debug) -> Modal {
    let frame = Frame::popup(&ctx.global_style()).inner_margin(Margin::same(18));
    Modal::new(Id::unique(("dialog", name))).frame(frame)
}

/// The buttons at the foot, from the right, in a line that is as high as they are: the dialog is as
/// high as what is in it needs.
pub(super) fn foot(ui: &mut Ui, buttons: impl FnOnce(&mut Ui)) {
    let size = vec2(ui.available_width(), FOOT);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), buttons);
}
