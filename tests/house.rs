//! The rules of the house: which room may use which, how long a file may be, what a `mod.rs` may hold.
//!
//! The table of rooms in `ARCHITECTURE.md` is the one source of the directions; this test holds the code to it.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

const LONGEST_FILE: usize = 600;

/// Room → the rooms it may import.
type Directions = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `folder` with the extension `ext`, as paths relative to `folder`, sorted.
fn files(folder: &Path, ext: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let entry = entry.unwrap();
            let path = entry.path();
            // Hidden folders hold what others wrote, such as the environments of the benchmarks.
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ext) {
                found.push(path.strip_prefix(folder).unwrap().to_path_buf());
            }
        }
    }
    found.sort();
    found
}

/// The table headed "may import": its first cell names a room, its last the rooms that one may import.
fn directions(architecture: &str) -> Directions {
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    architecture
        .lines()
        .skip_while(|line| !line.ends_with("| may import |"))
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').collect::<Vec<_>>())
        .filter_map(|cells| {
            let room = names(cells.first()?).pop_first()?;
            Some((room, names(cells.last()?)))
        })
        .collect()
}

/// The module a file of `src` is: `nmf/matrix.rs` is `["nmf", "matrix"]`, `nmf/mod.rs` is `["nmf"]`.
fn module_of(file: &Path) -> Vec<String> {
    let mut path: Vec<String> = file
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    path.pop_if(|last| matches!(last.as_str(), "mod" | "lib" | "main"));
    path
}

fn is_ident(token: Option<&TokenTree>, names: &[&str]) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if names.iter().any(|name| ident == name))
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Punct(a), TokenTree::Punct(b), ..] if a.as_char() == ':' && b.as_char() == ':')
}

/// Rooms that the path starting at `tokens` leads to, `at` being the module where its next part is looked up.
fn follow(tokens: &[TokenTree], at: &[String], rooms: &mut BTreeSet<String>) {
    match tokens {
        [TokenTree::Ident(ident), rest @ ..] => {
            let mut at = at.to_vec();
            let step = ident.to_string();
            match step.as_str() {
                "super" => {
                    at.pop();
                }
                "self" => {}
                name => at.push(name.to_owned()),
            }
            let goes_on = is_separator(rest);
            let still_looking = matches!(step.as_str(), "super" | "self") || at.len() < 2;
            if goes_on && still_looking {
                follow(&rest[2..], &at, rooms);
            } else {
                rooms.extend(at.first().cloned());
            }
        }
        [TokenTree::Group(group), ..] => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            inner
                .split(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ','))
                .for_each(|branch| follow(branch, at, rooms));
        }
        _ => rooms.extend(at.first().cloned()),
    }
}

/// Collects the rooms named by `crate::…`, `partita::…` and `super::…` paths anywhere in `tokens`.
fn collect(tokens: TokenStream, module: &[String], rooms: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        let rest = &tokens[i + 1..];
        let starts_path = is_separator(rest) && !(i >= 2 && is_separator(&tokens[i - 2..]));
        if starts_path && is_ident(Some(token), &["crate", "partita"]) {
            follow(&rest[2..], &[], rooms);
        } else if starts_path && is_ident(Some(token), &["super"]) {
            follow(&tokens[i..], module, rooms);
        } else if let TokenTree::Group(group) = token {
            let mut inner = module.to_vec();
            if i >= 2 && is_ident(tokens.get(i - 2), &["mod"]) {
                inner.push(tokens[i - 1].to_string());
            }
            collect(group.stream(), &inner, rooms);
        }
    }
}

/// The rooms that the source of `file` uses, its own left out.
fn imports(file: &Path, source: &str) -> BTreeSet<String> {
    let module = module_of(file);
    let mut rooms = BTreeSet::new();
    let tokens = source
        .parse()
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    collect(tokens, &module, &mut rooms);
    if let Some(own) = module.first() {
        rooms.remove(own);
    }
    rooms
}

/// One sentence for every import of `file` that the table does not allow.
fn violations(file: &Path, source: &str, directions: &Directions) -> Vec<String> {
    let Some(room) = module_of(file).into_iter().next() else {
        return Vec::new();
    };
    let Some(allowed) = directions.get(&room) else {
        return vec![format!("{} is in no room of the table", file.display())];
    };
    imports(file, source)
        .iter()
        .filter(|import| !allowed.contains(*import))
        .map(|import| format!("{} must not use `{import}`", file.display()))
        .collect()
}

