//! Formats that symphonia decodes, against ffmpeg's own decoder.

use std::path::{Path, PathBuf};

use partita::audio::{AudioError, Container, RecordingReader, SampleFormat, read};

use crate::support::*;

/// An odd number of frames, about three seconds.
const FRAMES: usize = 132_377;

/// Three seconds of music, encoded by ffmpeg.
fn encode(folder: &Path, name: &str, channels: usize, arguments: &[&str]) -> PathBuf {
    let signal = music(FRAMES, channels, 44_100);
    let source = write_floats(&folder.join("source.wav"), &signal, 44_100);
    let path = folder.join(name);
    let all = [&["-i", text(&source)], arguments, &[text(&path)]].concat();
    ffmpeg(&all);
    path
}

struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    container: Container,
    codec: &'static str,
    format: SampleFormat,
    /// Largest difference from ffmpeg's decoder; 0 for lossless codecs.
    tolerance: f32,
}

const CASES: [Case; 14] = [
    case(
        "a.flac",
        &["-c:a", "flac", "-sample_fmt", "s16"],
        Container::Flac,
        "FLAC",
        SampleFormat::I16,
        0.0,
    ),
    case(
        "b.flac",
        &["-c:a", "flac", "-sample_fmt", "s32"],
        Container::Flac,
        "FLAC",
        SampleFormat::I24,
        0.0,
    ),
    case(
        "c.oga",
        &["-c:a", "flac", "-sample_fmt", "s16", "-f", "ogg"],
        Container::Ogg,
        "FLAC",
        SampleFormat::I16,
        0.0,
    ),
    case(
        "d.mp3",
        &["-c:a", "libmp3lame", "-b:a", "128k"],
        Container::Mp3,
        "MP3",
        SampleFormat::F32,
        1e-4,
    ),
    case(
        "e.mp3",
        &["-c:a", "libmp3lame", "-q:a", "3"],
        Container::Mp3,
        "MP3",
        SampleFormat::F32,
        1e-4,
    ),
    case(
        "f.ogg",
        &["-c:a", "libvorbis"],
        Container::Ogg,
        "Vorbis",
        SampleFormat::F32,
        1e-4,
    ),
    case(
        "g.m4a",
        &["-c:a", "aac", "-aac_pns", "0"],
        Container::Mp4,
        "AAC",
        SampleFormat::F32,
        1e-3,
    ),
    case(
        "h.m4a",
        &["-c:a", "alac", "-sample_fmt", "s16p"],
        Container::Mp4,
        "ALAC",
        SampleFormat::I16,
        0.0,
    ),
    case(
        "i.aac",
        &["-c:a", "aac", "-aac_pns", "0", "-f", "adts"],
        Container::Adts,
        "AAC",
        SampleFormat::F32,
        1e-3,
    ),
    case(
        "j.aiff",
        &["-c:a", "pcm_s16be"],
        Container::Aiff,
        "PCM",
        SampleFormat::I16,
        0.0,
    ),
    case(
        "k.aiff",
        &["-c:a", "pcm_s24be"],
        Container::Aiff,
        "PCM",
        SampleFormat::I24,
        0.0,
    ),
    case(
        "l.wav",
        &["-c:a", "adpcm_ms"],
        Container::Wav,
        "ADPCM",
        SampleFormat::I16,
        0.0,
    ),
    case(
        "m.wav",
        &["-c:a", "adpcm_ima_wav"],
        Container::Wav,
        "ADPCM",
        SampleFormat::I16,
        0.0,
    ),
    case(
        "n.mov",
        &["-c:a", "pcm_s16le"],
        Container::Mp4,
        "PCM",
        SampleFormat::I16,
        0.0,
    ),
];

const fn case(
    name: &'static str,
    arguments: &'static [&'static str],
    container: Container,
    codec: &'static str,
    format: SampleFormat,
    tolerance: f32,
) -> Case {
    Case {
        name,
        arguments,
        container,
        codec,
        format,
        tolerance,
    }
}

