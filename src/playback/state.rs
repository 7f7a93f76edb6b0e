//! What a player shows: place, device, levels, and the figures of its health.

use std::ops::Range;

use serde::Serialize;

/// What is to be seen of a [`Player`](super::Player) at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayerState {
    /// Whether it was told to play and has not come to the end. True without a device too: it
    /// plays as soon as there is one.
    pub playing: bool,
    /// The sample of the recording that is heard now: what is still on its way through the
    /// device is taken off.
    pub position: usize,
    /// Samples of the recording that are repeated, if any.
    pub looped: Option<Range<usize>>,
    /// Whether the recording itself is heard instead of the mix.
    pub original: bool,
    /// The linear gain of everything.
    pub master: f32,
    /// The device.
    pub device: DeviceState,
    /// How loud it is.
    pub levels: Levels,
}

/// The output device at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceState {
    /// None is needed: nothing plays, or nothing has played for a while. The next
    /// [`Player::play`](super::Player::play) opens one.
    #[default]
    Closed,
    /// None could be opened. Tried again about once a second.
    None {
        /// A sentence that says why.
        why: String,
    },
    /// It plays, or is silent and ready to.
    Open(Device),
    /// It went away while it was open. Tried again about once a second.
    Lost {
        /// A sentence that says why.
        why: String,
    },
}

/// An open output device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Samples a second.
    pub rate: u32,
    /// Channels.
    pub channels: u16,
    /// Sample format, such as `f32` or `i16`.
    pub format: String,
    /// Frames that one callback asks for.
    pub buffer: u32,
}

/// How loud the output is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels {
    /// For each output channel the largest magnitude between the last two polls, linear, 1 being
    /// full scale.
    pub peaks: Vec<f32>,
    /// Whether a sample went over full scale since [`Player::clear_clip`](super::Player::clear_clip).
    pub clipped: bool,
}

/// Figures about the health of a player since it was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diagnostics {
    /// The device that is open, if any.
    pub device: Option<Device>,
    /// Callbacks of all devices.
    pub callbacks: u64,
    /// Time that a callback took, in microseconds.
    pub callback_us: Percentiles,
    /// Rendered sound that a callback found waiting, in milliseconds.
    pub fill_ms: f32,
    /// Callbacks that found too little sound while playing, each heard as a gap.
    pub dropouts: u64,
    /// Underruns that the device itself told of.
    pub xruns: u64,
    /// Times that a device was lost.
    pub losses: u64,
    /// Sound that waits in the device after a callback, in milliseconds.
    pub device_ms: f32,
    /// From a change of gains to the first sample with it that is given to the device, in
    /// milliseconds. What is heard comes [`device_ms`](Self::device_ms) later.
    pub gain_to_device_ms: Percentiles,
    /// From [`Player::play`](super::Player::play) to the first sample that is given to the device,
    /// in milliseconds, with the opening of the device where it was not open. What is heard comes
    /// [`device_ms`](Self::device_ms) later.
    pub play_to_device_ms: Percentiles,
}

/// A distribution of measured values. 0 as long as nothing has been measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// How many were measured.
    pub count: u64,
    /// Half of them are not larger.
    pub p50: f32,
    /// 99 of 100 are not larger.
    pub p99: f32,
    /// The largest.
    pub max: f32,
}
