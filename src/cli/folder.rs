//! Result folders that appear whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::TempDir;

use super::error::CliError;
use super::report::stem_files;
use crate::disk::{MadeFolders, sync_folder};

/// Name of the description in every result folder.
pub(super) const DESCRIPTION: &str = "separation.json";

/// A result in the making: a temporary folder beside the place where the result will appear.
///
/// When it is dropped unfinished, everything that was made for it is removed again.
#[derive(Debug)]
pub(super) struct ResultFolder {
    target: PathBuf,
    /// Whether an earlier result gives way.
    replace: bool,
    // Fields are dropped in this order: the folder goes before those made to hold it.
    work: TempDir,
    made: MadeFolders,
}

impl ResultFolder {
    /// Makes sure that a result can be put at `parent/name`, and makes the temporary folder.
    ///
    /// # Errors
    /// [`CliError::Exists`] when something is there and `replace` is not set,
    /// [`CliError::NotAResult`] or [`CliError::ForeignFile`] when what is there is no result of
    /// this program alone, [`CliError::Folder`] when nothing can be made there.
    pub fn prepare(parent: &Path, name: &OsStr, replace: bool) -> Result<Self, CliError> {
        let target = parent.join(name);
        check_free(&target, replace)?;
        let made = MadeFolders::make(parent).map_err(CliError::folder("made", parent))?;
        let work = temporary_folder(parent, ".partita-")
            .map_err(CliError::folder("written to", parent))?;
        Ok(Self {
            target,
            replace,
            work,
            made,
        })
    }

    /// The temporary folder.
    pub fn path(&self) -> &Path {
        self.work.path()
    }

    /// The place where the result will appear.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Makes sure that the disk has room for so many bytes.
    ///
    /// # Errors
    /// [`CliError::Space`] when it has not.
    pub fn check_space(&self, bytes: u64) -> Result<(), CliError> {
        match fs4::available_space(self.path()) {
            Ok(free) if free < bytes => Err(CliError::Space {
                needed: bytes,
                free,
                path: self.target.clone(),
            }),
            // Where the room is not known, writing will tell.
            _ => Ok(()),
        }
    }

    /// Writes the description, and lets the result appear at its place.
    ///
    /// An earlier result is moved aside, and comes back when the new one cannot take its place.
    ///
    /// # Errors
    /// [`CliError::Folder`] when writing or renaming fails, and those of [`prepare`](Self::prepare)
    /// for what has come to the place meanwhile; nothing has changed then.
    pub fn finish(mut self, report: &impl Serialize) -> Result<(), CliError> {
        let failed = || CliError::folder("written", &self.target);
        write_synced(&self.work.path().join(DESCRIPTION), report).map_err(failed())?;
        sync_folder(self.work.path());
        let parent = self.target.parent().unwrap_or(Path::new("."));
        check_free(&self.target, self.replace)?;
        let aside = if self.target.symlink_metadata().is_ok() {
            let aside = temporary_folder(parent, ".partita-old-").map_err(failed())?;
            fs::rename(&self.target, aside.path().join("result")).map_err(failed())?;
            Some(aside)
        } else {
            None
        };
        if let Err(error) = fs::rename(self.work.path(), &self.target) {
            if let Some(aside) = aside {
                restore(aside, &self.target)?;
            }
            return Err(failed()(error));
        }
        self.work.disable_cleanup(true);
        self.made.keep();
        sync_folder(parent);
        Ok(())
    }
}

/// Refuses a place where something is that may not be replaced.
fn check_free(target: &Path, replace: bool) -> Result<(), CliError> {
    if target.symlink_metadata().is_err() {
        Ok(())
    } else if replace {
        check_replaceable(target)
    } else {
        Err(CliError::Exists {
            path: target.to_owned(),
        })
    }
}

fn temporary_folder(parent: &Path, prefix: &str) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix(prefix).tempdir_in(parent)
}

/// Brings an earlier result back to its place, and keeps it where it is if that fails.
fn restore(aside: TempDir, target: &Path) -> Result<(), CliError> {
    let kept = aside.path().join("result");
    fs::rename(&kept, target).map_err(|source| CliError::Restore {
        source,
        path: aside.keep().join("result"),
    })
}

/// Refuses to replace anything but a result of this program with nothing else in it.
fn check_replaceable(target: &Path) -> Result<(), CliError> {
    let not_a_result = || CliError::NotAResult {
        path: target.to_owned(),
    };
    if !target
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_dir())
    {
        return Err(not_a_result());
    }
    let description = fs::read(target.join(DESCRIPTION)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => not_a_result(),
        _ => CliError::folder("read", target)(error),
    })?;
    let stems = stem_files(&description).ok_or_else(not_a_result)?;
    for entry in fs::read_dir(target).map_err(CliError::folder("read", target))? {
        let name = entry.map_err(CliError::folder("read", target))?.file_name();
        if name != DESCRIPTION && !stems.iter().any(|stem| name == stem.as_str()) {
            return Err(CliError::ForeignFile {
                path: target.join(name),
            });
        }
    }
    Ok(())
}

fn write_synced(path: &Path, report: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(report)?;
    text.push(b'\n');
    let mut file = File::create_new(path)?;
    file.write_all(&text)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_to_the_place_meanwhile_is_not_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("song");
        for replace in [false, true] {
            let work = ResultFolder::prepare(parent.path(), OsStr::new("song"), replace).unwrap();
            fs::create_dir(&target).unwrap();
            fs::write(target.join("notes.txt"), "mine").unwrap();
            assert!(work.finish(&"done").is_err());
            assert_eq!(fs::read(target.join("notes.txt")).unwrap(), b"mine");
            fs::remove_dir_all(&target).unwrap();
            assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "{replace}");
        }
    }
}
