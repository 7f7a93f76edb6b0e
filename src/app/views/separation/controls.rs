//! What the next separation is asked for.

use eframe::egui::{self, Align, DragValue, Layout, RichText, Role, Ui, WidgetInfo, vec2};

use super::fields::{CONTROL, combo, number, row, row_unless, weight};
use super::model::model;

use crate::app::actions::{Action, entry_of};
use crate::app::request::Request;
use crate::app::theme;
use crate::app::widgets::{hertz, note, option};
use crate::nmf::{Algorithm, Divergence, Init};
use crate::project::DragId;
use crate::separation::{
    Advice, ComponentCount, DEFAULT_COMPONENTS, Preset, Quality, SeparationSettings, SourceCount,
};
use crate::spectral::Window;

/// Sizes of the transform to choose from.
const SIZES: [usize; 8] = [256, 512, 1024, 2048, 3072, 4096, 8192, 16384];

/// What is being dragged, if anything: all its steps are one entry of the history.
pub(super) fn drag(ui: &Ui) -> Option<DragId> {
    let widget = ui.ctx().dragged_id()?;
    let since = ui.input(|input| input.pointer.press_start_time())?;
    Some(DragId(widget.with(since.to_bits()).value()))
}

/// Draws the controls, which change the settings.
pub(super) fn controls(
    ui: &mut Ui,
    settings: &mut SeparationSettings,
    (rate, advice): (u32, Option<&Advice>),
    out: &mut Vec<Request>,
) {
    row(
        ui,
        "Material",
        "Sets what follows to what suits this kind of sound",
        |ui| {
            let chosen = Preset::of(settings, rate);
            let shown = chosen.map_or("Own settings", Preset::label);
            combo(ui, "Material", shown, |ui| {
                for preset in Preset::ALL {
                    let label = ui.selectable_label(chosen == Some(preset), preset.label());
                    if label.on_hover_text(preset.help()).clicked() {
                        preset.set(settings, rate);
                        ui.close();
                    }
                }
            })
        },
    );
    suggest(ui, settings, (rate, advice));
    atoms(ui, &mut settings.components);
    sources(ui, settings);
    let mut iterations = settings.nmf.iterations;
    row(
        ui,
        "Iterations",
        "How often the atoms are improved at most; it stops before when nothing changes any more",
        |ui| number(ui, "Iterations", &mut iterations, 1..=10_000, CONTROL),
    );
    settings.nmf.iterations = iterations;
    divergence(ui, settings);
    if settings.is_by_atoms() {
        quality(ui, settings);
    } else {
        // Longer steps are known for the usual divergence only, and without penalties.
        let usual = settings.nmf.divergence.is_kullback_leibler()
            && !settings.nmf.has_penalties()
            && settings.template_frames == 1;
        if !usual && settings.nmf.algorithm != Algorithm::Auto {
            settings.nmf.algorithm = Algorithm::Mu;
        }
        updates(ui, settings, usual);
        starts(ui, settings);
    }
    model(ui, settings, rate);
    transform(ui, settings, rate);
    row(
        ui,
        "Start",
        "NNDSVDa starts from the singular vectors of the spectrogram and needs no chance; random \
         starts differ with the seed",
        |ui| {
            let name = |init: Init| match init {
                Init::Random => "Random",
                Init::NndsvdA => "NNDSVDa",
            };
            let init = &mut settings.nmf.init;
            combo(ui, "Start", name(*init), |ui| {
                for choice in [Init::NndsvdA, Init::Random] {
                    option(ui, init, choice, name(choice));
                }
            })
        },
    );
    let random = settings.nmf.init == Init::Random;
    row(
        ui,
        "Seed",
        "Chooses the random start: the same seed gives the same result, bit by bit",
        |ui| {
            ui.horizontal(|ui| {
                let seed = DragValue::new(&mut settings.nmf.seed)
                    .speed(0.1)
                    .update_while_editing(false);
                let response = ui
                    .add_enabled_ui(random, |ui| ui.add_sized([60.0, 26.0], seed))
                    .inner;
                response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, random, "Seed"));
                let another = entry_of(Action::AnotherSeed);
                let button = ui.add_sized([68.0, 26.0], egui::Button::new("another"));
                if button.on_hover_text(another.help).clicked() {
                    out.push(Request::Act(Action::AnotherSeed));
                }
                response
            })
            .inner
        },
    );
}

