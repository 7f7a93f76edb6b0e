//! The header of files to be written.

use crate::audio::{AudioError, MAX_CHANNELS, SampleFormat};

/// How stems are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StemFormat {
    /// Integers of 16 bit.
    I16,
    /// Integers of 24 bit.
    I24,
    /// Floats of 32 bit.
    F32,
}

impl StemFormat {
    /// Bits of one sample.
    #[must_use]
    pub fn bits(self) -> u16 {
        match self {
            Self::I16 => 16,
            Self::I24 => 24,
            Self::F32 => 32,
        }
    }
}

impl From<SampleFormat> for StemFormat {
    /// The format that keeps all that a recording has and `f32` can hold.
    fn from(format: SampleFormat) -> Self {
        match format {
            SampleFormat::U8 | SampleFormat::I16 => Self::I16,
            SampleFormat::I24 => Self::I24,
            SampleFormat::I32 | SampleFormat::F32 | SampleFormat::F64 => Self::F32,
        }
    }
}

/// What a WAV to be written is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WavSpec {
    /// Sample rate in Hz, at least 1.
    pub rate: u32,
    /// Number of channels, 1 to [`MAX_CHANNELS`].
    pub channels: u16,
    /// How samples are stored.
    pub format: StemFormat,
    /// Speaker positions as in `WAVEFORMATEXTENSIBLE`, or `None` for the usual ones of mono and
    /// stereo, and no positions at all of more channels.
    pub channel_mask: Option<u32>,
    /// Samples from midnight to the first one, by which editors place the file on their time line;
    /// `None` writes no broadcast extension.
    pub time_reference: Option<u64>,
}

impl WavSpec {
    /// Bytes of one frame.
    pub(super) fn block_align(&self) -> u64 {
        u64::from(self.channels) * u64::from(self.format.bits() / 8)
    }

    pub(super) fn check(&self) -> Result<(), AudioError> {
        if self.rate == 0 {
            return Err(AudioError::Misuse(
                "the sample rate must be at least 1 Hz".into(),
            ));
        }
        if self.channels == 0 || self.channels > MAX_CHANNELS {
            return Err(AudioError::Misuse(format!(
                "a file of {} channels cannot be written; 1 to {MAX_CHANNELS} can",
                self.channels
            )));
        }
        Ok(())
    }

    /// The specification asks for `WAVEFORMATEXTENSIBLE` beyond two channels or 16-bit integers,
    /// and where speakers are named.
    fn extensible(&self) -> bool {
        self.channels > 2 || self.format == StemFormat::I24 || self.channel_mask.is_some()
    }

    fn mask(&self) -> u32 {
        self.channel_mask.unwrap_or(match self.channels {
            1 => 0x4,
            2 => 0x3,
            _ => 0,
        })
    }
}

/// Whether the header has room for 64-bit sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// No: the final size is known to be small.
    Small,
    /// Yes: a `JUNK` chunk that becomes `ds64` beyond 4 GiB (EBU Tech 3306).
    Large,
}

impl Room {
    /// What so many bytes of samples need.
    pub(super) fn for_size(spec: &WavSpec, data: u64) -> Self {
        if riff_size(spec, Self::Small, data) > u64::from(u32::MAX) {
            Self::Large
        } else {
            Self::Small
        }
    }
}

const TAG_PCM: u16 = 1;
const TAG_FLOAT: u16 = 3;
const TAG_EXTENSIBLE: u16 = 0xFFFE;
/// All of a sub-format GUID but the format tag in its first two bytes.
const GUID_TAIL: &[u8; 14] = b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71";
/// Body of a `ds64` chunk with an empty table.
const DS64_BYTES: u32 = 28;
/// Body of a broadcast extension without a coding history (EBU Tech 3285), and what stands in it where.
const BEXT_BYTES: usize = 602;
const BEXT_ORIGINATOR: usize = 256;
const BEXT_TIME_REFERENCE: usize = 338;

