//! What the window holds: every wish, and what is to be seen of it.

use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::builder::{self, Plan};
use super::device::{Keeper, Reports, Request, View};
use super::renderer::{Order, Renderer, Sight};
use super::stream::Wanted;
use super::{DeviceState, Diagnostics, Event, Levels, Mixer, Monitor, PlayerSettings, PlayerState};
use crate::audio::AudioBuffer;
use crate::separation::Factors;
use crate::spectral::Stft;

/// Plays a recording or the mix of its components on an output device.
///
/// All calls return at once; threads of its own render, make mixes and open devices. It works
/// without a device, keeps its place, and plays as soon as there is one. Dropping it ends its
/// threads.
pub struct Player {
    recording: Option<Arc<AudioBuffer>>,
    playing: bool,
    looped: Option<Range<usize>>,
    original: bool,
    master: f32,
    levels: Levels,
    names: Vec<String>,
    /// Number of the last wish, of the last mix, and of the last loading.
    wish: u64,
    generation: u64,
    loading: u64,
    monitor: Arc<Monitor>,
    sight: Arc<Mutex<Sight>>,
    view: Arc<Mutex<View>>,
    events: Receiver<Event>,
    renderer: Sender<Order>,
    builder: Sender<Plan>,
    device: Sender<Request>,
}

impl Player {
    /// A player that has nothing to play yet. `notify` is called from another thread when
    /// [`poll`](Self::poll) has something to tell, so that a window that sleeps can wake up.
    #[must_use]
    pub fn new(settings: PlayerSettings, notify: impl Fn() + Send + Sync + 'static) -> Self {
        let monitor = Arc::new(Monitor::default());
        let mixer = Mixer::new(1, 1);
        let sight = Arc::new(Mutex::new(Sight {
            timeline: mixer.timeline().clone(),
            clock: 0,
            wish: 0,
        }));
        let (tell, events) = mpsc::channel();
        let (renderer, orders) = mpsc::channel();
        let (builder, plans) = mpsc::channel();
        let (device, requests) = mpsc::channel();
        let view = Arc::new(Mutex::new(View::default()));
        let reports = Reports {
            view: Arc::clone(&view),
            events: tell,
            renderer: renderer.clone(),
            notify: Arc::new(notify),
            monitor: Arc::clone(&monitor),
        };
        let wanted = Wanted {
            name: settings.device,
            rate: settings.rate.unwrap_or(0),
            buffer: settings.buffer,
        };
        let keeper = Keeper::new(wanted, settings.rate.is_some(), settings.around, reports);
        let idle = Duration::try_from_secs_f32(settings.idle).unwrap_or_default();
        let rendering = Renderer::new(Arc::clone(&sight), device.clone(), idle);
        let building = renderer.clone();
        let started = [
            spawn("playback render", move || rendering.run(&orders)),
            spawn("playback mix", move || builder::run(&plans, &building)),
            spawn("playback device", move || keeper.run(&requests)),
        ];
        if !started.into_iter().all(|ok| ok) {
            locked(&view).state = DeviceState::None {
                why: "No sound can be played: the system gives no more threads".into(),
            };
        }
        Self {
            recording: None,
            playing: false,
            looped: None,
            original: false,
            master: 1.0,
            levels: Levels::default(),
            names: Vec::new(),
            wish: 0,
            generation: 0,
            loading: 0,
            monitor,
            sight,
            view,
            events,
            renderer,
            builder,
            device,
        }
    }

    /// Takes a recording to play, from its start. Stops what played before, and forgets its
    /// factors, gains and loop.
    pub fn load(&mut self, recording: Arc<AudioBuffer>) {
        self.recording = Some(Arc::clone(&recording));
        self.forget();
        self.change(move |mixer| mixer.load(recording));
        self.set_original(self.original);
    }

    /// Stops, and lets go of the recording.
    pub fn unload(&mut self) {
        self.recording = None;
        self.forget();
        self.change(Mixer::unload);
    }

    /// The factors whose mix is heard, the transform they were found with, and a linear gain for
    /// each component (as in [`set_gains`](Self::set_gains)); `None` lets the recording itself
    /// be heard. May be called while it plays, with any number of components, as often as a
    /// factorization has news: the sound changes over without a click, factors and gains
    /// together. Factors that do not belong to the recording are taken as `None`.
    pub fn set_factors(&mut self, factors: Option<(Arc<Factors>, Stft)>, gains: &[f32]) {
        self.generation += 1;
        let recording = self.recording.as_ref().map(Arc::clone);
        let mix = recording.zip(factors);
        // Only fails when its thread could not be started, as all the others here.
        let _ = self.builder.send(Plan {
            generation: self.generation,
            loading: self.loading,
            mix: mix.map(|(recording, (factors, stft))| (recording, factors, stft)),
            gains: gains.to_vec(),
        });
    }

    /// A linear gain for each component, in the order of the factors. Missing ones are 1; what
    /// is not finite is 0. Heard within 50 ms, without a click.
    pub fn set_gains(&mut self, gains: &[f32]) {
        let order = Order::Gains(self.generation, gains.to_vec(), self.monitor.now());
        let _ = self.renderer.send(order);
    }

    /// Lets the recording itself be heard instead of the mix, as long as `on`.
    pub fn set_original(&mut self, on: bool) {
        self.original = on;
        self.change(move |mixer| mixer.set_original(on));
    }

