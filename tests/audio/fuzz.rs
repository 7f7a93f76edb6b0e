//! No bytes, however hostile, may panic or claim memory that they do not justify.

use partita::audio::{AudioError, Recording};
use proptest::prelude::*;

use crate::support::*;

/// A file with all that the reader looks at.
fn rich_wav() -> Vec<u8> {
    let mut ds64 = vec![0; 28];
    ds64[8..16].copy_from_slice(&80u64.to_le_bytes());
    let mut bytes = riff(&[
        chunk(b"ds64", &ds64),
        chunk(b"bext", &[b'x'; 602]),
        chunk(b"LIST", b"INFOINAM\x04\x00\x00\x00song"),
        chunk(b"odd ", b"abc"),
        chunk(b"fmt ", &extensible(PCM, 2, 44_100, 16, 16, 3)),
        chunk(b"data", &[7; 80]),
        chunk(b"cue ", &[0; 28]),
    ]);
    bytes[..4].copy_from_slice(b"RF64");
    bytes
}

/// Samples must be finite, and no more than the bytes can hold.
fn sound(result: &Result<Recording, AudioError>, bytes: usize) {
    match result {
        Ok(recording) => {
            let channels = recording.buffer.channels();
            assert!(channels.len() * recording.buffer.frames() <= bytes);
            assert!(channels.iter().flatten().all(|s| s.is_finite()));
            assert!(recording.buffer.frames() > 0);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn wav_with_any_bytes_changed_is_read_or_refused(
        changes in prop::collection::vec((0usize..900, any::<u8>()), 1..6),
        length in 0usize..900,
        cut in any::<bool>(),
    ) {
        let mut bytes = rich_wav();
        for (place, value) in changes {
            let place = place % bytes.len();
            bytes[place] = value;
        }
        if cut {
            bytes.truncate(length);
        }
        sound(&read_bytes(&bytes), bytes.len());
    }

    #[test]
    fn format_chunks_of_any_fields_are_read_or_refused(
        tag in prop::sample::select(vec![1u16, 2, 3, 6, 7, 0x11, 0xFFFE, 0x55]),
        channels in any::<u16>(),
        few in 0u16..5,
        rate in any::<u32>(),
        byte_rate in any::<u32>(),
        block in any::<u16>(),
        bits in prop::sample::select(vec![0u16, 1, 4, 8, 12, 16, 20, 24, 32, 33, 64, 65_535]),
        size in any::<u32>(),
        valid in any::<u16>(),
        extra in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let channels = if few > 0 { few } else { channels };
        let mut header = if tag == EXTENSIBLE {
            extensible(PCM, channels, rate, bits, valid, 0)
        } else {
            format_sums(tag, channels, rate, bits, byte_rate, block)
        };
        header.extend(extra);
        let bytes = riff(&[chunk(b"fmt ", &header), sized_chunk(b"data", size, &[3; 300])]);
        // A byte of ADPCM is two samples.
        sound(&read_bytes(&bytes), 2 * bytes.len());
    }

    #[test]
    fn any_rubbish_behind_a_known_signature_is_read_or_refused(
        signature in prop::sample::select(vec![
            &b"RIFF\0\0\0\0WAVEfmt "[..], b"RF64\xFF\xFF\xFF\xFFWAVEds64", b"fLaC\0\0\0\x22", b"OggS\0\x02",
            b"FORM\0\0\xFF\0AIFFCOMM", b"FORM\0\0\xFF\0AIFCCOMM", b"\0\0\0\x18ftypM4A ", b"ID3\x04\0\0",
            b"\xFF\xFB\x90\x64", b"\xFF\xF1\x50\x80", b"\0\0\xFF\xFFmoov",
        ]),
        rubbish in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let bytes = [signature, &rubbish].concat();
        // Compressed rubbish may stand for any number of samples.
        sound(&read_bytes(&bytes), 1 << 30);
    }
}

/// Changes single bytes all over files of every kind.
#[test]
fn compressed_files_with_any_byte_changed_are_read_or_refused() {
    if !have_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = write_floats(
        &folder.path().join("source.wav"),
        &music(6_000, 2, 44_100),
        44_100,
    );
    for (name, arguments) in [
        ("a.flac", &["-c:a", "flac"][..]),
        ("b.mp3", &["-c:a", "libmp3lame", "-metadata", "title=x"]),
        ("c.ogg", &["-c:a", "libvorbis"]),
        ("d.m4a", &["-c:a", "aac"]),
        ("e.m4a", &["-c:a", "alac"]),
        ("f.aac", &["-c:a", "aac"]),
        ("g.aiff", &["-c:a", "pcm_s24be"]),
        ("h.wav", &["-c:a", "adpcm_ms"]),
        ("i.wav", &["-c:a", "adpcm_ima_wav"]),
        ("j.oga", &["-c:a", "flac", "-f", "ogg"]),
        (
            "k.mp4",
            &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"],
        ),
    ] {
        let path = folder.path().join(name);
        ffmpeg(&[&["-i", text(&source)], arguments, &[text(&path)]].concat());
        let whole = std::fs::read(&path).unwrap();
        let mut state = 12_345u32;
        let mut random = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % below
        };
        for round in 0..rounds() {
            let mut bytes = whole.clone();
            for _ in 0..=random(4) {
                // Headers are denser at the start and, in MP4, at the end.
                let place = match round % 3 {
                    0 => random(bytes.len()),
                    1 => random(bytes.len().min(300)),
                    _ => bytes.len() - 1 - random(bytes.len().min(900)),
                };
                bytes[place] = [0, 1, 0x7F, 0x80, 0xFF, random(256) as u8][random(6)];
            }
            if round % 7 == 0 {
                bytes.truncate(random(whole.len()));
            }
            let result = std::panic::catch_unwind(|| read_bytes(&bytes));
            match result {
                Ok(result) => sound(&result, 1 << 30),
                Err(_) => panic!("{name} in round {round}"),
            }
        }
    }
}

/// More rounds on demand.
fn rounds() -> usize {
    std::env::var("PARTITA_FUZZ_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(150)
}
