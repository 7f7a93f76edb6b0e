//! Every way to store a sample.

use partita::audio::{Container, Repair, SampleFormat};
use proptest::prelude::*;

use crate::support::*;

/// Codes that show sign, order and extent of a format.
fn telling_codes(bits: u32) -> Vec<i32> {
    let top = (1i64 << (bits - 1)) as i32;
    vec![
        0,
        1,
        -1,
        2,
        top.wrapping_sub(1),
        top.wrapping_neg(),
        100,
        -100,
    ]
}

fn integer_bytes(code: i32, bytes: usize) -> Vec<u8> {
    match bytes {
        1 => vec![(code + 128) as u8],
        n => code.to_le_bytes()[..n].to_vec(),
    }
}

#[test]
fn integers_of_8_16_and_24_bit_give_their_codes_back_exactly() {
    for (bits, expected) in [
        (8, SampleFormat::U8),
        (16, SampleFormat::I16),
        (24, SampleFormat::I24),
    ] {
        let wanted = telling_codes(bits);
        let data: Vec<u8> = wanted
            .iter()
            .flat_map(|&c| integer_bytes(c, bits as usize / 8))
            .collect();
        let recording = read_bytes(&simple(&format(PCM, 1, 48_000, bits as u16), &data)).unwrap();
        assert_eq!(codes(&recording.buffer.channels()[0], bits), wanted);
        assert_eq!(recording.info.format, expected);
        assert_eq!(recording.info.container, Container::Wav);
        assert_eq!(recording.info.codec, "PCM");
        assert_eq!(recording.buffer.rate(), 48_000);
        assert_eq!(recording.repairs, []);
    }
}

#[test]
fn integers_of_32_bit_are_rounded_to_floats() {
    let wanted = [0, 1 << 8, -(1 << 8), i32::MIN, i32::MAX, 123_456_789];
    let data: Vec<u8> = wanted.iter().flat_map(|c| c.to_le_bytes()).collect();
    let recording = read_bytes(&simple(&format(PCM, 1, 44_100, 32), &data)).unwrap();
    let expected: Vec<f32> = wanted
        .iter()
        .map(|&c| (f64::from(c) / 2_147_483_648.0) as f32)
        .collect();
    assert_eq!(recording.buffer.channels()[0], expected);
    assert_eq!(recording.info.format, SampleFormat::I32);
}

#[test]
fn bits_between_the_bytes_lie_at_the_high_end() {
    // 12 bit in 16, 20 bit in 24.
    for (bits, bytes, scale) in [(12u16, 2, 16u32), (20, 3, 24)] {
        let wanted = [0, 16, -16, 320];
        let data: Vec<u8> = wanted
            .iter()
            .flat_map(|&c| integer_bytes(c, bytes))
            .collect();
        let recording = read_bytes(&simple(&format(PCM, 1, 44_100, bits), &data)).unwrap();
        assert_eq!(codes(&recording.buffer.channels()[0], scale), wanted);
    }
}

#[test]
fn twenty_four_bits_in_32_are_read_from_the_high_bytes() {
    let wanted = telling_codes(24);
    // The lowest byte is padding, and holds rubbish here.
    let data: Vec<u8> = wanted
        .iter()
        .flat_map(|c| [&[0x5A], &c.to_le_bytes()[..3]].concat())
        .collect();
    let plain = format_sums(PCM, 1, 44_100, 24, 44_100 * 4, 4);
    for header in [extensible(PCM, 1, 44_100, 32, 24, 4), plain] {
        let recording = read_bytes(&simple(&header, &data)).unwrap();
        assert_eq!(codes(&recording.buffer.channels()[0], 24), wanted);
        assert_eq!(recording.info.format, SampleFormat::I24);
        assert_eq!(recording.repairs, []);
    }
}

#[test]
fn floats_are_read_as_they_are() {
    let wanted = [0.0f32, -0.0, 1.0, -1.5, 1e-30, f32::MAX];
    let data: Vec<u8> = wanted.iter().flat_map(|s| s.to_le_bytes()).collect();
    for header in [
        format(FLOAT, 1, 96_000, 32),
        extensible(FLOAT, 1, 96_000, 32, 32, 4),
    ] {
        let recording = read_bytes(&simple(&header, &data)).unwrap();
        assert_eq!(recording.buffer.channels()[0], wanted);
        assert_eq!(recording.info.format, SampleFormat::F32);
    }
    let data: Vec<u8> = wanted
        .iter()
        .flat_map(|&s| f64::from(s).to_le_bytes())
        .collect();
    let recording = read_bytes(&simple(&format(FLOAT, 1, 96_000, 64), &data)).unwrap();
    assert_eq!(recording.buffer.channels()[0], wanted);
    assert_eq!(recording.info.format, SampleFormat::F64);
}

#[test]
fn samples_that_are_not_finite_become_0_and_are_counted() {
    let samples = [f32::NAN, 0.5, f32::INFINITY, f32::NEG_INFINITY, -0.5, 0.25];
    let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let recording = read_bytes(&simple(&format(FLOAT, 2, 44_100, 32), &data)).unwrap();
    assert_eq!(
        recording.buffer.channels(),
        [[0.0, 0.0, -0.5], [0.5, 0.0, 0.25]]
    );
    assert_eq!(recording.repairs, [Repair::NonFinite { samples: 3 }]);
    assert!(recording.repairs[0].to_string().contains("3 samples"));

    // Finite in 64 bit, beyond all in 32.
    let data: Vec<u8> = [1e300f64, 0.5]
        .iter()
        .flat_map(|s| s.to_le_bytes())
        .collect();
    let recording = read_bytes(&simple(&format(FLOAT, 1, 44_100, 64), &data)).unwrap();
    assert_eq!(recording.buffer.channels()[0], [0.0, 0.5]);
    assert_eq!(recording.repairs, [Repair::NonFinite { samples: 1 }]);
}

