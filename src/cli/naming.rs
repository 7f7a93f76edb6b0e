//! Names of result folders.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Characters of a stem's name that go into its file name.
const LONGEST_NAME: usize = 48;

/// The name of the result folder of every recording of a batch, all different.
///
/// A folder is named after its recording without the extension. Recordings of the same name get
/// the name of the folder they are in in front (`take1-mix`, `take2-mix`), and those that are
/// still alike get a number behind. Names that differ only in case count as the same, because
/// they are on many file systems.
pub(super) fn folder_names<P: AsRef<Path>>(recordings: &[P]) -> Vec<OsString> {
    let mut bearers = HashMap::<_, usize>::new();
    for recording in recordings {
        *bearers.entry(key(&stem(recording.as_ref()))).or_default() += 1;
    }
    let mut taken = HashSet::new();
    recordings
        .iter()
        .map(|recording| {
            let plain = stem(recording.as_ref());
            let base = match bearers.get(&key(&plain)) {
                Some(1) => plain,
                _ => with_folder(recording.as_ref()),
            };
            let mut name = base.clone();
            let mut number = 1;
            while !taken.insert(key(&name)) {
                number += 1;
                name = joined(&base, OsStr::new(&number.to_string()));
            }
            name
        })
        .collect()
}

/// The file name of stem `number` of `count`, counted from 1: `03-low-percussive-62-Hz.wav`.
///
/// Blanks and characters that some file systems refuse are replaced, and a very long name is cut.
pub(super) fn stem_file(number: usize, count: usize, name: &str) -> String {
    let digits = count.to_string().len().max(2);
    let name: String = name
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            c if c.is_control() || c.is_whitespace() => '-',
            c => c,
        })
        .take(LONGEST_NAME)
        .collect();
    format!("{number:0digits$}-{name}.wav")
}

fn stem(recording: &Path) -> OsString {
    recording
        .file_stem()
        .unwrap_or(recording.as_os_str())
        .to_owned()
}

fn with_folder(recording: &Path) -> OsString {
    let absolute = std::path::absolute(recording).unwrap_or_else(|_| recording.to_owned());
    match absolute.parent().and_then(Path::file_name) {
        Some(folder) => joined(folder, &stem(recording)),
        None => stem(recording),
    }
}

fn joined(first: &OsStr, second: &OsStr) -> OsString {
    let mut name = first.to_owned();
    name.push("-");
    name.push(second);
    name
}

fn key(name: &OsStr) -> String {
    name.to_string_lossy().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_after_its_recording() {
        let names = folder_names(&["a/song.wav", "b/other.take.flac", "plain", "x/.hidden.wav"]);
        assert_eq!(names, ["song", "other.take", "plain", ".hidden"]);
    }

    #[test]
    fn recordings_of_the_same_name_get_their_folder_in_front() {
        let names = folder_names(&["/in/take1/mix.wav", "/in/solo.wav", "/in/take2/Mix.WAV"]);
        assert_eq!(names, ["take1-mix", "solo", "take2-Mix"]);
    }

    #[test]
    fn recordings_alike_in_name_and_folder_get_a_number() {
        let names = folder_names(&["/in/a.wav", "/in/a.flac", "/in/in-a-2.mp3", "/in/a.wav"]);
        assert_eq!(names, ["in-a", "in-a-2", "in-a-2-2", "in-a-3"]);
    }

    #[test]
    fn a_stem_file_has_its_number_and_a_harmless_name() {
        assert_eq!(stem_file(3, 16, "low 62 Hz"), "03-low-62-Hz.wav");
        assert_eq!(stem_file(3, 160, "../a\tb:c"), "003-..-a-b-c.wav");
        assert_eq!(
            stem_file(1, 1, &"x".repeat(500)).len(),
            3 + LONGEST_NAME + 4
        );
    }
}
