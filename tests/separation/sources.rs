//! Sources whose components are not asked for: atoms of several factorizations, grouped.

#![allow(clippy::unwrap_used)]

use std::f32::consts::TAU;
use std::ops::ControlFlow;

use partita::audio::{AudioBuffer, StemFormat, read};
use partita::evaluation::si_sdr;
use partita::nmf::Divergence;
use partita::separation::{
    Cancel, ComponentCount, ExportSettings, Ingredient, Iteration, Outcome, Phase, Progress,
    Quality, Separation, SeparationError, SeparationSettings, Silent, SourceCount, Stage, at_rate,
    estimate, export_stems, separate,
};
use partita::spectral::Stft;

const RATE: u32 = 8000;

/// Two seconds of stereo: a low and a high melody, one on each side, and strokes in the middle.
fn parts() -> [AudioBuffer; 3] {
    let sine = |hz: f32, t: usize| (TAU * (hz * t as f32 / RATE as f32).fract()).sin();
    let mut noise = 1_u32;
    let mut parts = [(); 3].map(|()| vec![Vec::new(), Vec::new()]);
    for t in 0..2 * RATE as usize {
        let low = [110.0, 147.0, 131.0, 98.0][t / 4000];
        let high = [1319.0, 1047.0, 1175.0, 1568.0][(t + 1300) / 4000 % 4];
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let stroke = (-((t % 3000) as f32) / 200.0).exp() * (noise >> 8) as f32 / 2f32.powi(24);
        let (low, high) = (0.3 * sine(low, t), 0.2 * sine(high, t));
        let stroke = 0.3 * (stroke - 0.1);
        for (part, [left, right]) in
            parts
                .iter_mut()
                .zip([[low, 0.1 * low], [0.1 * high, high], [stroke, stroke]])
        {
            part[0].push(left);
            part[1].push(right);
        }
    }
    parts.map(|channels| AudioBuffer::new(channels, RATE).unwrap())
}

/// All parts together.
fn band() -> AudioBuffer {
    let parts = parts();
    let sum = |c: usize, t: usize| parts.iter().map(|part| part.channels()[c][t]).sum();
    let channel = |c: usize| (0..parts[0].frames()).map(|t| sum(c, t)).collect();
    AudioBuffer::new(vec![channel(0), channel(1)], RATE).unwrap()
}

fn settings(sources: SourceCount) -> SeparationSettings {
    SeparationSettings {
        sources,
        quality: Quality::Fast,
        ..SeparationSettings::default()
    }
}

fn run(recording: &AudioBuffer, settings: &SeparationSettings) -> Separation {
    match separate(recording, settings, &Silent, &Cancel::default()).unwrap() {
        Outcome::Done(separation) => separation,
        Outcome::Cancelled => panic!("nobody cancelled"),
    }
}

fn stems(recording: &AudioBuffer, separation: &Separation, format: StemFormat) -> Vec<AudioBuffer> {
    let folder = tempfile::tempdir().unwrap();
    let settings = ExportSettings {
        folder: folder.path().join("stems"),
        names: (0..separation.sources.len())
            .map(|i| format!("{i:02}.wav"))
            .collect(),
        format,
        overwrite: false,
        channel_mask: None,
        time_reference: None,
    };
    let cancel = Cancel::default();
    let Outcome::Done(files) =
        export_stems(recording, separation, &settings, &Silent, &cancel).unwrap()
    else {
        panic!("nobody cancelled");
    };
    files
        .iter()
        .map(|file| read(&file.path).unwrap().buffer)
        .collect()
}

