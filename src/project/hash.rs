//! Tells one file from another.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ProjectError;
use crate::separation::{Cancel, Outcome};

/// Bytes that are hashed between two looks at the cancel token.
const BLOCK_BYTES: usize = 1 << 20;

/// Computes the SHA-256 of a file in 64 hexadecimal digits. `progress` is told the fraction that
/// is done.
///
/// # Errors
/// [`ProjectError::Io`] when the file cannot be read.
pub fn hash_file(
    path: &Path,
    progress: &dyn Fn(f64),
    cancel: &Cancel,
) -> Result<Outcome<String>, ProjectError> {
    let mut file = File::open(path).map_err(ProjectError::io("opened"))?;
    let size = file.metadata().map_err(ProjectError::io("read"))?.len();
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK_BYTES];
    let mut done = 0_u64;
    loop {
        if cancel.is_cancelled() {
            return Ok(Outcome::Cancelled);
        }
        let count = match file.read(&mut block) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ProjectError::io("read")(error)),
        };
        hash.update(&block[..count]);
        done += count as u64;
        progress((done as f64 / size.max(1) as f64).min(1.0));
    }
    let digits = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Outcome::Done(digits))
}
