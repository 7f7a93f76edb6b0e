//! Projects on the disk, and where their recordings are.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use partita::audio::read;
use partita::nmf::Matrix;
use partita::project::{
    Difference, Edit, Located, Project, ProjectError, Row, SCHEMA, SeparationData, hash_file, load,
    locate, save,
};
use partita::separation::{Cancel, Factors, Outcome};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::support::{BASS, KEYS, after, check, data, group, open, project, recording};

/// Everything in a project file.
pub fn members(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(File::open(path).unwrap()).unwrap();
    (0..zip.len())
        .map(|place| {
            let mut member = zip.by_index(place).unwrap();
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).unwrap();
            (member.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

pub fn write_members(path: &Path, members: &[(String, Vec<u8>)]) {
    let mut zip = ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in members {
        zip.start_file(name.as_str(), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

/// Changes `project.json` in a project file.
pub fn rewrite(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut members = members(path);
    let text = &mut members
        .iter_mut()
        .find(|(name, _)| name == "project.json")
        .unwrap()
        .1;
    let mut value: Value = serde_json::from_slice(text).unwrap();
    change(&mut value);
    *text = serde_json::to_vec(&value).unwrap();
    write_members(path, &members);
}

pub fn saved(folder: &Path) -> PathBuf {
    let path = folder.join("song.partita");
    save(&path, &project(), &json!({"zoom": 3})).unwrap();
    path
}

fn mixed() -> Project {
    after(
        &project(),
        &[
            Edit::SetGain {
                row: Row::Source(BASS),
                gain_db: -3.3,
            },
            Edit::SetMute {
                row: Row::Atom(2),
                on: true,
            },
            Edit::SetSolo {
                row: Row::Source(KEYS),
                on: true,
            },
            Edit::Rename {
                row: Row::Atom(4),
                name: "♪ \"quoted\"".into(),
            },
            Edit::SplitOff { atoms: vec![5, 0] },
        ],
    )
}

#[test]
fn what_is_saved_comes_back_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.partita");
    let view = json!({"zoom": [0.1, 1e-9], "open": true});
    for project in [Project::default(), open(), mixed()] {
        save(&path, &project, &view).unwrap();
        let loaded = load(&path).unwrap();
        check(&loaded.project);
        assert_eq!(loaded.project, project);
        assert_eq!(loaded.view, view);
        assert_eq!(loaded.copy_of, None);
    }
    let names: Vec<String> = members(&path).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["project.json", "W.npy", "H.npy", "divergence.npy"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_excerpt_comes_back_as_one() {
    let whole = project();
    let data = whole.separation().unwrap();
    let mut excerpt = (**data).clone();
    excerpt.frames += 500;
    excerpt.excerpt = Some(400..400 + data.frames);
    let mut longer = (*recording(Path::new("/music/song.wav"))).clone();
    longer.info.frames = Some(excerpt.frames as u64);
    let project = after(
        &Project::default(),
        &[
            Edit::Open(Arc::new(longer)),
            Edit::SetSeparation {
                data: Arc::new(excerpt),
                groups: vec![crate::support::group("all", &[0, 1, 2, 3, 4, 5])],
            },
        ],
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.partita");
    save(&path, &project, &Value::Null).unwrap();
    assert_eq!(load(&path).unwrap().project, project);
}

#[test]
fn what_this_version_does_not_know_survives() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    rewrite(&path, |json| {
        json["mood"] = json!({"calm": [1, 2]});
        json["settings"]["nmf"]["patience"] = json!(7);
        json["sources"][0]["icon"] = json!("bass clef");
        json["atoms"][3]["stars"] = json!(5);
    });
    let mut all = members(&path);
    all.push(("loudness.npy".into(), vec![1, 2, 3]));
    write_members(&path, &all);

    let loaded = load(&path).unwrap();
    let renamed = Edit::Rename {
        row: Row::Source(BASS),
        name: "Contrabass".into(),
    };
    save(&path, &after(&loaded.project, &[renamed]), &loaded.view).unwrap();
    let again = members(&path);
    assert!(again.contains(&("loudness.npy".into(), vec![1, 2, 3])));
    let json: Value = serde_json::from_slice(&again[0].1).unwrap();
    assert_eq!(json["mood"], json!({"calm": [1, 2]}));
    assert_eq!(json["settings"]["nmf"]["patience"], 7);
    assert_eq!(json["sources"][0]["icon"], "bass clef");
    assert_eq!(json["sources"][0]["name"], "Contrabass");
    assert_eq!(json["atoms"][3]["stars"], 5);
    assert_eq!(json["view"], json!({"zoom": 3}));
}

#[test]
fn a_file_of_a_later_version_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    rewrite(&path, |json| json["schema"] = json!(SCHEMA + 6));
    let error = load(&path).unwrap_err();
    assert!(matches!(error, ProjectError::Newer { found } if found == SCHEMA + 6));
    let message = error.to_string();
    assert!(message.contains("made by a newer Partita (schema 7; this one reads up to 1)"));
}

#[test]
fn other_files_are_no_projects() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.partita");
    write_members(&path, &[("W.npy".into(), vec![])]);
    assert!(matches!(load(&path), Err(ProjectError::NotAProject)));
    write_members(&path, &[("project.json".into(), b"{\"a\": 1}".to_vec())]);
    assert!(matches!(load(&path), Err(ProjectError::NotAProject)));
    fs::write(&path, b"RIFF").unwrap();
    assert!(matches!(load(&path), Err(ProjectError::NotAProject)));
    assert!(matches!(
        load(folder.path()),
        Err(ProjectError::NotAProject)
    ));
    let gone = load(&folder.path().join("gone.partita"));
    assert!(matches!(gone, Err(ProjectError::Io { .. })));
}

#[test]
fn numpy_reads_a_project() {
    let script = "
import sys, numpy as np
with np.load(sys.argv[1]) as z:
    w, h, d = z['W'], z['H'], z['divergence']
print(w.dtype, w.shape, h.shape, d.dtype, d.tolist())
print(float(w[3, 2]), float(h[1, 40]))
";
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    let python = Command::new("python3")
        .args(["-c", script])
        .arg(&path)
        .output();
    let output = match python {
        Ok(output) if output.status.success() => output,
        Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("No module") => {
            panic!("{}", String::from_utf8_lossy(&output.stderr))
        }
        _ => {
            println!("skipped: python3 with numpy is not there");
            return;
        }
    };
    let project = project();
    let factors = &project.separation().unwrap().factors;
    let (w, h) = (factors.templates(), factors.activations());
    let expected = format!(
        "float32 ({}, 6) (6, {}) float64 [9.0, 0.3333333333333333, 0.1]",
        w.rows(),
        h.cols()
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(expected.as_str()));
    let values: Vec<f64> = lines
        .next()
        .unwrap()
        .split(' ')
        .map(|value| value.parse().unwrap())
        .collect();
    let expected = [w.column(2)[3], h.column(40)[1]].map(f64::from);
    assert_eq!(values, expected);
}

/// A real recording beside a project that knows its size and hash.
fn with_recording(folder: &Path) -> (PathBuf, Project) {
    let path = folder.join("song.wav");
    let spec = partita::audio::WavSpec {
        rate: 8000,
        channels: 1,
        format: partita::audio::StemFormat::I16,
        channel_mask: None,
        time_reference: None,
    };
    let mut writer = partita::audio::WavWriter::create(&path, spec, true).unwrap();
    writer.write_i32(&[&[1, 2, 3, 4]]).unwrap();
    writer.finish().unwrap();
    let Outcome::Done(hash) = hash_file(&path, &|_| {}, &Cancel::default()).unwrap() else {
        panic!("cancelled");
    };
    let mut reference = (*recording(&path)).clone();
    reference.info = read(&path).unwrap().info;
    reference.size = fs::metadata(&path).unwrap().len();
    reference.sha256 = Some(hash);
    let project = after(&Project::default(), &[Edit::Open(Arc::new(reference))]);
    (path, project)
}

#[test]
fn a_recording_is_found_where_it_was_and_where_its_folder_went() {
    let folder = tempfile::tempdir().unwrap();
    let before = folder.path().join("before");
    fs::create_dir(&before).unwrap();
    let (wav, project) = with_recording(&before);
    save(&before.join("song.partita"), &project, &Value::Null).unwrap();
    // In a folder of its own beside the recording.
    fs::create_dir(before.join("projects")).unwrap();
    let below = before.join("projects/song.partita");
    save(&below, &project, &Value::Null).unwrap();
    let find = |path: &Path| {
        let loaded = load(path).unwrap();
        match loaded.locate(path, &|_| {}, &Cancel::default()).unwrap() {
            Some(Outcome::Done(located)) => located,
            other => panic!("{other:?}"),
        }
    };
    let canonical = |path: &Path| Located::Found(fs::canonicalize(path).unwrap());
    assert_eq!(find(&before.join("song.partita")), canonical(&wav));
    // The project alone goes elsewhere: the recording is where it was.
    let alone = folder.path().join("alone.partita");
    fs::copy(before.join("song.partita"), &alone).unwrap();
    assert_eq!(find(&alone), canonical(&wav));
    // Both go elsewhere.
    let moved = folder.path().join("after");
    fs::rename(&before, &moved).unwrap();
    assert_eq!(
        find(&moved.join("song.partita")),
        canonical(&moved.join("song.wav"))
    );
    assert_eq!(find(&alone), Located::Missing);
    // Both are brought together.
    let together = folder.path().join("together");
    fs::create_dir(&together).unwrap();
    let brought = together.join("song.partita");
    fs::copy(moved.join("projects/song.partita"), &brought).unwrap();
    assert_eq!(find(&brought), Located::Missing);
    fs::copy(moved.join("song.wav"), together.join("song.wav")).unwrap();
    assert_eq!(find(&brought), canonical(&together.join("song.wav")));
}

#[test]
fn a_recording_that_has_changed_is_told_by_size_and_content() {
    let folder = tempfile::tempdir().unwrap();
    let (wav, project) = with_recording(folder.path());
    let reference = project.recording().unwrap();
    let cancel = Cancel::default();
    let find = || {
        let path = folder.path().join("a.partita");
        locate(
            &path,
            Some(Path::new("song.wav")),
            reference,
            &|_| {},
            &cancel,
        )
        .unwrap()
    };
    let changed = |what| {
        Outcome::Done(Located::Changed {
            path: wav.clone(),
            what,
        })
    };
    let mut bytes = fs::read(&wav).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&wav, &bytes).unwrap();
    assert_eq!(find(), changed(Difference::Content));
    bytes.push(0);
    fs::write(&wav, &bytes).unwrap();
    let (expected, got) = (reference.size, reference.size + 1);
    assert_eq!(find(), changed(Difference::Size { expected, got }));
}

#[test]
fn a_hash_is_that_of_other_programs_and_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abc");
    fs::write(&path, "abc").unwrap();
    let cancel = Cancel::default();
    // FIPS 180-2, appendix B.1.
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let hash = hash_file(&path, &|_| {}, &cancel).unwrap();
    assert_eq!(hash, Outcome::Done(expected.to_owned()));
    cancel.cancel();
    assert_eq!(
        hash_file(&path, &|_| {}, &cancel).unwrap(),
        Outcome::Cancelled
    );
}

#[test]
fn the_gains_of_components_in_channels_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stereo.partita");
    let data = data(2, 7);
    let gains = Matrix::from_fn(2, 2, |channel, k| [[0.25, 1.0], [1.5, 0.0]][channel][k]);
    let factors = Factors::with_channel_gains(
        data.factors.templates().clone(),
        data.factors.activations().clone(),
        gains.clone(),
    );
    let stereo = SeparationData {
        factors: Arc::new(factors.unwrap()),
        ..(*data).clone()
    };
    let edit = Edit::SetSeparation {
        data: Arc::new(stereo),
        groups: vec![group("Left", &[0]), group("Right", &[1])],
    };
    let project = after(&open(), &[edit]);
    save(&path, &project, &Value::Null).unwrap();
    let again = load(&path).unwrap().project;
    assert_eq!(
        again.separation().unwrap().factors.channel_gains(),
        Some(&gains)
    );
    assert_eq!(again.separation(), project.separation());
}
