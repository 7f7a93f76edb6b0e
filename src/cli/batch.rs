//! `partita separate`: one recording after the other.

use std::fmt::Write;

use super::error::CliError;
use super::load::Opened;
use super::output::{complain, print};
use super::plan::{Job, Plan, Style};
use super::progress::{Meter, Shares};
use super::report::Report;
use super::run::Ending;
use super::single::separate_one;
use crate::audio::StemFormat;
use crate::separation::{Cancel, NOMINAL_RATE, Outcome, Silent, SourceCount, estimate};

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
    let mut ending = Ending::Done;
    for (number, job) in plan.recordings.iter().enumerate() {
        let outcome = if plan.report.progress {
            let meter = Meter::new(label(plan, job, number), shares(plan, job));
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

/// How long the phases take compared to each other.
fn shares(plan: &Plan, job: &Job) -> Shares {
    // Only the ratios matter: where the length cannot be told yet, any will do.
    let (mut frames, mut channels, mut rate) = (30 * 44_100, 2, NOMINAL_RATE);
    if let Ok(opened) = Opened::new(&job.recording, plan.excerpt) {
        let info = opened.info();
        (channels, rate) = (usize::from(info.channels), info.rate);
        frames = info
            .frames
            .map_or(frames, |all| usize::try_from(all).unwrap_or(usize::MAX));
    }
    let settings = plan.at_rate(&plan.settings, rate);
    let expected = estimate(frames, channels, &settings, StemFormat::F32);
    Shares::new(expected.phases)
}
