//! Builds WAV files byte by byte, and calls other programs.

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use partita::audio::{AudioError, Recording, read};
use tempfile::NamedTempFile;

pub const PCM: u16 = 1;
pub const FLOAT: u16 = 3;
pub const EXTENSIBLE: u16 = 0xFFFE;

/// A chunk with its padding byte.
pub fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = sized_chunk(id, body.len() as u32, body);
    if !body.len().is_multiple_of(2) {
        out.push(0);
    }
    out
}

/// A chunk that claims any size, without padding.
pub fn sized_chunk(id: &[u8; 4], size: u32, body: &[u8]) -> Vec<u8> {
    [id.as_slice(), &size.to_le_bytes(), body].concat()
}

/// A RIFF WAVE file of these chunks.
pub fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let mut out = b"RIFF".to_vec();
    out.extend((body.len() as u32 + 4).to_le_bytes());
    out.extend(b"WAVE");
    out.extend(body);
    out
}

/// The body of a plain format chunk that adds up.
pub fn format(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let block = channels.wrapping_mul(bits.div_ceil(8));
    format_sums(
        tag,
        channels,
        rate,
        bits,
        rate.wrapping_mul(block.into()),
        block,
    )
}

pub fn format_sums(
    tag: u16,
    channels: u16,
    rate: u32,
    bits: u16,
    byte_rate: u32,
    block: u16,
) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(tag.to_le_bytes());
    out.extend(channels.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend(byte_rate.to_le_bytes());
    out.extend(block.to_le_bytes());
    out.extend(bits.to_le_bytes());
    out
}

/// The body of an extensible format chunk.
pub fn extensible(tag: u16, channels: u16, rate: u32, bits: u16, valid: u16, mask: u32) -> Vec<u8> {
    let mut out = format(EXTENSIBLE, channels, rate, bits);
    out.extend(22u16.to_le_bytes());
    out.extend(valid.to_le_bytes());
    out.extend(mask.to_le_bytes());
    out.extend(tag.to_le_bytes());
    out.extend(b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71");
    out
}

/// A file of a format and a data chunk.
pub fn simple(format: &[u8], data: &[u8]) -> Vec<u8> {
    riff(&[chunk(b"fmt ", format), chunk(b"data", data)])
}

/// A well-formed 16-bit file.
pub fn wav16(channels: u16, codes: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = codes.iter().flat_map(|c| c.to_le_bytes()).collect();
    simple(&format(PCM, channels, 44_100, 16), &data)
}

/// Reads a file of these bytes. Each thread has one file that it overwrites: creating and
/// deleting thousands takes longer than reading them.
pub fn read_bytes(bytes: &[u8]) -> Result<Recording, AudioError> {
    thread_local! {
        static FILE: NamedTempFile = NamedTempFile::new().unwrap();
    }
    FILE.with(|file| {
        let mut handle = file.as_file();
        handle.rewind().unwrap();
        handle.write_all(bytes).unwrap();
        handle.set_len(bytes.len() as u64).unwrap();
        read(file.path())
    })
}

/// The codes of a channel, by a scale that must fit exactly.
pub fn codes(channel: &[f32], bits: u32) -> Vec<i32> {
    channel
        .iter()
        .map(|&s| {
            let code = f64::from(s) * f64::from(1u32 << (bits - 1));
            assert_eq!(code, code.round(), "{s} is no code of {bits} bit");
            code as i32
        })
        .collect()
}

/// Deterministic noise in ±0.9, with silence at the start.
pub fn music(frames: usize, channels: usize, rate: u32) -> Vec<Vec<f32>> {
    let mut state = 0x2545_F491_u32;
    (0..channels)
        .map(|c| {
            (0..frames)
                .map(|n| {
                    state ^= state << 13;
                    state ^= state >> 17;
                    state ^= state << 5;
                    let t = n as f32 / rate as f32;
                    let noise = state as f32 / u32::MAX as f32 - 0.5;
                    let hz = 220.0 * (c + 1) as f32;
                    0.5 * (std::f32::consts::TAU * hz * t).sin() + 0.05 * noise
                })
                .collect()
        })
        .collect()
}

/// Whether a program is there; says that the test is skipped where not.
pub fn have(program: &str, argument: &str) -> bool {
    let found = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}

/// Whether ffmpeg is there.
pub fn have_ffmpeg() -> bool {
    have("ffmpeg", "-version")
}

/// Runs ffmpeg and gives what it prints on stdout.
pub fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "ffmpeg {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// What ffmpeg decodes a file to: planar floats.
pub fn ffmpeg_decode(path: &Path, channels: usize) -> Vec<Vec<f32>> {
    let raw = ffmpeg(&["-i", text(path), "-f", "f32le", "-c:a", "pcm_f32le", "-"]);
    planar(&raw, channels)
}

/// Takes interleaved floats apart.
pub fn planar(raw: &[u8], channels: usize) -> Vec<Vec<f32>> {
    let samples: Vec<f32> = raw
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&b| f32::from_le_bytes(b))
        .collect();
    (0..channels)
        .map(|c| samples.iter().skip(c).step_by(channels).copied().collect())
        .collect()
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Writes floats as a WAV of floats, for other programs to encode.
pub fn write_floats(path: &Path, channels: &[Vec<f32>], rate: u32) -> PathBuf {
    let count = channels.len();
    let frames = channels[0].len();
    let mut data = Vec::new();
    for n in 0..frames {
        for channel in channels {
            data.extend(channel[n].to_le_bytes());
        }
    }
    let bytes = simple(&format(FLOAT, count as u16, rate, 32), &data);
    std::fs::write(path, bytes).unwrap();
    path.to_owned()
}

/// The largest difference of two signals of equal shape.
pub fn distance(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!(a.len(), b.len(), "channels");
    a.iter()
        .zip(b)
        .flat_map(|(a, b)| {
            assert_eq!(a.len(), b.len(), "frames");
            a.iter().zip(b).map(|(a, b)| (a - b).abs())
        })
        .fold(0.0, f32::max)
}