#[test]
fn noise_is_called_noise_and_what_has_notes_or_strokes_is_not() {
    // Four seconds of white noise, and the same below a corner at 130 Hz.
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 2f32.powi(24) - 0.5
    };
    let white: Vec<f32> = (0..4 * RATE).map(|_| 0.5 * random()).collect();
    let mut level = 0.0;
    let low = white.iter().map(|x| {
        level = 0.9 * level + 0.1 * x;
        level
    });
    let low: Vec<f32> = low.collect();
    for samples in [white, low] {
        let noise = AudioBuffer::new(vec![samples], RATE).unwrap();
        let mut settings = settings(SourceCount::Auto);
        settings.stft = at_rate(settings.stft, RATE);
        for source in run(&noise, &settings).sources {
            assert!(source.name.contains("noise"), "{}", source.name);
        }
    }
    let names: Vec<String> = run(&band(), &settings(SourceCount::Fixed(3)))
        .sources
        .into_iter()
        .map(|source| source.name)
        .collect();
    assert!(!names.concat().contains("noise"), "{names:?}");
}

#[test]
fn stems_of_sources_add_up_to_the_recording() {
    let recording = band();
    let separation = run(&recording, &settings(SourceCount::Fixed(3)));
    assert_eq!(separation.sources.len(), 3);
    let gains = separation.channel_gains.as_ref().unwrap();
    assert_eq!(gains.cols(), separation.components.len());
    let floats = stems(&recording, &separation, StemFormat::F32);
    let integers = stems(&recording, &separation, StemFormat::I16);
    let code = |x: f32| (x * 32768.0).round_ties_even().clamp(-32768.0, 32767.0) as i64;
    for (c, channel) in recording.channels().iter().enumerate() {
        for (t, &x) in channel.iter().enumerate() {
            let sum: f64 = floats.iter().map(|s| f64::from(s.channels()[c][t])).sum();
            assert!((sum - f64::from(x)).abs() < 1e-6, "{c} {t}");
            let sum: i64 = integers.iter().map(|s| code(s.channels()[c][t])).sum();
            assert_eq!(sum, code(x), "{c} {t}");
        }
    }
}

#[test]
fn the_parts_of_a_band_come_apart() {
    let recording = band();
    for quality in [Quality::Fast, Quality::Best] {
        let settings = SeparationSettings {
            quality,
            ..settings(SourceCount::Fixed(3))
        };
        let separation = run(&recording, &settings);
        let found = stems(&recording, &separation, StemFormat::F32);
        let score = si_sdr(&parts(), &found, Some(&recording)).unwrap();
        let gains: Vec<f64> = score
            .sources
            .iter()
            .filter_map(|s| s.improvement())
            .collect();
        assert_eq!(gains.len(), 3);
        assert!(
            gains.iter().all(|&gain| gain > 14.0),
            "{quality:?} {gains:?}"
        );
    }
}

#[test]
fn atoms_say_how_well_the_runs_found_them() {
    let recording = band();
    let settings = settings(SourceCount::Fixed(3));
    let found = run(&recording, &settings);
    let shares: Vec<(f64, f64)> = found
        .components
        .iter()
        .map(|c| (c.energy_share, c.stability.unwrap()))
        .collect();
    assert!(shares.iter().all(|(_, share)| (0.0..=1.0).contains(share)));
    // What is loud is found by all runs, what is left over by none of them.
    let loud: f64 = shares.iter().map(|(energy, share)| energy * share).sum();
    let least = shares.iter().map(|s| s.1).fold(1.0, f64::min);
    assert!(loud > 0.6 && least < 0.3, "{loud} {least}");
    let one_run = SeparationSettings {
        without: vec![Ingredient::Runs],
        ..settings
    };
    let found = run(&recording, &one_run);
    assert!(found.components.iter().all(|c| c.stability.is_none()));
}

#[test]
fn sources_have_the_same_bits_for_any_number_of_threads_and_in_every_run() {
    let recording = band();
    for settings in [SourceCount::Fixed(3), SourceCount::Auto].map(settings) {
        same_bits(&recording, &settings);
    }
}

