//! From the arguments to the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::args::{Args, Command};
use super::output::{complain, print};
use super::plan::Plan;
use super::{batch, evaluate, info};

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const CANCELLED: u8 = 130;

/// How a command ended, when it was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    Failed,
    Cancelled,
}

/// Runs the `partita` command with these arguments, the first of which is the program's name.
///
/// Results go to stdout, everything else to stderr. The exit code is 0 when all is done, 1 when
/// something failed, 2 when the arguments make no sense, and 130 when the run was cancelled.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let ending = match Args::try_parse_from(arguments).map(|args| args.command) {
        Ok(Some(Command::Separate(args))) => match Plan::new(args) {
            Ok(plan) => batch::separate(&plan),
            Err(error) => return refuse(&error),
        },
        Ok(Some(Command::Info(args))) => info::info(&args).map(|()| Ending::Done),
        Ok(Some(Command::Evaluate(args))) => evaluate::evaluate(&args).map(|()| Ending::Done),
        Ok(None) => print(&Args::command().render_long_help().to_string()).map(|()| Ending::Done),
        Err(error) => return refuse(&error),
    };
    match ending {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::from(FAILED),
        Ok(Ending::Cancelled) => ExitCode::from(CANCELLED),
        Err(error) => {
            complain(error);
            ExitCode::from(FAILED)
        }
    }
}

/// Prints what clap has to say: an error to stderr, or to stdout the help that was asked for.
fn refuse(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    if error.use_stderr() {
        return ExitCode::from(USAGE);
    }
    match printed {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(FAILED),
        _ => ExitCode::SUCCESS,
    }
}
