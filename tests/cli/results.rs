//! What a separation leaves behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use partita::audio::{StemFormat, WavSpec, WavWriter, read};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{description, listing, run, separate, stems, write_tones};

/// A short recording in a folder of its own.
fn recording() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tones.wav");
    write_tones(&path, 12_000);
    (folder, path)
}

#[test]
fn a_result_folder_has_the_stems_and_their_description_and_nothing_else() {
    let (folder, path) = recording();
    let run = separate(&path, folder.path(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let result = folder.path().join("out/tones");
    assert_eq!(listing(&folder.path().join("out")), ["tones"]);
    let mut expected: Vec<String> = stems(&result)
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(expected.len(), 4);
    for (i, name) in expected.iter().enumerate() {
        assert!(name.starts_with(&format!("{:02}-", i + 1)), "{name}");
        assert!(name.ends_with(".wav"), "{name}");
        assert!(run.stdout.contains(name), "{}", run.stdout);
    }
    expected.push("separation.json".into());
    assert_eq!(listing(&result), expected);
}

#[test]
fn the_description_has_every_field_and_they_agree_with_the_files() {
    let (folder, path) = recording();
    let more = [
        "--seed",
        "7",
        "--init",
        "random",
        "--tolerance",
        "0",
        "--fft",
        "512",
        "--algorithm",
        "mu",
    ];
    separate(&path, folder.path(), &more);
    let result = folder.path().join("out/tones");
    let d = description(&result);
    assert_eq!(d["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(d["seed"], 7);
    assert_eq!(d["settings"]["stft"]["size"], 512);
    assert_eq!(d["settings"]["stft"]["hop"], 128);
    assert_eq!(d["settings"]["init"], "random");
    assert_eq!(d["settings"]["format"], "16");
    assert!(d["settings"]["memory"].as_u64().unwrap() > 100_000_000);
    assert_eq!(d["settings"]["components"], 4);
    assert_eq!(d["settings"]["components_asked"], 4);
    assert_eq!(d["settings"]["sources"], 4);
    assert_eq!(d["settings"]["sources_asked"], "components");
    assert_eq!(d["settings"]["quality"], "best");
    assert_eq!(d["channel_gains"], Value::Null);
    assert_eq!(d["dendrogram"], Value::Null);
    assert_eq!(d["bins"], 257);
    assert!(d["frames"].as_u64().unwrap() >= 12_000 / 128);
    assert_eq!(d["components"], 4);
    assert_eq!(d["iterations"], 10);
    let curve = d["divergence_curve"].as_array().unwrap();
    assert_eq!(curve.len(), 11);
    let values: Vec<f64> = curve.iter().map(|v| v.as_f64().unwrap()).collect();
    assert!(values.is_sorted_by(|a, b| a >= b), "{values:?}");
    for phase in ["read", "stft", "factorize", "mask", "export"] {
        assert!(d["timings"][phase].as_f64().unwrap() >= 0.0, "{phase}");
    }
    assert_eq!(d["repairs"], Value::Array(vec![]));
    assert_eq!(d["warnings"], Value::Array(vec![]));
    assert_eq!(d["measurements"].as_array().unwrap().len(), 4);
    let mut energy = 0.0;
    let mut components = Vec::new();
    for stem in d["stems"].as_array().unwrap() {
        energy += stem["energy"].as_f64().unwrap();
        components.extend(
            stem["components"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| c.as_u64().unwrap()),
        );
        let bytes = fs::read(result.join(stem["file"].as_str().unwrap())).unwrap();
        let sha256: String = Sha256::digest(&bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(stem["sha256"], sha256);
    }
    assert!((energy - 1.0).abs() < 1e-6, "{energy}");
    components.sort_unstable();
    assert_eq!(components, [0, 1, 2, 3]);
}

#[test]
fn the_description_of_sources_has_the_gains_and_the_tree_of_their_components() {
    let (folder, path) = recording();
    let sources = ["-k", "sources", "-s", "2", "--quality", "fast"];
    let run = separate(&path, folder.path(), &sources);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let d = description(&folder.path().join("out/tones"));
    assert_eq!(d["settings"]["quality"], "fast");
    assert_eq!(d["settings"]["components_asked"], "sources");
    assert_eq!(d["component_choice"], Value::Null);
    assert_eq!(d["stems"].as_array().unwrap().len(), 2);
    let count = d["components"].as_u64().unwrap() as usize;
    let gains = d["channel_gains"].as_array().unwrap();
    assert_eq!(gains.len(), count);
    assert!(gains.iter().all(|gain| gain.as_array().unwrap().len() == 2));
    let joints = d["dendrogram"].as_array().unwrap();
    assert_eq!(joints.len(), count - 1);
}

#[test]
fn json_on_stdout_is_the_description_and_nothing_else() {
    let (folder, path) = recording();
    let run = separate(&path, folder.path(), &["--json"]);
    let printed: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(printed, description(&folder.path().join("out/tones")));
    let quiet = separate(&path, folder.path(), &["--json", "--quiet", "--force"]);
    assert_eq!(quiet.stderr, "");
    assert_eq!(quiet.stdout.lines().count(), 1);
}

#[test]
fn the_summary_says_what_its_numbers_are_and_what_else_could_be_asked_for() {
    let (folder, path) = recording();
    let one = separate(&path, folder.path(), &["-k", "1"]).stdout;
    assert!(one.contains(": 1 stem of 1 component, "), "{one}");
    assert!(
        one.contains("\n share of the energy\n 100.0 %  01-"),
        "{one}"
    );
    assert!(!one.contains("-s N"), "{one}");

    let auto = ["-s", "auto", "--force"];
    let run = separate(&path, folder.path(), &auto);
    let hint = "-s N makes N stems; -k N -s components writes N components alone\n";
    assert!(run.stdout.ends_with(hint), "{}", run.stdout);
    let d = description(&folder.path().join("out/tones"));
    assert_eq!(d["settings"]["sources_asked"], "auto");
}

#[test]
fn quiet_prints_nothing_at_all() {
    let (folder, path) = recording();
    let run = separate(&path, folder.path(), &["--quiet"]);
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (Some(0), "", "")
    );
}

#[test]
fn the_same_settings_give_the_same_bytes_with_any_number_of_threads_and_another_seed_gives_others()
{
    let (folder, path) = recording();
    let hashes = |more: &[&str]| -> Vec<Value> {
        let mut all = vec!["--force", "--json", "--init", "random"];
        all.extend(more);
        let run = separate(&path, folder.path(), &all);
        let d: Value = serde_json::from_str(&run.stdout).unwrap();
        d["stems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["sha256"].clone())
            .collect()
    };
    let one = hashes(&["--threads", "1"]);
    assert_eq!(hashes(&["--threads", "2"]), one);
    assert_eq!(hashes(&["--threads", "4"]), one);
    assert_ne!(hashes(&["--seed", "99"]), one);
}

#[test]
fn recordings_of_the_same_name_get_folders_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["separate".into(), "-k".into(), "2".into(), "-o".into()];
    arguments.push(folder.path().join("out").into_os_string());
    for take in ["take1", "take2"] {
        fs::create_dir(folder.path().join(take)).unwrap();
        let path = folder.path().join(take).join("mix.wav");
        write_tones(&path, 6000);
        arguments.push(path.into_os_string());
    }
    let run = run(&arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(
        listing(&folder.path().join("out")),
        ["take1-mix", "take2-mix"]
    );
}

#[test]
fn an_excerpt_has_the_length_that_was_asked_for() {
    let (folder, path) = recording();
    let run = separate(
        &path,
        folder.path(),
        &["--start", "0.5", "--duration", "0.25", "--json"],
    );
    let d: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(d["recording"]["frames"], 2000);
    assert_eq!(d["recording"]["start"], 0.5);
    for stem in stems(&folder.path().join("out/tones")) {
        let bytes = fs::metadata(&stem).unwrap().len();
        assert_eq!(bytes - 44, 2000 * 4, "{}", stem.display());
    }
    // What is asked for beyond the end is not there to be taken.
    let run = separate(
        &path,
        folder.path(),
        &["--start", "1", "--duration", "9", "--json", "--force"],
    );
    let d: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(d["recording"]["frames"], 4000);
}

#[test]
fn a_coarser_format_than_that_of_the_recording_is_told() {
    let (folder, path) = recording();
    separate(&path, folder.path(), &["--format", "32f"]);
    let floats = folder.path().join("out/tones");
    assert_eq!(description(&floats)["warnings"], Value::Array(vec![]));
    let stem = stems(&floats).remove(0);
    let run = separate(&stem, &folder.path().join("again"), &["--format", "16"]);
    assert!(run.stderr.contains("rounded to 16 bit"), "{}", run.stderr);
}

#[test]
fn silence_is_called_silence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nothing.wav");
    let spec = WavSpec {
        rate: 8000,
        channels: 2,
        format: StemFormat::I16,
        channel_mask: None,
        time_reference: None,
    };
    let mut writer = WavWriter::create(&path, spec, true).unwrap();
    writer.write_i32(&[&[0; 8000], &[0; 8000]]).unwrap();
    writer.finish().unwrap();
    for more in [&[][..], &["-s", "3"], &["-k", "4", "-s", "components"]] {
        let run = separate(&path, folder.path(), &[more, &["--force"]].concat());
        assert!(
            run.stderr.contains("the recording is silent"),
            "{}",
            run.stderr
        );
        let result = folder.path().join("out/nothing");
        let stems = stems(&result);
        assert!(!stems.is_empty());
        for stem in &stems {
            let name = stem.file_stem().unwrap().to_string_lossy();
            assert!(name.ends_with("-silent"), "{name}");
            let samples = read(stem).unwrap().buffer;
            assert!(samples.channels()[0].iter().all(|&x| x == 0.0));
        }
    }
}

#[test]
fn options_that_play_no_part_are_named_and_not_claimed() {
    let (folder, path) = recording();
    let cases: [(&[&str], &[&str], &str); 4] = [
        (
            &["-k", "sources", "-s", "2"],
            &["--restarts", "4", "--algorithm", "fast"],
            "--restarts and --algorithm play no part where sources are found",
        ),
        (
            &["--template-frames", "3"],
            &["--restarts", "4", "--channel-gains"],
            "--restarts and --channel-gains play no part with --template-frames",
        ),
        (
            &["--channel-gains"],
            &["--algorithm", "relaxed"],
            "--algorithm plays no part with --channel-gains",
        ),
        (
            &["--divergence", "is"],
            &["--memory", "300M"],
            "--memory plays no part with other divergences",
        ),
    ];
    for (needed, more, expected) in cases {
        let all = [needed, more, &["--force"]].concat();
        let run = separate(&path, folder.path(), &all);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stderr.contains(expected), "{all:?}: {}", run.stderr);
        let d = description(&folder.path().join("out/tones"));
        assert_eq!(d["settings"]["restarts"], 1);
        let plain = separate(&path, folder.path(), &[needed, &["--force"]].concat());
        assert!(!plain.stderr.contains("no part"), "{}", plain.stderr);
    }
}

#[test]
fn stems_stand_where_the_recording_stands_on_the_time_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.wav");
    let ten = 10 * 3600 * 8000;
    let spec = WavSpec {
        rate: 8000,
        channels: 1,
        format: StemFormat::I16,
        channel_mask: None,
        time_reference: Some(ten),
    };
    let samples: Vec<i32> = (0..8000).map(|t| (t * 997) % 20_000 - 10_000).collect();
    let mut writer = WavWriter::create(&path, spec, true).unwrap();
    writer.write_i32(&[&samples]).unwrap();
    writer.finish().unwrap();
    for model in ["batch", "online"] {
        for (more, begin) in [(&[][..], ten), (&["--start", "0.25"], ten + 2000)] {
            let options = [&["--model", model, "--force"], more].concat();
            let run = separate(&path, folder.path(), &options);
            assert_eq!(run.code, Some(0), "{}", run.stderr);
            for stem in stems(&folder.path().join("out/take")) {
                assert_eq!(read(&stem).unwrap().info.time_reference, Some(begin));
            }
        }
    }
}

#[test]
fn samples_over_full_scale_are_said_to_be_clipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loud.wav");
    let spec = WavSpec {
        rate: 8000,
        channels: 1,
        format: StemFormat::F32,
        channel_mask: None,
        time_reference: None,
    };
    let samples: Vec<f32> = (0..8000).map(|t| 2.0 * (t as f32 * 0.3).sin()).collect();
    let mut writer = WavWriter::create(&path, spec, true).unwrap();
    writer.write_f32(&[&samples]).unwrap();
    writer.finish().unwrap();
    for (format, clipped) in [("16", true), ("24", true), ("32f", false)] {
        for model in ["batch", "online"] {
            let more = ["--format", format, "--model", model, "--force"];
            let run = separate(&path, folder.path(), &more);
            assert_eq!(run.code, Some(0), "{}", run.stderr);
            let told = run.stderr.contains("+6.0 dB of full scale");
            assert_eq!(told, clipped, "{format} {model}: {}", run.stderr);
        }
    }
}

#[test]
fn results_can_be_read_by_those_who_may_read_other_new_files() {
    let (folder, path) = recording();
    separate(&path, folder.path(), &[]);
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let result = folder.path().join("out/tones");
    for name in listing(&result) {
        assert_eq!(mode(&result.join(&name)), mode(&plain), "{name}");
    }
    let plain = folder.path().join("plain_folder");
    fs::create_dir(&plain).unwrap();
    assert_eq!(mode(&result), mode(&plain));
}

#[test]
fn several_starts_say_how_stable_each_component_is() {
    let (folder, path) = recording();
    separate(&path, folder.path(), &["--restarts", "3"]);
    let d = description(&folder.path().join("out/tones"));
    assert_eq!(d["settings"]["restarts"], 3);
    for component in d["measurements"].as_array().unwrap() {
        let stability = component["stability"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&stability), "{stability}");
        assert_eq!(component["confidence"], Value::Null);
    }
}

