//! Stems of real recordings, added up again by an independent program: the null test.
//!
//! The demo recording is always tested. More recordings are tested where they are: below the
//! folder that the variable `PARTITA_AUDIO` names, or `../shared/audio`, each `*/mix.wav`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{demo, finished, partita, stems};

/// All samples of a sound file as 32-bit integers, channels interleaved, as `sox` reads them.
fn samples(path: &Path) -> Vec<i64> {
    let output = Command::new("sox")
        .args(["-D".as_ref(), path.as_os_str()])
        .args(["-t", "raw", "-e", "signed", "-b", "32", "-L", "-"])
        .output()
        .expect("sox is needed for this test: apt-get install sox");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (words, rest) = output.stdout.as_chunks::<4>();
    assert!(rest.is_empty());
    words
        .iter()
        .map(|word| i64::from(i32::from_le_bytes(*word)))
        .collect()
}

/// What `soxi` says of a file: rate, channels, frames, bits, encoding.
fn facts(path: &Path) -> Vec<String> {
    ["-r", "-c", "-s", "-b", "-e"]
        .iter()
        .map(|what| {
            let output = Command::new("soxi").arg(what).arg(path).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        })
        .collect()
}

/// The largest difference between the recording and the sum of the stems, in steps of 2^-31.
fn residual(recording: &Path, result: &Path) -> i64 {
    let mut rest = samples(recording);
    for stem in stems(result) {
        let stem = samples(&stem);
        assert_eq!(stem.len(), rest.len());
        for (rest, sample) in rest.iter_mut().zip(stem) {
            *rest -= sample;
        }
    }
    rest.iter().map(|rest| rest.abs()).max().unwrap()
}

/// Separates and checks that the stems add up to exactly the recording.
fn assert_digital_silence(recording: &Path, arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let run = finished(
        partita()
            .arg("separate")
            .arg(recording)
            .arg("-o")
            .arg(&out)
            .args(arguments)
            .arg("-q"),
    );
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(0), ""),
        "{}",
        recording.display()
    );
    let result = out.join(recording.file_stem().unwrap());
    assert!(stems(&result).len() > 1);
    for stem in stems(&result) {
        assert_eq!(facts(&stem), facts(recording), "{}", stem.display());
    }
    assert_eq!(residual(recording, &result), 0, "{}", recording.display());
}

#[test]
fn the_stems_of_the_demo_recording_add_up_to_digital_silence() {
    assert_digital_silence(&demo(), &[]);
    assert_digital_silence(
        &demo(),
        &["-k", "5", "-s", "components", "--iterations", "20"],
    );
}

#[test]
fn stems_of_24_bit_and_of_floats_add_up_as_promised() {
    let folder = tempfile::tempdir().unwrap();
    let fine = folder.path().join("fine.wav");
    // Turned down by a factor that leaves no bit of the 24 unused.
    let made = Command::new("sox")
        .args(["-D".as_ref(), demo().as_os_str()])
        .args(["-b", "24"])
        .arg(&fine)
        .args(["vol", "0.7071", "trim", "6", "4"])
        .status();
    assert!(
        made.expect("sox is needed for this test: apt-get install sox")
            .success()
    );
    assert!(samples(&fine).iter().any(|sample| sample & 0xff00 != 0));
    assert_digital_silence(&fine, &["-k", "6", "--iterations", "20"]);

    let out = folder.path().join("floats");
    let run = finished(
        partita()
            .args([
                "separate",
                "-k",
                "6",
                "-s",
                "components",
                "--iterations",
                "20",
                "-q",
            ])
            .args(["--format", "32f", "-o"])
            .args([&out, &fine]),
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    // -120 dB of full scale is 2147 steps of 2^-31.
    let residual = residual(&fine, &out.join("fine"));
    assert!(residual <= 2147, "{residual}");
}

#[test]
fn the_stems_of_other_recordings_add_up_to_digital_silence() {
    let folder = env::var_os("PARTITA_AUDIO").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/audio"),
        PathBuf::from,
    );
    let mut recordings: Vec<PathBuf> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path().join("mix.wav"))
        .filter(|path| path.is_file())
        .collect();
    recordings.sort();
    if recordings.is_empty() {
        println!("skipped: there are no recordings in {}", folder.display());
    }
    for recording in recordings {
        println!("{}", recording.display());
        assert_digital_silence(&recording, &["--iterations", "50"]);
    }
}
