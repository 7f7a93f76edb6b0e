use eframe::egui::{Frame, Theme, vec2};
use egui_kittest::{Harness, SnapshotResults};

use super::{Panel, Running, show};
use crate::app::actions::Action;
use crate::app::theme::{PANEL_PADDING, Tokens};
use crate::app::views::sources::fixture::look;
use crate::separation::{
    Advice, ComponentChoice, Evidence, Phase, Preset, SeparationSettings, Stage,
};

/// Three minutes of stereo, on the way to their atoms.
fn running() -> Running {
    Running {
        iterations: (124, 200),
        phase: (Some(Phase::Factorize), 0.41),
        stage: Some(Stage::Run { number: 2, of: 3 }),
        left: Some(7.4),
        curve: (1..=124).map(|n| 1.0 + 9.0 / f64::from(n)).collect(),
        stops: true,
        stopping: false,
    }
}

fn looks(name: &str, theme: Theme, running: Option<Running>) -> SnapshotResults {
    let settings = SeparationSettings::default();
    let curve: Vec<f64> = (1..=200).map(|n| 1.0 + 9.0 / f64::from(n)).collect();
    let advice = Advice {
        preset: Preset::Melodic,
        reason: "Most of it is tones".to_owned(),
    };
    let score = |components: usize| (components as f64 - 5.0).powi(2) / 40.0 + 0.3;
    let tried = [1, 2, 3, 4, 5, 6, 8, 10, 12].map(|components| Evidence {
        components,
        held_out: score(components),
        duplicated: 0.0,
        stability: 1.0,
        score: score(components),
    });
    let choice = ComponentChoice {
        chosen: 5,
        reason: "5 components foretell hidden parts best".to_owned(),
        curve: tried.to_vec(),
    };
    let mut harness = Harness::builder()
        .with_size(vec2(252.0, 960.0))
        .with_theme(theme)
        .with_context_setup(look(theme))
        .wgpu()
        .build_ui(move |ui| {
            let idle = running.is_none();
            let why_not = move |action| {
                let can = idle || action == Action::StopAndKeep;
                (!can).then_some("A separation is running")
            };
            let panel = Panel {
                settings: &settings,
                recording: Some((180 * 44_100, 2)),
                selected: None,
                rate: 44_100,
                advice: Some(&advice),
                running: running.clone(),
                curve: &curve,
                stages: false,
                choice: Some(&choice),
                why_not: &why_not,
            };
            Frame::new()
                .fill(Tokens::of(ui.ctx()).panel)
                .inner_margin(PANEL_PADDING)
                .show(ui, |ui| {
                    ui.set_min_size(ui.available_size());
                    show(ui, &panel, &mut Vec::new());
                });
        });
    harness.run_ok();
    harness.snapshot(name);
    let mut results = SnapshotResults::new();
    results.extend_harness(&mut harness);
    results
}

#[test]
fn the_panel_looks_as_it_did_before_and_in_a_separation() {
    let mut results = SnapshotResults::new();
    for (theme, shade) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        results.extend(looks(
            &format!("panel_running_{shade}"),
            theme,
            Some(running()),
        ));
        results.extend(looks(&format!("panel_idle_{shade}"), theme, None));
    }
}
