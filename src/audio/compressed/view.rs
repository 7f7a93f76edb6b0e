//! What symphonia is shown of a file, so that it reads what is left of cut ones.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::{MediaSource, ReadOnlySource};

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// As it is.
    Whole,
    /// As long as it once was. symphonia passes over a box of MPEG-4 that reaches beyond the end,
    /// and with it over all samples that are left.
    Lengthened(u64),
    /// As a stream without an end. symphonia looks for chunks of AIFF behind the samples, and
    /// fails when the end comes first.
    Streamed,
}

impl View {
    /// The view that needs no knowledge of the file's inside.
    pub(super) fn at_first(mut file: &File) -> io::Result<Self> {
        let mut head = Vec::new();
        file.rewind()?;
        file.take(8).read_to_end(&mut head)?;
        let cut = match head.split_first_chunk::<4>() {
            Some((b"FORM", &[a, b, c, d])) => {
                let size = u32::from_be_bytes([a, b, c, d]);
                u64::from(size) + 8 > file.metadata()?.len()
            }
            _ => false,
        };
        Ok(if cut { Self::Streamed } else { Self::Whole })
    }

    /// The file in this view, from its start. All handles of a file share one position.
    pub(super) fn of(self, file: &File) -> io::Result<Box<dyn MediaSource>> {
        let mut file = file.try_clone()?;
        file.rewind()?;
        Ok(match self {
            Self::Whole => Box::new(file),
            Self::Lengthened(len) => Box::new(Lengthened { file, len }),
            Self::Streamed => Box::new(ReadOnlySource::new(file)),
        })
    }
}

struct Lengthened {
    file: File,
    len: u64,
}

impl Read for Lengthened {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Seek for Lengthened {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(match to {
            SeekFrom::End(offset) => SeekFrom::Start(self.len.saturating_add_signed(offset)),
            other => other,
        })
    }
}

impl MediaSource for Lengthened {
    fn is_seekable(&self) -> bool {
        true
    }

    /// Not told, as there is no metadata to be looked for at such an end.
    fn byte_len(&self) -> Option<u64> {
        None
    }
}
