//! `partita split`: what lasts and what strikes, as stems.

use serde::Serialize;

use super::args::{SplitArgs, format_name};
use super::error::CliError;
use super::folder::ResultFolder;
use super::load::Opened;
use super::naming::{folder_names, stem_file};
use super::output::{complain, print};
use super::plan::Excerpt;
use super::report::hexadecimal;
use super::run::Ending;
use crate::audio::{Repair, StemFormat};
use crate::separation::{
    Cancel, ExportSettings, Outcome, SeparationError, Silent, StemRenderer, export_renderer, split,
};
use crate::spectral::{HpssSettings, Stft, StftSettings};

/// The names of the stems; the last one only with a margin.
const NAMES: [&str; 3] = ["harmonic", "percussive", "residual"];

/// The description of a result.
#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    recording: String,
    folder: String,
    stft: StftSettings,
    hpss: HpssSettings,
    format: &'static str,
    stems: Vec<StemFacts>,
    repairs: Vec<Repair>,
}

#[derive(Debug, Serialize)]
struct StemFacts {
    name: &'static str,
    file: String,
    sha256: String,
}

/// Splits all recordings. What fails with one is told, and the others go on.
///
/// # Errors
/// [`CliError::Stdout`] when the result cannot be told.
pub(super) fn split_all(
    args: &SplitArgs,
    stft: StftSettings,
    hpss: HpssSettings,
) -> Result<Ending, CliError> {
    let cancel = Cancel::default();
    let handle = cancel.clone();
    // Without a handler Ctrl-C still ends the program, only without clearing up.
    let _ = ctrlc::set_handler(move || handle.cancel());
    let mut ending = Ending::Done;
    let names = folder_names(&args.recordings);
    for (recording, name) in args.recordings.iter().zip(names) {
        let folder = ResultFolder::prepare(&args.output, &name, args.force);
        let done = folder.and_then(|folder| {
            let stft = Stft::new(stft).map_err(|source| failed(recording, source.into()))?;
            split_one(args, recording, folder, &stft, hpss, &cancel)
        });
        match done {
            Ok(Outcome::Done(report)) => {
                for repair in &report.repairs {
                    complain(format_args!("note: {repair}: {}", report.recording));
                }
                print(&format!(
                    "{}: {} stems\n",
                    report.folder,
                    report.stems.len()
                ))?;
            }
            Ok(Outcome::Cancelled) => {
                complain("cancelled");
                return Ok(Ending::Cancelled);
            }
            Err(error) => {
                complain(error);
                ending = Ending::Failed;
            }
        }
    }
    Ok(ending)
}

fn failed(path: &std::path::Path, source: SeparationError) -> CliError {
    CliError::Separation {
        path: path.to_owned(),
        source,
    }
}

fn split_one(
    args: &SplitArgs,
    path: &std::path::Path,
    folder: ResultFolder,
    stft: &Stft,
    hpss: HpssSettings,
    cancel: &Cancel,
) -> Result<Outcome<Report>, CliError> {
    let all = Excerpt {
        start: 0.0,
        duration: None,
    };
    let Outcome::Done(recording) = Opened::new(path, all)?.read(&Silent, cancel)? else {
        return Ok(Outcome::Cancelled);
    };
    let read = StemFormat::from(recording.info.format);
    let format = args.format.unwrap_or(read);
    let done = split(&recording.buffer, stft, &hpss, &Silent, cancel);
    let Outcome::Done(masks) = done.map_err(|source| failed(path, source))? else {
        return Ok(Outcome::Cancelled);
    };
    let renderer = StemRenderer::of_split(&recording.buffer, &masks, stft)
        .map_err(|source| failed(path, source))?;
    let count = renderer.stems();
    let names = NAMES.iter().take(count).enumerate();
    let settings = ExportSettings {
        folder: folder.path().to_owned(),
        names: names
            .map(|(i, name)| stem_file(i + 1, count, name))
            .collect(),
        format,
        overwrite: false,
        channel_mask: recording.info.channel_mask,
    };
    let done = export_renderer(&renderer, &settings, &Silent, cancel);
    let Outcome::Done(files) = done.map_err(|source| failed(folder.target(), source))? else {
        return Ok(Outcome::Cancelled);
    };
    let stems = NAMES.iter().zip(&settings.names).zip(&files);
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        recording: path.to_string_lossy().into_owned(),
        folder: folder.target().to_string_lossy().into_owned(),
        stft: stft.settings(),
        hpss,
        format: format_name(format),
        stems: stems
            .map(|((name, file), written)| StemFacts {
                name,
                file: file.clone(),
                sha256: hexadecimal(&written.sha256),
            })
            .collect(),
        repairs: recording.repairs,
    };
    if cancel.is_cancelled() {
        return Ok(Outcome::Cancelled);
    }
    folder.finish(&report)?;
    Ok(Outcome::Done(report))
}
