//! The options that choose a model, and `partita split`.

use std::fs;

use serde_json::Value;

use crate::support::{description, run, separate, stems, write_tones};

#[test]
fn the_divergence_and_the_penalties_stand_in_the_description() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tones.wav");
    write_tones(&path, 12_000);
    for (options, key, value) in [
        (&[][..], "divergence", Value::from("kl")),
        (&["--divergence", "is"], "divergence", "is".into()),
        (&["--divergence", "0.5"], "divergence", "0.5".into()),
        (&["--divergence", "2"], "divergence", "euclidean".into()),
        (&["--continuity", "0.25"], "continuity", 0.25.into()),
        (&["--sparsity", "0.5"], "sparsity", 0.5.into()),
        (&["--template-frames", "3"], "template_frames", 3.into()),
    ] {
        let run = separate(&path, folder.path(), &[options, &["--force"]].concat());
        assert_eq!(run.code, Some(0), "{options:?}: {}", run.stderr);
        let result = folder.path().join("out/tones");
        assert_eq!(description(&result)["settings"][key], value, "{options:?}");
        // The frames of a pattern are one thing that was found.
        let found = if key == "template_frames" {
            "pattern"
        } else {
            "component"
        };
        let expected = format!("4 stems of 4 {found}s");
        assert!(run.stdout.contains(&expected), "{}", run.stdout);
        assert_eq!(stems(&result).len(), 4);
    }
}

#[test]
fn the_description_tells_the_algorithm_that_auto_has_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tones.wav");
    write_tones(&path, 12_000);
    let chosen = |more: &[&str]| {
        let options = [
            "-k",
            "2",
            "--iterations",
            "160",
            "--hop",
            "64",
            "--fft",
            "128",
            "--force",
        ];
        let run = separate(&path, folder.path(), &[&options, more].concat());
        assert_eq!(run.code, Some(0), "{more:?}: {}", run.stderr);
        let d = description(&folder.path().join("out/tones"));
        assert_eq!(
            d["divergence_curve"].as_array().map(Vec::is_empty),
            Some(false)
        );
        let settings = &d["settings"];
        let text = |name: &str| settings[name].as_str().unwrap().to_owned();
        (
            text("algorithm") + " of " + &text("algorithm_asked"),
            settings["continuity"].as_f64().unwrap(),
            d["channel_gains"].is_array(),
            settings["iterations"].as_u64().unwrap(),
        )
    };
    let plain = |text: &str| (text.to_owned(), 0.0, false, 160);
    assert_eq!(chosen(&[]), ("mu of auto".to_owned(), 0.1, true, 160));
    let fast = ("fast of auto".to_owned(), 0.0, false, 64);
    assert_eq!(chosen(&["--hop", "8"]), fast);
    assert_eq!(chosen(&["--restarts", "2"]), chosen(&[]));
    let sudden = ("mu of auto".to_owned(), 0.0, true, 160);
    assert_eq!(chosen(&["--continuity", "0"]), sudden);
    assert_eq!(chosen(&["--model", "online"]), plain("mu of auto"));
    assert_eq!(chosen(&["--algorithm", "mu"]), plain("mu of mu"));
    assert_eq!(
        chosen(&["--hop", "8", "--algorithm", "relaxed"]),
        plain("relaxed of relaxed")
    );
    assert_eq!(chosen(&["--sparsity", "0.1"]), plain("mu of auto"));
    assert_eq!(
        chosen(&["--channel-gains"]),
        ("mu of auto".to_owned(), 0.0, true, 160)
    );
}

#[test]
fn models_that_do_not_go_together_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tones.wav");
    write_tones(&path, 2000);
    for (options, words) in [
        (&["--divergence", "3"][..], "give kl, is, euclidean"),
        (&["--divergence", "is", "--algorithm", "fast"], "(mu)"),
        (
            &["--divergence", "is", "--continuity", "1"],
            "leave them at 0",
        ),
        (&["--continuity", "-1"], "0 or more"),
        (
            &["--template-frames", "2", "--divergence", "is"],
            "templates of several frames",
        ),
        (&["--template-frames", "0"], "1 or more"),
    ] {
        let run = separate(&path, folder.path(), options);
        assert_eq!(run.code, Some(2), "{options:?}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{options:?}: {}", run.stderr);
    }
}

#[test]
fn a_split_leaves_stems_and_a_description_and_is_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tones.wav");
    write_tones(&path, 12_000);
    let out = folder.path().join("out");
    let split = |more: &[&str]| {
        let arguments = ["split", path.to_str().unwrap(), "-o", out.to_str().unwrap()];
        run(arguments.iter().chain(more))
    };
    let first = split(&[]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert!(first.stdout.contains("2 stems"), "{}", first.stdout);
    assert_eq!(split(&[]).code, Some(1));
    let second = split(&["--margin", "2", "--force"]);
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    let mut names: Vec<String> = fs::read_dir(out.join("tones"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "01-harmonic.wav",
        "02-percussive.wav",
        "03-residual.wav",
        "separation.json",
    ];
    assert_eq!(names, expected);
    assert_eq!(description(&out.join("tones"))["hpss"]["margin"], 2.0);
    // The window lasts as long as 2048 samples at 44.1 kHz.
    assert_eq!(description(&out.join("tones"))["stft"]["size"], 512);
    let asked = split(&["--fft", "1024", "--force", "-q", "--threads", "1"]);
    assert_eq!((asked.code, asked.stdout.as_str()), (Some(0), ""));
    assert_eq!(asked.stderr, "");
    assert_eq!(description(&out.join("tones"))["stft"]["size"], 1024);
    let json = split(&["--force", "--json"]);
    let printed: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(printed, description(&out.join("tones")));
    assert!(json.stderr.contains("100 %, done"), "{}", json.stderr);
    for options in [["--margin", "0.5"], ["--frames", "4"], ["--power", "0"]] {
        assert_eq!(split(&options).code, Some(2), "{options:?}");
    }
}
