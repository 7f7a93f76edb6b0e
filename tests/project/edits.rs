//! What each edit does, and what it is called.

use std::path::Path;
use std::sync::Arc;

use partita::project::{
    Colour, DragId, Edit, History, MAX_GAIN_DB, MIN_GAIN_DB, Project, ProjectError, Row, SortKey,
    SourceId,
};
use partita::separation::SeparationSettings;

use crate::support::{
    BASS, DRUMS, KEYS, after, check, data, group, names, open, project, recording,
};

#[test]
fn moved_atoms_go_before_the_member_at_that_place_and_empty_sources_vanish() {
    let project = project();
    let moved = |atoms: &[usize], to, at| {
        let edit = Edit::MoveAtoms {
            atoms: atoms.to_vec(),
            to,
            at,
        };
        let moved = project.apply(&edit).unwrap();
        check(&moved);
        moved
    };
    let placed = |project: &Project| -> Vec<(SourceId, Vec<usize>)> {
        let sources = project.sources().iter();
        sources.map(|s| (s.id, s.members.clone())).collect()
    };
    assert_eq!(
        placed(&moved(&[5, 0], BASS, 1)),
        [(BASS, vec![5, 0, 1]), (DRUMS, vec![2]), (KEYS, vec![3, 4])]
    );
    assert_eq!(
        placed(&moved(&[2], KEYS, usize::MAX)),
        [(BASS, vec![0, 1]), (KEYS, vec![3, 4, 5, 2])]
    );
    // Within a source: to the front, and behind itself, which changes nothing.
    assert_eq!(names(&moved(&[5], KEYS, 0))[2].1, [5, 3, 4]);
    assert_eq!(moved(&[4], KEYS, 2), project);
}

#[test]
fn merged_sources_become_the_first_of_them() {
    let merged = project()
        .apply(&Edit::MergeSources(vec![KEYS, BASS]))
        .unwrap();
    check(&merged);
    let all = &[0, 1, 3, 4, 5][..];
    assert_eq!(merged.sources()[0].members, all);
    assert_eq!(merged.sources()[0].id, BASS);
    let rename = Edit::Rename {
        row: Row::Source(KEYS),
        name: "Piano".into(),
    };
    let gain = |row, gain_db| Edit::SetGain { row, gain_db };
    let mute = Edit::SetMute {
        row: Row::Source(BASS),
        on: true,
    };
    let before = after(&project(), &[rename, gain(Row::Source(KEYS), -6.0), mute]);
    let merged = after(&before, &[Edit::MergeSources(vec![KEYS, BASS])]);
    check(&merged);
    assert_eq!(names(&merged), [("Piano", all), ("Drums", &[2])]);
    assert_eq!(merged.gains(), before.gains());
}

#[test]
fn sources_with_other_atoms_are_named_anew_unless_the_user_has_named_them() {
    let suggested = |project: &Project, id| {
        let facts = project.source_facts(id).unwrap();
        let name = &project.source(id).unwrap().name;
        assert!(name.starts_with(&facts.name()), "{name}: {facts:?}");
    };
    let moved = |atom, to| Edit::MoveAtoms {
        atoms: vec![atom],
        to,
        at: 0,
    };
    let before = project();
    let found = after(&before, &[moved(3, BASS)]);
    suggested(&found, BASS);
    suggested(&found, KEYS);
    assert_eq!(found.source(DRUMS), before.source(DRUMS));
    let named = Edit::Rename {
        row: Row::Source(BASS),
        name: "Bass".into(),
    };
    let found = after(&before, &[named, moved(3, BASS), moved(0, KEYS)]);
    assert_eq!(found.source(BASS).unwrap().name, "Bass");
}

#[test]
fn split_off_atoms_become_a_source_behind_theirs_that_sounds_as_before() {
    let quiet = Edit::SetGain {
        row: Row::Source(KEYS),
        gain_db: -6.0,
    };
    let before = after(&project(), &[quiet]);
    let split = before.apply(&Edit::SplitOff { atoms: vec![4, 3] }).unwrap();
    check(&split);
    assert_eq!(split.sources()[3].members, [4, 3]);
    assert_eq!(split.gains(), before.gains());
    let colours: Vec<Colour> = split.sources().iter().map(|source| source.colour).collect();
    assert_eq!(colours, (0..4).map(Colour::Palette).collect::<Vec<_>>());
}

