//! Finds the track to be read, and its decoder.

use std::fs::File;

use symphonia::core::audio::{Channels, sample::SampleFormat as Decoded};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_QT, CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::common::Limit;
use symphonia::core::formats::well_known::{
    FORMAT_ID_ADTS, FORMAT_ID_AIFF, FORMAT_ID_FLAC, FORMAT_ID_ISOMP4, FORMAT_ID_MP3, FORMAT_ID_OGG,
};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{MetadataContainer, MetadataOptions};
use symphonia::core::units::{TimeBase, Timestamp};
use symphonia::default::{get_codecs, get_probe};

use super::guard::call;
use crate::audio::tags::Tags;
use crate::audio::{AudioError, Container, SampleFormat};

/// Longest text of metadata that is looked at, in bytes.
const MAX_TAG: usize = 1 << 16;

/// A track with its decoder.
pub(super) struct Opened {
    pub(super) format: Box<dyn FormatReader>,
    pub(super) decoder: Box<dyn AudioDecoder>,
    pub(super) track: u32,
    pub(super) clock: Clock,
    pub(super) container: Container,
    /// Frames that the container promises, delay and padding left out.
    pub(super) frames: Option<u64>,
}

/// Converts between a track's time stamps and frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) base: Option<TimeBase>,
    pub(super) rate: u32,
}

impl Clock {
    /// Frames per tick as a fraction; 1 where the track does not tell.
    fn ratio(self) -> (i128, i128) {
        self.base.map_or((1, 1), |base| {
            (
                i128::from(base.numer.get()) * i128::from(self.rate),
                i128::from(base.denom.get()),
            )
        })
    }

    /// The frame at a time stamp, rounded.
    pub(super) fn frame(self, ticks: i64) -> i64 {
        let (numer, denom) = self.ratio();
        saturate((i128::from(ticks) * numer + denom / 2).div_euclid(denom.max(1)))
    }

    /// The time stamp at or before a frame.
    pub(super) fn timestamp(self, frame: i64) -> Timestamp {
        let (numer, denom) = self.ratio();
        Timestamp::new(saturate(
            (i128::from(frame) * denom).div_euclid(numer.max(1)),
        ))
    }
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// Opens the first recording in a file.
pub(super) fn open(file: File) -> Result<Opened, AudioError> {
    let format = probe(file.try_clone().map_err(AudioError::io("read"))?)?;
    let container = container(format.as_ref())?;
    let track = find_track(format.as_ref())?;
    let params = audio_params(track)?;
    // Without an encoder's own word on delay and padding, symphonia estimates the length of
    // MPEG and ADTS streams from the bit rate, and "gapless" would trim by that estimate.
    let estimated = matches!(container, Container::Mp3 | Container::Adts) && track.delay.is_none();
    let options = AudioDecoderOptions::default().gapless(!estimated);
    let decoder = call(|| get_codecs().make_audio_decoder(params, &options))?;
    let frames = if estimated {
        Some(count_frames(file, track.id)?)
    } else {
        track.num_frames
    };
    Ok(Opened {
        decoder,
        track: track.id,
        clock: Clock {
            base: track.time_base,
            rate: params.sample_rate.unwrap_or(0),
        },
        container,
        frames,
        format,
    })
}

fn probe(file: File) -> Result<Box<dyn FormatReader>, AudioError> {
    use std::io::Seek;
    let mut file = file;
    file.rewind().map_err(AudioError::io("read"))?;
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let metadata = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(MAX_TAG))
        .limit_visual_bytes(Limit::Maximum(0));
    Ok(call(|| {
        get_probe().probe(
            &Default::default(),
            stream,
            FormatOptions::default(),
            metadata,
        )
    })?)
}

fn container(format: &dyn FormatReader) -> Result<Container, AudioError> {
    let info = format.format_info();
    Ok(match info.format {
        FORMAT_ID_ADTS => Container::Adts,
        FORMAT_ID_AIFF => Container::Aiff,
        FORMAT_ID_FLAC => Container::Flac,
        FORMAT_ID_ISOMP4 => Container::Mp4,
        FORMAT_ID_MP3 => Container::Mp3,
        FORMAT_ID_OGG => Container::Ogg,
        _ if info.short_name == "wave" => Container::Wav,
        _ if info.short_name == "aiff" => Container::Aiff,
        _ => {
            return Err(AudioError::unsupported(&format!(
                "{} files cannot be read",
                info.long_name
            )));
        }
    })
}

