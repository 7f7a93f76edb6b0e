//! Whatever is done in whatever order.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use partita::app::{Action, ENTRIES};
use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::support::{Desk, recording};

const ACTIONS: usize = 10_000;
/// Actions between two frames, on average.
const BETWEEN_FRAMES: u32 = 16;

/// Begins something else, so that undo would not come back here.
fn leaves(action: Action) -> bool {
    matches!(action, Action::Quit | Action::OpenDemo)
}

fn close_dialogs(desk: &mut Desk) {
    for label in ["Cancel", "Close"] {
        let mut buttons = desk
            .harness
            .query_all_by_role_and_label(Role::Button, label);
        if let Some(button) = buttons.next() {
            button.click();
        }
        drop(buttons);
        desk.harness.run_ok();
    }
    desk.press(Modifiers::NONE, Key::Escape);
    desk.press(Modifiers::NONE, Key::Escape);
}

fn all_the_way(desk: &mut Desk, action: Action) -> usize {
    let mut edits = 0;
    while desk.can(action) {
        desk.act(action);
        edits += 1;
    }
    desk.harness.run_ok();
    edits
}

#[test]
fn ten_thousand_actions_in_any_order_are_survived_and_can_be_undone() {
    let folder = tempfile::tempdir().unwrap();
    let song = folder.path().join("song.wav");
    recording(&song);
    let mut desk = Desk::on(&folder.path().join("state"), &song);
    let start = desk.project();
    desk.choose("Sources", "one per atom");
    desk.choose("Start", "Random");
    desk.separate(4);

    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut below = |limit: u32| random.next_u32() % limit;
    let all: Vec<Action> = ENTRIES.iter().map(|entry| entry.action).collect();
    let (mut done, mut clicked) = (0, 0);
    while done < ACTIONS {
        let action = all[below(all.len() as u32) as usize];
        if leaves(action) {
            continue;
        }
        done += 1;
        desk.act(action);
        if below(BETWEEN_FRAMES) == 0 {
            desk.harness.step();
        }
        if below(64 * BETWEEN_FRAMES) == 0 {
            close_dialogs(&mut desk);
            // Keys and menus act on what is focused and selected, so that changes; in the middle of a
            // separation there are no rows to click.
            let rows: Vec<_> = desk.harness.query_all_by_role(Role::TreeItem).collect();
            if let Some(row) = rows.get(below(rows.len().max(1) as u32) as usize) {
                let ways = [Modifiers::NONE, Modifiers::SHIFT, Modifiers::COMMAND];
                row.click_modifiers(ways[below(3) as usize]);
                clicked += 1;
            }
            desk.harness.run_ok();
        }
    }
    assert!(clicked > 0);
    desk.act(Action::Cancel);
    desk.until("all is quiet", |desk| {
        desk.can(Action::Separate) && desk.can(Action::Save)
    });
    close_dialogs(&mut desk);

    all_the_way(&mut desk, Action::Redo);
    let end = desk.project();
    let edits = all_the_way(&mut desk, Action::Undo);
    assert_eq!(*desk.project(), *start);
    assert!(edits > 10, "{edits}");
    all_the_way(&mut desk, Action::Redo);
    assert_eq!(*desk.project(), *end);
}
