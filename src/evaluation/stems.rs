//! Whether recordings can be compared.

use super::{EvaluationError, Property, Which};
use crate::audio::AudioBuffer;

/// Makes sure that there is something to compare, all with the same rate, channels and length.
pub(super) fn check(
    references: &[AudioBuffer],
    estimates: &[AudioBuffer],
    mixture: Option<&AudioBuffer>,
) -> Result<(), EvaluationError> {
    let first = references.first().ok_or(EvaluationError::NoReferences)?;
    if estimates.is_empty() {
        return Err(EvaluationError::NoEstimates);
    }
    let numbered = |which: fn(usize) -> Which| move |(index, stem)| (which(index), stem);
    let all = references
        .iter()
        .enumerate()
        .map(numbered(Which::Reference))
        .chain(estimates.iter().enumerate().map(numbered(Which::Estimate)))
        .chain(mixture.map(|mixture| (Which::Mixture, mixture)));
    let properties = |stem: &AudioBuffer| {
        [
            (Property::Rate, stem.rate() as usize),
            (Property::Channels, stem.channel_count()),
            (Property::Frames, stem.frames()),
        ]
    };
    for (which, stem) in all {
        for ((property, expected), (_, got)) in properties(first).into_iter().zip(properties(stem))
        {
            if got != expected {
                return Err(EvaluationError::Different {
                    which,
                    property,
                    expected,
                    got,
                });
            }
        }
    }
    Ok(())
}

/// Whether no sample differs from 0.
pub(super) fn is_silent(samples: &[f32]) -> bool {
    samples.iter().all(|&x| x == 0.0)
}
