//! What a file says about its recording.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a file stores its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleFormat {
    /// Integers of up to 8 bit.
    U8,
    /// Integers of 9 to 16 bit.
    I16,
    /// Integers of 17 to 24 bit, also in containers of 32 bit.
    I24,
    /// Integers of 25 to 32 bit. Beyond 24 bit they are rounded when read as `f32`.
    I32,
    /// Floats of 32 bit; also what lossy codecs decode to.
    F32,
    /// Floats of 64 bit, rounded when read as `f32`.
    F64,
}

impl SampleFormat {
    /// Bits of one sample.
    #[must_use]
    pub fn bits(self) -> u16 {
        match self {
            Self::U8 => 8,
            Self::I16 => 16,
            Self::I24 => 24,
            Self::I32 | Self::F32 => 32,
            Self::F64 => 64,
        }
    }

    /// Whether samples are integers.
    #[must_use]
    pub fn is_integer(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }

    /// The smallest format for integers of so many bits.
    pub(super) fn for_integer_bits(bits: u32) -> Self {
        match bits {
            0..=8 => Self::U8,
            9..=16 => Self::I16,
            17..=24 => Self::I24,
            _ => Self::I32,
        }
    }
}

impl fmt::Display for SampleFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_integer() {
            "integer"
        } else {
            "float"
        };
        write!(f, "{}-bit {kind}", self.bits())
    }
}

/// The kind of file, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Container {
    /// RIFF WAVE.
    Wav,
    /// RIFF WAVE in big-endian byte order.
    Rifx,
    /// WAVE with 64-bit sizes, EBU Tech 3306.
    Rf64,
    /// WAVE with 64-bit sizes, ITU-R BS.2088.
    Bw64,
    /// AIFF or AIFF-C.
    Aiff,
    /// Native FLAC.
    Flac,
    /// A bare stream of MPEG audio frames.
    Mp3,
    /// A bare stream of AAC frames.
    Adts,
    /// Ogg.
    Ogg,
    /// MPEG-4 or QuickTime.
    Mp4,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wav => "WAV",
            Self::Rifx => "RIFX",
            Self::Rf64 => "RF64",
            Self::Bw64 => "BW64",
            Self::Aiff => "AIFF",
            Self::Flac => "FLAC",
            Self::Mp3 => "MP3",
            Self::Adts => "ADTS",
            Self::Ogg => "Ogg",
            Self::Mp4 => "MP4",
        })
    }
}

/// What a file says about its recording, after mending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordingInfo {
    /// The kind of file.
    pub container: Container,
    /// Name of the codec, such as "PCM", "FLAC" or "MP3".
    pub codec: String,
    /// How the samples are stored; [`SampleFormat::F32`] for lossy codecs.
    pub format: SampleFormat,
    /// Sample rate in Hz, at least 1.
    pub rate: u32,
    /// Number of channels, 1 to [`MAX_CHANNELS`](super::MAX_CHANNELS).
    pub channels: u16,
    /// Samples per channel that will be read, where that is known before the end.
    pub frames: Option<u64>,
    /// Speaker positions as in `WAVEFORMATEXTENSIBLE`, where the file tells them.
    pub channel_mask: Option<u32>,
    /// Samples from midnight to the first one, where the file tells them (EBU Tech 3285).
    #[serde(default)]
    pub time_reference: Option<u64>,
    /// Title, artist, description, … as pairs of name and text.
    pub metadata: Vec<(String, String)>,
}

impl RecordingInfo {
    /// Length in seconds, where it is known.
    #[must_use]
    pub fn duration(&self) -> Option<f64> {
        Some(self.frames? as f64 / f64::from(self.rate))
    }
}
