//! Names and texts of metadata.

/// Longest text that is kept, in bytes.
const MAX_TEXT: usize = 4096;
/// Most entries that are kept.
const MAX_ENTRIES: usize = 256;

/// Metadata under construction: bounded in number and length.
#[derive(Debug, Default)]
pub(super) struct Tags(Vec<(String, String)>);

impl Tags {
    /// Adds an entry, unless its text is empty, it is there already, or there are too many.
    pub(super) fn add(&mut self, name: &str, text: &str) {
        let entry = (clean(name), clean(text));
        if !entry.1.is_empty() && self.0.len() < MAX_ENTRIES && !self.0.contains(&entry) {
            self.0.push(entry);
        }
    }

    /// Adds a text as files store it: up to the first zero, in UTF-8 or else Latin-1.
    pub(super) fn add_bytes(&mut self, name: &str, bytes: &[u8]) {
        let bytes = bytes.split(|&b| b == 0).next().unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => self.add(name, text),
            Err(_) => self.add(name, &bytes.iter().map(|&b| b as char).collect::<String>()),
        }
    }

    /// The entries in the order they came.
    pub(super) fn into_entries(self) -> Vec<(String, String)> {
        self.0
    }
}

/// Without control characters, which could steer a terminal, and not longer than [`MAX_TEXT`].
fn clean(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim().chars() {
        if out.len() + c.len_utf8() > MAX_TEXT {
            break;
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out.trim_end().to_string()
}
