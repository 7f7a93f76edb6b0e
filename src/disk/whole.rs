//! Temporary files, and folders that are made on the way.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// How the temporary files are called.
pub(crate) const PREFIX: &str = ".partita-";
pub(crate) const SUFFIX: &str = ".tmp";

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// A temporary file in the folder of `path`, with the permissions of any new file.
pub(crate) fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    // Opened here, as the library's own errors tell the user the name of the temporary file.
    let open = |path: &Path| {
        let mut options = File::options();
        options.read(true).write(true).create_new(true).open(path)
    };
    builder
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .make_in(folder_of(path), open)
}

/// Makes new names in a folder last through a power cut. Not every system can, and what has the
/// name is complete without it.
pub(crate) fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Folders that were made on the way to a file or another folder, removed again unless they are
/// kept.
#[derive(Debug, Default)]
pub(crate) struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    /// Makes a folder and those above it that are missing.
    pub fn make(folder: &Path) -> io::Result<Self> {
        let missing = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .map(Path::to_owned)
            .collect();
        // Exists before the folders do, so that a path made in part is cleared away as well.
        let made = Self(missing);
        fs::create_dir_all(folder)?;
        Ok(made)
    }

    /// Lets them stay.
    pub fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // Only empty folders go; one that has been filled meanwhile is not ours to remove.
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_were_made_go_unless_they_are_kept_or_filled() {
        let folder = tempfile::tempdir().unwrap();
        let (outer, inner) = (folder.path().join("a"), folder.path().join("a/b/c"));
        drop(MadeFolders::make(&inner).unwrap());
        assert!(!outer.exists());
        let mut kept = MadeFolders::make(&inner).unwrap();
        kept.keep();
        drop(kept);
        assert!(inner.exists());
        let filled = folder.path().join("d/e");
        let made = MadeFolders::make(&filled).unwrap();
        fs::write(folder.path().join("d/file"), "").unwrap();
        drop(made);
        assert!(!filled.exists() && folder.path().join("d/file").exists());
        assert!(folder.path().exists());
    }

    #[test]
    fn a_temporary_file_is_like_any_new_one_and_its_name_is_in_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("song.wav");
        let temporary = temporary_beside(&target).unwrap();
        assert_eq!(temporary.path().parent(), target.parent());
        let plain = File::create(&target).unwrap().metadata().unwrap();
        let made = temporary.as_file().metadata().unwrap();
        assert_eq!(made.permissions(), plain.permissions());
        let nowhere = folder.path().join("none/song.wav");
        let error = temporary_beside(&nowhere).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!error.to_string().contains(PREFIX), "{error}");
    }
}
