//! Writes WAV, and RF64 beyond 4 GiB.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::header::{Room, StemFormat, WavSpec, header};
use crate::audio::AudioError;
use crate::disk::{folder_of, sync_folder, temporary_beside};

/// Bytes that are gathered before they go to the file.
const BLOCK_BYTES: usize = 1 << 17;

/// Writes a WAV file that appears under its name only when it is complete.
///
/// The samples go to a temporary file in the same folder, which is removed when the writer is
/// dropped unfinished. The header has room for 64-bit sizes, so that a file that grows beyond
/// 4 GiB becomes RF64; small files of a length known beforehand do without that room.
///
/// ```
/// use partita::audio::{StemFormat, WavSpec, WavWriter, read};
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("tone.wav");
/// let spec = WavSpec { rate: 8000, channels: 1, format: StemFormat::I16, channel_mask: None, time_reference: None };
/// let mut writer = WavWriter::create(&path, spec, false)?;
/// writer.write_i32(&[&[0, 16384, -32768]])?;
/// let sha256 = writer.finish()?;
/// assert_eq!(read(&path)?.buffer.channels()[0], [0.0, 0.5, -1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WavWriter {
    file: NamedTempFile,
    path: PathBuf,
    spec: WavSpec,
    overwrite: bool,
    room: Room,
    /// Bytes of samples that were announced.
    announced: Option<u64>,
    /// Bytes of samples so far.
    data: u64,
    /// Of all that was written, when the header is final from the start.
    hash: Option<Sha256>,
    bytes: Vec<u8>,
}

impl WavWriter {
    /// Starts a file of any length.
    ///
    /// # Errors
    /// [`AudioError::Exists`] when the file exists and `overwrite` is not set,
    /// [`AudioError::Misuse`] when the spec is impossible, [`AudioError::Io`] when nothing can be
    /// written in the folder.
    pub fn create(path: &Path, spec: WavSpec, overwrite: bool) -> Result<Self, AudioError> {
        Self::start(path, spec, None, overwrite)
    }

    /// Starts a file that will have exactly `frames` frames. Its hash is known as soon as it is
    /// written, where [`create`](Self::create) must read the file once more.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_sized(
        path: &Path,
        spec: WavSpec,
        frames: u64,
        overwrite: bool,
    ) -> Result<Self, AudioError> {
        Self::start(path, spec, Some(frames), overwrite)
    }

    fn start(
        path: &Path,
        spec: WavSpec,
        frames: Option<u64>,
        overwrite: bool,
    ) -> Result<Self, AudioError> {
        spec.check()?;
        // Said early, before hours of work; `finish` makes sure.
        if !overwrite && path.symlink_metadata().is_ok() {
            return Err(AudioError::Exists);
        }
        let announced = frames.map(|frames| frames.saturating_mul(spec.block_align()));
        let room = announced.map_or(Room::Large, |data| Room::for_size(&spec, data));
        let mut writer = Self {
            file: temporary_beside(path).map_err(AudioError::io("created"))?,
            path: path.to_owned(),
            spec,
            overwrite,
            room,
            announced,
            data: 0,
            hash: announced.map(|_| Sha256::new()),
            bytes: header(&spec, room, announced.unwrap_or(0)),
        };
        writer.flush()?;
        Ok(writer)
    }

    /// Appends floats, one slice per channel, all equally long.
    ///
    /// # Errors
    /// [`AudioError::Misuse`] when the file stores integers, when slices are missing or differ in
    /// length, or when more comes than was announced; [`AudioError::Io`] when writing fails.
    pub fn write_f32(&mut self, block: &[&[f32]]) -> Result<(), AudioError> {
        if self.spec.format != StemFormat::F32 {
            return Err(AudioError::Misuse(
                "floats were given for a file of integers".into(),
            ));
        }
        self.write(block, f32::to_le_bytes)
    }

    /// Appends integer codes, one slice per channel, all equally long: -32768 to 32767 for
    /// 16 bit, -8388608 to 8388607 for 24 bit.
    ///
    /// # Errors
    /// [`AudioError::Misuse`] when the file stores floats, when a code is out of range, when
    /// slices are missing or differ in length, or when more comes than was announced;
    /// [`AudioError::Io`] when writing fails.
    pub fn write_i32(&mut self, block: &[&[i32]]) -> Result<(), AudioError> {
        let limit = match self.spec.format {
            StemFormat::I16 => 1 << 15,
            StemFormat::I24 => 1 << 23,
            StemFormat::F32 => {
                return Err(AudioError::Misuse(
                    "integers were given for a file of floats".into(),
                ));
            }
        };
        let fits = |code: &i32| (-limit..limit).contains(code);
        if !block.iter().all(|channel| channel.iter().all(fits)) {
            return Err(AudioError::Misuse(format!(
                "a sample is beyond the range of {} bit",
                self.spec.format.bits()
            )));
        }
        if self.spec.format == StemFormat::I16 {
            self.write(block, |code| (code as i16).to_le_bytes())
        } else {
            self.write(block, |code| {
                let [a, b, c, _] = code.to_le_bytes();
                [a, b, c]
            })
        }
    }

    fn write<T: Copy, const N: usize>(
        &mut self,
        block: &[&[T]],
        convert: impl Fn(T) -> [u8; N] + Copy,
    ) -> Result<(), AudioError> {
        let frames = block.first().map_or(0, |channel| channel.len());
        if block.len() != usize::from(self.spec.channels)
            || block.iter().any(|channel| channel.len() != frames)
        {
            return Err(AudioError::Misuse(format!(
                "a block must have {} channels of equal length",
                self.spec.channels
            )));
        }
        let data = self.data + frames as u64 * self.spec.block_align();
        if self.announced.is_some_and(|announced| data > announced) {
            return Err(AudioError::Misuse(
                "more samples were written than were announced".into(),
            ));
        }
        let stride = block.len() * N;
        let step = (BLOCK_BYTES / stride).max(1);
        for from in (0..frames).step_by(step) {
            let to = frames.min(from + step);
            self.bytes.resize((to - from) * stride, 0);
            for (c, channel) in block.iter().enumerate() {
                let samples = channel.get(from..to).unwrap_or_default();
                let places = self.bytes.as_chunks_mut::<N>().0;
                for (place, &sample) in places.iter_mut().skip(c).step_by(block.len()).zip(samples)
                {
                    *place = convert(sample);
                }
            }
            self.flush()?;
        }
        self.data = data;
        Ok(())
    }

    /// Completes the file and gives its SHA-256: pads, corrects the header, waits until all is
    /// on the disk, and puts the file at its name.
    ///
    /// # Errors
    /// [`AudioError::Exists`] when the file has come into being meanwhile and is not to be
    /// overwritten; [`AudioError::Io`] when writing or renaming fails. Nothing remains then.
    pub fn finish(mut self) -> Result<[u8; 32], AudioError> {
        if !self.data.is_multiple_of(2) {
            self.bytes.push(0);
            self.flush()?;
        }
        let written = AudioError::io("written");
        let file = self.file.as_file_mut();
        let hash = match self.hash.take() {
            Some(hash) if self.announced == Some(self.data) => hash,
            _ => {
                let header = header(&self.spec, self.room, self.data);
                rewrite_start(file, &header).map_err(AudioError::io("written"))?
            }
        };
        file.sync_all().map_err(written)?;
        let persisted = if self.overwrite {
            self.file.persist(&self.path)
        } else {
            self.file.persist_noclobber(&self.path)
        };
        match persisted {
            Ok(_) => {
                sync_folder(folder_of(&self.path));
                Ok(hash.finalize().into())
            }
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(AudioError::Exists)
            }
            Err(failed) => Err(AudioError::io("put at its name")(failed.error)),
        }
    }

    fn flush(&mut self) -> Result<(), AudioError> {
        if let Some(hash) = &mut self.hash {
            hash.update(&self.bytes);
        }
        self.file
            .as_file_mut()
            .write_all(&self.bytes)
            .map_err(AudioError::io("written"))?;
        self.bytes.clear();
        Ok(())
    }
}

