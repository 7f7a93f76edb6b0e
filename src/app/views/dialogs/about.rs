//! What this program is.

use eframe::egui::{Context, RichText};

use super::frame::modal;
use crate::app::theme;
use crate::app::widgets::note;

/// Draws it. Returns whether it is to be closed.
pub(in crate::app) fn about(ctx: &Context) -> bool {
    let mut close = false;
    let modal = modal(ctx, "about").show(ctx, |ui| {
        ui.set_width(440.0);
        ui.label(RichText::new("Partita").font(theme::heading()));
        note(ui, format!("Version {}", env!("CARGO_PKG_VERSION")));
        ui.add_space(8.0);
        ui.label(
            "Partita takes a recording apart into the sounds it is made of, with no neural network \
             and no training recordings. The magnitude spectrogram V is written as the product of \
             spectral templates W and their activations H, so that the Kullback–Leibler divergence \
             D(V | WH) is small; each atom is one column of W and one row of H. What you hear of an \
             atom is the recording itself, masked by its share of WH in every bin, so all stems \
             together are the recording.",
        );
        ui.add_space(6.0);
        note(ui, "D. D. Lee, H. S. Seung: Algorithms for non-negative matrix factorization. NIPS 2001");
        ui.add_space(6.0);
        note(ui, "MIT or Apache-2.0. Fonts: Inter (OFL 1.1), icons: Lucide (ISC)");
        ui.add_space(8.0);
        close = ui.button("Close").clicked();
    });
    close || modal.should_close()
}
