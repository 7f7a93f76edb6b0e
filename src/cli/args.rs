//! What was typed.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};

use crate::audio::StemFormat;
use crate::nmf;
use crate::separation::{Ingredient, Model, Preset, Quality, SeparationSettings};
use crate::spectral::{HpssSettings, Window};

/// Takes a recording apart into the sounds it is made of.
///
/// The stems add up to the recording: exactly for 16 and 24 bit, and within -120 dB for floats.
#[derive(Debug, Parser)]
#[command(name = "partita", version, subcommand_value_name = "COMMAND")]
#[command(args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 something failed, 2 the arguments make no sense, \
                        130 cancelled (Ctrl-C)."
)]
pub(super) struct Args {
    #[command(flatten)]
    pub window: WindowArgs,

    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How the window is to be opened where no command is given.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct WindowArgs {
    /// Recording or project to open in the window
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Write frame times, dropouts and latencies of the window to OUT as JSON when it closes
    #[arg(long, value_name = "OUT")]
    pub diagnostics: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Separate recordings into stems
    Separate(SeparateArgs),
    /// Split recordings into what lasts and what strikes
    Split(SplitArgs),
    /// Say what a recording is: rate, channels, length, format, damage, metadata
    Info(InfoArgs),
    /// Measure stems against the true ones: SI-SDR, BSS Eval
    Evaluate(EvaluateArgs),
}

/// Separate recordings into stems.
///
/// Every recording gets a folder of its own in DIR, named after it, with one WAV file per stem and
/// separation.json, which holds the settings, the divergence curve and what was found. Recordings
/// of the same name in one call get the name of their folder in front.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(super) struct SeparateArgs {
    /// Recordings to separate: WAV, FLAC, MP3, Ogg Vorbis, AAC, M4A, AIFF
    #[arg(required = true, value_name = "FILE")]
    pub recordings: Vec<PathBuf>,

    /// Where the result folders are made
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,

    /// Settings that suit a kind of material; what else is asked for goes before them. `auto`
    /// chooses by what is measured of the recording and says why
    #[arg(long, value_name = "PRESET", value_parser = one_of(&PresetChoice::ALL, PresetChoice::name))]
    pub preset: Option<PresetChoice>,

    /// Components to find: a number; `auto`, which is as many as the recording itself speaks for,
    /// and says why; or `sources`, which is as many as the stems need
    /// [default: sources, and auto with `-s components`]
    #[arg(short = 'k', long, value_name = "N|auto|sources", value_parser = components, allow_negative_numbers = true)]
    pub components: Option<Count>,

    /// Stems to group the components into: a number, `auto`, or `components` for one stem each
    /// [default: auto]
    #[arg(short, long, value_name = "N|auto|components", value_parser = sources, allow_negative_numbers = true)]
    pub sources: Option<Count>,

