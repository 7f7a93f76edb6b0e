//! What goes wrong is told in a sentence, and nothing is lost or left behind by it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{
    assert_one_sentence, description, listing, run, separate, stems, write_tones,
};

fn recording() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tones.wav");
    write_tones(&path, 12_000);
    (folder, path)
}

#[test]
fn a_project_is_no_recording_and_where_it_goes_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song.partita");
    fs::write(&path, b"PK\x03\x04 and so on").unwrap();
    for run in [
        run(["info".as_ref(), path.as_os_str()]),
        separate(&path, folder.path(), &[]),
    ] {
        assert_eq!(run.code, Some(1));
        assert_one_sentence(&run.stderr, &path);
        assert!(run.stderr.contains("`partita PROJECT`"), "{}", run.stderr);
    }
}

#[test]
fn an_existing_result_stays_as_it_is_without_force() {
    let (folder, path) = recording();
    assert_eq!(separate(&path, folder.path(), &[]).code, Some(0));
    let result = folder.path().join("out/tones");
    let before = fs::read(result.join("separation.json")).unwrap();
    let run = separate(&path, folder.path(), &[]);
    assert_eq!(run.code, Some(1));
    assert_one_sentence(&run.stderr, &result);
    assert!(run.stderr.contains("--force"), "{}", run.stderr);
    assert_eq!(fs::read(result.join("separation.json")).unwrap(), before);
}

#[test]
fn force_replaces_a_result_with_all_its_files() {
    let (folder, path) = recording();
    separate(&path, folder.path(), &["-k", "6"]);
    let result = folder.path().join("out/tones");
    assert_eq!(stems(&result).len(), 6);
    let run = separate(&path, folder.path(), &["--force"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(stems(&result).len(), 4);
    assert_eq!(listing(&result).len(), 5);
    assert_eq!(listing(&folder.path().join("out")), ["tones"]);
}

#[test]
fn a_run_that_fails_leaves_the_earlier_result_even_with_force() {
    let (folder, path) = recording();
    separate(&path, folder.path(), &[]);
    let result = folder.path().join("out/tones");
    let before = description(&result);
    fs::write(&path, "damaged").unwrap();
    let run = separate(&path, folder.path(), &["--force"]);
    assert_eq!(run.code, Some(1));
    assert_one_sentence(&run.stderr, &path);
    assert_eq!(description(&result), before);
    assert_eq!(listing(&folder.path().join("out")), ["tones"]);
}

#[test]
fn force_does_not_touch_what_is_no_result() {
    let (folder, path) = recording();
    let result = folder.path().join("out/tones");
    fs::create_dir_all(&result).unwrap();
    fs::write(result.join("diary.txt"), "mine").unwrap();
    let run = separate(&path, folder.path(), &["--force"]);
    assert_eq!(run.code, Some(1));
    assert_one_sentence(&run.stderr, &result);

    fs::remove_file(result.join("diary.txt")).unwrap();
    fs::remove_dir(&result).unwrap();
    separate(&path, folder.path(), &[]);
    fs::write(result.join("diary.txt"), "mine").unwrap();
    let run = separate(&path, folder.path(), &["--force"]);
    assert_eq!(run.code, Some(1));
    assert_one_sentence(&run.stderr, &result.join("diary.txt"));
    assert_eq!(
        fs::read_to_string(result.join("diary.txt")).unwrap(),
        "mine"
    );
    assert_eq!(stems(&result).len(), 4);
}

#[test]
fn one_bad_recording_does_not_stop_the_others() {
    let (folder, good) = recording();
    let missing = folder.path().join("missing.wav");
    let text = folder.path().join("text.wav");
    fs::write(&text, "no recording").unwrap();
    let out = folder.path().join("out");
    let arguments: Vec<OsString> = ["separate".into(), "-k".into(), "2".into(), "-q".into()]
        .into_iter()
        .chain([&missing, &text, &good, &folder.path().to_owned()].map(|p| p.into()))
        .chain(["-o".into(), out.clone().into()])
        .collect();
    let run = run(&arguments);
    assert_eq!(run.code, Some(1));
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines.len(), 3, "{}", run.stderr);
    for (line, path) in lines
        .iter()
        .zip([&missing, &text, &folder.path().to_owned()])
    {
        assert_one_sentence(line, path);
    }
    assert_eq!(listing(&out), ["tones"]);
}

#[test]
fn nothing_is_made_where_nothing_can_be_read() {
    let (folder, path) = recording();
    let run = separate(&folder.path().join("missing.wav"), folder.path(), &[]);
    assert_eq!(run.code, Some(1));
    assert!(!folder.path().join("out").exists());
    let run = separate(&path, folder.path(), &["--start", "1.6"]);
    assert_eq!(run.code, Some(1));
    assert_one_sentence(&run.stderr, &path);
    assert!(run.stderr.contains("it lasts 1.500 s"), "{}", run.stderr);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn more_components_than_the_recording_can_have_are_refused() {
    let (folder, path) = recording();
    let run = separate(&path, folder.path(), &["-k", "5000"]);
    assert_eq!(run.code, Some(1));
    assert_one_sentence(&run.stderr, &path);
    assert!(run.stderr.contains("5000 components"), "{}", run.stderr);
}

#[test]
fn a_place_that_cannot_be_written_to_is_told() {
    let (folder, path) = recording();
    // A file where a folder should be stops root as well.
    fs::write(folder.path().join("out"), "").unwrap();
    let run = separate(&path, folder.path(), &[]);
    assert_eq!(run.code, Some(1));
    assert_one_sentence(&run.stderr, &folder.path().join("out"));
    let advice = "; choose another place with --output: ";
    assert!(run.stderr.contains(advice), "{}", run.stderr);
    assert!(!run.stderr.contains("os error"), "{}", run.stderr);
    let run = separate(&path, Path::new("/proc/nowhere"), &[]);
    assert_eq!(run.code, Some(1));
    assert_one_sentence(&run.stderr, Path::new("/proc/nowhere/out"));
    assert!(run.stderr.contains(advice), "{}", run.stderr);
    assert!(!run.stderr.contains("os error"), "{}", run.stderr);
}

/// A file system of its own with little room, as long as it lives.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Nothing where this process may not mount.
    fn mount(at: PathBuf, kilobytes: usize) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "tmpfs"])
            .arg(&at)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_and_nothing_partial_remains() {
    let (folder, path) = recording();
    let Some(disk) = SmallDisk::mount(folder.path().join("disk"), 100) else {
        println!("skipped: a small file system cannot be mounted here");
        return;
    };
    // The four stems need 192 kB.
    let run = separate(&path, &disk.0, &[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_one_sentence(&run.stderr, &disk.0.join("out/tones"));
    assert!(run.stderr.contains("free some space"), "{}", run.stderr);
    assert_eq!(listing(&disk.0), Vec::<String>::new());
}

#[test]
fn a_disk_that_fills_up_while_an_earlier_result_is_replaced_leaves_that_result() {
    let (folder, path) = recording();
    let Some(disk) = SmallDisk::mount(folder.path().join("disk"), 300) else {
        println!("skipped: a small file system cannot be mounted here");
        return;
    };
    assert_eq!(separate(&path, &disk.0, &[]).code, Some(0));
    let result = disk.0.join("out/tones");
    let before = description(&result);
    let run = separate(&path, &disk.0, &["--force"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_one_sentence(&run.stderr, &result);
    assert_eq!(description(&result), before);
    assert_eq!(listing(&disk.0.join("out")), ["tones"]);
}
