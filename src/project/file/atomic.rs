//! Files that are either as they were or complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::time::Duration;

use crate::disk::{PREFIX, SUFFIX, folder_of, sync_folder, temporary_beside};

/// A younger file may belong to a program that has not locked it yet.
const LEFT_AFTER: Duration = Duration::from_secs(60);

/// Writes a file beside `path`, waits until it is on the disk, and puts it there in one step.
///
/// Without `overwrite`, an [`io::ErrorKind::AlreadyExists`] when something is there. A link is
/// followed, and a file that is replaced hands its permissions on.
pub(crate) fn replace<E: From<io::Error>>(
    path: &Path,
    overwrite: bool,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<(), E> {
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    sweep(folder_of(&target));
    let temporary = temporary_beside(&target)?;
    // Where the file system knows no locks the file is only swept later.
    let _ = temporary.as_file().try_lock();
    if let Ok(before) = target.metadata() {
        // Worth trying, but a file with other permissions is better than none.
        let _ = temporary.as_file().set_permissions(before.permissions());
    }
    let mut file = BufWriter::new(temporary.as_file().try_clone()?);
    write(&mut file)?;
    file.flush()?;
    drop(file);
    temporary.as_file().sync_all()?;
    if overwrite {
        temporary.persist(&target)
    } else {
        temporary.persist_noclobber(&target)
    }
    .map_err(|failed| failed.error)?;
    sync_folder(folder_of(&target));
    Ok(())
}

/// Reads all of `source`, an [`io::ErrorKind::FileTooLarge`] when it is more than `limit` bytes.
/// Memory grows with what is there.
pub(in crate::project) fn read_limited(source: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Removes what programs that were killed while they wrote have left in a folder: old files of
/// that name whose lock nobody holds. What cannot be removed does no harm.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) && is_left(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a temporary file is old and without an owner.
fn is_left(path: &Path) -> bool {
    let Ok(file) = File::open(path) else {
        return false;
    };
    let age = file.metadata().and_then(|data| data.modified());
    let age = age.ok().and_then(|at| at.elapsed().ok());
    age.is_some_and(|age| age >= LEFT_AFTER) && file.try_lock().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn a_save_sweeps_up_what_a_killed_one_has_left_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let old = SystemTime::now() - 2 * LEFT_AFTER;
        let file = |name: &str, at: SystemTime| {
            let file = File::create(place(name)).unwrap();
            file.set_modified(at).unwrap();
            file
        };
        drop(file(".partita-left.tmp", old));
        drop(file(".partita-new.tmp", SystemTime::now()));
        drop(file("song.tmp", old));
        let held = file(".partita-held.tmp", old);
        held.try_lock().unwrap();
        let write = |file: &mut BufWriter<File>| file.write_all(b"new");
        replace::<io::Error>(&place("song.partita"), false, write).unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let expected = [
            ".partita-held.tmp",
            ".partita-new.tmp",
            "song.partita",
            "song.tmp",
        ];
        assert_eq!(names, expected);
    }
}
