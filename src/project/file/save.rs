//! Writes a project file.

use std::io::{self, Seek, Write};
use std::path::Path;

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::atomic::replace;
use super::document;
use super::npy::{write_matrix, write_values};
use crate::project::{Project, ProjectError};

/// Members from this size on need the 64-bit fields of the zip.
const LARGE: usize = u32::MAX as usize / 2;

/// Saves a project, with what the window wants to find again in `view`.
///
/// A file that is there is replaced when the new one is complete and on the disk; until then it is
/// as it was.
///
/// # Errors
/// [`ProjectError::Io`] when the file cannot be written.
pub fn save(path: &Path, project: &Project, view: &Value) -> Result<(), ProjectError> {
    save_as_copy_of(path, project, view, None)
}

/// As [`save`], and notes down that the file is a later state of another.
pub(in crate::project) fn save_as_copy_of(
    path: &Path,
    project: &Project,
    view: &Value,
    copy_of: Option<&Path>,
) -> Result<(), ProjectError> {
    let text = document::write(project, view, path, copy_of)?;
    replace(path, true, |file| write(file, project, &text)).map_err(ProjectError::io("written"))
}

fn write(file: impl Write + Seek, project: &Project, text: &[u8]) -> io::Result<()> {
    let mut zip = ZipWriter::new(file);
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    // Floats of sound do not get smaller by packing.
    let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("project.json", packed)?;
    zip.write_all(text)?;
    if let Some(separation) = &project.separation {
        let factors = &separation.factors;
        for (name, matrix) in [
            ("W.npy", factors.templates()),
            ("H.npy", factors.activations()),
        ] {
            let large = matrix.as_slice().len() >= LARGE / size_of::<f32>();
            zip.start_file(name, plain.large_file(large))?;
            write_matrix(matrix, &mut zip)?;
        }
        if let Some(gains) = factors.channel_gains() {
            zip.start_file("channel_gains.npy", plain)?;
            write_matrix(gains, &mut zip)?;
        }
        zip.start_file("divergence.npy", plain)?;
        write_values(&separation.divergence_curve, &mut zip)?;
    }
    for member in project.members.iter() {
        zip.start_file(
            member.name.as_str(),
            packed.large_file(member.bytes.len() >= LARGE),
        )?;
        zip.write_all(&member.bytes)?;
    }
    zip.finish()?.flush()
}
