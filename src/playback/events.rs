//! What a player has to tell without being asked.

/// Something that happened since the last [`Player::poll`](super::Player::poll).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A device plays; after [`Event::DeviceLost`] or [`Event::NoDevice`] it goes on from the
    /// place that it had come to.
    DeviceOpened {
        /// Its name.
        name: String,
    },
    /// The device went away. It is tried again about once a second; the place is kept.
    DeviceLost {
        /// A sentence that says why.
        why: String,
    },
    /// No device could be opened. It is tried again about once a second while something is to
    /// be played; the place is kept.
    NoDevice {
        /// A sentence that says why.
        why: String,
    },
    /// The list that [`Player::refresh_devices`](super::Player::refresh_devices) asked for is
    /// there.
    DevicesListed,
    /// The end of the recording has been heard; the player has stopped there.
    Ended,
}