fn same_bits(recording: &AudioBuffer, settings: &SeparationSettings) {
    let [one, three, again] = [1, 3, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| run(recording, settings))
    });
    for other in [three, again] {
        assert_eq!(one.factorization.templates, other.factorization.templates);
        let activations = &one.factorization.activations;
        assert_eq!(*activations, other.factorization.activations);
        assert_eq!(one.channel_gains, other.channel_gains);
        assert_eq!(one.components, other.components);
        assert_eq!(one.sources, other.sources);
        assert_eq!(one.dendrogram, other.dendrogram);
    }
}

#[test]
fn every_component_belongs_to_one_source_and_the_tree_cuts_into_the_sources() {
    let recording = band();
    for sources in [SourceCount::Fixed(2), SourceCount::Auto] {
        let separation = run(&recording, &settings(sources));
        let count = separation.components.len();
        let members: Vec<Vec<usize>> = separation
            .sources
            .iter()
            .map(|source| source.components.clone())
            .collect();
        let mut all = members.concat();
        all.sort_unstable();
        assert_eq!(all, (0..count).collect::<Vec<_>>(), "{sources:?}");
        let share: f64 = separation.sources.iter().map(|s| s.energy_share).sum();
        assert!((share - 1.0).abs() < 1e-9, "{sources:?}");
        let tree = separation.dendrogram.unwrap();
        assert!(tree.fits(count), "{sources:?}");
        let mut cut = tree.cut(members.len());
        let mut members = members;
        cut.sort();
        members.sort();
        assert_eq!(cut, members, "{sources:?}");
    }
}

#[test]
fn the_number_of_sources_is_found_where_a_few_tones_are_all_there_is() {
    const TONES: [(f32, usize); 3] = [(220.0, 3000), (740.0, 4700), (1900.0, 2100)];
    for count in 2..=TONES.len() {
        let tone = |t: usize, (hz, length): (f32, usize)| {
            // It comes and goes gently: a click would be a sound of its own.
            let at = t % (2 * length);
            let fade = at.min((2 * length - at).saturating_sub(length)).min(600) as f32 / 600.0;
            let wave = (TAU * (hz * t as f32 / RATE as f32).fract()).sin();
            0.1 * (1.0 - (TAU * fade / 2.0).cos()) * wave
        };
        let sample = |t: usize| TONES[..count].iter().map(|&of| tone(t, of)).sum();
        let samples: Vec<f32> = (0..4 * RATE as usize).map(sample).collect();
        let recording = AudioBuffer::new(vec![samples], RATE).unwrap();
        let mut settings = settings(SourceCount::Auto);
        (settings.stft.size, settings.stft.hop) = (128, 32);
        let separation = run(&recording, &settings);
        let mut peaks: Vec<f64> = separation.components.iter().map(|c| c.peak_hz).collect();
        peaks.sort_by(f64::total_cmp);
        assert_eq!(separation.sources.len(), count, "{peaks:?}");
        for (peak, (hz, _)) in peaks.iter().zip(TONES) {
            assert!((peak - f64::from(hz)).abs() < 31.0, "{count}: {peaks:?}");
        }
    }
}

#[test]
fn very_short_recordings_come_apart_without_being_asked_for_a_number() {
    for samples in [200, 600, 1000, 1500] {
        let tone = |hz: f32, t: usize| (TAU * (hz * t as f32 / RATE as f32).fract()).sin();
        let left = (0..samples)
            .map(|t| 0.4 * tone(300.0 + t as f32, t))
            .collect();
        let right = (0..samples)
            .map(|t| 0.3 * tone(2000.0 - t as f32, t))
            .collect();
        let recording = AudioBuffer::new(vec![left, right], RATE).unwrap();
        let separation = run(&recording, &settings(SourceCount::Auto));
        assert!(!separation.sources.is_empty(), "{samples}");
    }
}

