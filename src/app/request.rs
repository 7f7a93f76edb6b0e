//! What a view asks the window for.

use std::path::PathBuf;

use super::actions::Action;
use crate::project::{DragId, Edit};

/// What a view asks the window for: views change neither the project nor what plays.
#[derive(Clone, Debug)]
pub(super) enum Request {
    /// An action of the table.
    Act(Action),
    /// An edit of the project.
    Edit(Edit),
    /// One of many edits of a drag, which undo takes back as one.
    Drag(Edit, DragId),
    /// Open a file, whatever it is.
    OpenPath(PathBuf),
    /// Go to this place, in seconds.
    Seek(f64),
    /// Let the original be heard, or the mix again.
    Original(bool),
    /// Volume of everything, linear.
    Master(f32),
    /// Play on the device of this name, or on the default one.
    Device(Option<String>),
    /// Ask for the list of devices again.
    ListDevices,
    /// Put the clip light out.
    ClearClip,
}
