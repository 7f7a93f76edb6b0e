//! What may be typed, and what is told when it makes no sense.

use crate::support::{demo, run};

#[test]
fn the_help_names_the_commands_and_the_exit_codes() {
    let help = run(["--help"]);
    assert_eq!(help.code, Some(0));
    for words in ["Usage: partita", "separate", "evaluate", "130 cancelled"] {
        assert!(help.stdout.contains(words), "{}", help.stdout);
    }
    assert_eq!(help.stderr, "");
}

#[cfg(not(feature = "app"))]
#[test]
fn without_a_window_no_arguments_print_the_help_and_a_file_alone_is_refused() {
    let plain = run::<&str>([]);
    assert_eq!(plain.code, Some(0));
    assert_eq!(run(["--help"]).stdout, plain.stdout);
    let refused = run([demo()]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("partita separate"),
        "{}",
        refused.stderr
    );
}

#[cfg(all(feature = "app", target_os = "linux"))]
#[test]
fn without_a_display_the_window_says_that_it_cannot_open() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_partita"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("no window can be opened here"),
        "{message}"
    );
    assert!(message.contains("partita separate"), "{message}");
}

#[test]
fn a_command_that_does_not_exist_is_named_whatever_follows_it() {
    for words in [
        &["seperate"][..],
        &["seperate", "song.wav"],
        &["seperate", "song.wav", "-o", "out"],
    ] {
        let run = run(words);
        assert_eq!(run.code, Some(2), "{words:?}");
        let said = "neither a command nor a file seperate; the commands are separate, ";
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    // A file is none.
    let file = run([demo().into_os_string(), "--nonsense".into()]);
    assert!(file.stderr.contains("--nonsense"), "{}", file.stderr);
}

#[test]
fn the_version_is_that_of_the_package() {
    let expected = format!("partita {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(["--version"]).stdout, expected);
}

#[test]
fn the_help_of_separate_names_every_option_of_the_readme() {
    let help = run(["separate", "--help"]).stdout;
    let readme = include_str!("../../README.md");
    let rows = readme.lines().filter(|line| line.starts_with("| `-"));
    let options: Vec<&str> = rows
        .filter_map(|row| row.split(['`', ' ']).find(|word| word.starts_with("--")))
        .collect();
    assert!(options.len() >= 16, "{options:?}");
    for option in &options {
        assert!(
            help.contains(option),
            "{option} is in the readme, not in the help"
        );
    }
    let offered = help
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("--"))
        .map(|word| {
            format!(
                "--{}",
                word.trim_end_matches(|c: char| !c.is_alphanumeric())
            )
        })
        .filter(|option| option != "--help");
    for option in offered {
        assert!(
            options.contains(&option.as_str()),
            "{option} is not in the readme"
        );
    }
}

#[test]
fn values_that_cannot_work_are_refused_with_a_sentence_and_exit_code_2() {
    for (arguments, sentence) in [
        (
            vec!["--fft", "1001"],
            "choose an even number from 64 to 65536",
        ),
        (
            vec!["--fft", "32"],
            "choose an even number from 64 to 65536",
        ),
        (vec!["--hop", "0"], "choose a hop from "),
        (vec!["--hop", "2048"], "choose a hop from "),
        (vec!["--window", "square"], "hann"),
        (vec!["-k", "0"], "give 1 or more, auto, or sources"),
        (
            vec!["-k", "many"],
            "give a whole number, 1 or more, auto, or sources",
        ),
        (vec!["-s", "0"], "give 1 or more, auto, or components"),
        (
            vec!["-k", "3", "-s", "4"],
            "at most as many --sources as --components",
        ),
        (vec!["--iterations", "0"], "give 1 or more"),
        (vec!["--tolerance", "-1"], "from 0 to below 1"),
        (vec!["--tolerance", "nan"], "from 0 to below 1"),
        (vec!["--start", "inf"], "give seconds, 0 or more"),
        (vec!["--duration", "0"], "give seconds, more than 0"),
        (vec!["--threads", "0"], "from 1 to"),
        (vec!["--format", "8"], "16, 24, 32f"),
        (vec!["--init", "magic"], "random, nndsvda"),
        (vec!["--seed", "x"], "give a whole number"),
        (
            vec!["--seed", "99999999999999999999"],
            "give a whole number",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let demo = demo();
        let mut all = vec![
            "separate",
            demo.to_str().unwrap(),
            "-o",
            out.to_str().unwrap(),
        ];
        all.extend(&arguments);
        let run = run(all);
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.stderr);
        assert!(
            run.stderr.contains(sentence),
            "{arguments:?}: {}",
            run.stderr
        );
        assert_eq!(run.stdout, "");
        assert!(!out.exists());
    }
}

#[test]
fn a_separation_needs_a_recording_and_a_place() {
    assert_eq!(run(["separate", "-o", "out"]).code, Some(2));
    let run = run(["separate", demo().to_str().unwrap()]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("--output <DIR>"), "{}", run.stderr);
}
