//! The separation of one recording, from its file to its result folder.

use std::time::Instant;

use super::error::CliError;
use super::folder::ResultFolder;
use super::load::Opened;
use super::naming::stem_file;
use super::plan::{Job, Plan};
use super::report::{ChosenPreset, Report, Results, Timings};
use crate::audio::{AudioBuffer, RecordingInfo, StemFormat};
use crate::separation::{
    Cancel, ExportSettings, Outcome, Progress, SeparationError, SeparationSettings, SourceCount,
    advise, estimate, export_stems, separate,
};

/// Separates one recording of the plan and puts the result in its folder.
///
/// # Errors
/// Whatever keeps the result from being complete; nothing of it remains then.
pub(super) fn separate_one(
    plan: &Plan,
    job: &Job,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Report>, CliError> {
    let folder = ResultFolder::prepare(&plan.output, &job.folder, plan.force)?;
    let failed = |source: SeparationError| CliError::Separation {
        path: match source {
            SeparationError::Space { .. }
            | SeparationError::Folder(_)
            | SeparationError::Stem { .. } => folder.target().to_owned(),
            _ => job.recording.clone(),
        },
        source,
    };
    let started = Instant::now();
    let opened = Opened::new(&job.recording, plan.excerpt)?;
    let format = plan
        .format
        .unwrap_or_else(|| StemFormat::from(opened.info().format));
    check_space(plan, opened.info(), format, &folder)?;
    let Outcome::Done(recording) = opened.read(progress, cancel)? else {
        return Ok(Outcome::Cancelled);
    };
    let read = started.elapsed().as_secs_f64();
    let (settings, preset) = chosen(plan, &recording.buffer).map_err(failed)?;
    let done = separate(&recording.buffer, settings, progress, cancel).map_err(failed)?;
    let Outcome::Done(separation) = done else {
        return Ok(Outcome::Cancelled);
    };

    let started = Instant::now();
    let count = separation.sources.len();
    let export = ExportSettings {
        folder: folder.path().to_owned(),
        names: separation
            .sources
            .iter()
            .enumerate()
            .map(|(i, source)| stem_file(i + 1, count, &source.name))
            .collect(),
        format,
        overwrite: false,
        channel_mask: recording.info.channel_mask,
    };
    let done =
        export_stems(&recording.buffer, &separation, &export, progress, cancel).map_err(failed)?;
    let Outcome::Done(files) = done else {
        return Ok(Outcome::Cancelled);
    };
    let timings = Timings {
        read,
        stft: separation.timings.stft,
        factorize: separation.timings.factorize,
        mask: separation.timings.mask,
        export: started.elapsed().as_secs_f64(),
    };
    let report = Report::new(
        plan,
        job,
        Results {
            settings,
            preset,
            folder: folder.target(),
            info: recording.info,
            repairs: recording.repairs,
            separation,
            files: &files,
            format,
            timings,
        },
    );
    if cancel.is_cancelled() {
        return Ok(Outcome::Cancelled);
    }
    folder.finish(&report)?;
    Ok(Outcome::Done(report))
}

/// The settings for a recording, and the preset that they are those of.
fn chosen<'a>(
    plan: &'a Plan,
    recording: &AudioBuffer,
) -> Result<(&'a SeparationSettings, Option<ChosenPreset>), SeparationError> {
    if plan.by_preset.is_empty() {
        let preset = plan.preset.map(|preset| ChosenPreset {
            name: preset.name(),
            reason: None,
        });
        return Ok((&plan.settings, preset));
    }
    let advice = advise(recording)?;
    let own = plan.by_preset.iter().find(|of| of.0 == advice.preset);
    let preset = ChosenPreset {
        name: advice.preset.name(),
        reason: Some(advice.reason),
    };
    Ok((own.map_or(&plan.settings, |of| &of.1), Some(preset)))
}

/// Refuses what the disk has no room for, as far as that is known beforehand. Stems that are
/// still to be counted may be fewer than estimated; the export looks again.
fn check_space(
    plan: &Plan,
    info: &RecordingInfo,
    format: StemFormat,
    folder: &ResultFolder,
) -> Result<(), CliError> {
    let frames = info.frames.and_then(|frames| usize::try_from(frames).ok());
    match (frames, plan.settings.sources) {
        (None, _) | (_, SourceCount::Auto) => Ok(()),
        (Some(frames), SourceCount::Fixed(_) | SourceCount::Components) => {
            let channels = usize::from(info.channels);
            folder.check_space(estimate(frames, channels, &plan.settings, format).disk)
        }
    }
}
