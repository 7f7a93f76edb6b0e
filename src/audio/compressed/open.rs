//! Finds the track to be read, and its decoder.

use std::fs::File;
use std::io::BufReader;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_VORBIS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::common::Limit;
use symphonia::core::formats::well_known::{
    FORMAT_ID_ADTS, FORMAT_ID_AIFF, FORMAT_ID_FLAC, FORMAT_ID_ISOMP4, FORMAT_ID_MP3, FORMAT_ID_OGG,
};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::{TimeBase, Timestamp};
use symphonia::default::{get_codecs, get_probe};

use super::guard::call;
use super::view::View;
use super::{describe, mp4};
use crate::audio::{AudioError, Container};

/// Longest text of metadata that is looked at, in bytes.
const MAX_TAG: usize = 1 << 16;

/// A track with its decoder.
pub(super) struct Opened {
    pub(super) format: Box<dyn FormatReader>,
    pub(super) decoder: Box<dyn AudioDecoder>,
    pub(super) track: u32,
    pub(super) clock: Clock,
    pub(super) container: Container,
    pub(super) span: Span,
}

/// Which of the decoded frames are the recording.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    /// Frames at the start that only the encoder needed.
    pub(super) lead: u64,
    /// Frames behind those that the container promises.
    pub(super) frames: Option<u64>,
    /// Whether what is decoded beyond is to be dropped.
    pub(super) exact: bool,
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
pub(super) fn open(file: &File) -> Result<Opened, AudioError> {
    let view = View::at_first(file).map_err(AudioError::io("read"))?;
    let mut format = probe(file, view)?;
    let container = container(format.as_ref())?;
    let track = find_track(format.as_ref())?.clone();
    let params = audio_params(&track)?;
    check_codec(params)?;
    let clock = Clock {
        base: track.time_base,
        rate: params.sample_rate.unwrap_or(0),
    };
    let mut span = Span {
        frames: track.num_frames,
        ..Span::default()
    };
    // Without an encoder's own word on delay and padding, symphonia estimates the length of
    // MPEG and ADTS streams from the bit rate, and "gapless" would trim by that estimate.
    let estimated = matches!(container, Container::Mp3 | Container::Adts) && track.delay.is_none();
    if estimated {
        span.frames = Some(count_frames(format, track.id));
        // All handles of a file share one position; the first reader has lost its own.
        format = probe(file, view)?;
    }
    if container == Container::Mp4 {
        let facts = mp4_facts(file, track.id)?;
        span = mp4_span(format.as_mut(), facts, clock, track.num_frames);
        format = probe(file, facts.claimed_len.map_or(view, View::Lengthened))?;
    }
    let options = AudioDecoderOptions::default().gapless(!estimated);
    Ok(Opened {
        decoder: call(|| get_codecs().make_audio_decoder(params, &options))?,
        format,
        track: track.id,
        clock,
        container,
        span,
    })
}

fn probe(file: &File, view: View) -> Result<Box<dyn FormatReader>, AudioError> {
    let source = view.of(file).map_err(AudioError::io("read"))?;
    let stream = MediaSourceStream::new(source, Default::default());
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

fn mp4_facts(file: &File, track: u32) -> Result<mp4::Facts, AudioError> {
    let look = || {
        let len = file.metadata()?.len();
        mp4::look(&mut BufReader::new(file), len, track)
    };
    look().map_err(AudioError::io("read"))
}

/// The part of an MPEG-4 track that is the recording.
fn mp4_span(
    format: &mut dyn FormatReader,
    facts: mp4::Facts,
    clock: Clock,
    total: Option<u64>,
) -> Span {
    // A fragmented file may leave its total at 0.
    let total = total.filter(|&frames| frames > 0);
    let start = facts.start.filter(|&ticks| ticks > 0);
    let mut gapless = || {
        let tags = describe::metadata(format);
        let (_, text) = tags.iter().find(|(name, _)| name.ends_with("iTunSMPB"))?;
        mp4::parse_itunes_gapless(text)
    };
    let (lead, frames) = match start {
        Some(ticks) => {
            let ticks = i64::try_from(ticks).unwrap_or(i64::MAX);
            let lead = u64::try_from(clock.frame(ticks)).unwrap_or(0);
            (lead, total.map(|total| total.saturating_sub(lead)))
        }
        None => match gapless() {
            Some((lead, frames)) => (lead, Some(frames)),
            None => (0, total),
        },
    };
    Span {
        lead,
        frames,
        exact: frames.is_some(),
    }
}

/// Refuses what symphonia 0.6 decodes wrongly.
fn check_codec(params: &AudioCodecParameters) -> Result<(), AudioError> {
    let channels = params.channels.as_ref().map_or(0, Channels::count);
    // It undoes the channel couplings from first to last; Vorbis I, 4.3.5 asks for last to first.
    // With two channels there is but one.
    if params.codec == CODEC_ID_VORBIS && channels > 2 {
        return Err(AudioError::unsupported(&format!(
            "Ogg Vorbis of {channels} channels cannot be read, only mono and stereo"
        )));
    }
    Ok(())
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

/// Counts the frames of all packets without decoding them. Time stamps tell, as durations may
/// already be trimmed by the estimate.
fn count_frames(mut format: Box<dyn FormatReader>, track: u32) -> u64 {
    let mut first = None;
    let mut last = 0;
    // What stops the count here stops the reader at the same place.
    while let Ok(Some(packet)) = call(|| format.next_packet()) {
        if packet.track_id == track {
            last = packet.pts.get();
            first.get_or_insert((last, packet.dur.get()));
        }
    }
    first.map_or(0, |(start, length)| last.abs_diff(start) + length)
}