    /// How much time the stems are worth; plays no part with -k N or `-s components`
    #[arg(long, value_name = "QUALITY", default_value = quality_name(Quality::default()),
          value_parser = one_of(&[Quality::Fast, Quality::Best], quality_name))]
    pub quality: Quality,

    /// Iterations of the factorization at most [default: 200]
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    pub iterations: Option<usize>,

    /// Stop when an iteration lowers the divergence by less than this share; 0 never stops early
    #[arg(long, value_name = "SHARE", default_value_t = nmf::Settings::default().tolerance,
          value_parser = share, allow_negative_numbers = true)]
    pub tolerance: f64,

    /// How the divergence is lowered with -k N or `-s components`: plain updates, over-relaxed ones, or
    /// coarse to fine with acceleration, which counts its iterations by the work of plain ones; `auto` is
    /// `fast` with two fifths of the iterations for 1500 frames and 160 iterations or more, and `mu` where
    /// there are fewer or `fast` cannot do what is asked for; with fewer frames and nothing else asked for
    /// it adds --channel-gains and --continuity 0.1
    #[arg(long, value_name = "ALGORITHM", default_value = algorithm_name(nmf::Algorithm::default()),
          value_parser = one_of(&[nmf::Algorithm::Auto, nmf::Algorithm::Mu, nmf::Algorithm::Relaxed, nmf::Algorithm::Fast], algorithm_name))]
    pub algorithm: nmf::Algorithm,

    /// What the factorization lowers: Kullback-Leibler, Itakura-Saito, the squared distance, or the
    /// divergence with a beta from 0 to 2; all but kl with the algorithm mu
    #[arg(long, value_name = "kl|is|euclidean|BETA", default_value_t = nmf::Divergence::default(),
          value_parser = divergence, allow_negative_numbers = true)]
    pub divergence: nmf::Divergence,

    /// How much components pay for changing from frame to frame: 0 is off, useful from 0.01 to 1,
    /// with kl and mu. Unless it is given, 0.1 with -k N or `-s components` in short recordings (see
    /// --algorithm), 0.03 with -s N but not with --quality fast, otherwise 0
    #[arg(long, value_name = "WEIGHT", value_parser = weight, allow_negative_numbers = true)]
    pub continuity: Option<f64>,

    /// How much components pay for sounding often, in the same measure
    #[arg(long, value_name = "WEIGHT", default_value = "0", value_parser = weight, allow_negative_numbers = true)]
    pub sparsity: f64,

    /// Frames of a template: above 1 each component is a pattern in time, such as a stroke and how
    /// it dies away. With kl and mu, and grouped as with -k N
    #[arg(long, value_name = "N", default_value_t = SeparationSettings::default().template_frames,
          value_parser = at_least_one, allow_negative_numbers = true)]
    pub template_frames: usize,

    /// How the factorization starts
    #[arg(long, value_name = "INIT", default_value = init_name(nmf::Init::default()),
          value_parser = one_of(&[nmf::Init::Random, nmf::Init::NndsvdA], init_name))]
    pub init: nmf::Init,

    /// Seed of the random start; the same seed gives the same stems
    #[arg(long, value_name = "N", default_value_t = nmf::Settings::default().seed, value_parser = whole::<u64>, allow_negative_numbers = true)]
    pub seed: u64,

    /// Starts of the factorization: the one that --init says, then random ones. The lowest
    /// divergence is kept, and separation.json says how stable its components are; plays a part
    /// with -k N or `-s components`
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = starts, allow_negative_numbers = true)]
    pub restarts: usize,

    /// Give each component of -k N or `-s components` a gain in each channel, as those of stems have
    /// anyway: where a sound stands then helps to find it, and takes as many times the work as there
    /// are channels
    #[arg(long)]
    pub channel_gains: bool,

    /// Leave parts of the way to the stems out, to measure what they are worth
    #[arg(long, hide = true, value_name = "PART", value_delimiter = ',',
          value_parser = one_of(&Ingredient::ALL, Ingredient::name))]
    pub without: Vec<Ingredient>,

    /// How much is in memory: all of the spectrogram (`batch`), or a sample of its frames to learn
    /// from and then one block after the other (`online`); `auto` is `batch` where that fits into --memory
    #[arg(long, value_name = "MODEL", default_value = model_name(Model::default()),
          value_parser = one_of(&[Model::Batch, Model::Online, Model::Auto], model_name))]
    pub model: Model,

    /// Memory that may be used, such as 400M or 2G [default: half of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = bytes, allow_negative_numbers = true)]
    pub memory: Option<u64>,

    /// FFT size in samples: an even number from 64 to 65536 [default: 2048 at 44.1 and 48 kHz, as
    /// long at other rates]
    #[arg(long, value_name = "SAMPLES", value_parser = whole::<usize>, allow_negative_numbers = true)]
    pub fft: Option<usize>,

    /// Samples from one frame to the next [default: a quarter of the FFT size]
    #[arg(long, value_name = "SAMPLES", value_parser = whole::<usize>, allow_negative_numbers = true)]
    pub hop: Option<usize>,

    /// Window of the transform
    #[arg(long, value_name = "WINDOW", default_value = Window::default().name(),
          value_parser = one_of(&Window::ALL, Window::name))]
    pub window: Window,

    /// Sample format of the stems [default: that of the recording]
    #[arg(long, value_name = "FORMAT",
          value_parser = one_of(&[StemFormat::I16, StemFormat::I24, StemFormat::F32], format_name))]
    pub format: Option<StemFormat>,

    /// Begin this many seconds into the recording
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds, allow_negative_numbers = true)]
    pub start: f64,

    /// Take only this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = positive_seconds, allow_negative_numbers = true)]
    pub duration: Option<f64>,

    #[command(flatten)]
    pub run: RunArgs,
}

/// How recordings are worked on, and what is printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct RunArgs {
    /// Threads to work with [default: one per core]
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,

    /// Replace an earlier result of the same name; it stays until the new one is complete
    #[arg(long)]
    pub force: bool,

    /// Print nothing but errors and warnings
    #[arg(short, long)]
    pub quiet: bool,

    /// Print separation.json to stdout, one line per recording, and nothing else there
    #[arg(long)]
    pub json: bool,
}

