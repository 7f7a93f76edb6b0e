//! Sizes that are open, wrong, or beyond 4 GiB.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use partita::audio::{AudioError, Container, RecordingReader, Repair};

use crate::support::*;

/// A file of four 16-bit frames whose data chunk claims any size.
fn claiming(size: u32, riff_size: u32) -> Vec<u8> {
    let data = [1, 0, 2, 0, 3, 0, 4, 0];
    let mut bytes = riff(&[
        chunk(b"fmt ", &format(PCM, 1, 44_100, 16)),
        sized_chunk(b"data", size, &data),
    ]);
    bytes[4..8].copy_from_slice(&riff_size.to_le_bytes());
    bytes
}

#[test]
fn sizes_left_open_by_streaming_are_read_to_the_end() {
    for (size, riff_size) in [
        (0, 0),
        (u32::MAX, u32::MAX),
        (u32::MAX - 36, u32::MAX),
        (0x7FFF_FFFF, 0x7FFF_FFFF),
        (0x7FFF_F000, 0x7FFF_F024),
    ] {
        let recording = read_bytes(&claiming(size, riff_size)).unwrap();
        assert_eq!(codes(&recording.buffer.channels()[0], 16), [1, 2, 3, 4]);
        assert_eq!(recording.repairs, [Repair::SizeUnknown], "{size:x}");
        assert_eq!(recording.info.frames, Some(4));
    }
}

#[test]
fn what_is_left_of_a_cut_file_is_read_and_the_rest_is_counted() {
    let recording = read_bytes(&claiming(200, 236)).unwrap();
    assert_eq!(codes(&recording.buffer.channels()[0], 16), [1, 2, 3, 4]);
    assert_eq!(
        recording.repairs,
        [Repair::Truncated { missing_frames: 96 }]
    );

    // Cut in the middle of a frame.
    let mut bytes = wav16(2, &[1, 2, 3, 4, 5, 6]);
    bytes.truncate(bytes.len() - 3);
    let recording = read_bytes(&bytes).unwrap();
    assert_eq!(codes(&recording.buffer.channels()[1], 16), [2, 4]);
    assert_eq!(recording.repairs, [Repair::Truncated { missing_frames: 1 }]);
}

#[test]
fn a_wrong_riff_size_does_not_matter() {
    for riff_size in [0, 5, 36, 1_000_000] {
        let recording = read_bytes(&claiming(8, riff_size)).unwrap();
        assert_eq!(codes(&recording.buffer.channels()[0], 16), [1, 2, 3, 4]);
    }
}

#[test]
fn bytes_behind_the_last_whole_frame_are_left_out_and_reported() {
    let header = format(PCM, 2, 44_100, 16);
    let recording = read_bytes(&simple(&header, &[1, 0, 2, 0, 3])).unwrap();
    assert_eq!(recording.buffer.frames(), 1);
    assert_eq!(recording.repairs, [Repair::PartialFrame { bytes: 1 }]);
}

#[test]
fn an_empty_data_chunk_before_other_chunks_is_empty_and_not_open() {
    let bytes = riff(&[
        chunk(b"fmt ", &format(PCM, 1, 44_100, 16)),
        chunk(b"data", b""),
        chunk(b"LIST", b"INFOINAM\x04\x00\x00\x00song"),
    ]);
    assert!(matches!(read_bytes(&bytes), Err(AudioError::Empty)));
}

/// A file with 64-bit sizes.
fn rf64(id: &[u8; 4], data_size: u64, field: u32, data: &[u8]) -> Vec<u8> {
    let mut ds64 = Vec::new();
    ds64.extend(1000u64.to_le_bytes());
    ds64.extend(data_size.to_le_bytes());
    ds64.extend((data_size / 4).to_le_bytes());
    ds64.extend(1u32.to_le_bytes());
    ds64.extend(b"big ");
    ds64.extend(6u64.to_le_bytes());
    let mut bytes = riff(&[
        chunk(b"ds64", &ds64),
        sized_chunk(b"big ", u32::MAX, b"datadt"),
        chunk(b"fmt ", &format(PCM, 2, 48_000, 16)),
        sized_chunk(b"data", field, data),
    ]);
    bytes[..4].copy_from_slice(id);
    bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    bytes
}

#[test]
fn rf64_and_bw64_take_their_sizes_from_ds64() {
    let data = [1, 0, 2, 0, 3, 0, 4, 0];
    for (id, container) in [(b"RF64", Container::Rf64), (b"BW64", Container::Bw64)] {
        // A chunk behind the data shows that the size is heeded.
        let bytes = [rf64(id, 8, u32::MAX, &data), chunk(b"cue ", &[0; 4])].concat();
        let recording = read_bytes(&bytes).unwrap();
        assert_eq!(recording.info.container, container);
        assert_eq!(codes(&recording.buffer.channels()[1], 16), [2, 4]);
        assert_eq!(recording.repairs, []);
    }
    // The 32-bit size counts where it is given.
    let recording = read_bytes(&rf64(b"RF64", 99, 8, &data)).unwrap();
    assert_eq!(recording.buffer.frames(), 2);
    assert_eq!(recording.repairs, []);
}

