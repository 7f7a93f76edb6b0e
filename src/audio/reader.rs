//! Opens recordings of any supported kind.

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::Path;

use super::compressed::CompressedReader;
use super::sniff::{Kind, sniff};
use super::wav::{Opened, WavReader};
use super::{AudioBuffer, AudioError, RecordingInfo, Repair};

/// Frames that [`read`] asks for at once.
const BLOCK_FRAMES: usize = 1 << 15;

/// A recording on disk: its header is parsed, its samples come block by block.
///
/// ```no_run
/// use partita::audio::RecordingReader;
///
/// let mut reader = RecordingReader::open("song.flac".as_ref())?;
/// let mut block = vec![Vec::new(); usize::from(reader.info().channels)];
/// while reader.read_block(4096, &mut block)? > 0 {
///     // … use the samples …
///     block.iter_mut().for_each(Vec::clear);
/// }
/// # Ok::<(), partita::audio::AudioError>(())
/// ```
#[derive(Debug)]
pub struct RecordingReader(Inner);

#[derive(Debug)]
enum Inner {
    Wav(Box<WavReader>),
    Compressed(Box<CompressedReader>),
}

impl RecordingReader {
    /// Opens a recording; its kind is told by its content, not by its name.
    ///
    /// # Errors
    /// [`AudioError::Io`] when the file cannot be read, [`AudioError::Malformed`] when its header
    /// makes no sense, [`AudioError::Unsupported`] when it is of another kind,
    /// [`AudioError::Limit`] when it has too many channels, [`AudioError::Empty`] when it holds
    /// no samples.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        // Opening a pipe would wait for its other end.
        let kind = fs::metadata(path).map_err(AudioError::io("opened"))?;
        if kind.is_dir() {
            return Err(AudioError::Unsupported(
                "this is a folder; name a recording in it".into(),
            ));
        }
        if !kind.is_file() {
            return Err(AudioError::Unsupported(
                "only regular files can be read".into(),
            ));
        }
        let mut file = File::open(path).map_err(AudioError::io("opened"))?;
        let file = match sniff(&mut file)? {
            Kind::Wav => match WavReader::open(file)? {
                Opened::Here(reader) => return Ok(Self(Inner::Wav(reader))),
                Opened::Elsewhere(file) => file,
            },
            Kind::Compressed => file,
        };
        Ok(Self(Inner::Compressed(Box::new(CompressedReader::open(
            file,
        )?))))
    }

    /// What the header says, after mending.
    #[must_use]
    pub fn info(&self) -> &RecordingInfo {
        match &self.0 {
            Inner::Wav(reader) => reader.info(),
            Inner::Compressed(reader) => reader.info(),
        }
    }

    /// Makes this frame the next one to be read; beyond the end it is the end.
    ///
    /// # Errors
    /// [`AudioError::Io`] or [`AudioError::Malformed`] when the place cannot be reached.
    pub fn seek(&mut self, frame: u64) -> Result<(), AudioError> {
        match &mut self.0 {
            Inner::Wav(reader) => reader.seek(frame),
            Inner::Compressed(reader) => reader.seek(frame),
        }
    }

    /// Appends up to `max_frames` samples to every vector of `out`, one per channel, and gives
    /// their number: `max_frames` but at the end, and 0 when nothing is left. Samples are finite.
    ///
    /// # Errors
    /// [`AudioError::Misuse`] when `out` has not one vector per channel; [`AudioError::Io`],
    /// [`AudioError::Malformed`] or [`AudioError::Unsupported`] when reading fails.
    pub fn read_block(
        &mut self,
        max_frames: usize,
        out: &mut [Vec<f32>],
    ) -> Result<usize, AudioError> {
        let channels = usize::from(self.info().channels);
        if out.len() != channels {
            return Err(AudioError::Misuse(format!(
                "a block of {channels} channels cannot be read into {} vectors",
                out.len()
            )));
        }
        match &mut self.0 {
            Inner::Wav(reader) => reader.read_block(max_frames, out),
            Inner::Compressed(reader) => reader.read_block(max_frames, out),
        }
    }

    /// What had to be mended so far; complete after the last block.
    #[must_use]
    pub fn repairs(&self) -> Vec<Repair> {
        match &self.0 {
            Inner::Wav(reader) => reader.repairs(),
            Inner::Compressed(reader) => reader.repairs(),
        }
    }

    /// Bytes of the samples in memory, where the file itself vouches for them.
    fn vouched_frames(&self) -> Option<usize> {
        match &self.0 {
            Inner::Wav(reader) => usize::try_from(reader.info().frames?).ok(),
            Inner::Compressed(_) => None,
        }
    }
}

/// A recording in memory, with what its file said and what had to be mended.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The samples, all finite.
    pub buffer: AudioBuffer,
    /// What the file says.
    pub info: RecordingInfo,
    /// What had to be mended; empty for a sound file.
    pub repairs: Vec<Repair>,
}

/// Reads a whole recording.
///
/// Memory grows with the samples that are there, not with those that a header claims.
///
/// # Errors
/// As [`RecordingReader::open`] and [`RecordingReader::read_block`]; besides, [`AudioError::Limit`]
/// when the samples do not fit into memory.
pub fn read(path: &Path) -> Result<Recording, AudioError> {
    match read_watched(path, &mut |_| ControlFlow::Continue(()))? {
        Some(recording) => Ok(recording),
        // Nobody has stopped it.
        None => Err(AudioError::Empty),
    }
}

/// What has been read of a recording so far.
#[derive(Clone, Copy, Debug)]
pub struct PartRead<'a> {
    /// The share of its samples, 0 to 1, where the file says how many there are, and 0 otherwise.
    pub fraction: f64,
    /// Samples per second.
    pub rate: u32,
    /// The samples, one vector for each channel.
    pub channels: &'a [Vec<f32>],
}

/// As [`read`]; `hook` is told every few milliseconds what has been read. When it breaks, the
/// result is `None`.
///
/// # Errors
/// As [`read`].
pub fn read_watched(
    path: &Path,
    hook: &mut dyn FnMut(&PartRead<'_>) -> ControlFlow<()>,
) -> Result<Option<Recording>, AudioError> {
    let mut reader = RecordingReader::open(path)?;
    let mut channels = vec![Vec::new(); usize::from(reader.info().channels)];
    if let Some(frames) = reader.vouched_frames() {
        for channel in &mut channels {
            channel.try_reserve_exact(frames).map_err(|_| {
                AudioError::Limit(format!(
                    "the recording needs {} MiB of memory, more than there is; \
                     take an excerpt of it",
                    (frames as u64 * 4 * u64::from(reader.info().channels)) >> 20
                ))
            })?;
        }
    }
    let expected = reader.info().frames.unwrap_or(u64::MAX).max(1) as f64;
    let mut frames = 0;
    loop {
        match reader.read_block(BLOCK_FRAMES, &mut channels)? {
            0 => break,
            read => frames += read,
        }
        let part = PartRead {
            fraction: (frames as f64 / expected).min(1.0),
            rate: reader.info().rate,
            channels: &channels,
        };
        if hook(&part).is_break() {
            return Ok(None);
        }
    }
    if channels.first().is_none_or(Vec::is_empty) {
        return Err(AudioError::Empty);
    }
    let mut info = reader.info().clone();
    info.frames = channels.first().map(|c| c.len() as u64);
    Ok(Some(Recording {
        buffer: AudioBuffer::new(channels, info.rate)?,
        repairs: reader.repairs(),
        info,
    }))
}
