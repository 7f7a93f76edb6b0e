//! `project.json`: what its fields are, and how they become a project.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Component as Part, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::SCHEMA;
use crate::audio::RecordingInfo;
use crate::nmf::Matrix;
use crate::project::{
    Atom, Colour, MAX_GAIN_DB, MIN_GAIN_DB, Project, ProjectError, RecordingRef, SeparationData,
    Source, SourceId, Unknown,
};
use crate::separation::{Component, ComponentChoice, Dendrogram, Groups, SeparationSettings};
use crate::spectral::StftSettings;

/// Says that a JSON file is ours.
const FORMAT: &str = "partita project";
/// Numbers up to here are exact in every reader of JSON.
const LARGEST_ID: u64 = 1 << 53;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Document {
    format: String,
    schema: u64,
    /// Version of the program that wrote it.
    #[serde(default)]
    version: String,
    recording: Option<RecordingRecord>,
    #[serde(default)]
    settings: SeparationSettings,
    pub separation: Option<SeparationRecord>,
    #[serde(default)]
    atoms: Vec<Map<String, Value>>,
    #[serde(default)]
    sources: Vec<Map<String, Value>>,
    /// What the window wants to find again.
    #[serde(default)]
    pub view: Value,
    /// Of a recovery file, the project that it is a later state of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RecordingRecord {
    /// Path from the folder of the project file, with `/` between its parts.
    relative: Option<String>,
    absolute: String,
    size: u64,
    sha256: Option<String>,
    #[serde(default)]
    repairs: Vec<String>,
    info: RecordingInfo,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SeparationRecord {
    pub stft: StftSettings,
    rate: u32,
    frames: usize,
    excerpt: Option<(usize, usize)>,
    scale: f32,
    #[serde(default)]
    iterations: usize,
    pub components: Vec<Component>,
    /// Whether there is a member with a gain for each component and channel.
    #[serde(default)]
    pub channels: usize,
    #[serde(default)]
    dendrogram: Option<Dendrogram>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    choice: Option<ComponentChoice>,
}

#[derive(Debug, Serialize, Deserialize)]
struct AtomRecord {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    gain_db: f32,
    #[serde(default)]
    mute: bool,
    #[serde(default)]
    solo: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct SourceRecord {
    id: SourceId,
    name: String,
    /// Of a name of which this is not said it is not known, so that it is kept.
    #[serde(default = "yes")]
    named: bool,
    #[serde(default = "first_colour")]
    colour: Colour,
    #[serde(default)]
    gain_db: f32,
    #[serde(default)]
    mute: bool,
    #[serde(default)]
    solo: bool,
    atoms: Vec<usize>,
}

fn yes() -> bool {
    true
}

fn first_colour() -> Colour {
    Colour::Palette(0)
}

impl SeparationRecord {
    fn new(data: &SeparationData) -> Self {
        Self {
            stft: data.stft,
            rate: data.rate,
            frames: data.frames,
            excerpt: data.excerpt.clone().map(|span| (span.start, span.end)),
            scale: data.scale,
            iterations: data.iterations,
            components: data.components.clone(),
            channels: data.factors.channel_gains().map_or(0, Matrix::rows),
            dendrogram: data.dendrogram.clone(),
            choice: data.choice.clone(),
        }
    }

    /// The separation without its factors and its divergence, which are members of their own.
    pub fn with(
        self,
        factors: Arc<crate::separation::Factors>,
        divergence_curve: Vec<f64>,
    ) -> Result<SeparationData, ProjectError> {
        let mut components = self.components;
        for component in &mut components {
            // Earlier files do not say it.
            if component.centre_hz <= 0.0 {
                component.centre_hz = component.centroid_hz;
            }
        }
        let data = SeparationData {
            factors,
            // A tree that does not fit these components is of no use.
            dendrogram: self.dendrogram.filter(|tree| tree.fits(components.len())),
            components,
            divergence_curve,
            iterations: self.iterations,
            choice: self.choice.filter(ComponentChoice::is_sound),
            stft: self.stft,
            rate: self.rate,
            frames: self.frames,
            excerpt: self.excerpt.map(|(start, end)| start..end),
            scale: self.scale,
        };
        data.check()?;
        Ok(data)
    }

    /// Samples that were separated.
    pub fn span(&self) -> usize {
        match self.excerpt {
            Some((start, end)) => end.saturating_sub(start),
            None => self.frames,
        }
    }
}

/// The text of `project.json` for a project that is saved at `path`.
pub(super) fn write(
    project: &Project,
    view: &Value,
    path: &Path,
    copy_of: Option<&Path>,
) -> Result<Vec<u8>, ProjectError> {
    let recording = project.recording.as_ref().map(|recording| RecordingRecord {
        relative: relative(&recording.path, copy_of.unwrap_or(path)),
        absolute: recording.path.to_string_lossy().into_owned(),
        size: recording.size,
        sha256: recording.sha256.clone(),
        repairs: recording.repairs.clone(),
        info: recording.info.clone(),
    });
    let document = Document {
        format: FORMAT.into(),
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        recording,
        settings: project.settings.clone(),
        separation: project.separation.as_deref().map(SeparationRecord::new),
        atoms: records(&project.atoms, |atom| {
            (AtomRecord::from(atom), &atom.unknown)
        })?,
        sources: records(&project.sources, |source| {
            (SourceRecord::from(source), &source.unknown)
        })?,
        view: view.clone(),
        copy_of: copy_of.map(Path::to_owned),
    };
    let mut object = object(&document)?;
    project.unknown.put_back(&mut object);
    let mut text = serde_json::to_vec_pretty(&object).map_err(unwritable)?;
    text.push(b'\n');
    Ok(text)
}

fn records<'a, T, R: Serialize>(
    rows: &'a [T],
    record: impl Fn(&'a T) -> (R, &'a Unknown),
) -> Result<Vec<Map<String, Value>>, ProjectError> {
    rows.iter()
        .map(|row| {
            let (record, unknown) = record(row);
            let mut object = object(&record)?;
            unknown.put_back(&mut object);
            Ok(object)
        })
        .collect()
}

fn object(record: &impl Serialize) -> Result<Map<String, Value>, ProjectError> {
    match serde_json::to_value(record).map_err(unwritable)? {
        Value::Object(object) => Ok(object),
        _ => Ok(Map::new()),
    }
}

fn unwritable(error: serde_json::Error) -> ProjectError {
    ProjectError::Unfit(format!("it cannot be written as JSON ({error})"))
}

/// The document in a text, and what it holds that is not known.
pub(super) fn parse(text: &[u8]) -> Result<(Document, Unknown), ProjectError> {
    let given: Map<String, Value> = serde_json::from_slice(text).map_err(not_understood)?;
    if given.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(ProjectError::NotAProject);
    }
    match given.get("schema").and_then(Value::as_u64) {
        Some(found) if found > SCHEMA => return Err(ProjectError::Newer { found }),
        Some(_) => {}
        None => return Err(damaged("project.json names no schema")),
    }
    let document: Document = understood(given.clone())?;
    let unknown = Unknown::between(&given, &object(&document)?);
    Ok((document, unknown))
}

