//! The `partita` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "app")]
    return partita::cli::run(std::env::args_os(), Some(&open_window));
    #[cfg(not(feature = "app"))]
    return partita::cli::run(std::env::args_os(), None);
}

#[cfg(feature = "app")]
fn open_window(args: partita::cli::WindowArgs) -> Result<(), String> {
    partita::app::run(partita::app::Options {
        file: args.file,
        diagnostics: args.diagnostics,
        ..partita::app::Options::starting_now()
    })
    .map_err(|error| error.to_string())
}
