//! Names of exported files.

use std::collections::HashSet;

use crate::project::ProjectError;

/// The template where none is given.
pub const DEFAULT_TEMPLATE: &str = "{nn}-{name}";

/// Most bytes of a name: file systems take 255, and an ending and a number come behind.
const LONGEST: usize = 200;
/// Names that Windows keeps for devices, whatever comes behind a dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
/// Devices that have a digit behind.
const PORTS: [&str; 2] = ["com", "lpt"];

/// The file name, without its ending, that a template makes of one of several files: `{n}` is its
/// number, `{nn}` the same with as many digits as the `largest` has, two at least, `{name}` the name of what it holds, and `{recording}` that of the recording. The name is safe
/// on all file systems.
///
/// ```
/// use partita::project::expand;
///
/// assert_eq!(expand("{nn}-{name}", "song", "Bass", 3, 12)?, "03-Bass");
/// assert_eq!(expand("{recording} {name}", "song", "A/B: x?", 1, 1)?, "song A-B- x-");
/// # Ok::<(), partita::project::ProjectError>(())
/// ```
///
/// # Errors
/// [`ProjectError::Template`] for something else in braces.
pub fn expand(
    template: &str,
    recording: &str,
    name: &str,
    number: usize,
    largest: usize,
) -> Result<String, ProjectError> {
    let digits = largest.to_string().len().max(2);
    let mut text = String::new();
    let mut rest = template;
    while let Some((plain, behind)) = rest.split_once('{') {
        text.push_str(plain);
        let (field, after) = behind.split_once('}').unwrap_or((behind, ""));
        match field {
            "n" => text.push_str(&number.to_string()),
            "nn" => text.push_str(&format!("{number:0digits$}")),
            "name" => text.push_str(name),
            "recording" => text.push_str(recording),
            other => return Err(ProjectError::Template(other.to_owned())),
        }
        rest = after;
    }
    text.push_str(rest);
    Ok(safe_name(&text))
}

/// The file names, without endings, that a template makes of these numbers and names. All are different, also
/// for file systems that take large and small letters for the same.
///
/// # Errors
/// [`ProjectError::Template`] for something in braces that stands for nothing.
pub fn file_names<S: AsRef<str>>(
    template: &str,
    recording: &str,
    names: &[(usize, S)],
) -> Result<Vec<String>, ProjectError> {
    let mut taken = HashSet::new();
    let mut files = Vec::with_capacity(names.len());
    let largest = names.iter().map(|(number, _)| *number).max().unwrap_or(0);
    for (number, name) in names {
        let base = expand(template, recording, name.as_ref(), *number, largest)?;
        let mut file = base.clone();
        let mut times = 1;
        while !taken.insert(file.to_lowercase()) {
            times += 1;
            file = format!("{base} {times}");
        }
        files.push(file);
    }
    Ok(files)
}

/// A text as the name of a file on any file system: what some of them refuse is replaced, what
/// they would drop is cut off, and a very long name is cut. Never empty.
#[must_use]
pub fn safe_name(text: &str) -> String {
    let replaced: String = text
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            c if c.is_control() => '-',
            c => c,
        })
        .collect();
    // A dot in front hides a file; dots and blanks at the end are dropped by Windows.
    let trimmed = replaced.trim_start_matches(|c: char| c == '.' || c.is_whitespace());
    let cut = trimmed.floor_char_boundary(LONGEST);
    let name = trimmed[..cut].trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    if name.is_empty() {
        return "unnamed".into();
    }
    if is_device(name) {
        return format!("_{name}");
    }
    name.to_owned()
}

fn is_device(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or(name)
        .trim_end()
        .to_lowercase();
    let numbered = |port| {
        stem.strip_prefix(port)
            .is_some_and(|digit: &str| matches!(digit.as_bytes(), [b'0'..=b'9']))
    };
    DEVICES.contains(&stem.as_str()) || PORTS.into_iter().any(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_in() {
        for (template, expected) in [
            ("{nn}-{name}", "07-Bass"),
            ("{recording} {name}", "song Bass"),
            ("{n} of {recording}", "7 of song"),
            ("all", "all"),
            ("{nn", "07"),
        ] {
            assert_eq!(expand(template, "song", "Bass", 7, 9).unwrap(), expected);
        }
        assert_eq!(expand("{nn}", "song", "Bass", 7, 1234).unwrap(), "0007");
        match expand("{nn} {nope}", "song", "Bass", 1, 1) {
            Err(ProjectError::Template(field)) => assert_eq!(field, "nope"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn braces_in_a_name_are_no_template() {
        assert_eq!(expand("{name}", "song", "{nn}", 1, 1).unwrap(), "{nn}");
    }

    #[test]
    fn names_are_safe_everywhere() {
        for (text, expected) in [
            ("../../etc/passwd", "-..-etc-passwd"),
            ("a\tb\0c", "a-b-c"),
            (" . ", "unnamed"),
            ("", "unnamed"),
            ("take 1. ", "take 1"),
            ("NUL", "_NUL"),
            ("con.fusion", "_con.fusion"),
            ("lpt1", "_lpt1"),
            ("console", "console"),
            ("é — ♪", "é — ♪"),
        ] {
            assert_eq!(safe_name(text), expected, "{text:?}");
        }
        let long = safe_name(&"♪".repeat(500));
        assert!(long.len() <= LONGEST && long.len() > LONGEST - 4);
    }

    #[test]
    fn files_never_share_a_name() {
        let alike = [(1, "Bass"), (2, "bass"), (3, "Bass"), (4, "bass 2")];
        let names = file_names("{name}", "song", &alike).unwrap();
        assert_eq!(names, ["Bass", "bass 2", "Bass 3", "bass 2 2"]);
        let numbered = file_names("{nn}-{name}", "song", &[(7, "C4"), (112, "C5")]).unwrap();
        assert_eq!(numbered, ["007-C4", "112-C5"]);
    }
}
