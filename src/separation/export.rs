//! Writes the stems of a recording to files.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;

use rayon::prelude::*;

use super::stems::{StemCore, Stretch};
use super::{
    Cancel, Outcome, Phase, Progress, Quantizer, SeparationError, StemBlock, StemFiles,
    StemRenderer, StemWorkspace,
};
use crate::audio::StemFormat;

/// Where and how stems are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSettings {
    /// The folder; it is made if it does not exist.
    pub folder: PathBuf,
    /// File name of each stem, all different.
    pub names: Vec<String>,
    /// Sample format of the files. Integer stems add up exactly to the integer samples of the
    /// recording, rounded to this format if it has more bits.
    pub format: StemFormat,
    /// Whether files that exist are replaced.
    pub overwrite: bool,
    /// Which loudspeaker each channel is for, as in WAVE_FORMAT_EXTENSIBLE.
    pub channel_mask: Option<u32>,
    /// Samples from midnight to the first one, as in
    /// [`RecordingInfo::time_reference`](crate::audio::RecordingInfo::time_reference).
    pub time_reference: Option<u64>,
}

/// A stem on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StemFile {
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

/// Bytes of samples in one segment at most, all stems and channels together.
const SEGMENT_BYTES: usize = 8 << 20;
/// Bytes of samples in the segments that are rendered at once at most: about three times as much
/// is in memory with what waits and is written.
const BATCH_BYTES: usize = 32 << 20;

/// One stretch of all stems: channel by channel, stem by stem, sample by sample.
enum Segment {
    Codes(Vec<i32>),
    Floats(Vec<f32>),
}

impl Segment {
    /// Appends its `frames` samples to the files.
    fn write(
        &self,
        files: &mut StemFiles,
        channels: usize,
        frames: usize,
    ) -> Result<(), SeparationError> {
        let stems = files.len();
        for stem in 0..stems {
            let planes = (0..channels).map(|c| {
                let from = (c * stems + stem) * frames;
                from..from + frames
            });
            match self {
                Self::Codes(codes) => {
                    files.write_i32(stem, &planes.map(|p| &codes[p]).collect::<Vec<_>>())
                }
                Self::Floats(floats) => {
                    files.write_f32(stem, &planes.map(|p| &floats[p]).collect::<Vec<_>>())
                }
            }?;
        }
        Ok(())
    }
}

/// One thread's tools.
struct Worker {
    workspace: StemWorkspace,
    block: StemBlock,
    quantizer: Option<Quantizer>,
}

/// Renders and writes all stems of a renderer, as [`export_stems`](super::export_stems) does for
/// a finished separation.
///
/// Segments of time are rendered on the current rayon pool while a thread of its own writes
/// those before; the files have the same bytes for any number of threads. The files appear under
/// their names when all are complete. After an error or a cancel nothing remains of them.
///
/// # Errors
/// [`SeparationError::Names`] when the names do not fit the stems, [`SeparationError::Space`]
/// when the disk has too little room, [`SeparationError::Folder`] and [`SeparationError::Stem`]
/// when something cannot be written or exists already.
pub fn export_renderer(
    renderer: &StemRenderer<'_>,
    settings: &ExportSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Vec<StemFile>>, SeparationError> {
    let recording = renderer.recording();
    let mut whole = Whole(recording.channels());
    let rate = recording.rate();
    export_core(
        renderer.core(),
        &mut whole,
        rate,
        settings,
        progress,
        cancel,
    )
}

/// Where the samples of stems come from.
pub(super) trait Samples {
    /// A stretch that has at least these samples, of which the first is the centre of frame
    /// `column` of the transform.
    fn stretch(
        &mut self,
        samples: Range<usize>,
        column: usize,
    ) -> Result<Stretch<'_>, SeparationError>;
}

/// A recording in memory.
struct Whole<'a>(&'a [Vec<f32>]);

impl Samples for Whole<'_> {
    fn stretch(&mut self, _: Range<usize>, _: usize) -> Result<Stretch<'_>, SeparationError> {
        Ok(Stretch {
            channels: self.0,
            column: 0,
        })
    }
}

