//! Sound and picture follow the project.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui;

use super::Window;
use crate::app::axes::TimeView;
use crate::app::picture::Picture;
use crate::project::SeparationData;
use crate::separation::Factors;
use crate::spectral::{Stft, StftSettings};

/// How often the device is asked to be ready; it stays so for longer.
const PREPARE_EVERY: Duration = Duration::from_secs(1);

/// For how many times as long as they took to be painted, factors that are being found stay.
const REST: u32 = 2;

/// What sound and picture were last told.
pub(super) struct Followed {
    pub factors: Option<Arc<Factors>>,
    /// Another number whenever the factors or their owners have changed.
    pub revision: u64,
    pause: Pause,
    /// Whether the view goes along with what is heard, and what it showed then.
    along: bool,
    time: Option<TimeView>,
    /// When the device was last asked to be ready.
    prepared: Option<Instant>,
    gains: Vec<f32>,
    looped: Option<std::ops::Range<usize>>,
    /// The factors of an excerpt, and the same among the frames of the whole recording.
    placed: RefCell<Option<(Arc<Factors>, Arc<Factors>)>>,
    /// Who owned each component in the picture.
    pub owners: Vec<usize>,
    /// Level of each source now, linear, 1 being full scale.
    pub meters: Vec<f32>,
    /// The same of each atom.
    pub atom_meters: Vec<f32>,
}

/// The time between factors that are being found.
struct Pause {
    /// When the latest ones came.
    since: Instant,
    /// Whether no frame with them has begun yet.
    undrawn: bool,
    /// Once they are painted, when others are asked for.
    until: Option<Instant>,
}

impl Default for Followed {
    fn default() -> Self {
        Self {
            factors: None,
            revision: 0,
            pause: Pause {
                since: Instant::now(),
                undrawn: false,
                until: None,
            },
            along: true,
            time: None,
            prepared: None,
            gains: Vec::new(),
            looped: None,
            placed: RefCell::default(),
            owners: Vec::new(),
            meters: Vec::new(),
            atom_meters: Vec::new(),
        }
    }
}

impl Followed {
    /// Takes over what the factors of an excerpt are among the frames of the whole recording.
    pub fn place(&mut self, factors: &Arc<Factors>, whole: Arc<Factors>) {
        if !Arc::ptr_eq(factors, &whole) {
            *self.placed.get_mut() = Some((Arc::clone(factors), whole));
        }
    }
}

impl Window {
    /// The factors that are seen and heard: those of the running factorization, or those that
    /// were found; and their transform.
    pub(super) fn factors(&self) -> Option<(Arc<Factors>, StftSettings)> {
        let live = self
            .work
            .separating
            .as_ref()
            .and_then(|job| job.live.factors());
        match live {
            Some(factors) => Some((factors, self.project().settings().stft)),
            None => {
                let data = self.project().separation()?;
                Some((self.whole(data), data.stft))
            }
        }
    }

    /// The factors of a separation as those of the whole recording.
    fn whole(&self, data: &SeparationData) -> Arc<Factors> {
        if data.excerpt.is_none() {
            return Arc::clone(&data.factors);
        }
        let mut placed = self.followed.placed.borrow_mut();
        if let Some((of, whole)) = placed.as_ref()
            && Arc::ptr_eq(of, &data.factors)
        {
            return Arc::clone(whole);
        }
        let whole = data.whole();
        *placed = Some((Arc::clone(&data.factors), Arc::clone(&whole)));
        whole
    }

    /// Tells the player what the project and the running factorization have become.
    pub(super) fn follow(&mut self, ctx: &egui::Context) {
        self.follow_factors();
        self.follow_gains();
        self.follow_loop();
        let state = self.player.state();
        self.follow_levels(&state);
        self.prepare_to_play(ctx, state.playing);
        self.follow_on(ctx);
        if state.playing {
            self.follow_place();
            ctx.request_repaint_after(self.frames.pace());
        } else if self.meter.moves() {
            ctx.request_repaint_after(self.frames.pace());
        }
    }

    /// The view goes along with what is heard, until the user looks elsewhere.
    fn follow_place(&mut self) {
        let (time, position) = (self.view.time, self.position());
        if time.contains(position) {
            self.followed.along = true;
        } else if self.followed.time != Some(time) {
            self.followed.along = false;
        }
        if self.followed.along && !time.is_whole() {
            self.view.time = time.follow(position);
        }
        self.followed.time = Some(self.view.time);
    }

