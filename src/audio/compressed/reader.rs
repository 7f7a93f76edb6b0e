//! Blocks of samples from symphonia's packets.

use std::fmt;
use std::fs::File;

use symphonia::core::audio::{GenericAudioBufferRef, sample::SampleFormat as Decoded};
use symphonia::core::errors::Error;
use symphonia::core::formats::{SeekMode, SeekTo};
use symphonia::core::packet::Packet;

use super::describe;
use super::guard::{Failure, call};
use super::open::{self, Opened, Span};
use crate::audio::wav::silence_non_finite;
use crate::audio::{AudioError, MAX_CHANNELS, RecordingInfo, Repair};

/// Frames that are decoded and dropped before the goal of a seek, so that overlap and bit
/// reservoir are filled.
const PRE_ROLL: i64 = 1 << 13;
/// Longest silence that stands for one packet; larger than any packet of these codecs.
const MAX_SILENCE: u64 = 1 << 16;
/// Frames that may be lost in a row, more than a minute.
const MAX_LOST: u64 = 1 << 22;

/// A recording that symphonia decodes.
pub(in crate::audio) struct CompressedReader {
    file: File,
    source: Opened,
    info: RecordingInfo,
    /// Decoded frames; those from `used` on are still to be handed out.
    decoded: Vec<Vec<f32>>,
    used: usize,
    /// Index of the next decoded frame, the encoder's lead included.
    position: u64,
    /// Frames before this one are dropped.
    goal: u64,
    /// Whether the next packet's time stamp sets the position.
    resync: bool,
    ended: bool,
    lost_in_a_row: u64,
    damage: Damage,
}

/// What went wrong so far.
#[derive(Clone, Debug, Default)]
struct Damage {
    non_finite: u64,
    undecodable: u64,
    later_stream: bool,
    cut: bool,
    /// Claimed and true number of frames, once the end is reached.
    length: Option<(u64, u64)>,
}

impl fmt::Debug for CompressedReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompressedReader")
            .field("info", &self.info)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// A decoded packet.
struct Block {
    rate: u32,
    channel_mask: Option<u32>,
    format: Decoded,
}

impl CompressedReader {
    pub(in crate::audio) fn open(file: File) -> Result<Self, AudioError> {
        let mut source = open::open(&file)?;
        let metadata = describe::metadata(source.format.as_mut());
        let mut reader = Self {
            file,
            info: RecordingInfo {
                container: source.container,
                codec: describe::codec_name(source.decoder.as_ref()),
                format: describe::sample_format(source.decoder.codec_params(), Decoded::F32),
                rate: 0,
                channels: 0,
                frames: source.span.frames,
                channel_mask: None,
                time_reference: None,
                metadata,
            },
            goal: source.span.lead,
            source,
            decoded: Vec::new(),
            used: 0,
            position: 0,
            resync: false,
            ended: false,
            lost_in_a_row: 0,
            damage: Damage::default(),
        };
        reader.learn()?;
        Ok(reader)
    }

    /// Decodes the first packet, which alone tells the format for sure.
    fn learn(&mut self) -> Result<(), AudioError> {
        let mut failure = None;
        let first = loop {
            let Some(packet) = self.next_packet()? else {
                return Err(failure.map_or(AudioError::Empty, AudioError::from));
            };
            match self.decode(&packet) {
                Ok(block) if self.available() > 0 => break block,
                Ok(_) => {}
                Err(error) => {
                    if matches!(error, Failure::Panicked) {
                        return Err(error.into());
                    }
                    failure = Some(error);
                }
            }
        };
        if first.rate == 0 {
            return Err(AudioError::Malformed(
                "its header gives a sample rate of 0 Hz".into(),
            ));
        }
        let channels = self.decoded.len();
        self.info.channels = u16::try_from(channels)
            .ok()
            .filter(|&count| count <= MAX_CHANNELS)
            .ok_or_else(|| AudioError::too_many_channels(channels))?;
        self.info.rate = first.rate;
        self.info.channel_mask = first.channel_mask;
        self.info.format =
            describe::sample_format(self.source.decoder.codec_params(), first.format);
        self.source.clock.rate = first.rate;
        Ok(())
    }

    pub(in crate::audio) fn info(&self) -> &RecordingInfo {
        &self.info
    }