/// Split recordings into what lasts and what strikes.
///
/// Every recording gets a folder of its own in DIR with 01-harmonic.wav and 02-percussive.wav, and
/// with a margin above 1 also 03-residual.wav, which together add up to the recording, and
/// separation.json. It compares medians along time and along frequency, and takes a second or two.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(super) struct SplitArgs {
    /// Recordings to split, of the same kinds as for `separate`
    #[arg(required = true, value_name = "FILE")]
    pub recordings: Vec<PathBuf>,

    /// Where the result folders are made
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,

    /// How many times stronger a part must be than the other before it begins to win: 1 or more;
    /// above 1 what is neither becomes the residual
    #[arg(long, value_name = "TIMES", default_value_t = HpssSettings::default().margin, allow_negative_numbers = true)]
    pub margin: f32,

    /// Exponent of the masks: the larger, the harder they are
    #[arg(long, value_name = "EXPONENT", default_value_t = HpssSettings::default().power, allow_negative_numbers = true)]
    pub power: f32,

    /// Frames of the median along time, an odd number
    #[arg(long, value_name = "N", default_value_t = HpssSettings::default().frames, value_parser = whole::<usize>, allow_negative_numbers = true)]
    pub frames: usize,

    /// Bins of the median along frequency, an odd number
    #[arg(long, value_name = "N", default_value_t = HpssSettings::default().bins, value_parser = whole::<usize>, allow_negative_numbers = true)]
    pub bins: usize,

    /// FFT size in samples: an even number from 64 to 65536 [default: 2048 at 44.1 and 48 kHz, as
    /// long at other rates]
    #[arg(long, value_name = "SAMPLES", value_parser = whole::<usize>, allow_negative_numbers = true)]
    pub fft: Option<usize>,

    /// Samples from one frame to the next [default: a quarter of the FFT size]
    #[arg(long, value_name = "SAMPLES", value_parser = whole::<usize>, allow_negative_numbers = true)]
    pub hop: Option<usize>,

    /// Window of the transform
    #[arg(long, value_name = "WINDOW", default_value = Window::default().name(),
          value_parser = one_of(&Window::ALL, Window::name))]
    pub window: Window,

    /// Sample format of the stems [default: that of the recording]
    #[arg(long, value_name = "FORMAT",
          value_parser = one_of(&[StemFormat::I16, StemFormat::I24, StemFormat::F32], format_name))]
    pub format: Option<StemFormat>,

    #[command(flatten)]
    pub run: RunArgs,
}

/// Say what a recording is.
///
/// The whole recording is read, so that every damage is found.
#[derive(Debug, clap::Args)]
pub(super) struct InfoArgs {
    /// The recording
    #[arg(value_name = "FILE")]
    pub recording: PathBuf,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Measure stems against the true ones.
///
/// All recordings must have the same rate, channels and length. Stems are matched by how well they
/// fit, not by name. A recording called mix or mixture is no stem; in the folder of the true stems
/// it serves as the mixture. All values are in dB; more is better.
#[derive(Debug, clap::Args)]
pub(super) struct EvaluateArgs {
    /// Folder of the true stems
    #[arg(long, value_name = "DIR")]
    pub reference: PathBuf,

    /// Folder of the stems to measure, such as a result of `partita separate`
    #[arg(long, value_name = "DIR")]
    pub estimate: PathBuf,

    /// The recording that was separated, to say by how much the stems improve on it
    #[arg(long, value_name = "FILE")]
    pub mixture: Option<PathBuf>,

    /// What is measured: SI-SDR, the ratios of BSS Eval 3 over the whole length, those of BSS Eval
    /// 4 as medians over seconds, or all three
    #[arg(long, value_name = "METHOD", default_value = Method::SiSdr.name(),
          value_parser = one_of(&Method::ALL, Method::name))]
    pub method: Method,

    /// Also add each stem to the true stem that it helps most, and give the SI-SDR of these sums:
    /// what perfect grouping of components would reach
    #[arg(long)]
    pub oracle: bool,

    /// Print JSON; null stands where a silent stem has no value
    #[arg(long)]
    pub json: bool,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    SiSdr,
    BssEval3,
    BssEval4,
    All,
}

impl Method {
    pub const ALL: [Self; 4] = [Self::SiSdr, Self::BssEval3, Self::BssEval4, Self::All];

    pub fn name(self) -> &'static str {
        match self {
            Self::SiSdr => "si-sdr",
            Self::BssEval3 => "bss-eval-3",
            Self::BssEval4 => "bss-eval-4",
            Self::All => "all",
        }
    }
}

/// A number of components or of stems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// Chosen by the program.
    Auto,
    /// One stem per component, or as many components as the stems need.
    OfTheOther,
    /// So many.
    Fixed(usize),
}

/// Which preset is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PresetChoice {
    /// The one that suits the recording.
    Auto,
    /// This one.
    Named(Preset),
}