    /// Asks the running factorization for other factors once the latest ones are seen, and not
    /// before some rest: painting them takes from the time of finding them.
    fn follow_on(&mut self, ctx: &egui::Context) {
        let Some(job) = &self.work.separating else {
            return;
        };
        let pause = &mut self.followed.pause;
        if std::mem::take(&mut pause.undrawn) {
            ctx.request_repaint();
            return;
        }
        if !job.live.is_waiting() || !self.picture.as_ref().is_none_or(Picture::is_painted) {
            return;
        }
        let now = Instant::now();
        let until = *pause
            .until
            .get_or_insert_with(|| now + REST * now.duration_since(pause.since));
        if now >= until {
            job.live.go_on();
        } else {
            ctx.request_repaint_after(until - now);
        }
    }

    /// While the pointer moves the device is kept open, so that playing begins at once.
    fn prepare_to_play(&mut self, ctx: &egui::Context, playing: bool) {
        let busy = ctx.input(|input| input.pointer.is_moving());
        let due = self
            .followed
            .prepared
            .is_none_or(|at| at.elapsed() >= PREPARE_EVERY);
        if self.samples.is_some() && !playing && busy && due {
            self.followed.prepared = Some(Instant::now());
            self.player.prepare();
        }
    }

    fn follow_factors(&mut self) {
        let now = self.factors();
        let same = match (&self.followed.factors, &now) {
            (Some(a), Some((b, _))) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        self.followed.factors = now.as_ref().map(|(factors, _)| Arc::clone(factors));
        self.followed.revision += 1;
        self.followed.pause = Pause {
            since: Instant::now(),
            undrawn: true,
            until: None,
        };
        self.followed.gains = self.wanted_gains();
        let heard = now.and_then(|(factors, stft)| Some((factors, Stft::new(stft).ok()?)));
        self.player.set_factors(heard, &self.followed.gains);
        if self.is_live() {
            self.frames.separated(false);
        }
    }

    fn follow_gains(&mut self) {
        let gains = self.wanted_gains();
        if gains != self.followed.gains {
            self.player.set_gains(&gains);
            self.followed.gains = gains;
        }
    }

    /// Whether the factors are those of a factorization that runs.
    pub(super) fn is_live(&self) -> bool {
        let job = self.work.separating.as_ref();
        job.is_some_and(|job| job.live.factors().is_some())
    }

    /// Whether atoms that are being found are shown instead of the rows of the project.
    pub(super) fn shows_new_rows(&self) -> bool {
        let job = self.work.separating.as_ref();
        job.is_some_and(|job| !job.continues) && self.is_live()
    }

    fn wanted_gains(&mut self) -> Vec<f32> {
        match &self.followed.factors {
            Some(factors) if self.shows_new_rows() => {
                self.view.live_mix.follow(factors.components());
                self.view.live_mix.gains()
            }
            _ => self.project().gains(),
        }
    }

    fn follow_loop(&mut self) {
        let last = self.samples.as_ref().map_or(0, |samples| samples.frames());
        let looped = self.view.looping.then(|| match &self.view.selection {
            Some(part) => {
                let sample = |seconds: f64| (seconds * f64::from(self.rate())).round() as usize;
                sample(part.start)..sample(part.end).min(last)
            }
            None => 0..last,
        });
        if looped != self.followed.looped {
            self.player.set_loop(looped.clone());
            self.followed.looped = looped;
        }
    }

    /// How loud each source is: its share of the model in the frame that is heard.
    fn follow_levels(&mut self, state: &crate::playback::PlayerState) {
        self.followed.meters.clear();
        self.followed.atom_meters.clear();
        let project = Arc::clone(self.project());
        let (Some(data), Some(factors)) = (project.separation(), &self.followed.factors) else {
            return;
        };
        let activations = factors.activations();
        let frame = state.position / data.stft.hop.max(1);
        if !state.playing
            || frame >= activations.cols()
            || factors.components() != project.atoms().len()
        {
            return;
        }
        let column = activations.column(frame);
        // A full-scale sine has a magnitude of half the window's sum, and templates sum up to 1.
        let full = 0.25 * data.stft.size as f32 * data.scale;
        let heard = column.iter().zip(&self.followed.gains);
        let atoms: Vec<f32> = heard.map(|(level, gain)| level * gain / full).collect();
        let of = |members: &[usize]| members.iter().filter_map(|&k| atoms.get(k)).sum();
        let sources = project.sources().iter();
        self.followed
            .meters
            .extend(sources.map(|source| -> f32 { of(&source.members) }));
        self.followed.atom_meters = atoms;
    }
}
