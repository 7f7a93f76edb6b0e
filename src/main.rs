//! The `partita` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    partita::cli::run(std::env::args_os())
}
