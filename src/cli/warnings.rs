//! What the user should know about a result beside the result.

use super::plan::Plan;
use crate::audio::{RecordingInfo, SampleFormat, StemFormat};
use crate::nmf::{self, Algorithm, Init};
use crate::separation::{Model, Quality, SeparationSettings, check_online, memory_budget};

/// What was separated, and how.
pub(super) struct Separated<'a> {
    pub plan: &'a Plan,
    pub settings: &'a SeparationSettings,
    pub info: &'a RecordingInfo,
    pub model: Model,
    pub format: StemFormat,
    /// The largest magnitude of a sample, 1 for full scale.
    pub peak: f32,
    /// Whether nothing is heard.
    pub silent: bool,
}

/// The warnings in sentences.
pub(super) fn warnings(of: &Separated<'_>) -> Vec<String> {
    let found = [
        online(of),
        unused(of.settings, of.info),
        over_memory(of),
        no_chance(of.settings, of.info),
        one_quality(of.settings),
    ];
    let mut warnings: Vec<String> = found.into_iter().flatten().collect();
    warnings.extend(of_samples(of.info, of.format, of.peak));
    if of.silent {
        warnings.push("the recording is silent, and so are its stems".into());
    }
    warnings
}

/// What the samples lose on their way from the recording, whose largest magnitude is `peak`, to stems
/// of this format.
pub(super) fn of_samples(info: &RecordingInfo, format: StemFormat, peak: f32) -> Vec<String> {
    let mut warnings = Vec::new();
    let read = StemFormat::from(info.format);
    if format.bits() < read.bits() {
        warnings.push(format!(
            "the stems have {} bit and the recording has {}, so they add up to the recording \
             rounded to {} bit",
            format.bits(),
            info.format.bits(),
            format.bits()
        ));
    }
    if format != StemFormat::F32 && peak > 1.0 {
        warnings.push(format!(
            "the recording goes up to {:+.1} dB of full scale, which stems of {} bit cannot hold: there \
             they are clipped and do not add up to it; use --format 32f",
            20.0 * peak.log10(),
            format.bits()
        ));
    }
    if matches!(info.format, SampleFormat::I32 | SampleFormat::F64) {
        warnings.push(format!(
            "{} samples are rounded to 32-bit floats, 24 bit exact, when they are read",
            info.format
        ));
    }
    warnings
}

/// Why a recording was gone through block by block where that was not asked for.
fn online(of: &Separated<'_>) -> Option<String> {
    let unasked = of.model == Model::Online && of.settings.model == Model::Auto;
    unasked.then(|| {
        format!(
            "all of the spectrogram at once would take more than the {} MiB of memory that may be \
             used, so the recording was worked on block by block (--model online)",
            memory_budget(&of.plan.settings) >> 20
        )
    })
}

/// That a memory was named which what else is asked for cannot be held to.
fn over_memory(of: &Separated<'_>) -> Option<String> {
    let held = of.settings.model != Model::Auto || check_online(of.settings).is_ok();
    (of.settings.memory.is_some() && !held).then(|| {
        "--memory plays no part with other divergences, penalties, patterns in time or gains of \
         components: they need the whole spectrogram"
            .to_owned()
    })
}

/// That a seed was given where nothing is left to chance.
fn no_chance(settings: &SeparationSettings, info: &RecordingInfo) -> Option<String> {
    let frames = usize::try_from(info.frames.unwrap_or_default()).unwrap_or(usize::MAX);
    let columns = 1 + frames / settings.stft.hop;
    let nmf = settings.resolved(columns, usize::from(info.channels)).nmf;
    let plain = matches!(nmf.algorithm, Algorithm::Mu | Algorithm::Relaxed);
    let none = plain && nmf.init == Init::NndsvdA && settings.starts() == 1;
    (none && nmf.seed != nmf::Settings::default().seed)
        .then(|| "--seed plays no part where the start is not random; add --init random".to_owned())
}

/// That a quality was asked for where there is one only.
fn one_quality(settings: &SeparationSettings) -> Option<String> {
    (settings.quality != Quality::default() && !settings.is_by_atoms()).then(|| {
        "--quality plays no part with -k N, -k auto, -s components and --template-frames".to_owned()
    })
}

/// Where updates are plain ones, whatever is asked for.
fn plain(settings: &SeparationSettings, channels: u16) -> Option<&'static str> {
    if settings.is_by_atoms() {
        Some("where sources are found; add -k N or -s components")
    } else if settings.template_frames > 1 {
        Some("with --template-frames")
    } else if settings.channel_gains && channels > 1 {
        Some("with --channel-gains")
    } else {
        None
    }
}

/// Which options play no part beside the others.
fn unused(settings: &SeparationSettings, info: &RecordingInfo) -> Option<String> {
    let why = plain(settings, info.channels)?;
    let algorithm = settings.nmf.algorithm;
    let options = [
        (settings.restarts > settings.starts(), "--restarts"),
        (
            matches!(algorithm, Algorithm::Relaxed | Algorithm::Fast),
            "--algorithm",
        ),
        (
            settings.template_frames > 1 && settings.channel_gains,
            "--channel-gains",
        ),
    ];
    let named: Vec<&str> = options
        .into_iter()
        .filter_map(|(is, name)| is.then_some(name))
        .collect();
    let verb = match named.len() {
        0 => return None,
        1 => "plays",
        _ => "play",
    };
    Some(format!("{} {verb} no part {why}", named.join(" and ")))
}
