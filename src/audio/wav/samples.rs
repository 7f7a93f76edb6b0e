//! Bytes of a file to planar `f32`.

use super::format::Encoding;

/// Appends the samples of whole interleaved frames to `out`, one vector per channel, and gives
/// the number of samples that were not finite and were set to 0.
pub(super) fn decode(
    bytes: &[u8],
    encoding: Encoding,
    big_endian: bool,
    out: &mut [Vec<f32>],
) -> u64 {
    match (encoding, big_endian) {
        (Encoding::U8, _) => planar(bytes, out, |[b]| (f32::from(b) - 128.0) / 128.0),
        (Encoding::I16, false) => planar(bytes, out, |b| i16_to_f32(i16::from_le_bytes(b))),
        (Encoding::I16, true) => planar(bytes, out, |b| i16_to_f32(i16::from_be_bytes(b))),
        // Three bytes at the high end of 32 bit bring the sign along.
        (Encoding::I24, false) => planar(bytes, out, |[a, b, c]| {
            i32_to_f32(i32::from_le_bytes([0, a, b, c]))
        }),
        (Encoding::I24, true) => planar(bytes, out, |[a, b, c]| {
            i32_to_f32(i32::from_be_bytes([a, b, c, 0]))
        }),
        // The low byte is padding, whatever it holds.
        (Encoding::I24In32, false) => {
            planar(bytes, out, |b| i32_to_f32(i32::from_le_bytes(b) & !0xFF))
        }
        (Encoding::I24In32, true) => {
            planar(bytes, out, |b| i32_to_f32(i32::from_be_bytes(b) & !0xFF))
        }
        (Encoding::I32, false) => planar(bytes, out, |b| i32_to_f32(i32::from_le_bytes(b))),
        (Encoding::I32, true) => planar(bytes, out, |b| i32_to_f32(i32::from_be_bytes(b))),
        (Encoding::F32, false) => floats(bytes, out, f32::from_le_bytes),
        (Encoding::F32, true) => floats(bytes, out, f32::from_be_bytes),
        (Encoding::F64, false) => floats(bytes, out, |b| f64::from_le_bytes(b) as f32),
        (Encoding::F64, true) => floats(bytes, out, |b| f64::from_be_bytes(b) as f32),
        (Encoding::ALaw, _) => planar(bytes, out, |[b]| i16_to_f32(alaw(b))),
        (Encoding::MuLaw, _) => planar(bytes, out, |[b]| i16_to_f32(mulaw(b))),
    }
}

fn i16_to_f32(code: i16) -> f32 {
    f32::from(code) / 32_768.0
}

fn i32_to_f32(code: i32) -> f32 {
    code as f32 / 2_147_483_648.0
}

/// Sets what is not finite to 0 and counts it.
pub(in crate::audio) fn silence_non_finite(samples: &mut [f32]) -> u64 {
    let mut count = 0;
    for sample in samples {
        if !sample.is_finite() {
            *sample = 0.0;
            count += 1;
        }
    }
    count
}

fn floats<const N: usize>(
    bytes: &[u8],
    out: &mut [Vec<f32>],
    convert: impl Fn([u8; N]) -> f32 + Copy,
) -> u64 {
    let before = out.first().map_or(0, Vec::len);
    planar(bytes, out, convert);
    out.iter_mut()
        .map(|channel| silence_non_finite(channel.get_mut(before..).unwrap_or_default()))
        .sum()
}

/// Takes frames apart. One and two channels, nearly all recordings, get loops of known stride.
fn planar<const N: usize>(
    bytes: &[u8],
    out: &mut [Vec<f32>],
    convert: impl Fn([u8; N]) -> f32 + Copy,
) -> u64 {
    let samples = bytes.as_chunks::<N>().0;
    match out {
        [mono] => mono.extend(samples.iter().map(|&s| convert(s))),
        [left, right] => {
            let frames = samples.as_chunks::<2>().0;
            left.extend(frames.iter().map(|&[l, _]| convert(l)));
            right.extend(frames.iter().map(|&[_, r]| convert(r)));
        }
        many => {
            let stride = many.len();
            for (c, channel) in many.iter_mut().enumerate() {
                channel.extend(samples.iter().skip(c).step_by(stride).map(|&s| convert(s)));
            }
        }
    }
    0
}

/// ITU-T G.711 A-law to a code of 16 bit.
fn alaw(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let exponent = (byte >> 4) & 7;
    let mantissa = i16::from(byte & 15) << 4;
    let magnitude = match exponent {
        0 => mantissa + 8,
        e => (mantissa + 0x108) << (e - 1),
    };
    if byte & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

/// ITU-T G.711 mu-law to a code of 16 bit.
fn mulaw(byte: u8) -> i16 {
    const BIAS: i16 = 0x84;
    let byte = !byte;
    let magnitude = (((i16::from(byte & 15) << 3) + BIAS) << ((byte >> 4) & 7)) - BIAS;
    if byte & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}
