//! The files that were opened last.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::ProjectError;
use super::file::{read_limited, replace};

/// Most files in the list.
const MOST: usize = 12;
/// Most bytes of the list.
const LONGEST: u64 = 1 << 20;
const NAME: &str = "recent.json";

/// Recordings and projects that were opened, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentFiles {
    folder: PathBuf,
    paths: Vec<PathBuf>,
}

impl RecentFiles {
    /// The list that is kept in `folder`. Files that have vanished are left out; a list that cannot
    /// be read is an empty one.
    #[must_use]
    pub fn load(folder: &Path) -> Self {
        let text = File::open(folder.join(NAME)).and_then(|file| read_limited(file, LONGEST));
        let found: Vec<PathBuf> = text
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        let mut paths: Vec<PathBuf> = Vec::new();
        for path in found {
            if paths.len() < MOST && path.is_file() && !paths.contains(&path) {
                paths.push(path);
            }
        }
        Self {
            folder: folder.to_owned(),
            paths,
        }
    }

    /// The files, newest first, at most 12.
    #[must_use]
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Puts a file at the top, and keeps the list. What another program has added meanwhile stays.
    ///
    /// # Errors
    /// [`ProjectError::Io`] when the list cannot be written; in memory it is as it should be.
    pub fn add(&mut self, path: &Path) -> Result<(), ProjectError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        *self = Self::load(&self.folder);
        self.paths.retain(|known| *known != path);
        self.paths.insert(0, path);
        self.paths.truncate(MOST);
        self.write()
    }

    /// Empties the list.
    ///
    /// # Errors
    /// [`ProjectError::Io`] when the list cannot be written.
    pub fn clear(&mut self) -> Result<(), ProjectError> {
        self.paths.clear();
        self.write()
    }

    fn write(&self) -> Result<(), ProjectError> {
        let written = || ProjectError::io("written to the list of recent files");
        fs::create_dir_all(&self.folder).map_err(written())?;
        // A path that is no text cannot stand in JSON.
        let paths: Vec<&str> = self.paths.iter().filter_map(|path| path.to_str()).collect();
        let text = serde_json::to_vec_pretty(&paths)
            .map_err(|error| written()(std::io::Error::other(error)))?;
        replace(&self.folder.join(NAME), true, |file| file.write_all(&text)).map_err(written())
    }
}
