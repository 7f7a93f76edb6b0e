//! Ctrl-C.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{description, listing, separate, separating, write_tones};

/// Long enough that no phase is over before it is noticed.
const FRAMES: usize = 8000 * 240;

/// Starts a separation, sends SIGINT as soon as `phase` is told, and checks the end.
fn interrupted_in(phase: &str, folder: &Path, more: &[&str]) {
    let recording = folder.join("long.wav");
    write_tones(&recording, FRAMES);
    let mut all = vec!["-k", "24", "--iterations", "2000", "--tolerance", "0"];
    all.extend(more);
    let mut child = separating(&recording, folder, &all)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut told = lines.by_ref().map(Result::unwrap);
    assert!(
        told.any(|line| line.contains(phase)),
        "the phase {phase} was not told"
    );
    // The shell's own `kill`: the program of that name is not on every machine.
    let kill = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status();
    assert!(kill.unwrap().success());
    let sent = Instant::now();
    let status = child.wait().unwrap();
    let took = sent.elapsed();
    assert_eq!(status.code(), Some(130));
    // The answer itself is due within 100 ms; a test machine may be busy with other tests.
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(lines.last().unwrap().unwrap(), "partita: cancelled");
    let mut stdout = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    assert_eq!(stdout, "");
}

#[test]
fn ctrl_c_while_factorizing_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    interrupted_in("factorizing", folder.path(), &[]);
    assert_eq!(listing(folder.path()), ["long.wav"]);
}

#[test]
fn ctrl_c_while_writing_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    interrupted_in(
        "writing",
        folder.path(),
        &["--iterations", "1", "--hop", "128"],
    );
    assert_eq!(listing(folder.path()), ["long.wav"]);
}

#[test]
fn ctrl_c_while_replacing_leaves_the_earlier_result() {
    let folder = tempfile::tempdir().unwrap();
    let short = folder.path().join("long.wav");
    write_tones(&short, 8000);
    assert_eq!(separate(&short, folder.path(), &[]).code, Some(0));
    let result = folder.path().join("out/long");
    let before = description(&result);
    interrupted_in("factorizing", folder.path(), &["--force"]);
    assert_eq!(description(&result), before);
    assert_eq!(listing(&folder.path().join("out")), ["long"]);
    assert!(File::open(result.join("separation.json")).is_ok());
}
