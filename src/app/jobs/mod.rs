//! Long work, off the interface thread: each job runs on a thread of its own and sends its result,
//! the window looks for it when it draws, and is woken when there is something to see.

mod export;
mod files;
mod open;
mod priority;
mod separate;
mod task;

pub(super) use export::{Exporting, export, factors};
pub use files::{FileDialogs, Pick, Picked, SystemDialogs};
pub(super) use open::{
    Astray, Found, OpenError, Opened, OpenedProject, Reading, check, hash, open,
};
pub(super) use priority::{share_threads, step_back};
pub(super) use separate::{Ask, Finished, Separating, bytes_shown, separate};
pub(super) use task::{BrokenDown, Task, Waker};
