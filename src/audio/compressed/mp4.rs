//! What symphonia leaves out of MPEG-4 files: edit lists, and where a cut file ends.
//!
//! AAC encoders put 1,024 to 2,112 frames of silence before the first sample. An edit list
//! (ISO/IEC 14496-12, 8.6.6) or Apple's tag iTunSMPB tells how many.

use std::io::{self, Read, Seek, SeekFrom};

/// More boxes than a sensible file has in one place; bounds the walk through hostile files.
const MAX_BOXES: usize = 4_096;

/// Longest length that is believed: files can hardly be longer, and positions are signed.
const MAX_LEN: u64 = 1 << 62;

/// Facts from the boxes of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Where the track's first edit starts, in units of the track's time scale.
    pub(super) start: Option<u64>,
    /// The length that the file should have, when a box at the top level reaches beyond its end.
    pub(super) claimed_len: Option<u64>,
}

/// Looks for the facts about a track.
pub(super) fn look(source: &mut (impl Read + Seek), len: u64, track: u32) -> io::Result<Facts> {
    let mut facts = Facts::default();
    let mut moov = None;
    each(source, 0, len, |_, b| {
        if b.end > len {
            facts.claimed_len = Some(b.end.min(MAX_LEN));
        }
        if &b.kind == b"moov" {
            moov = Some(b);
        }
        Ok(())
    })?;
    let Some(moov) = moov else { return Ok(facts) };
    each(source, moov.body, moov.end.min(len), |source, trak| {
        if &trak.kind == b"trak" && facts.start.is_none() {
            facts.start = first_edit(source, trak, track)?;
        }
        Ok(())
    })?;
    Ok(facts)
}

/// The start of the first edit of a `trak`, if it is that of the track.
fn first_edit(source: &mut (impl Read + Seek), trak: Box, track: u32) -> io::Result<Option<u64>> {
    let mut ours = false;
    let mut edits = None;
    each(source, trak.body, trak.end, |source, b| {
        match &b.kind {
            b"tkhd" => {
                let head = head::<24>(source, b)?;
                let id = match head {
                    // Version 1 has times of 64 bit before the id.
                    [1, .., a, b, c, d] => [a, b, c, d],
                    [_, _, _, _, _, _, _, _, _, _, _, _, a, b, c, d, ..] => [a, b, c, d],
                };
                ours = u32::from_be_bytes(id) == track;
            }
            b"edts" => edits = Some(b),
            _ => {}
        }
        Ok(())
    })?;
    let mut start = None;
    if let Some(edits) = edits.filter(|_| ours) {
        each(source, edits.body, edits.end, |source, b| {
            if &b.kind == b"elst" {
                start = first_entry(source, b)?;
            }
            Ok(())
        })?;
    }
    Ok(start)
}

/// The media time of the first entry of an `elst` that is not a pause.
fn first_entry(source: &mut (impl Read + Seek), list: Box) -> io::Result<Option<u64>> {
    let mut bytes = Vec::new();
    source.seek(SeekFrom::Start(list.body))?;
    source
        .take((list.end - list.body).min(1 << 12))
        .read_to_end(&mut bytes)?;
    let Some((version, entries)) = bytes.split_first_chunk::<8>() else {
        return Ok(None);
    };
    let times: Vec<i64> = if version.first() == Some(&1) {
        let entries = entries.as_chunks::<20>().0.iter();
        entries
            .filter_map(|e| e.get(8..)?.first_chunk().copied())
            .map(i64::from_be_bytes)
            .collect()
    } else {
        let entries = entries.as_chunks::<12>().0.iter();
        entries
            .filter_map(|e| e.get(4..)?.first_chunk().copied())
            .map(|time| i32::from_be_bytes(time).into())
            .collect()
    };
    Ok(times.into_iter().find_map(|time| u64::try_from(time).ok()))
}

/// A box, by its place in the file.
#[derive(Clone, Copy)]
struct Box {
    kind: [u8; 4],
    body: u64,
    end: u64,
}

/// Visits the boxes in a part of the file.
fn each<S: Read + Seek>(
    source: &mut S,
    mut at: u64,
    end: u64,
    mut visit: impl FnMut(&mut S, Box) -> io::Result<()>,
) -> io::Result<()> {
    for _ in 0..MAX_BOXES {
        if at.saturating_add(8) > end {
            break;
        }
        let place = Box {
            kind: [0; 4],
            body: at,
            end,
        };
        let [a, b, c, d, kind @ ..] = head::<8>(source, place)?;
        let (header, size) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (8, end - at),
            1 => {
                let place = Box {
                    body: at + 8,
                    ..place
                };
                (16, u64::from_be_bytes(head::<8>(source, place)?))
            }
            size => (8, u64::from(size)),
        };
        if size < header {
            break;
        }
        let found = Box {
            kind,
            body: at + header,
            end: at.saturating_add(size),
        };
        visit(source, found)?;
        at = found.end;
    }
    Ok(())
}

/// The first bytes of a box's body; zeros where it is shorter.
fn head<const N: usize>(source: &mut (impl Read + Seek), place: Box) -> io::Result<[u8; N]> {
    let mut bytes = Vec::with_capacity(N);
    source.seek(SeekFrom::Start(place.body))?;
    source
        .take((N as u64).min(place.end.saturating_sub(place.body)))
        .read_to_end(&mut bytes)?;
    bytes.resize(N, 0);
    Ok(bytes.first_chunk().copied().unwrap_or([0; N]))
}

/// Delay and length in frames out of Apple's tag, such as
/// `" 00000000 00000840 000001CA 00000000003F31F6 …"`: zero, delay, padding, length, in hex.
pub(super) fn parse_itunes_gapless(text: &str) -> Option<(u64, u64)> {
    let mut fields = text
        .split_ascii_whitespace()
        .map(|field| u64::from_str_radix(field, 16).ok());
    let (delay, length) = (fields.nth(1)??, fields.nth(1)??);
    // Longer than any encoder's delay: a tag out of its place.
    (delay <= 1 << 16 && length > 0).then_some((delay, length))
}
