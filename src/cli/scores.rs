//! How the scores of stems are told, as a table and as JSON.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::evaluation::{BssFrames, BssScore, BssSource, OracleGroups, SiSdr};

/// All scores; what was not asked for is not there.
#[derive(Serialize)]
pub(super) struct Report {
    /// Path of the mixture, where there is one.
    pub mixture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub si_sdr: Option<SiSdrScores>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oracle: Option<Grouped>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bss_eval_3: Option<Bss3>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bss_eval_4: Option<Bss4>,
}

/// SI-SDR with each reference's best estimate.
#[derive(Serialize)]
pub(super) struct SiSdrScores {
    /// Over the references that are not silent, as all means here.
    pub mean: f64,
    /// Over the mixture.
    pub mean_improvement: Option<f64>,
    pub sources: Vec<SiSdrRow>,
    /// Files of estimates that no reference was left for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct SiSdrRow {
    pub reference: String,
    /// Files of the estimate: one, or those that were added up.
    pub estimate: Vec<String>,
    pub si_sdr: f64,
    pub mixture: Option<f64>,
    pub improvement: Option<f64>,
}

/// SI-SDR of the estimates grouped by one who knows the references.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Grouped(SiSdrScores);

/// The ratios over the whole length.
#[derive(Serialize)]
pub(super) struct Bss3 {
    pub mean: Ratios,
    pub sources: Vec<BssRow>,
}

/// The ratios second by second.
#[derive(Serialize)]
pub(super) struct Bss4 {
    /// Of the medians.
    pub mean: Ratios,
    pub sources: Vec<FramesRow>,
}

#[derive(Serialize)]
pub(super) struct BssRow {
    pub reference: String,
    pub estimate: Option<String>,
    #[serde(flatten)]
    pub ratios: Ratios,
}

#[derive(Serialize)]
pub(super) struct FramesRow {
    #[serde(flatten)]
    pub median: BssRow,
    pub frames: Vec<Ratios>,
}

/// In dB; infinite or undefined ones are null.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Ratios {
    pub sdr: f64,
    pub isr: f64,
    pub sir: f64,
    pub sar: f64,
}

impl From<&BssScore> for Ratios {
    fn from(score: &BssScore) -> Self {
        Self {
            sdr: score.sdr,
            isr: score.isr,
            sir: score.sir,
            sar: score.sar,
        }
    }
}

impl Ratios {
    fn mean(rows: &[Self]) -> Self {
        let of = |ratio: fn(&Self) -> f64| mean(rows.iter().map(ratio));
        Self {
            sdr: of(|r| r.sdr),
            isr: of(|r| r.isr),
            sir: of(|r| r.sir),
            sar: of(|r| r.sar),
        }
    }
}

/// Mean of the values that are finite; NaN when none is.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let finite: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    finite.iter().sum::<f64>() / finite.len() as f64
}

fn name(names: &[String], index: Option<usize>) -> Option<String> {
    names.get(index?).cloned()
}

impl SiSdrScores {
    /// `estimates` are the names of files.
    pub fn new(scores: &SiSdr, references: &[String], estimates: &[String]) -> Self {
        let one = |index: usize| name(estimates, scores.sources[index].estimate);
        let matched = scores.matching();
        let is_left = |estimate: &usize| !matched.contains(&Some(*estimate));
        let unmatched = (0..estimates.len()).filter(is_left);
        Self {
            unmatched: unmatched.filter_map(|e| name(estimates, Some(e))).collect(),
            ..Self::with(scores, references, |index| one(index).into_iter().collect())
        }
    }

    fn with(scores: &SiSdr, references: &[String], files: impl Fn(usize) -> Vec<String>) -> Self {
        let sources = &scores.sources;
        let improvements: Option<Vec<f64>> = sources.iter().map(|s| s.improvement()).collect();
        Self {
            mean: mean(sources.iter().map(|s| s.si_sdr)),
            mean_improvement: improvements.map(|all| mean(all.into_iter())),
            sources: sources
                .iter()
                .zip(references)
                .enumerate()
                .map(|(index, (source, reference))| SiSdrRow {
                    reference: reference.clone(),
                    estimate: files(index),
                    si_sdr: source.si_sdr,
                    mixture: source.mixture,
                    improvement: source.improvement(),
                })
                .collect(),
            unmatched: Vec::new(),
        }
    }
}

impl Grouped {
    pub fn new(groups: &OracleGroups, references: &[String], estimates: &[String]) -> Self {
        let files = |reference| {
            let all = groups.reference_of.iter().zip(estimates);
            let own = all.filter(|(of, _)| **of == reference);
            own.map(|(_, file)| file.clone()).collect()
        };
        Self(SiSdrScores::with(&groups.scores, references, files))
    }
}

