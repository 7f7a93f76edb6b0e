//! What the atoms are taken for, beside a spectrum each.

use eframe::egui::{Checkbox, CollapsingHeader, DragValue, Role, Ui, WidgetInfo};

use super::fields::{CONTROL, row, row_unless, weight};
use crate::separation::{Ingredient, SeparationSettings};

/// Weights beyond this leave nothing of a recording.
const MOST: f64 = 10.0;
/// Below all weights stands what is taken where nothing is asked for.
const AUTO: f64 = -0.01;
const CONTINUITY: &[(f64, &str)] = &[(AUTO, "auto"), (0.0, "off")];
/// Frames of the longest pattern.
const LONGEST: usize = 64;

/// Draws the controls, folded away until something of them is in use.
pub(super) fn model(ui: &mut Ui, settings: &mut SeparationSettings, rate: u32) {
    let used =
        settings.nmf.has_penalties() || settings.template_frames > 1 || settings.channel_gains;
    CollapsingHeader::new("Model of a sound")
        .default_open(used)
        .show_unindented(ui, |ui| {
            penalties(ui, settings);
            pattern(ui, settings, rate);
            gains(ui, settings);
        });
}

fn penalties(ui: &mut Ui, settings: &mut SeparationSettings) {
    let reason = if !settings.nmf.divergence.is_kullback_leibler() {
        Some("It is known for the Kullback–Leibler divergence only: choose that")
    } else if settings.template_frames > 1 {
        Some("It is known for spectra only: set Pattern to 1 frame")
    } else {
        None
    };
    if reason.is_some() {
        (settings.nmf.continuity, settings.nmf.sparsity) = (0.0, 0.0);
    }
    let mut continuity = match settings.nmf.continuity {
        0.0 if settings.without.contains(&Ingredient::Continuity) => 0.0,
        0.0 => AUTO,
        weight => weight,
    };
    row_unless(
        ui,
        "Continuity",
        (
            "How much atoms are held to change slowly: 0.1 helps tones that last. Auto is 0.03 where you \
             say how many sources there are, 0.1 for atoms of short recordings, and otherwise off",
            reason,
        ),
        |ui| {
            let response = weight(ui, "Continuity", &mut continuity, AUTO..=MOST, CONTINUITY);
            if response.changed() {
                set_continuity(settings, continuity);
            }
            response
        },
    );
    row_unless(
        ui,
        "Sparsity",
        ("How much atoms are held to sound seldom", reason),
        |ui| {
            let sparsity = &mut settings.nmf.sparsity;
            weight(ui, "Sparsity", sparsity, 0.0..=MOST, &[(0.0, "off")])
        },
    );
}

/// Takes over a weight: that of [`AUTO`] leaves it open, and 0 leaves the usual one out.
fn set_continuity(settings: &mut SeparationSettings, weight: f64) {
    settings.nmf.continuity = weight.max(0.0);
    settings
        .without
        .retain(|&left| left != Ingredient::Continuity);
    if weight == 0.0 {
        settings.without.push(Ingredient::Continuity);
    }
}

fn pattern(ui: &mut Ui, settings: &mut SeparationSettings, rate: u32) {
    let milliseconds = 1000.0 * settings.stft.hop as f64 / f64::from(rate.max(1));
    let frames = &mut settings.template_frames;
    row(
        ui,
        "Pattern",
        "Frames over which an atom unfolds: 1 is a spectrum that only gets louder and softer, more is \
         a sound that changes as it rings, as drums do. The sources are then grouped from 16 atoms, \
         or as many as you say, and it takes as many times longer",
        |ui| {
            let shown = move |frames: f64| {
                if frames < 1.5 {
                    "1 frame".to_owned()
                } else {
                    format!("{frames:.0} · {:.0} ms", frames * milliseconds)
                }
            };
            let value = DragValue::new(frames)
                .range(1..=LONGEST)
                .speed(0.1)
                .custom_formatter(move |frames, _| shown(frames))
                .update_while_editing(false);
            let response = ui.add_sized([CONTROL, 26.0], value);
            response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, "Pattern"));
            response
        },
    );
}

fn gains(ui: &mut Ui, settings: &mut SeparationSettings) {
    let by_atoms = settings.is_by_atoms();
    let reason = if by_atoms {
        Some(
            "Atoms that are found for sources always have them: set Atoms to a number, or Sources to \
             one per atom, to choose",
        )
    } else if settings.template_frames > 1 {
        Some("Patterns are the same in all channels: set Pattern to 1 frame")
    } else {
        None
    };
    let gains = &mut settings.channel_gains;
    row_unless(
        ui,
        "Place",
        (
            "Whether each atom has its own gain in each channel, so that sounds are told by where \
             they stand as well; it takes as many times longer as there are channels",
            reason,
        ),
        |ui| {
            let mut shown = *gains || by_atoms;
            let response = ui.add(Checkbox::new(&mut shown, "own gains"));
            if response.changed() {
                *gains = shown;
            }
            response
        },
    );
}
