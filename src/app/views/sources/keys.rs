//! Arrows and Enter on the row that has the keyboard.

use eframe::egui::{EventFilter, FocusDirection, Key, Modifiers, Popup, Response, Ui};

use super::cache::Cache;
use super::carry::Way;
use super::lines::{Line, Lines};
use super::select::{extend, select, toggle};
use crate::app::view::View;
use crate::project::{Project, Row};

/// What the keys ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    /// Go to the next or the one before.
    Go(Way),
    /// Change what is selected up to there.
    Extend(Way),
    /// Go without selecting.
    Walk(Way),
    Fold,
    Unfold,
    Activate,
}

/// Acts on the keys where the row of `line` has the keyboard.
pub(super) fn act(
    ui: &Ui,
    response: &Response,
    (line, lines): (&Line, &Lines),
    (project, view): (&Project, &mut View),
    cache: &mut Cache,
) {
    if !response.has_focus() {
        if view.focused == Some(line.row) && takes_up(ui) {
            response.request_focus();
            // Or the arrow moved the keyboard on, as it does where nothing claims it.
            ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        } else {
            return;
        }
    }
    let filter = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        ..Default::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    view.focused = Some(line.row);
    let Some(ask) = asked(ui) else {
        return;
    };
    let target = |way: Way| {
        let place = lines.place(line.row)?;
        let place = match way {
            Way::Up => place.checked_sub(1)?,
            Way::Down => place + 1,
        };
        lines.lines.get(place).map(|line| line.row)
    };
    match ask {
        Ask::Go(way) | Ask::Extend(way) | Ask::Walk(way) => {
            let Some(row) = target(way) else {
                return;
            };
            match ask {
                Ask::Extend(_) => extend(project, view, &mut cache.anchor, lines, row),
                Ask::Walk(_) => view.focused = Some(row),
                _ => select(project, view, &mut cache.anchor, row),
            }
            cache.go_to(row);
        }
        Ask::Fold => match line.row {
            Row::Source(id) => {
                view.unfolded.remove(&id);
            }
            Row::Atom(_) => {
                let row = Row::Source(line.source);
                select(project, view, &mut cache.anchor, row);
                cache.go_to(row);
            }
        },
        Ask::Unfold => {
            if let Row::Source(id) = line.row
                && !view.unfolded.insert(id)
                && let Some(row) = target(Way::Down)
            {
                select(project, view, &mut cache.anchor, row);
                cache.go_to(row);
            }
        }
        Ask::Activate => match line.row {
            Row::Source(id) => {
                if !view.unfolded.remove(&id) {
                    view.unfolded.insert(id);
                }
            }
            Row::Atom(_) => toggle(project, view, &mut cache.anchor, line.row),
        },
    }
}

/// Whether an arrow is meant for the row with the frame, as nothing has the keyboard.
fn takes_up(ui: &Ui) -> bool {
    const ARROWS: [Key; 4] = [
        Key::ArrowUp,
        Key::ArrowDown,
        Key::ArrowLeft,
        Key::ArrowRight,
    ];
    ui.is_enabled()
        && !Popup::is_any_open(ui.ctx())
        && ui.memory(|memory| memory.focused().is_none() && memory.top_modal_layer().is_none())
        && ui.input(|input| {
            let across = input.modifiers.is_none();
            let along = across || input.modifiers.shift_only();
            let (up_down, left_right) = ARROWS.split_at(2);
            (along && up_down.iter().any(|&key| input.key_pressed(key)))
                || (across && left_right.iter().any(|&key| input.key_pressed(key)))
        })
}

fn asked(ui: &Ui) -> Option<Ask> {
    type Make = fn(Way) -> Ask;
    let moves: [(Modifiers, Make); 3] = [
        (Modifiers::SHIFT, Ask::Extend),
        (Modifiers::COMMAND, Ask::Walk),
        (Modifiers::NONE, Ask::Go),
    ];
    ui.input_mut(|input| {
        for (modifiers, make) in moves {
            for (key, way) in [(Key::ArrowUp, Way::Up), (Key::ArrowDown, Way::Down)] {
                if input.consume_key(modifiers, key) {
                    return Some(make(way));
                }
            }
        }
        let others = [
            (Key::ArrowLeft, Ask::Fold),
            (Key::ArrowRight, Ask::Unfold),
            (Key::Enter, Ask::Activate),
        ];
        // A modifier makes another shortcut of these.
        let plain = input.modifiers.is_none();
        let mut others = others.into_iter();
        others
            .find(|(key, _)| plain && input.consume_key(Modifiers::NONE, *key))
            .map(|(_, ask)| ask)
    })
}
