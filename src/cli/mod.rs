//! The `partita` command: arguments in, result folders and messages out.
//!
//! `args` is what was typed, `plan` is what it means; `plan` refuses what cannot work before
//! any file is opened. `each` takes the recordings one by one, so that an error of one leaves
//! the others alone; `batch` and `split` are what is done with each, and `folder` makes a result
//! appear whole or not at all. Results go to
//! stdout; progress, warnings and errors go to stderr.
//!
//! Exit codes: 0 done, 1 something failed, 2 the arguments make no sense, 130 cancelled.

mod args;
mod batch;
mod each;
mod error;
mod evaluate;
mod folder;
mod info;
mod load;
mod naming;
mod output;
mod plan;
mod progress;
mod report;
mod run;
mod scores;
mod single;
mod split;
mod warnings;

pub use args::WindowArgs;
pub use run::run;
