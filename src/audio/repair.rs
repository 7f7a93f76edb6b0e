//! What had to be mended while reading.

use std::fmt;

use serde::Serialize;

/// Something in a file that was wrong and could be mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Repair {
    /// Samples that are NaN or infinite (or too large for `f32`) were set to 0.
    NonFinite {
        /// Number of samples, over all channels.
        samples: u64,
    },
    /// The file ends before its recording does.
    Truncated {
        /// Samples per channel that are missing; 0 where the file does not tell.
        missing_frames: u64,
    },
    /// The header leaves the length open, as streaming programs do; all was read to the end.
    SizeUnknown,
    /// The header gives a wrong number of bytes for the samples.
    WrongSize {
        /// Bytes according to the header.
        claimed: u64,
        /// Bytes that were read.
        actual: u64,
    },
    /// The header gives a wrong number of frames.
    WrongLength {
        /// Frames according to the header.
        claimed_frames: u64,
        /// Frames that were read.
        actual_frames: u64,
    },
    /// The header gives a wrong number of bytes per second.
    WrongByteRate {
        /// Bytes per second according to the header.
        claimed: u64,
        /// Bytes per second according to rate, channels and bits.
        actual: u64,
    },
    /// The header gives a wrong number of bytes per frame.
    WrongBlockAlign {
        /// Bytes per frame according to the header.
        claimed: u16,
        /// Bytes per frame according to channels and bits.
        actual: u16,
    },
    /// The header gives an impossible number of valid bits.
    WrongValidBits {
        /// Bits according to the header.
        claimed: u16,
        /// Bits that were assumed.
        actual: u16,
    },
    /// Bytes after the last whole frame were left out.
    PartialFrame {
        /// Number of bytes.
        bytes: u64,
    },
    /// A chunk of odd length lacks the padding byte behind it.
    MissingPad,
    /// Parts that could not be decoded were replaced by silence.
    Undecodable {
        /// Samples per channel that are silent instead.
        frames: u64,
    },
    /// A further recording is chained behind the first, and was left out.
    LaterStream,
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NonFinite { samples: 1 } => {
                f.write_str("1 sample was not a finite number and was set to 0")
            }
            Self::NonFinite { samples } => {
                write!(
                    f,
                    "{samples} samples were not finite numbers and were set to 0"
                )
            }
            Self::Truncated { missing_frames: 0 } => {
                f.write_str("the file is cut short or broken; what follows is missing")
            }
            Self::Truncated { missing_frames: 1 } => {
                f.write_str("the file is cut short: the last frame is missing")
            }
            Self::Truncated { missing_frames } => {
                write!(
                    f,
                    "the file is cut short: the last {missing_frames} frames are missing"
                )
            }
            Self::SizeUnknown => f.write_str(
                "the header leaves the length open; all was read to the end of the file",
            ),
            Self::WrongSize { claimed, actual } => write!(
                f,
                "the header claims {claimed} bytes of samples, but {actual} bytes were found and read"
            ),
            Self::WrongLength {
                claimed_frames,
                actual_frames,
            } => write!(
                f,
                "the header claims {claimed_frames} frames, but {actual_frames} were found and read"
            ),
            Self::WrongByteRate { claimed, actual } => write!(
                f,
                "the header claims {claimed} bytes per second, but its other fields make it {actual}"
            ),
            Self::WrongBlockAlign { claimed, actual } => write!(
                f,
                "the header claims {claimed} bytes per frame, but its other fields make it {actual}"
            ),
            Self::WrongValidBits { claimed, actual } => write!(
                f,
                "the header claims {claimed} valid bits per sample, which cannot be; \
                 {actual} were assumed"
            ),
            Self::PartialFrame { bytes } => {
                write!(f, "{bytes} bytes after the last whole frame were left out")
            }
            Self::MissingPad => f.write_str("a chunk of odd length lacks its padding byte"),
            Self::Undecodable { frames } => write!(
                f,
                "damaged parts could not be decoded; {frames} frames are silent instead"
            ),
            Self::LaterStream => {
                f.write_str("another recording is chained behind the first one and was left out")
            }
        }
    }
}
