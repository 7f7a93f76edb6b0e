//! Hearing the recording: transport, live mix, and the sound card at the edge.
//!
//! [`Mixer`] makes the sound: a pure function of what is set and how far it has played, without
//! a device or a thread. [`Player`] is what the window holds: it hands every wish to a thread
//! that renders ahead of the sound card, and to another that opens, watches and reopens the
//! device. The sound card's callback only copies finished samples.

mod events;
mod player;
mod settings;
mod state;

pub use events::Event;
pub use player::Player;
pub use settings::{Around, PlayerSettings};
pub use state::{Device, DeviceState, Diagnostics, Levels, Percentiles, PlayerState};
