//! Keeps unsaved work through a crash.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use super::file::save_as_copy_of;
use super::{Loaded, Project, ProjectError, load};

/// How long after an edit it is written at the latest, and how often at most.
const DELAY: Duration = Duration::from_secs(15);
/// How recovery files and their locks are named.
const PREFIX: &str = "recovery-";
const EXTENSION: &str = "partita";
const LOCK: &str = "lock";

/// Decides when unsaved work is to be written. It has no clock of its own.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// The state that is in the recovery file.
    written: Option<u64>,
    /// When the present project first differed from it.
    since: Option<Instant>,
}

/// What is to be done about unsaved work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing now; look again after this time at the latest.
    In(Duration),
    /// Write it now.
    Now,
    /// All is saved; a recovery file would be in the way.
    Clear,
    /// Nothing, until something changes.
    Nothing,
}

impl Schedule {
    /// What is to be done at `now` about a project in this state of its
    /// [`History`](super::History), which is saved or not.
    ///
    /// An edit is written 15 seconds after it was first seen here, with all that followed, so a
    /// caller that asks at each edit and when it is told to loses no more than that.
    pub fn due(&mut self, state: u64, is_saved: bool, now: Instant) -> Due {
        if is_saved {
            self.since = None;
            return if self.written.is_some() {
                Due::Clear
            } else {
                Due::Nothing
            };
        }
        if self.written == Some(state) {
            self.since = None;
            return Due::Nothing;
        }
        let since = *self.since.get_or_insert(now);
        match (since + DELAY).saturating_duration_since(now) {
            Duration::ZERO => Due::Now,
            left => Due::In(left),
        }
    }

    /// Says that this state is in the recovery file.
    pub fn wrote(&mut self, state: u64) {
        self.written = Some(state);
        self.since = None;
    }

    /// Says that there is no recovery file any more.
    pub fn cleared(&mut self) {
        self.written = None;
    }
}

/// The recovery file of one running program. Nobody else takes it while this exists.
#[derive(Debug)]
pub struct Autosave {
    path: PathBuf,
    _lock: Lock,
}

impl Autosave {
    /// Takes a name in `folder`, which is made where it does not exist. Nothing is written yet.
    ///
    /// # Errors
    /// [`ProjectError::Io`] when nothing can be made there.
    pub fn start(folder: &Path) -> Result<Self, ProjectError> {
        let failed = || ProjectError::io("made in the folder of unsaved work");
        fs::create_dir_all(folder).map_err(failed())?;
        for number in 1..=u32::MAX {
            let path = folder.join(format!("{PREFIX}{number}.{EXTENSION}"));
            // One that a crash left behind is taken by nobody but by who recovers it.
            let lock = Lock::take(&path.with_extension(LOCK)).map_err(failed())?;
            if let Some(lock) = lock.filter(|_| !path.exists()) {
                return Ok(Self { path, _lock: lock });
            }
        }
        Err(failed()(io::ErrorKind::AlreadyExists.into()))
    }

    /// Where the recovery file is, or will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a project as [`save`](super::save) does. `project_file` is where the user saved it
    /// last.
    ///
    /// # Errors
    /// [`ProjectError::Io`] when it cannot be written.
    pub fn write(
        &self,
        project: &Project,
        view: &Value,
        project_file: Option<&Path>,
    ) -> Result<(), ProjectError> {
        save_as_copy_of(&self.path, project, view, project_file)
    }

    /// Removes the recovery file, because all is saved.
    ///
    /// # Errors
    /// [`ProjectError::Io`] when it cannot be removed.
    pub fn clear(&self) -> Result<(), ProjectError> {
        remove(&self.path)
    }
}

/// Unsaved work of a program that has crashed. While this exists, no other program offers it.
#[derive(Debug)]
pub struct Recovery {
    path: PathBuf,
    /// When it was written.
    pub written: SystemTime,
    _lock: Lock,
}

/// What crashed programs have left in `folder`, newest first. What running programs are writing is
/// left out; so is a folder that is not there.
#[must_use]
pub fn recoverable(folder: &Path) -> Vec<Recovery> {
    let mut found: Vec<Recovery> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Recovery::of(entry.ok()?.path()))
        .collect();
    found.sort_by(|a, b| b.written.cmp(&a.written).then_with(|| a.path.cmp(&b.path)));
    found
}

impl Recovery {
    fn of(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        if !name.starts_with(PREFIX) || path.extension()? != EXTENSION {
            return None;
        }
        let written = path.metadata().ok()?.modified().ok()?;
        let lock = Lock::take(&path.with_extension(LOCK)).ok()??;
        // Whoever had the lock may have cleared the file meanwhile.
        path.exists().then_some(Self {
            path,
            written,
            _lock: lock,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it.
    ///
    /// # Errors
    /// As [`load`].
    pub fn load(&self) -> Result<Loaded, ProjectError> {
        load(&self.path)
    }

    /// Removes it.
    ///
    /// # Errors
    /// [`ProjectError::Io`] when it cannot be removed.
    pub fn discard(self) -> Result<(), ProjectError> {
        remove(&self.path)
    }

    /// Goes on with it: it stays on the disk until what was recovered is saved.
    #[must_use]
    pub fn adopt(self) -> Autosave {
        Autosave {
            path: self.path,
            _lock: self._lock,
        }
    }
}

/// A file whose lock the operating system takes away when the program ends, however it ends. The
/// file itself stays: were it removed, two programs could each lock one of this name.
#[derive(Debug)]
struct Lock {
    _file: File,
}

impl Lock {
    /// `None` when another has it.
    fn take(path: &Path) -> io::Result<Option<Self>> {
        let mut options = File::options();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

fn remove(path: &Path) -> Result<(), ProjectError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ProjectError::io("removed")(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_written_within_half_a_minute_and_once() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut schedule = Schedule::default();
        assert_eq!(schedule.due(0, true, start), Due::Nothing);
        assert_eq!(schedule.due(1, false, start), Due::In(DELAY));
        // Further edits do not put it off.
        assert_eq!(
            schedule.due(2, false, after(14)),
            Due::In(Duration::from_secs(1))
        );
        assert_eq!(schedule.due(3, false, after(15)), Due::Now);
        schedule.wrote(3);
        assert_eq!(schedule.due(3, false, after(99)), Due::Nothing);
        assert_eq!(schedule.due(4, false, after(100)), Due::In(DELAY));
        assert_eq!(schedule.due(4, true, after(101)), Due::Clear);
        schedule.cleared();
        assert_eq!(schedule.due(4, true, after(102)), Due::Nothing);
    }
}
