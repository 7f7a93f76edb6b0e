//! Running the binary, making recordings, and reading them back without this project's code.

use std::f64::consts::TAU;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The binary under test.
pub fn partita() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partita"));
    command.stdin(Stdio::null());
    command
}

/// How a run ended and what it printed.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the binary to its end.
pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    finished(partita().args(arguments))
}

/// Runs a command to its end.
pub fn finished(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `partita separate RECORDING -o FOLDER/out`, quick settings, and `more` arguments.
pub fn separate(recording: &Path, folder: &Path, more: &[&str]) -> Run {
    finished(&mut separating(recording, folder, more))
}

/// The command of [`separate`], not yet started.
pub fn separating(recording: &Path, folder: &Path, more: &[&str]) -> Command {
    let mut command = partita();
    command
        .args([
            OsStr::new("separate"),
            recording.as_os_str(),
            "-o".as_ref(),
            folder.join("out").as_os_str(),
        ])
        .args(["-k", "4", "-s", "components", "--iterations", "10"])
        .args(more);
    command
}

/// The demo recording.
pub fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo.wav")
}

/// Writes a 16-bit WAV of two channels, `frames` long: two tones and a click now and then.
pub fn write_tones(path: &Path, frames: usize) {
    let sample = |i: usize, hz: f64| (8000.0 * (i as f64 * hz * TAU / 8000.0).sin()) as i16;
    let mut data = Vec::new();
    for i in 0..frames {
        let click = if i % 2000 < 20 { 6000 } else { 0 };
        let (a, b) = (sample(i, 440.0), sample(i, 1250.0));
        data.extend((a / 2 + b + click).to_le_bytes());
        data.extend((a + b / 3 - click).to_le_bytes());
    }
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + data.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    wav.extend(8000_u32.to_le_bytes());
    wav.extend(32_000_u32.to_le_bytes());
    wav.extend(b"\x04\0\x10\0data");
    wav.extend((data.len() as u32).to_le_bytes());
    wav.extend(data);
    fs::write(path, wav).unwrap();
}

/// The `separation.json` of a result folder.
pub fn description(result: &Path) -> Value {
    serde_json::from_slice(&fs::read(result.join("separation.json")).unwrap()).unwrap()
}

/// The stems that a `separation.json` names, as paths.
pub fn stems(result: &Path) -> Vec<PathBuf> {
    let description = description(result);
    let stems = description["stems"].as_array().unwrap();
    stems
        .iter()
        .map(|stem| result.join(stem["file"].as_str().unwrap()))
        .collect()
}

/// Names of everything in a folder, hidden files included, sorted.
pub fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The message is one line that says something, ends with the path, and shows no debug output.
pub fn assert_one_sentence(stderr: &str, path: &Path) {
    let lines: Vec<&str> = stderr.lines().filter(|l| !l.contains(" %, ")).collect();
    assert_eq!(lines.len(), 1, "{stderr}");
    assert!(lines[0].starts_with("partita: "), "{stderr}");
    assert!(
        lines[0].ends_with(&format!(": {}", path.display())),
        "{stderr}"
    );
    assert!(!lines[0].contains('{'), "{stderr}");
}
