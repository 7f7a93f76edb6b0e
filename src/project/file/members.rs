//! Members of a project file that this version does not know.

/// A member that is kept as it is, so that it survives a save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name in the zip.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}
