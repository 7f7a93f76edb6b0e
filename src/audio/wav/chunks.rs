//! Finds the parts of a WAVE file.

use std::io::{Read, Seek, SeekFrom};

use super::fields::Fields;
use super::format::{self, Format, Parsed};
use super::metadata;
use crate::audio::tags::Tags;
use crate::audio::{AudioError, Container, Repair};

/// More chunks than any program writes; bounds the walk through hostile files.
const MAX_CHUNKS: usize = 10_000;
/// Metadata beyond this size is not read.
const MAX_METADATA: u64 = 1 << 20;
/// Longest format chunk that is looked at.
const MAX_FORMAT: u64 = 1 << 12;
/// Most entries of a `ds64` table that are looked at.
const MAX_TABLE: u64 = 1 << 12;
/// Stands in a 32-bit size for "see `ds64`" or "unknown".
const OPEN: u64 = u32::MAX as u64;

/// Chunks that are recognized when it is unclear whether a padding byte is there.
const KNOWN: [&[u8; 4]; 22] = [
    b"fmt ", b"data", b"LIST", b"bext", b"cue ", b"smpl", b"fact", b"JUNK", b"junk", b"PAD ",
    b"inst", b"plst", b"acid", b"iXML", b"axml", b"chna", b"id3 ", b"ID3 ", b"PEAK", b"cart",
    b"FLLR", b"_PMX",
];

/// The parts of a file that matter for reading samples.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) container: Container,
    pub(super) big_endian: bool,
    pub(super) format: Format,
    /// Where the samples start, in bytes from the start of the file.
    pub(super) data_start: u64,
    /// Whole frames that are in the file.
    pub(super) frames: u64,
    pub(super) metadata: Vec<(String, String)>,
    /// Samples from midnight to the first one.
    pub(super) time_reference: Option<u64>,
    pub(super) repairs: Vec<Repair>,
}

/// What a file turned out to be.
#[derive(Debug)]
pub(super) enum Found {
    Plain(Box<Layout>),
    Adpcm,
}

/// Walks through the chunks of a file of `file_len` bytes.
pub(super) fn find(source: &mut (impl Read + Seek), file_len: u64) -> Result<Found, AudioError> {
    let mut walk = Walk {
        source,
        file_len,
        container: Container::Wav,
        big_endian: false,
        sizes: Sizes::default(),
        format: None,
        data: None,
        tags: Tags::default(),
        time_reference: None,
        repairs: Vec::new(),
    };
    walk.run()?;
    walk.conclude()
}

/// 64-bit sizes out of a `ds64` chunk.
#[derive(Default)]
struct Sizes {
    data: Option<u64>,
    table: Vec<([u8; 4], u64)>,
}

/// The data chunk as its header has it.
#[derive(Clone, Copy)]
struct Data {
    start: u64,
    claimed: Claim,
}

/// What the file says about the length of its data.
#[derive(Clone, Copy)]
enum Claim {
    Bytes(u64),
    Unknown,
    /// The 32-bit size ran over; the data reaches to the end of the file.
    Overflown(u64),
}

struct Walk<'a, S> {
    source: &'a mut S,
    file_len: u64,
    container: Container,
    big_endian: bool,
    sizes: Sizes,
    format: Option<Parsed>,
    data: Option<Data>,
    tags: Tags,
    time_reference: Option<u64>,
    repairs: Vec<Repair>,
}

