//! The thread that makes resynthesizers, which takes a while for long recordings.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use super::renderer::{Mix, Order};
use crate::audio::AudioBuffer;
use crate::separation::{Factors, Resynthesizer};
use crate::spectral::{Stft, StftSettings};

/// A mix that is to be heard.
pub(super) struct Plan {
    /// Number of the mix.
    pub generation: u64,
    /// Number of the recording's loading.
    pub loading: u64,
    /// Recording, factors and their transform; `None` for the recording itself.
    pub mix: Option<(Arc<AudioBuffer>, Arc<Factors>, Stft)>,
    /// A gain for each component.
    pub gains: Vec<f32>,
}

/// What the mix that was made last belongs to: other factors of it can do without a new one.
#[derive(PartialEq)]
struct Shape {
    loading: u64,
    stft: StftSettings,
    bins: usize,
    components: usize,
    frames: usize,
}

/// Makes the mixes that are planned and hands them on, until no more can come.
pub(super) fn run(plans: &Receiver<Plan>, renderer: &Sender<Order>) {
    let mut last = None;
    while let Ok(plan) = plans.recv() {
        // Of several that have come in the meantime only the newest is of interest.
        let plan = plans.try_iter().last().unwrap_or(plan);
        let mix = match plan.mix {
            None => {
                last = None;
                Mix::Recording
            }
            Some((recording, factors, stft)) => {
                let shape = Shape {
                    loading: plan.loading,
                    stft: stft.settings(),
                    bins: factors.templates().rows(),
                    components: factors.components(),
                    frames: factors.activations().cols(),
                };
                if last.as_ref() == Some(&shape) {
                    Mix::Factors(factors)
                } else {
                    let new = Resynthesizer::new(recording, factors, stft);
                    last = new.is_ok().then_some(shape);
                    new.map_or(Mix::Recording, |new| Mix::New(Box::new(new)))
                }
            }
        };
        if renderer
            .send(Order::Mix(plan.generation, mix, plan.gains))
            .is_err()
        {
            return;
        }
    }
}
