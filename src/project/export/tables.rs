//! The factors as tables for other programs.

use std::io::{self, Write};
use std::path::Path;

use crate::project::file::{replace, write_matrix};
use crate::project::{Project, ProjectError, SeparationData};

/// One of the two factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Factor {
    /// The templates W, bins × components.
    Templates,
    /// The activations H, components × frames.
    Activations,
}

/// Writes a factor in numpy's format, as it is.
///
/// # Errors
/// [`ProjectError::NoSeparation`] before there is one, [`ProjectError::Exists`] when the file
/// exists and is not to be replaced, [`ProjectError::Io`] when it cannot be written.
pub fn write_npy(
    project: &Project,
    factor: Factor,
    path: &Path,
    overwrite: bool,
) -> Result<(), ProjectError> {
    let data = project.separation().ok_or(ProjectError::NoSeparation)?;
    let matrix = match factor {
        Factor::Templates => data.factors.templates(),
        Factor::Activations => data.factors.activations(),
    };
    written(
        path,
        replace(path, overwrite, |file| write_matrix(matrix, file)),
    )
}

/// Writes a factor as text: a column of frequencies in Hz (templates) or of times in seconds from
/// the start of the recording (activations), and one column for each component, under its label.
///
/// # Errors
/// As [`write_npy`].
pub fn write_csv(
    project: &Project,
    factor: Factor,
    path: &Path,
    overwrite: bool,
) -> Result<(), ProjectError> {
    let data = project.separation().ok_or(ProjectError::NoSeparation)?;
    let labels: Vec<String> = (0..data.len())
        .map(|k| cell(&project.atom_label(k)))
        .collect();
    let write = |file: &mut io::BufWriter<_>| match factor {
        Factor::Templates => templates(data, &labels, file),
        Factor::Activations => activations(data, &labels, file),
    };
    written(path, replace(path, overwrite, write))
}

fn templates(data: &SeparationData, labels: &[String], file: &mut impl Write) -> io::Result<()> {
    writeln!(file, "Hz,{}", labels.join(","))?;
    let (w, axes) = (data.factors.templates(), data.axes());
    for bin in 0..w.rows() {
        write!(file, "{}", axes.hz(bin as f64))?;
        for value in w.row(bin) {
            write!(file, ",{value}")?;
        }
        writeln!(file)?;
    }
    Ok(())
}

fn activations(data: &SeparationData, labels: &[String], file: &mut impl Write) -> io::Result<()> {
    writeln!(file, "seconds,{}", labels.join(","))?;
    let (h, axes) = (data.factors.activations(), data.axes());
    let start = data.span().start as f64 / f64::from(data.rate.max(1));
    for frame in 0..h.cols() {
        write!(file, "{}", start + axes.seconds(frame as f64))?;
        for value in h.column(frame) {
            write!(file, ",{value}")?;
        }
        writeln!(file)?;
    }
    Ok(())
}

/// A text as a cell, RFC 4180.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn written(path: &Path, result: io::Result<()>) -> Result<(), ProjectError> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => ProjectError::Exists(vec![path.to_owned()]),
        _ => ProjectError::io("written")(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_commas_and_quotes_are_one_cell() {
        assert_eq!(cell("E4 · 329.6 Hz"), "E4 · 329.6 Hz");
        assert_eq!(cell("a, \"b\""), "\"a, \"\"b\"\"\"");
    }
}
