//! `partita separate`: one recording after the other.

use std::fmt::Write;
use std::path::Path;

use super::each::{Job, Told, each};
use super::error::CliError;
use super::load::Opened;
use super::plan::{Plan, Wanted};
use super::progress::Shares;
use super::report::Report;
use super::run::Ending;
use super::single::separate_one;
use crate::audio::StemFormat;
use crate::separation::{Cancel, NOMINAL_RATE, Outcome, Progress, SourceCount, estimate};

/// Separates all recordings of the plan.
///
/// # Errors
/// As [`each`].
pub(super) fn separate(plan: &Plan) -> Result<Ending, CliError> {
    let jobs = plan
        .recordings
        .iter()
        .map(|wanted| Separating { plan, wanted });
    each(&jobs.collect::<Vec<_>>(), &plan.run)
}

struct Separating<'a> {
    plan: &'a Plan,
    wanted: &'a Wanted,
}

impl Job for Separating<'_> {
    type Result = Report;

    fn recording(&self) -> &Path {
        &self.wanted.recording
    }

    fn shares(&self) -> Shares {
        shares(self.plan, self.wanted)
    }

    fn run(&self, progress: &dyn Progress, cancel: &Cancel) -> Result<Outcome<Report>, CliError> {
        separate_one(self.plan, self.wanted, progress, cancel)
    }
}

impl Told for Report {
    fn recording(&self) -> &str {
        &self.recording.file
    }

    fn notes(&self) -> Vec<String> {
        let repairs = self.repairs.iter().map(ToString::to_string);
        repairs.chain(self.warnings.iter().cloned()).collect()
    }

    fn text(&self) -> String {
        summary(self)
    }
}

/// The result as a short table, and what else could be asked for when no grouping was.
fn summary(report: &Report) -> String {
    let timings = &report.timings;
    let seconds = timings.read + timings.stft + timings.factorize + timings.mask + timings.export;
    let parts = match report.settings.template_frames {
        0 | 1 => counted(report.components, "component"),
        frames => counted(report.components / frames, "pattern"),
    };
    let mut text = format!(
        "{}: {} of {parts}, {}{seconds:.1} s\n",
        report.folder,
        counted(report.stems.len(), "stem"),
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
    let asked = &report.settings.sources_asked;
    if *asked == SourceCount::Auto.into() && report.components > 1 {
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
fn shares(plan: &Plan, wanted: &Wanted) -> Shares {
    // Only the ratios matter: where the length cannot be told yet, any will do.
    let (mut frames, mut channels, mut rate) = (30 * 44_100, 2, NOMINAL_RATE);
    if let Ok(opened) = Opened::new(&wanted.recording, plan.excerpt) {
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