    pub(in crate::audio) fn repairs(&self) -> Vec<Repair> {
        let mut repairs = Vec::new();
        match self.damage.length {
            Some((claimed, actual)) if actual < claimed => repairs.push(Repair::Truncated {
                missing_frames: claimed - actual,
            }),
            Some((claimed, actual)) if actual > claimed => repairs.push(Repair::WrongLength {
                claimed_frames: claimed,
                actual_frames: actual,
            }),
            _ if self.damage.cut && self.info.frames.is_none() => {
                repairs.push(Repair::Truncated { missing_frames: 0 })
            }
            _ => {}
        }
        if self.damage.undecodable > 0 {
            repairs.push(Repair::Undecodable {
                frames: self.damage.undecodable,
            });
        }
        if self.damage.later_stream {
            repairs.push(Repair::LaterStream);
        }
        if self.damage.non_finite > 0 {
            repairs.push(Repair::NonFinite {
                samples: self.damage.non_finite,
            });
        }
        repairs
    }

    pub(in crate::audio) fn seek(&mut self, frame: u64) -> Result<(), AudioError> {
        self.goal = frame.saturating_add(self.source.span.lead);
        let near = i64::try_from(self.goal).unwrap_or(i64::MAX) - PRE_ROLL;
        // The start is best reached by opening anew, which every format can.
        if near > 0 && self.jump(near)? {
            return Ok(());
        }
        self.restart()
    }

    /// Lets symphonia seek to a frame at or before the goal; `false` when it could not.
    fn jump(&mut self, to: i64) -> Result<bool, AudioError> {
        let to = SeekTo::Timestamp {
            ts: self.source.clock.timestamp(to),
            track_id: self.source.track,
        };
        if call(|| self.source.format.seek(SeekMode::Accurate, to)).is_err() {
            return Ok(false);
        }
        self.source.decoder.reset();
        self.clear();
        self.ended = false;
        self.resync = true;
        let damage = self.damage.clone();
        let arrived = self.fill()? && self.position <= self.goal;
        if !arrived {
            // Nothing of the kind has been seen on the way that counts.
            self.damage = damage;
        }
        Ok(arrived)
    }

    /// Goes to the first frame; those before the goal are decoded and dropped.
    fn restart(&mut self) -> Result<(), AudioError> {
        self.source = open::open(&self.file)?;
        self.source.clock.rate = self.info.rate;
        self.clear();
        self.position = 0;
        self.resync = false;
        self.ended = false;
        Ok(())
    }

    fn clear(&mut self) {
        self.decoded.iter_mut().for_each(Vec::clear);
        self.used = 0;
    }

    pub(in crate::audio) fn read_block(
        &mut self,
        max_frames: usize,
        out: &mut [Vec<f32>],
    ) -> Result<usize, AudioError> {
        let mut done = 0;
        while done < max_frames {
            if self.available() == 0 && !self.fill()? {
                break;
            }
            let early = usize::try_from(self.goal.saturating_sub(self.position))
                .unwrap_or(usize::MAX)
                .min(self.available());
            self.used += early;
            self.position += early as u64;
            let take = self
                .available()
                .min(max_frames - done)
                .min(self.before_end());
            if take == 0 && early == 0 {
                break;
            }
            for (to, from) in out.iter_mut().zip(&self.decoded) {
                to.extend_from_slice(from.get(self.used..self.used + take).unwrap_or_default());
            }
            self.used += take;
            self.position += take as u64;
            done += take;
        }
        Ok(done)
    }

    /// Decoded frames that are still to be handed out.
    fn available(&self) -> usize {
        self.decoded.first().map_or(0, Vec::len) - self.used
    }

    /// Frames until an exact span ends.
    fn before_end(&self) -> usize {
        let Span {
            lead,
            frames,
            exact,
        } = self.source.span;
        let end = frames
            .filter(|_| exact)
            .map_or(u64::MAX, |f| f.saturating_add(lead));
        usize::try_from(end.saturating_sub(self.position)).unwrap_or(usize::MAX)
    }

