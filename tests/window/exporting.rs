//! Stems out of the window.

use std::path::{Path, PathBuf};

use eframe::egui::Key;
use partita::app::{Action, Pick};
use partita::audio::read;

use crate::support::{CTRL, Desk, recording};

fn wav_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wav"));
    files.sort();
    files
}

/// Samples in steps of 16 bit.
fn steps(file: &Path) -> Vec<Vec<i32>> {
    let recording = read(file).unwrap();
    assert!(recording.repairs.is_empty());
    let channels = recording.buffer.into_channels().into_iter();
    channels
        .map(|channel| {
            channel
                .iter()
                .map(|x| (x * 32_768.0).round() as i32)
                .collect()
        })
        .collect()
}

#[track_caller]
fn assert_adds_up(stems: &[PathBuf], recording: &Path) {
    let mut rest = steps(recording);
    for stem in stems {
        for (rest, stem) in rest.iter_mut().zip(steps(stem)) {
            assert_eq!(rest.len(), stem.len());
            rest.iter_mut().zip(stem).for_each(|(rest, x)| *rest -= x);
        }
    }
    assert!(rest.iter().flatten().all(|x| *x == 0));
}

#[test]
fn exported_stems_are_the_recording_when_they_are_added_up() {
    let folder = tempfile::tempdir().unwrap();
    let song = folder.path().join("song.wav");
    recording(&song);
    let mut desk = Desk::on(&folder.path().join("state"), &song);
    desk.separate(3);

    // Where nothing else is said, they go beside the recording.
    desk.click("Export…");
    desk.click("Export");
    desk.until_said("Wrote 3 files");
    let beside = folder.path().join("song stems");
    let stems = wav_files(&beside);
    let names: Vec<_> = stems.iter().filter_map(|stem| stem.file_name()).collect();
    assert_eq!(names, ["01-A.wav", "02-B.wav", "03-C.wav"]);
    assert_adds_up(&stems, &song);

    // Files that exist are not written over unasked.
    let old = std::fs::read(&stems[0]).unwrap();
    std::fs::write(&stems[0], b"mine").unwrap();
    desk.press(CTRL, Key::E);
    desk.click("Export");
    desk.until_said("Replace files?");
    desk.click("Cancel");
    assert_eq!(std::fs::read(&stems[0]).unwrap(), b"mine");
    desk.press(CTRL, Key::E);
    desk.click("Export");
    desk.until_said("Replace files?");
    desk.click("Replace");
    desk.until("they are replaced", |desk| {
        desk.can(Action::Export) && std::fs::read(&stems[0]).unwrap() == old
    });

    // One for each atom, somewhere else.
    let elsewhere = folder.path().join("atoms");
    desk.answer(&elsewhere);
    desk.press(CTRL, Key::E);
    desk.choose("What to export", "A stem for each atom");
    desk.click("Choose…");
    desk.until("a folder was chosen", |desk| {
        desk.files
            .asked()
            .iter()
            .any(|pick| matches!(pick, Pick::Folder { .. }))
    });
    desk.harness.run_steps(20);
    desk.click("Export");
    let count = desk.project().atoms().len();
    desk.until_said(&format!("Wrote {count} files"));
    let atoms = wav_files(&elsewhere);
    assert_eq!(atoms.len(), count);
    assert_adds_up(&atoms, &song);
}

#[test]
fn the_picture_and_the_factors_are_written_where_the_user_says() {
    let folder = tempfile::tempdir().unwrap();
    let song = folder.path().join("song.wav");
    recording(&song);
    let mut desk = Desk::on(&folder.path().join("state"), &song);
    desk.separate(2);
    let picture = folder.path().join("picture.png");
    desk.answer(&picture);
    desk.menu("File", "Export picture…");
    desk.until_said("Wrote picture.png");
    assert!(std::fs::read(&picture).unwrap().starts_with(b"\x89PNG"));
    desk.answer(&folder.path().join("factors.npy"));
    desk.menu("File", "Export W and H…");
    desk.until_said("Wrote factors-W.npy and factors-H.npy");
    for file in ["factors-W.npy", "factors-H.npy"] {
        let bytes = std::fs::read(folder.path().join(file)).unwrap();
        assert!(bytes.starts_with(b"\x93NUMPY"));
    }
}