impl PresetChoice {
    pub const ALL: [Self; 6] = [
        Self::Auto,
        Self::Named(Preset::Mix),
        Self::Named(Preset::Melodic),
        Self::Named(Preset::Drums),
        Self::Named(Preset::Speech),
        Self::Named(Preset::Long),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Named(preset) => preset.name(),
        }
    }
}

/// How a way to lower the divergence is called.
pub(super) fn algorithm_name(algorithm: nmf::Algorithm) -> &'static str {
    match algorithm {
        nmf::Algorithm::Auto => "auto",
        nmf::Algorithm::Mu => "mu",
        nmf::Algorithm::Relaxed => "relaxed",
        nmf::Algorithm::Fast => "fast",
    }
}

/// How a start of the factorization is called.
pub(super) fn init_name(init: nmf::Init) -> &'static str {
    match init {
        nmf::Init::Random => "random",
        nmf::Init::NndsvdA => "nndsvda",
    }
}

/// How a quality is called.
pub(super) fn quality_name(quality: Quality) -> &'static str {
    match quality {
        Quality::Fast => "fast",
        Quality::Best => "best",
    }
}

/// How a model is called.
pub(super) fn model_name(model: Model) -> &'static str {
    match model {
        Model::Batch => "batch",
        Model::Online => "online",
        Model::Auto => "auto",
    }
}

/// How a sample format of stems is called.
pub(super) fn format_name(format: StemFormat) -> &'static str {
    match format {
        StemFormat::I16 => "16",
        StemFormat::I24 => "24",
        StemFormat::F32 => "32f",
    }
}

/// Takes one of these values by its name.
fn one_of<T: Copy + Send + Sync + 'static>(
    values: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(values.iter().map(|&value| name(value))).try_map(move |typed| {
        let found = values.iter().find(|&&value| name(value) == typed);
        found.copied().ok_or("there is no such choice")
    })
}

/// A whole number, whatever its range is.
fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    // A u64 reads all that a usize does, and says which of both is wrong.
    match text.parse::<u64>() {
        Ok(_) => text.parse().map_err(|_| "the number is too large".into()),
        Err(_) => Err(format!("give a whole number from 0 to {}", u64::MAX)),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("give 1 or more".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("give a whole number, 1 or more".into()),
    }
}

fn components(text: &str) -> Result<Count, String> {
    match text {
        "auto" => Ok(Count::Auto),
        "sources" => Ok(Count::OfTheOther),
        _ => at_least_one(text)
            .map(Count::Fixed)
            .map_err(|what| format!("{what}, auto, or sources")),
    }
}

fn sources(text: &str) -> Result<Count, String> {
    match text {
        "auto" => Ok(Count::Auto),
        "components" => Ok(Count::OfTheOther),
        _ => at_least_one(text)
            .map(Count::Fixed)
            .map_err(|what| format!("{what}, auto, or components")),
    }
}

fn divergence(text: &str) -> Result<nmf::Divergence, String> {
    text.parse()
        .map_err(|_| "give kl, is, euclidean, or a number from 0 to 2".into())
}

fn weight(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("give a number, 0 or more, such as 0.1".into()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.0..1.0).contains(&value) => Ok(value),
        _ => Err("give a number from 0 to below 1, such as 0.0001".into()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("give seconds, 0 or more, such as 1.5".into()),
    }
}

fn positive_seconds(text: &str) -> Result<f64, String> {
    match seconds(text) {
        Ok(value) if value > 0.0 => Ok(value),
        _ => Err("give seconds, more than 0, such as 1.5".into()),
    }
}

/// A number of bytes, in units of 1024, 1024² or 1024³.
fn bytes(text: &str) -> Result<u64, String> {
    let wrong = "give a size such as 400M or 2G";
    let text = text.trim_end_matches(['B', 'b']).trim_end_matches(['i']);
    let (number, shift) = match text.chars().last() {
        Some('K' | 'k') => (&text[..text.len() - 1], 10),
        Some('M' | 'm') => (&text[..text.len() - 1], 20),
        Some('G' | 'g') => (&text[..text.len() - 1], 30),
        _ => return Err(wrong.into()),
    };
    match number.trim().parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => {
            Ok((number * f64::from(1_u32 << shift)) as u64)
        }
        _ => Err(wrong.into()),
    }
}

/// All results are held until the best is known.
const MOST_STARTS: usize = 100;

fn starts(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (1..=MOST_STARTS).contains(&number) => Ok(number),
        _ => Err(format!("give a whole number from 1 to {MOST_STARTS}")),
    }
}

/// More threads than any machine has cores only cost memory.
const MOST_THREADS: usize = 1024;

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (1..=MOST_THREADS).contains(&number) => Ok(number),
        _ => Err(format!("give a whole number from 1 to {MOST_THREADS}")),
    }
}