/// Replaces the first bytes of a file, and hashes it from start to end.
fn rewrite_start(file: &mut File, header: &[u8]) -> io::Result<Sha256> {
    file.rewind()?;
    file.write_all(header)?;
    file.rewind()?;
    let mut hash = Sha256::new();
    let mut bytes = vec![0; BLOCK_BYTES];
    loop {
        match file.read(&mut bytes) {
            Ok(0) => return Ok(hash),
            Ok(count) => hash.update(bytes.get(..count).unwrap_or_default()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::SeekFrom;

    use super::*;
    use crate::audio::{Container, RecordingReader};

    const GIB: u64 = 1 << 30;

    /// Goes on as if `bytes` more had been written, all of them 0: a hole, which takes no room.
    fn skip(writer: &mut WavWriter, bytes: u64) -> io::Result<()> {
        let file = writer.file.as_file_mut();
        let end = file.metadata()?.len() + bytes;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        writer.data += bytes;
        Ok(())
    }

    #[test]
    fn files_of_more_than_4_gib_are_rf64_whether_their_length_was_known_or_not()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let spec = WavSpec {
            rate: 48_000,
            channels: 2,
            format: StemFormat::I16,
            channel_mask: None,
            time_reference: None,
        };
        let (begin, end) = ([1000, -2000], [3000, -4000]);
        for (name, hole, container) in [
            ("short", 4096, Container::Wav),
            ("long", 4 * GIB, Container::Rf64),
        ] {
            let frames = hole / 4 + 4;
            for sized in [false, true] {
                let path = folder.path().join(format!("{name} {sized}.wav"));
                let mut writer = if sized {
                    WavWriter::create_sized(&path, spec, frames, false)?
                } else {
                    WavWriter::create(&path, spec, false)?
                };
                writer.write_i32(&[&begin, &begin])?;
                skip(&mut writer, hole)?;
                writer.write_i32(&[&end, &end])?;
                writer.finish()?;

                let mut reader = RecordingReader::open(&path)?;
                assert_eq!(reader.info().container, container, "{name} {sized}");
                assert_eq!(reader.info().frames, Some(frames));
                assert_eq!(reader.repairs(), []);
                for (at, samples) in [(0, begin), (frames - 2, end)] {
                    let mut block = vec![Vec::new(), Vec::new()];
                    reader.seek(at)?;
                    reader.read_block(2, &mut block)?;
                    let expected = samples.map(|x| x as f32 / 32_768.0);
                    assert_eq!(block, [expected.to_vec(), expected.to_vec()]);
                }
            }
        }
        Ok(())
    }
}
