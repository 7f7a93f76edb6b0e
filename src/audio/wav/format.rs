//! The format chunk.

use super::fields::Fields;
use crate::audio::{AudioError, MAX_CHANNELS, Repair, SampleFormat};

const TAG_PCM: u16 = 0x0001;
const TAG_MS_ADPCM: u16 = 0x0002;
const TAG_FLOAT: u16 = 0x0003;
const TAG_ALAW: u16 = 0x0006;
const TAG_MULAW: u16 = 0x0007;
const TAG_IMA_ADPCM: u16 = 0x0011;
const TAG_EXTENSIBLE: u16 = 0xFFFE;

/// What follows the format tag in a sub-format GUID: Microsoft's base, and that of ambisonic
/// files (`KSDATAFORMAT_SUBTYPE_AMBISONIC_B_FORMAT_…`).
const GUID_TAILS: [[u8; 14]; 2] = [
    *b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71",
    *b"\x00\x00\x21\x07\xD3\x11\x86\x44\xC8\xC1\xCA\x00\x00\x00",
];

/// How one sample lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    U8,
    I16,
    I24,
    /// 24 or fewer valid bits at the high end of 32.
    I24In32,
    I32,
    F32,
    F64,
    ALaw,
    MuLaw,
}

impl Encoding {
    /// Bytes of one sample in the file.
    pub(super) fn bytes(self) -> u16 {
        match self {
            Self::U8 | Self::ALaw | Self::MuLaw => 1,
            Self::I16 => 2,
            Self::I24 => 3,
            Self::I24In32 | Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    pub(super) fn sample_format(self) -> SampleFormat {
        match self {
            Self::U8 => SampleFormat::U8,
            // The companded 8 bits unfold to codes of 16 bit.
            Self::I16 | Self::ALaw | Self::MuLaw => SampleFormat::I16,
            Self::I24 | Self::I24In32 => SampleFormat::I24,
            Self::I32 => SampleFormat::I32,
            Self::F32 => SampleFormat::F32,
            Self::F64 => SampleFormat::F64,
        }
    }

    pub(super) fn codec(self) -> &'static str {
        match self {
            Self::ALaw => "A-law",
            Self::MuLaw => "mu-law",
            _ => "PCM",
        }
    }
}

/// A format chunk, understood and mended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Format {
    pub(super) encoding: Encoding,
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) channel_mask: Option<u32>,
    pub(super) repairs: Vec<Repair>,
}

impl Format {
    /// Bytes of one frame.
    pub(super) fn block_align(&self) -> u64 {
        u64::from(self.encoding.bytes()) * u64::from(self.channels)
    }
}

/// What a format chunk asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Parsed {
    /// Samples that the reader of this room converts.
    Plain(Format),
    /// ADPCM, which symphonia decodes.
    Adpcm,
}

/// Understands the content of a format chunk.
pub(super) fn parse(bytes: &[u8], big_endian: bool) -> Result<Parsed, AudioError> {
    let mut fields = Fields::new(bytes, big_endian);
    let raw = Raw::take(&mut fields)
        .ok_or_else(|| AudioError::Malformed("its format chunk is too short".into()))?;
    if raw.rate == 0 {
        return Err(AudioError::Malformed(
            "its header gives a sample rate of 0 Hz".into(),
        ));
    }
    if raw.channels == 0 {
        return Err(AudioError::Malformed("its header gives 0 channels".into()));
    }
    if raw.channels > MAX_CHANNELS {
        return Err(AudioError::too_many_channels(raw.channels.into()));
    }
    let mut repairs = Vec::new();
    let Some(encoding) = raw.encoding(&mut repairs)? else {
        return Ok(Parsed::Adpcm);
    };
    let format = Format {
        encoding,
        rate: raw.rate,
        channels: raw.channels,
        channel_mask: raw.channel_mask,
        repairs,
    };
    Ok(Parsed::Plain(raw.check_sums(format)))
}

/// The fields as they stand.
struct Raw {
    tag: u16,
    channels: u16,
    rate: u32,
    byte_rate: u32,
    block_align: u16,
    bits: u16,
    valid_bits: Option<u16>,
    channel_mask: Option<u32>,
}