#[test]
fn other_divergences_are_as_low_where_stretches_stand_for_a_long_recording() {
    let short = band();
    let channels = short.channels().iter();
    let long = AudioBuffer::new(channels.map(|c| c.repeat(8)).collect(), RATE).unwrap();
    for beta in [0.0, 0.5, 1.0, 2.0] {
        let mut settings = settings(SourceCount::Fixed(3));
        (settings.stft.size, settings.stft.hop) = (512, 64);
        settings.nmf.divergence = Divergence::Beta(beta);
        let [once, often] = [&short, &long].map(|recording| {
            let separation = run(recording, &settings);
            let frames = separation.factorization.activations.cols();
            assert!(recording.frames() == short.frames() || frames > 1800);
            let curve = &separation.factorization.divergence_curve;
            curve.last().unwrap() / frames as f64
        });
        assert!(often < 2.0 * once, "{beta}: {often} {once}");
    }
}

#[test]
fn short_and_silent_recordings_have_sources_too() {
    let mono = |samples: Vec<f32>| AudioBuffer::new(vec![samples], RATE).unwrap();
    for (what, recording, sources) in [
        ("one sample", mono(vec![0.7]), 1),
        ("silence", mono(vec![0.0; 6000]), 2),
        ("a constant", mono(vec![0.5; 6000]), 2),
    ] {
        let separation = run(&recording, &settings(SourceCount::Fixed(sources)));
        assert_eq!(separation.sources.len(), sources, "{what}");
        assert!(separation.channel_gains.is_none(), "{what}");
        let stems = stems(&recording, &separation, StemFormat::F32);
        for (t, &x) in recording.channels()[0].iter().enumerate() {
            let sum: f32 = stems.iter().map(|stem| stem.channels()[0][t]).sum();
            assert!((sum - x).abs() < 1e-6, "{what} {t}");
        }
    }
}

#[test]
fn a_number_of_sources_that_cannot_be_is_refused() {
    let recording = band();
    for sources in [0, 5000] {
        let settings = settings(SourceCount::Fixed(sources));
        let error = separate(&recording, &settings, &Silent, &Cancel::default()).unwrap_err();
        let wanted = matches!(error, SeparationError::Sources { sources: s, .. } if s == sources);
        assert!(wanted, "{error}");
    }
}

/// Cancels at the first report of this phase that is past a fraction.
struct CancelAt(Phase, f64, Cancel);

impl Progress for CancelAt {
    fn report(&self, phase: Phase, fraction: f64) {
        assert!((0.0..=1.0).contains(&fraction));
        if phase == self.0 && fraction >= self.1 {
            self.2.cancel();
        }
    }
}

#[test]
fn sources_can_be_cancelled_in_every_stage() {
    let recording = band();
    // In the trial, in the runs, with atoms of each source, and with all together.
    let stages = [0.0, 0.01, 0.2, 0.6, 0.8].map(|fraction| (Phase::Factorize, fraction));
    let moments = [(Phase::Stft, 0.0)].into_iter().chain(stages);
    for (phase, fraction) in moments {
        for sources in [SourceCount::Fixed(3), SourceCount::Auto] {
            let cancel = Cancel::default();
            let progress = CancelAt(phase, fraction, cancel.clone());
            let outcome = separate(&recording, &settings(sources), &progress, &cancel).unwrap();
            assert!(
                matches!(outcome, Outcome::Cancelled),
                "{phase:?} {fraction} {sources:?}"
            );
        }
    }
}

/// Remembers the stages in which something could be seen, and that no progress went back.
#[derive(Default)]
struct Stages(std::sync::Mutex<(Vec<Stage>, f64)>);

impl Progress for Stages {
    fn report(&self, phase: Phase, fraction: f64) {
        if phase == Phase::Factorize {
            let mut seen = self.0.lock().unwrap();
            assert!(fraction >= seen.1, "{fraction} after {}", seen.1);
            seen.1 = fraction;
        }
    }

    fn iterated(&self, iteration: &Iteration<'_>) -> ControlFlow<()> {
        let mut seen = self.0.lock().unwrap();
        if seen.0.last() != Some(&iteration.stage()) {
            seen.0.push(iteration.stage());
        }
        ControlFlow::Continue(())
    }
}

