//! WAV against other programs, both ways.

use std::path::Path;
use std::process::Command;

use partita::audio::{StemFormat, WavSpec, WavWriter, read};

use crate::support::*;

#[test]
fn every_wav_that_ffmpeg_writes_reads_as_ffmpeg_reads_it() {
    if !have_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for codec in [
        "pcm_u8",
        "pcm_s16le",
        "pcm_s24le",
        "pcm_s32le",
        "pcm_f32le",
        "pcm_f64le",
        "pcm_alaw",
        "pcm_mulaw",
    ] {
        for (channels, options) in [
            (1, &[][..]),
            (2, &["-rf64", "always"][..]),
            (
                6,
                &["-write_bext", "1", "-metadata", "description=Six channels"][..],
            ),
        ] {
            let source = write_floats(
                &folder.path().join("source.wav"),
                &music(5_001, channels, 48_000),
                48_000,
            );
            let path = folder.path().join("target.wav");
            let all = [
                &["-i", text(&source), "-c:a", codec],
                options,
                &[text(&path)],
            ]
            .concat();
            ffmpeg(&all);
            let recording = read(&path).unwrap_or_else(|e| panic!("{codec}: {e}"));
            assert_eq!(recording.repairs, [], "{codec} ×{channels}");
            assert_eq!(recording.buffer.frames(), 5_001);
            let distance = distance(recording.buffer.channels(), &ffmpeg_decode(&path, channels));
            assert_eq!(distance, 0.0, "{codec} ×{channels}");
        }
    }
}

#[test]
fn wav_from_a_pipe_of_ffmpeg_is_read_to_its_end() {
    if !have_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = write_floats(
        &folder.path().join("source.wav"),
        &music(5_001, 2, 44_100),
        44_100,
    );
    let piped = ffmpeg(&["-i", text(&source), "-c:a", "pcm_s16le", "-f", "wav", "-"]);
    let recording = read_bytes(&piped).unwrap();
    assert_eq!(recording.buffer.frames(), 5_001);
    assert_eq!(recording.repairs, [partita::audio::Repair::SizeUnknown]);
}

#[test]
fn files_of_sox_are_read_as_sox_reads_them() {
    if !have("sox", "--version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = write_floats(
        &folder.path().join("source.wav"),
        &music(5_001, 2, 44_100),
        44_100,
    );
    for options in [
        &["-b", "8"][..],
        &["-b", "16"],
        &["-b", "24"],
        &["-b", "32"],
        &["-b", "32", "-e", "floating-point"],
        &["-b", "64", "-e", "floating-point"],
        &["-e", "a-law"],
        &["-e", "mu-law"],
        &["-e", "ms-adpcm"],
        &["-e", "ima-adpcm"],
        &["-b", "16", "-B"],
    ] {
        let path = folder.path().join("target.wav");
        let status = Command::new("sox")
            .args(["-D", text(&source)])
            .args(options)
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success());
        let recording = read(&path).unwrap_or_else(|e| panic!("{options:?}: {e}"));
        let mut expected = sox_decode(&path, 2);
        // Decoders differ in whether they cut the rest of the last block of ADPCM.
        let frames = expected[0].len().min(recording.buffer.frames());
        for channel in &mut expected {
            channel.truncate(frames);
        }
        assert!(frames >= 5_001, "{options:?}");
        let ours = recording.buffer.excerpt(0..frames);
        let distance = distance(ours.channels(), &expected);
        // sox computes in integers of 32 bit, and rounds ADPCM its own way.
        let tolerance = if options[1].contains("adpcm") {
            0.05
        } else {
            1e-6
        };
        assert!(distance < tolerance, "{options:?}: {distance}");
        assert_eq!(recording.repairs, [], "{options:?}");
    }
}

#[test]
fn what_the_writer_writes_ffmpeg_and_sox_read_alike() {
    if !have_ffmpeg() {
        return;
    }
    let sox = have("sox", "--version");
    let folder = tempfile::tempdir().unwrap();
    for format in [StemFormat::I16, StemFormat::I24, StemFormat::F32] {
        for channels in [1u16, 2, 6] {
            for sized in [true, false] {
                let signal = music(4_001, channels.into(), 44_100);
                let path = folder.path().join("stem.wav");
                let spec = WavSpec {
                    rate: 44_100,
                    channels,
                    format,
                    channel_mask: None,
                    time_reference: None,
                };
                let mut writer = if sized {
                    WavWriter::create_sized(&path, spec, 4_001, true)
                } else {
                    WavWriter::create(&path, spec, true)
                }
                .unwrap();
                let scale = if format == StemFormat::F32 {
                    1.0
                } else {
                    2f32.powi(i32::from(format.bits()) - 1)
                };
                if format == StemFormat::F32 {
                    let block: Vec<&[f32]> = signal.iter().map(Vec::as_slice).collect();
                    writer.write_f32(&block).unwrap();
                } else {
                    let codes: Vec<Vec<i32>> = signal
                        .iter()
                        .map(|c| c.iter().map(|s| (s * scale) as i32).collect())
                        .collect();
                    let block: Vec<&[i32]> = codes.iter().map(Vec::as_slice).collect();
                    writer.write_i32(&block).unwrap();
                }
                writer.finish().unwrap();
                let ours = read(&path).unwrap().buffer;
                let theirs = ffmpeg_decode(&path, channels.into());
                assert_eq!(
                    distance(ours.channels(), &theirs),
                    0.0,
                    "{format:?} ×{channels}"
                );
                if sox {
                    let output = Command::new("sox")
                        .arg(&path)
                        .args(["-n", "stat"])
                        .output()
                        .unwrap();
                    let said = String::from_utf8_lossy(&output.stderr).into_owned();
                    let samples = format!("Samples read: {:>17}", 4_001 * u32::from(channels));
                    assert!(output.status.success() && said.contains(&samples), "{said}");
                }
            }
        }
    }
}

/// What sox decodes a file to: planar floats.
fn sox_decode(path: &Path, channels: usize) -> Vec<Vec<f32>> {
    let output = Command::new("sox")
        .arg(path)
        .args(["-t", "f32", "-"])
        .output()
        .unwrap();
    assert!(output.status.success());
    planar(&output.stdout, channels)
}
