//! `partita separate`: one recording after the other.

use std::fmt::Write;

use super::error::CliError;
use super::output::{complain, print};
use super::plan::{Job, Plan, Style};
use super::progress::{Meter, Shares};
use super::report::Report;
use super::run::Ending;
use super::single::separate_one;
use crate::separation::{Cancel, ComponentCount, Outcome, Quality, Silent, SourceCount};

/// Separates all recordings of the plan. What fails with one is told, and the others go on.
///
/// # Errors
/// [`CliError::Threads`] when the work cannot begin at all, [`CliError::Stdout`] when its result
/// cannot be told.
pub(super) fn separate(plan: &Plan) -> Result<Ending, CliError> {
    let cancel = Cancel::default();
    let handle = cancel.clone();
    // Without a handler Ctrl-C still ends the program, only without clearing up.
    let _ = ctrlc::set_handler(move || handle.cancel());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.threads.unwrap_or(0))
        .build()
        .map_err(CliError::Threads)?;
    let shares = shares(plan);
    let mut ending = Ending::Done;
    for (number, job) in plan.recordings.iter().enumerate() {
        let outcome = if plan.report.progress {
            let meter = Meter::new(label(plan, job, number), shares);
            let outcome = pool.install(|| separate_one(plan, job, &meter, &cancel));
            if let Ok(Outcome::Done(_)) = outcome {
                meter.finish();
            }
            outcome
        } else {
            pool.install(|| separate_one(plan, job, &Silent, &cancel))
        };
        match outcome {
            Ok(Outcome::Done(report)) => tell(plan, &report)?,
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

/// What the progress says of the recording it is about.
fn label(plan: &Plan, job: &Job, number: usize) -> String {
    let name = job
        .recording
        .file_name()
        .unwrap_or(job.recording.as_os_str())
        .to_string_lossy();
    match plan.recordings.len() {
        1 => name.into_owned(),
        all => format!("{name} ({} of {all})", number + 1),
    }
}

/// Tells of one result: warnings to stderr, the result itself to stdout.
fn tell(plan: &Plan, report: &Report) -> Result<(), CliError> {
    for what in report
        .repairs
        .iter()
        .map(ToString::to_string)
        .chain(report.warnings.iter().cloned())
    {
        complain(format_args!("note: {what}: {}", report.recording.file));
    }
    match plan.report.result {
        Style::Nothing => Ok(()),
        Style::Text => print(&summary(report, plan.settings.sources)),
        Style::Json => {
            let line =
                serde_json::to_string(report).map_err(|e| CliError::Stdout { source: e.into() })?;
            print(&format!("{line}\n"))
        }
    }
}

/// The result as a short table, and what else could be asked for when no grouping was.
fn summary(report: &Report, asked: SourceCount) -> String {
    let timings = &report.timings;
    let seconds = timings.read + timings.stft + timings.factorize + timings.mask + timings.export;
    let mut text = format!(
        "{}: {} of {}, {}{seconds:.1} s\n",
        report.folder,
        counted(report.stems.len(), "stem"),
        counted(report.components, "component"),
        // Of several stages the last one says nothing.
        match report.dendrogram {
            Some(_) => String::new(),
            None => counted(report.iterations, "iteration") + ", ",
        },
    );
    if let Some(preset) = &report.preset
        && let Some(reason) = &preset.reason
    {
        // Writing to a string does not fail.
        let _ = writeln!(text, "preset {}: {reason}", preset.name);
    }
    if let Some(choice) = &report.component_choice {
        let _ = writeln!(text, "-k auto: {}", choice.reason);
    }
    text.push_str(" share of the energy\n");
    for stem in &report.stems {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:6.1} %  {}", stem.energy * 100.0, stem.file);
    }
    if asked == SourceCount::Auto && report.components > 1 {
        text.push_str("-s N makes N stems; -k N -s components writes N components alone\n");
    }
    text
}

/// A number of things, in words that agree with it.
fn counted(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// How long the phases take compared to each other, estimated from the sizes of the work.
///
/// Nanoseconds per frame of the transform, on one core; only their ratios matter, and the
/// recording's own length does not.
fn shares(plan: &Plan) -> Shares {
    const CHANNELS: f64 = 2.0;
    const AUTO: usize = 16;
    const AUTO_PER_STEM: usize = 4;
    // Sources that are found, and atoms of each in the second stage.
    const SOURCES: f64 = 4.0;
    const ATOMS: f64 = 20.0;
    // The choice takes the same for any length; this is its share of half a minute.
    const CHOICE: f64 = 4e5;
    let settings = &plan.settings;
    let size = settings.stft.size as f64;
    let bins = size / 2.0;
    let components = match (settings.components, settings.sources) {
        (ComponentCount::Fixed(number), _) => number,
        (ComponentCount::Evidence, _) => AUTO,
        (ComponentCount::Auto, SourceCount::Fixed(stems)) => stems.saturating_mul(AUTO_PER_STEM),
        (ComponentCount::Auto, SourceCount::Auto | SourceCount::Components) => AUTO,
    } as f64;
    let stems = match settings.sources {
        SourceCount::Fixed(number) => number as f64,
        SourceCount::Auto if settings.is_by_atoms() => SOURCES,
        SourceCount::Auto | SourceCount::Components => components,
    };
    // Updates of all atoms of a source.
    let updates = if settings.is_by_atoms() {
        stems
            * match settings.quality {
                Quality::Best => 16.0 * 120.0 + ATOMS * (60.0 + 15.0),
                Quality::Fast => 8.0 * 50.0 + ATOMS * (25.0 + 15.0),
            }
    } else {
        settings.nmf.iterations as f64 * components
    };
    let samples = settings.stft.hop as f64 * CHANNELS;
    let transform = 0.3 * size * size.log2() * CHANNELS;
    Shares::new([
        4.0 * samples,
        transform,
        if settings.components == ComponentCount::Evidence {
            CHOICE
        } else {
            0.0
        },
        bins * (0.15 * settings.nmf.iterations as f64 + 0.08 * updates),
        bins * 0.1 * components,
        transform * (1.0 + stems) + 6.0 * samples * stems,
    ])
}
