use eframe::egui::{Theme, vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotResults};

use super::{Cache, Input, plots_svg, rasterized, show};
use crate::app::request::Request;
use crate::app::theme::Tokens;
use crate::app::views::sources::fixture::{Desk, look};
use crate::project::Row;

fn inspector(desk: Desk, theme: Theme) -> Harness<'static, Desk> {
    let mut cache = Cache::default();
    let mut harness = Harness::builder()
        .with_size(vec2(860.0, 210.0))
        .with_theme(theme)
        .with_context_setup(look(theme))
        .wgpu()
        .build_ui_state(
            move |ui, desk: &mut Desk| {
                let panel = Tokens::of(ui.ctx()).panel;
                eframe::egui::Frame::new()
                    .fill(panel)
                    .inner_margin(12)
                    .show(ui, |ui| {
                        let project = desk.project();
                        let input = Input {
                            project: &project,
                            live: None,
                            playhead: Some(3.3),
                        };
                        let mut out = Vec::new();
                        show(ui, &input, &mut desk.view, &mut cache, &mut out);
                        desk.carry_out(out);
                    });
            },
            desk,
        );
    harness.run_ok();
    harness
}

fn selecting(atoms: &[usize]) -> Desk {
    let mut desk = Desk::band();
    desk.view.selected = atoms.iter().copied().collect();
    desk
}

#[test]
fn an_atom_and_several_atoms_look_as_they_did() {
    let mut results = SnapshotResults::new();
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut harness = inspector(selecting(&[7]), theme);
        harness.snapshot(format!("inspector_{name}"));
        results.extend_harness(&mut harness);
        let mut harness = inspector(selecting(&[0, 4, 7, 9]), theme);
        harness.snapshot(format!("inspector_overlaid_{name}"));
        results.extend_harness(&mut harness);
    }
}

#[test]
fn a_click_on_the_activation_goes_there_and_a_drag_moves_picture_and_plot() {
    let mut harness = inspector(selecting(&[7]), Theme::Dark);
    let rect = harness.get_by_label("Activation over time").rect();
    harness.get_by_label("Activation over time").click();
    harness.run_ok();
    let Some(Request::Seek(seconds)) = harness.state().requests.first().cloned() else {
        panic!("no request");
    };
    assert!((seconds - 4.0).abs() < 0.1, "{seconds}");
    let view = &mut harness.state_mut().view;
    view.time = view.time.zoom(4.0, 4.0);
    let before = view.time.start();
    harness.run_ok();
    harness.hover_at(rect.center());
    harness.step();
    harness.drag_at(rect.center());
    harness.step();
    for step in 1..=4u8 {
        harness.hover_at(rect.center() + vec2(20.0 * f32::from(step), 0.0));
        harness.step();
    }
    harness.drop_at(rect.center() + vec2(80.0, 0.0));
    harness.run_ok();
    assert!(harness.state().view.time.start() < before - 0.1);
}

#[test]
fn a_focused_source_is_shown_where_nothing_is_selected() {
    let mut desk = Desk::band();
    desk.focus("Drums");
    let project = desk.project();
    let t = Tokens::of(&eframe::egui::Context::default());
    let shown = super::subjects::subjects(&project, &desk.view, t);
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (shown[0].name.as_str(), shown[0].atoms.as_slice()),
        ("Drums", &[3, 4, 5][..])
    );
    desk.view.focused = Some(Row::Atom(2));
    assert_eq!(
        super::subjects::subjects(&project, &desk.view, t)[0].atoms,
        [2]
    );
    desk.view.selected = (0..12).collect();
    assert_eq!(super::subjects::subjects(&project, &desk.view, t).len(), 3);
}

#[test]
fn the_plots_can_be_written_as_a_drawing() {
    let desk = selecting(&[0, 7]);
    let t = Tokens::of_paper();
    let svg = plots_svg(&desk.project(), &desk.view).unwrap();
    assert_eq!(svg.matches("<polyline").count(), 4);
    assert!(svg.contains("2 k") && svg.contains("0:04") && svg.trim_end().ends_with("</svg>"));
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    let image = rasterized(&svg).unwrap();
    assert_eq!(image.size, [1392, 1104 + 2 * (2 * 18 + 14)]);
    // What the curves are is said under them, and the notes of the highest peaks stand above.
    let project = desk.project();
    let source = &project.source_of(7).unwrap().name;
    let label = format!(">{source}, atom 8: {}</text>", project.atom_label(7));
    assert!(svg.contains(&label), "{svg}");
    assert!(svg.contains("text-anchor=\"middle\">G#4</text>"), "{svg}");
    // The ground, the curves of both atoms, and text: far more colours than the four that were
    // drawn with, and most of the image is ground.
    let ground = image
        .pixels
        .iter()
        .filter(|&&pixel| pixel == t.card)
        .count();
    assert!(2 * ground > image.pixels.len() && ground < image.pixels.len());
    let titles = image.pixels.chunks_exact(1392).take(56).flatten();
    assert!(titles.filter(|&&pixel| pixel == t.text).count() > 50);
    assert_eq!(rasterized("no drawing"), None);
    assert_eq!(plots_svg(&desk.project(), &Desk::band().view), None);
}
