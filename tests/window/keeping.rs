//! Saving, opening again, and what is asked before work is lost.

use std::path::{Path, PathBuf};

use eframe::egui::{Key, Modifiers};
use partita::app::{Action, Pick};

use crate::support::{CTRL, Desk, recording};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        recording(&folder.path().join("song.wav"));
        Self(folder)
    }

    fn of(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A window on the recording, separated into two sources, A muted.
    fn desk(&self) -> Desk {
        let mut desk = Desk::on(&self.of("state"), &self.of("song.wav"));
        desk.separate(2);
        desk.click("Mute A");
        desk
    }
}

#[track_caller]
fn save(desk: &mut Desk, path: &Path) {
    desk.answer(path);
    desk.press(CTRL, Key::S);
    let name = path.file_name().unwrap().to_string_lossy();
    desk.until_said(&format!("Saved {name}"));
}

#[test]
fn a_project_is_saved_and_opens_again_as_it_was() {
    let folder = Folder::new();
    let mut desk = folder.desk();
    let file = folder.of("mix.partita");
    save(&mut desk, &file);
    let saved = desk.project();
    drop(desk);

    let mut desk = Desk::new(&folder.of("state"), Some(&file));
    desk.until("it is open", |desk| desk.can(Action::Export));
    assert_eq!(*desk.project(), *saved);
    assert!(!desk.can(Action::Undo));
    // It knows its file: no dialog is asked for the next time.
    desk.click("Mute B");
    desk.press(CTRL, Key::S);
    desk.until_said("Saved mix.partita");
    assert!(desk.files.asked().is_empty());
}

#[test]
fn a_recent_file_opens_from_the_empty_window() {
    let folder = Folder::new();
    let mut desk = folder.desk();
    save(&mut desk, &folder.of("mix.partita"));
    let saved = desk.project();
    let recent = folder.of("state/recent.json");
    desk.until("it is among the recent files", |_| {
        std::fs::read_to_string(&recent).is_ok_and(|text| text.contains("mix.partita"))
    });
    drop(desk);
    let mut desk = Desk::new(&folder.of("state"), None);
    let label = |desk: &Desk| {
        let mut words = desk.words().into_iter();
        words.find(|text| text.contains("mix.partita"))
    };
    desk.until("it is shown", |desk| label(desk).is_some());
    let label = label(&desk).unwrap();
    desk.click(&label);
    desk.until("it is open", |desk| desk.can(Action::Export));
    assert_eq!(*desk.project(), *saved);
}

#[test]
fn a_second_file_asks_before_work_is_lost() {
    let folder = Folder::new();
    let other = folder.of("other.wav");
    recording(&other);
    let mut desk = folder.desk();
    let work = desk.project();

    desk.drop_file(&other);
    desk.until_said("Open other.wav?");
    desk.click("Cancel");
    desk.harness.run_steps(10);
    assert_eq!(*desk.project(), *work);

    // Saving that is broken off opens nothing either.
    desk.drop_file(&other);
    desk.until_said("Open other.wav?");
    desk.click("Save first");
    desk.until("it was asked where to", |desk| {
        desk.files.asked().len() == 1
    });
    desk.harness.run_steps(10);
    assert_eq!(*desk.project(), *work);

    let file = folder.of("mix.partita");
    desk.answer(&file);
    desk.drop_file(&other);
    desk.until_said("Open other.wav?");
    desk.click("Save first");
    desk.until_open(&other);
    assert_eq!(partita::project::load(&file).unwrap().project, *work);

    // Nothing is lost now, so nothing is asked; then something would be again.
    desk.drop_file(&folder.of("song.wav"));
    desk.until_open(&folder.of("song.wav"));
    desk.set("Iterations", 3.0);
    desk.drop_file(&other);
    desk.until_said("Open other.wav?");
    desk.click("Open without saving");
    desk.until_open(&other);
}

#[test]
fn a_recording_that_is_gone_is_asked_for() {
    let folder = Folder::new();
    let mut desk = folder.desk();
    let file = folder.of("mix.partita");
    save(&mut desk, &file);
    let saved = desk.project();
    drop(desk);
    let moved = folder.of("moved/take 1.wav");
    std::fs::create_dir(folder.of("moved")).unwrap();
    std::fs::rename(folder.of("song.wav"), &moved).unwrap();

    let mut desk = Desk::new(&folder.of("state"), Some(&file));
    desk.until_said("Where is song.wav?");
    desk.click("Cancel");
    assert!(!desk.can(Action::PlayPause));

    desk.answer(&file);
    desk.answer(&moved);
    desk.press(CTRL, Key::O);
    desk.until_said("Where is song.wav?");
    desk.click("Choose…");
    desk.until_open(&moved);
    assert!(matches!(&desk.files.asked()[1], Pick::Recording { name } if name == "song.wav"));
    let project = desk.project();
    assert_eq!(project.sources(), saved.sources());
    assert_eq!(project.separation(), saved.separation());
    assert!(desk.can(Action::Export));
}