/// Offers the preset that suits the recording, and says why it does. The room for it is there before
/// that is known, so that nothing moves away under the pointer.
fn suggest(ui: &mut Ui, settings: &mut SeparationSettings, (rate, advice): (u32, Option<&Advice>)) {
    let size = vec2(ui.available_width(), 24.0);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_size(size);
        let Some(advice) = advice else { return };
        let label = advice.preset.label();
        if Preset::of(settings, rate) == Some(advice.preset) {
            note(ui, "suits this recording").on_hover_text(&advice.reason);
            return;
        }
        let words = RichText::new(format!("Suggested: {label}")).font(theme::secondary());
        let button = egui::Button::new(words).min_size(vec2(CONTROL, 22.0));
        let why = format!("{}. Click to take these settings", advice.reason);
        if ui.add(button).on_hover_text(why).clicked() {
            advice.preset.set(settings, rate);
        }
    });
}

/// How many atoms, or who says so.
fn atoms(ui: &mut Ui, components: &mut ComponentCount) {
    const HELP: &str = "How many spectral atoms to look for. More can tell more sounds apart, and take longer; \
         about four for each instrument is a good start";
    let choices = [
        (
            "for the sources",
            ComponentCount::Auto,
            "As many as it takes to find the sources, or 16 where each atom is a source",
        ),
        (
            "from evidence",
            ComponentCount::Evidence,
            "Tries several numbers on a small copy of the recording, of which parts are hidden: the \
             smallest number that foretells these well is taken. One factorization follows",
        ),
        (
            "a number",
            ComponentCount::Fixed(DEFAULT_COMPONENTS),
            "You say how many",
        ),
    ];
    row(ui, "Atoms", HELP, |ui| {
        if let ComponentCount::Fixed(count) = components {
            let response = number(ui, "Atoms", count, 1..=1000, CONTROL - 52.0);
            let auto = ui
                .button("reset")
                .on_hover_text("As many as the sources need");
            if auto.clicked() {
                *components = ComponentCount::Auto;
            }
            return response;
        }
        let shown = choices.iter().find(|(_, value, _)| value == components);
        combo(ui, "Atoms", shown.map_or("", |(label, ..)| label), |ui| {
            for (label, value, help) in choices {
                let chosen = ui.selectable_label(*components == value, label);
                if chosen.on_hover_text(help).clicked() {
                    *components = value;
                    ui.close();
                }
            }
        })
    });
}

fn starts(ui: &mut Ui, settings: &mut SeparationSettings) {
    let mut starts = settings.restarts;
    let patterns = settings.template_frames > 1;
    row_unless(
        ui,
        "Restarts",
        (
            "From how many starts the atoms are looked for. The best result is kept, and the dots \
             behind each atom tell how well the others found it again",
            patterns.then_some("Patterns are found from one start: set Pattern to 1 frame"),
        ),
        |ui| number(ui, "Restarts", &mut starts, 1..=20, CONTROL),
    );
    settings.restarts = starts;
}

fn sources(ui: &mut Ui, settings: &mut SeparationSettings) {
    row(
        ui,
        "Sources",
        "Into how many sources the atoms are grouped; you can regroup them afterwards",
        |ui| {
            let name = |count: SourceCount| match count {
                SourceCount::Auto => "auto".to_owned(),
                SourceCount::Components => "one per atom".to_owned(),
                SourceCount::Fixed(count) => count.to_string(),
            };
            let sources = &mut settings.sources;
            combo(ui, "Sources", &name(*sources), |ui| {
                let fixed = (2..=12).map(SourceCount::Fixed);
                for choice in [SourceCount::Auto, SourceCount::Components]
                    .into_iter()
                    .chain(fixed)
                {
                    option(ui, sources, choice, name(choice));
                }
            })
        },
    );
}

fn divergence(ui: &mut Ui, settings: &mut SeparationSettings) {
    /// A β between those that have names, to begin with.
    const BETWEEN: f64 = 0.5;
    let chosen = &mut settings.nmf.divergence;
    row(
        ui,
        "Divergence",
        "How the distance of the atoms from the recording is counted. Kullback–Leibler suits music; \
         Itakura–Saito hears quiet sounds as well as loud ones; Euclidean minds loud ones most",
        |ui| {
            let name = |divergence: Divergence| match divergence {
                Divergence::KullbackLeibler => "Kullback–Leibler",
                Divergence::ItakuraSaito => "Itakura–Saito",
                Divergence::Euclidean => "Euclidean",
                Divergence::Beta(_) => "by β",
            };
            combo(ui, "Divergence", name(*chosen), |ui| {
                let between = match *chosen {
                    Divergence::Beta(beta) => beta,
                    _ => BETWEEN,
                };
                for choice in [
                    Divergence::KullbackLeibler,
                    Divergence::ItakuraSaito,
                    Divergence::Euclidean,
                    Divergence::Beta(between),
                ] {
                    option(ui, chosen, choice, name(choice));
                }
            })
        },
    );
    if let Divergence::Beta(beta) = chosen {
        row(
            ui,
            "β",
            "0 is Itakura–Saito, 1 Kullback–Leibler, 2 Euclidean, and the rest lies between",
            |ui| weight(ui, "β", beta, 0.0..=2.0, &[]),
        );
    }
}