#[test]
fn rf64_is_mended_as_wav_is() {
    let data = [1, 0, 2, 0, 3, 0, 4, 0];
    let cut = read_bytes(&rf64(b"RF64", 1 << 40, u32::MAX, &data)).unwrap();
    assert_eq!(
        cut.repairs,
        [Repair::Truncated {
            missing_frames: (1 << 38) - 2
        }]
    );
    for open in [0, u64::MAX] {
        let recording = read_bytes(&rf64(b"RF64", open, u32::MAX, &data)).unwrap();
        assert_eq!(recording.buffer.frames(), 2);
        assert_eq!(recording.repairs, [Repair::SizeUnknown]);
    }
    // No ds64 at all.
    let mut bytes = claiming(u32::MAX, u32::MAX);
    bytes[..4].copy_from_slice(b"RF64");
    assert_eq!(read_bytes(&bytes).unwrap().repairs, [Repair::SizeUnknown]);
}

/// Lengthens a file with a hole, and ends it with a last frame of 16-bit stereo.
fn lengthen(bytes: &[u8], data: u64) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    let mut file = File::create(&path).unwrap();
    file.write_all(bytes).unwrap();
    file.seek(SeekFrom::Start(bytes.len() as u64 + data - 4))
        .unwrap();
    file.write_all(&[7, 0, 8, 0]).unwrap();
    (folder, path)
}

fn last_frame(reader: &mut RecordingReader) -> Vec<i32> {
    let frames = reader.info().frames.unwrap();
    reader.seek(frames - 1).unwrap();
    let mut block = vec![Vec::new(); 2];
    assert_eq!(reader.read_block(10, &mut block).unwrap(), 1);
    assert_eq!(reader.read_block(10, &mut block).unwrap(), 0);
    block.iter().map(|c| codes(c, 16)[0]).collect()
}

#[test]
fn rf64_beyond_4_gib_is_read_to_its_last_frame() {
    let data = (5u64 << 30) + 4;
    let (_folder, path) = lengthen(&rf64(b"RF64", data, u32::MAX, &[]), data);
    let mut reader = RecordingReader::open(&path).unwrap();
    assert_eq!(reader.info().frames, Some(data / 4));
    assert_eq!(last_frame(&mut reader), [7, 8]);
    assert_eq!(reader.repairs(), []);
}

#[test]
fn a_size_that_ran_over_32_bits_is_mended() {
    let data = (4u64 << 30) + 400;
    let bytes = riff(&[
        chunk(b"fmt ", &format(PCM, 2, 44_100, 16)),
        sized_chunk(b"data", 400, &[]),
    ]);
    let (_folder, path) = lengthen(&bytes, data);
    let mut reader = RecordingReader::open(&path).unwrap();
    assert_eq!(reader.info().frames, Some(data / 4));
    assert_eq!(last_frame(&mut reader), [7, 8]);
    assert_eq!(
        reader.repairs(),
        [Repair::WrongSize {
            claimed: 400,
            actual: data
        }]
    );
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_a_cut_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shrinking.wav");
    std::fs::write(&path, wav16(1, &[1, 2, 3, 4])).unwrap();
    let mut reader = RecordingReader::open(&path).unwrap();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(47)
        .unwrap();
    let mut block = vec![Vec::new()];
    assert_eq!(reader.read_block(10, &mut block).unwrap(), 1);
    assert_eq!(reader.read_block(10, &mut block).unwrap(), 0);
    assert_eq!(reader.repairs(), [Repair::Truncated { missing_frames: 3 }]);
}

#[test]
fn blocks_and_seeks_give_the_same_samples_as_reading_at_once() {
    let samples: Vec<i16> = (0..20_000).map(|n| (n * 7 % 32_768) as i16).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.wav");
    std::fs::write(&path, wav16(2, &samples)).unwrap();
    let whole = partita::audio::read(&path).unwrap();
    let mut reader = RecordingReader::open(&path).unwrap();
    for (start, length) in [
        (0, 1),
        (9_999, 10),
        (5_000, 4_999),
        (10_000, 5),
        (u64::MAX, 5),
    ] {
        reader.seek(start).unwrap();
        let mut block = vec![Vec::new(); 2];
        let got = reader.read_block(length, &mut block).unwrap();
        let start = (start as usize).min(10_000);
        let expected = whole.buffer.excerpt(start..start + length);
        assert_eq!(got, expected.frames());
        assert_eq!(block, expected.channels());
    }
    assert!(matches!(
        reader.read_block(1, &mut [Vec::new()]),
        Err(AudioError::Misuse(_))
    ));
}
