//! One piece of work on a thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use super::priority::step_back;
use crate::separation::Cancel;

/// Wakes the window.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Work in progress, with a result to come. Dropping it asks the work to stop.
pub struct Task<T> {
    result: Receiver<T>,
    cancel: Cancel,
}

/// The work ended without a result: its thread broke down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenDown;

impl<T: Send + 'static> Task<T> {
    /// Starts work on a thread of this name. It is given the token that [`cancel`](Self::cancel)
    /// sets; the window is woken when it ends, however it ends.
    pub fn spawn(
        name: &str,
        wake: Waker,
        work: impl FnOnce(&Cancel) -> T + Send + 'static,
    ) -> Self {
        struct WakeAtEnd(Waker);
        impl Drop for WakeAtEnd {
            fn drop(&mut self) {
                (self.0)();
            }
        }
        let (sender, result) = channel();
        let cancel = Cancel::default();
        let token = cancel.clone();
        // Where no thread can be had the sender is dropped, and the next poll says so.
        let _ = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _wake = WakeAtEnd(wake);
            step_back();
            // Nobody waits for the result of a dropped task.
            let _ = sender.send(work(&token));
        });
        Self { result, cancel }
    }

    /// The result, once it is there.
    pub fn poll(&self) -> Option<Result<T, BrokenDown>> {
        match self.result.try_recv() {
            Ok(result) => Some(Ok(result)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(BrokenDown)),
        }
    }
}

impl<T> Task<T> {
    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn wait<T: Send + 'static>(task: &Task<T>) -> Result<T, BrokenDown> {
        loop {
            if let Some(result) = task.poll() {
                return result;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn work_sends_its_result_and_wakes_the_window() {
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let wake: Waker = Arc::new(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        assert_eq!(wait(&Task::spawn("sum", wake, |_| 2 + 2)), Ok(4));
        while woken.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
    }

    #[test]
    fn a_breakdown_is_told_and_a_cancel_arrives() {
        let wake: Waker = Arc::new(|| {});
        let broken: Task<u8> = Task::spawn("broken", Arc::clone(&wake), |_| {
            std::panic::resume_unwind(Box::new(()))
        });
        assert_eq!(wait(&broken), Err(BrokenDown));
        let endless = Task::spawn("endless", wake, |cancel| {
            while !cancel.is_cancelled() {
                thread::yield_now();
            }
            true
        });
        endless.cancel();
        assert_eq!(wait(&endless), Ok(true));
    }
}
