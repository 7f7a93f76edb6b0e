//! The files of the stems while they are being written.

use std::fs;
use std::path::{Path, PathBuf};

use super::{ExportSettings, SeparationError, StemFile};
use crate::audio::{AudioError, StemFormat, WavSpec, WavWriter};

/// One stretch of all stems: channel by channel, stem by stem, sample by sample.
pub(super) enum Segment {
    Codes(Vec<i32>),
    Floats(Vec<f32>),
}

/// The files of all stems, under temporary names until all are complete. When it is dropped
/// unfinished, nothing remains.
pub(super) struct Output {
    writers: Vec<WavWriter>,
    names: Vec<String>,
    folder: PathBuf,
    channels: usize,
    made: MadeFolders,
}

impl Output {
    /// Makes the folder and starts the files.
    pub(super) fn create(
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
        };
        check_space(settings, spec, frames)?;
        let made = MadeFolders::make(&settings.folder)?;
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
            channels,
            made,
        })
    }

    /// Appends a segment of `frames` samples to all files.
    pub(super) fn write(
        &mut self,
        segment: &Segment,
        frames: usize,
    ) -> Result<(), SeparationError> {
        let stems = self.writers.len();
        for (stem, (writer, name)) in self.writers.iter_mut().zip(&self.names).enumerate() {
            let planes = (0..self.channels).map(|c| {
                let from = (c * stems + stem) * frames;
                from..from + frames
            });
            match segment {
                Segment::Codes(codes) => {
                    writer.write_i32(&planes.map(|p| &codes[p]).collect::<Vec<_>>())
                }
                Segment::Floats(floats) => {
                    writer.write_f32(&planes.map(|p| &floats[p]).collect::<Vec<_>>())
                }
            }
            .map_err(stem_error(name))?;
        }
        Ok(())
    }

    /// Puts all files at their names. When one cannot be, those that are there already are
    /// removed again.
    pub(super) fn finish(self) -> Result<Vec<StemFile>, SeparationError> {
        let Self {
            writers,
            names,
            folder,
            mut made,
            ..
        } = self;
        let mut files: Vec<StemFile> = Vec::with_capacity(writers.len());
        for (writer, name) in writers.into_iter().zip(&names) {
            match writer.finish() {
                Ok(sha256) => files.push(StemFile {
                    path: folder.join(name),
                    sha256,
                }),
                Err(error) => {
                    for file in &files {
                        // The error that is returned is what matters.
                        let _ = fs::remove_file(&file.path);
                    }
                    return Err(stem_error(name)(error));
                }
            }
        }
        made.keep();
        Ok(files)
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

/// Folders that were made for the stems, removed again unless the stems are complete.
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    fn make(folder: &Path) -> Result<Self, SeparationError> {
        let missing = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .map(Path::to_owned)
            .collect();
        // Exists before the folders do, so that a path made in part is cleared away as well.
        let made = Self(missing);
        fs::create_dir_all(folder).map_err(SeparationError::Folder)?;
        Ok(made)
    }

    fn keep(&mut self) {
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
