//! Columns that were computed because someone looked at them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Columns of a strip.
pub(super) const WIDTH: usize = 256;
/// Strips that are kept: with 1025 bins each takes 256 KiB.
const KEPT: usize = 48;

/// The codes of a strip, column after column, once they are computed.
pub(super) type Strip = Arc<OnceLock<Box<[u8]>>>;

/// Strips of columns of levels that are not stored, the most recently used ones, by level and
/// number.
#[derive(Default)]
pub(super) struct Strips(Mutex<VecDeque<((i32, usize), Strip)>>);

impl Strips {
    /// The strip of a level, which may be empty yet. Whoever fills it lets others wait.
    pub fn get(&self, level: i32, number: usize) -> Strip {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept
            .iter()
            .position(|(key, _)| *key == (level, number))
            .and_then(|at| kept.remove(at));
        let strip = known.map_or_else(Strip::default, |(_, strip)| strip);
        kept.push_back(((level, number), Arc::clone(&strip)));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        strip
    }
}
