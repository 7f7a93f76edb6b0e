//! What the arguments mean.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Error};

use super::args::{Args, Count, PresetChoice, RunArgs, SeparateArgs, SplitArgs};
use super::naming::folder_names;
use crate::audio::StemFormat;
use crate::nmf;
use crate::separation::{
    ComponentCount, Ingredient, Model, Preset, SeparationSettings, SourceCount, at_rate,
    check_online,
};
use crate::spectral::{HpssSettings, StftSettings};

/// A batch of separations, all of whose settings can work.
#[derive(Debug)]
pub(super) struct Plan {
    pub recordings: Vec<Wanted>,
    pub output: PathBuf,
    /// What all recordings are separated with, but for `by_preset`.
    pub settings: SeparationSettings,
    /// The preset that was asked for by name.
    pub preset: Option<Preset>,
    /// Whether the transform is that of a preset or the usual one, so that its window is to last as
    /// long at any rate.
    pub usual_window: bool,
    /// Where the preset is chosen for each recording, what each one comes to.
    pub by_preset: Vec<(Preset, SeparationSettings)>,
    pub format: Option<StemFormat>,
    pub excerpt: Excerpt,
    pub run: RunArgs,
}

/// One recording of a batch.
#[derive(Debug)]
pub(super) struct Wanted {
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

impl Plan {
    /// Settings of the plan for a recording of `rate` samples a second.
    pub fn at_rate(&self, settings: &SeparationSettings, rate: u32) -> SeparationSettings {
        let mut settings = settings.clone();
        if self.usual_window {
            settings.stft = at_rate(settings.stft, rate);
        }
        settings
    }

    /// # Errors
    /// A usage error when the transform cannot be inverted, when more stems than components are
    /// asked for, or when settings of the factorization do not go together.
    pub fn new(args: SeparateArgs) -> Result<Self, Error> {
        let (preset, by_preset) = match args.preset {
            None => (None, Vec::new()),
            Some(PresetChoice::Named(preset)) => (Some(preset), Vec::new()),
            Some(PresetChoice::Auto) => {
                let each = Preset::ALL.map(|preset| Ok((preset, settings(&args, Some(preset))?)));
                (None, each.into_iter().collect::<Result<_, Error>>()?)
            }
        };
        let settings = settings(&args, preset)?;
        let names = folder_names(&args.recordings);
        Ok(Self {
            recordings: args
                .recordings
                .into_iter()
                .zip(names)
                .map(|(recording, folder)| Wanted { recording, folder })
                .collect(),
            output: args.output,
            settings,
            preset,
            usual_window: args.fft.is_none() && args.hop.is_none(),
            by_preset,
            format: args.format,
            excerpt: Excerpt {
                start: args.start,
                duration: args.duration,
            },
            run: args.run,
        })
    }
}

/// How recordings are split.
///
/// # Errors
/// A usage error when the transform cannot be inverted, or when the medians, the exponent or the
/// margin are out of range.
pub(super) fn split_settings(args: &SplitArgs) -> Result<(StftSettings, HpssSettings), Error> {
    let size = args.fft.unwrap_or(StftSettings::default().size);
    let stft = StftSettings {
        size,
        hop: args.hop.unwrap_or(size / 4),
        window: args.window,
    };
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

/// The settings of a preset, or the usual ones, with what was typed besides.
fn settings(args: &SeparateArgs, preset: Option<Preset>) -> Result<SeparationSettings, Error> {
    let base = preset.unwrap_or(Preset::Mix).settings();
    let size = args.fft.unwrap_or(base.stft.size);
    let hop = match args.fft {
        Some(size) => size / 4,
        None => base.stft.hop,
    };
    let stft = StftSettings {
        size,
        hop: args.hop.unwrap_or(hop),
        window: args.window,
    };
    let usage = |message: &dyn std::fmt::Display| usage("separate", message);
    stft.check().map_err(|e| usage(&e))?;
    let sources = match args.sources {
        Some(Count::Fixed(number)) => SourceCount::Fixed(number),
        Some(Count::Auto) => SourceCount::Auto,
        Some(Count::OfTheOther) => SourceCount::Components,
        None => base.sources,
    };
    let components = match args.components {
        Some(Count::Fixed(number)) => ComponentCount::Fixed(number),
        Some(Count::Auto) => ComponentCount::Evidence,
        Some(Count::OfTheOther) => ComponentCount::Auto,
        // A preset gives way: as many as there are stems to be at least.
        None => match (base.components, sources) {
            (ComponentCount::Fixed(few), SourceCount::Fixed(stems)) => {
                ComponentCount::Fixed(few.max(stems))
            }
            (components, _) => components,
        },
    };
    let components = match (components, sources) {
        // There are no stems that could need any.
        (ComponentCount::Auto, SourceCount::Components) => ComponentCount::Evidence,
        (components, _) => components,
    };
    if let (ComponentCount::Fixed(components), SourceCount::Fixed(sources)) = (components, sources)
        && sources > components
    {
        return Err(usage(&format!(
            "{components} components cannot be grouped into {sources} stems; \
             ask for at most as many --sources as --components"
        )));
    }
    let mut without = args.without.clone();
    // None at all, in place of the usual one.
    if args.continuity == Some(0.0) && !without.contains(&Ingredient::Continuity) {
        without.push(Ingredient::Continuity);
    }
    let settings = SeparationSettings {
        stft,
        components,
        sources,
        quality: args.quality,
        restarts: args.restarts,
        nmf: nmf::Settings {
            iterations: args.iterations.unwrap_or(base.nmf.iterations),
            tolerance: args.tolerance,
            divergence: args.divergence,
            continuity: args.continuity.unwrap_or(0.0),
            sparsity: args.sparsity,
            algorithm: args.algorithm,
            init: args.init,
            seed: args.seed,
            ..nmf::Settings::default()
        },
        template_frames: args.template_frames,
        channel_gains: args.channel_gains,
        without,
        model: args.model,
        memory: args.memory,
    };
    settings.nmf.check().map_err(|e| usage(&e))?;
    if settings.template_frames > 1 {
        settings.nmf.check_convolutive().map_err(|e| usage(&e))?;
    }
    if settings.model == Model::Online {
        check_online(&settings).map_err(|e| usage(&e))?;
    }
    Ok(settings)
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
