//! `partita evaluate`: stems against the true ones.

use std::io;
use std::path::{Path, PathBuf};

use super::args::{EvaluateArgs, Method};
use super::error::CliError;
use super::output::{complain, print};
use super::scores::{Bss3, Bss4, Grouped, Report, SiSdrScores};
use crate::audio::{self, AudioBuffer};
use crate::evaluation::{BssEval, EvaluationError, Which, oracle_groups, si_sdr};

/// What a file is called, without its extension, that is no stem but the sum of them.
const MIXTURES: [&str; 2] = ["mix", "mixture"];
/// Extensions of recordings; other files of a folder are passed over.
const EXTENSIONS: [&str; 12] = [
    "wav", "wave", "rf64", "flac", "mp3", "ogg", "oga", "aac", "m4a", "mp4", "aif", "aiff",
];

/// Measures the stems and prints the scores.
///
/// # Errors
/// [`CliError::Stems`] and [`CliError::NoStems`] for a folder that cannot be used,
/// [`CliError::Recording`] for a file that cannot be read, [`CliError::Evaluation`] when the stems
/// cannot be compared, [`CliError::Stdout`] when nothing can be printed.
pub(super) fn evaluate(args: &EvaluateArgs) -> Result<(), CliError> {
    let references = Folder::list(&args.reference)?;
    let estimates = Folder::list(&args.estimate)?;
    let mixture = args.mixture.clone().or_else(|| references.mixture.clone());
    let report = compare(args, &references.stems, &estimates.stems, mixture)?;
    let text = if args.json {
        let json = serde_json::to_string_pretty(&report);
        json.map_err(|e| CliError::Stdout { source: e.into() })? + "\n"
    } else {
        report.to_string()
    };
    print(&text)
}

fn compare(
    args: &EvaluateArgs,
    reference_paths: &[PathBuf],
    estimate_paths: &[PathBuf],
    mixture_path: Option<PathBuf>,
) -> Result<Report, CliError> {
    let read_all = |paths: &[PathBuf]| -> Result<Vec<AudioBuffer>, CliError> {
        paths.iter().map(|path| read(path)).collect()
    };
    let references = read_all(reference_paths)?;
    let estimates = read_all(estimate_paths)?;
    let mixture = mixture_path.as_deref().map(read).transpose()?;
    let failed = |source: EvaluationError| {
        let path = match &source {
            EvaluationError::Different { which, .. } => match *which {
                Which::Reference(index) => reference_paths.get(index).cloned(),
                Which::Estimate(index) => estimate_paths.get(index).cloned(),
                Which::Mixture => mixture_path.clone(),
            },
            _ => None,
        };
        let path = path.unwrap_or_else(|| args.estimate.clone());
        CliError::Evaluation { source, path }
    };

    let matched = si_sdr(&references, &estimates, mixture.as_ref()).map_err(failed)?;
    let (reference_names, estimate_names) = (names(reference_paths), names(estimate_paths));
    let mut report = Report {
        mixture: mixture_path
            .as_ref()
            .map(|path| path.to_string_lossy().into_owned()),
        si_sdr: None,
        oracle: None,
        bss_eval_3: None,
        bss_eval_4: None,
    };
    if matches!(args.method, Method::SiSdr | Method::All) {
        report.si_sdr = Some(SiSdrScores::new(
            &matched,
            &reference_names,
            &estimate_names,
        ));
    }
    if args.oracle {
        let groups = oracle_groups(&references, &estimates, mixture.as_ref()).map_err(failed)?;
        report.oracle = Some(Grouped::new(&groups, &reference_names, &estimate_names));
    }
    if args.method != Method::SiSdr {
        let bss = BssEval::new(&references, &estimates).map_err(failed)?;
        if args.method != Method::BssEval4 {
            let sources = bss.version_3();
            report.bss_eval_3 = Some(Bss3::new(&sources, &reference_names, &estimate_names));
        }
        if args.method != Method::BssEval3 {
            let sources = bss.version_4(&matched.matching());
            report.bss_eval_4 = Some(Bss4::new(&sources, &reference_names, &estimate_names));
        }
    }
    Ok(report)
}

/// Reads a recording and tells what had to be mended.
fn read(path: &Path) -> Result<AudioBuffer, CliError> {
    let recording = audio::read(path).map_err(CliError::recording(path))?;
    for repair in &recording.repairs {
        complain(format_args!("note: {repair}: {}", path.display()));
    }
    Ok(recording.buffer)
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    let name = |path: &PathBuf| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into()
    };
    paths.iter().map(name).collect()
}

/// The recordings of a folder.
struct Folder {
    /// In the order of their names.
    stems: Vec<PathBuf>,
    mixture: Option<PathBuf>,
}

impl Folder {
    fn list(folder: &Path) -> Result<Self, CliError> {
        let listed = || -> io::Result<Vec<PathBuf>> {
            std::fs::read_dir(folder)?
                .map(|entry| Ok(entry?.path()))
                .collect()
        };
        let mut paths = listed().map_err(|source| CliError::Stems {
            source,
            path: folder.to_owned(),
        })?;
        paths.retain(|path| is_recording(path));
        paths.sort();
        let is_mixture = |path: &PathBuf| {
            let name = path.file_stem().unwrap_or_default();
            MIXTURES
                .iter()
                .any(|mixture| name.eq_ignore_ascii_case(mixture))
        };
        let (mixtures, stems): (Vec<_>, Vec<_>) = paths.into_iter().partition(is_mixture);
        if stems.is_empty() {
            return Err(CliError::NoStems(folder.to_owned()));
        }
        Ok(Self {
            stems,
            mixture: mixtures.into_iter().next(),
        })
    }
}

fn is_recording(path: &Path) -> bool {
    let known = |extension: &std::ffi::OsStr| {
        EXTENSIONS
            .iter()
            .any(|&known| extension.eq_ignore_ascii_case(known))
    };
    // The hidden files that some systems put beside recordings are none.
    let hidden = path
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && path.is_file() && path.extension().is_some_and(known)
}
