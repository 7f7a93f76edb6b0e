//! Asking the user for a file or folder.

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A dialog that gives nothing faster than this was never seen: the system has none.
const TOO_FAST: Duration = Duration::from_millis(250);

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// This was chosen.
    Path(PathBuf),
    /// Nothing was.
    Nothing,
    /// The system has no dialog to ask with.
    Unavailable,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// A recording or a project to open.
    Open,
    /// A recording that a project misses.
    Recording {
        /// Its name.
        name: String,
    },
    /// A file to write.
    Save {
        /// What it is, such as "project".
        what: &'static str,
        /// A name for it.
        name: String,
        /// Its extensions; the first is added where none is given.
        extensions: &'static [&'static str],
        /// Where to begin.
        folder: Option<PathBuf>,
    },
    /// A folder to write to.
    Folder {
        /// Where to begin.
        folder: Option<PathBuf>,
    },
}

/// Something that asks the user for a path. It may take as long as it likes: it is called on a
/// thread of its own.
pub trait FileDialogs: Send + Sync {
    /// Asks.
    fn ask(&self, pick: &Pick) -> Picked;
}

/// The dialogs of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDialogs;

/// Extensions of recordings that can be read.
const RECORDINGS: [&str; 12] = [
    "wav", "wave", "rf64", "bw64", "flac", "mp3", "ogg", "oga", "m4a", "aac", "aif", "aiff",
];

impl FileDialogs for SystemDialogs {
    fn ask(&self, pick: &Pick) -> Picked {
        let start = Instant::now();
        let dialog = rfd::FileDialog::new().set_title(pick.title());
        let path = match pick {
            Pick::Open => {
                let all: Vec<&str> = RECORDINGS.into_iter().chain(["partita"]).collect();
                dialog
                    .add_filter("Recordings and projects", &all)
                    .add_filter("All files", &["*"])
                    .pick_file()
            }
            Pick::Recording { .. } => dialog.add_filter("Recordings", &RECORDINGS).pick_file(),
            Pick::Save {
                name,
                extensions,
                folder,
                what,
            } => {
                let dialog = dialog.set_file_name(name).add_filter(*what, extensions);
                match folder {
                    Some(folder) => dialog.set_directory(folder),
                    None => dialog,
                }
                .save_file()
            }
            Pick::Folder { folder } => match folder {
                Some(folder) => dialog.set_directory(folder),
                None => dialog,
            }
            .pick_folder(),
        };
        match path {
            Some(path) => Picked::Path(path),
            None if start.elapsed() < TOO_FAST => Picked::Unavailable,
            None => Picked::Nothing,
        }
    }
}

impl Pick {
    /// What the dialog is called.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Open => "Open a recording or a project".to_owned(),
            Self::Recording { name } => format!("Where is {name}?"),
            Self::Save { what, .. } => format!("Save {what}"),
            Self::Folder { .. } => "Choose a folder".to_owned(),
        }
    }

    /// The path with an extension that this kind of file has: where the user gave none of them, the
    /// first is added.
    #[must_use]
    pub fn with_extension(&self, path: PathBuf) -> PathBuf {
        let Self::Save { extensions, .. } = self else {
            return path;
        };
        let given = path.extension().is_some_and(|end| {
            let mut known = extensions.iter();
            known.any(|known| end.eq_ignore_ascii_case(known))
        });
        match extensions.first() {
            Some(first) if !given => {
                let mut name = path.into_os_string();
                name.push(".");
                name.push(first);
                name.into()
            }
            _ => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_dot_keeps_it_and_an_extension_counts_in_any_case() {
        let pick = Pick::Save {
            what: "plots",
            name: String::new(),
            extensions: &["png", "svg"],
            folder: None,
        };
        for (typed, full) in [
            ("/a/song", "/a/song.png"),
            ("/a/Take 1.2", "/a/Take 1.2.png"),
            ("/a/song.SVG", "/a/song.SVG"),
            ("/a/song.png", "/a/song.png"),
        ] {
            assert_eq!(pick.with_extension(typed.into()), PathBuf::from(full));
        }
        assert_eq!(Pick::Open.with_extension("x".into()), PathBuf::from("x"));
    }
}
