//! Chunks beside the samples, in any place and shape.

use partita::audio::Repair;

use crate::support::*;

fn info_list() -> Vec<u8> {
    let mut list = b"INFO".to_vec();
    // An odd length, with its padding.
    list.extend(sized_chunk(b"INAM", 5, b"Song\0\0"));
    list.extend(sized_chunk(b"IART", 6, b"B\xE9la\0\0"));
    list.extend(sized_chunk(b"ICMT", 8, b"a\x1b[31m\x07b"));
    list.extend(sized_chunk(b"IXYZ", 4, b"odd "));
    list
}

fn bext() -> Vec<u8> {
    let mut bext = vec![0; 602];
    bext[..11].copy_from_slice(b"Description");
    bext[256..266].copy_from_slice(b"Originator");
    bext[320..330].copy_from_slice(b"2026-08-01");
    bext[330..338].copy_from_slice(b"12:34:56");
    bext[338..346].copy_from_slice(&48_000u64.to_le_bytes());
    bext
}

fn value<'a>(metadata: &'a [(String, String)], name: &str) -> Option<&'a str> {
    metadata
        .iter()
        .find(|(n, _)| n == name)
        .map(|(_, text)| text.as_str())
}

#[test]
fn chunks_before_and_behind_the_samples_are_passed_and_their_texts_kept() {
    let samples = [1, 0, 2, 0];
    let fmt = chunk(b"fmt ", &format(PCM, 1, 44_100, 16));
    let data = chunk(b"data", &samples);
    let others = [
        chunk(b"LIST", &info_list()),
        chunk(b"bext", &bext()),
        chunk(b"cue ", &[1; 28]),
        chunk(b"smpl", &[2; 60]),
        chunk(b"LIST", b"adtllabl\x05\x00\x00\x00\x01\x00\x00\x00a\x00"),
        chunk(b"odd ", b"abc"),
        chunk(b"zero", b""),
    ];
    let before = riff(&[others.concat(), fmt.clone(), data.clone()]);
    let between = riff(&[fmt.clone(), others.concat(), data.clone()]);
    let behind = riff(&[fmt, data, others.concat()]);
    for bytes in [before, between, behind] {
        let recording = read_bytes(&bytes).unwrap();
        assert_eq!(codes(&recording.buffer.channels()[0], 16), [1, 2]);
        assert_eq!(recording.repairs, []);
        let metadata = &recording.info.metadata;
        assert_eq!(value(metadata, "title"), Some("Song"));
        assert_eq!(value(metadata, "artist"), Some("Béla"));
        assert_eq!(value(metadata, "IXYZ"), Some("odd"));
        assert_eq!(value(metadata, "description"), Some("Description"));
        assert_eq!(value(metadata, "originator"), Some("Originator"));
        assert_eq!(value(metadata, "date"), Some("2026-08-01"));
        assert_eq!(value(metadata, "time"), Some("12:34:56"));
        assert_eq!(value(metadata, "time reference"), Some("48000 samples"));
        // Nothing in it can steer a terminal.
        assert_eq!(value(metadata, "comment"), Some("a [31m b"));
    }
}

#[test]
fn a_missing_padding_byte_is_found_out_and_reported() {
    let fmt = chunk(b"fmt ", &format(PCM, 1, 44_100, 16));
    let data = chunk(b"data", &[1, 0, 2, 0]);
    let unpadded = sized_chunk(b"odd ", 3, b"abc");
    for bytes in [
        riff(&[unpadded.clone(), fmt.clone(), data.clone()]),
        riff(&[fmt.clone(), unpadded, data.clone()]),
    ] {
        let recording = read_bytes(&bytes).unwrap();
        assert_eq!(codes(&recording.buffer.channels()[0], 16), [1, 2]);
        assert_eq!(recording.repairs, [Repair::MissingPad]);
    }
    // A padding byte that is not zero is still one.
    let padded = sized_chunk(b"odd ", 3, b"abcd");
    let recording = read_bytes(&riff(&[fmt, padded, data])).unwrap();
    assert_eq!(recording.repairs, []);
}

#[test]
fn odd_data_may_end_the_file_without_padding() {
    let bytes = riff(&[
        chunk(b"fmt ", &format(PCM, 1, 8_000, 8)),
        sized_chunk(b"data", 3, &[127, 128, 129]),
    ]);
    let recording = read_bytes(&bytes).unwrap();
    assert_eq!(codes(&recording.buffer.channels()[0], 8), [-1, 0, 1]);
    assert_eq!(recording.repairs, []);
}

#[test]
fn the_format_may_stand_behind_the_samples() {
    let bytes = riff(&[
        chunk(b"data", &[1, 0, 2, 0]),
        chunk(b"fmt ", &format(PCM, 1, 44_100, 16)),
    ]);
    let recording = read_bytes(&bytes).unwrap();
    assert_eq!(codes(&recording.buffer.channels()[0], 16), [1, 2]);
}

#[test]
fn the_first_of_several_data_chunks_counts_and_rubbish_behind_is_ignored() {
    let mut bytes = riff(&[
        chunk(b"fmt ", &format(PCM, 1, 44_100, 16)),
        chunk(b"data", &[1, 0, 2, 0]),
        chunk(b"data", &[9, 0]),
    ]);
    bytes.extend([0xFF; 100]);
    let recording = read_bytes(&bytes).unwrap();
    assert_eq!(codes(&recording.buffer.channels()[0], 16), [1, 2]);
    assert_eq!(recording.repairs, []);
}

#[test]
fn lists_that_lie_about_their_lengths_do_no_harm() {
    let list = [b"INFOINAM".as_slice(), &u32::MAX.to_le_bytes(), b"Song"].concat();
    let bytes = riff(&[
        chunk(b"LIST", &list),
        chunk(b"bext", b"short"),
        chunk(b"fmt ", &format(PCM, 1, 44_100, 16)),
        chunk(b"data", &[1, 0, 2, 0]),
    ]);
    let recording = read_bytes(&bytes).unwrap();
    assert_eq!(recording.info.metadata, []);
    assert_eq!(recording.buffer.frames(), 2);
}