#[test]
fn the_progress_goes_through_all_stages_and_never_back() {
    let recording = band();
    for sources in [SourceCount::Fixed(3), SourceCount::Auto] {
        let (progress, cancel) = (Stages::default(), Cancel::default());
        separate(&recording, &settings(sources), &progress, &cancel).unwrap();
        let (stages, fraction) = progress.0.into_inner().unwrap();
        assert_eq!(fraction, 1.0, "{sources:?}");
        let first = stages.iter().position(|&stage| stage != Stage::Trial);
        assert!(first > Some(0), "{sources:?}: {stages:?}");
        assert_eq!(stages.last(), Some(&Stage::Together), "{sources:?}");
    }
}

#[test]
fn the_estimate_of_sources_counts_quality_channels_and_length() {
    let minute = 60 * 44_100;
    let costs = |samples: usize, channels: usize, quality: Quality| {
        let settings = SeparationSettings {
            sources: SourceCount::Fixed(3),
            quality,
            ..SeparationSettings::default()
        };
        assert_eq!(settings.components, ComponentCount::Auto);
        estimate(samples, channels, &settings, StemFormat::I16)
    };
    let cost = |minutes: usize, channels, quality| costs(minutes * minute, channels, quality);
    let mono = cost(3, 1, Quality::Best);
    let stereo = cost(3, 2, Quality::Best);
    assert!(stereo.seconds > 1.8 * mono.seconds);
    let both = |samples| [Quality::Best, Quality::Fast].map(|q| costs(samples, 1, q).seconds);
    let [best, fast] = both(minute / 3);
    assert!(best > 2.0 * fast);
    // The last fit, which alone grows with the length, takes as long in both.
    let [[best, fast], [longer_best, longer_fast]] = [both(3 * minute), both(9 * minute)];
    assert!((longer_best - longer_fast - (best - fast)).abs() < 1e-9 * best);
    let spectrogram = 4 * 1025 * (3 * minute as u64 / 512);
    assert!(stereo.memory > mono.memory + spectrogram);
    assert!(cost(9, 2, Quality::Best).seconds < 3.0 * stereo.seconds);
    assert_eq!(mono.components, 60);
}

/// Keeps what there is at the `at`-th time that factors can be seen; remembers those it saw.
struct KeepAt {
    at: usize,
    seen: std::sync::Mutex<(usize, Vec<usize>)>,
}

impl Progress for KeepAt {
    fn report(&self, _: Phase, _: f64) {}

