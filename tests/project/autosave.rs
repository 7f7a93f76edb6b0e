//! Unsaved work outlives a crash, and recent files are remembered.

use std::fs;
use std::path::Path;

use partita::project::{Autosave, ProjectError, RecentFiles, recoverable};
use serde_json::json;

use crate::support::{open, project};

#[test]
fn unsaved_work_is_offered_after_a_crash_and_not_while_its_program_runs() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    assert!(recoverable(&state).is_empty());
    let running = Autosave::start(&state).unwrap();
    let crashing = Autosave::start(&state).unwrap();
    assert_ne!(running.path(), crashing.path());
    let file = Path::new("/music/song.partita");
    running.write(&open(), &json!(null), None).unwrap();
    crashing
        .write(&project(), &json!({"zoom": 1}), Some(file))
        .unwrap();
    assert!(recoverable(&state).is_empty());
    // The locks of a program go with it.
    drop(crashing);
    let found = recoverable(&state);
    assert_eq!(found.len(), 1);
    let loaded = found[0].load().unwrap();
    assert_eq!(loaded.project, project());
    assert_eq!(loaded.view, json!({"zoom": 1}));
    assert_eq!(loaded.copy_of.as_deref(), Some(file));
    // While one offers it, another does not, and a new program does not write over it.
    assert!(recoverable(&state).is_empty());
    let third = Autosave::start(&state).unwrap();
    assert!(!third.path().exists());
    drop(found);
    assert_eq!(recoverable(&state).len(), 1);
}

#[test]
fn recovered_work_is_gone_on_with_or_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let crash = || {
        let session = Autosave::start(folder.path()).unwrap();
        session.write(&project(), &json!(null), None).unwrap();
    };
    crash();
    let adopted = recoverable(folder.path()).remove(0).adopt();
    assert!(adopted.path().exists() && recoverable(folder.path()).is_empty());
    adopted.clear().unwrap();
    assert!(recoverable(folder.path()).is_empty());
    crash();
    recoverable(folder.path()).remove(0).discard().unwrap();
    assert!(recoverable(folder.path()).is_empty());
}

#[test]
fn saved_work_leaves_nothing_to_recover() {
    let folder = tempfile::tempdir().unwrap();
    let session = Autosave::start(folder.path()).unwrap();
    session.write(&project(), &json!(null), None).unwrap();
    session.clear().unwrap();
    session.clear().unwrap();
    drop(session);
    assert!(recoverable(folder.path()).is_empty());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = Autosave::start(&file.join("state"));
    assert!(matches!(refused, Err(ProjectError::Io { .. })));
}

#[test]
fn recent_files_are_newest_first_and_the_vanished_drop_out() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let files: Vec<_> = (0..15)
        .map(|number| folder.path().join(format!("{number}.wav")))
        .collect();
    let mut recent = RecentFiles::load(&state);
    assert!(recent.paths().is_empty());
    for file in &files {
        fs::write(file, "").unwrap();
        recent.add(file).unwrap();
    }
    recent.add(&files[10]).unwrap();
    let loaded = RecentFiles::load(&state);
    assert_eq!(loaded, recent);
    assert_eq!(loaded.paths().len(), 12);
    assert_eq!(
        loaded.paths()[..3],
        [&files[10], &files[14], &files[13]].map(Clone::clone)
    );
    fs::remove_file(&files[14]).unwrap();
    assert_eq!(RecentFiles::load(&state).paths()[1], files[13]);
}

#[test]
fn a_list_of_recent_files_that_is_garbage_is_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.wav");
    fs::write(&file, "").unwrap();
    for garbage in ["", "{\"a\": 1}", "[1, 2]", "\u{0}\u{1}", "[\"x\""] {
        fs::write(folder.path().join("recent.json"), garbage).unwrap();
        let mut recent = RecentFiles::load(folder.path());
        assert!(recent.paths().is_empty());
        recent.add(&file).unwrap();
        assert_eq!(
            RecentFiles::load(folder.path()).paths(),
            std::slice::from_ref(&file)
        );
    }
}

#[test]
fn two_programs_share_the_list_of_recent_files() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["a", "b"].map(|name| folder.path().join(name));
    files.iter().for_each(|file| fs::write(file, "").unwrap());
    let (mut one, mut two) = (
        RecentFiles::load(folder.path()),
        RecentFiles::load(folder.path()),
    );
    one.add(&files[0]).unwrap();
    two.add(&files[1]).unwrap();
    assert_eq!(two.paths(), [files[1].clone(), files[0].clone()]);
    two.clear().unwrap();
    assert!(RecentFiles::load(folder.path()).paths().is_empty());
}
