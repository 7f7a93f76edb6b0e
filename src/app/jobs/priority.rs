//! Threads that step back behind the window and the sound.

use thread_priority::{ThreadPriority, ThreadPriorityValue};

/// About what `nice -n 10` gives, on the scale of 0 to 99.
const BEHIND: u8 = 23;

/// Lets the window and the sound go first on the thread that calls it.
pub(in crate::app) fn step_back() {
    if let Ok(behind) = ThreadPriorityValue::try_from(BEHIND) {
        // Where the system does not want that, the work is as quick, and only the window slower.
        let _ = ThreadPriority::Crossplatform(behind).set_for_current();
    }
}

/// Makes the threads that all heavy work shares step back. Where they run already, as in a test,
/// they stay as they are.
pub(in crate::app) fn share_threads() {
    let _ = rayon::ThreadPoolBuilder::new()
        .start_handler(|_| step_back())
        .build_global();
}
