//! `partita evaluate`, against what mir_eval, museval and numpy say of the same files.
//! `scripts/fixtures/evaluation.py` makes the files and the numbers.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Run, assert_one_sentence, finished, partita, write_tones};

/// How far two implementations may be apart, in dB.
const TOLERANCE: f64 = 0.01;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/evaluation")
}

fn numbers(case: &str) -> Value {
    let text = fs::read(fixtures().join("evaluation.json")).unwrap();
    serde_json::from_slice::<Value>(&text).unwrap()[case].clone()
}

fn evaluate(reference: &Path, estimate: &Path, more: &[&str]) -> Run {
    let mut command = partita();
    command.arg("evaluate").args(more);
    command.arg("--reference").arg(reference);
    command.arg("--estimate").arg(estimate);
    finished(&mut command)
}

fn evaluate_case(case: &str, more: &[&str]) -> Value {
    let folder = fixtures().join(case);
    let mixture = folder.join("mix.wav");
    let mut arguments = vec!["--json", "--mixture", mixture.to_str().unwrap()];
    arguments.extend(more);
    let run = evaluate(
        &folder.join("reference"),
        &folder.join("estimate"),
        &arguments,
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// Both are close, or both are null.
fn assert_close(ours: &Value, theirs: &Value, what: &str) {
    match (ours.as_f64(), theirs.as_f64()) {
        (Some(a), Some(b)) => assert!((a - b).abs() <= TOLERANCE, "{what}: {a} instead of {b}"),
        (None, None) => assert!(ours.is_null() && theirs.is_null(), "{what}"),
        _ => panic!("{what}: {ours} instead of {theirs}"),
    }
}

fn estimate_name(index: &Value) -> String {
    let letter = b'a' + u8::try_from(index.as_u64().unwrap()).unwrap();
    format!("{}.wav", char::from(letter))
}

fn agrees(case: &str) {
    let (ours, theirs) = (evaluate_case(case, &["--method", "all"]), numbers(case));
    for source in 0..3 {
        let row = &ours["si_sdr"]["sources"][source];
        assert_eq!(
            row["estimate"][0],
            estimate_name(&theirs["matching"][source])
        );
        for key in ["si_sdr", "mixture"] {
            assert_close(
                &row[key],
                &theirs[key][source],
                &format!("{case}, {source}, {key}"),
            );
        }
        let row = &ours["bss_eval_3"]["sources"][source];
        let theirs_3 = &theirs["bss_eval_3"];
        assert_eq!(row["estimate"], estimate_name(&theirs_3["order"][source]));
        for ratio in ["sdr", "isr", "sir", "sar"] {
            let what = format!("{case}, {source}, {ratio}");
            assert_close(
                &row[ratio],
                &theirs_3[ratio][source],
                &format!("{what}, version 3"),
            );
            let row = &ours["bss_eval_4"]["sources"][source];
            let median = &theirs["bss_eval_4_median"][ratio][source];
            assert_close(&row[ratio], median, &format!("{what}, median"));
            let frames = theirs["bss_eval_4"][ratio][source].as_array().unwrap();
            assert_eq!(row["frames"].as_array().unwrap().len(), frames.len());
            for (frame, value) in frames.iter().enumerate() {
                let ours = &row["frames"][frame][ratio];
                assert_close(ours, value, &format!("{what}, second {frame}"));
            }
        }
    }
}

#[test]
fn scores_of_one_channel_agree_with_mir_eval_and_museval() {
    agrees("mono");
}

#[test]
fn scores_of_two_channels_agree_with_mir_eval_and_museval() {
    agrees("stereo");
}

#[test]
fn seconds_in_which_a_stem_is_silent_have_no_scores_as_in_museval() {
    let frames = &numbers("pause")["bss_eval_4"]["sdr"][0];
    assert!(frames.as_array().unwrap().iter().any(Value::is_null));
    agrees("pause");
}

#[test]
fn a_recording_below_a_second_is_one_window() {
    agrees("short");
}

#[test]
fn perfect_grouping_of_halves_gives_the_stems_back() {
    let case = fixtures().join("mono");
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        let bytes = fs::read(case.join("reference").join(format!("{name}.wav"))).unwrap();
        // Samples at even and at odd places: two parts that add up to the stem.
        for parity in 0..2 {
            let mut part = bytes.clone();
            let data = part.len() - (part.len() - 44) / 2 * 2;
            for (place, sample) in part[data..].chunks_exact_mut(2).enumerate() {
                if place % 2 == parity {
                    sample.fill(0);
                }
            }
            fs::write(folder.path().join(format!("{name}{parity}.wav")), part).unwrap();
        }
    }
    let run = evaluate(
        &case.join("reference"),
        folder.path(),
        &["--json", "--oracle"],
    );
    let scores: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(scores["oracle"]["mean"], 60.0);
    for (source, name) in ["a", "b", "c"].iter().enumerate() {
        let files = &scores["oracle"]["sources"][source]["estimate"];
        let expected = [format!("{name}0.wav"), format!("{name}1.wav")];
        assert_eq!(*files, serde_json::json!(expected));
    }
    assert!(scores["si_sdr"]["mean"].as_f64().unwrap() < 10.0);
    // One by one, half of the estimates are left; by the oracle none is.
    let unmatched = scores["si_sdr"]["unmatched"].as_array().unwrap();
    assert_eq!(unmatched.len(), 3, "{unmatched:?}");
    assert!(scores["oracle"]["unmatched"].is_null());
    let table = evaluate(&case.join("reference"), folder.path(), &[]).stdout;
    let last = table.lines().last().unwrap();
    assert!(last.starts_with("matched with none: "), "{last}");
    let named = |file: &Value| last.contains(file.as_str().unwrap());
    assert!(unmatched.iter().all(named), "{last}");
    assert!(scores["si_sdr"]["mean_improvement"].is_null());
}

#[test]
fn the_mixture_in_the_folder_of_the_stems_is_no_stem_but_the_mixture() {
    let case = fixtures().join("mono");
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.wav", "b.wav", "c.wav"] {
        fs::copy(case.join("reference").join(name), folder.path().join(name)).unwrap();
    }
    fs::copy(case.join("mix.wav"), folder.path().join("Mix.wav")).unwrap();
    fs::write(folder.path().join("notes.txt"), "no recording").unwrap();
    let run = evaluate(folder.path(), &case.join("estimate"), &["--json"]);
    let scores: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(scores["si_sdr"]["sources"].as_array().unwrap().len(), 3);
    let mixture = &scores["si_sdr"]["sources"][0]["mixture"];
    assert_close(mixture, &numbers("mono")["mixture"][0], "mixture");
}

#[test]
fn the_table_has_a_row_for_each_stem_and_the_mean() {
    let case = fixtures().join("mono");
    let run = evaluate(&case.join("reference"), &case.join("estimate"), &[]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 5, "{}", run.stdout);
    assert!(
        lines[0].ends_with("SI-SDR  mixture     gain  estimate"),
        "{}",
        lines[0]
    );
    for (line, start) in lines[1..].iter().zip(["a.wav", "b.wav", "c.wav", "mean"]) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn what_cannot_be_compared_is_told_in_one_sentence() {
    let case = fixtures().join("mono");
    let (reference, folder) = (case.join("reference"), tempfile::tempdir().unwrap());
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    write_tones(&other.join("x.wav"), 100);
    let missing = folder.path().join("missing");
    for (estimate, path, words) in [
        (&empty, &empty, "there is no recording of a stem"),
        (&missing, &missing, "the folder of stems could not be read"),
        (
            &other,
            &other.join("x.wav"),
            "estimate 1 has a rate of 8000 Hz, but reference 1 has a rate of 4000 Hz",
        ),
    ] {
        let run = evaluate(&reference, estimate, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
        assert_one_sentence(&run.stderr, path);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
}