/// All bytes before the samples, for `data` bytes of them. For one spec and room the length is
/// always the same.
pub(super) fn header(spec: &WavSpec, room: Room, data: u64) -> Vec<u8> {
    let body = body(spec);
    let riff_size = riff_size(spec, room, data);
    let frames = data / spec.block_align();
    let long = room == Room::Large && riff_size > u64::from(u32::MAX);
    let short = |size: u64| u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes();

    let mut out = Vec::new();
    out.extend(if long { b"RF64" } else { b"RIFF" });
    out.extend(short(riff_size));
    out.extend(b"WAVE");
    if room == Room::Large {
        out.extend(if long { b"ds64" } else { b"JUNK" });
        out.extend(DS64_BYTES.to_le_bytes());
        let sizes = if long {
            [riff_size, data, frames]
        } else {
            [0; 3]
        };
        out.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        out.extend(0u32.to_le_bytes());
    }
    if let Some(reference) = spec.time_reference {
        out.extend(b"bext");
        out.extend((BEXT_BYTES as u32).to_le_bytes());
        out.extend(bext(reference));
    }
    out.extend(b"fmt ");
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    if spec.format == StemFormat::F32 {
        // Asked for of all formats but integers.
        out.extend(b"fact");
        out.extend(4u32.to_le_bytes());
        out.extend(short(frames));
    }
    out.extend(b"data");
    out.extend(if long { [0xFF; 4] } else { short(data) });
    out
}

/// The content of a broadcast extension. It has no date, as the same recording and settings are to
/// give the same bytes.
fn bext(time_reference: u64) -> Vec<u8> {
    let mut out = vec![0; BEXT_ORIGINATOR];
    out.extend(b"Partita");
    out.resize(BEXT_TIME_REFERENCE, 0);
    out.extend(time_reference.to_le_bytes());
    out.resize(BEXT_BYTES, 0);
    out
}

/// The content of the format chunk.
fn body(spec: &WavSpec) -> Vec<u8> {
    let tag = match spec.format {
        StemFormat::I16 | StemFormat::I24 => TAG_PCM,
        StemFormat::F32 => TAG_FLOAT,
    };
    let block = spec.block_align();
    let byte_rate = u64::from(spec.rate) * block;
    let mut out = Vec::new();
    let u16 = |value: u16, out: &mut Vec<u8>| out.extend(value.to_le_bytes());
    u16(
        if spec.extensible() {
            TAG_EXTENSIBLE
        } else {
            tag
        },
        &mut out,
    );
    u16(spec.channels, &mut out);
    out.extend(spec.rate.to_le_bytes());
    out.extend(u32::try_from(byte_rate).unwrap_or(u32::MAX).to_le_bytes());
    u16(block as u16, &mut out);
    u16(spec.format.bits(), &mut out);
    if spec.extensible() {
        u16(22, &mut out);
        u16(spec.format.bits(), &mut out);
        out.extend(spec.mask().to_le_bytes());
        u16(tag, &mut out);
        out.extend(GUID_TAIL);
    } else if tag != TAG_PCM {
        u16(0, &mut out);
    }
    out
}

/// What the RIFF header says: all but its own eight bytes, the padding included.
fn riff_size(spec: &WavSpec, room: Room, data: u64) -> u64 {
    let ds64 = if room == Room::Large {
        8 + u64::from(DS64_BYTES)
    } else {
        0
    };
    let fact = if spec.format == StemFormat::F32 {
        12
    } else {
        0
    };
    let bext = spec.time_reference.map_or(0, |_| 8 + BEXT_BYTES as u64);
    4 + ds64 + bext + 8 + body(spec).len() as u64 + fact + 8 + data + data % 2
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;
    use crate::audio::{Container, RecordingReader};

    /// The header is that of a file with a hole for samples, which takes no room on the disk.
    #[test]
    fn a_file_is_rf64_from_the_first_byte_beyond_4_gib_on() {
        let spec = WavSpec {
            rate: 48_000,
            channels: 2,
            format: StemFormat::I16,
            channel_mask: None,
            time_reference: None,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse.wav");
        for room in [Room::Small, Room::Large] {
            let longest = u64::from(u32::MAX) - riff_size(&spec, room, 0);
            let longest = longest - longest % spec.block_align();
            let above = longest + spec.block_align();
            for (data, container) in [(longest, Container::Wav), (above, Container::Rf64)] {
                if room == Room::Small && Room::for_size(&spec, data) == Room::Large {
                    // A file of known length beyond 4 GiB gets the room from the start.
                    assert_eq!(container, Container::Rf64);
                    continue;
                }
                let header = header(&spec, room, data);
                let mut file = File::create(&path).unwrap();
                file.write_all(&header).unwrap();
                file.set_len(header.len() as u64 + data).unwrap();
                let mut reader = RecordingReader::open(&path).unwrap();
                assert_eq!(reader.info().container, container);
                assert_eq!(reader.info().frames, Some(data / spec.block_align()));
                assert_eq!(reader.repairs(), []);
                let mut block = vec![Vec::new(), Vec::new()];
                reader.seek(data / spec.block_align() - 3).unwrap();
                assert_eq!(reader.read_block(10, &mut block).unwrap(), 3);
            }
        }
    }
}