impl Raw {
    fn take(fields: &mut Fields<'_>) -> Option<Self> {
        let mut raw = Self {
            tag: fields.u16()?,
            channels: fields.u16()?,
            rate: fields.u32()?,
            byte_rate: fields.u32()?,
            block_align: fields.u16()?,
            bits: fields.u16()?,
            valid_bits: None,
            channel_mask: None,
        };
        if raw.tag == TAG_EXTENSIBLE {
            fields.u16()?;
            raw.valid_bits = Some(fields.u16()?);
            raw.channel_mask = Some(fields.u32()?);
            raw.tag = fields.u16()?;
            // An unknown GUID must not pass for the tag that its first bytes happen to show. In
            // RIFX the tail depends on who wrote it, and goes unchecked.
            let tail: [u8; 14] = fields.take()?;
            if !fields.big_endian() && !GUID_TAILS.contains(&tail) {
                raw.tag = TAG_EXTENSIBLE;
            }
        }
        Some(raw)
    }

    /// How samples are stored; `None` for ADPCM.
    fn encoding(&self, repairs: &mut Vec<Repair>) -> Result<Option<Encoding>, AudioError> {
        Ok(Some(match self.tag {
            TAG_PCM => self.integer(repairs)?,
            TAG_FLOAT => match self.bits {
                32 => Encoding::F32,
                64 => Encoding::F64,
                bits => {
                    return Err(AudioError::unsupported(&format!(
                        "floats of {bits} bit in WAV cannot be read"
                    )));
                }
            },
            TAG_ALAW => Encoding::ALaw,
            TAG_MULAW => Encoding::MuLaw,
            TAG_MS_ADPCM | TAG_IMA_ADPCM => return Ok(None),
            tag => {
                return Err(AudioError::unsupported(&format!(
                    "the codec {} in WAV cannot be read",
                    codec_name(tag)
                )));
            }
        }))
    }

    fn integer(&self, repairs: &mut Vec<Repair>) -> Result<Encoding, AudioError> {
        if self.bits == 0 {
            return Err(AudioError::Malformed(
                "its header gives 0 bits per sample".into(),
            ));
        }
        let container = self.container_bytes();
        if container > 4 {
            return Err(AudioError::unsupported(&format!(
                "integers of {} bit in WAV cannot be read",
                self.bits
            )));
        }
        let valid = match self.valid_bits {
            // 0 is common, and means "all".
            None | Some(0) => self.bits,
            Some(valid) if valid > container * 8 => {
                repairs.push(Repair::WrongValidBits {
                    claimed: valid,
                    actual: self.bits,
                });
                self.bits
            }
            Some(valid) => valid,
        };
        Ok(match container {
            1 => Encoding::U8,
            2 => Encoding::I16,
            3 => Encoding::I24,
            4 if valid <= 24 => Encoding::I24In32,
            _ => Encoding::I32,
        })
    }

    /// Bytes per sample. The container may be larger than the bits ask for (24 in 32, with the
    /// valid bits at the high end); only the frame size tells. It is believed when it makes sense
    /// and the byte rate does not speak against it.
    fn container_bytes(&self) -> u16 {
        let natural = self.bits.div_ceil(8);
        let natural_rate = u64::from(self.rate) * u64::from(self.channels) * u64::from(natural);
        let container = self.block_align / self.channels;
        if self.block_align.is_multiple_of(self.channels)
            && (natural + 1..=4).contains(&container)
            && u64::from(self.byte_rate) != natural_rate
        {
            container
        } else {
            natural
        }
    }

    /// Reports sums in the header that do not fit; the reader goes by its own.
    fn check_sums(&self, mut format: Format) -> Format {
        let block = format.encoding.bytes() * format.channels;
        if self.block_align != block {
            format.repairs.push(Repair::WrongBlockAlign {
                claimed: self.block_align,
                actual: block,
            });
        }
        let byte_rate = u64::from(format.rate) * u64::from(block);
        // Beyond 32 bit no header can tell the truth.
        if u64::from(self.byte_rate) != byte_rate && byte_rate <= u64::from(u32::MAX) {
            format.repairs.push(Repair::WrongByteRate {
                claimed: self.byte_rate.into(),
                actual: byte_rate,
            });
        }
        format
    }
}

/// A name for a format tag of `mmreg.h`, for messages.
fn codec_name(tag: u16) -> String {
    let name = match tag {
        0x0031 => "GSM 6.10",
        0x0045 => "G.726 ADPCM",
        0x0050 => "MPEG layer I or II",
        0x0055 => "MP3",
        0x00FF | 0x1600..=0x1610 => "AAC",
        0x0160..=0x0163 => "Windows Media Audio",
        0x2000 => "AC-3",
        0x674F..=0x6771 => "Ogg Vorbis",
        0xF1AC => "FLAC",
        TAG_EXTENSIBLE => "with an unknown sub-format",
        _ => return format!("0x{tag:04X}"),
    };
    name.into()
}
