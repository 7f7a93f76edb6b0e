//! Every model from a recording to stems that add up to it, and to every bit for integers.

#![allow(clippy::unwrap_used)]

use std::f32::consts::TAU;

use partita::audio::{AudioBuffer, StemFormat, read};
use partita::nmf::{self, Divergence, NmfError};
use partita::separation::{
    Cancel, ComponentCount, ExportSettings, Outcome, Separation, SeparationError,
    SeparationSettings, Silent, SourceCount, StemRenderer, export_renderer, export_stems, resume,
    separate, split,
};
use partita::spectral::{HpssSettings, Stft, StftSettings};

const RATE: u32 = 22_050;

/// A tone on the left, strokes on the right, noise in the middle, silence at the start; 16 bit.
fn recording() -> AudioBuffer {
    let mut state = 5_u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut channels = vec![Vec::new(), Vec::new()];
    for t in 0..20_000 {
        let seconds = t as f32 / RATE as f32;
        let tone = 0.3 * (TAU * (440.0 * seconds).fract()).sin();
        let stroke = 0.5 * noise() * (-40.0 * (seconds % 0.2)).exp();
        let hiss = 0.02 * noise();
        let on = if t < 2000 { 0.0 } else { 1.0 };
        for (channel, x) in channels.iter_mut().zip([tone, stroke]) {
            channel.push((on * (x + hiss) * 32_768.0).round() / 32_768.0);
        }
    }
    AudioBuffer::new(channels, RATE).unwrap()
}

fn settings(nmf: nmf::Settings, sources: SourceCount) -> SeparationSettings {
    SeparationSettings {
        stft: StftSettings {
            size: 512,
            hop: 128,
            ..StftSettings::default()
        },
        components: match sources {
            SourceCount::Components => ComponentCount::Fixed(4),
            _ => ComponentCount::Auto,
        },
        sources,
        nmf: nmf::Settings {
            iterations: 20,
            ..nmf
        },
        ..SeparationSettings::default()
    }
}

fn done<T>(outcome: Result<Outcome<T>, SeparationError>) -> T {
    match outcome.unwrap() {
        Outcome::Done(value) => value,
        Outcome::Cancelled => panic!("nobody cancelled"),
    }
}

fn run(recording: &AudioBuffer, settings: &SeparationSettings) -> Separation {
    done(separate(recording, settings, &Silent, &Cancel::default()))
}

/// Writes stems by `export` as 16 bit and asserts that they add up, sample by sample.
fn assert_null(
    recording: &AudioBuffer,
    stems: usize,
    export: impl FnOnce(&ExportSettings) -> Vec<std::path::PathBuf>,
) {
    let folder = tempfile::tempdir().unwrap();
    let files = export(&ExportSettings {
        folder: folder.path().join("stems"),
        names: (0..stems).map(|i| format!("{i}.wav")).collect(),
        format: StemFormat::I16,
        overwrite: false,
        channel_mask: None,
        time_reference: None,
    });
    let stems: Vec<AudioBuffer> = files
        .iter()
        .map(|path| read(path).unwrap().buffer)
        .collect();
    for (c, channel) in recording.channels().iter().enumerate() {
        for (t, x) in channel.iter().enumerate() {
            let sum: f32 = stems.iter().map(|stem| stem.channels()[c][t]).sum();
            assert_eq!(sum, *x, "channel {c}, sample {t}");
        }
    }
}

fn assert_stems_add_up(recording: &AudioBuffer, separation: &Separation) {
    assert_null(recording, separation.sources.len(), |settings| {
        let cancel = Cancel::default();
        let files = done(export_stems(
            recording, separation, settings, &Silent, &cancel,
        ));
        files.into_iter().map(|file| file.path).collect()
    });
}

fn models() -> Vec<nmf::Settings> {
    let by = |divergence| nmf::Settings {
        divergence,
        ..nmf::Settings::default()
    };
    let mut all = vec![
        by(Divergence::ItakuraSaito),
        by(Divergence::Euclidean),
        by(Divergence::Beta(0.5)),
        by(Divergence::Beta(1.5)),
    ];
    all.push(nmf::Settings {
        continuity: 0.1,
        sparsity: 0.1,
        ..nmf::Settings::default()
    });
    all
}

#[test]
fn stems_of_every_divergence_and_penalty_add_up_whether_sources_or_components_are_asked_for() {
    let recording = recording();
    for model in models() {
        for sources in [SourceCount::Components, SourceCount::Fixed(2)] {
            let settings = settings(model.clone(), sources);
            let separation = run(&recording, &settings);
            let curve = &separation.factorization.divergence_curve;
            assert!(
                curve.windows(2).all(|d| d[1] <= d[0] * (1.0 + 1e-6)),
                "{curve:?}"
            );
            assert_stems_add_up(&recording, &separation);
        }
    }
}

