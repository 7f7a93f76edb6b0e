//! `partita info`.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{assert_one_sentence, demo, finished, partita, run, write_tones};

#[test]
fn info_tells_what_the_demo_recording_is() {
    let run = run(["info".as_ref(), demo().as_os_str()]);
    assert_eq!(run.code, Some(0));
    for line in [
        "format     WAV, PCM, 16-bit integer\n",
        "rate       44100 Hz\n",
        "channels   2\n",
        "frames     705600\n",
        "duration   16.000 s\n",
    ] {
        assert!(run.stdout.contains(line), "{}", run.stdout);
    }
    assert!(!run.stdout.contains("repair"), "{}", run.stdout);
    assert_eq!(run.stderr, "");
}

#[test]
fn info_as_json_has_the_same_facts() {
    let run = run(["info".as_ref(), demo().as_os_str(), "--json".as_ref()]);
    let facts: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(facts["rate"], 44100);
    assert_eq!(facts["channels"], 2);
    assert_eq!(facts["frames"], 705_600);
    assert_eq!(facts["duration"], 16.0);
    assert_eq!(facts["format"], "i16");
    assert_eq!(facts["repairs"], json!([]));
    assert!(facts["metadata"].is_array());
}

#[test]
fn a_recording_that_is_cut_short_is_read_and_the_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.wav");
    write_tones(&path, 1000);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 40]).unwrap();
    let run = run(["info".as_ref(), path.as_os_str()]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("frames     990\n"), "{}", run.stdout);
    assert!(
        run.stdout.contains("repair     the file is cut short"),
        "{}",
        run.stdout
    );
}

#[test]
fn what_cannot_be_read_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.wav");
    fs::write(&text, "no recording at all").unwrap();
    let empty = folder.path().join("empty.wav");
    write_tones(&empty, 0);
    let missing = folder.path().join("missing.wav");
    for path in [folder.path(), &text, &empty, &missing] {
        let run = run(["info".as_ref(), path.as_os_str()]);
        assert_eq!(run.code, Some(1));
        assert_eq!(run.stdout, "");
        assert_one_sentence(&run.stderr, path);
    }
}

#[test]
fn a_header_that_ends_too_early_comes_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("short.wav");
    fs::write(&path, b"RIFF\x04\0\0\0").unwrap();
    let run = run(["info".as_ref(), path.as_os_str()]);
    assert_one_sentence(&run.stderr, &path);
    assert!(
        run.stderr
            .contains("export it again from the program that made it"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_codec_that_names_the_file_is_not_named_twice() {
    let folder = tempfile::tempdir().unwrap();
    for (name, format) in [("a.mp3", "MP3"), ("a.flac", "FLAC, 16-bit integer")] {
        let path = folder.path().join(name);
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-t", "1", "-i"])
            .args([demo().as_path(), path.as_path()])
            .status();
        let Ok(made) = made else {
            println!("skipped: ffmpeg is not installed");
            return;
        };
        assert!(made.success());
        let run = run(["info".as_ref(), path.as_os_str()]);
        let line = format!("format     {format}\n");
        assert!(run.stdout.contains(&line), "{}", run.stdout);
    }
}

#[test]
fn nobody_reading_on_is_no_error_and_a_full_disk_is_one() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let run = finished(partita().arg("info").arg(demo()).stdout(writer));
    // `output` does not replace a stdout that was set, so the closed pipe is what was written to.
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));

    let full = File::options().write(true).open("/dev/full").unwrap();
    let run = finished(partita().arg("info").arg(demo()).stdout(Stdio::from(full)));
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr
            .starts_with("partita: the output could not be written"),
        "{}",
        run.stderr
    );
}
