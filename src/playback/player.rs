//! What the window holds: every wish, and what is to be seen of it.

use std::ops::Range;
use std::sync::Arc;

use super::{DeviceState, Diagnostics, Event, Levels, PlayerSettings, PlayerState};
use crate::audio::AudioBuffer;
use crate::separation::Factors;
use crate::spectral::Stft;

/// Plays a recording or the mix of its components on an output device.
///
/// All calls return at once; threads of its own render and open devices. It works without a
/// device, keeps its place, and plays as soon as there is one. Dropping it ends its threads.
pub struct Player {
    settings: PlayerSettings,
    recording: Option<Arc<AudioBuffer>>,
    state: PlayerState,
    devices: Vec<String>,
}

impl Player {
    /// A player that has nothing to play yet. `notify` is called from another thread when
    /// [`poll`](Self::poll) has something to tell, so that a window that sleeps can wake up.
    #[must_use]
    pub fn new(settings: PlayerSettings, notify: impl Fn() + Send + Sync + 'static) -> Self {
        notify();
        Self {
            settings,
            recording: None,
            state: PlayerState {
                playing: false,
                position: 0,
                looped: None,
                original: false,
                master: 1.0,
                device: DeviceState::Closed,
                levels: Levels::default(),
            },
            devices: Vec::new(),
        }
    }

    /// Takes a recording to play, from its start. Stops what played before, and forgets its
    /// factors, gains and loop.
    pub fn load(&mut self, recording: Arc<AudioBuffer>) {
        self.recording = Some(recording);
        self.state.position = 0;
        self.state.playing = false;
    }

    /// Stops, and lets go of the recording.
    pub fn unload(&mut self) {
        self.recording = None;
    }

    /// The factors whose mix is heard, the transform they were found with, and a linear gain for
    /// each component (as in [`set_gains`](Self::set_gains)); `None` lets the recording itself
    /// be heard. May be called while it plays, with any number of components, as often as a
    /// factorization has news: the sound changes over without a click, factors and gains
    /// together. Factors that do not belong to the recording are taken as `None`.
    pub fn set_factors(&mut self, _factors: Option<(Arc<Factors>, Stft)>, _gains: &[f32]) {}

    /// A linear gain for each component, in the order of the factors. Missing ones are 1; what
    /// is not finite is 0. Heard within 50 ms, without a click.
    pub fn set_gains(&mut self, _gains: &[f32]) {}

    /// Lets the recording itself be heard instead of the mix, as long as `on`.
    pub fn set_original(&mut self, on: bool) {
        self.state.original = on;
    }

    /// Plays on from the place it is at; from the start of the recording (or of the loop) when
    /// it is at the end.
    pub fn play(&mut self) {
        self.state.playing = self.recording.is_some();
    }

    /// Stops where it is.
    pub fn pause(&mut self) {
        self.state.playing = false;
    }

    /// Stops, and goes back to the start.
    pub fn stop(&mut self) {
        self.state.playing = false;
        self.state.position = 0;
    }

    /// Goes to a sample of the recording, or to its end when it is shorter.
    pub fn seek(&mut self, sample: usize) {
        self.state.position = sample;
    }

    /// Samples of the recording to repeat: whoever plays and comes to their end goes on at
    /// their start. What lies beyond the end of the recording is cut off, and a loop of less
    /// than 10 ms is none.
    pub fn set_loop(&mut self, looped: Option<Range<usize>>) {
        self.state.looped = looped;
    }

    /// A linear gain for everything, 1 at first.
    pub fn set_master(&mut self, gain: f32) {
        self.state.master = gain;
    }

    /// What is to be seen of it now.
    #[must_use]
    pub fn state(&self) -> PlayerState {
        self.state.clone()
    }

    /// Names of the output devices as of the last [`refresh_devices`](Self::refresh_devices).
    #[must_use]
    pub fn devices(&self) -> &[String] {
        &self.devices
    }

    /// Asks the system for its output devices; [`Event::DevicesListed`] tells when they are
    /// there.
    pub fn refresh_devices(&mut self) {}

    /// Changes over to the device of this name, or to the system's default.
    pub fn set_device(&mut self, name: Option<String>) {
        self.settings.device = name;
    }

    /// Tells what happened since the last call, and takes up the levels. To be called for each
    /// picture of the window, or after `notify`.
    pub fn poll(&mut self) -> Vec<Event> {
        Vec::new()
    }

    /// Puts the clip light out.
    pub fn clear_clip(&mut self) {
        self.state.levels.clipped = false;
    }

    /// Figures about its health since it was made.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        Diagnostics::default()
    }
}
