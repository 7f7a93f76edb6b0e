//! One recording after the other: progress, cancelling, and what is said of each result.

use std::path::Path;

use serde::Serialize;

use super::args::RunArgs;
use super::error::CliError;
use super::output::{complain, print};
use super::progress::{Meter, Shares};
use super::run::Ending;
use crate::separation::{Cancel, Outcome, Progress, Silent};

/// A result that can be told.
pub(super) trait Told: Serialize {
    /// The recording that it is of.
    fn recording(&self) -> &str;
    /// What the user should know beside the result.
    fn notes(&self) -> Vec<String>;
    /// The result in a few lines.
    fn text(&self) -> String;
}

/// Work on one recording of a batch.
pub(super) trait Job: Sync {
    /// What comes of it.
    type Result: Told + Send;
    /// The recording.
    fn recording(&self) -> &Path;
    /// How long its phases take compared to each other.
    fn shares(&self) -> Shares;
    /// Does it.
    ///
    /// # Errors
    /// Whatever keeps the result from being complete; nothing of it remains then.
    fn run(
        &self,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Outcome<Self::Result>, CliError>;
}

/// Does all work, one after the other. What fails with one is told, and the others go on.
///
/// # Errors
/// [`CliError::Threads`] when the work cannot begin at all, [`CliError::Stdout`] when its result
/// cannot be told.
pub(super) fn each<J: Job>(jobs: &[J], args: &RunArgs) -> Result<Ending, CliError> {
    let cancel = Cancel::default();
    let handle = cancel.clone();
    // Without a handler Ctrl-C still ends the program, only without clearing up.
    let _ = ctrlc::set_handler(move || handle.cancel());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads.unwrap_or(0))
        .build()
        .map_err(CliError::Threads)?;
    let mut ending = Ending::Done;
    for (number, job) in jobs.iter().enumerate() {
        let outcome = if args.quiet {
            pool.install(|| job.run(&Silent, &cancel))
        } else {
            let label = label(job.recording(), number, jobs.len());
            let meter = Meter::new(label, job.shares());
            let outcome = pool.install(|| job.run(&meter, &cancel));
            if let Ok(Outcome::Done(_)) = outcome {
                meter.finish();
            }
            outcome
        };
        match outcome {
            Ok(Outcome::Done(result)) => tell(args, &result)?,
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
fn label(recording: &Path, number: usize, all: usize) -> String {
    let name = recording.file_name().unwrap_or(recording.as_os_str());
    let name = name.to_string_lossy();
    match all {
        1 => name.into_owned(),
        all => format!("{name} ({} of {all})", number + 1),
    }
}

/// Tells of one result: notes to stderr, the result itself to stdout.
fn tell(args: &RunArgs, result: &impl Told) -> Result<(), CliError> {
    for note in result.notes() {
        complain(format_args!("note: {note}: {}", result.recording()));
    }
    if args.json {
        let line =
            serde_json::to_string(result).map_err(|e| CliError::Stdout { source: e.into() })?;
        print(&format!("{line}\n"))
    } else if args.quiet {
        Ok(())
    } else {
        print(&result.text())
    }
}