#[test]
fn a_project_that_moved_with_its_recording_goes_on_from_there() {
    let folder = Folder::new();
    std::fs::create_dir(folder.of("old")).unwrap();
    std::fs::rename(folder.of("song.wav"), folder.of("old/song.wav")).unwrap();
    let mut desk = Desk::on(&folder.of("state"), &folder.of("old/song.wav"));
    desk.separate(2);
    save(&mut desk, &folder.of("old/mix.partita"));
    drop(desk);
    std::fs::rename(folder.of("old"), folder.of("new")).unwrap();

    let mut desk = Desk::new(&folder.of("state"), Some(&folder.of("new/mix.partita")));
    desk.until_open(&folder.of("new/song.wav"));
    assert!(!desk.can(Action::Undo));
    desk.click("Mute A");
    desk.press(CTRL, Key::S);
    desk.until_said("Saved mix.partita");
    drop(desk);
    std::fs::rename(folder.of("new"), folder.of("newest")).unwrap();
    let mut desk = Desk::new(&folder.of("state"), Some(&folder.of("newest/mix.partita")));
    desk.until_open(&folder.of("newest/song.wav"));
}

#[test]
fn with_nothing_open_there_is_nothing_to_edit() {
    let folder = Folder::new();
    let mut desk = Desk::new(&folder.of("state"), None);
    desk.until_looked();
    let edits = [
        Action::AnotherSeed,
        Action::Merge,
        Action::MuteRow,
        Action::Undo,
    ];
    assert!(edits.into_iter().all(|action| !desk.can(action)));
}

/// Recovery files that are there.
fn left(unsaved: &Path) -> usize {
    let entries = std::fs::read_dir(unsaved).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_string_lossy().ends_with(".partita"))
        .count()
}

/// Whether a recovery file is there that has what was found, and not only what was before.
fn keeps_factors(unsaved: &Path) -> bool {
    let entries = std::fs::read_dir(unsaved).into_iter().flatten();
    let mut files = entries.filter_map(|entry| std::fs::read(entry.unwrap().path()).ok());
    let has = |file: &[u8]| file.windows(5).any(|bytes| bytes == b"W.npy");
    left(unsaved) == 1 && files.any(|file| has(&file))
}

/// A window after a crash, which offers what was not saved. The one before is gone, but as its
/// process goes on here its last write may hold the file for a moment.
#[track_caller]
fn after_crash(folder: &Folder, file: Option<&Path>) -> Desk {
    for _ in 0..600 {
        let mut desk = Desk::new(&folder.of("state"), file);
        desk.until_looked();
        if desk.says("Recover unsaved work?") {
            return desk;
        }
        drop(desk);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("nothing was offered");
}

#[test]
fn recovery_waits_for_a_recording_that_has_moved_and_is_saved_elsewhere() {
    let folder = Folder::new();
    let mut desk = folder.desk();
    let work = desk.project();
    let unsaved = folder.of("state/unsaved");
    desk.until("it was kept", |_| keeps_factors(&unsaved));
    drop(desk);
    let moved = folder.of("take 1.wav");
    std::fs::rename(folder.of("song.wav"), &moved).unwrap();

    let mut desk = after_crash(&folder, None);
    desk.click("Recover");
    desk.until_said("Where is song.wav?");
    desk.click("Cancel");
    desk.press(Modifiers::NONE, Key::Escape);
    drop(desk);
    assert_eq!(left(&unsaved), 1);

    // Offered before what the program was started with is opened.
    let mut desk = after_crash(&folder, Some(&moved));
    desk.answer(&moved);
    desk.click("Recover");
    desk.until_said("Where is song.wav?");
    desk.click("Choose…");
    desk.until("it is open", |desk| desk.can(Action::Export));
    assert_eq!(desk.project().sources(), work.sources());
    // The recovery file is no place to save to: a place is asked for.
    let file = folder.of("mix.partita");
    save(&mut desk, &file);
    assert!(file.exists());
}

#[test]
fn what_the_program_was_started_with_opens_where_unsaved_work_is_discarded() {
    let folder = Folder::new();
    let mut desk = folder.desk();
    let unsaved = folder.of("state/unsaved");
    desk.until("it was kept", |_| keeps_factors(&unsaved));
    drop(desk);
    let song = folder.of("song.wav");
    let mut desk = after_crash(&folder, Some(&song));
    desk.click("Discard");
    desk.until_open(&song);
    assert!(desk.project().separation().is_none());
    desk.until("it was discarded", |_| left(&unsaved) == 0);
}

#[test]
fn work_that_was_not_saved_is_offered_after_a_crash() {
    let folder = Folder::new();
    let mut desk = folder.desk();
    let work = desk.project();
    let unsaved = folder.of("state/unsaved");
    desk.until("it was kept", |_| keeps_factors(&unsaved));
    // The window is not closed, it just is no more.
    drop(desk);

    let mut desk = after_crash(&folder, None);
    desk.click("Recover");
    desk.until("it is open", |desk| desk.can(Action::Export));
    assert_eq!(*desk.project(), *work);
    // What was recovered is not saved yet: opening another file asks.
    desk.drop_file(&folder.of("song.wav"));
    desk.until_said("Open song.wav?");
    desk.click("Cancel");
    drop(desk);

    let mut desk = after_crash(&folder, None);
    desk.click("Discard");
    desk.press(Modifiers::NONE, Key::Escape);
    desk.until("it was discarded", |_| left(&unsaved) == 0);
    drop(desk);
    let mut desk = Desk::new(&folder.of("state"), None);
    desk.until_looked();
    assert!(!desk.says("Recover unsaved work?"));
}