#[test]
fn grouped_components_say_how_surely_they_belong_together() {
    let (folder, path) = recording();
    let out = folder.path().join("out");
    let command = ["separate", path.to_str().unwrap(), "-s", "2", "-o"];
    let run = run(command.into_iter().chain([out.to_str().unwrap()]));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let d = description(&out.join("tones"));
    assert_eq!(d["preset"], Value::Null);
    for component in d["measurements"].as_array().unwrap() {
        let confidence = component["confidence"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&confidence), "{confidence}");
        let stability = component["stability"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&stability), "{stability}");
    }
}

#[test]
fn a_preset_gives_way_to_what_else_is_asked_for_and_auto_says_why() {
    let (folder, path) = recording();
    let result = folder.path().join("out/tones");
    separate(&path, folder.path(), &["--preset", "melodic"]);
    let d = description(&result);
    assert_eq!(
        d["settings"]["stft"]["size"], 768,
        "a quarter of that at 44.1 kHz"
    );
    assert_eq!(d["settings"]["stft"]["hop"], 96);
    assert_eq!(d["settings"]["components"], 4);
    assert_eq!(d["preset"]["name"], "melodic");
    assert_eq!(d["preset"]["reason"], Value::Null);

    let more = ["--preset", "melodic", "--fft", "512", "--force"];
    separate(&path, folder.path(), &more);
    assert_eq!(description(&result)["settings"]["stft"]["hop"], 128);

    // More stems than the preset has components.
    let many = folder.path().join("many");
    let [from, to] = [&path, &many].map(|path| path.to_str().unwrap());
    let many_stems = ["-o", to, "--preset", "long", "-s", "13", "--fft", "256"];
    let done = run(["separate", from].into_iter().chain(many_stems));
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let d = description(&many.join("tones"));
    assert_eq!(d["settings"]["components"], 13);
    assert_eq!(d["stems"].as_array().unwrap().len(), 13);

    let run = separate(&path, folder.path(), &["--preset", "auto", "--force"]);
    let d = description(&result);
    let reason = d["preset"]["reason"].as_str().unwrap();
    assert!(reason.contains('%'), "{reason}");
    assert!(run.stdout.contains(reason), "{}", run.stdout);
}

#[test]
fn a_number_of_components_from_evidence_comes_with_its_curve() {
    let (folder, path) = recording();
    for more in [&["-k", "auto"][..], &["-k", "sources"]] {
        let run = separate(&path, folder.path(), &[more, &["--force"]].concat());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stdout.contains("-k auto: "), "{}", run.stdout);
        let d = description(&folder.path().join("out/tones"));
        assert_eq!(d["settings"]["components_asked"], "auto");
        let choice = &d["component_choice"];
        assert_eq!(choice["chosen"], d["components"]);
        assert!(run.stdout.contains(choice["reason"].as_str().unwrap()));
        let curve = choice["curve"].as_array().unwrap();
        assert!(curve.len() > 3);
        for evidence in curve {
            for what in ["components", "held_out", "duplicated", "stability", "score"] {
                assert!(evidence[what].is_number(), "{what}");
            }
        }
    }
}