/// As [`export_renderer`], from samples that come stretch by stretch.
pub(super) fn export_core(
    core: &StemCore<'_>,
    samples: &mut dyn Samples,
    rate: u32,
    settings: &ExportSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Vec<StemFile>>, SeparationError> {
    let (channels, frames) = (core.size().channels, core.size().frames);
    if settings.names.len() != core.stems() {
        return Err(SeparationError::Names(format!(
            "{} names were given for {} stems",
            settings.names.len(),
            core.stems()
        )));
    }
    if cancel.is_cancelled() {
        return Ok(Outcome::Cancelled);
    }
    progress.report(Phase::Export, 0.0);
    let files = StemFiles::create(settings, rate, channels, frames)?;
    let spans = segments(core);

    // The bound of the channel limits memory: one batch is written, one waits, one is rendered.
    let (sender, receiver) = sync_channel::<(Range<usize>, Segment)>(1);
    let written = thread::scope(|scope| {
        let writer = scope.spawn(move || -> Result<StemFiles, SeparationError> {
            let mut files = files;
            for (span, segment) in receiver {
                if cancel.is_cancelled() {
                    break;
                }
                segment.write(&mut files, channels, span.len())?;
                progress.report(Phase::Export, span.end as f64 / frames as f64);
            }
            Ok(files)
        });
        let mut workers: Vec<Worker> = (0..rayon::current_num_threads().min(spans.len()))
            .map(|_| Worker {
                workspace: core.workspace(),
                block: StemBlock::default(),
                quantizer: Quantizer::for_format(settings.format),
            })
            .collect();
        let mut unread = None;
        'batches: for batch in spans.chunks(workers.len().max(1)) {
            let from = batch.first().map_or(0, |span| span.start);
            let to = batch.last().map_or(0, |span| span.end);
            let (needed, column) = core.needed(from..to);
            let stretch = match samples.stretch(needed, column) {
                Ok(stretch) => stretch,
                Err(error) => {
                    unread = Some(error);
                    break;
                }
            };
            let rendered: Vec<Option<Segment>> = workers
                .par_iter_mut()
                .zip(batch.par_iter())
                .map(|(worker, span)| render(core, stretch, span.clone(), worker, cancel))
                .collect();
            for (span, segment) in batch.iter().zip(rendered) {
                let Some(segment) = segment else {
                    break 'batches;
                };
                // The writer hangs up when it fails; its error is told below.
                if sender.send((span.clone(), segment)).is_err() {
                    break 'batches;
                }
            }
        }
        drop(sender);
        (writer.join(), unread)
    });
    let (written, unread) = written;
    let files = match written {
        Ok(files) => files?,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    if let Some(error) = unread {
        return Err(error);
    }
    if cancel.is_cancelled() {
        return Ok(Outcome::Cancelled);
    }
    files.finish().map(Outcome::Done)
}

/// The spans that are rendered at once: long against a frame, so that few frames are computed
/// twice, as far as memory allows.
fn segments(core: &StemCore<'_>) -> Vec<Range<usize>> {
    let (planes, frames) = (
        core.stems().max(1) * core.size().channels,
        core.size().frames,
    );
    let bytes = SEGMENT_BYTES.min(BATCH_BYTES / rayon::current_num_threads());
    let length = (bytes / (planes * size_of::<f32>()))
        .clamp(core.stft().hop(), frames.max(core.stft().hop()));
    (0..frames)
        .step_by(length)
        .map(|from| from..(from + length).min(frames))
        .collect()
}

/// `None` when it was cancelled.
fn render(
    core: &StemCore<'_>,
    stretch: Stretch<'_>,
    span: Range<usize>,
    worker: &mut Worker,
    cancel: &Cancel,
) -> Option<Segment> {
    let Worker {
        workspace,
        block,
        quantizer,
    } = worker;
    let proceed = || !cancel.is_cancelled();
    if !core.render(stretch, span.clone(), block, workspace, &proceed) {
        return None;
    }
    let Some(quantizer) = quantizer else {
        return Some(Segment::Floats(block.take_values()));
    };
    let mut codes = vec![0; block.values().len()];
    let per_channel = core.stems() * span.len();
    let first = stretch.column * core.stft().hop();
    for ((channel, stems), codes) in stretch
        .channels
        .iter()
        .zip(block.values().chunks_exact(per_channel.max(1)))
        .zip(codes.chunks_exact_mut(per_channel.max(1)))
    {
        let recording = &channel[span.start - first..span.end - first];
        quantizer.quantize(recording, stems, codes);
    }
    Some(Segment::Codes(codes))
}