/// Items of a `mod.rs` that belong into a file of their own.
fn logic(source: &str) -> Vec<String> {
    let tokens: TokenStream = source.parse().unwrap();
    tokens
        .into_iter()
        .filter(|token| {
            is_ident(
                Some(token),
                &["fn", "impl", "struct", "enum", "trait", "static"],
            )
        })
        .map(|token| token.to_string())
        .collect()
}

fn table() -> Directions {
    directions(&fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap())
}

#[test]
fn every_room_uses_only_the_rooms_its_row_allows() {
    let (src, table) = (root().join("src"), table());
    let found: Vec<String> = files(&src, "rs")
        .iter()
        .flat_map(|file| violations(file, &fs::read_to_string(src.join(file)).unwrap(), &table))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_table_has_a_row_for_every_folder_and_no_circles() {
    let table = table();
    let folders: BTreeSet<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(folders, table.keys().cloned().collect());
    let mut settled = BTreeSet::new();
    while let Some((room, _)) = table
        .iter()
        .find(|(room, uses)| !settled.contains(*room) && uses.is_subset(&settled))
    {
        settled.insert(room.clone());
    }
    assert_eq!(
        settled, folders,
        "the rooms left out use each other in a circle, or what is no room"
    );
}

#[test]
fn the_program_is_thin_and_uses_only_the_rooms_that_face_the_user() {
    let source = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert_eq!(
        imports(Path::new("main.rs"), &source),
        BTreeSet::from(["app".to_owned(), "cli".to_owned()])
    );
    assert!(source.lines().count() <= 30);
}

#[test]
fn no_file_is_longer_than_the_rule_allows() {
    for (folder, ext) in [
        ("src", "rs"),
        ("tests", "rs"),
        ("benches", "rs"),
        ("benches", "py"),
        ("scripts", "py"),
    ] {
        let folder = root().join(folder);
        for file in files(&folder, ext) {
            let lines = fs::read_to_string(folder.join(&file))
                .unwrap()
                .lines()
                .count();
            assert!(
                lines <= LONGEST_FILE,
                "{} has {lines} lines",
                file.display()
            );
        }
    }
}

#[test]
fn a_mod_file_only_explains_declares_and_exports() {
    let src = root().join("src");
    for file in files(&src, "rs")
        .iter()
        .filter(|file| file.ends_with("mod.rs"))
    {
        let source = fs::read_to_string(src.join(file)).unwrap();
        assert!(
            source.starts_with("//!"),
            "{} does not explain its room",
            file.display()
        );
        assert_eq!(logic(&source), Vec::<String>::new(), "{}", file.display());
    }
}

#[test]
fn the_check_itself_sees_every_way_to_break_a_direction() {
    let table = directions(
        "| room | purpose | may import |\n|---|---|---|\n| `low` | x | - |\n| `high` | x | `low` |\n",
    );
    let found = |file: &str, source: &str| violations(Path::new(file), source, &table);
    for source in [
        "use crate::high::Thing;",
        "use crate::{low::Own, high::{self, Thing}};",
        "use crate::high;",
        "pub(crate) use partita::high::*;",
        "fn f() { let _ = crate::high::thing(); }",
        "fn f() { println!(\"{}\", crate::high::N); }",
        "use super::super::high::Thing;",
        "use super::{inside::Own, super::high::Thing};",
        "mod tests { use super::super::super::high::Thing; }",
    ] {
        assert_eq!(
            found("low/file.rs", source),
            ["low/file.rs must not use `high`"],
            "{source}"
        );
    }
    assert_eq!(
        found("low/mod.rs", "use super::high::Thing;"),
        ["low/mod.rs must not use `high`"]
    );
    assert_eq!(
        found("other/mod.rs", ""),
        ["other/mod.rs is in no room of the table"]
    );
    for source in [
        "use crate::low::Thing;",
        "use super::high::Thing; // a file of the same room that happens to have this name",
        "/// See [`crate::high`].\nfn f() {}",
        "fn f() -> &'static str { \"crate::high::Thing\" }",
        "mod tests { use super::super::high::Thing; }",
        "use other::crate_of_others::high;",
    ] {
        assert_eq!(
            found("low/file.rs", source),
            Vec::<String>::new(),
            "{source}"
        );
    }
    assert_eq!(
        found("high/file.rs", "use crate::low::Thing;"),
        Vec::<String>::new()
    );
    assert_eq!(
        logic("//! Room.\nmod a;\npub use a::A;\nfn logic() {}\n"),
        ["fn"]
    );
}
