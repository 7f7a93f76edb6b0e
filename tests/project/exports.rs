//! What an export writes.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use partita::audio::{AudioBuffer, StemFormat, read};
use partita::nmf::Matrix;
use partita::project::{
    DEFAULT_TEMPLATE, Edit, ExportRequest, Exported, Factor, Project, ProjectError, Row,
    SeparationData, What, export, export_files, export_plan, linear, write_csv, write_npy,
};
use partita::separation::{Cancel, Factors, Outcome, Phase, Progress, Silent};

use crate::support::{BASS, DRUMS, KEYS, after, data, group, open, project, samples};

fn request(folder: &Path, what: What, format: StemFormat) -> ExportRequest {
    ExportRequest {
        what,
        folder: folder.to_owned(),
        template: DEFAULT_TEMPLATE.into(),
        format,
        overwrite: false,
    }
}

fn done(project: &Project, request: &ExportRequest) -> Exported {
    match export(project, &samples(), request, &Silent, &Cancel::default()).unwrap() {
        Outcome::Done(exported) => exported,
        Outcome::Cancelled => panic!("cancelled"),
    }
}

fn heard(project: &Project, request: &ExportRequest) -> Vec<AudioBuffer> {
    let files = done(project, request).files;
    files
        .iter()
        .map(|file| read(&file.path).unwrap().buffer)
        .collect()
}

/// The largest difference between a buffer and a weighted sum of others.
fn difference(buffer: &AudioBuffer, parts: &[(f32, &AudioBuffer)]) -> f32 {
    let mut largest = 0.0_f32;
    for (c, channel) in buffer.channels().iter().enumerate() {
        for (t, &sample) in channel.iter().enumerate() {
            let sum: f32 = parts
                .iter()
                .map(|(gain, part)| gain * part.channels()[c][t])
                .sum();
            largest = largest.max((sample - sum).abs());
        }
    }
    largest
}

fn mute(row: Row) -> Edit {
    Edit::SetMute { row, on: true }
}

fn solo(row: Row) -> Edit {
    Edit::SetSolo { row, on: true }
}

#[test]
fn stems_of_sources_and_of_atoms_add_up_to_the_recording_whatever_is_muted() {
    let folder = tempfile::tempdir().unwrap();
    let muted = after(&project(), &[mute(Row::Source(BASS)), solo(Row::Atom(4))]);
    for (what, count) in [(What::Sources, 3), (What::Atoms, 6)] {
        let target = folder.path().join(format!("{what:?}"));
        let stems = heard(&muted, &request(&target, what, StemFormat::I16));
        assert_eq!(stems.len(), count);
        let parts: Vec<(f32, &AudioBuffer)> = stems.iter().map(|stem| (1.0, stem)).collect();
        // Codes of 16 bit are exact in floats, and so are their sums.
        assert_eq!(difference(&samples(), &parts), 0.0);
    }
}

#[test]
fn a_stem_sounds_as_its_solo_does_where_components_stand_apart() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(3, 5);
    let places = [[0.9, 0.1], [0.5, 0.5], [0.0, 1.0]];
    let gains = Matrix::from_fn(2, 3, |channel, k| places[k][channel]);
    let factors = Factors::with_channel_gains(
        data.factors.templates().clone(),
        data.factors.activations().clone(),
        gains,
    );
    let stereo = SeparationData {
        factors: Arc::new(factors.unwrap()),
        ..(*data).clone()
    };
    let edit = Edit::SetSeparation {
        data: Arc::new(stereo),
        groups: vec![group("Left", &[0]), group("Rest", &[1, 2])],
    };
    let project = after(&open(), &[edit]);
    for (what, rows) in [
        (
            What::Sources,
            [Row::Source(BASS), Row::Source(DRUMS)].as_slice(),
        ),
        (What::Atoms, &[Row::Atom(0), Row::Atom(1), Row::Atom(2)]),
    ] {
        let stems = folder.path().join(format!("{what:?}"));
        let stems = heard(&project, &request(&stems, what, StemFormat::F32));
        for (place, &row) in rows.iter().enumerate() {
            let target = folder.path().join(format!("{what:?} {place}"));
            let soloed = after(&project, &[solo(row)]);
            let mix = heard(
                &soloed,
                &request(&target, What::MixAsHeard, StemFormat::F32),
            );
            let apart = difference(&stems[place], &[(1.0, &mix[0])]);
            assert!(apart < 1e-6, "{row:?}: {apart}");
        }
    }
}

