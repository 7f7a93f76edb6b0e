//! What keeps the window from opening.

/// What keeps the window from opening.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no display, or it cannot be drawn on.
    #[error("no window can be opened here ({0}); the command `partita separate` needs none")]
    Window(String),
    /// The diagnostics were to be written where there is no folder.
    #[error(
        "the diagnostics have no folder to be written to; create it or name another place: {0}"
    )]
    NoFolder(String),
    /// The diagnostics could not be written.
    #[error("the diagnostics could not be written ({source}): {path}")]
    Diagnostics {
        /// What the system says.
        source: std::io::Error,
        /// The file.
        path: String,
    },
}
