//! Codec, sample format, speakers and texts, in the words of this room.

use symphonia::core::audio::{Channels, sample::SampleFormat as Decoded};
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_QT, CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS, CODEC_ID_ALAC,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
use symphonia::core::formats::FormatReader;
use symphonia::core::meta::{MetadataContainer, RawValue, StandardTag as S};

use crate::audio::SampleFormat;
use crate::audio::tags::Tags;

/// The usual name of a codec.
pub(super) fn codec_name(decoder: &dyn AudioDecoder) -> String {
    let info = decoder.codec_info();
    let name = match info.short_name {
        "flac" => "FLAC",
        "mp3" => "MP3",
        "vorbis" => "Vorbis",
        "aac" => "AAC",
        "alac" => "ALAC",
        "pcm_alaw" => "A-law",
        "pcm_mulaw" => "mu-law",
        pcm if pcm.starts_with("pcm_") => "PCM",
        adpcm if adpcm.starts_with("adpcm_") => "ADPCM",
        _ => info.long_name,
    };
    name.into()
}

/// Bits per sample that ALAC's own header gives, in its sixth byte.
fn alac_bits(params: &AudioCodecParameters) -> Option<u32> {
    let cookie = params.extra_data.as_ref()?;
    (params.codec == CODEC_ID_ALAC).then_some(u32::from(*cookie.get(5)?))
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
        Decoded::U32 | Decoded::S32 => alac_bits(params).or(params.bits_per_sample).unwrap_or(32),
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