impl Document {
    /// The project, with the separation that was made of `self.separation`.
    pub(super) fn into_project(
        self,
        separation: Option<Arc<SeparationData>>,
        unknown: Unknown,
    ) -> Result<Project, ProjectError> {
        let recording = self
            .recording
            .map(RecordingRecord::into_recording)
            .map(Arc::new);
        let atoms: Vec<Atom> = rows(self.atoms, AtomRecord::into_atom)?;
        let sources: Vec<Source> = rows(self.sources, SourceRecord::into_source)?;
        let components = separation.as_ref().map_or(0, |data| data.len());
        if atoms.len() != components {
            return Err(damaged("there is not one atom for each component"));
        }
        if sources.iter().any(|source| source.members.is_empty()) {
            return Err(damaged("a source is empty"));
        }
        if sources.iter().any(|source| source.name.trim().is_empty()) {
            return Err(damaged("a source has no name"));
        }
        let mut ids = HashSet::new();
        if !sources
            .iter()
            .all(|s| s.id.0 <= LARGEST_ID && ids.insert(s.id))
        {
            return Err(damaged("sources have the same id or an impossible one"));
        }
        let members = sources
            .iter()
            .map(|source| source.members.clone())
            .collect();
        if components > 0 {
            Groups::new(members, components)
                .map_err(|error| ProjectError::Damaged(error.to_string()))?;
        } else if !sources.is_empty() {
            return Err(damaged("there are sources without a separation"));
        }
        match (&recording, &separation) {
            (Some(recording), Some(separation)) => separation.check_recording(recording)?,
            (None, Some(_)) => return Err(damaged("there is a separation of no recording")),
            _ => {}
        }
        Ok(Project {
            recording,
            settings: self.settings,
            separation,
            atoms,
            sources,
            unknown,
            members: Arc::default(),
        })
    }

