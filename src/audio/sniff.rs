//! What kind of file this is, by its first bytes.

use std::io::{Read, Seek, SeekFrom};

use super::AudioError;

/// Who reads the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The WAV reader of this room.
    Wav,
    /// symphonia.
    Compressed,
}

/// Zeros that some programs leave before the first MPEG frame are skipped up to here.
const MAX_LEADING_ZEROS: u64 = 1 << 16;

/// Tells the kind by content; the name of the file is not trusted. Leaves the position anywhere.
///
/// symphonia's own probe searches for anything that looks like a frame in the first megabyte,
/// and would take a picture for music. So it gets only what starts like a recording.
pub(super) fn sniff(source: &mut (impl Read + Seek)) -> Result<Kind, AudioError> {
    let read = AudioError::io("read");
    let mut head = Vec::with_capacity(MAX_LEADING_ZEROS as usize);
    source
        .seek(SeekFrom::Start(0))
        .and_then(|_| source.take(MAX_LEADING_ZEROS).read_to_end(&mut head))
        .map_err(read)?;
    if head.is_empty() {
        return Err(AudioError::Empty);
    }
    let at = |from: usize| head.get(from..from + 4).unwrap_or_default();
    match (at(0), at(8)) {
        (b"RIFF" | b"RIFX" | b"RF64" | b"BW64", b"WAVE") => return Ok(Kind::Wav),
        (b"FORM", b"AIFF" | b"AIFC") | (b"fLaC" | b"OggS", _) => return Ok(Kind::Compressed),
        (b"RIFF" | b"RIFX" | b"RF64" | b"BW64" | b"FORM", b"") => {
            return Err(AudioError::Malformed(
                "it ends in the middle of its header".into(),
            ));
        }
        _ => {}
    }
    if matches!(
        at(4),
        b"ftyp" | b"moov" | b"mdat" | b"free" | b"skip" | b"wide"
    ) || at(0).starts_with(b"ID3")
    {
        return Ok(Kind::Compressed);
    }
    let zeros = head.iter().take_while(|&&byte| byte == 0).count();
    match (head.get(zeros), head.get(zeros + 1)) {
        // The sync word of ADTS, or of MPEG audio with layer III; other layers are not read, and
        // UTF-16 text starts with the sync word of one.
        (Some(0xFF), Some(&second)) if second & 0xE0 == 0xE0 && second & 0x18 != 0x08 => {
            let adts = second & 0xF6 == 0xF0;
            let layer_3 = second & 0x06 == 0x02;
            if adts || layer_3 {
                return Ok(Kind::Compressed);
            }
            Err(not_a_recording())
        }
        _ => Err(not_a_recording()),
    }
}

fn not_a_recording() -> AudioError {
    AudioError::unsupported(
        "the file is none of WAV, RF64, AIFF, FLAC, MP3, Ogg Vorbis, AAC and M4A",
    )
}
