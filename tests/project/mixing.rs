//! What is heard at mutes, solos and gains.

use partita::project::{Edit, Project, Row, linear};

use crate::support::{BASS, DRUMS, KEYS, after, project};

fn mute(row: Row) -> Edit {
    Edit::SetMute { row, on: true }
}

fn solo(row: Row) -> Edit {
    Edit::SetSolo { row, on: true }
}

fn heard(project: &Project) -> Vec<usize> {
    let gains = project.gains();
    let heard: Vec<usize> = (0..gains.len()).filter(|&k| gains[k] > 0.0).collect();
    let expected: Vec<bool> = gains.iter().map(|gain| *gain > 0.0).collect();
    assert_eq!(project.audible(), expected);
    for (k, &expected) in expected.iter().enumerate() {
        assert_eq!(project.is_audible(Row::Atom(k)), expected);
    }
    for source in project.sources() {
        let any = source.members.iter().any(|&k| expected[k]);
        assert_eq!(project.is_audible(Row::Source(source.id)), any);
    }
    heard
}

#[test]
fn gains_of_source_and_atom_multiply() {
    let set = |row, gain_db| Edit::SetGain { row, gain_db };
    let mixed = after(
        &project(),
        &[set(Row::Source(BASS), -6.0), set(Row::Atom(1), 3.0)],
    );
    let gains = mixed.gains();
    assert_eq!(gains[0], linear(-6.0));
    assert!((gains[1] - linear(-3.0)).abs() < 1e-6);
    assert_eq!(gains[2..], [1.0; 4]);
}

#[test]
fn a_mute_silences_a_row_and_nothing_else() {
    assert_eq!(
        heard(&after(&project(), &[mute(Row::Source(BASS))])),
        [2, 3, 4, 5]
    );
    assert_eq!(
        heard(&after(&project(), &[mute(Row::Atom(4))])),
        [0, 1, 2, 3, 5]
    );
}

#[test]
fn solos_add_up_and_silence_the_rest() {
    let one = after(&project(), &[solo(Row::Source(BASS))]);
    assert_eq!(heard(&one), [0, 1]);
    let two = after(&one, &[solo(Row::Atom(4))]);
    assert_eq!(heard(&two), [0, 1, 4]);
    let exclusive = after(&two, &[Edit::SoloExclusive(Row::Source(DRUMS))]);
    assert_eq!(heard(&exclusive), [2]);
    let cleared = after(&exclusive, &[Edit::ClearSolos]);
    assert_eq!(heard(&cleared), [0, 1, 2, 3, 4, 5]);
    assert!(two.any_solo() && !cleared.any_solo());
}

#[test]
fn solo_wins_over_mute() {
    let source = [mute(Row::Source(BASS)), solo(Row::Source(BASS))];
    assert_eq!(heard(&after(&project(), &source)), [0, 1]);
    let atom = [
        mute(Row::Atom(0)),
        mute(Row::Source(BASS)),
        solo(Row::Atom(0)),
    ];
    assert_eq!(heard(&after(&project(), &atom)), [0]);
    // The mute of an atom holds within its soloed source.
    let within = [mute(Row::Atom(0)), solo(Row::Source(BASS))];
    assert_eq!(heard(&after(&project(), &within)), [1]);
}

#[test]
fn rows_that_are_silent_because_of_a_solo_are_dimmed() {
    let project = after(&project(), &[solo(Row::Atom(4))]);
    assert!(project.is_dimmed(Row::Source(BASS)));
    assert!(project.is_dimmed(Row::Atom(0)));
    // The source of a soloed atom is heard in part, its other atoms are not.
    assert!(!project.is_dimmed(Row::Source(KEYS)));
    assert!(!project.is_dimmed(Row::Atom(4)));
    assert!(project.is_dimmed(Row::Atom(3)));
    let muted = after(&crate::support::project(), &[mute(Row::Source(BASS))]);
    assert!(!muted.is_dimmed(Row::Source(BASS)));
}