    /// Opens the device if there is a recording, so that [`play`](Self::play) begins within some
    /// milliseconds instead of the tenth of a second that opening takes. For when play is near.
    pub fn prepare(&mut self) {
        let _ = self.renderer.send(Order::Prepare);
    }

    /// Plays on from the place it is at; from the start of the recording (or of the loop) when
    /// it is at the end.
    pub fn play(&mut self) {
        if self.recording.is_some() && !self.playing {
            self.monitor.wait_for_sound();
        }
        self.playing = self.recording.is_some();
        self.change(Mixer::play);
    }

    /// Stops where it is.
    pub fn pause(&mut self) {
        self.playing = false;
        self.monitor.wait_no_more();
        self.change(Mixer::pause);
    }

    /// Stops, and goes back to where play began, or where it was sent to since.
    pub fn stop(&mut self) {
        self.playing = false;
        self.monitor.wait_no_more();
        self.change(Mixer::stop);
    }

    /// Goes to a sample of the recording, or to its end when it is shorter.
    pub fn seek(&mut self, sample: usize) {
        self.change(move |mixer| mixer.seek(sample));
    }

    /// Samples of the recording to repeat: whoever plays and comes to their end goes on at
    /// their start. What lies beyond the end of the recording is cut off, and a loop of less
    /// than 10 ms is none.
    pub fn set_loop(&mut self, looped: Option<Range<usize>>) {
        let recording = self.recording.as_ref();
        self.looped = recording.and_then(|recording| {
            Mixer::possible_loop(looped, recording.frames(), recording.rate())
        });
        let looped = self.looped.clone();
        self.change(move |mixer| mixer.set_loop(looped));
    }

    /// A linear gain for everything, 1 at first.
    pub fn set_master(&mut self, gain: f32) {
        self.master = gain;
        self.change(move |mixer| mixer.set_master(gain));
    }

    /// What is to be seen of it now.
    #[must_use]
    pub fn state(&self) -> PlayerState {
        let (device, heard) = self.heard();
        let sight = locked(&self.sight);
        let clock = heard.unwrap_or(sight.clock);
        PlayerState {
            playing: self.playing && !self.has_ended(&sight, clock),
            position: sight.timeline.place(clock).max(0) as usize,
            looped: self.looped.clone(),
            original: self.original,
            master: self.master,
            device,
            levels: self.levels.clone(),
        }
    }

    /// Names of the output devices as of the last [`refresh_devices`](Self::refresh_devices).
    #[must_use]
    pub fn devices(&self) -> &[String] {
        &self.names
    }

    /// Asks the system for its output devices; [`Event::DevicesListed`] tells when they are
    /// there.
    pub fn refresh_devices(&mut self) {
        let _ = self.device.send(Request::List);
    }

    /// Changes over to the device of this name, or to the system's default.
    pub fn set_device(&mut self, name: Option<String>) {
        let _ = self.device.send(Request::Choose(name));
    }

    /// Tells what happened since the last call, and takes up the levels. To be called for each
    /// picture of the window, or after `notify`.
    pub fn poll(&mut self) -> Vec<Event> {
        let mut events: Vec<Event> = self.events.try_iter().collect();
        let (device, heard) = self.heard();
        let outputs = match &device {
            DeviceState::Open(device) => device.channels.into(),
            _ => 0,
        };
        self.levels = Levels {
            peaks: self.monitor.take_peaks(outputs),
            clipped: self.monitor.is_clipped(),
        };
        self.names.clone_from(&locked(&self.view).names);
        let sight = locked(&self.sight);
        let ended = self.has_ended(&sight, heard.unwrap_or(sight.clock));
        drop(sight);
        if self.playing && ended {
            self.playing = false;
            events.push(Event::Ended);
        }
        events
    }

    /// Puts the clip light out.
    pub fn clear_clip(&mut self) {
        self.monitor.clear_clip();
        self.levels.clipped = false;
    }

    /// Figures about its health since it was made.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        let device = match &locked(&self.view).state {
            DeviceState::Open(device) => Some(device.clone()),
            _ => None,
        };
        self.monitor.diagnostics(device)
    }

    fn change(&mut self, apply: impl FnOnce(&mut Mixer) + Send + 'static) {
        self.wish += 1;
        let _ = self
            .renderer
            .send(Order::Change(self.wish, Box::new(apply)));
    }

    /// What belongs to a recording that is no longer there.
    fn forget(&mut self) {
        self.playing = false;
        self.monitor.wait_no_more();
        self.looped = None;
        self.loading += 1;
        self.set_factors(None, &[]);
    }

    /// The device, and the output frame that is heard now if there is one.
    fn heard(&self) -> (DeviceState, Option<u64>) {
        let view = locked(&self.view);
        let heard = view.link.as_ref().map(|link| link.heard());
        (view.state.clone(), heard)
    }

    /// Whether the end has been heard, and nothing been asked for since.
    fn has_ended(&self, sight: &Sight, clock: u64) -> bool {
        sight.wish == self.wish && sight.timeline.at(clock).ended
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.renderer.send(Order::Quit);
        let _ = self.device.send(Request::Quit);
    }
}

/// The locks of this room are held for a few copies at a time, and never by a device's callback.
fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a thread. Returns whether the system gave one.
fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> bool {
    thread::Builder::new().name(name.into()).spawn(run).is_ok()
}
