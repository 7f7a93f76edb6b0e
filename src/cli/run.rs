//! From the arguments to the exit code.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::args::{Args, Command, WindowArgs};
use super::output::{complain, print};
use super::plan::{Plan, split_settings};
use super::{batch, evaluate, info, split};

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const CANCELLED: u8 = 130;
const NO_WINDOW: &str =
    "this Partita was built without its window; `partita separate FILE -o DIR` needs none";

/// How a command ended, when it was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    Failed,
    Cancelled,
}

/// Runs the `partita` command with these arguments, the first of which is the program's name.
///
/// Without a command, `window` opens the window; `None` where the program has none. It returns what
/// kept the window from opening.
///
/// Results go to stdout, everything else to stderr. The exit code is 0 when all is done, 1 when
/// something failed, 2 when the arguments make no sense, and 130 when the run was cancelled.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    window: Option<&dyn Fn(WindowArgs) -> Result<(), String>>,
) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let args = match Args::try_parse_from(&arguments) {
        Ok(args) => args,
        Err(error) => {
            // A command that is mistyped counts as a file to open, and what follows it as wrong.
            let first = arguments.get(1).filter(|_| error.use_stderr());
            return match first.filter(|word| is_nothing(word)) {
                Some(word) => unknown(Path::new(word)),
                None => refuse(&error),
            };
        }
    };
    let ending = match args.command {
        Some(Command::Separate(args)) => match Plan::new(args) {
            Ok(plan) => batch::separate(&plan),
            Err(error) => return refuse(&error),
        },
        Some(Command::Split(args)) => match split_settings(&args) {
            Ok((stft, hpss)) => split::split_all(&args, stft, hpss),
            Err(error) => return refuse(&error),
        },
        Some(Command::Info(args)) => info::info(&args).map(|()| Ending::Done),
        Some(Command::Evaluate(args)) => evaluate::evaluate(&args).map(|()| Ending::Done),
        None if args
            .window
            .file
            .as_deref()
            .is_some_and(|file| !file.exists()) =>
        {
            return unknown(&args.window.file.unwrap_or_default());
        }
        None => match window {
            Some(open) => return opened(open(args.window)),
            None if args.window.file.is_some() => return opened(Err(NO_WINDOW.to_owned())),
            None => print(&Args::command().render_long_help().to_string()).map(|()| Ending::Done),
        },
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

/// Whether a word is neither an option, nor a command, nor a file.
fn is_nothing(word: &OsStr) -> bool {
    let is_option = word.as_encoded_bytes().starts_with(b"-");
    let is_command = Args::command().find_subcommand(word).is_some();
    !is_option && !is_command && !Path::new(word).exists()
}

/// Says that this is neither a command nor a file.
fn unknown(word: &Path) -> ExitCode {
    let commands = Args::command();
    let names: Vec<&str> = commands.get_subcommands().map(|c| c.get_name()).collect();
    complain(format!(
        "there is neither a command nor a file {}; the commands are {}",
        word.display(),
        names.join(", ")
    ));
    ExitCode::from(USAGE)
}

fn opened(window: Result<(), String>) -> ExitCode {
    match window {
        Ok(()) => ExitCode::SUCCESS,
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
