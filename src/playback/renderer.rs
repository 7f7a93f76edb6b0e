//! The thread that renders ahead of the device.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::device::Request;
use super::timeline::Timeline;
use super::{Feed, Inlet, Mixer};
use crate::separation::{Factors, Resynthesizer};

/// How often a ring that sound flows through is filled up.
const FILL: Duration = Duration::from_millis(8);

/// How often a change that has to wait is tried again.
const HURRY: Duration = Duration::from_millis(1);

/// What the thread is asked to do.
pub(super) enum Order {
    /// Change what is heard. The number is that of the wish.
    Change(u64, Box<dyn FnOnce(&mut Mixer) + Send>),
    /// Let these gains be heard with the mix of this generation; asked for at this time.
    Gains(u64, Vec<f32>, u64),
    /// Let the mix of this generation be heard, with these gains.
    Mix(u64, Mix, Vec<f32>),
    /// Go on into this ring.
    Attach(Inlet),
    /// The device is gone.
    Detach,
    /// Have the device open, for play is near.
    Prepare,
    /// End.
    Quit,
}

/// Where the sound is to come from.
pub(super) enum Mix {
    /// The recording itself.
    Recording,
    /// The mix that is there, from other factors.
    Factors(Arc<Factors>),
    /// Another mix.
    New(Box<Resynthesizer>),
}

/// What others see of the rendering.
pub(super) struct Sight {
    pub timeline: Timeline,
    /// The frame that is rendered next.
    pub clock: u64,
    /// Number of the last wish that has been carried out.
    pub wish: u64,
}

/// The feed, as the thread runs it.
pub(super) struct Renderer {
    feed: Feed,
    sight: Arc<Mutex<Sight>>,
    device: Sender<Request>,
    idle: Duration,
    /// When something played or was about to last, and whether the device is asked for.
    played: Option<Instant>,
    wanted: Option<u32>,
    /// Number of the last wish, and of the last one that has been carried out.
    wish: u64,
    shown: u64,
    generation: u64,
    /// Gains for a mix that is still being built.
    early: Option<(u64, Vec<f32>)>,
}

impl Renderer {
    pub fn new(sight: Arc<Mutex<Sight>>, device: Sender<Request>, idle: Duration) -> Self {
        Self {
            feed: Feed::new(Mixer::new(1, 1)),
            sight,
            device,
            idle,
            played: None,
            wanted: None,
            wish: 0,
            shown: 0,
            generation: 0,
            early: None,
        }
    }

    /// Carries out orders until it is asked to end.
    pub fn run(mut self, orders: &Receiver<Order>) {
        loop {
            match orders.recv_timeout(self.patience()) {
                Ok(order) => {
                    let mut next = Some(order);
                    while let Some(order) = next {
                        if matches!(order, Order::Quit) {
                            return;
                        }
                        self.take(order);
                        next = orders.try_recv().ok();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.feed.run() {
                self.show();
            }
            self.ask_for_device();
        }
    }

    /// How long there is nothing to do.
    fn patience(&self) -> Duration {
        if self.feed.is_waiting() {
            HURRY
        } else if self.feed.is_flowing() {
            FILL
        } else if self.wanted.is_some() && !self.feed.mixer().is_playing() {
            self.idle
        } else {
            Duration::MAX
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Change(wish, apply) => {
                self.wish = wish;
                self.feed.change(0, apply);
            }
            Order::Gains(generation, gains, asked) => {
                if generation == self.generation {
                    self.feed
                        .change(asked, move |mixer| mixer.set_gains(&gains));
                } else {
                    self.early = Some((generation, gains));
                }
            }
            Order::Mix(generation, mix, gains) => self.mix(generation, mix, gains),
            Order::Attach(inlet) => {
                self.feed.attach(inlet);
                self.show();
            }
            Order::Detach => {
                self.feed.detach();
                self.show();
            }
            Order::Prepare => self.played = Some(Instant::now()),
            Order::Quit => {}
        }
    }

    fn mix(&mut self, generation: u64, mix: Mix, gains: Vec<f32>) {
        self.generation = generation;
        let early = self.early.take_if(|(early, _)| *early <= generation);
        let early = early.filter(|(early, _)| *early == generation);
        let gains = early.map_or(gains, |(_, gains)| gains);
        self.feed.change(0, move |mixer| {
            // What is replaced is freed here, far from the device.
            match mix {
                Mix::Recording => drop(mixer.set_mix(None)),
                Mix::Factors(factors) => drop(mixer.replace_factors(factors)),
                Mix::New(new) => drop(mixer.set_mix(Some(*new))),
            }
            mixer.set_gains(&gains);
        });
    }

    fn show(&mut self) {
        if !self.feed.is_waiting() {
            self.shown = self.wish;
        }
        let mixer = self.feed.mixer();
        let sight = self.sight.lock();
        *sight.unwrap_or_else(PoisonError::into_inner) = Sight {
            timeline: mixer.timeline().clone(),
            clock: mixer.clock(),
            wish: self.shown,
        };
    }

    /// Asks for a device while something plays and for a while after, and gives it back then.
    fn ask_for_device(&mut self) {
        let mixer = self.feed.mixer();
        if mixer.is_playing() {
            self.played = Some(Instant::now());
        }
        let rate = mixer.recording().map(|recording| recording.rate());
        let recent = self.played.is_some_and(|at| at.elapsed() < self.idle);
        let wanted = rate.filter(|_| recent || mixer.is_playing());
        if wanted != self.wanted {
            self.wanted = wanted;
            let _ = self.device.send(Request::Want(wanted));
        }
    }
}
