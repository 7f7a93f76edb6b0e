//! Recordings that are worked on block by block, and such beyond 4 GiB.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use crate::support::{demo, description, finished, partita, run, separate, stems};

/// All samples of a 16-bit stem, channels interleaved, as this project's own reader gives them.
fn codes(path: &Path) -> Vec<i32> {
    let buffer = partita::audio::read(path).unwrap().buffer;
    let frames = 0..buffer.frames();
    let channels = buffer.channels();
    frames
        .flat_map(|t| channels.iter().map(move |c| (c[t] * 32768.0) as i32))
        .collect()
}

fn sum(result: &Path) -> Vec<i32> {
    stems(result)
        .iter()
        .map(|stem| codes(stem))
        .reduce(|sum, stem| sum.iter().zip(&stem).map(|(a, b)| a + b).collect())
        .unwrap()
}

#[test]
fn block_by_block_the_stems_still_add_up_and_the_description_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let more = [
        "--model", "online", "--fft", "4096", "--hop", "256", "--memory", "120M",
    ];
    let run = separate(&demo(), folder.path(), &more);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let result = folder.path().join("out/demo");
    assert_eq!(sum(&result), codes(&demo()));
    let d = description(&result);
    assert_eq!(d["settings"]["model"], "online");
    assert_eq!(d["settings"]["model_asked"], "online");
    assert_eq!(d["warnings"].as_array().unwrap().len(), 0);
}

#[test]
fn auto_says_when_it_works_block_by_block() {
    let folder = tempfile::tempdir().unwrap();
    let roomy = separate(&demo(), folder.path(), &[]);
    assert_eq!(roomy.code, Some(0), "{}", roomy.stderr);
    let d = description(&folder.path().join("out/demo"));
    assert_eq!(d["settings"]["model"], "batch");
    assert_eq!(d["settings"]["model_asked"], "auto");

    let tight = separate(&demo(), folder.path(), &["--memory", "110M", "--force"]);
    assert_eq!(tight.code, Some(0), "{}", tight.stderr);
    assert!(tight.stderr.contains("block by block"), "{}", tight.stderr);
    let d = description(&folder.path().join("out/demo"));
    assert_eq!(d["settings"]["model"], "online");
    assert_eq!(d["settings"]["model_asked"], "auto");
    assert!(
        d["warnings"][0]
            .as_str()
            .unwrap()
            .contains("block by block")
    );
}

#[test]
fn a_preset_is_chosen_block_by_block_as_it_is_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let chosen = |model| {
        let more = ["--preset", "auto", "--model", model, "-k", "4", "--force"];
        let run = separate(&demo(), folder.path(), &more);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let d = description(&folder.path().join("out/demo"));
        assert_eq!(d["settings"]["model"], model);
        d["preset"].clone()
    };
    let batch = chosen("batch");
    assert!(batch["reason"].is_string(), "{batch}");
    assert_eq!(chosen("online"), batch);
}

#[test]
fn too_little_memory_is_refused_with_what_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let run = separate(
        &demo(),
        folder.path(),
        &["--model", "online", "--memory", "20M"],
    );
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("may be used"), "{}", run.stderr);
    // It is known before all of the recording has been read.
    assert!(!run.stderr.contains("transforming"), "{}", run.stderr);
    for wrong in ["400", "M", "0G", "nanG"] {
        let run = separate(&demo(), folder.path(), &["--memory", wrong]);
        assert_eq!(run.code, Some(2), "{wrong}");
        assert!(run.stderr.contains("400M"), "{}", run.stderr);
    }
}

const RATE: u64 = 44_100;
/// Bytes before the samples of [`beyond_4_gib`].
const HEADER: u64 = 12 + 36 + 24 + 8;