fn updates(ui: &mut Ui, settings: &mut SeparationSettings, usual: bool) {
    row_unless(
        ui,
        "Updates",
        (
            "How the divergence is lowered: plain multiplicative updates, the same with longer \
             steps, or coarse factors first and accelerated ones after; automatic takes these for \
             1500 frames or more, and two fifths of the iterations, in which they usually come as \
             far; with fewer it takes plain ones, and where a sound stands and how steadily helps to \
             find it",
            (!usual).then_some(
                "Others than plain ones are known for the Kullback–Leibler divergence without \
                 continuity, sparsity and patterns only",
            ),
        ),
        |ui| {
            let name = |algorithm: Algorithm| match algorithm {
                Algorithm::Auto => "Automatic",
                Algorithm::Mu => "Plain",
                Algorithm::Relaxed => "Relaxed",
                Algorithm::Fast => "Fast",
            };
            let algorithm = &mut settings.nmf.algorithm;
            combo(ui, "Updates", name(*algorithm), |ui| {
                for choice in [
                    Algorithm::Auto,
                    Algorithm::Mu,
                    Algorithm::Relaxed,
                    Algorithm::Fast,
                ] {
                    option(ui, algorithm, choice, name(choice));
                }
            })
        },
    );
}

fn quality(ui: &mut Ui, settings: &mut SeparationSettings) {
    row(
        ui,
        "Quality",
        "Best takes several factorizations together and fits all sources anew; Fast takes fewer and \
         stops earlier",
        |ui| {
            let name = |quality: Quality| match quality {
                Quality::Fast => "Fast",
                Quality::Best => "Best",
            };
            let quality = &mut settings.quality;
            combo(ui, "Quality", name(*quality), |ui| {
                for choice in [Quality::Best, Quality::Fast] {
                    option(ui, quality, choice, name(choice));
                }
            })
        },
    );
}

fn transform(ui: &mut Ui, settings: &mut SeparationSettings, rate: u32) {
    let rate = f64::from(rate.max(1));
    let milliseconds = |samples: usize| 1000.0 * samples as f64 / rate;
    let stft = &mut settings.stft;
    row(
        ui,
        "FFT size",
        "Samples that are looked at at once. Long ones tell tones apart, short ones tell beats apart",
        |ui| {
            let shown = format!("{} · {:.0} ms", stft.size, milliseconds(stft.size));
            combo(ui, "FFT size", &shown, |ui| {
                for size in SIZES {
                    let text = format!(
                        "{size} · {:.0} ms · {}",
                        milliseconds(size),
                        hertz(rate / size as f64)
                    );
                    if ui.selectable_label(stft.size == size, text).clicked() {
                        // The hop keeps its share of the window.
                        let overlap = (stft.size / stft.hop.max(1)).max(1);
                        (stft.size, stft.hop) = (size, (size / overlap).max(1));
                        ui.close();
                    }
                }
            })
        },
    );
    row(
        ui,
        "Hop",
        "Samples from one look to the next; a quarter of the window is usual",
        |ui| {
            let shown = format!("{} · {:.1} ms", stft.hop, milliseconds(stft.hop));
            combo(ui, "Hop", &shown, |ui| {
                for part in [2, 4, 8, 16] {
                    let hop = stft.size / part;
                    let text = format!("{hop} · {:.1} ms", milliseconds(hop));
                    option(ui, &mut stft.hop, hop, text);
                }
            })
        },
    );
    row(
        ui,
        "Window",
        "How a look fades in and out: Hann suits nearly everything",
        |ui| {
            let name = |window: Window| match window {
                Window::Hann => "Hann",
                Window::Hamming => "Hamming",
                Window::Blackman => "Blackman",
                Window::SqrtHann => "√Hann",
            };
            let window = &mut stft.window;
            combo(ui, "Window", name(*window), |ui| {
                for choice in [
                    Window::Hann,
                    Window::Hamming,
                    Window::Blackman,
                    Window::SqrtHann,
                ] {
                    option(ui, window, choice, name(choice));
                }
            })
        },
    );
    note(
        ui,
        format!(
            "Tones less than {} apart are one",
            hertz(rate / stft.size as f64)
        ),
    )
    .on_hover_text("The distance of two neighbouring frequencies of the transform");
}
