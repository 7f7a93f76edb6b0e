//! Compressed files that are cut or broken.

use partita::audio::{AudioError, Repair};

use crate::support::*;

/// One second of music, encoded by ffmpeg.
fn encoded(extension: &str, arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let source = write_floats(
        &folder.path().join("source.wav"),
        &music(44_100, 2, 44_100),
        44_100,
    );
    let path = folder.path().join(format!("target.{extension}"));
    ffmpeg(&[&["-i", text(&source)], arguments, &[text(&path)]].concat());
    std::fs::read(path).unwrap()
}

#[test]
fn what_is_left_of_a_cut_file_is_read_and_the_rest_is_told() {
    if !have_ffmpeg() {
        return;
    }
    for (extension, arguments) in [
        ("flac", &["-c:a", "flac"][..]),
        ("mp3", &["-c:a", "libmp3lame"]),
        (
            "m4a",
            &["-c:a", "aac", "-aac_pns", "0", "-movflags", "+faststart"],
        ),
        ("aiff", &["-c:a", "pcm_s16be"]),
    ] {
        let mut bytes = encoded(extension, arguments);
        bytes.truncate(bytes.len() / 2);
        let recording = read_bytes(&bytes).unwrap_or_else(|e| panic!("{extension}: {e}"));
        let frames = recording.buffer.frames() as u64;
        assert!((10_000..34_000).contains(&frames), "{extension}: {frames}");
        assert!(
            recording.repairs.contains(&Repair::Truncated {
                missing_frames: 44_100 - frames
            }),
            "{extension}: {:?}",
            recording.repairs
        );
    }
}

#[test]
fn a_broken_part_becomes_silence_and_keeps_the_time() {
    if !have_ffmpeg() {
        return;
    }
    let mut bytes = encoded(
        "m4a",
        &["-c:a", "aac", "-aac_pns", "0", "-movflags", "+faststart"],
    );
    let sound = read_bytes(&bytes).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 600].fill(0xFF);
    let broken = read_bytes(&bytes).unwrap();
    assert_eq!(broken.buffer.frames(), sound.buffer.frames());
    assert!(
        matches!(broken.repairs[..], [Repair::Undecodable { .. }]),
        "{:?}",
        broken.repairs
    );
    let end = sound.buffer.frames();
    let tails = [&sound, &broken].map(|r| r.buffer.excerpt(end - 4_000..end));
    assert!(distance(tails[0].channels(), tails[1].channels()) < 1e-4);
}

#[test]
fn headers_alone_are_no_recording() {
    if !have_ffmpeg() {
        return;
    }
    for (extension, arguments) in [
        ("flac", &["-c:a", "flac"][..]),
        ("mp3", &["-c:a", "libmp3lame"]),
        ("ogg", &["-c:a", "libvorbis"]),
        ("m4a", &["-c:a", "aac"]),
        ("aiff", &["-c:a", "pcm_s16be"]),
    ] {
        let bytes = encoded(extension, arguments);
        for length in [4, 8, 12, 20, 40] {
            let error = read_bytes(&bytes[..length]).unwrap_err();
            assert!(
                matches!(
                    error,
                    AudioError::Malformed(_) | AudioError::Empty | AudioError::Unsupported(_)
                ),
                "{extension}: {error:?}"
            );
        }
    }
}

#[test]
fn a_file_that_promises_endless_damage_is_given_up() {
    if !have_ffmpeg() {
        return;
    }
    // All packets but the first few are rubbish, and each claims to last for hours.
    let mut bytes = encoded("m4a", &["-c:a", "aac", "-movflags", "+faststart"]);
    let stts = bytes.windows(4).position(|w| w == b"stts").unwrap();
    bytes[stts + 16..stts + 20].copy_from_slice(&0x00FF_FFFFu32.to_be_bytes());
    let data = bytes.windows(4).position(|w| w == b"mdat").unwrap();
    bytes[data + 2_000..].fill(0xFF);
    let recording = read_bytes(&bytes).unwrap();
    assert!(recording.buffer.frames() < 10_000_000);
    let told = |kind: fn(&Repair) -> bool| recording.repairs.iter().any(kind);
    assert!(told(|r| matches!(r, Repair::Undecodable { .. })));
    assert!(told(|r| matches!(r, Repair::Truncated { .. })));
}
