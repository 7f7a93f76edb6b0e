//! The description of a result: `separation.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::args::{algorithm_name, format_name, init_name, model_name, quality_name};
use super::plan::{Plan, Wanted};
use super::warnings::{Separated, warnings};
use crate::audio::{RecordingInfo, Repair, StemFormat};
use crate::separation::{
    Component, ComponentChoice, ComponentCount, Merge, Model, Separation, SeparationSettings,
    SourceCount, StemFile, memory_budget,
};
use crate::spectral::StftSettings;

/// Everything about one separation that is worth keeping beside its stems.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Version of the program.
    pub version: &'static str,
    pub recording: RecordingFacts,
    /// The result folder.
    pub folder: String,
    pub settings: Settings,
    /// The preset that was asked for or chosen; null without one.
    pub preset: Option<ChosenPreset>,
    pub seed: u64,
    /// Rows of the spectrogram.
    pub bins: usize,
    /// Columns of the spectrogram.
    pub frames: usize,
    /// Number of components.
    pub components: usize,
    /// Why so many: all numbers that were tried, with what speaks for each; null where the number
    /// was not chosen from evidence.
    pub component_choice: Option<ComponentChoice>,
    /// Iterations that were made.
    pub iterations: usize,
    /// The divergence at the start and after each iteration.
    pub divergence_curve: Vec<f64>,
    pub stems: Vec<StemFacts>,
    /// What was measured of each component, in their order.
    pub measurements: Vec<Component>,
    /// For each component its gain in each channel; null where all channels have one mask.
    pub channel_gains: Option<Vec<Vec<f32>>>,
    /// The tree of which components join first; null where components were asked for.
    pub dendrogram: Option<Vec<Merge>>,
    pub timings: Timings,
    pub repairs: Vec<Repair>,
    pub warnings: Vec<String>,
}

/// The recording, or the part of it, that was separated.
#[derive(Debug, Serialize)]
pub(super) struct RecordingFacts {
    /// The path as it was given.
    pub file: String,
    /// Where the part begins, in seconds.
    pub start: f64,
    #[serde(flatten)]
    pub info: RecordingInfo,
}

/// The settings as they were used, `auto` resolved, and what was asked for.
#[derive(Debug, Serialize)]
pub(super) struct Settings {
    pub stft: StftSettings,
    pub components: usize,
    pub components_asked: Asked,
    pub sources: usize,
    pub sources_asked: Asked,
    /// How much time the sources were worth: fast or best.
    pub quality: &'static str,
    /// Starts of the factorization that were made.
    pub restarts: usize,
    /// Whether components that were asked for got gains in the channels, and whether that was asked
    /// for. Those of sources have gains in any case.
    pub channel_gains: bool,
    pub channel_gains_asked: bool,
    pub iterations: usize,
    pub tolerance: f64,
    /// What was lowered: kl, is, euclidean, or beta as a number.
    pub divergence: String,
    /// Weights of the penalties on the activations.
    pub continuity: f64,
    pub sparsity: f64,
    /// Frames of a template; the components of a pattern stand side by side.
    pub template_frames: usize,
    /// How the divergence was lowered: mu, relaxed or fast.
    pub algorithm: &'static str,
    /// What was asked for, which may be auto.
    pub algorithm_asked: &'static str,
    pub init: &'static str,
    /// How much of the spectrogram was in memory: batch or online.
    pub model: &'static str,
    /// What was asked for: batch, online or auto.
    pub model_asked: &'static str,
    /// Bytes of memory that might be used: what is found block by block depends on it.
    pub memory: u64,
    /// Sample format of the stems: 16, 24 or 32f.
    pub format: &'static str,
}

/// A preset, and why it was chosen where it was not asked for.
#[derive(Debug, Serialize)]
pub(super) struct ChosenPreset {
    pub name: &'static str,
    pub reason: Option<String>,
}

/// A number of components or of stems as it was asked for.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Asked {
    Number(usize),
    Word(&'static str),
}

impl From<ComponentCount> for Asked {
    fn from(count: ComponentCount) -> Self {
        match count {
            ComponentCount::Fixed(number) => Self::Number(number),
            ComponentCount::Auto => Self::Word("sources"),
            ComponentCount::Evidence => Self::Word("auto"),
        }
    }
}

impl From<SourceCount> for Asked {
    fn from(count: SourceCount) -> Self {
        match count {
            SourceCount::Fixed(number) => Self::Number(number),
            SourceCount::Auto => Self::Word("auto"),
            SourceCount::Components => Self::Word("components"),
        }
    }
}

