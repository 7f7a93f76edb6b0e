//! Files that are broken, by accident or on purpose, are refused and nothing worse.

use std::fs;
use std::sync::OnceLock;

use partita::project::{ProjectError, load};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::files::{members, rewrite, saved, write_members};
use crate::support::check;

/// What is done to `project.json`.
type Change = fn(&mut Value);

fn after_change(change: impl FnOnce(&mut Value)) -> ProjectError {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    rewrite(&path, change);
    load(&path).unwrap_err()
}

#[test]
fn contradictions_in_the_description_are_refused() {
    let changes: [(&str, Change); 13] = [
        ("a member twice", |j| {
            j["sources"][1]["atoms"] = json!([0, 2])
        }),
        ("a member too high", |j| {
            j["sources"][1]["atoms"] = json!([2, 99])
        }),
        ("a member missing", |j| {
            j["sources"][0]["atoms"] = json!([0])
        }),
        ("an empty source", |j| j["sources"][0]["atoms"] = json!([])),
        ("an id twice", |j| {
            j["sources"][1]["id"] = j["sources"][0]["id"].clone()
        }),
        ("an impossible id", |j| {
            j["sources"][1]["id"] = json!(u64::MAX)
        }),
        ("no name", |j| j["sources"][1]["name"] = json!(" ")),
        ("too few atoms", |j| j["atoms"] = json!([{}])),
        ("no recording", |j| j["recording"] = Value::Null),
        ("no schema", |j| j["schema"] = json!("one")),
        ("a list for a number", |j| {
            j["atoms"][0]["gain_db"] = json!([1])
        }),
        ("no separation but sources", |j| {
            j["separation"] = Value::Null
        }),
        ("fewer components", |j| {
            j["separation"]["components"].as_array_mut().unwrap().pop();
        }),
    ];
    for (what, change) in changes {
        let error = after_change(change);
        assert!(matches!(error, ProjectError::Damaged(_)), "{what}: {error}");
    }
}

#[test]
fn impossible_transforms_lengths_and_excerpts_are_refused() {
    let changes: [Change; 8] = [
        |j| j["separation"]["stft"]["hop"] = json!(0),
        |j| j["separation"]["stft"]["size"] = json!(1_u64 << 62),
        |j| j["separation"]["frames"] = json!(u64::MAX),
        |j| j["separation"]["frames"] = json!(1_u64 << 39),
        |j| j["separation"]["excerpt"] = json!([5, 4]),
        |j| j["separation"]["excerpt"] = json!([2, 9_000]),
        |j| j["separation"]["scale"] = json!(0.0),
        |j| j["separation"]["rate"] = json!(44_100),
    ];
    for change in changes {
        after_change(change);
    }
}

#[test]
fn gains_beyond_the_range_are_brought_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    rewrite(&path, |j| j["atoms"][0]["gain_db"] = json!(1e40));
    let project = load(&path).unwrap().project;
    assert_eq!(project.atoms()[0].gain_db, partita::project::MAX_GAIN_DB);
}

#[test]
fn missing_and_broken_members_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    let whole = members(&path);
    for name in ["W.npy", "H.npy", "divergence.npy"] {
        let mut without = whole.clone();
        without.retain(|(member, _)| member != name);
        write_members(&path, &without);
        let message = load(&path).unwrap_err().to_string();
        assert!(message.contains(&format!("{name} is missing")), "{message}");

        let mut cut = whole.clone();
        let member = cut.iter_mut().find(|(member, _)| member == name).unwrap();
        member.1.truncate(member.1.len() - 1);
        write_members(&path, &cut);
        let message = load(&path).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
    // Values that cannot be part of a mask.
    for value in [f32::NAN, f32::INFINITY, -1.0] {
        let mut poisoned = whole.clone();
        let h = poisoned
            .iter_mut()
            .find(|(member, _)| member == "H.npy")
            .unwrap();
        let at = h.1.len() - 4;
        h.1[at..].copy_from_slice(&value.to_le_bytes());
        write_members(&path, &poisoned);
        assert!(matches!(load(&path), Err(ProjectError::Damaged(_))));
    }
}

#[test]
fn a_large_member_in_a_small_file_takes_no_more_memory_than_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    let mut all = members(&path);
    all.push(("zeros".into(), vec![0; 300 << 20]));
    write_members(&path, &all);
    assert!(fs::metadata(&path).unwrap().len() < 1 << 20);
    assert!(matches!(load(&path), Err(ProjectError::Limit(_))));
}

/// The bytes of a valid file.
fn valid() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        fs::read(saved(folder.path())).unwrap()
    })
}

/// `project.json` of a valid file.
fn text() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        members(&saved(folder.path())).swap_remove(0).1
    })
}

/// Loads bytes as a file; what is accepted must be a sound project.
fn load_bytes(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.partita");
    fs::write(&path, bytes).unwrap();
    if let Ok(loaded) = load(&path) {
        check(&loaded.project);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_corruption_of_a_file_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::weighted(0.3, any::<prop::sample::Index>()),
        near_the_end: bool,
    ) {
        let mut bytes = valid().to_vec();
        for (place, byte) in changes {
            // The directory of a zip is at its end.
            let from = if near_the_end { bytes.len() - 400 } else { 0 };
            let place = from + place.index(bytes.len() - from);
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(valid().len()));
        }
        load_bytes(&bytes);
    }

    #[test]
    fn no_corruption_of_the_description_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..128), 1..4),
    ) {
        let mut text = text().to_vec();
        for (place, byte) in changes {
            let place = place.index(text.len());
            text[place] = byte;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = saved(folder.path());
        let mut all = members(&path);
        all[0].1 = text;
        write_members(&path, &all);
        if let Ok(loaded) = load(&path) {
            check(&loaded.project);
        }
    }
}
