//! Sound and picture follow the project.

use std::cell::RefCell;
use std::sync::Arc;

use eframe::egui;

use super::Window;
use crate::project::SeparationData;
use crate::separation::Factors;
use crate::spectral::{Stft, StftSettings};

/// What sound and picture were last told.
#[derive(Default)]
pub(super) struct Followed {
    pub factors: Option<Arc<Factors>>,
    /// Another number whenever the factors or their owners have changed.
    pub revision: u64,
    gains: Vec<f32>,
    looped: Option<std::ops::Range<usize>>,
    /// The factors of an excerpt, and the same among the frames of the whole recording.
    placed: RefCell<Option<(Arc<Factors>, Arc<Factors>)>>,
    /// Who owned each component in the picture.
    pub owners: Vec<usize>,
    /// Level of each source now, linear, 1 being full scale.
    pub meters: Vec<f32>,
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
        let Some(excerpt) = &data.excerpt else {
            return Arc::clone(&data.factors);
        };
        let mut placed = self.followed.placed.borrow_mut();
        if let Some((of, whole)) = placed.as_ref()
            && Arc::ptr_eq(of, &data.factors)
        {
            return Arc::clone(whole);
        }
        let frames = data.plan().map_or(0, |stft| stft.frame_count(data.frames));
        let before = excerpt.start / data.stft.hop.max(1);
        let whole = Arc::new((*data.factors).clone().placed(before, frames));
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
        if state.playing {
            if !self.view.time.is_whole() {
                self.view.time = self.view.time.follow(self.position());
            }
            ctx.request_repaint();
        } else if self.meter.moves() {
            ctx.request_repaint();
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
        self.followed.gains = self.wanted_gains();
        let heard = now.and_then(|(factors, stft)| Some((factors, Stft::new(stft).ok()?)));
        self.player.set_factors(heard, &self.followed.gains);
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

    fn wanted_gains(&self) -> Vec<f32> {
        let new_rows = self
            .work
            .separating
            .as_ref()
            .is_some_and(|job| !job.continues);
        match &self.followed.factors {
            // Atoms that are being found have no mixer yet.
            Some(factors) if new_rows && self.is_live() => {
                vec![1.0; factors.components()]
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
        let gains = &self.followed.gains;
        self.followed
            .meters
            .extend(project.sources().iter().map(|source| {
                let level: f32 = source
                    .members
                    .iter()
                    .filter_map(|&k| Some(column.get(k)? * gains.get(k)?))
                    .sum();
                level / full
            }));
    }
}
