//! Separation of recordings that stay on the disk.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use partita::audio::{RecordingReader, StemFormat, read};
use partita::nmf;
use partita::separation::{
    Cancel, ComponentCount, ExportSettings, Iteration, Model, Outcome, Phase, Progress, Quality,
    RecordingStream, Separation, SeparationError, SeparationSettings, Silent, SourceCount, Stage,
    chosen_model, export_stems, export_stream, separate, separate_stream,
};
use partita::spectral::StftSettings;

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo.wav")
}

/// Frames are so large that the sample, of which the memory allows about 8 MiB, is every third of them.
fn settings() -> SeparationSettings {
    SeparationSettings {
        stft: StftSettings {
            size: 4096,
            hop: 256,
            ..StftSettings::default()
        },
        components: ComponentCount::Fixed(8),
        sources: SourceCount::Components,
        nmf: nmf::Settings {
            iterations: 40,
            tolerance: 0.0,
            ..nmf::Settings::default()
        },
        model: Model::Online,
        memory: Some(109 << 20),
        ..SeparationSettings::default()
    }
}

fn done<T>(outcome: Result<Outcome<T>, SeparationError>) -> T {
    match outcome.unwrap() {
        Outcome::Done(result) => result,
        Outcome::Cancelled => panic!("nobody cancelled"),
    }
}

fn stream(path: &Path, first: u64, most: u64) -> RecordingStream {
    let reader = RecordingReader::open(path).unwrap();
    done(RecordingStream::open(
        reader,
        first,
        most,
        &Silent,
        &Cancel::default(),
    ))
}

fn online(path: &Path, settings: &SeparationSettings) -> Separation {
    let mut stream = stream(path, 0, u64::MAX);
    done(separate_stream(
        &mut stream,
        settings,
        &Silent,
        &Cancel::default(),
    ))
}

fn export(folder: &Path, stems: usize, format: StemFormat) -> ExportSettings {
    ExportSettings {
        folder: folder.to_owned(),
        names: (0..stems).map(|i| format!("{i}.wav")).collect(),
        format,
        overwrite: false,
        channel_mask: None,
        time_reference: None,
    }
}

#[test]
fn the_divergence_is_within_a_hundredth_of_that_of_the_whole() {
    let settings = settings();
    let recording = read(&demo()).unwrap().buffer;
    let batch = done(separate(&recording, &settings, &Silent, &Cancel::default()));
    let online = online(&demo(), &settings);
    let curve = &online.factorization.divergence_curve;
    // One value for each pass: the sample was not all there is.
    assert!(curve.len() < 10, "{curve:?}");
    assert!(curve.windows(2).all(|d| d[1] <= d[0]), "{curve:?}");
    let whole = *batch.factorization.divergence_curve.last().unwrap();
    let ratio = curve.last().unwrap() / whole;
    assert!(ratio < 1.01, "{ratio}");
    assert_eq!(
        online.factorization.activations.cols(),
        batch.factorization.activations.cols()
    );
    assert_eq!(online.scale, batch.scale);
}

#[test]
fn a_spectrogram_that_fits_into_the_sample_is_factorized_as_a_whole() {
    let settings = SeparationSettings {
        stft: StftSettings::default(),
        memory: Some(1 << 30),
        ..settings()
    };
    let recording = read(&demo()).unwrap().buffer;
    let batch = done(separate(&recording, &settings, &Silent, &Cancel::default()));
    let online = online(&demo(), &settings);
    assert_eq!(online.factorization, batch.factorization);
    assert_eq!(online.components, batch.components);
}

/// Shapes of all factors that were shown, and how many frames sound in the last ones.
#[derive(Default)]
struct Watching(Mutex<(Vec<(usize, usize)>, usize)>);

impl Progress for Watching {
    fn report(&self, _: Phase, _: f64) {}

    fn iterated(&self, iteration: &Iteration<'_>) -> ControlFlow<()> {
        let factors = iteration.factors().unwrap();
        let h = factors.activations();
        let mut seen = self.0.lock().unwrap();
        seen.0.push((factors.templates().rows(), h.cols()));
        let sounds = |n: &usize| h.column(*n).iter().any(|x| *x > 0.0);
        seen.1 = (0..h.cols()).filter(sounds).count();
        ControlFlow::Continue(())
    }
}

#[test]
fn what_is_found_in_the_sample_is_shown_among_all_frames() {
    let by_atoms = SeparationSettings {
        components: ComponentCount::Auto,
        sources: SourceCount::Fixed(2),
        quality: Quality::Fast,
        memory: Some(130 << 20),
        ..settings()
    };
    for (settings, everywhere) in [(settings(), true), (by_atoms, false)] {
        let watching = Watching::default();
        let mut stream = stream(&demo(), 0, u64::MAX);
        let found = separate_stream(&mut stream, &settings, &watching, &Cancel::default());
        let all = done(found).factorization.activations.cols();
        let (shapes, sounding) = &*watching.0.lock().unwrap();
        assert!(shapes.len() > 10);
        assert!(
            shapes.iter().all(|shape| *shape == (2049, all)),
            "{all}: {shapes:?}"
        );
        // The demo begins and ends with some silence.
        assert_eq!(*sounding > 9 * all / 10, everywhere, "{sounding} of {all}");
        assert!(*sounding > all / 10);
    }
}

/// Stops in the third iteration, and notes down what came after.
#[derive(Default)]
struct StoppingEarly {
    iterations: Mutex<usize>,
    whole: Mutex<bool>,
}

