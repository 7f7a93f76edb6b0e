//! Blocks of samples from a WAVE file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use super::chunks::{self, Found, Layout};
use super::samples;
use crate::audio::{AudioError, RecordingInfo, Repair};

/// Bytes that are read at once: large enough for few system calls, small enough for the cache.
const BLOCK_BYTES: u64 = 1 << 17;

/// A WAVE file, open at some frame.
#[derive(Debug)]
pub(in crate::audio) struct WavReader {
    file: File,
    layout: Layout,
    info: RecordingInfo,
    position: u64,
    non_finite: u64,
    lost_frames: u64,
    bytes: Vec<u8>,
}

/// What opening a WAVE file comes to.
pub(in crate::audio) enum Opened {
    Here(Box<WavReader>),
    /// The codec is one that symphonia decodes.
    Elsewhere(File),
}

impl WavReader {
    pub(in crate::audio) fn open(file: File) -> Result<Opened, AudioError> {
        let file_len = file.metadata().map_err(AudioError::io("read"))?.len();
        let mut buffered = BufReader::new(file);
        let layout = match chunks::find(&mut buffered, file_len)? {
            Found::Plain(layout) => *layout,
            Found::Adpcm => return Ok(Opened::Elsewhere(buffered.into_inner())),
        };
        if layout.frames == 0 {
            return Err(AudioError::Empty);
        }
        let format = &layout.format;
        let info = RecordingInfo {
            container: layout.container,
            codec: format.encoding.codec().into(),
            format: format.encoding.sample_format(),
            rate: format.rate,
            channels: format.channels,
            frames: Some(layout.frames),
            channel_mask: format.channel_mask,
            time_reference: layout.time_reference,
            metadata: layout.metadata.clone(),
        };
        let mut reader = Self {
            file: buffered.into_inner(),
            layout,
            info,
            position: 0,
            non_finite: 0,
            lost_frames: 0,
            bytes: Vec::new(),
        };
        reader.seek(0)?;
        Ok(Opened::Here(Box::new(reader)))
    }

    pub(in crate::audio) fn info(&self) -> &RecordingInfo {
        &self.info
    }

    pub(in crate::audio) fn seek(&mut self, frame: u64) -> Result<(), AudioError> {
        let frame = frame.min(self.layout.frames);
        let at = self.layout.data_start + frame * self.layout.format.block_align();
        self.file
            .seek(SeekFrom::Start(at))
            .map_err(AudioError::io("read"))?;
        self.position = frame;
        Ok(())
    }

    pub(in crate::audio) fn read_block(
        &mut self,
        max_frames: usize,
        out: &mut [Vec<f32>],
    ) -> Result<usize, AudioError> {
        let block = self.layout.format.block_align();
        let wanted = (max_frames as u64).min(self.layout.frames - self.position);
        let mut done = 0;
        while done < wanted {
            let bytes = ((wanted - done) * block).min(BLOCK_BYTES / block * block);
            self.bytes.clear();
            (&self.file)
                .take(bytes)
                .read_to_end(&mut self.bytes)
                .map_err(AudioError::io("read"))?;
            let whole = self.bytes.len() as u64 / block;
            let used = self
                .bytes
                .get(..(whole * block) as usize)
                .unwrap_or_default();
            self.non_finite += samples::decode(
                used,
                self.layout.format.encoding,
                self.layout.big_endian,
                out,
            );
            done += whole;
            if (self.bytes.len() as u64) < bytes {
                // The file became shorter since it was opened.
                self.lost_frames = self.layout.frames - self.position - done;
                self.layout.frames = self.position + done;
                break;
            }
        }
        self.position += done;
        Ok(done as usize)
    }

    pub(in crate::audio) fn repairs(&self) -> Vec<Repair> {
        let mut repairs = self.layout.repairs.clone();
        if self.lost_frames > 0 {
            repairs.push(Repair::Truncated {
                missing_frames: self.lost_frames,
            });
        }
        if self.non_finite > 0 {
            repairs.push(Repair::NonFinite {
                samples: self.non_finite,
            });
        }
        repairs
    }
}