#[test]
fn a_factorization_by_any_divergence_runs_on_from_its_factors() {
    let recording = recording();
    for model in models() {
        let settings = settings(model, SourceCount::Components);
        let first = run(&recording, &settings);
        let factors = first.factors().unwrap();
        let cancel = Cancel::default();
        let second = done(resume(&recording, &settings, &factors, &Silent, &cancel));
        let last = |s: &Separation| *s.factorization.divergence_curve.last().unwrap();
        let begin = second.factorization.divergence_curve[0];
        assert!((begin / last(&first) - 1.0).abs() < 1e-4);
        assert!(last(&second) < begin);
    }
}

#[test]
fn a_long_one_runs_on_by_plain_updates_as_many_as_are_asked_for() {
    let recording = recording();
    let mut settings = settings(nmf::Settings::default(), SourceCount::Components);
    (settings.stft.size, settings.stft.hop) = (64, 8);
    (settings.nmf.iterations, settings.nmf.tolerance) = (160, 0.0);
    let first = run(&recording, &settings);
    assert!(first.factorization.activations.cols() >= nmf::Settings::FAST_FRAMES);
    assert!(first.factorization.iterations < 100);
    let factors = first.factors().unwrap();
    let cancel = Cancel::default();
    let second = done(resume(&recording, &settings, &factors, &Silent, &cancel));
    assert_eq!(second.factorization.iterations, 160);
    assert_eq!(second.factorization.divergence_curve.len(), 161);
}

#[test]
fn patterns_stay_whole_and_their_stems_add_up() {
    let recording = recording();
    for (sources, stems) in [(SourceCount::Components, 4), (SourceCount::Fixed(2), 2)] {
        let settings = SeparationSettings {
            components: ComponentCount::Fixed(4),
            template_frames: 5,
            ..settings(nmf::Settings::default(), sources)
        };
        let separation = run(&recording, &settings);
        assert_eq!(separation.components.len(), 20);
        assert_eq!(separation.sources.len(), stems);
        for source in &separation.sources {
            for pattern in source.components.chunks(5) {
                assert_eq!(pattern[0] % 5, 0);
                assert!(pattern.windows(2).all(|c| c[1] == c[0] + 1));
            }
        }
        assert_stems_add_up(&recording, &separation);
    }
    let refused = SeparationSettings {
        template_frames: 5,
        ..settings(models()[0].clone(), SourceCount::Components)
    };
    let error = separate(&recording, &refused, &Silent, &Cancel::default()).unwrap_err();
    assert!(matches!(
        error,
        SeparationError::Factorize(NmfError::Convolutive)
    ));
}

#[test]
fn what_lasts_what_strikes_and_the_rest_add_up() {
    let recording = recording();
    let stft = Stft::new(StftSettings::default()).unwrap();
    for (margin, stems) in [(1.0, 2), (2.0, 3)] {
        let settings = HpssSettings {
            margin,
            ..HpssSettings::default()
        };
        let cancel = Cancel::default();
        let masks = done(split(&recording, &stft, &settings, &Silent, &cancel));
        let renderer = StemRenderer::of_split(&recording, &masks, &stft).unwrap();
        assert_eq!(renderer.stems(), stems);
        assert_null(&recording, stems, |settings| {
            let files = done(export_renderer(&renderer, settings, &Silent, &cancel));
            files.into_iter().map(|file| file.path).collect()
        });
    }
    let cancel = Cancel::default();
    cancel.cancel();
    let cancelled = split(
        &recording,
        &stft,
        &HpssSettings::default(),
        &Silent,
        &cancel,
    );
    assert!(matches!(cancelled, Ok(Outcome::Cancelled)));
}

#[test]
fn a_tone_is_harmonic_and_strokes_are_percussive() {
    let recording = recording();
    let stft = Stft::new(StftSettings::default()).unwrap();
    let cancel = Cancel::default();
    let masks = done(split(
        &recording,
        &stft,
        &HpssSettings::default(),
        &Silent,
        &cancel,
    ));
    let energy = |part: usize, channel: usize| {
        let renderer = StemRenderer::of_split(&recording, &masks, &stft).unwrap();
        let (mut block, mut workspace) = (Default::default(), renderer.workspace());
        assert!(renderer.render(0..recording.frames(), &mut block, &mut workspace, &|| true));
        let plane: &[f32] = block.plane(part, channel);
        plane.iter().map(|x| f64::from(x * x)).sum::<f64>()
    };
    assert!(energy(0, 0) > 10.0 * energy(1, 0), "the tone");
    assert!(energy(1, 1) > 2.0 * energy(0, 1), "the strokes");
}