impl Progress for StoppingEarly {
    fn report(&self, _: Phase, _: f64) {}

    fn enters(&self, stage: Stage) {
        assert_eq!(stage, Stage::Whole);
        *self.whole.lock().unwrap() = true;
    }

    fn iterated(&self, iteration: &Iteration<'_>) -> ControlFlow<()> {
        assert!(!*self.whole.lock().unwrap());
        *self.iterations.lock().unwrap() += 1;
        if iteration.number() < 3 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

#[test]
fn who_stops_in_the_sample_keeps_what_was_learnt_for_all_of_the_recording() {
    let settings = settings();
    let early = StoppingEarly::default();
    let mut recording = stream(&demo(), 0, u64::MAX);
    let cancel = Cancel::default();
    let separation = done(separate_stream(&mut recording, &settings, &early, &cancel));
    assert_eq!(*early.iterations.lock().unwrap(), 3);
    assert!(*early.whole.lock().unwrap());
    // It learns once more in the pass over all frames, and is no result of forty iterations.
    let curve = &separation.factorization.divergence_curve;
    let complete = online(&demo(), &settings).factorization.divergence_curve;
    assert_eq!(curve.len(), complete.len());
    assert!(curve.last().unwrap() > complete.last().unwrap());
    let h = &separation.factorization.activations;
    assert!((0..h.cols()).any(|n| n > h.cols() - 400 && h.column(n).iter().sum::<f32>() > 0.0));
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let settings = settings();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
            .install(|| online(&demo(), &settings).factorization)
    };
    let one = run(1);
    assert_eq!(run(2), one);
    assert_eq!(run(3), one);
}

#[test]
fn stems_from_the_disk_have_the_bytes_of_stems_from_memory_and_add_up() {
    let settings = settings();
    let recording = read(&demo()).unwrap().buffer;
    let found = online(&demo(), &settings);
    for format in [StemFormat::I16, StemFormat::F32] {
        let folder = tempfile::tempdir().unwrap();
        let (memory, disk) = (folder.path().join("memory"), folder.path().join("disk"));
        let whole = export(&memory, 8, format);
        let whole = done(export_stems(
            &recording,
            &found,
            &whole,
            &Silent,
            &Cancel::default(),
        ));
        let mut stream = stream(&demo(), 0, u64::MAX);
        let parts = export(&disk, 8, format);
        let parts = done(export_stream(
            &mut stream,
            &found,
            &parts,
            &Silent,
            &Cancel::default(),
        ));
        let hashes = |files: &[partita::separation::StemFile]| {
            files.iter().map(|f| f.sha256).collect::<Vec<_>>()
        };
        assert_eq!(hashes(&parts), hashes(&whole));
        if format == StemFormat::I16 {
            let mut sum = vec![vec![0.0_f64; recording.frames()]; recording.channel_count()];
            for file in &parts {
                let stem = read(&file.path).unwrap().buffer;
                for (sum, channel) in sum.iter_mut().zip(stem.channels()) {
                    for (sum, &x) in sum.iter_mut().zip(channel) {
                        *sum += f64::from(x);
                    }
                }
            }
            for (sum, channel) in sum.iter().zip(recording.channels()) {
                assert!(
                    sum.iter()
                        .zip(channel)
                        .all(|(sum, &x)| *sum == f64::from(x))
                );
            }
        }
    }
}

#[test]
fn a_part_of_the_recording_is_separated_as_that_part_alone() {
    let settings = SeparationSettings {
        stft: StftSettings::default(),
        ..settings()
    };
    let (first, most) = (100_001, 120_000);
    let part = read(&demo()).unwrap().buffer.excerpt(first..first + most);
    let batch = done(separate(&part, &settings, &Silent, &Cancel::default()));
    let mut stream = stream(&demo(), first as u64, most as u64);
    assert_eq!(stream.frames(), most);
    let online = done(separate_stream(
        &mut stream,
        &settings,
        &Silent,
        &Cancel::default(),
    ));
    assert_eq!(online.factorization, batch.factorization);
    assert_eq!(stream.into_buffer().unwrap(), part);
}

#[test]
fn the_model_is_chosen_by_the_memory_that_may_be_used() {
    let asked = |model, memory| SeparationSettings {
        model,
        memory: Some(memory),
        ..settings()
    };
    let hour = 3600 * 44_100;
    let chosen = |model, memory| chosen_model(hour, 2, &asked(model, memory));
    assert_eq!(chosen(Model::Auto, 1 << 30), Model::Online);
    assert_eq!(chosen(Model::Auto, 1 << 36), Model::Batch);
    assert_eq!(chosen(Model::Batch, 1 << 30), Model::Batch);
    assert_eq!(chosen(Model::Online, 1 << 36), Model::Online);

    let tight = asked(Model::Online, 50 << 20);
    let mut stream = stream(&demo(), 0, u64::MAX);
    let refused = separate_stream(&mut stream, &tight, &Silent, &Cancel::default());
    assert!(matches!(refused, Err(SeparationError::Budget { .. })));
}

#[test]
fn a_cancel_ends_it() {
    let cancel = Cancel::default();
    let mut stream = stream(&demo(), 0, u64::MAX);
    cancel.cancel();
    let outcome = separate_stream(&mut stream, &settings(), &Silent, &cancel).unwrap();
    assert!(matches!(outcome, Outcome::Cancelled));
}
