//! The separation of one recording, from its file to its result folder.

use std::time::Instant;

use super::error::CliError;
use super::folder::ResultFolder;
use super::load::Opened;
use super::naming::stem_file;
use super::plan::{Plan, Wanted};
use super::report::{ChosenPreset, Report, Results, Timings};
use crate::audio::{Recording, RecordingInfo, Repair, StemFormat};
use crate::separation::{
    Cancel, ExportSettings, Model, Outcome, Progress, RecordingStream, SeparationError,
    SeparationSettings, SourceCount, advise, advise_stream, check_budget, chosen_model, estimate,
    export_stems, export_stream, separate, separate_stream,
};

/// Separates one recording of the plan and puts the result in its folder.
///
/// # Errors
/// Whatever keeps the result from being complete; nothing of it remains then.
pub(super) fn separate_one(
    plan: &Plan,
    wanted: &Wanted,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Report>, CliError> {
    let folder = ResultFolder::prepare(&plan.output, &wanted.folder, plan.run.force)?;
    let failed = |source: SeparationError| CliError::Separation {
        path: match source {
            SeparationError::Space { .. }
            | SeparationError::Folder(_)
            | SeparationError::Stem { .. } => folder.target().to_owned(),
            _ => wanted.recording.clone(),
        },
        source,
    };
    let started = Instant::now();
    let opened = Opened::new(&wanted.recording, plan.excerpt)?;
    let format = plan
        .format
        .unwrap_or_else(|| StemFormat::from(opened.info().format));
    check_space(plan, opened.info(), format, &folder)?;
    let largest = plan.at_rate(largest(plan, opened.info()), opened.info().rate);
    let Outcome::Done(mut recording) = open(opened, &largest, progress, cancel)? else {
        return Ok(Outcome::Cancelled);
    };
    let read = started.elapsed().as_secs_f64();
    let found = chosen(plan, &mut recording, cancel).map_err(failed)?;
    let Outcome::Done((settings, preset)) = found else {
        return Ok(Outcome::Cancelled);
    };
    let settings = &plan.at_rate(settings, recording.info().rate);
    let done = match &mut recording {
        Held::Whole(recording) => separate(&recording.buffer, settings, progress, cancel),
        Held::Stream(stream) => separate_stream(stream, settings, progress, cancel),
    };
    let Outcome::Done(separation) = done.map_err(failed)? else {
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
        channel_mask: recording.info().channel_mask,
        time_reference: recording.info().time_reference,
    };
    let done = match &mut recording {
        Held::Whole(recording) => {
            export_stems(&recording.buffer, &separation, &export, progress, cancel)
        }
        Held::Stream(stream) => export_stream(stream, &separation, &export, progress, cancel),
    };
    let Outcome::Done(files) = done.map_err(failed)? else {
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
        wanted,
        Results {
            settings,
            preset,
            folder: folder.target(),
            info: recording.info().clone(),
            repairs: recording.repairs().to_vec(),
            peak: recording.peak(),
            model: recording.model(),
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

/// A recording in memory or on the disk.
enum Held {
    Whole(Recording),
    Stream(Box<RecordingStream>),
}

impl Held {
    fn info(&self) -> &RecordingInfo {
        match self {
            Self::Whole(recording) => &recording.info,
            Self::Stream(stream) => stream.info(),
        }
    }

    fn repairs(&self) -> &[Repair] {
        match self {
            Self::Whole(recording) => &recording.repairs,
            Self::Stream(stream) => stream.repairs(),
        }
    }

    /// The largest magnitude of a sample.
    fn peak(&self) -> f32 {
        match self {
            Self::Whole(recording) => recording.buffer.peak(),
            Self::Stream(stream) => stream.peak(),
        }
    }

    fn model(&self) -> Model {
        match self {
            Self::Whole(_) => Model::Batch,
            Self::Stream(_) => Model::Online,
        }
    }
}

/// Reads a recording, unless it is to stay on the disk. Where its length is not known and matters,
/// it is counted first.
fn open(
    opened: Opened<'_>,
    settings: &SeparationSettings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Held>, CliError> {
    let channels = usize::from(opened.info().channels);
    let model = match opened.info().frames {
        Some(frames) => {
            let frames = usize::try_from(frames).unwrap_or(usize::MAX);
            let model = chosen_model(frames, channels, settings);
            if model == Model::Online {
                // Before all of it is read for nothing.
                check_budget(frames, channels, settings).map_err(|source| {
                    let path = opened.path().to_owned();
                    CliError::Separation { source, path }
                })?;
            }
            model
        }
        None => settings.model,
    };
    if model == Model::Batch {
        let read = opened.read(progress, cancel)?;
        return Ok(match read {
            Outcome::Done(recording) => Outcome::Done(Held::Whole(recording)),
            Outcome::Cancelled => Outcome::Cancelled,
        });
    }
    let path = opened.path().to_owned();
    let Outcome::Done(stream) = opened.stream(progress, cancel)? else {
        return Ok(Outcome::Cancelled);
    };
    if chosen_model(stream.frames(), channels, settings) == Model::Online {
        return Ok(Outcome::Done(Held::Stream(Box::new(stream))));
    }
    let (info, repairs) = (stream.info().clone(), stream.repairs().to_vec());
    let buffer = stream
        .into_buffer()
        .map_err(|source| CliError::Separation { source, path })?;
    Ok(Outcome::Done(Held::Whole(Recording {
        buffer,
        info,
        repairs,
    })))
}

/// The settings that need most memory of those that may be chosen.
fn largest<'a>(plan: &'a Plan, info: &RecordingInfo) -> &'a SeparationSettings {
    let frames = info.frames.unwrap_or_default();
    let frames = usize::try_from(frames).unwrap_or(usize::MAX);
    let memory = |settings: &SeparationSettings| {
        estimate(
            frames,
            usize::from(info.channels),
            settings,
            StemFormat::F32,
        )
        .memory
    };
    let presets = plan.by_preset.iter().map(|(_, settings)| settings);
    presets
        .max_by_key(|settings| memory(settings))
        .unwrap_or(&plan.settings)
}

/// The settings for a recording, and the preset that they are those of.
fn chosen<'a>(
    plan: &'a Plan,
    recording: &mut Held,
    cancel: &Cancel,
) -> Result<Outcome<(&'a SeparationSettings, Option<ChosenPreset>)>, SeparationError> {
    if plan.by_preset.is_empty() {
        let preset = plan.preset.map(|preset| ChosenPreset {
            name: preset.name(),
            reason: None,
        });
        return Ok(Outcome::Done((&plan.settings, preset)));
    }
    let advice = match recording {
        Held::Whole(recording) => advise(&recording.buffer, cancel)?,
        Held::Stream(stream) => advise_stream(stream, cancel)?,
    };
    let Outcome::Done(advice) = advice else {
        return Ok(Outcome::Cancelled);
    };
    let own = plan.by_preset.iter().find(|of| of.0 == advice.preset);
    let preset = ChosenPreset {
        name: advice.preset.name(),
        reason: Some(advice.reason),
    };
    let settings = own.map_or(&plan.settings, |of| &of.1);
    Ok(Outcome::Done((settings, Some(preset))))
}

/// Refuses what the disk has no room for, as far as that is known beforehand: there is one stem at
/// least where they are still to be counted. The export looks again.
fn check_space(
    plan: &Plan,
    info: &RecordingInfo,
    format: StemFormat,
    folder: &ResultFolder,
) -> Result<(), CliError> {
    let frames = info.frames.and_then(|frames| usize::try_from(frames).ok());
    let Some(frames) = frames else { return Ok(()) };
    let settings = SeparationSettings {
        sources: match plan.settings.sources {
            SourceCount::Auto => SourceCount::Fixed(1),
            asked => asked,
        },
        ..plan.at_rate(&plan.settings, info.rate)
    };
    let channels = usize::from(info.channels);
    folder.check_space(estimate(frames, channels, &settings, format).disk)
}