#[test]
fn sources_move_and_sort() {
    let project = project();
    let order = |edit: Edit| {
        let sorted = project.apply(&edit).unwrap();
        check(&sorted);
        names(&sorted)
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let moved = |source, at| order(Edit::MoveSource { source, at });
    assert_eq!(moved(KEYS, 0), ["Keys", "Bass", "Drums"]);
    assert_eq!(moved(BASS, 2), ["Drums", "Bass", "Keys"]);
    assert_eq!(moved(BASS, 99), ["Drums", "Keys", "Bass"]);
    let sorted = |key| order(Edit::Sort(key));
    assert_eq!(sorted(SortKey::Pitch), ["Bass", "Drums", "Keys"]);
    assert_eq!(sorted(SortKey::Energy), ["Keys", "Bass", "Drums"]);
    assert_eq!(sorted(SortKey::Onset), ["Bass", "Drums", "Keys"]);
    assert_eq!(sorted(SortKey::Percussiveness), ["Drums", "Keys", "Bass"]);
    let keys = |key| {
        let sorted = project.apply(&Edit::Sort(key)).unwrap();
        sorted.source(KEYS).unwrap().members.clone()
    };
    assert_eq!(keys(SortKey::Pitch), [3, 4, 5]);
    assert_eq!(keys(SortKey::Energy), [5, 4, 3]);
    assert_eq!(keys(SortKey::Onset), [3, 4, 5]);
    assert_eq!(keys(SortKey::Percussiveness), [5, 3, 4]);
}

#[test]
fn names_are_trimmed_and_an_atom_without_one_is_called_by_what_was_measured() {
    let rename = |row, name: &str| Edit::Rename {
        row,
        name: name.into(),
    };
    let named = after(
        &project(),
        &[
            rename(Row::Source(BASS), "  Contrabass "),
            rename(Row::Atom(0), " root\t"),
        ],
    );
    assert_eq!(names(&named)[0].0, "Contrabass");
    assert_eq!(named.atom_label(0), "root");
    let unnamed = after(&named, &[rename(Row::Atom(0), " ")]);
    assert_eq!(unnamed.atom_label(0), "A2 · 110 Hz");
    assert_eq!(unnamed.atom_label(1), "noise · 231 Hz");
    assert_eq!(unnamed.atom_label(2), "attack · 346.5 Hz");
    assert_eq!(unnamed.atom_label(99), "");
    let refused = named.apply(&rename(Row::Source(BASS), " "));
    assert!(matches!(refused, Err(ProjectError::Name)));
}

#[test]
fn gains_stay_in_their_range() {
    let set = |gain_db| {
        project().apply(&Edit::SetGain {
            row: Row::Atom(1),
            gain_db,
        })
    };
    assert_eq!(set(99.0).unwrap().atoms()[1].gain_db, MAX_GAIN_DB);
    assert_eq!(
        set(f32::NEG_INFINITY).unwrap().atoms()[1].gain_db,
        MIN_GAIN_DB
    );
    assert!(matches!(set(f32::NAN), Err(ProjectError::Gain)));
}

#[test]
fn running_on_keeps_names_groups_and_gains() {
    let mixed = after(
        &project(),
        &[
            Edit::SetGain {
                row: Row::Source(BASS),
                gain_db: -3.0,
            },
            Edit::Rename {
                row: Row::Atom(5),
                name: "bell".into(),
            },
        ],
    );
    let further = after(&mixed, &[Edit::KeepGoing(data(6, 2))]);
    assert_eq!(further.sources(), mixed.sources());
    assert_eq!(further.atoms(), mixed.atoms());
    assert_ne!(further.separation(), mixed.separation());
    let other = mixed.apply(&Edit::KeepGoing(data(5, 2)));
    assert!(matches!(other, Err(ProjectError::Unfit(_))));
}

#[test]
fn the_way_of_a_longer_run_is_told_as_one() {
    let (first, second) = (data(6, 1), data(6, 2));
    let whole = (*second).clone().after(&first);
    assert_eq!(whole.iterations, 4);
    let curve = [9.0, 1.0 / 3.0, 0.1, 1.0 / 3.0, 0.1];
    assert_eq!(whole.divergence_curve, curve);
}

#[test]
fn the_group_with_most_of_a_source_has_its_colour_and_the_name_it_was_given() {
    let groups = vec![
        group("Other", &[2, 0]),
        group("Rest", &[5, 4, 3, 1]),
        group("", &[]),
    ];
    let suggested = after(&project(), &[Edit::Regroup(groups.clone())]);
    check(&suggested);
    let members = [&[2, 0][..], &[5, 4, 3, 1]];
    assert_eq!(
        names(&suggested),
        [("Other", members[0]), ("Rest", members[1])]
    );
    let of = |project: &Project, id| project.source(id).unwrap().colour;
    let colours = |project: &Project| {
        project
            .sources()
            .iter()
            .map(|s| s.colour)
            .collect::<Vec<_>>()
    };
    let inherited = [of(&project(), DRUMS), of(&project(), KEYS)];
    assert_eq!(colours(&suggested), inherited);

    let rename = |row, name: &str| Edit::Rename {
        row: Row::Source(row),
        name: name.into(),
    };
    // A name that was given is kept, even where it is what would have been suggested.
    let given = [rename(KEYS, "Keys"), rename(DRUMS, "Kit")];
    let named = after(
        &project(),
        &[given.as_slice(), &[Edit::Regroup(groups)]].concat(),
    );
    check(&named);
    assert_eq!(names(&named), [("Kit", members[0]), ("Keys", members[1])]);
    assert_eq!(colours(&named), inherited);
}

#[test]
fn what_is_grouped_anew_is_heard_as_most_of_it_was() {
    let before = after(
        &project(),
        &[
            Edit::SetGain {
                row: Row::Source(KEYS),
                gain_db: -6.0,
            },
            Edit::Rename {
                row: Row::Source(KEYS),
                name: "Piano".into(),
            },
        ],
    );
    let keys = before.source(KEYS).unwrap().clone();
    // One atom apart, and the others as they were, under whatever name.
    let (&one, rest) = keys.members.split_first().unwrap();
    let others = (0..before.atoms().len()).filter(|k| !keys.members.contains(k));
    let others: Vec<usize> = others.collect();
    let apart = Edit::Regroup(vec![
        group("one", &[one]),
        group("rest", rest),
        group("others", &others),
    ]);
    let apart = after(&before, &[apart]);
    check(&apart);
    let gains = |project: &Project| -> Vec<f32> {
        let sources = project.sources().iter();
        sources.map(|source| source.gain_db).collect()
    };
    assert_eq!(gains(&apart), [-6.0, -6.0, 0.0]);
    // A group that is a source stays it, in whatever order.
    let mut turned = keys.members.clone();
    turned.reverse();
    let same = Edit::Regroup(vec![group("another", &turned), group("others", &others)]);
    let same = after(&before, &[same]);
    check(&same);
    let kept = same.source(KEYS).unwrap();
    assert_eq!((kept.name.as_str(), kept.gain_db), ("Piano", -6.0));
    assert_eq!(kept.members, turned);
}

#[test]
fn sources_that_become_one_are_heard_as_they_were() {
    let muted = |row, on| Edit::SetMute { row, on };
    let gain = |row, gain_db| Edit::SetGain { row, gain_db };
    let before = after(
        &project(),
        &[
            muted(Row::Source(DRUMS), true),
            gain(Row::Source(KEYS), -6.0),
            gain(Row::Atom(1), 3.0),
        ],
    );
    let all: Vec<usize> = (0..before.atoms().len()).collect();
    let joined = after(&before, &[Edit::Regroup(vec![group("all", &all)])]);
    check(&joined);
    assert!(!joined.sources()[0].mute);
    let close = |a: &Project, b: &Project| {
        let pairs = a.gains().into_iter().zip(b.gains());
        pairs.into_iter().all(|(x, y)| (x - y).abs() < 1e-6)
    };
    assert!(
        close(&before, &joined),
        "{:?} {:?}",
        before.gains(),
        joined.gains()
    );
    // And as many again: nobody who was heard is silent now.
    let singles = all.iter().map(|&k| group("", &[k])).collect();
    let apart = after(&joined, &[Edit::Regroup(singles)]);
    check(&apart);
    assert!(close(&before, &apart));
}

#[test]
fn a_drag_that_comes_back_brings_back_what_it_passed_over() {
    let mut history = History::new(project());
    let before = Arc::clone(history.project());
    let all: Vec<usize> = (0..before.atoms().len()).collect();
    let drag = Some(DragId(7));
    let joined = Edit::Regroup(vec![group("all", &all)]);
    assert!(history.record(&joined, drag).unwrap());
    assert_eq!(history.project().sources().len(), 1);
    let sources = before.sources().iter();
    let apart = sources.map(|source| group("", &source.members)).collect();
    assert!(history.record(&Edit::Regroup(apart), drag).unwrap());
    assert_eq!(history.project().sources(), before.sources());
}

#[test]
fn opening_a_recording_keeps_the_settings_and_nothing_else() {
    let mut settings = SeparationSettings::default();
    settings.nmf.seed = 42;
    let other = recording(Path::new("/music/other.wav"));
    let opened = after(
        &project(),
        &[
            Edit::SetSettings(settings.clone()),
            Edit::Open(Arc::clone(&other)),
        ],
    );
    check(&opened);
    assert_eq!(opened.settings(), &settings);
    assert_eq!(opened.recording(), Some(&other));
    assert!(opened.separation().is_none() && opened.sources().is_empty());
}

#[test]
fn a_recording_that_has_moved_is_linked_again_and_another_is_not() {
    let moved = recording(Path::new("/elsewhere/song.wav"));
    let linked = after(&project(), &[Edit::Relink(Arc::clone(&moved))]);
    assert_eq!(linked.recording(), Some(&moved));
    assert_eq!(linked.sources(), project().sources());
    let mut shorter = (*moved).clone();
    shorter.info.frames = Some(10);
    let mut mono = (*moved).clone();
    mono.info.channels = 1;
    for other in [shorter, mono] {
        let refused = project().apply(&Edit::Relink(Arc::new(other)));
        assert!(matches!(refused, Err(ProjectError::Unfit(_))));
    }
}

#[test]
fn edits_that_cannot_be_meant_are_refused() {
    let project = project();
    let gone = SourceId(99);
    let no_source: [Edit; 5] = [
        Edit::SetMute {
            row: Row::Source(gone),
            on: true,
        },
        Edit::MergeSources(vec![BASS, gone]),
        Edit::MoveSource {
            source: gone,
            at: 0,
        },
        Edit::MoveAtoms {
            atoms: vec![0],
            to: gone,
            at: 0,
        },
        Edit::Recolour {
            source: gone,
            colour: Colour::Rgb([1, 2, 3]),
        },
    ];
    for edit in no_source {
        let refused = project.apply(&edit);
        assert!(matches!(refused, Err(ProjectError::UnknownSource(id)) if id == gone));
    }
    for edit in [
        Edit::SoloExclusive(Row::Atom(6)),
        Edit::SplitOff { atoms: vec![0, 6] },
    ] {
        let refused = project.apply(&edit);
        assert!(matches!(
            refused,
            Err(ProjectError::UnknownAtom { atom: 6, count: 6 })
        ));
    }
    for edit in [
        Edit::MergeSources(vec![BASS, BASS]),
        Edit::SplitOff { atoms: vec![] },
        Edit::SplitOff { atoms: vec![1, 1] },
    ] {
        assert!(matches!(project.apply(&edit), Err(ProjectError::Choice(_))));
    }
    let twice = Edit::Regroup(vec![group("a", &[0, 1, 2, 3]), group("b", &[3, 4, 5])]);
    assert!(matches!(
        project.apply(&twice),
        Err(ProjectError::Separation(_))
    ));
    let early = open().apply(&Edit::Regroup(vec![]));
    assert!(matches!(early, Err(ProjectError::NoSeparation)));
    let groups = vec![group("all", &[0, 1])];
    let no_recording = Project::default().apply(&Edit::SetSeparation {
        data: data(2, 1),
        groups,
    });
    assert!(matches!(no_recording, Err(ProjectError::NoRecording)));
}

#[test]
fn every_edit_has_a_name_that_can_stand_behind_undo() {
    let project = project();
    for (edit, name) in [
        (
            Edit::SetMute {
                row: Row::Source(BASS),
                on: true,
            },
            "mute of Bass",
        ),
        (
            Edit::SoloExclusive(Row::Atom(0)),
            "exclusive solo of A2 · 110 Hz",
        ),
        (
            Edit::MergeSources(vec![BASS, DRUMS]),
            "merge of Bass and Drums",
        ),
        (
            Edit::MoveAtoms {
                atoms: vec![1, 2],
                to: KEYS,
                at: 0,
            },
            "move of 2 components to Keys",
        ),
        (Edit::Sort(SortKey::Energy), "sorting by energy"),
        (
            Edit::Open(recording(Path::new("/a/b c.wav"))),
            "opening of b c",
        ),
        (
            Edit::Recolour {
                source: SourceId(9),
                colour: Colour::Palette(0),
            },
            "colour of source 9",
        ),
    ] {
        assert_eq!(edit.name(&project), name);
    }
}

#[test]
fn sources_are_described_by_what_was_measured() {
    let project = project();
    let drums = project.source_facts(DRUMS).unwrap();
    assert!(drums.to_string().ends_with(" · percussive"), "{drums}");
    assert!((drums.energy_share - 3.0 / 21.0).abs() < 1e-12);
    let shares = [BASS, DRUMS, KEYS].map(|id| project.source_facts(id).unwrap().energy_share);
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(project.source_facts(SourceId(99)).is_none());
}