impl<S: Read + Seek> Walk<'_, S> {
    fn run(&mut self) -> Result<(), AudioError> {
        let id = self.bytes_at(0, 4)?;
        (self.container, self.big_endian) = match id.as_slice() {
            b"RIFX" => (Container::Rifx, true),
            b"RF64" => (Container::Rf64, false),
            b"BW64" => (Container::Bw64, false),
            _ => (Container::Wav, false),
        };
        let mut at = 12;
        for _ in 0..MAX_CHUNKS {
            let Some((id, size)) = self.chunk_at(at)? else {
                return Ok(());
            };
            let body = at + 8;
            match self.visit(id, size, body)? {
                Some(end) => at = self.next_chunk(body, end)?,
                None => return Ok(()),
            }
        }
        match self.data {
            Some(_) => Ok(()),
            None => Err(AudioError::Limit(format!(
                "the file has more than {MAX_CHUNKS} chunks before its samples"
            ))),
        }
    }

    /// Takes what matters from a chunk; gives its end, or `None` to stop here.
    fn visit(&mut self, id: [u8; 4], size: u64, body: u64) -> Result<Option<u64>, AudioError> {
        match &id {
            b"ds64" => self.read_sizes(size, body)?,
            b"fmt " if self.format.is_none() => {
                let bytes = self.bytes_at(body, size.min(MAX_FORMAT))?;
                self.format = Some(format::parse(&bytes, self.big_endian)?);
            }
            b"data" if self.data.is_none() => {
                let claimed = self.claim(size, body)?;
                self.data = Some(Data {
                    start: body,
                    claimed,
                });
                return Ok(match claimed {
                    Claim::Bytes(bytes) => body.checked_add(bytes),
                    Claim::Unknown | Claim::Overflown(_) => None,
                });
            }
            b"LIST" | b"bext" if size <= MAX_METADATA => {
                let bytes = self.bytes_at(body, size)?;
                if &id == b"LIST" {
                    metadata::read_list(&bytes, self.big_endian, &mut self.tags);
                } else {
                    let reference = metadata::read_bext(&bytes, self.big_endian, &mut self.tags);
                    self.time_reference = reference.or(self.time_reference);
                }
            }
            _ => {}
        }
        let size = match self.sizes.table.iter().find(|(other, _)| *other == id) {
            Some((_, long)) if size == OPEN => *long,
            _ => size,
        };
        Ok(body.checked_add(size))
    }

    fn read_sizes(&mut self, size: u64, body: u64) -> Result<(), AudioError> {
        let bytes = self.bytes_at(body, size.min(28 + 12 * MAX_TABLE))?;
        let mut fields = Fields::new(&bytes, self.big_endian);
        // The size of the whole file is not needed, nor is the number of frames.
        fields.u64();
        self.sizes.data = fields.u64();
        fields.u64();
        fields.u32();
        while let (Some(id), Some(size)) = (fields.take(), fields.u64()) {
            self.sizes.table.push((id, size));
        }
        Ok(())
    }

    /// Judges the size that the data chunk's header gives.
    fn claim(&mut self, size: u64, body: u64) -> Result<Claim, AudioError> {
        let available = self.file_len.saturating_sub(body);
        if size == OPEN {
            return Ok(match self.sizes.data {
                Some(bytes) if bytes > 0 && bytes < u64::MAX => Claim::Bytes(bytes),
                _ => Claim::Unknown,
            });
        }
        // Streaming programs write 0, or something near the largest signed or unsigned number.
        let round = size >= 0xFFFF_FF00 || (0x7FFF_F000..=0x7FFF_FFFF).contains(&size);
        if round && size > available {
            return Ok(Claim::Unknown);
        }
        if size == 0 && available > 0 && !self.chunks_follow(body)? {
            return Ok(Claim::Unknown);
        }
        // A size beyond 4 GiB that a careless program cut to its lower 32 bits.
        if available > OPEN && (available - size) >> 32 != 0 && !self.chunks_follow(body + size)? {
            return Ok(Claim::Overflown(size));
        }
        Ok(Claim::Bytes(size))
    }

    /// Whether well-formed chunks lead from here exactly to the end of the file.
    fn chunks_follow(&mut self, mut at: u64) -> Result<bool, AudioError> {
        for _ in 0..MAX_CHUNKS {
            if at >= self.file_len {
                return Ok(at <= self.file_len + 1);
            }
            let Some((id, size)) = self.chunk_at(at)? else {
                return Ok(false);
            };
            if !KNOWN.contains(&&id) {
                return Ok(false);
            }
            let Some(end) = (at + 8).checked_add(size) else {
                return Ok(false);
            };
            at = end.saturating_add(end % 2);
        }
        Ok(false)
    }

    /// Where the next chunk starts behind one that occupies `body..end`. Chunks of odd length
    /// are followed by a padding byte, which careless programs leave out.
    fn next_chunk(&mut self, body: u64, end: u64) -> Result<u64, AudioError> {
        if (end - body).is_multiple_of(2) {
            return Ok(end);
        }
        let padded = self.chunk_at(end + 1)?;
        let known = |chunk: &Option<([u8; 4], u64)>| {
            chunk.is_some_and(|(id, _)| KNOWN.iter().any(|known| **known == id))
        };
        if known(&padded) {
            return Ok(end + 1);
        }
        let unpadded = self.chunk_at(end)?;
        if known(&unpadded) || (padded.is_none() && unpadded.is_some()) {
            self.repairs.push(Repair::MissingPad);
            return Ok(end);
        }
        Ok(end + 1)
    }

    /// Id and size of the chunk at a position; `None` at the end or where no chunk can be.
    fn chunk_at(&mut self, at: u64) -> Result<Option<([u8; 4], u64)>, AudioError> {
        if at.saturating_add(8) > self.file_len {
            return Ok(None);
        }
        let bytes = self.bytes_at(at, 8)?;
        let mut fields = Fields::new(&bytes, self.big_endian);
        let (Some(id), Some(size)) = (fields.take::<4>(), fields.u32()) else {
            return Ok(None);
        };
        let plausible = id.iter().all(|b| (b' '..=b'~').contains(b));
        Ok(plausible.then_some((id, u64::from(size))))
    }

    /// Up to `len` bytes from a position, fewer at the end of the file.
    fn bytes_at(&mut self, at: u64, len: u64) -> Result<Vec<u8>, AudioError> {
        let mut bytes = Vec::new();
        self.source
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.source.take(len).read_to_end(&mut bytes))
            .map_err(AudioError::io("read"))?;
        Ok(bytes)
    }

    fn conclude(mut self) -> Result<Found, AudioError> {
        let format = match self.format {
            Some(Parsed::Plain(format)) => format,
            Some(Parsed::Adpcm) => return Ok(Found::Adpcm),
            None => {
                return Err(AudioError::Malformed("it has no format chunk".into()));
            }
        };
        let Some(data) = self.data else {
            return Err(AudioError::Malformed(
                "it has no samples (no data chunk)".into(),
            ));
        };
        let block = format.block_align();
        let available = self.file_len.saturating_sub(data.start);
        let frames = match data.claimed {
            Claim::Bytes(claimed) if claimed > available => {
                let frames = available / block;
                self.repairs.push(Repair::Truncated {
                    missing_frames: claimed.div_ceil(block) - frames,
                });
                frames
            }
            Claim::Bytes(claimed) => whole_frames(claimed, block, &mut self.repairs),
            Claim::Unknown => {
                self.repairs.push(Repair::SizeUnknown);
                whole_frames(available, block, &mut self.repairs)
            }
            Claim::Overflown(claimed) => {
                self.repairs.push(Repair::WrongSize {
                    claimed,
                    actual: available,
                });
                whole_frames(available, block, &mut self.repairs)
            }
        };
        let mut repairs = format.repairs.clone();
        repairs.append(&mut self.repairs);
        Ok(Found::Plain(Box::new(Layout {
            container: self.container,
            big_endian: self.big_endian,
            format,
            data_start: data.start,
            frames,
            metadata: self.tags.into_entries(),
            time_reference: self.time_reference,
            repairs,
        })))
    }
}

/// Frames in so many bytes; a rest is reported.
fn whole_frames(bytes: u64, block: u64, repairs: &mut Vec<Repair>) -> u64 {
    let rest = bytes % block;
    if rest > 0 {
        repairs.push(Repair::PartialFrame { bytes: rest });
    }
    bytes / block
}