#[test]
fn one_to_32_channels_keep_their_order() {
    for channels in 1..=32u16 {
        let samples: Vec<i16> = (0..3 * channels as i16).collect();
        let recording = read_bytes(&wav16(channels, &samples)).unwrap();
        assert_eq!(recording.buffer.channel_count(), usize::from(channels));
        for (c, channel) in recording.buffer.channels().iter().enumerate() {
            let expected: Vec<i32> = (0..3).map(|n| n * i32::from(channels) + c as i32).collect();
            assert_eq!(codes(channel, 16), expected);
        }
    }
}

#[test]
fn any_rate_but_0_is_taken() {
    for rate in [1, 11, 8_000, 44_100, 384_000, 5_644_800, u32::MAX] {
        let recording = read_bytes(&simple(&format(PCM, 1, rate, 8), &[128; 4])).unwrap();
        assert_eq!(recording.buffer.rate(), rate);
        assert_eq!(recording.repairs, []);
        let seconds = 4.0 / f64::from(rate);
        assert!((recording.buffer.duration() - seconds).abs() < 1e-12);
        assert_eq!(recording.info.duration(), Some(recording.buffer.duration()));
    }
}

#[test]
fn the_speaker_positions_of_extensible_files_are_kept() {
    let header = extensible(PCM, 6, 48_000, 16, 16, 0x3F);
    let recording = read_bytes(&simple(&header, &[0; 24])).unwrap();
    assert_eq!(recording.info.channel_mask, Some(0x3F));
    assert_eq!(recording.info.channels, 6);
    let plain = read_bytes(&wav16(2, &[0, 0])).unwrap();
    assert_eq!(plain.info.channel_mask, None);
}

#[test]
fn big_endian_files_read_the_same() {
    let be16 = |v: u16| v.to_be_bytes().to_vec();
    let header = [
        be16(PCM),
        be16(2),
        44_100u32.to_be_bytes().to_vec(),
        176_400u32.to_be_bytes().to_vec(),
        be16(4),
        be16(16),
    ]
    .concat();
    let mut bytes = b"RIFX\x00\x00\x00\x2CWAVE".to_vec();
    bytes.extend(b"fmt \x00\x00\x00\x10");
    bytes.extend(header);
    bytes.extend(b"data\x00\x00\x00\x08");
    bytes.extend([1, 0, 0xFF, 0xFE, 0x7F, 0xFF, 0x80, 0]);
    let recording = read_bytes(&bytes).unwrap();
    assert_eq!(recording.info.container, Container::Rifx);
    assert_eq!(codes(&recording.buffer.channels()[0], 16), [256, 32_767]);
    assert_eq!(codes(&recording.buffer.channels()[1], 16), [-2, -32_768]);
    assert_eq!(recording.repairs, []);
}

#[test]
fn wrong_sums_in_the_header_are_mended_and_reported() {
    let data = [1, 0, 2, 0, 3, 0, 4, 0];
    let header = format_sums(PCM, 2, 44_100, 16, 12_345, 4);
    let recording = read_bytes(&simple(&header, &data)).unwrap();
    assert_eq!(codes(&recording.buffer.channels()[1], 16), [2, 4]);
    assert_eq!(
        recording.repairs,
        [Repair::WrongByteRate {
            claimed: 12_345,
            actual: 176_400
        }]
    );
    for block in [0, 1, 3, 17] {
        let header = format_sums(PCM, 2, 44_100, 16, 176_400, block);
        let recording = read_bytes(&simple(&header, &data)).unwrap();
        assert_eq!(codes(&recording.buffer.channels()[0], 16), [1, 3]);
        assert_eq!(
            recording.repairs,
            [Repair::WrongBlockAlign {
                claimed: block,
                actual: 4
            }]
        );
    }
    // The byte rate speaks against a container of 4 bytes.
    let header = format_sums(PCM, 1, 44_100, 24, 44_100 * 3, 4);
    let recording = read_bytes(&simple(&header, &[1, 0, 0, 2, 0, 0])).unwrap();
    assert_eq!(codes(&recording.buffer.channels()[0], 24), [1, 2]);
}

#[test]
fn impossible_valid_bits_are_mended_and_reported() {
    let header = extensible(PCM, 1, 44_100, 16, 99, 0);
    let recording = read_bytes(&simple(&header, &[7, 0])).unwrap();
    assert_eq!(codes(&recording.buffer.channels()[0], 16), [7]);
    assert_eq!(
        recording.repairs,
        [Repair::WrongValidBits {
            claimed: 99,
            actual: 16
        }]
    );
}

proptest! {
    #[test]
    fn any_codes_in_any_number_of_channels_are_recovered(
        bits in prop::sample::select(vec![8u32, 16, 24]),
        channels in 1usize..=8,
        seeds in prop::collection::vec(any::<i32>(), 1..200),
    ) {
        let frames = seeds.len().div_ceil(channels);
        let wanted: Vec<i32> = (0..frames * channels)
            .map(|n| seeds[n % seeds.len()] >> (32 - bits))
            .collect();
        let data: Vec<u8> = wanted
            .iter()
            .flat_map(|&c| integer_bytes(c, bits as usize / 8))
            .collect();
        let header = format(PCM, channels as u16, 44_100, bits as u16);
        let recording = read_bytes(&simple(&header, &data)).unwrap();
        for (c, channel) in recording.buffer.channels().iter().enumerate() {
            let expected: Vec<i32> = wanted.iter().skip(c).step_by(channels).copied().collect();
            prop_assert_eq!(codes(channel, bits), expected);
        }
    }
}
