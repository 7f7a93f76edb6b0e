//! Undo and redo.

use std::path::Path;
use std::sync::Arc;

use partita::project::{
    Colour, DragId, Edit, History, ProjectError, Row, SortKey, Source, SourceId,
};
use partita::separation::SeparationSettings;
use proptest::prelude::*;

use crate::support::{BASS, DRUMS, Noise, check, data, group, project, recording};

fn gain(gain_db: f32) -> Edit {
    Edit::SetGain {
        row: Row::Source(BASS),
        gain_db,
    }
}

fn mute(row: Row) -> Edit {
    Edit::SetMute { row, on: true }
}

#[test]
fn edits_are_taken_back_and_made_again_by_name() {
    let start = project();
    let mut history = History::new(start.clone());
    assert_eq!((history.undo_name(), history.redo_name()), (None, None));
    assert!(history.record(&mute(Row::Source(BASS)), None).unwrap());
    assert!(history.record(&mute(Row::Source(DRUMS)), None).unwrap());
    assert_eq!(history.undo_name(), Some("mute of Drums"));
    assert!(history.undo());
    assert_eq!(history.undo_name(), Some("mute of Bass"));
    assert_eq!(history.redo_name(), Some("mute of Drums"));
    assert!(history.undo() && !history.undo());
    assert_eq!(**history.project(), start);
    assert!(history.redo() && history.redo() && !history.redo());
    assert!(history.project().source(DRUMS).unwrap().mute);
    // A new edit takes the place of what was undone.
    history.undo();
    history.record(&gain(-3.0), None).unwrap();
    assert_eq!(history.redo_name(), None);
}

#[test]
fn a_drag_is_one_entry_and_the_next_one_another() {
    let mut history = History::new(project());
    for drag in [1, 2] {
        for step in 1..50 {
            let edit = gain(-(drag * 100 + step) as f32 / 10.0);
            history.record(&edit, Some(DragId(drag as u64))).unwrap();
        }
    }
    assert_eq!(history.project().source(BASS).unwrap().gain_db, -24.9);
    history.undo();
    assert_eq!(history.project().source(BASS).unwrap().gain_db, -14.9);
    history.undo();
    assert_eq!(history.project().source(BASS).unwrap().gain_db, 0.0);
    assert!(!history.undo());
}

#[test]
fn a_drag_back_to_where_it_began_leaves_no_entry() {
    let mut history = History::new(project());
    history.record(&gain(-1.0), Some(DragId(1))).unwrap();
    history.mark_saved();
    let drag = Some(DragId(2));
    history.record(&gain(-2.0), drag).unwrap();
    assert!(history.record(&gain(-1.0), drag).unwrap());
    assert!(history.is_saved() && history.redo_name().is_none());
    assert_eq!(history.project().source(BASS).unwrap().gain_db, -1.0);
    // It may go on all the same.
    history.record(&gain(-4.0), drag).unwrap();
    history.undo();
    assert_eq!(history.project().source(BASS).unwrap().gain_db, -1.0);
    history.undo();
    assert_eq!(history.project().source(BASS).unwrap().gain_db, 0.0);
    assert!(!history.undo());
}

#[test]
fn an_edit_that_changes_nothing_or_is_refused_leaves_no_entry() {
    let mut history = History::new(project());
    assert!(!history.record(&gain(0.0), None).unwrap());
    let refused = history.record(&mute(Row::Source(SourceId(9))), None);
    assert!(matches!(refused, Err(ProjectError::UnknownSource(_))));
    assert!(history.undo_name().is_none() && history.is_saved());
}

#[test]
fn undo_back_to_what_was_saved_is_clean_again() {
    let mut history = History::new(project());
    assert!(history.is_saved());
    history.record(&gain(-1.0), None).unwrap();
    assert!(!history.is_saved());
    history.mark_saved();
    history.record(&gain(-2.0), None).unwrap();
    history.undo();
    assert!(history.is_saved());
    history.undo();
    assert!(!history.is_saved());
    // What was saved cannot be reached any more.
    history.record(&gain(-3.0), None).unwrap();
    assert!(!history.is_saved());
    assert!(!History::unsaved(project()).is_saved());
}

#[test]
fn a_drag_that_goes_on_after_a_save_is_unsaved() {
    let mut history = History::new(project());
    let drag = Some(DragId(1));
    history.record(&gain(-1.0), drag).unwrap();
    let state = history.state();
    history.mark_saved_at(state);
    history.record(&gain(-2.0), drag).unwrap();
    assert!(!history.is_saved());
    history.undo();
    assert!(history.is_saved());
    assert_eq!(history.project().source(BASS).unwrap().gain_db, -1.0);
}

