//! Texts in chunks beside the samples.

use super::fields::Fields;
use crate::audio::tags::Tags;

/// Reads the entries of a `LIST` chunk of type `INFO`; other lists say nothing about the music.
pub(super) fn read_list(bytes: &[u8], big_endian: bool, tags: &mut Tags) {
    let mut fields = Fields::new(bytes, big_endian);
    if fields.take() != Some(*b"INFO") {
        return;
    }
    while let (Some(id), Some(len)) = (fields.take::<4>(), fields.u32()) {
        let Some(text) = usize::try_from(len).ok().and_then(|n| fields.slice(n)) else {
            return;
        };
        if !len.is_multiple_of(2) {
            fields.take::<1>();
        }
        match info_name(id) {
            Some(name) => tags.add_bytes(name, text),
            None => tags.add_bytes(&String::from_utf8_lossy(&id), text),
        }
    }
}

/// Reads a broadcast extension, EBU Tech 3285. Returns the samples from midnight to the first one.
pub(super) fn read_bext(bytes: &[u8], big_endian: bool, tags: &mut Tags) -> Option<u64> {
    let mut fields = Fields::new(bytes, big_endian);
    for (name, len) in [
        ("description", 256),
        ("originator", 32),
        ("originator reference", 32),
    ] {
        tags.add_bytes(name, fields.slice(len)?);
    }
    tags.add_bytes("date", fields.slice(10)?);
    tags.add_bytes("time", fields.slice(8)?);
    let reference = fields.u64()?;
    if reference > 0 {
        tags.add("time reference", &format!("{reference} samples"));
    }
    Some(reference)
}

/// What the usual entries of an `INFO` list mean.
fn info_name(id: [u8; 4]) -> Option<&'static str> {
    Some(match &id {
        b"INAM" => "title",
        b"IART" => "artist",
        b"IPRD" => "album",
        b"ICMT" => "comment",
        b"ICRD" => "date",
        b"IGNR" => "genre",
        b"ICOP" => "copyright",
        b"IENG" => "engineer",
        b"ISFT" => "software",
        b"ISBJ" => "subject",
        b"ISRC" => "source",
        b"IKEY" => "keywords",
        b"ITRK" | b"IPRT" => "track",
        b"ITCH" => "technician",
        _ => return None,
    })
}
