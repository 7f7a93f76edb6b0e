//! Writes the files of an export.

use std::path::PathBuf;
use std::sync::Arc;

use super::mixdown::write_mixes;
use super::{What, export_plan, file_names};
use crate::audio::{AudioBuffer, StemFormat};
use crate::project::{Project, ProjectError, SeparationData};
use crate::separation::{
    Cancel, ExportSettings, Groups, Outcome, Progress, StemFile, StemRenderer, export_renderer,
};

/// What is to be written where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRequest {
    /// What is exported.
    pub what: What,
    /// The folder; it is made if it does not exist.
    pub folder: PathBuf,
    /// How the files are called, see [`expand`](super::expand).
    pub template: String,
    /// Sample format of the files.
    pub format: StemFormat,
    /// Whether files that exist are replaced.
    pub overwrite: bool,
}

/// What has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The files.
    pub files: Vec<StemFile>,
    /// Samples beyond full scale that had to be clipped in integer files of mixes, all files and
    /// channels together.
    pub clipped: u64,
}

/// The files that an export will write, in the order of its plan.
///
/// # Errors
/// As [`export_plan`] and [`file_names`].
pub fn export_files(
    project: &Project,
    request: &ExportRequest,
) -> Result<Vec<PathBuf>, ProjectError> {
    let plan = export_plan(project, request.what)?;
    let names = plan.stems.iter();
    let names: Vec<(usize, &str)> = names
        .map(|stem| (stem.number, stem.name.as_str()))
        .collect();
    let recording = project.recording().map(|recording| recording.name());
    let names = file_names(&request.template, &recording.unwrap_or_default(), &names)?;
    let path = |name| request.folder.join(format!("{name}.wav"));
    Ok(names.into_iter().map(path).collect())
}

/// Writes an export of `recording`, which are the samples of the whole recording of the project.
/// The files are as long as what was separated.
///
/// Runs on the current rayon pool; the files have the same bytes for any number of threads. They
/// appear under their names when all are complete. After an error or a cancel nothing remains.
///
/// # Errors
/// [`ProjectError::Exists`] with all files that exist, before anything is written, unless they are
/// to be replaced; [`ProjectError::Unfit`] for the samples of another recording; what
/// [`export_plan`], [`file_names`], the renderers and the writing of files refuse.
pub fn export(
    project: &Project,
    recording: &Arc<AudioBuffer>,
    request: &ExportRequest,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome<Exported>, ProjectError> {
    let plan = export_plan(project, request.what)?;
    let paths = export_files(project, request)?;
    let data = project.separation().ok_or(ProjectError::NoSeparation)?;
    let samples = samples(data, recording)?;
    if !request.overwrite {
        let exists = |path: &&PathBuf| path.symlink_metadata().is_ok();
        let existing: Vec<PathBuf> = paths.iter().filter(exists).cloned().collect();
        if !existing.is_empty() {
            return Err(ProjectError::Exists(existing));
        }
    }
    let names = paths.iter().filter_map(|path| path.file_name());
    let info = project.recording().map(|recording| &recording.info);
    let settings = ExportSettings {
        folder: request.folder.clone(),
        names: names
            .map(|name| name.to_string_lossy().into_owned())
            .collect(),
        format: request.format,
        overwrite: request.overwrite,
        channel_mask: info.and_then(|info| info.channel_mask),
        time_reference: info
            .and_then(|info| info.time_reference)
            .map(|at| at.saturating_add(data.span().start as u64)),
    };
    if !plan.adds_up {
        return write_mixes(data, &samples, &plan.stems, &settings, progress, cancel);
    }
    let stft = data.plan()?;
    let groups = plan.stems.into_iter().map(|stem| stem.atoms).collect();
    let renderer = StemRenderer::new(
        &samples,
        data.factors.templates(),
        data.factors.activations(),
        &stft,
        Groups::new(groups, data.len())?,
    )?;
    let renderer = match data.factors.channel_gains() {
        Some(gains) => renderer.with_channel_gains(gains)?,
        None => renderer,
    };
    let written = export_renderer(&renderer, &settings, progress, cancel)?;
    Ok(match written {
        Outcome::Done(files) => Outcome::Done(Exported { files, clipped: 0 }),
        Outcome::Cancelled => Outcome::Cancelled,
    })
}

/// The samples that were separated.
fn samples(
    data: &SeparationData,
    recording: &Arc<AudioBuffer>,
) -> Result<Arc<AudioBuffer>, ProjectError> {
    if (recording.frames(), recording.rate()) != (data.frames, data.rate) {
        return Err(ProjectError::Unfit(format!(
            "it was made from {} samples at {} Hz, but there are {} at {} Hz",
            data.frames,
            data.rate,
            recording.frames(),
            recording.rate()
        )));
    }
    Ok(match &data.excerpt {
        Some(span) => Arc::new(recording.excerpt(span.clone())),
        None => Arc::clone(recording),
    })
}
