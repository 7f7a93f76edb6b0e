//! Whatever a header claims, reading takes no more memory than the file justifies.
//!
//! A test program of its own, as it measures the peak of the whole process.
#![cfg(target_os = "linux")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr
)]

#[path = "../audio/support.rs"]
#[allow(dead_code)]
mod support;

use partita::audio::Container;
use support::*;

/// The most address space the process has had, in MiB. Even memory that is only reserved counts.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmPeak:")).unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        >> 10
}

/// The largest claims a field can make, signed and unsigned, in both byte orders.
const CLAIMS: [[u8; 4]; 4] = [
    [0xFF, 0xFF, 0xFF, 0xFF],
    [0x7F, 0xFF, 0xFF, 0xFF],
    [0xFF, 0xFF, 0xFF, 0x7F],
    [0x00, 0xFF, 0xFF, 0xFF],
];

/// A small file of every kind that is read.
fn small_files() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = vec![(
        "WAV",
        riff(&[
            chunk(b"LIST", b"INFOINAM\x04\x00\x00\x00song"),
            chunk(b"fmt ", &extensible(PCM, 2, 44_100, 16, 16, 3)),
            chunk(b"data", &[7; 80]),
        ]),
    )];
    let mut ds64 = vec![0; 40];
    ds64[8..16].copy_from_slice(&80u64.to_le_bytes());
    let mut rf64 = riff(&[
        chunk(b"ds64", &ds64),
        chunk(b"fmt ", &format(PCM, 2, 44_100, 16)),
        sized_chunk(b"data", u32::MAX, &[7; 80]),
    ]);
    rf64[..4].copy_from_slice(b"RF64");
    files.push(("RF64", rf64));
    if have_ffmpeg() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.wav");
        write_floats(&source, &music(3_000, 2, 44_100), 44_100);
        for (name, arguments) in [
            ("a.flac", &["-c:a", "flac"][..]),
            ("b.mp3", &["-c:a", "libmp3lame", "-metadata", "title=x"]),
            ("c.ogg", &["-c:a", "libvorbis"]),
            ("d.m4a", &["-c:a", "aac", "-movflags", "+faststart"]),
            ("e.m4a", &["-c:a", "alac", "-movflags", "+faststart"]),
            ("f.aac", &["-c:a", "aac"]),
            ("g.aiff", &["-c:a", "pcm_s16be"]),
            ("h.wav", &["-c:a", "adpcm_ms"]),
        ] {
            let path = folder.path().join(name);
            ffmpeg(&[&["-i", text(&source)], arguments, &[text(&path)]].concat());
            files.push((name, std::fs::read(&path).unwrap()));
        }
    }
    files
}

#[test]
fn huge_claims_anywhere_in_a_header_take_no_memory() {
    let files = small_files();
    for (name, bytes) in &files {
        let before = peak_mib();
        for place in 0..bytes.len().min(1_200) - 4 {
            for claim in CLAIMS {
                let mut bytes = bytes.clone();
                bytes[place..place + 4].copy_from_slice(&claim);
                // Read or refused; what counts is the memory.
                let _ = read_bytes(&bytes);
            }
        }
        let grown = peak_mib() - before;
        eprintln!("{name}: {grown} MiB");
        // The claims come to gigabytes; the allocator itself reserves in steps of 64 MiB.
        assert!(grown < 256, "{name}: the peak grew by {grown} MiB");
    }

    // The claim that counts most is heard and not believed.
    let mut rf64 = files[1].1.clone();
    let size = rf64.windows(4).position(|w| w == b"ds64").unwrap() + 16;
    rf64[size..size + 8].copy_from_slice(&(1u64 << 62).to_le_bytes());
    let recording = read_bytes(&rf64).unwrap();
    assert_eq!(recording.info.container, Container::Rf64);
    assert_eq!(recording.buffer.frames(), 20);
    assert!(recording.repairs[0].to_string().contains("cut short"));
}
