//! Sound and picture follow the project.

use std::sync::Arc;

use eframe::egui;

use super::Window;
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
    /// For each source how loud it is now, 0 to 1.
    pub meters: Vec<f32>,
}

/// The lowest level of the meters of the rows in dB.
const METER_FLOOR: f32 = -60.0;

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
                Some((Arc::clone(&data.factors), data.stft))
            }
        }
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
        } else if self.meter.follow(&state.levels.peaks) {
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

    fn wanted_gains(&self) -> Vec<f32> {
        let job = self.work.separating.as_ref();
        match &self.followed.factors {
            // Rows of a running factorization have no mixer yet.
            Some(factors) if job.is_some_and(|job| job.live.factors().is_some()) => {
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
            self.followed.meters.resize(project.sources().len(), 0.0);
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
                let db = 20.0 * (level / full).max(1e-9).log10();
                ((db - METER_FLOOR) / -METER_FLOOR).clamp(0.0, 1.0)
            }));
    }
}