impl Bss3 {
    pub fn new(sources: &[BssSource], references: &[String], estimates: &[String]) -> Self {
        let rows = sources.iter().zip(references);
        let rows = rows.map(|(source, reference)| BssRow {
            reference: reference.clone(),
            estimate: name(estimates, source.estimate),
            ratios: (&source.score).into(),
        });
        let sources: Vec<BssRow> = rows.collect();
        let ratios: Vec<Ratios> = sources.iter().map(|row| row.ratios).collect();
        Self {
            mean: Ratios::mean(&ratios),
            sources,
        }
    }
}

impl Bss4 {
    pub fn new(sources: &[BssFrames], references: &[String], estimates: &[String]) -> Self {
        let rows = sources.iter().zip(references);
        let rows = rows.map(|(source, reference)| FramesRow {
            median: BssRow {
                reference: reference.clone(),
                estimate: name(estimates, source.estimate),
                ratios: (&source.median).into(),
            },
            frames: source.frames.iter().map(Ratios::from).collect(),
        });
        let sources: Vec<FramesRow> = rows.collect();
        let ratios: Vec<Ratios> = sources.iter().map(|row| row.median.ratios).collect();
        Self {
            mean: Ratios::mean(&ratios),
            sources,
        }
    }
}

/// A value with two digits, or a dash where there is none.
fn decibels(value: f64) -> String {
    if value.is_finite() {
        format!("{value:9.2}")
    } else {
        format!("{:>9}", "-")
    }
}

fn columns(f: &mut fmt::Formatter<'_>, title: &str, names: &[&str]) -> fmt::Result {
    write!(f, "{title:<24}")?;
    names.iter().try_for_each(|name| write!(f, "{name:>9}"))?;
    writeln!(f, "  estimate")
}

fn row(f: &mut fmt::Formatter<'_>, title: &str, values: &[f64], file: &str) -> fmt::Result {
    write!(f, "{title:<24}")?;
    values.iter().try_for_each(|&v| f.write_str(&decibels(v)))?;
    writeln!(f, "{}{file}", if file.is_empty() { "" } else { "  " })
}

impl SiSdrScores {
    fn table(&self, f: &mut fmt::Formatter<'_>, title: &str) -> fmt::Result {
        columns(f, title, &["SI-SDR", "mixture", "gain"])?;
        let known = |value: Option<f64>| value.unwrap_or(f64::NAN);
        for source in &self.sources {
            let values = [
                source.si_sdr,
                known(source.mixture),
                known(source.improvement),
            ];
            let files = match source.estimate.len() {
                0 => "none".into(),
                _ => source.estimate.join(", "),
            };
            row(f, &source.reference, &values, &files)?;
        }
        let mixture = known(self.mean_improvement.map(|gain| self.mean - gain));
        row(
            f,
            "mean",
            &[self.mean, mixture, known(self.mean_improvement)],
            "",
        )?;
        if self.unmatched.is_empty() {
            return Ok(());
        }
        writeln!(f, "matched with none: {}", self.unmatched.join(", "))
    }
}

fn ratios<'a>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    rows: impl Iterator<Item = &'a BssRow>,
    mean: Ratios,
) -> fmt::Result {
    columns(f, title, &["SDR", "ISR", "SIR", "SAR"])?;
    let values = |r: Ratios| [r.sdr, r.isr, r.sir, r.sar];
    for source in rows {
        let file = source.estimate.as_deref().unwrap_or("none");
        row(f, &source.reference, &values(source.ratios), file)?;
    }
    row(f, "mean", &values(mean), "")
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let mut gap = |f: &mut fmt::Formatter<'_>| {
            if std::mem::replace(&mut first, false) {
                Ok(())
            } else {
                writeln!(f)
            }
        };
        if let Some(scores) = &self.si_sdr {
            gap(f)?;
            scores.table(f, "one by one, dB")?;
        }
        if let Some(Grouped(scores)) = &self.oracle {
            gap(f)?;
            scores.table(f, "grouped by oracle, dB")?;
        }
        if let Some(scores) = &self.bss_eval_3 {
            gap(f)?;
            ratios(f, "BSS Eval 3, dB", scores.sources.iter(), scores.mean)?;
        }
        if let Some(scores) = &self.bss_eval_4 {
            gap(f)?;
            let medians = scores.sources.iter().map(|row| &row.median);
            ratios(f, "BSS Eval 4, dB", medians, scores.mean)?;
        }
        Ok(())
    }
}