#[test]
fn every_format_decodes_as_ffmpeg_decodes_it() {
    if !have_ffmpeg() {
        return;
    }
    for case in CASES {
        for channels in [1, 2] {
            let folder = tempfile::tempdir().unwrap();
            let path = encode(folder.path(), case.name, channels, case.arguments);
            let recording = read(&path).unwrap_or_else(|e| panic!("{}: {e}", case.name));
            let info = &recording.info;
            assert_eq!(info.container, case.container, "{}", case.name);
            assert_eq!(info.codec, case.codec, "{}", case.name);
            assert_eq!(info.format, case.format, "{}", case.name);
            assert_eq!((info.rate, usize::from(info.channels)), (44_100, channels));
            assert_eq!(recording.repairs, [], "{}", case.name);
            let promised = RecordingReader::open(&path).unwrap().info().frames;
            assert_eq!(promised, info.frames, "{}", case.name);
            let mut expected = ffmpeg_decode(&path, channels);
            if case.name == "g.m4a" {
                // ffmpeg leaves the encoder's padding at the end.
                assert_eq!(recording.buffer.frames(), FRAMES);
                expected.iter_mut().for_each(|c| c.truncate(FRAMES));
            }
            let frames = recording.buffer.frames();
            assert_eq!(frames, expected[0].len(), "{} ×{channels}", case.name);
            let distance = distance(recording.buffer.channels(), &expected);
            assert!(
                distance <= case.tolerance,
                "{} ×{channels}: {distance}",
                case.name
            );
        }
    }
}

#[test]
fn a_seek_reaches_the_same_samples_as_reading_on() {
    if !have_ffmpeg() {
        return;
    }
    for case in CASES {
        let folder = tempfile::tempdir().unwrap();
        let path = encode(folder.path(), case.name, 2, case.arguments);
        let whole = read(&path).unwrap().buffer;
        let mut reader = RecordingReader::open(&path).unwrap();
        let end = whole.frames();
        for (start, length) in [
            (0, 100),
            (70_001, 5_000),
            (1_000, 3_000),
            (end - 50, 100),
            (end, 1),
            (end + 9, 1),
        ] {
            reader.seek(start as u64).unwrap();
            let mut block = vec![Vec::new(); 2];
            reader.read_block(length, &mut block).unwrap();
            let expected = whole.excerpt(start..start + length);
            assert_eq!(
                block[0].len(),
                expected.frames(),
                "{} at {start}",
                case.name
            );
            let distance = distance(&block, expected.channels());
            assert!(distance <= 1e-6, "{} at {start}: {distance}", case.name);
        }
        assert_eq!(reader.repairs(), [], "{}", case.name);
    }
}

#[test]
fn surround_channels_come_in_the_order_of_wav_or_not_at_all() {
    if !have_ffmpeg() {
        return;
    }
    let surround = |name: &str, arguments: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let arguments = [&["-channel_layout", "5.1"], arguments].concat();
        let path = encode(folder.path(), name, 6, &arguments);
        (read(&path), ffmpeg_decode(&path, 6))
    };
    for case in CASES {
        if !["a.flac", "b.flac", "c.oga", "h.m4a"].contains(&case.name) {
            continue;
        }
        let (recording, expected) = surround(case.name, case.arguments);
        let recording = recording.unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let distance = distance(recording.buffer.channels(), &expected);
        assert_eq!(distance, 0.0, "{}", case.name);
        assert!(recording.info.channel_mask.is_some(), "{}", case.name);
    }
    for (name, codec) in [("a.ogg", "libvorbis"), ("b.m4a", "aac")] {
        let (refused, _) = surround(name, &["-c:a", codec]);
        assert!(
            matches!(refused, Err(AudioError::Unsupported(_))),
            "{name}: {refused:?}"
        );
    }
}

