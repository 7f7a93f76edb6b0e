//! What the arguments mean.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Error};

use super::args::{Args, Count, SeparateArgs, SplitArgs};
use super::naming::folder_names;
use crate::audio::StemFormat;
use crate::nmf;
use crate::separation::{ComponentCount, Model, SeparationSettings, SourceCount, check_online};
use crate::spectral::{HpssSettings, StftSettings, Window};

/// A batch of separations, all of whose settings can work.
#[derive(Debug)]
pub(super) struct Plan {
    pub recordings: Vec<Job>,
    pub output: PathBuf,
    pub settings: SeparationSettings,
    pub format: Option<StemFormat>,
    pub excerpt: Excerpt,
    pub threads: Option<usize>,
    pub force: bool,
    pub report: Reporting,
}

/// One recording of a batch.
#[derive(Debug)]
pub(super) struct Job {
    pub recording: PathBuf,
    /// Name of its result folder, different from all others of the batch.
    pub folder: OsString,
}

/// Which part of a recording is taken, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Excerpt {
    pub start: f64,
    pub duration: Option<f64>,
}

/// What is printed besides errors and warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reporting {
    /// Progress, to stderr.
    pub progress: bool,
    /// The result, to stdout.
    pub result: Style,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Nothing,
    Text,
    Json,
}

impl Plan {
    /// # Errors
    /// A usage error when the transform cannot be inverted, when more stems than components are
    /// asked for, or when settings of the factorization do not go together.
    pub fn new(args: SeparateArgs) -> Result<Self, Error> {
        let usage = |message: &dyn std::fmt::Display| usage("separate", message);
        let stft = transform(args.fft, args.hop, args.window);
        stft.check().map_err(|e| usage(&e))?;
        if let (Count::Fixed(components), Count::Fixed(sources)) = (args.components, args.sources)
            && sources > components
        {
            return Err(usage(&format!(
                "{components} components cannot be grouped into {sources} stems; \
                 ask for at most as many --sources as --components"
            )));
        }
        let settings = SeparationSettings {
            stft,
            components: match args.components {
                Count::Fixed(number) => ComponentCount::Fixed(number),
                Count::Auto | Count::Components => ComponentCount::Auto,
            },
            sources: match args.sources {
                Count::Fixed(number) => SourceCount::Fixed(number),
                Count::Auto => SourceCount::Auto,
                Count::Components => SourceCount::Components,
            },
            quality: args.quality,
            model: args.model,
            memory: args.memory,
            nmf: nmf::Settings {
                iterations: args.iterations,
                tolerance: args.tolerance,
                divergence: args.divergence,
                continuity: args.continuity,
                sparsity: args.sparsity,
                algorithm: args.algorithm,
                init: args.init,
                seed: args.seed,
                ..nmf::Settings::default()
            },
            template_frames: args.template_frames,
        };
        settings.nmf.check().map_err(|e| usage(&e))?;
        if settings.template_frames > 1 {
            settings.nmf.check_convolutive().map_err(|e| usage(&e))?;
        }
        if settings.model == Model::Online {
            check_online(&settings).map_err(|e| usage(&e))?;
        }
        let names = folder_names(&args.recordings);
        Ok(Self {
            recordings: args
                .recordings
                .into_iter()
                .zip(names)
                .map(|(recording, folder)| Job { recording, folder })
                .collect(),
            output: args.output,
            settings,
            format: args.format,
            excerpt: Excerpt {
                start: args.start,
                duration: args.duration,
            },
            threads: args.threads,
            force: args.force,
            report: Reporting {
                progress: !args.quiet,
                result: match (args.json, args.quiet) {
                    (true, _) => Style::Json,
                    (false, true) => Style::Nothing,
                    (false, false) => Style::Text,
                },
            },
        })
    }
}

/// How recordings are split.
///
/// # Errors
/// A usage error when the transform cannot be inverted, or when the medians, the exponent or the
/// margin are out of range.
pub(super) fn split_settings(args: &SplitArgs) -> Result<(StftSettings, HpssSettings), Error> {
    let stft = transform(args.fft, args.hop, args.window);
    let hpss = HpssSettings {
        frames: args.frames,
        bins: args.bins,
        power: args.power,
        margin: args.margin,
    };
    let checked = stft.check().and_then(|()| hpss.check());
    checked.map_err(|error| usage("split", &error))?;
    Ok((stft, hpss))
}

fn transform(size: usize, hop: Option<usize>, window: Window) -> StftSettings {
    StftSettings {
        size,
        hop: hop.unwrap_or(size / 4),
        window,
    }
}

/// An error of the arguments, told like those that clap finds itself.
fn usage(subcommand: &str, message: &dyn std::fmt::Display) -> Error {
    let mut command = Args::command();
    // Lets the subcommand know the name of the program that it is part of.
    command.build();
    match command.find_subcommand_mut(subcommand) {
        Some(found) => found.error(ErrorKind::ValueValidation, message),
        None => command.error(ErrorKind::ValueValidation, message),
    }
}