    fn iterated(&self, iteration: &Iteration<'_>) -> ControlFlow<()> {
        let mut seen = self.seen.lock().unwrap();
        seen.0 += 1;
        if seen.0.is_multiple_of(20) || seen.0 == self.at {
            seen.1
                .push(iteration.factors().unwrap().activations().cols());
        }
        if seen.0 >= self.at {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

#[test]
fn what_is_kept_in_any_stage_is_sources_whose_stems_add_up() {
    let short = band();
    let channels = short.channels().iter();
    // Long enough that the atoms are those of stretches.
    let long = AudioBuffer::new(channels.map(|c| c.repeat(8)).collect(), RATE).unwrap();
    let mut fixed = settings(SourceCount::Fixed(3));
    (fixed.stft.size, fixed.stft.hop) = (512, 64);
    let found = SeparationSettings {
        sources: SourceCount::Auto,
        ..fixed.clone()
    };
    let stft = Stft::new(fixed.stft).unwrap();
    for (recording, settings) in [(&short, &fixed), (&long, &fixed), (&short, &found)] {
        let frames = stft.frame_count(recording.frames());
        for at in [1, 70, 130, 160] {
            let progress = KeepAt {
                at,
                seen: std::sync::Mutex::default(),
            };
            let cancel = Cancel::default();
            let outcome = separate(recording, settings, &progress, &cancel).unwrap();
            let Outcome::Done(separation) = outcome else {
                panic!("nobody cancelled");
            };
            let (calls, lengths) = progress.seen.into_inner().unwrap();
            assert!(calls <= at + 3, "{calls} calls after {at}");
            assert!(lengths.iter().all(|&length| length == frames), "{at}");
            match settings.sources {
                SourceCount::Fixed(wanted) => assert_eq!(separation.sources.len(), wanted, "{at}"),
                _ => assert!(!separation.sources.is_empty(), "{at}"),
            }
            assert_eq!(separation.factorization.activations.cols(), frames, "{at}");
            let stems = stems(recording, &separation, StemFormat::F32);
            for (t, &x) in recording.channels()[1].iter().enumerate() {
                let sum: f32 = stems.iter().map(|stem| stem.channels()[1][t]).sum();
                assert!((sum - x).abs() < 1e-6, "{at} {t}");
            }
        }
    }
}

#[test]
fn components_that_are_asked_for_can_have_gains_in_the_channels() {
    let recording = band();
    for (components, sources) in [
        (ComponentCount::Fixed(6), SourceCount::Components),
        (ComponentCount::Fixed(6), SourceCount::Fixed(3)),
        (ComponentCount::Evidence, SourceCount::Auto),
    ] {
        let settings = SeparationSettings {
            components,
            channel_gains: true,
            ..settings(sources)
        };
        let separation = run(&recording, &settings);
        let gains = separation.channel_gains.as_ref().unwrap();
        let count = separation.components.len();
        assert_eq!((gains.rows(), gains.cols()), (2, count));
        let most = |side: usize| {
            (0..count)
                .map(|k| gains.column(k)[side])
                .fold(0.0, f32::max)
        };
        match separation.choice.as_ref() {
            Some(choice) => assert_eq!(choice.chosen, count),
            // One melody is stronger on each side.
            None => assert!(count == 6 && most(0) > 0.7 && most(1) > 0.7, "{gains:?}"),
        }
        let floats = stems(&recording, &separation, StemFormat::F32);
        for (c, channel) in recording.channels().iter().enumerate() {
            for (t, &x) in channel.iter().enumerate() {
                let sum: f64 = floats.iter().map(|s| f64::from(s.channels()[c][t])).sum();
                assert!((sum - f64::from(x)).abs() < 1e-6, "{c} {t}");
            }
        }
        let mono = AudioBuffer::new(vec![recording.channels()[0].clone()], RATE).unwrap();
        assert_eq!(run(&mono, &settings).channel_gains, None);
    }
}

#[test]
fn what_is_left_out_is_not_there() {
    let recording = band();
    let whole = run(&recording, &settings(SourceCount::Fixed(3)));
    for ingredient in Ingredient::ALL {
        let settings = SeparationSettings {
            without: vec![ingredient],
            ..settings(SourceCount::Fixed(3))
        };
        let separation = run(&recording, &settings);
        let sources = separation.sources.len();
        match ingredient {
            Ingredient::Grouping => assert_eq!(sources, (3 + 5) * 3),
            Ingredient::Second => {
                assert_eq!((sources, separation.components.len()), (3, (3 + 5) * 3));
            }
            Ingredient::Gains => {
                assert_eq!((sources, separation.channel_gains), (3, None));
            }
            // There is none where it is to be fast.
            Ingredient::Continuity => {
                let best = |without: &[Ingredient]| {
                    let settings = SeparationSettings {
                        quality: Quality::Best,
                        without: without.to_vec(),
                        ..settings.clone()
                    };
                    run(&recording, &settings).factorization
                };
                assert!(best(&[ingredient]) != best(&[]));
                assert!(separation.factorization == whole.factorization);
            }
            Ingredient::Runs | Ingredient::PairModel | Ingredient::Votes => {
                assert_eq!(sources, 3);
                assert!(separation.factorization != whole.factorization);
            }
            Ingredient::Simple => assert_eq!(sources, 3),
        }
    }
}