/// An MPEG-4 box.
fn mp4_box(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = (body.len() as u32 + 8).to_be_bytes();
    [size.as_slice(), kind, body].concat()
}

#[test]
fn the_delay_in_apples_tag_is_left_out() {
    if !have_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = encode(folder.path(), "song.m4a", 1, &["-c:a", "aac"]);
    let with_edits = read(&path).unwrap();

    // Without its edit list …
    let mut bytes = std::fs::read(&path).unwrap();
    let edits = bytes.windows(4).position(|w| w == b"edts").unwrap();
    bytes[edits..edits + 4].copy_from_slice(b"free");
    let untrimmed = read_bytes(&bytes).unwrap();
    assert_eq!(untrimmed.buffer.frames(), FRAMES + 1024);

    // … and with the tag instead.
    let text = format!(" 00000000 00000400 000002E7 {FRAMES:016X} 00000000");
    let tag = [
        mp4_box(b"mean", b"\0\0\0\0com.apple.iTunes"),
        mp4_box(b"name", b"\0\0\0\0iTunSMPB"),
        mp4_box(b"data", &[b"\0\0\0\x01\0\0\0\0", text.as_bytes()].concat()),
    ]
    .concat();
    let handler = mp4_box(b"hdlr", b"\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0");
    let list = mp4_box(b"ilst", &mp4_box(b"----", &tag));
    bytes.extend(mp4_box(
        b"meta",
        &[b"\0\0\0\0", &handler[..], &list].concat(),
    ));
    let with_tag = read_bytes(&bytes).unwrap();
    assert_eq!(with_tag.buffer, with_edits.buffer);
    assert_eq!(with_tag.repairs, []);
}

#[test]
fn titles_and_artists_are_kept() {
    if !have_ffmpeg() {
        return;
    }
    let tags = ["-metadata", "title=A song", "-metadata", "artist=Somebody"];
    for case in CASES
        .iter()
        .filter(|case| ["a.flac", "d.mp3", "f.ogg", "g.m4a"].contains(&case.name))
    {
        let folder = tempfile::tempdir().unwrap();
        let arguments = [&tags, case.arguments].concat();
        let path = encode(folder.path(), case.name, 1, &arguments);
        let metadata = read(&path).unwrap().info.metadata;
        for entry in [("title", "A song"), ("artist", "Somebody")] {
            let entry = (entry.0.to_string(), entry.1.to_string());
            assert!(metadata.contains(&entry), "{}: {metadata:?}", case.name);
        }
    }
}

#[test]
fn the_content_counts_and_not_the_name() {
    if !have_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = encode(folder.path(), "song.flac", 1, &["-sample_fmt", "s16"]);
    let renamed = folder.path().join("song.wav");
    std::fs::rename(path, &renamed).unwrap();
    assert_eq!(read(&renamed).unwrap().info.container, Container::Flac);
}

#[test]
fn a_stream_of_mp3_without_a_header_keeps_its_tail() {
    if !have_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "-c:a",
        "libmp3lame",
        "-q:a",
        "5",
        "-write_xing",
        "0",
        "-id3v2_version",
        "0",
    ];
    let path = encode(folder.path(), "bare.mp3", 2, &arguments);
    let recording = read(&path).unwrap();
    let expected = ffmpeg_decode(&path, 2);
    assert_eq!(recording.buffer.frames(), expected[0].len());
    assert_eq!(recording.repairs, []);
}

#[test]
fn a_codec_that_is_not_read_is_unsupported() {
    if !have_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, codec) in [("a.opus", "libopus"), ("b.m4a", "ac3")] {
        let path = encode(folder.path(), name, 2, &["-c:a", codec, "-ar", "48000"]);
        let error = read(&path).unwrap_err();
        assert!(
            matches!(error, AudioError::Unsupported(_)),
            "{name}: {error:?}"
        );
        let words = error.to_string();
        assert!(
            words.contains("codec") && !words.contains("core"),
            "{words}"
        );
    }
}
