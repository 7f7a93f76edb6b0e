//! What a player is started with.

/// Something that each callback of the device runs in.
pub type Around = fn(&mut dyn FnMut());

/// What a [`Player`](super::Player) is started with.
#[derive(Clone, Debug)]
pub struct PlayerSettings {
    /// Name of the output device, as [`Player::devices`](super::Player::devices) lists it;
    /// `None` is the system's default.
    pub device: Option<String>,
    /// Samples a second that the device is asked for; `None` asks for those of the recording.
    /// What the device does not have is resampled.
    pub rate: Option<u32>,
    /// Frames that the device is asked to hold in one of its two buffers. A device that refuses
    /// gets its own default.
    pub buffer: u32,
    /// Seconds of silence after which the device is given back, until something plays again.
    pub idle: f32,
    /// What each callback of the device runs in: a place to check from outside that it does
    /// nothing that might wait. It has to call what it is given.
    pub around: Around,
}

impl Default for PlayerSettings {
    fn default() -> Self {
        Self {
            device: None,
            rate: None,
            buffer: 768,
            idle: 10.0,
            around: |callback| callback(),
        }
    }
}