#[test]
fn files_are_named_after_what_is_in_them() {
    let folder = Path::new("/out");
    let files = |project: &Project, what, template: &str| -> Vec<String> {
        let mut request = request(folder, what, StemFormat::F32);
        request.template = template.into();
        let files = export_files(project, &request).unwrap();
        files
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    };
    assert_eq!(
        files(&project(), What::Sources, DEFAULT_TEMPLATE),
        ["/out/01-Bass.wav", "/out/02-Drums.wav", "/out/03-Keys.wav"]
    );
    assert_eq!(
        files(&project(), What::MixAsHeard, "{recording} {name}"),
        ["/out/song mix.wav"]
    );
    assert_eq!(
        files(&project(), What::MixWithout(Row::Source(BASS)), "{name}"),
        ["/out/without Bass.wav"]
    );
    assert_eq!(
        files(&project(), What::Sources, "x"),
        ["/out/x.wav", "/out/x 2.wav", "/out/x 3.wav"]
    );
    let mut wrong = request(folder, What::Sources, StemFormat::F32);
    wrong.template = "{title}".into();
    assert!(matches!(
        export_files(&project(), &wrong),
        Err(ProjectError::Template(_))
    ));
}

#[test]
fn the_mix_is_what_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let stems = heard(
        &project(),
        &request(&folder.path().join("stems"), What::Sources, StemFormat::F32),
    );
    let quiet = Edit::SetGain {
        row: Row::Source(KEYS),
        gain_db: -6.0,
    };
    let mixed = after(&project(), &[mute(Row::Source(BASS)), quiet]);
    let mix = heard(
        &mixed,
        &request(folder.path(), What::MixAsHeard, StemFormat::F32),
    );
    assert_eq!(mix.len(), 1);
    let parts = [(1.0, &stems[1]), (linear(-6.0), &stems[2])];
    assert!(difference(&mix[0], &parts) < 1e-5);
    let soloed = after(&mixed, &[solo(Row::Source(DRUMS))]);
    let without = What::MixWithout(Row::Source(DRUMS));
    let without = heard(&soloed, &request(folder.path(), without, StemFormat::F32));
    assert!(difference(&without[0], &[(linear(-6.0), &stems[2])]) < 1e-5);
}

#[test]
fn what_is_soloed_comes_as_stems() {
    let soloed = after(
        &project(),
        &[
            solo(Row::Source(KEYS)),
            mute(Row::Atom(3)),
            solo(Row::Atom(0)),
            solo(Row::Atom(4)),
        ],
    );
    let plan = export_plan(&soloed, What::Soloed).unwrap();
    let stems: Vec<(&str, &[usize])> = plan
        .stems
        .iter()
        .map(|stem| (stem.name.as_str(), stem.atoms.as_slice()))
        .collect();
    assert_eq!(stems, [("A2 · 110 Hz", &[0][..]), ("Keys", &[4, 5])]);
    let folder = tempfile::tempdir().unwrap();
    let written = heard(
        &soloed,
        &request(folder.path(), What::Soloed, StemFormat::I24),
    );
    let atoms = heard(
        &project(),
        &request(&folder.path().join("atoms"), What::Atoms, StemFormat::F32),
    );
    assert!(difference(&written[0], &[(1.0, &atoms[0])]) < 1e-5);
    assert!(difference(&written[1], &[(1.0, &atoms[4]), (1.0, &atoms[5])]) < 1e-5);
}

#[test]
fn a_mix_beyond_full_scale_is_clipped_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let loud = [BASS, DRUMS, KEYS].map(|id| Edit::SetGain {
        row: Row::Source(id),
        gain_db: 12.0,
    });
    let loud = after(&project(), &loud);
    let mut mix = request(folder.path(), What::MixAsHeard, StemFormat::I16);
    let exported = done(&loud, &mix);
    assert!(exported.clipped > 0);
    let peak = |path: &Path| {
        let buffer = read(path).unwrap().buffer;
        buffer
            .channels()
            .iter()
            .flatten()
            .fold(0.0_f32, |peak, x| peak.max(x.abs()))
    };
    assert_eq!(peak(&exported.files[0].path), 1.0);
    mix.format = StemFormat::F32;
    mix.overwrite = true;
    let exported = done(&loud, &mix);
    assert_eq!(exported.clipped, 0);
    assert!(peak(&exported.files[0].path) > 1.5);
}

#[test]
fn nothing_is_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let drums = folder.path().join("02-Drums.wav");
    let mix = folder.path().join("01-mix.wav");
    for file in [&drums, &mix] {
        fs::write(file, "precious").unwrap();
    }
    for (what, file) in [(What::Sources, &drums), (What::MixAsHeard, &mix)] {
        let mut request = request(folder.path(), what, StemFormat::F32);
        let refused = export(
            &project(),
            &samples(),
            &request,
            &Silent,
            &Cancel::default(),
        );
        match refused {
            Err(ProjectError::Exists(files)) => assert_eq!(files, std::slice::from_ref(file)),
            other => panic!("{other:?}"),
        }
        assert_eq!(fs::read(file).unwrap(), b"precious");
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            if what == What::Sources { 2 } else { 4 }
        );
        request.overwrite = true;
        done(&project(), &request);
        assert!(read(file).is_ok());
    }
}

