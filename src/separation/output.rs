//! The files of stems while they are being written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::{ExportSettings, SeparationError, StemFile};
use crate::audio::{AudioError, StemFormat, WavSpec, WavWriter};
use crate::disk::MadeFolders;

/// The files of all stems, under temporary names until all are complete. When they are dropped
/// unfinished, nothing remains of them.
pub struct StemFiles {
    writers: Vec<WavWriter>,
    names: Vec<String>,
    folder: PathBuf,
    overwrite: bool,
    made: MadeFolders,
}

impl StemFiles {
    /// Makes the folder and starts one file for each name, for stems of `frames` samples in each of
    /// `channels` channels.
    ///
    /// # Errors
    /// [`SeparationError::Names`] for names that are none or alike, [`SeparationError::Space`] when
    /// the disk has too little room, [`SeparationError::Folder`] and [`SeparationError::Stem`] when
    /// something cannot be made or exists already.
    pub fn create(
        settings: &ExportSettings,
        rate: u32,
        channels: usize,
        frames: usize,
    ) -> Result<Self, SeparationError> {
        check_names(&settings.names)?;
        let spec = WavSpec {
            rate,
            channels: u16::try_from(channels).unwrap_or(u16::MAX),
            format: settings.format,
            channel_mask: settings.channel_mask,
            time_reference: settings.time_reference,
        };
        check_space(settings, spec, frames)?;
        let made = MadeFolders::make(&settings.folder).map_err(SeparationError::Folder)?;
        let writers = settings
            .names
            .iter()
            .map(|name| {
                let path = settings.folder.join(name);
                WavWriter::create_sized(&path, spec, frames as u64, settings.overwrite)
                    .map_err(stem_error(name))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            writers,
            names: settings.names.clone(),
            folder: settings.folder.clone(),
            overwrite: settings.overwrite,
            made,
        })
    }

    /// Number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.writers.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writers.is_empty()
    }

    /// Appends integer samples to a file, one slice for each channel.
    ///
    /// # Errors
    /// [`SeparationError::Stem`] when they cannot be written, or are none of its format.
    pub fn write_i32(&mut self, stem: usize, channels: &[&[i32]]) -> Result<(), SeparationError> {
        let Self { writers, names, .. } = self;
        writers[stem]
            .write_i32(channels)
            .map_err(stem_error(&names[stem]))
    }

    /// Appends floating-point samples to a file, one slice for each channel.
    ///
    /// # Errors
    /// As [`write_i32`](Self::write_i32).
    pub fn write_f32(&mut self, stem: usize, channels: &[&[f32]]) -> Result<(), SeparationError> {
        let Self { writers, names, .. } = self;
        writers[stem]
            .write_f32(channels)
            .map_err(stem_error(&names[stem]))
    }

    /// Puts all files at their names. When one cannot be, those that are there already go again,
    /// and what they have replaced comes back.
    ///
    /// # Errors
    /// [`SeparationError::Stem`].
    pub fn finish(self) -> Result<Vec<StemFile>, SeparationError> {
        let Self {
            writers,
            names,
            folder,
            overwrite,
            mut made,
        } = self;
        let mut placed = Placed::default();
        for (writer, name) in writers.into_iter().zip(&names) {
            placed
                .place(writer, folder.join(name), overwrite)
                .map_err(stem_error(name))?;
        }
        made.keep();
        Ok(placed.keep())
    }
}

/// Files at their names, and those that were there before, until all is well.
#[derive(Default)]
struct Placed {
    files: Vec<StemFile>,
    former: Vec<Option<TempPath>>,
}

impl Placed {
    fn place(
        &mut self,
        writer: WavWriter,
        path: PathBuf,
        overwrite: bool,
    ) -> Result<(), AudioError> {
        let former = if overwrite { set_aside(&path)? } else { None };
        match writer.finish() {
            Ok(sha256) => {
                self.former.push(former);
                self.files.push(StemFile { path, sha256 });
                Ok(())
            }
            Err(error) => {
                bring_back(former, &path);
                Err(error)
            }
        }
    }

