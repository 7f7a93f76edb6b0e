//! Hearing the recording: transport, live mix, and the sound card at the edge.
//!
//! [`Mixer`] makes the sound: a function of what is set and how far it has played, without a
//! device or a thread. [`Feed`] renders it into a [`ring`] ahead of the device and splices
//! changes in, so that they overtake what is rendered; [`Outlet`] is the other end, which the
//! device's callback takes finished samples from. [`Player`] is what the window holds: it hands
//! every wish to a thread that runs the feed, and another thread opens, watches and reopens the
//! device.

mod builder;
mod callback;
mod channels;
mod device;
mod events;
mod fade;
mod feed;
mod histogram;
mod kernel;
mod link;
mod mixer;
mod monitor;
mod player;
mod renderer;
mod ring;
mod settings;
mod source;
mod state;
mod stream;
mod timeline;

pub use events::Event;
pub use feed::Feed;
pub use mixer::Mixer;
pub use monitor::Monitor;
pub use player::Player;
pub use ring::{Inlet, Outlet, ring};
pub use settings::{Around, PlayerSettings};
pub use state::{Device, DeviceState, Diagnostics, Levels, Percentiles, PlayerState};
