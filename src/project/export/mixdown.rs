//! Files of mixes at any gains.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::{Exported, PlannedStem};
use crate::audio::AudioBuffer;
use crate::project::{ProjectError, SeparationData};
use crate::separation::{
    Cancel, ExportSettings, Outcome, Phase, Progress, Quantizer, Resynthesizer, StemFiles,
};

/// Samples that are rendered between two looks at the cancel token, at least.
const SEGMENT: usize = 1 << 15;
/// Frames of a transform that a segment has at least: its neighbours render some of them again.
const SEGMENT_FRAMES: usize = 4;

/// Renders and writes one file for each mix. They appear when all are complete.
pub(super) fn write_mixes(
    data: &SeparationData,
    samples: &Arc<AudioBuffer>,
    mixes: &[PlannedStem],
    settings: &ExportSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Exported>, ProjectError> {
    let (channels, frames) = (samples.channel_count(), samples.frames());
    let mut files = StemFiles::create(settings, samples.rate(), channels, frames)?;
    let mut renderers = renderers(data, samples)?;
    let quantizer = Quantizer::for_format(settings.format);
    let mut clipped = 0;
    for (place, mix) in mixes.iter().enumerate() {
        let report = |fraction: f64| {
            let done = (place as f64 + fraction) / mixes.len() as f64;
            progress.report(Phase::Export, done);
        };
        let rendered = render(
            &mut renderers,
            &mix.gains,
            (frames, data.stft.size),
            &report,
            cancel,
            |block| write(&mut files, place, &quantizer, block, &mut clipped),
        )?;
        if !rendered {
            return Ok(Outcome::Cancelled);
        }
    }
    if cancel.is_cancelled() {
        return Ok(Outcome::Cancelled);
    }
    let files = files.finish()?;
    Ok(Outcome::Done(Exported { files, clipped }))
}

/// One for each thread.
fn renderers(
    data: &SeparationData,
    samples: &Arc<AudioBuffer>,
) -> Result<Vec<Resynthesizer>, ProjectError> {
    let stft = data.plan()?;
    (0..rayon::current_num_threads())
        .map(|_| {
            let factors = Arc::clone(&data.factors);
            Ok(Resynthesizer::new(
                Arc::clone(samples),
                factors,
                stft.clone(),
            )?)
        })
        .collect()
}

/// Renders a mix from start to end and hands it on piece by piece; false when it was cancelled.
fn render(
    renderers: &mut [Resynthesizer],
    gains: &[f32],
    (frames, window): (usize, usize),
    report: &dyn Fn(f64),
    cancel: &Cancel,
    mut take: impl FnMut(&[Vec<f32>]) -> Result<(), ProjectError>,
) -> Result<bool, ProjectError> {
    let Some(first) = renderers.first() else {
        return Ok(false);
    };
    let channels = first.recording().channel_count();
    let length = SEGMENT.max(SEGMENT_FRAMES * window);
    let spans: Vec<Range<usize>> = (0..frames)
        .step_by(length)
        .map(|from| from..(from + length).min(frames))
        .collect();
    for batch in spans.chunks(renderers.len()) {
        let blocks: Vec<Option<Vec<Vec<f32>>>> = renderers
            .par_iter_mut()
            .zip(batch.par_iter())
            .map(|(renderer, span)| {
                if cancel.is_cancelled() {
                    return None;
                }
                let mut block = vec![Vec::new(); channels];
                renderer.render(gains, span.clone(), &mut block);
                Some(block)
            })
            .collect();
        for (span, block) in batch.iter().zip(blocks) {
            let Some(block) = block else {
                return Ok(false);
            };
            take(&block)?;
            report(span.end as f64 / frames as f64);
        }
    }
    Ok(true)
}

fn write(
    files: &mut StemFiles,
    stem: usize,
    quantizer: &Option<Quantizer>,
    block: &[Vec<f32>],
    clipped: &mut u64,
) -> Result<(), ProjectError> {
    let Some(quantizer) = quantizer else {
        let channels: Vec<&[f32]> = block.iter().map(Vec::as_slice).collect();
        return Ok(files.write_f32(stem, &channels)?);
    };
    let beyond = block.iter().flatten().filter(|sample| sample.abs() > 1.0);
    *clipped += beyond.count() as u64;
    let codes: Vec<Vec<i32>> = block
        .iter()
        .map(|channel| {
            channel
                .iter()
                .map(|&sample| quantizer.code(sample))
                .collect()
        })
        .collect();
    let channels: Vec<&[i32]> = codes.iter().map(Vec::as_slice).collect();
    Ok(files.write_i32(stem, &channels)?)
}
