//! Writing files in the background.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{BrokenDown, Task, Waker};
use crate::audio::AudioBuffer;
use crate::project::{
    self, ExportRequest, Exported, Factor, Project, ProjectError, write_csv, write_npy,
};
use crate::separation::{Outcome, Phase, Progress};

/// An export that runs.
pub struct Exporting {
    /// What is written where.
    pub request: ExportRequest,
    done: Arc<AtomicU32>,
    task: Task<Result<Outcome<Exported>, ProjectError>>,
}

impl Exporting {
    /// The share of it that is done, 0 to 1.
    pub fn fraction(&self) -> f32 {
        f32::from_bits(self.done.load(Ordering::Relaxed))
    }

    /// The result, once it is there.
    pub fn poll(&self) -> Option<Result<Result<Outcome<Exported>, ProjectError>, BrokenDown>> {
        self.task.poll()
    }

    /// Asks the export to stop; nothing of it remains.
    pub fn cancel(&self) {
        self.task.cancel();
    }
}

struct Watch {
    done: Arc<AtomicU32>,
    wake: Waker,
}

impl Progress for Watch {
    fn report(&self, _: Phase, fraction: f64) {
        let new = fraction as f32;
        let old = f32::from_bits(self.done.swap(new.to_bits(), Ordering::Relaxed));
        if (new * 100.0) as u32 != (old * 100.0) as u32 {
            (self.wake)();
        }
    }
}

/// Starts an export.
pub fn export(
    project: Arc<Project>,
    recording: Arc<AudioBuffer>,
    request: ExportRequest,
    wake: Waker,
) -> Exporting {
    let done = Arc::new(AtomicU32::new(0));
    let watch = Watch {
        done: Arc::clone(&done),
        wake: Arc::clone(&wake),
    };
    let wanted = request.clone();
    let task = Task::spawn("export", wake, move |cancel| {
        project::export(&project, &recording, &wanted, &watch, cancel)
    });
    Exporting {
        request,
        done,
        task,
    }
}

/// Starts writing W and H beside each other: to `NAME-W` and `NAME-H` with the extension of `path`,
/// which is `npy` or `csv`. Returns the files. Those that are there are replaced only with `overwrite`.
pub fn factors(
    project: Arc<Project>,
    path: PathBuf,
    overwrite: bool,
    wake: Waker,
) -> Task<Result<Vec<PathBuf>, ProjectError>> {
    Task::spawn("factors", wake, move |_| {
        let csv = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let parts = [(Factor::Templates, "W"), (Factor::Activations, "H")];
        let files = parts.map(|(factor, letter)| (factor, beside(&path, letter, csv)));
        let existing: Vec<PathBuf> = files
            .iter()
            .filter(|(_, file)| file.exists())
            .map(|(_, file)| file.clone())
            .collect();
        if !existing.is_empty() && !overwrite {
            return Err(ProjectError::Exists(existing));
        }
        for (factor, file) in &files {
            if csv {
                write_csv(&project, *factor, file, overwrite)?;
            } else {
                write_npy(&project, *factor, file, overwrite)?;
            }
        }
        Ok(files.into_iter().map(|(_, file)| file).collect())
    })
}

fn beside(path: &Path, letter: &str, csv: bool) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = if csv { "csv" } else { "npy" };
    path.with_file_name(format!("{stem}-{letter}.{extension}"))
}
