//! The border to symphonia.

use std::cell::Cell;
use std::io;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use symphonia::core::errors::{Error, Result as SymphoniaResult};

use crate::audio::AudioError;

thread_local! {
    /// Whether this thread is inside of symphonia.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Calls into symphonia.
///
/// Version 0.6.1 panics on some damaged files (sums that overflow in its ADPCM decoder, its RIFF
/// packets and the `stts` of MPEG-4, to name those that the tests hit). That must cost a file, not
/// the program with the user's work in it. What was called must not be used after a panic.
pub(super) fn call<T>(f: impl FnOnce() -> SymphoniaResult<T>) -> Result<T, Failure> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !INSIDE.get() {
                print(panic);
            }
        }));
    });
    INSIDE.set(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    INSIDE.set(false);
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Failure::Told(error)),
        Err(_) => Err(Failure::Panicked),
    }
}

/// What came instead of a result.
#[derive(Debug)]
pub(super) enum Failure {
    /// symphonia's own error.
    Told(Error),
    /// A panic.
    Panicked,
}

impl Failure {
    /// Whether the operating system failed, and not the content of the file.
    pub(super) fn is_io(&self) -> bool {
        matches!(self, Self::Told(Error::IoError(e)) if e.raw_os_error().is_some())
    }
}

impl From<Failure> for AudioError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Told(Error::IoError(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                Self::Malformed("it ends too early".into())
            }
            Failure::Told(Error::IoError(source)) if source.raw_os_error().is_some() => Self::Io {
                doing: "read",
                source,
            },
            Failure::Told(Error::IoError(e)) => Self::Malformed(e.to_string()),
            Failure::Told(Error::Unsupported(what)) if what.contains("codec") => {
                Self::unsupported("its audio codec is none that can be read")
            }
            Failure::Told(Error::Unsupported(what)) => {
                Self::unsupported(&format!("this kind of recording cannot be read ({what})"))
            }
            Failure::Told(Error::LimitError(what)) => Self::Limit(format!(
                "the file goes beyond a limit of its decoder ({what})"
            )),
            Failure::Told(Error::ResetRequired) => {
                Self::Malformed("its format changes in the middle".into())
            }
            Failure::Told(error) => Self::Malformed(error.to_string()),
            Failure::Panicked => Self::Malformed("its decoder broke down".into()),
        }
    }
}
