//! Finds the recording of a project again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Loaded, ProjectError, RecordingRef, hash_file};
use crate::audio::RecordingInfo;
use crate::separation::{Cancel, Outcome};

/// What there is of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// It is here, and it is the same.
    Found(PathBuf),
    /// It is nowhere; the user must say where it is.
    Missing,
    /// A file of its name is here, but it is not the same.
    Changed {
        /// Where it is.
        path: PathBuf,
        /// What is different.
        what: Difference,
    },
}

/// How a file differs from the recording that it was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It has another number of bytes.
    Size {
        /// Bytes that the recording had.
        expected: u64,
        /// Bytes that the file has.
        got: u64,
    },
    /// It has as many bytes, but others.
    Content,
}

/// Looks for a recording from the folder of its project file, then where it was, then beside the
/// project file, and makes sure by size and SHA-256 that it is the same. `relative` is what [`Loaded::relative_recording`] says.
///
/// A file that is the same is preferred to one that has changed. `progress` is told how much of
/// a file has been compared; it begins anew with each.
///
/// # Errors
/// [`ProjectError::Io`] when a file that is there cannot be read.
pub fn locate(
    project: &Path,
    relative: Option<&Path>,
    recording: &RecordingRef,
    progress: &dyn Fn(f64),
    cancel: &Cancel,
) -> Result<Outcome<Located>, ProjectError> {
    let folder = project.parent().unwrap_or(Path::new(""));
    let mut places: Vec<PathBuf> = relative
        .map(|relative| folder.join(relative))
        .into_iter()
        .collect();
    places.push(recording.path.clone());
    if let Some(name) = recording.path.file_name() {
        places.push(folder.join(name));
    }
    let mut changed = None;
    for path in places {
        if !path.is_file() {
            continue;
        }
        match compare(&path, recording, progress, cancel)? {
            Outcome::Cancelled => return Ok(Outcome::Cancelled),
            Outcome::Done(None) => {
                // Without ".." it reads better; where that cannot be had, it is right all the same.
                let path = fs::canonicalize(&path).unwrap_or(path);
                return Ok(Outcome::Done(Located::Found(path)));
            }
            Outcome::Done(Some(what)) => {
                changed.get_or_insert(Located::Changed { path, what });
            }
        }
    }
    Ok(Outcome::Done(changed.unwrap_or(Located::Missing)))
}

/// How the file at `path` differs from the recording, `None` when it is the same. Where the
/// project has no hash of it, the size decides.
///
/// # Errors
/// [`ProjectError::Io`] when the file cannot be read.
pub fn compare(
    path: &Path,
    recording: &RecordingRef,
    progress: &dyn Fn(f64),
    cancel: &Cancel,
) -> Result<Outcome<Option<Difference>>, ProjectError> {
    let got = fs::metadata(path)
        .map_err(ProjectError::io("opened"))?
        .len();
    if got != recording.size {
        let expected = recording.size;
        return Ok(Outcome::Done(Some(Difference::Size { expected, got })));
    }
    let Some(expected) = &recording.sha256 else {
        return Ok(Outcome::Done(None));
    };
    Ok(match hash_file(path, progress, cancel)? {
        Outcome::Cancelled => Outcome::Cancelled,
        Outcome::Done(hash) if hash.eq_ignore_ascii_case(expected) => Outcome::Done(None),
        Outcome::Done(_) => Outcome::Done(Some(Difference::Content)),
    })
}

impl Loaded {
    /// Looks for the recording of the project that was read from `path`; `None` where it has none.
    ///
    /// # Errors
    /// As [`locate`].
    pub fn locate(
        &self,
        path: &Path,
        progress: &dyn Fn(f64),
        cancel: &Cancel,
    ) -> Result<Option<Outcome<Located>>, ProjectError> {
        // A recovery file lies elsewhere than the project that the way leads from.
        let project = self.copy_of.as_deref().unwrap_or(path);
        let relative = self.relative_recording.as_deref();
        self.project
            .recording()
            .map(|recording| locate(project, relative, recording, progress, cancel))
            .transpose()
    }

    /// Makes the project go on with the file that [`locate`](Self::locate) has found, where that is
    /// another than it knows, and with what the file says now: a project of an earlier version may
    /// not know all of it.
    pub fn go_on_with(&mut self, found: &Path, info: &RecordingInfo) {
        if let Some(recording) = &mut self.project.recording {
            if recording.info != *info {
                Arc::make_mut(recording).info = info.clone();
            }
            let same = fs::canonicalize(&recording.path).is_ok_and(|known| known == found);
            if !same {
                Arc::make_mut(recording).path = found.to_owned();
            }
        }
    }
}
