//! A save that is killed leaves the old project or the new one.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use partita::project::{Edit, Project, Row, load, save};
use serde_json::Value;

use crate::support::{BASS, Noise, after, data, group, open};

/// Tells a child process what it is.
const TARGET: &str = "PARTITA_TEST_SAVE_TARGET";
const KILLS: usize = 100;

/// A project that takes a while to write, whose number is the gain of its bass in hundredths.
fn numbered(number: u64) -> Project {
    let atoms: Vec<usize> = (0..64).collect();
    let edits = [
        Edit::SetSeparation {
            data: data(64, 3),
            groups: vec![group("Bass", &atoms)],
        },
        Edit::SetGain {
            row: Row::Source(BASS),
            gain_db: -((number % 5000) as f32) / 100.0,
        },
    ];
    after(&open(), &edits)
}

/// What the child process does: it saves one project after the other until it is killed.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn save_without_end() {
    let Some(path) = env::var_os(TARGET).map(PathBuf::from) else {
        return;
    };
    println!("saving");
    for number in 1.. {
        save(&path, &numbered(number), &Value::Null).unwrap();
    }
}

#[test]
fn a_save_that_is_killed_leaves_a_project_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song.partita");
    save(&path, &numbered(0), &Value::Null).unwrap();
    let reference = numbered(0);
    let mut noise = Noise::new(11);
    let mut changed = 0;
    for _ in 0..KILLS {
        let before = load(&path).unwrap().project;
        let mut child = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "killed::save_without_end",
                "--ignored",
                "--nocapture",
            ])
            .env(TARGET, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let started = lines
            .map_while(Result::ok)
            .any(|line| line.contains("saving"));
        assert!(started, "the saving process did not start");
        thread::sleep(Duration::from_micros((noise.next() * 40_000.0) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        let now = load(&path).unwrap().project;
        assert_eq!(now.separation(), reference.separation());
        changed += usize::from(now != before);
    }
    // What a killed save leaves is its unfinished file beside the project.
    let unfinished = fs::read_dir(folder.path()).unwrap().count() - 1;
    println!("{KILLS} kills: {unfinished} within a save, {changed} after one had ended");
    assert!(unfinished > 0, "no save was killed");
}
