//! `partita split`: what lasts and what strikes, as stems.

use std::ffi::OsString;
use std::path::Path;

use serde::Serialize;

use super::args::{SplitArgs, format_name};
use super::each::{Job, Told, each};
use super::error::CliError;
use super::folder::ResultFolder;
use super::load::Opened;
use super::naming::{folder_names, stem_file};
use super::plan::Excerpt;
use super::progress::Shares;
use super::report::hexadecimal;
use super::run::Ending;
use super::warnings::of_samples;
use crate::audio::{Repair, StemFormat};
use crate::separation::{
    Cancel, ExportSettings, Outcome, Phase, Progress, SeparationError, StemRenderer, at_rate,
    export_renderer, split,
};
use crate::spectral::{HpssSettings, Stft, StftSettings};

/// The names of the stems; the last one only with a margin.
const NAMES: [&str; 3] = ["harmonic", "percussive", "residual"];

/// How long the phases take compared to each other, for three minutes of stereo.
const SHARES: [(Phase, f64); 6] = [
    (Phase::Read, 0.1),
    (Phase::Stft, 0.2),
    (Phase::Choose, 0.0),
    (Phase::Factorize, 0.0),
    (Phase::Mask, 0.4),
    (Phase::Export, 0.3),
];

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
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct StemFacts {
    name: &'static str,
    file: String,
    sha256: String,
}

/// Splits all recordings.
///
/// # Errors
/// As [`each`].
pub(super) fn split_all(
    args: &SplitArgs,
    stft: StftSettings,
    hpss: HpssSettings,
) -> Result<Ending, CliError> {
    let names = folder_names(&args.recordings);
    let all = args.recordings.iter().zip(names);
    let jobs = all.map(|(recording, folder)| Splitting {
        args,
        recording,
        folder,
        stft,
        hpss,
    });
    each(&jobs.collect::<Vec<_>>(), &args.run)
}

struct Splitting<'a> {
    args: &'a SplitArgs,
    recording: &'a Path,
    /// Name of the result folder.
    folder: OsString,
    stft: StftSettings,
    hpss: HpssSettings,
}

impl Job for Splitting<'_> {
    type Result = Report;

    fn recording(&self) -> &Path {
        self.recording
    }

    fn shares(&self) -> Shares {
        Shares::new(SHARES)
    }

    fn run(&self, progress: &dyn Progress, cancel: &Cancel) -> Result<Outcome<Report>, CliError> {
        let folder = ResultFolder::prepare(&self.args.output, &self.folder, self.args.run.force)?;
        self.done_in(folder, progress, cancel)
    }
}

impl Told for Report {
    fn recording(&self) -> &str {
        &self.recording
    }

    fn notes(&self) -> Vec<String> {
        let repairs = self.repairs.iter().map(ToString::to_string);
        repairs.chain(self.warnings.iter().cloned()).collect()
    }

    fn text(&self) -> String {
        format!("{}: {} stems\n", self.folder, self.stems.len())
    }
}

impl Splitting<'_> {
    fn done_in(
        &self,
        folder: ResultFolder,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Outcome<Report>, CliError> {
        let failed = |source: SeparationError| failed(self.recording, source);
        let all = Excerpt {
            start: 0.0,
            duration: None,
        };
        let opened = Opened::new(self.recording, all)?;
        let Outcome::Done(recording) = opened.read(progress, cancel)? else {
            return Ok(Outcome::Cancelled);
        };
        let settings = if self.args.fft.is_none() && self.args.hop.is_none() {
            at_rate(self.stft, recording.info.rate)
        } else {
            self.stft
        };
        let stft = Stft::new(settings).map_err(|source| failed(source.into()))?;
        let read = StemFormat::from(recording.info.format);
        let format = self.args.format.unwrap_or(read);
        let done = split(&recording.buffer, &stft, &self.hpss, progress, cancel);
        let Outcome::Done(masks) = done.map_err(failed)? else {
            return Ok(Outcome::Cancelled);
        };
        let renderer = StemRenderer::of_split(&recording.buffer, &masks, &stft).map_err(failed)?;
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
            time_reference: recording.info.time_reference,
        };
        let done = export_renderer(&renderer, &settings, progress, cancel);
        let Outcome::Done(files) = done.map_err(|source| self::failed(folder.target(), source))?
        else {
            return Ok(Outcome::Cancelled);
        };
        let stems = NAMES.iter().zip(&settings.names).zip(&files);
        let report = Report {
            version: env!("CARGO_PKG_VERSION"),
            recording: self.recording.to_string_lossy().into_owned(),
            folder: folder.target().to_string_lossy().into_owned(),
            stft: stft.settings(),
            hpss: self.hpss,
            format: format_name(format),
            stems: stems
                .map(|((name, file), written)| StemFacts {
                    name,
                    file: file.clone(),
                    sha256: hexadecimal(&written.sha256),
                })
                .collect(),
            warnings: of_samples(&recording.info, format, recording.buffer.peak()),
            repairs: recording.repairs,
        };
        if cancel.is_cancelled() {
            return Ok(Outcome::Cancelled);
        }
        folder.finish(&report)?;
        Ok(Outcome::Done(report))
    }
}

fn failed(path: &Path, source: SeparationError) -> CliError {
    CliError::Separation {
        path: path.to_owned(),
        source,
    }
}
