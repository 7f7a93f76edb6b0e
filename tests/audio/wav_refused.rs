//! What cannot be read, and the words for it.

use partita::audio::{AudioBuffer, AudioError, RecordingReader, read};

use crate::support::*;

fn refusal(bytes: &[u8]) -> AudioError {
    read_bytes(bytes).unwrap_err()
}

fn malformed(bytes: &[u8]) -> String {
    match refusal(bytes) {
        error @ AudioError::Malformed(_) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

fn unsupported(bytes: &[u8]) -> String {
    match refusal(bytes) {
        error @ AudioError::Unsupported(_) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn headers_that_make_no_sense_are_malformed() {
    let data = [0; 8];
    assert_eq!(
        malformed(&simple(&format(PCM, 1, 0, 16), &data)),
        "the file is damaged: its header gives a sample rate of 0 Hz"
    );
    assert!(malformed(&simple(&format(PCM, 0, 44_100, 16), &data)).contains("0 channels"));
    assert!(malformed(&simple(&format(PCM, 1, 44_100, 0), &data)).contains("0 bits"));
    assert!(malformed(&simple(&[1, 0, 1, 0], &data)).contains("too short"));
    let cut = &extensible(PCM, 1, 44_100, 16, 16, 0)[..30];
    assert!(malformed(&simple(cut, &data)).contains("too short"));
    assert!(malformed(&riff(&[chunk(b"data", &data)])).contains("no format chunk"));
    let no_data = riff(&[chunk(b"fmt ", &format(PCM, 1, 44_100, 16))]);
    assert!(malformed(&no_data).contains("no data chunk"));
    assert!(malformed(b"RIFF").contains("header"));
    assert!(malformed(b"RIFF\0\0\0\0WAVE").contains("no format chunk"));
    // A chunk that swallows all the rest.
    let swallowed = riff(&[
        sized_chunk(b"LIST", u32::MAX, b""),
        simple(&format(PCM, 1, 44_100, 16), &data),
    ]);
    malformed(&swallowed);
}

#[test]
fn formats_that_are_not_read_are_named() {
    for (tag, name) in [
        (0x55, "MP3"),
        (0x161, "Windows Media"),
        (0x31, "GSM"),
        (0x1234, "0x1234"),
    ] {
        let message = unsupported(&simple(&format(tag, 1, 44_100, 16), &[0; 8]));
        assert!(message.contains(name), "{message}");
        assert!(message.ends_with("convert the recording to WAV or FLAC first"));
    }
    assert!(unsupported(&simple(&format(FLOAT, 1, 44_100, 16), &[0; 8])).contains("16 bit"));
    assert!(unsupported(&simple(&format(PCM, 1, 44_100, 64), &[0; 8])).contains("64 bit"));
    let mut guid = extensible(PCM, 1, 44_100, 16, 16, 0);
    guid[39] ^= 1;
    assert!(unsupported(&simple(&guid, &[0; 8])).contains("sub-format"));
}

#[test]
fn more_than_32_channels_are_beyond_the_limit() {
    for channels in [33, 255, u16::MAX] {
        let header = format_sums(PCM, channels, 44_100, 16, 0, 0);
        let error = refusal(&simple(&header, &[0; 200]));
        assert!(matches!(error, AudioError::Limit(_)), "{error:?}");
        assert!(error.to_string().contains("at most 32"));
    }
}

#[test]
fn recordings_without_a_sample_are_empty() {
    for bytes in [
        Vec::new(),
        wav16(1, &[]),
        simple(&format(PCM, 2, 44_100, 16), &[0; 3]),
        claiming_all_but_there(),
    ] {
        let error = refusal(&bytes);
        assert!(matches!(error, AudioError::Empty), "{error:?}");
        assert_eq!(
            error.to_string(),
            "the recording is empty: it holds no samples"
        );
    }
}

fn claiming_all_but_there() -> Vec<u8> {
    riff(&[
        chunk(b"fmt ", &format(PCM, 2, 44_100, 16)),
        sized_chunk(b"data", u32::MAX, b""),
    ])
}

#[test]
fn other_files_are_not_taken_for_music() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfb\x90\x64 and so on".repeat(100);
    let avi = [b"RIFF\0\0\0\0AVI LIST".as_slice(), &[0; 4000]].concat();
    let utf16: Vec<u8> = "\u{feff}Dear reader, "
        .repeat(100)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [
        b"Dear reader".to_vec(),
        b"x".to_vec(),
        vec![0; 100_000],
        vec![0xFF; 100_000],
        png,
        avi,
        utf16,
    ] {
        let error = refusal(&bytes);
        assert!(matches!(error, AudioError::Unsupported(_)), "{error:?}");
    }
}

#[test]
fn what_is_no_file_or_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = read(folder.path()).unwrap_err();
    assert!(matches!(error, AudioError::Unsupported(_)));
    assert!(error.to_string().contains("folder"));
    let error = read(&folder.path().join("absent.wav")).unwrap_err();
    assert!(matches!(error, AudioError::Io { .. }));
    assert!(
        error
            .to_string()
            .starts_with("the file could not be opened")
    );
    assert!(error.to_string().ends_with("check the path"));
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_are_refused_without_waiting() {
    let error = RecordingReader::open("/dev/zero".as_ref()).unwrap_err();
    assert!(matches!(error, AudioError::Unsupported(_)));
}

#[test]
fn thousands_of_chunks_without_samples_end_in_a_limit() {
    let many = chunk(b"junk", b"").repeat(20_000);
    let error = refusal(&riff(&[many]));
    assert!(matches!(error, AudioError::Limit(_)), "{error:?}");
}

#[test]
fn buffers_must_be_rectangular() {
    for (channels, rate) in [
        (vec![], 44_100),
        (vec![vec![0.0], vec![]], 44_100),
        (vec![vec![0.0]], 0),
    ] {
        assert!(matches!(
            AudioBuffer::new(channels, rate),
            Err(AudioError::Misuse(_))
        ));
    }
    let buffer = AudioBuffer::new(vec![vec![1.0, 2.0, 3.0]], 2).unwrap();
    assert_eq!(buffer.duration(), 1.5);
    assert_eq!(buffer.excerpt(1..2).channels(), [[2.0]]);
    assert_eq!(buffer.excerpt(2..99).channels(), [[3.0]]);
    assert_eq!(buffer.excerpt(7..9).frames(), 0);
    assert_eq!(buffer.into_channels(), [[1.0, 2.0, 3.0]]);
}
