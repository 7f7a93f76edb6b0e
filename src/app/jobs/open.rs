//! Reading a recording, or a project and its recording.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::{BrokenDown, Task, Waker};
use crate::audio::{self, AudioBuffer, AudioError, PartRead, RecordingInfo, RecordingReader};
use crate::project::{self, Difference, Loaded, Located, ProjectError, hash_file, replace};
use crate::separation::{Cancel, Outcome};

/// Least time between two pieces of news of how far reading is.
const BETWEEN_NEWS: Duration = Duration::from_millis(150);

/// A recording that was read.
#[derive(Debug)]
pub struct Opened {
    /// Where it was, as an absolute path.
    pub path: PathBuf,
    /// The samples.
    pub samples: Arc<AudioBuffer>,
    /// What its file says.
    pub info: RecordingInfo,
    /// Bytes of the file.
    pub size: u64,
    /// What was mended, in sentences.
    pub repairs: Vec<String>,
}

/// A project that was read.
#[derive(Debug)]
pub struct OpenedProject {
    /// What the file holds.
    pub loaded: Loaded,
    /// Its recording, or what is wrong with it.
    pub recording: Result<Opened, Astray>,
}

/// Why the recording of a project is not there.
#[derive(Debug)]
pub enum Astray {
    /// It is nowhere.
    Missing,
    /// Another file is in its place.
    Changed(PathBuf, Difference),
    /// It cannot be read any more.
    Unreadable(AudioError),
}

/// What keeps a file from being opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is no recording that can be read.
    #[error(transparent)]
    Recording(#[from] AudioError),
    /// It is no project that can be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// It comes with the program, but there is no place for it.
    #[error("it could not be written to a folder of its own: {0}")]
    Unpacked(#[source] std::io::Error),
}

/// What was in a file.
#[derive(Debug)]
pub enum Found {
    /// A recording.
    Recording(Opened),
    /// A project, and the file.
    Project(Box<OpenedProject>, PathBuf),
}

/// A file that is being read.
pub struct Reading {
    done: Arc<AtomicU32>,
    task: Task<Result<Option<Found>, OpenError>>,
}

impl Reading {
    /// The share of it that has been read, 0 to 1; 0 where it is not known.
    pub fn fraction(&self) -> f32 {
        f32::from_bits(self.done.load(Ordering::Relaxed))
    }

    /// What was in it, once it is there; `None` within for a cancel.
    pub fn poll(&self) -> Option<Result<Result<Option<Found>, OpenError>, BrokenDown>> {
        self.task.poll()
    }
}

/// Starts reading a recording or, by its extension, a project; dropping the result breaks that off.
/// A file that comes with the program is written first, with this content, unless it is there. `seen`
/// is told what has been read, and says whether there is more to see.
pub fn open(
    path: &Path,
    content: Option<&'static [u8]>,
    seen: impl Fn(&PartRead<'_>) -> bool + Send + 'static,
    wake: Waker,
) -> Reading {
    let done = Arc::new(AtomicU32::new(0));
    let watch = Watch {
        done: Arc::clone(&done),
        seen: Box::new(seen),
        wake: Arc::clone(&wake),
    };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let task = Task::spawn("open", wake, move |cancel| {
        if let Some(content) = content {
            unpack(&path, content).map_err(OpenError::Unpacked)?;
        }
        if is_project(&path) {
            let loaded = project::load(&path)?;
            let opened = with_recording(loaded, &path, &watch, cancel)?;
            Ok(opened.map(|opened| Found::Project(Box::new(opened), path)))
        } else {
            Ok(watch.read(path, cancel)?.map(Found::Recording))
        }
    });
    Reading { done, task }
}

/// Starts looking whether a file can be opened: a project as a whole, a recording as far as its
/// header tells.
pub fn check(path: &Path, wake: Waker) -> Task<Result<(), OpenError>> {
    let path = path.to_owned();
    Task::spawn("check", wake, move |_| {
        if is_project(&path) {
            project::load(&path)?;
        } else {
            RecordingReader::open(&path)?;
        }
        Ok(())
    })
}

fn is_project(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("partita"))
}

/// Writes a file that comes with the program.
fn unpack(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let size = std::fs::metadata(path).map_or(0, |data| data.len());
    if size != content.len() as u64 {
        let folder = path.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder)?;
        replace(path, true, |file| file.write_all(content))?;
    }
    Ok(())
}

/// Finds and reads the recording of a project that was read from `path`. `None` for a cancel.
///
/// # Errors
/// [`OpenError::Project`] when a file cannot be compared with the recording.
fn with_recording(
    mut loaded: Loaded,
    path: &Path,
    watch: &Watch,
    cancel: &Cancel,
) -> Result<Option<OpenedProject>, OpenError> {
    let recording = match loaded.locate(path, &|_| {}, cancel)? {
        Some(Outcome::Cancelled) => return Ok(None),
        Some(Outcome::Done(Located::Found(path))) => match watch.read(path, cancel) {
            Ok(None) => return Ok(None),
            Ok(Some(opened)) => {
                loaded.go_on_with(&opened.path, &opened.info);
                Ok(opened)
            }
            Err(error) => Err(Astray::Unreadable(error)),
        },
        Some(Outcome::Done(Located::Changed { path, what })) => Err(Astray::Changed(path, what)),
        Some(Outcome::Done(Located::Missing)) | None => Err(Astray::Missing),
    };
    Ok(Some(OpenedProject { loaded, recording }))
}

/// Tells the window how far reading is.
struct Watch {
    done: Arc<AtomicU32>,
    seen: Box<dyn Fn(&PartRead<'_>) -> bool + Send>,
    wake: Waker,
}

impl Watch {
    fn read(&self, path: PathBuf, cancel: &Cancel) -> Result<Option<Opened>, AudioError> {
        // Drawing takes from the time of reading.
        let mut told = Instant::now();
        let mut hook = |part: &PartRead<'_>| {
            let new = part.fraction as f32;
            let old = f32::from_bits(self.done.swap(new.to_bits(), Ordering::Relaxed));
            let moved = (self.seen)(part) || (new * 100.0) as u32 != (old * 100.0) as u32;
            if moved && told.elapsed() >= BETWEEN_NEWS {
                told = Instant::now();
                (self.wake)();
            }
            if cancel.is_cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let Some(recording) = audio::read_watched(&path, &mut hook)? else {
            return Ok(None);
        };
        let size = std::fs::metadata(&path).map_or(0, |data| data.len());
        let mut info = recording.info;
        info.frames = Some(recording.buffer.frames() as u64);
        Ok(Some(Opened {
            samples: Arc::new(recording.buffer),
            repairs: recording.repairs.iter().map(ToString::to_string).collect(),
            info,
            size,
            path,
        }))
    }
}

/// Starts computing the SHA-256 of a file. `None` where it cannot be read to its end.
pub fn hash(path: PathBuf, wake: Waker) -> Task<Option<String>> {
    Task::spawn("hash", wake, move |cancel| {
        match hash_file(&path, &|_| {}, cancel) {
            Ok(Outcome::Done(hash)) => Some(hash),
            Ok(Outcome::Cancelled) | Err(_) => None,
        }
    })
}