    /// Where the recording is, seen from the folder of the project file.
    pub fn relative_recording(&self) -> Option<PathBuf> {
        let relative = self.recording.as_ref()?.relative.as_ref()?;
        Some(relative.split('/').collect())
    }
}

impl RecordingRecord {
    fn into_recording(self) -> RecordingRef {
        RecordingRef {
            path: self.absolute.into(),
            info: self.info,
            size: self.size,
            sha256: self.sha256,
            repairs: self.repairs,
        }
    }
}

impl From<&Atom> for AtomRecord {
    fn from(atom: &Atom) -> Self {
        Self {
            name: atom.name.clone(),
            gain_db: atom.gain_db,
            mute: atom.mute,
            solo: atom.solo,
        }
    }
}

impl AtomRecord {
    fn into_atom(self, unknown: Unknown) -> Atom {
        Atom {
            name: self.name.filter(|name| !name.trim().is_empty()),
            gain_db: gain(self.gain_db),
            mute: self.mute,
            solo: self.solo,
            unknown,
        }
    }
}

impl From<&Source> for SourceRecord {
    fn from(source: &Source) -> Self {
        Self {
            id: source.id,
            name: source.name.clone(),
            named: source.named,
            colour: source.colour,
            gain_db: source.gain_db,
            mute: source.mute,
            solo: source.solo,
            atoms: source.members.clone(),
        }
    }
}

impl SourceRecord {
    fn into_source(self, unknown: Unknown) -> Source {
        Source {
            id: self.id,
            name: self.name,
            named: self.named,
            colour: self.colour,
            gain_db: gain(self.gain_db),
            mute: self.mute,
            solo: self.solo,
            members: self.atoms,
            unknown,
        }
    }
}

fn gain(gain_db: f32) -> f32 {
    gain_db.clamp(MIN_GAIN_DB, MAX_GAIN_DB)
}

fn rows<R: Serialize + DeserializeOwned, T>(
    records: Vec<Map<String, Value>>,
    row: impl Fn(R, Unknown) -> T,
) -> Result<Vec<T>, ProjectError> {
    records
        .into_iter()
        .map(|given| {
            let record: R = understood(given.clone())?;
            let unknown = Unknown::between(&given, &object(&record)?);
            Ok(row(record, unknown))
        })
        .collect()
}

fn understood<T: DeserializeOwned>(given: Map<String, Value>) -> Result<T, ProjectError> {
    serde_json::from_value(Value::Object(given)).map_err(not_understood)
}

fn not_understood(error: serde_json::Error) -> ProjectError {
    ProjectError::Damaged(format!("project.json: {error}"))
}

fn damaged(what: &str) -> ProjectError {
    ProjectError::Damaged(what.into())
}

/// The path of `recording` from the folder of `project`, with `/` between its parts; `None` where
/// there is no way but from the root, or no text for it.
fn relative(recording: &Path, project: &Path) -> Option<String> {
    let (recording, project) = (absolute(recording)?, absolute(project)?);
    let folder: Vec<Part<'_>> = project.parent()?.components().collect();
    let recording: Vec<Part<'_>> = recording.components().collect();
    let shared = folder
        .iter()
        .zip(&recording)
        .take_while(|(a, b)| a == b)
        .count();
    // What shares no more than the root is on another disk as likely as not.
    if shared == 0 {
        return None;
    }
    let up = folder.iter().skip(shared).map(|_| Some(".."));
    let down = recording
        .iter()
        .skip(shared)
        .map(|part| OsStr::to_str(part.as_os_str()));
    let parts: Option<Vec<&str>> = up.chain(down).collect();
    Some(parts?.join("/"))
}

fn absolute(path: &Path) -> Option<PathBuf> {
    std::path::absolute(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_found_from_the_folder_of_the_project() {
        for (recording, project, expected) in [
            ("/music/song.wav", "/music/song.partita", "song.wav"),
            (
                "/music/in/song.wav",
                "/music/out/a.partita",
                "../in/song.wav",
            ),
            ("/a/song.wav", "/b/c/d.partita", "../../a/song.wav"),
        ] {
            let found = relative(recording.as_ref(), project.as_ref());
            assert_eq!(found.as_deref(), Some(expected));
        }
    }
}