/// An RF64 of two channels of 16 bit with `bytes` of samples, silent but for a tone and a click in
/// its last three seconds; a hole in the disk, so that it takes no room.
fn beyond_4_gib(path: &Path, bytes: u64) {
    let mut header = Vec::new();
    header.extend(b"RF64\xFF\xFF\xFF\xFFWAVEds64\x1C\0\0\0");
    for size in [HEADER - 8 + bytes, bytes, bytes / 4] {
        header.extend(size.to_le_bytes());
    }
    header.extend(b"\0\0\0\0fmt \x10\0\0\0\x01\0\x02\0");
    header.extend((RATE as u32).to_le_bytes());
    header.extend((RATE as u32 * 4).to_le_bytes());
    header.extend(b"\x04\0\x10\0data\xFF\xFF\xFF\xFF");
    assert_eq!(header.len() as u64, HEADER);
    let mut file = File::create(path).unwrap();
    file.write_all(&header).unwrap();
    file.set_len(HEADER + bytes).unwrap();
    let frames = 3 * RATE;
    let sound: Vec<u8> = (0..frames)
        .flat_map(|t| {
            let tone = 9000.0 * (t as f64 * 0.05).sin();
            let click = if t % 20_000 < 30 { 5000 } else { 0 };
            let left = (tone as i16 + click).to_le_bytes();
            let right = ((tone * 0.5) as i16 - click).to_le_bytes();
            [left, right].concat()
        })
        .collect();
    file.seek(SeekFrom::Start(HEADER + bytes - 4 * frames))
        .unwrap();
    file.write_all(&sound).unwrap();
}

#[test]
fn the_end_of_an_rf64_beyond_4_gib_is_separated() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("long.wav");
    let bytes = 5_u64 << 30;
    beyond_4_gib(&path, bytes);
    let start = format!("{:.6}", (bytes / 4 - 2 * RATE) as f64 / RATE as f64);
    for model in ["batch", "online"] {
        let more = [
            "--start",
            &start,
            "--duration",
            "1.5",
            "--model",
            model,
            "--force",
        ];
        let run = separate(&path, folder.path(), &more);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let result = folder.path().join("out/long");
        assert_eq!(description(&result)["repairs"].as_array().unwrap().len(), 0);
        let expected: Vec<i32> = {
            let mut reader = partita::audio::RecordingReader::open(&path).unwrap();
            reader.seek(bytes / 4 - 2 * RATE).unwrap();
            let mut block = vec![Vec::new(), Vec::new()];
            reader.read_block(66_150, &mut block).unwrap();
            (0..66_150)
                .flat_map(|t| [block[0][t], block[1][t]].map(|x| (x * 32768.0) as i32))
                .collect()
        };
        assert!(expected.iter().any(|&x| x != 0));
        assert_eq!(sum(&result), expected, "{model}");
    }
}

/// Reads 5 GiB, too much for every run.
#[test]
#[ignore = "reads more than 4 GiB"]
fn an_rf64_beyond_4_gib_is_described_to_its_end() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("long.wav");
    let bytes = 5_u64 << 30;
    beyond_4_gib(&path, bytes);
    let info = run(["info".as_ref(), path.as_os_str(), "--json".as_ref()]);
    assert_eq!(info.code, Some(0), "{}", info.stderr);
    let facts: serde_json::Value = serde_json::from_str(&info.stdout).unwrap();
    assert_eq!(facts["frames"], bytes / 4);
    assert_eq!(facts["container"], "rf64");
    assert_eq!(facts["repairs"].as_array().unwrap().len(), 0);
}

/// Separates more than 4 GiB into stems of more than 4 GiB, too much for every run.
#[test]
#[ignore = "writes more than 8 GiB"]
fn stems_beyond_4_gib_are_rf64_and_add_up() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("long.wav");
    let bytes = (4_u64 << 30) + (1 << 20);
    beyond_4_gib(&path, bytes);
    let out = folder.path().join("out");
    let run = finished(
        partita()
            .args([
                "separate".as_ref(),
                path.as_os_str(),
                "-o".as_ref(),
                out.as_os_str(),
            ])
            .args(["-k", "2", "-s", "components", "--iterations", "10", "-q"])
            .args(["--model", "online", "--memory", "800M"]),
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut readers: Vec<_> = stems(&out.join("long"))
        .iter()
        .chain([&path])
        .map(|path| partita::audio::RecordingReader::open(path).unwrap())
        .collect();
    for reader in &mut readers {
        assert_eq!(reader.info().container, partita::audio::Container::Rf64);
        assert_eq!(reader.info().frames, Some(bytes / 4));
        reader.seek(bytes / 4 - 3 * RATE).unwrap();
    }
    let ends: Vec<Vec<Vec<f32>>> = readers
        .iter_mut()
        .map(|reader| {
            let mut block = vec![Vec::new(), Vec::new()];
            while reader.read_block(1 << 16, &mut block).unwrap() > 0 {}
            block
        })
        .collect();
    let [first, second, whole] = ends.as_slice() else {
        panic!("two stems and the recording");
    };
    for ((a, b), x) in first.iter().zip(second).zip(whole) {
        let sums = a.iter().zip(b).map(|(a, b)| a + b);
        assert!(sums.eq(x.iter().copied()));
    }
}
