//! Progress: a bar on a terminal, plain lines elsewhere, always on stderr.

use std::path::Path;
use std::process::Command;

use crate::support::{finished, separate, separating, write_tones};

/// What a terminal of 100 columns would have got from a run with this `TERM`.
fn on_a_terminal(folder: &Path, term: &str) -> String {
    let recording = folder.join("tones.wav");
    write_tones(&recording, 48_000);
    let command = separating(&recording, folder, &[]);
    let line: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    // `script` runs it on a terminal of its own; stdout goes elsewhere, so that stderr is left.
    let run = finished(
        Command::new("script")
            .args([
                "-qec",
                &format!("stty cols 100; {} >/dev/null", line.join(" ")),
                "/dev/null",
            ])
            .env("TERM", term),
    );
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    run.stdout
}

#[test]
fn a_terminal_gets_a_bar_that_is_gone_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let seen = on_a_terminal(folder.path(), "xterm");
    assert!(seen.contains("tones.wav ["), "{seen:?}");
    assert!(seen.contains(" % "), "{seen:?}");
    assert!(seen.contains("factorizing"), "{seen:?}");
    // The last thing is the line being cleared.
    let end = seen.trim_end_matches(['\r', '\n']);
    assert!(end.ends_with("\u{1b}[2K"), "{seen:?}");
}

#[test]
fn a_terminal_that_cannot_move_the_cursor_gets_plain_lines() {
    let folder = tempfile::tempdir().unwrap();
    let seen = on_a_terminal(folder.path(), "dumb");
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
    assert!(seen.contains("factorizing"), "{seen:?}");
}

#[test]
fn a_pipe_gets_plain_lines_one_per_phase_on_stderr() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("tones.wav");
    write_tones(&recording, 24_000);
    let run = separate(&recording, folder.path(), &[]);
    let lines: Vec<&str> = run.stderr.lines().collect();
    for (line, phase) in lines.iter().zip([
        "reading",
        "transforming",
        "factorizing",
        "measuring",
        "writing stems",
        "done",
    ]) {
        assert!(line.starts_with("partita: tones.wav: "), "{line}");
        assert!(line.contains(&format!(" %, {phase}")), "{line}");
    }
    assert_eq!(lines.len(), 6, "{}", run.stderr);
    assert_eq!(lines[5], "partita: tones.wav: 100 %, done");
    assert!(
        !run.stdout.contains('%') || !run.stdout.contains("factorizing"),
        "{}",
        run.stdout
    );
}