#[test]
fn a_hash_that_comes_late_is_filled_in_everywhere_and_is_no_edit() {
    let mut unhashed = (*recording(Path::new("/music/song.wav"))).clone();
    unhashed.sha256 = None;
    let mut history = History::default();
    history
        .record(&Edit::Open(Arc::new(unhashed)), None)
        .unwrap();
    history
        .record(&Edit::SetSettings(another_seed(5)), None)
        .unwrap();
    history.mark_saved();
    let hashed = recording(Path::new("/music/song.wav"));
    history.complete_recording(&hashed);
    assert!(history.is_saved());
    history.undo();
    assert_eq!(history.project().recording(), Some(&hashed));
    history.complete_recording(&recording(Path::new("/music/other.wav")));
    assert_eq!(history.project().recording(), Some(&hashed));
}

fn another_seed(seed: u64) -> SeparationSettings {
    let mut settings = SeparationSettings::default();
    settings.nmf.seed = seed;
    settings
}

/// Any edit, most of them possible; some name rows that are not there.
fn any_edit(sources: &[Source], atoms: usize, noise: &mut Noise) -> Edit {
    let mut below = |limit: usize| ((noise.next() * limit as f32) as usize).min(limit.max(1) - 1);
    let source = |place: usize| sources.get(place).map_or(SourceId(77), |source| source.id);
    let places = sources.len() + 1;
    let row = if below(2) == 0 {
        Row::Source(source(below(places)))
    } else {
        Row::Atom(below(atoms + 1))
    };
    let on = below(2) == 0;
    match below(19) {
        0 => Edit::SetMute { row, on },
        1 => Edit::SetSolo { row, on },
        2 | 3 => Edit::SetGain {
            row,
            gain_db: below(90) as f32 - 70.0,
        },
        4 => Edit::SoloExclusive(row),
        5 => Edit::ClearSolos,
        6 => Edit::Rename {
            row,
            name: ["", "Bass", " x ", "♪"][below(4)].into(),
        },
        7 => Edit::Recolour {
            source: source(below(places)),
            colour: Colour::Palette(below(16) as u8),
        },
        8..=10 => Edit::MoveAtoms {
            atoms: (0..=below(3)).map(|_| below(atoms.max(1))).collect(),
            to: source(below(places)),
            at: below(5),
        },
        11 => Edit::MergeSources((0..=below(3)).map(|_| source(below(places))).collect()),
        12 | 13 => Edit::SplitOff {
            atoms: (0..=below(3)).map(|_| below(atoms.max(1))).collect(),
        },
        14 => Edit::MoveSource {
            source: source(below(places)),
            at: below(9),
        },
        15 => Edit::Sort(
            [
                SortKey::Pitch,
                SortKey::Energy,
                SortKey::Onset,
                SortKey::Percussiveness,
            ][below(4)],
        ),
        16 => Edit::SetSettings(another_seed(below(9) as u64)),
        17 if below(6) == 0 => {
            let count = 1 + below(8);
            let data = data(count, below(9) as u64);
            Edit::SetSeparation {
                data,
                groups: (0..count).map(|k| group("one", &[k])).collect(),
            }
        }
        17 if below(6) == 0 => Edit::Open(recording(Path::new("/music/other.wav"))),
        17 => Edit::KeepGoing(data(atoms.max(1), below(9) as u64)),
        _ => {
            let parts = 1 + below(4);
            let part = |p: usize| (0..atoms).filter(|k| k % parts == p).collect::<Vec<_>>();
            Edit::Regroup((0..parts).map(|p| group("part", &part(p))).collect())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn undoing_all_of_thousands_of_edits_is_the_start_and_redoing_them_the_end(seed: u64) {
        let start = project();
        let mut history = History::new(start.clone());
        let mut noise = Noise::new(seed);
        let mut made = 0;
        for step in 0..3000_u64 {
            let present = Arc::clone(history.project());
            let edit = any_edit(present.sources(), present.atoms().len(), &mut noise);
            let drag = (step % 7 < 3).then_some(DragId(step / 7));
            match history.record(&edit, drag) {
                Ok(changed) => made += usize::from(changed),
                Err(_) => prop_assert!(Arc::ptr_eq(&present, history.project())),
            }
            check(history.project());
            match step % 97 {
                0 => { history.undo(); }
                1 => { history.redo(); }
                _ => {}
            }
            check(history.project());
        }
        prop_assert!(made > 500, "{} edits", made);
        while history.redo() {}
        let end = Arc::clone(history.project());
        while history.undo() {}
        prop_assert_eq!(&**history.project(), &start);
        while history.redo() {}
        prop_assert_eq!(history.project(), &end);
    }
}
