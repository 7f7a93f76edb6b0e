//! Reads a project file.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use zip::ZipArchive;
use zip::result::ZipError;

use super::Member;
use super::atomic::read_limited;
use super::document::{self, SeparationRecord};
use super::npy::{read_matrix, read_values};
use crate::nmf::Matrix;
use crate::project::{Project, ProjectError, SeparationData};
use crate::separation::{Factors, SeparationError};
use crate::spectral::Stft;

/// Most members; this version writes four.
const MOST_MEMBERS: usize = 1000;
/// Most bytes of `project.json`.
const LONGEST_TEXT: u64 = 256 << 20;
/// Most bytes of all unknown members, which are held in memory.
const LARGEST_REST: u64 = 256 << 20;
/// Most values of a matrix.
const LARGEST_MATRIX: usize = 1 << 32;
/// Most samples of a recording: half a year at 48 kHz.
const LONGEST_RECORDING: usize = 1 << 40;
/// Names of the members that this version knows.
const KNOWN: [&str; 5] = [
    "project.json",
    "W.npy",
    "H.npy",
    "channel_gains.npy",
    "divergence.npy",
];

/// A project as it was found in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The project.
    pub project: Project,
    /// What the window wanted to find again; [`Value::Null`] where it left nothing.
    pub view: Value,
    /// Where the recording is, seen from the folder of the project file, for
    /// [`locate`](crate::project::locate).
    pub relative_recording: Option<PathBuf>,
    /// Of a recovery file, the project file that it is a later state of.
    pub copy_of: Option<PathBuf>,
}

/// Reads a project file. Nothing in it is believed unseen: memory grows with what is there.
///
/// # Errors
/// [`ProjectError::Newer`] for a file of a later version, [`ProjectError::NotAProject`] for a
/// file of another kind, [`ProjectError::Damaged`] for one that contradicts itself,
/// [`ProjectError::Limit`] for one that is too large, [`ProjectError::Io`] when it cannot be read.
pub fn load(path: &Path) -> Result<Loaded, ProjectError> {
    let file = File::open(path).map_err(ProjectError::io("opened"))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(ProjectError::NotAProject);
    }
    read(BufReader::new(file))
}

fn read(file: impl Read + Seek) -> Result<Loaded, ProjectError> {
    let mut zip = ZipArchive::new(file).map_err(|error| match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            ProjectError::io("read")(error)
        }
        _ => ProjectError::NotAProject,
    })?;
    if zip.len() > MOST_MEMBERS {
        return Err(ProjectError::Limit(format!(
            "the project file has {} members, but at most {MOST_MEMBERS} can be read",
            zip.len()
        )));
    }
    if zip.has_duplicate_names() {
        return Err(ProjectError::Damaged(
            "two members have the same name".into(),
        ));
    }
    if zip.index_for_name("project.json").is_none() {
        return Err(ProjectError::NotAProject);
    }
    let text = bytes(&mut zip, "project.json", LONGEST_TEXT)?;
    let (mut document, unknown) = document::parse(&text)?;
    let separation = match document.separation.take() {
        Some(record) => Some(Arc::new(read_separation(&mut zip, record)?)),
        None => None,
    };
    let members = read_rest(&mut zip)?;
    let view = std::mem::take(&mut document.view);
    let copy_of = document.copy_of.take();
    let relative_recording = document.relative_recording();
    let mut project = document.into_project(separation, unknown)?;
    project.members = members.into();
    Ok(Loaded {
        project,
        view,
        relative_recording,
        copy_of,
    })
}

fn read_separation<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    record: SeparationRecord,
) -> Result<SeparationData, ProjectError> {
    if record.span() > LONGEST_RECORDING {
        return Err(ProjectError::Limit(format!(
            "the project claims to be of {} samples, more than can be read",
            record.span()
        )));
    }
    let stft = Stft::new(record.stft).map_err(SeparationError::from)?;
    let components = record.components.len();
    let frames = stft.frame_count(record.span());
    let w = matrix(zip, "W.npy", (stft.bins(), components))?;
    let h = matrix(zip, "H.npy", (components, frames))?;
    let divergence = within(
        "divergence.npy",
        read_values(member(zip, "divergence.npy")?),
    )?;
    let factors = match record.channels {
        0 => Factors::new(w, h),
        channels => {
            let gains = matrix(zip, "channel_gains.npy", (channels, components))?;
            Factors::with_channel_gains(w, h, gains)
        }
    };
    let factors = factors.map_err(|error| ProjectError::Damaged(error.to_string()))?;
    record.with(Arc::new(factors), divergence)
}

fn matrix<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    name: &str,
    shape: (usize, usize),
) -> Result<Matrix, ProjectError> {
    if shape
        .0
        .checked_mul(shape.1)
        .is_none_or(|values| values > LARGEST_MATRIX)
    {
        return Err(ProjectError::Limit(format!(
            "{name} would have {} × {} values, more than can be read",
            shape.0, shape.1
        )));
    }
    within(name, read_matrix(member(zip, name)?, shape))
}

fn read_rest<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<Vec<Member>, ProjectError> {
    let names = zip.file_names().collect::<Result<Vec<_>, _>>();
    let names: Vec<String> = names
        .map_err(|error| unreadable("a name", &error))?
        .into_iter()
        .filter(|name| !KNOWN.contains(&name.as_ref()) && !name.ends_with('/'))
        .map(|name| name.into_owned())
        .collect();
    let mut left = LARGEST_REST;
    let mut members = Vec::with_capacity(names.len());
    for name in names {
        let bytes = bytes(zip, &name, left)?;
        left -= bytes.len() as u64;
        members.push(Member { name, bytes });
    }
    Ok(members)
}

fn member<'a, R: Read + Seek>(
    zip: &'a mut ZipArchive<R>,
    name: &str,
) -> Result<impl Read + 'a, ProjectError> {
    zip.by_name(name).map_err(|error| unreadable(name, &error))
}

fn bytes<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    name: &str,
    limit: u64,
) -> Result<Vec<u8>, ProjectError> {
    read_limited(member(zip, name)?, limit).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => ProjectError::Limit(format!(
            "{name} is too large: only {} MiB of it can be read",
            limit >> 20
        )),
        _ => ProjectError::Damaged(format!("{name}: {error}")),
    })
}

fn unreadable(name: &str, error: &ZipError) -> ProjectError {
    match error {
        ZipError::FileNotFound => ProjectError::Damaged(format!("{name} is missing")),
        error => ProjectError::Damaged(format!("{name}: {error}")),
    }
}

/// Says which member is damaged.
fn within<T>(name: &str, result: Result<T, ProjectError>) -> Result<T, ProjectError> {
    result.map_err(|error| match error {
        ProjectError::Damaged(what) => ProjectError::Damaged(format!("{name}: {what}")),
        other => other,
    })
}