fn find_track(format: &dyn FormatReader) -> Result<&Track, AudioError> {
    format.default_track(TrackType::Audio).ok_or_else(|| {
        if format.tracks().is_empty() {
            AudioError::Empty
        } else {
            AudioError::unsupported("the file has no audio track of a known codec")
        }
    })
}

fn audio_params(track: &Track) -> Result<&AudioCodecParameters, AudioError> {
    match &track.codec_params {
        Some(CodecParameters::Audio(params)) => Ok(params),
        _ => Err(AudioError::unsupported("the file has no audio track")),
    }
}

/// Counts the frames of all packets without decoding them.
fn count_frames(file: File, track: u32) -> Result<u64, AudioError> {
    let mut format = probe(file)?;
    let mut frames = 0u64;
    // What stops the count here stops the reader at the same place.
    while let Ok(Some(packet)) = call(|| format.next_packet()) {
        if packet.track_id == track {
            frames = frames.saturating_add(packet.block_dur().get());
        }
    }
    Ok(frames)
}

/// How the samples are stored, given what they decode to.
pub(super) fn sample_format(params: &AudioCodecParameters, decoded: Decoded) -> SampleFormat {
    let adpcm = [
        CODEC_ID_ADPCM_MS,
        CODEC_ID_ADPCM_IMA_WAV,
        CODEC_ID_ADPCM_IMA_QT,
    ];
    let width = match decoded {
        Decoded::F32 => return SampleFormat::F32,
        Decoded::F64 => return SampleFormat::F64,
        // Four bits unfold to codes of 16 bit.
        _ if adpcm.contains(&params.codec) => 16,
        Decoded::U8 | Decoded::S8 => 8,
        Decoded::U16 | Decoded::S16 => 16,
        Decoded::U24 | Decoded::S24 => 24,
        Decoded::U32 | Decoded::S32 => params.bits_per_sample.unwrap_or(32),
    };
    SampleFormat::for_integer_bits(width)
}

/// The speaker positions of more than two channels, where they are those of WAV.
pub(super) fn channel_mask(channels: &Channels) -> Option<u32> {
    match channels {
        Channels::Positioned(positions) if channels.count() > 2 => u32::try_from(positions.bits())
            .ok()
            .filter(|&m| m < 1 << 18),
        _ => None,
    }
}

/// The texts that the file brings along.
pub(super) fn metadata(format: &mut dyn FormatReader) -> Vec<(String, String)> {
    let mut tags = Tags::default();
    let mut log = format.metadata();
    loop {
        if let Some(revision) = log.current() {
            add_tags(&revision.media, &mut tags);
            for track in &revision.per_track {
                add_tags(&track.metadata, &mut tags);
            }
        }
        if log.pop().is_none() {
            return tags.into_entries();
        }
    }
}

fn add_tags(container: &MetadataContainer, tags: &mut Tags) {
    use symphonia::core::meta::{RawValue, StandardTag as S};
    for tag in &container.tags {
        let name = match &tag.std {
            Some(S::TrackTitle(_)) => "title",
            Some(S::Artist(_)) => "artist",
            Some(S::Album(_)) => "album",
            Some(S::Comment(_)) => "comment",
            Some(S::Genre(_)) => "genre",
            Some(S::Composer(_)) => "composer",
            Some(S::Copyright(_)) => "copyright",
            Some(S::RecordingDate(_) | S::ReleaseDate(_)) => "date",
            Some(S::TrackNumber(_)) => "track",
            Some(S::EncodedBy(_) | S::Encoder(_)) => "software",
            _ => &tag.raw.key,
        };
        if !matches!(tag.raw.value, RawValue::Binary(_) | RawValue::Flag) {
            tags.add(name, &tag.raw.value.to_string());
        }
    }
}