/// One stem.
#[derive(Debug, Serialize)]
pub(super) struct StemFacts {
    /// Name of the source.
    pub name: String,
    /// Name of the file in the result folder.
    pub file: String,
    /// Its components, counted from 0.
    pub components: Vec<usize>,
    /// Its share of the energy of all components, from 0 to 1.
    pub energy: f64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

/// Seconds that each phase took.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Timings {
    pub read: f64,
    pub stft: f64,
    pub factorize: f64,
    pub mask: f64,
    pub export: f64,
}

/// What a separation has led to.
pub(super) struct Results<'a> {
    pub settings: &'a SeparationSettings,
    pub preset: Option<ChosenPreset>,
    pub folder: &'a Path,
    pub info: RecordingInfo,
    pub repairs: Vec<Repair>,
    /// The largest magnitude of a sample, 1 for full scale.
    pub peak: f32,
    pub model: Model,
    pub separation: Separation,
    /// One per source, in their order.
    pub files: &'a [StemFile],
    pub format: StemFormat,
    pub timings: Timings,
}

impl Report {
    /// Describes the separation of one recording of the plan.
    pub fn new(plan: &Plan, wanted: &Wanted, results: Results<'_>) -> Self {
        let Results {
            separation,
            format,
            settings,
            preset,
            ..
        } = results;
        let factorization = separation.factorization;
        let used = SeparationSettings {
            model: results.model,
            ..settings.clone()
        }
        .resolved(
            factorization.activations.cols(),
            usize::from(results.info.channels),
        );
        let channel_gains = separation.channel_gains.map(|gains| {
            (0..gains.cols())
                .map(|k| gains.column(k).to_vec())
                .collect()
        });
        let dendrogram = separation.dendrogram.map(|tree| tree.merges().to_vec());
        let stems = separation
            .sources
            .into_iter()
            .zip(results.files)
            .map(|(source, file)| StemFacts {
                name: source.name,
                file: file
                    .path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                components: source.components,
                energy: source.energy_share,
                sha256: hexadecimal(&file.sha256),
            })
            .collect::<Vec<_>>();
        let warnings = warnings(&Separated {
            plan,
            settings,
            info: &results.info,
            model: results.model,
            format,
            peak: results.peak,
            silent: stems.iter().all(|stem| stem.energy <= 0.0),
        });
        Self {
            version: env!("CARGO_PKG_VERSION"),
            folder: results.folder.to_string_lossy().into_owned(),
            settings: Settings {
                stft: settings.stft,
                components: separation.components.len(),
                components_asked: settings.components.into(),
                sources: stems.len(),
                sources_asked: settings.sources.into(),
                quality: quality_name(settings.quality),
                restarts: settings.starts(),
                channel_gains: channel_gains.is_some() && !settings.is_by_atoms(),
                channel_gains_asked: settings.channel_gains,
                iterations: used.nmf.iterations,
                tolerance: settings.nmf.tolerance,
                divergence: settings.nmf.divergence.to_string(),
                continuity: used.nmf.continuity,
                sparsity: settings.nmf.sparsity,
                template_frames: settings.template_frames,
                algorithm: algorithm_name(used.nmf.algorithm),
                algorithm_asked: algorithm_name(settings.nmf.algorithm),
                init: init_name(settings.nmf.init),
                model: model_name(results.model),
                model_asked: model_name(settings.model),
                memory: memory_budget(settings),
                format: format_name(format),
            },
            preset,
            seed: settings.nmf.seed,
            bins: factorization.templates.rows(),
            frames: factorization.activations.cols(),
            components: separation.components.len(),
            component_choice: separation.choice,
            iterations: factorization.iterations,
            divergence_curve: factorization.divergence_curve,
            stems,
            measurements: separation.components,
            channel_gains,
            dendrogram,
            timings: results.timings,
            warnings,
            repairs: results.repairs,
            recording: RecordingFacts {
                file: wanted.recording.to_string_lossy().into_owned(),
                start: plan.excerpt.start,
                info: results.info,
            },
        }
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The stem files that a description names, or nothing when it is none.
pub(super) fn stem_files(description: &[u8]) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Description {
        stems: Vec<Stem>,
    }
    #[derive(Deserialize)]
    struct Stem {
        file: String,
    }
    let description: Description = serde_json::from_slice(description).ok()?;
    Some(description.stems.into_iter().map(|s| s.file).collect())
}
