//! Writing to stdout and stderr.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use super::error::CliError;

/// Writes `text` to stdout. That nobody reads on is no error: `partita info FILE | head -1` ends
/// well.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::Stdout { source: error })
        }
        _ => Ok(()),
    }
}

/// Writes one line to stderr. Where not even that is possible, nothing is left to be done.
pub(super) fn complain(message: impl Display) {
    let _ = writeln!(io::stderr().lock(), "partita: {message}");
}
