//! The mixer and the ring it renders into: how a change overtakes what is already rendered.

use std::sync::atomic::Ordering;

use super::link::Splice;
use super::{Inlet, Mixer};

/// Frames that are rendered at a time.
const BLOCK: usize = 256;

/// A change of what is to be heard.
type Change = Box<dyn FnOnce(&mut Mixer) + Send>;

/// Keeps a ring filled from a mixer, and splices changes into it.
///
/// What waits in the ring was rendered before a change was asked for. So a change takes the
/// mixer back to the frame that the device takes next, lets it render anew from there, puts that
/// behind the old sound in the ring, and tells the other end to cross-fade from one to the other
/// at once. The sound that waits protects against a busy machine without delaying a change.
///
/// Without a ring, changes take effect and nothing is rendered.
pub struct Feed {
    mixer: Mixer,
    inlet: Option<Inlet>,
    block: Vec<f32>,
    changes: Vec<Change>,
    asked: u64,
}

impl Feed {
    /// A feed that leads nowhere yet.
    #[must_use]
    pub fn new(mixer: Mixer) -> Self {
        Self {
            mixer,
            inlet: None,
            block: Vec::new(),
            changes: Vec::new(),
            asked: 0,
        }
    }

    /// The mixer, without the changes that still wait.
    #[must_use]
    pub fn mixer(&self) -> &Mixer {
        &self.mixer
    }

    /// Goes on into this new ring, from the place that was heard last.
    pub fn attach(&mut self, inlet: Inlet) {
        self.detach();
        self.mixer.set_output(inlet.link.rate, inlet.outputs);
        self.block = vec![0.0; BLOCK * inlet.outputs];
        let base = inlet.link.clock.load(Ordering::Acquire);
        self.inlet = Some(inlet);
        if self.mixer.is_playing() && self.mixer.place() > 0 {
            self.splice(base, 0, false);
        }
    }

    /// Leaves the ring. The mixer is then at the place that was heard last.
    pub fn detach(&mut self) {
        if let Some(inlet) = self.inlet.take()
            && self.mixer.is_playing()
        {
            let heard = self.mixer.timeline().place(inlet.link.heard());
            self.mixer.seek(heard.max(0) as usize);
        }
    }

    /// Whether there is a ring.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.inlet.is_some()
    }

    /// Whether a change waits until the cross-fade of the one before has been heard.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Whether it has to [run](Self::run) again before the ring is empty.
    #[must_use]
    pub fn is_flowing(&self) -> bool {
        self.inlet.is_some() && self.mixer.is_playing()
    }

    /// Takes a change of what is to be heard, to be carried out when it next [runs](Self::run).
    /// `asked` is when it was asked for, in nanoseconds of the monitor's clock, or 0 when no one
    /// measures how long it takes.
    pub fn change(&mut self, asked: u64, apply: impl FnOnce(&mut Mixer) + Send + 'static) {
        self.changes.push(Box::new(apply));
        if self.asked == 0 {
            self.asked = asked;
        }
    }

    /// Carries out what changed, unless it has to wait, and fills the ring. Returns whether
    /// something was carried out or has come to its end.
    pub fn run(&mut self) -> bool {
        let was_playing = self.mixer.is_playing();
        let splicing = self.inlet.as_ref().is_some_and(|i| i.link.is_splicing());
        let changing = !splicing && !self.changes.is_empty();
        if changing {
            self.carry_out();
        }
        let ahead = self.inlet.as_ref().map_or(0, |inlet| inlet.ahead);
        self.render(ahead);
        self.flow();
        changing || was_playing != self.mixer.is_playing()
    }

    fn carry_out(&mut self) {
        let asked = std::mem::take(&mut self.asked);
        let Some(inlet) = &self.inlet else {
            self.apply();
            return;
        };
        let base = inlet.link.clock.load(Ordering::Acquire);
        let was_silent = base >= self.mixer.clock();
        self.mixer.rewind(base);
        let jumped = self.apply();
        let is_silent = !self.mixer.is_playing();
        // A recording that begins to play has an attack of its own, which is not faded.
        let begins = was_silent && self.mixer.place() == 0;
        if !(was_silent && is_silent || begins) {
            self.splice(base, asked, !jumped);
        }
    }

    /// Applies the changes. Returns whether they led to another place.
    fn apply(&mut self) -> bool {
        self.mixer.take_jump();
        for apply in self.changes.drain(..) {
            apply(&mut self.mixer);
        }
        self.mixer.take_jump()
    }

    /// Lets what the mixer makes from the frame `base` on replace what is in the ring.
    fn splice(&mut self, base: u64, asked: u64, aligned: bool) {
        let Some(inlet) = &mut self.inlet else {
            return;
        };
        let splice = Splice {
            base,
            old_end: inlet.pushed,
            aligned,
            asked,
        };
        inlet.link.announce(inlet.pushed);
        // Before silence replaces the sound: the other end is not to wait for more.
        let playing = self.mixer.is_playing();
        if !playing {
            inlet.link.flowing.store(false, Ordering::Release);
        }
        // What the device takes while this is rendered, and what it takes while it fades.
        let needed = inlet.fade + BLOCK + inlet.link.largest.load(Ordering::Relaxed);
        self.render(needed);
        if let Some(inlet) = &mut self.inlet {
            inlet.link.ask(splice);
        }
        self.flow();
    }

    /// Tells the other end that there is more to come, if there is.
    fn flow(&self) {
        if let Some(inlet) = &self.inlet
            && self.mixer.is_playing()
        {
            inlet.link.flowing.store(true, Ordering::Release);
        }
    }

    /// Renders until `ahead` frames wait for the device.
    fn render(&mut self, ahead: usize) {
        let Some(inlet) = &mut self.inlet else {
            return;
        };
        while self.mixer.is_playing() && inlet.room() >= BLOCK {
            let taken = inlet.link.clock.load(Ordering::Acquire);
            if self.mixer.clock() >= taken + ahead as u64 {
                break;
            }
            self.mixer.render(&mut self.block);
            // Before the last part comes: an empty ring is no gap then.
            if !self.mixer.is_playing() {
                inlet.link.flowing.store(false, Ordering::Release);
            }
            inlet.push(&self.block);
        }
    }
}
