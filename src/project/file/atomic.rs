//! Files that are either as they were or complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file beside `path`, waits until it is on the disk, and puts it there in one step.
///
/// Without `overwrite`, an [`io::ErrorKind::AlreadyExists`] when something is there. A link is
/// followed, and a file that is replaced hands its permissions on.
pub(in crate::project) fn replace<E: From<io::Error>>(
    path: &Path,
    overwrite: bool,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<(), E> {
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = temporary_beside(&target)?;
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
    sync_folder(folder(&target));
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

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// A temporary file in the folder of `path`, with the permissions of any new file.
fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".partita-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(path))
}

/// Makes the new name last through a power cut. Not every system can, and the file is complete
/// without it.
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}