    /// Decodes until there are frames; `false` at the end.
    fn fill(&mut self) -> Result<bool, AudioError> {
        while let Some(packet) = self.next_packet()? {
            match self.decode(&packet) {
                Ok(block) => {
                    self.check(&block)?;
                    self.lost_in_a_row = 0;
                }
                Err(Failure::Panicked) => {
                    self.ended = true;
                    self.damage.cut = true;
                    break;
                }
                Err(_) => self.replace_by_silence(&packet),
            }
            if self.available() > 0 {
                self.synchronize(&packet);
                return Ok(true);
            }
        }
        if !self.resync {
            let end = self.position.saturating_sub(self.source.span.lead);
            if let Some(claimed) = self.info.frames {
                self.damage.length = Some((claimed, end));
            }
        }
        Ok(false)
    }

    /// The next packet of the track; `None` at the end, or where the file is broken beyond.
    fn next_packet(&mut self) -> Result<Option<Packet>, AudioError> {
        while !self.ended {
            match call(|| self.source.format.next_packet()) {
                Ok(Some(packet)) if packet.track_id == self.source.track => {
                    return Ok(Some(packet));
                }
                Ok(Some(_)) => {}
                Ok(None) => self.ended = true,
                Err(Failure::Told(Error::ResetRequired)) => {
                    self.damage.later_stream = true;
                    self.ended = true;
                }
                Err(failure) if failure.is_io() => return Err(failure.into()),
                Err(_) => {
                    self.damage.cut = true;
                    self.ended = true;
                }
            }
        }
        Ok(None)
    }

    /// Decodes a packet into `decoded`.
    fn decode(&mut self, packet: &Packet) -> Result<Block, Failure> {
        self.clear();
        let Self {
            source, decoded, ..
        } = self;
        let block = call(|| {
            let samples = source.decoder.decode(packet)?;
            samples.copy_to_vecs_planar(decoded);
            Ok(Block {
                rate: samples.spec().rate(),
                channel_mask: describe::channel_mask(samples.spec().channels()),
                format: decoded_format(&samples),
            })
        });
        if block.is_err() {
            self.clear();
        }
        for channel in &mut self.decoded {
            self.damage.non_finite += silence_non_finite(channel);
        }
        block
    }

    /// A recording cannot change its rate or channels on the way.
    fn check(&mut self, block: &Block) -> Result<(), AudioError> {
        let channels = usize::from(self.info.channels);
        if self.available() > 0 && (block.rate != self.info.rate || self.decoded.len() != channels)
        {
            self.decoded.resize(channels, Vec::new());
            self.clear();
            self.ended = true;
            return Err(AudioError::Malformed(
                "its sample rate or number of channels changes in the middle".into(),
            ));
        }
        Ok(())
    }

    /// Keeps later sounds at their time when a packet is lost. When too much is lost the rest is
    /// given up, or a file could ask for any amount of silence.
    fn replace_by_silence(&mut self, packet: &Packet) {
        let ticks = i64::try_from(packet.dur.get()).unwrap_or(0);
        let frames = u64::try_from(self.source.clock.frame(ticks))
            .unwrap_or(0)
            .clamp(1, MAX_SILENCE);
        self.lost_in_a_row += frames;
        if self.lost_in_a_row > MAX_LOST {
            self.ended = true;
            self.damage.cut = true;
            return;
        }
        self.damage.undecodable += frames;
        for channel in &mut self.decoded {
            channel.resize(frames as usize, 0.0);
        }
    }

    /// After a seek, takes the position from the time stamp of the first packet.
    fn synchronize(&mut self, packet: &Packet) {
        if self.resync {
            let trimmed = i64::try_from(packet.trim_start.get()).unwrap_or(0);
            let ticks = packet.pts.get().saturating_add(trimmed);
            self.position = u64::try_from(self.source.clock.frame(ticks)).unwrap_or(0);
            self.resync = false;
        }
    }
}

fn decoded_format(samples: &GenericAudioBufferRef<'_>) -> Decoded {
    match samples {
        GenericAudioBufferRef::U8(_) => Decoded::U8,
        GenericAudioBufferRef::U16(_) => Decoded::U16,
        GenericAudioBufferRef::U24(_) => Decoded::U24,
        GenericAudioBufferRef::U32(_) => Decoded::U32,
        GenericAudioBufferRef::S8(_) => Decoded::S8,
        GenericAudioBufferRef::S16(_) => Decoded::S16,
        GenericAudioBufferRef::S24(_) => Decoded::S24,
        GenericAudioBufferRef::S32(_) => Decoded::S32,
        GenericAudioBufferRef::F32(_) => Decoded::F32,
        GenericAudioBufferRef::F64(_) => Decoded::F64,
    }
}
