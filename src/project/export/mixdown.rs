//! Files of mixes at any gains.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::{Exported, PlannedStem};
use crate::audio::{AudioBuffer, StemFormat, WavSpec, WavWriter};
use crate::project::{ProjectError, SeparationData};
use crate::separation::{
    Cancel, ExportSettings, Outcome, Phase, Progress, Quantizer, Resynthesizer, SeparationError,
    StemFile,
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
    let spec = WavSpec {
        rate: samples.rate(),
        channels: u16::try_from(samples.channel_count()).unwrap_or(u16::MAX),
        format: settings.format,
        channel_mask: settings.channel_mask,
    };
    check_space(settings, spec, samples.frames())?;
    let made = MadeFolders::make(&settings.folder)?;
    let mut renderers = renderers(data, samples)?;
    let quantizer = Quantizer::for_format(settings.format);
    let mut writers = Vec::with_capacity(mixes.len());
    let mut clipped = 0;
    for (place, (mix, name)) in mixes.iter().zip(&settings.names).enumerate() {
        let path = settings.folder.join(name);
        let frames = samples.frames() as u64;
        let mut writer = WavWriter::create_sized(&path, spec, frames, settings.overwrite)?;
        let report = |fraction: f64| {
            let done = (place as f64 + fraction) / mixes.len() as f64;
            progress.report(Phase::Export, done);
        };
        let rendered = render(
            &mut renderers,
            &mix.gains,
            (samples.frames(), data.stft.size),
            &report,
            cancel,
            |block| write(&mut writer, &quantizer, block, &mut clipped),
        )?;
        if !rendered {
            return Ok(Outcome::Cancelled);
        }
        writers.push((path, writer));
    }
    if cancel.is_cancelled() {
        return Ok(Outcome::Cancelled);
    }
    let files = finish(writers)?;
    made.keep();
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
    writer: &mut WavWriter,
    quantizer: &Option<Quantizer>,
    block: &[Vec<f32>],
    clipped: &mut u64,
) -> Result<(), ProjectError> {
    let Some(quantizer) = quantizer else {
        let channels: Vec<&[f32]> = block.iter().map(Vec::as_slice).collect();
        return Ok(writer.write_f32(&channels)?);
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
    Ok(writer.write_i32(&channels)?)
}

/// Puts all files at their names; when one cannot be, those that are there already go again.
fn finish(writers: Vec<(PathBuf, WavWriter)>) -> Result<Vec<StemFile>, ProjectError> {
    let mut files: Vec<StemFile> = Vec::with_capacity(writers.len());
    for (path, writer) in writers {
        match writer.finish() {
            Ok(sha256) => files.push(StemFile { path, sha256 }),
            Err(error) => {
                for file in &files {
                    // The error that is returned is what matters.
                    let _ = fs::remove_file(&file.path);
                }
                return Err(error.into());
            }
        }
    }
    Ok(files)
}

fn check_space(
    settings: &ExportSettings,
    spec: WavSpec,
    frames: usize,
) -> Result<(), ProjectError> {
    let bytes = match settings.format {
        StemFormat::I16 => 2,
        StemFormat::I24 => 3,
        StemFormat::F32 => 4,
    };
    let needed = (settings.names.len() as u64)
        .saturating_mul(frames as u64)
        .saturating_mul(u64::from(spec.channels) * bytes);
    let existing = settings.folder.ancestors().find(|folder| folder.exists());
    match fs4::available_space(existing.unwrap_or(Path::new("."))) {
        Ok(free) if free < needed => Err(SeparationError::Space { needed, free }.into()),
        // Where the room is not known, writing will tell.
        _ => Ok(()),
    }
}

/// Folders that were made for the files, removed again unless the files are complete.
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    fn make(folder: &Path) -> Result<Self, ProjectError> {
        let missing = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        // Exists before the folders do, so that a path made in part is cleared away as well.
        let made = Self(missing.map(Path::to_owned).collect());
        fs::create_dir_all(folder).map_err(SeparationError::Folder)?;
        Ok(made)
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // Only an empty folder goes; one that has been filled meanwhile is not ours.
            let _ = fs::remove_dir(folder);
        }
    }
}
