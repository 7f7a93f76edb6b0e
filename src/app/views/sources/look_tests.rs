use eframe::egui::Theme;
use egui_kittest::SnapshotResults;

use super::fixture::{Desk, list, live};

fn filled() -> Desk {
    let mut desk = Desk::band();
    desk.cuts = true;
    desk.unfold("Guitar");
    desk.view.selected = [7].into();
    desk.view.focused = Some(crate::project::Row::Atom(7));
    let (drums, mute) = (desk.id("Drums"), crate::project::Row::Atom(10));
    let gain = crate::project::Edit::SetGain {
        row: crate::project::Row::Source(drums),
        gain_db: -2.5,
    };
    desk.history.record(&gain, None).unwrap();
    let mute = crate::project::Edit::SetMute {
        row: mute,
        on: true,
    };
    desk.history.record(&mute, None).unwrap();
    desk
}

fn names(theme: Theme) -> &'static str {
    match theme {
        Theme::Dark => "dark",
        Theme::Light => "light",
    }
}

#[test]
fn the_list_looks_as_it_did() {
    let mut results = SnapshotResults::new();
    for theme in [Theme::Dark, Theme::Light] {
        let mut harness = list(filled(), 560.0, theme);
        harness.snapshot(format!("list_{}", names(theme)));
        results.extend_harness(&mut harness);
    }
}

#[test]
fn solos_dim_what_they_silence() {
    let mut desk = filled();
    let bass = crate::project::Row::Source(desk.id("Bass"));
    let solo = crate::project::Edit::SetSolo {
        row: bass,
        on: true,
    };
    desk.history.record(&solo, None).unwrap();
    let mut harness = list(desk, 560.0, Theme::Dark);
    harness.snapshot("list_solo_dark");
}

#[test]
fn atoms_in_the_making_look_as_they_did() {
    let mut results = SnapshotResults::new();
    for theme in [Theme::Dark, Theme::Light] {
        let mut desk = Desk::new(crate::project::Project::default());
        desk.live = Some(live(12));
        let mut harness = list(desk, 460.0, theme);
        harness.snapshot(format!("list_live_{}", names(theme)));
        results.extend_harness(&mut harness);
    }
}
