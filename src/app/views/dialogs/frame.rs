//! What all dialogs look like.

use eframe::egui::{Context, Frame, Id, Margin, Modal};

/// A dialog of this name, with room around what is in it.
pub(super) fn modal(ctx: &Context, name: &'static str) -> Modal {
    let frame = Frame::popup(&ctx.global_style()).inner_margin(Margin::same(18));
    Modal::new(Id::unique(name)).frame(frame)
}