/// Cancels as soon as the export has begun.
struct CancelAtOnce(Cancel);

impl Progress for CancelAtOnce {
    fn report(&self, _: Phase, _: f64) {
        self.0.cancel();
    }
}

#[test]
fn a_cancelled_export_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for what in [What::Sources, What::MixAsHeard] {
        let cancel = Cancel::default();
        let request = request(&folder.path().join("new/stems"), what, StemFormat::F32);
        let progress = CancelAtOnce(cancel.clone());
        let outcome = export(&project(), &samples(), &request, &progress, &cancel).unwrap();
        assert_eq!(outcome, Outcome::Cancelled);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn exports_that_make_no_sense_are_refused() {
    let plan = |project: &Project, what| export_plan(project, what).unwrap_err();
    assert!(matches!(
        plan(&open(), What::Sources),
        ProjectError::NoSeparation
    ));
    assert!(matches!(
        plan(&project(), What::Soloed),
        ProjectError::Choice(_)
    ));
    let silent = after(
        &project(),
        &[BASS, DRUMS, KEYS].map(|id| mute(Row::Source(id))),
    );
    assert!(matches!(
        plan(&silent, What::MixAsHeard),
        ProjectError::Choice(_)
    ));
    let gone = What::MixWithout(Row::Atom(6));
    assert!(matches!(
        plan(&project(), gone),
        ProjectError::UnknownAtom { .. }
    ));
    let other = std::sync::Arc::new(samples().excerpt(0..100));
    let request = request(Path::new("/nowhere"), What::Sources, StemFormat::F32);
    let refused = export(&project(), &other, &request, &Silent, &Cancel::default());
    assert!(matches!(refused, Err(ProjectError::Unfit(_))));
}

#[test]
fn factors_are_written_as_tables() {
    let folder = tempfile::tempdir().unwrap();
    let project = project();
    let factors = &project.separation().unwrap().factors;
    let csv = folder.path().join("H.csv");
    write_csv(&project, Factor::Activations, &csv, false).unwrap();
    let text = fs::read_to_string(&csv).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), 1 + factors.activations().cols());
    assert_eq!(lines[0][..2], ["seconds", "A2 · 110 Hz"]);
    assert_eq!(lines[6][0], "0.01");
    let values: Vec<f32> = lines[6][1..].iter().map(|x| x.parse().unwrap()).collect();
    assert_eq!(values, factors.activations().column(5));

    let csv = folder.path().join("W.csv");
    write_csv(&project, Factor::Templates, &csv, false).unwrap();
    let text = fs::read_to_string(&csv).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((lines[0][0], lines[3][0]), ("Hz", "250"));
    let values: Vec<f32> = lines[3][1..].iter().map(|x| x.parse().unwrap()).collect();
    assert_eq!(values, factors.templates().row(2).collect::<Vec<_>>());

    let npy = folder.path().join("W.npy");
    write_npy(&project, Factor::Templates, &npy, false).unwrap();
    let bytes = fs::read(&npy).unwrap();
    let last = factors.templates().as_slice().last().unwrap().to_le_bytes();
    assert!(bytes.starts_with(b"\x93NUMPY") && bytes.ends_with(&last));
    for refused in [
        write_npy(&project, Factor::Templates, &npy, false),
        write_csv(&project, Factor::Templates, &csv, false),
    ] {
        assert!(matches!(refused, Err(ProjectError::Exists(_))));
    }
    write_npy(&project, Factor::Activations, &npy, true).unwrap();
}

#[test]
fn files_have_the_numbers_that_the_rows_show() {
    let project = project();
    let numbered = |project: &Project, what: What| -> Vec<usize> {
        let plan = export_plan(project, what).unwrap();
        plan.stems.iter().map(|stem| stem.number).collect()
    };
    let atoms: Vec<usize> = project
        .sources()
        .iter()
        .flat_map(|source| source.members.iter().map(|k| k + 1))
        .collect();
    assert_eq!(numbered(&project, What::Sources), [1, 2, 3]);
    assert_eq!(numbered(&project, What::Atoms), atoms);
    let solo = |row: Row| Edit::SetSolo { row, on: true };
    let last = *project.sources()[0].members.last().unwrap();
    let soloed = after(
        &project,
        &[
            solo(Row::Atom(last)),
            solo(Row::Source(project.sources()[2].id)),
        ],
    );
    assert_eq!(numbered(&soloed, What::Soloed), [last + 1, 3]);
    assert_eq!(numbered(&project, What::MixAsHeard), [1]);
}