    fn keep(mut self) -> Vec<StemFile> {
        self.former.clear();
        std::mem::take(&mut self.files)
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        for (file, former) in self.files.drain(..).zip(self.former.drain(..)) {
            match former {
                Some(former) => bring_back(Some(former), &file.path),
                // What went wrong before is what matters.
                None => drop(fs::remove_file(&file.path)),
            }
        }
    }
}

/// Gives the file that is at a name, if any, a second one, which goes when the result is dropped.
fn set_aside(path: &Path) -> Result<Option<TempPath>, AudioError> {
    if !path.is_file() {
        return Ok(None);
    }
    let named = |by: fn(&Path, &Path) -> io::Result<()>| {
        tempfile::Builder::new()
            .prefix(".partita-")
            .suffix(".former")
            .make_in(path.parent().unwrap_or(Path::new("")), |aside| {
                by(path, aside)
            })
    };
    // A link leaves no moment without the file; not all file systems have links.
    let aside = named(|path, aside| fs::hard_link(path, aside))
        .or_else(|_| named(|path, aside| fs::rename(path, aside)))
        .map_err(|source| AudioError::Io {
            doing: "set aside",
            source,
        })?;
    Ok(Some(aside.into_temp_path()))
}

fn bring_back(former: Option<TempPath>, path: &Path) {
    let Some(former) = former else {
        return;
    };
    let aside = former.to_path_buf();
    match former.persist(path) {
        // Where nothing has replaced it both are names of one file, and both stay.
        Ok(()) => drop(fs::remove_file(aside)),
        // Under its temporary name it is not lost.
        Err(error) => drop(error.path.keep()),
    }
}

fn stem_error(name: &str) -> impl FnOnce(AudioError) -> SeparationError {
    let name = name.to_owned();
    move |source| SeparationError::Stem { name, source }
}

fn check_names(names: &[String]) -> Result<(), SeparationError> {
    let mut seen = std::collections::HashSet::new();
    for name in names {
        let plain = Path::new(name).file_name() == Some(name.as_ref());
        if !plain || name.contains(['/', '\\']) {
            return Err(SeparationError::Names(format!(
                "\"{name}\" is no name of a file in the folder of the stems"
            )));
        }
        // Many file systems take names that differ in case for the same.
        if !seen.insert(name.to_lowercase()) {
            return Err(SeparationError::Names(format!(
                "two stems would be named \"{name}\""
            )));
        }
    }
    Ok(())
}

/// Bytes of a WAV header, at most, with all chunks before the samples.
const HEADER: u64 = 128;

/// Bytes that all stems need on the disk.
pub(super) fn bytes_needed(
    stems: usize,
    channels: usize,
    frames: usize,
    format: StemFormat,
) -> u64 {
    let samples = (channels as u64).saturating_mul(frames as u64);
    let file = samples
        .saturating_mul(u64::from(format.bits() / 8))
        .saturating_add(HEADER);
    (stems as u64).saturating_mul(file)
}

fn check_space(
    settings: &ExportSettings,
    spec: WavSpec,
    frames: usize,
) -> Result<(), SeparationError> {
    let needed = bytes_needed(
        settings.names.len(),
        usize::from(spec.channels),
        frames,
        spec.format,
    );
    let existing = settings.folder.ancestors().find(|folder| folder.exists());
    match fs4::available_space(existing.unwrap_or(Path::new("."))) {
        Ok(free) if free < needed => Err(SeparationError::Space { needed, free }),
        // Where the room is not known, writing will tell.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_aside_comes_back_whether_it_was_replaced_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stem.wav");
        fs::write(&path, b"mine").unwrap();
        for replaced in [false, true] {
            let former = set_aside(&path).unwrap();
            if replaced {
                let new = folder.path().join("new");
                fs::write(&new, b"new").unwrap();
                fs::rename(&new, &path).unwrap();
            }
            bring_back(former, &path);
            assert_eq!(fs::read(&path).unwrap(), b"mine");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
        drop(set_aside(&path).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(set_aside(&folder.path().join("none")).unwrap().is_none());
    }
}
