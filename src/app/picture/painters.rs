//! Threads that paint tiles.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use eframe::egui::{ColorImage, Context};

use super::lattice::Key;
use super::pyramid::{Columns, Pyramid};
use super::style::Style;
use super::tile;
use crate::app::jobs::step_back;

/// Threads at most; the others are for the separation and the sound.
const MOST_THREADS: usize = 4;

/// Within this time tiles go to the screen together: each frame costs, too.
const SOON: Duration = Duration::from_millis(25);

/// A tile to paint.
#[derive(Clone)]
pub(super) struct Job {
    pub key: Key,
    /// Which recording it is of.
    pub recording: u64,
    pub pyramid: Arc<Pyramid>,
    pub style: Arc<Style>,
}

/// A painted tile.
pub(super) struct Painted {
    pub key: Key,
    pub recording: u64,
    /// The style it is painted in.
    pub revision: u64,
    pub found: Columns,
    /// How many blocks were there when painting began.
    pub blocks: usize,
    pub image: ColorImage,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    /// What is being painted: tile, recording and style.
    running: Vec<(Key, u64, u64)>,
    /// Painted tiles that nobody has taken yet.
    unread: usize,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// The threads, which end when this is dropped.
pub(super) struct Painters {
    shared: Arc<Shared>,
    painted: Receiver<Painted>,
}

impl Painters {
    /// Threads that wake the interface when a tile is ready.
    pub fn new(ctx: &Context) -> Self {
        let shared = Arc::new(Shared::default());
        let (sender, painted) = mpsc::channel();
        let threads = thread::available_parallelism().map_or(1, |n| n.get().min(MOST_THREADS));
        for _ in 0..threads {
            let (shared, sender, ctx) = (Arc::clone(&shared), sender.clone(), ctx.clone());
            thread::spawn(move || {
                step_back();
                paint(&shared, &sender, &ctx);
            });
        }
        Self { shared, painted }
    }

    /// Asks for these tiles, the first one first, and for no others.
    pub fn request(&self, mut jobs: Vec<Job>) {
        let mut queue = self.shared.lock();
        jobs.retain(|job| !queue.running.contains(&job.id()));
        queue.waiting = jobs.into();
        let some = !queue.waiting.is_empty();
        drop(queue);
        if some {
            self.shared.changed.notify_all();
        }
    }

    /// A tile that has been painted.
    pub fn next(&self) -> Option<Painted> {
        let painted = self.painted.try_recv().ok()?;
        self.shared.lock().unread -= 1;
        Some(painted)
    }

    /// Whether nothing is asked for, being painted, or waiting to be taken.
    pub fn is_idle(&self) -> bool {
        let queue = self.shared.lock();
        queue.waiting.is_empty() && queue.running.is_empty() && queue.unread == 0
    }
}

impl Drop for Painters {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.waiting.pop_front() {
                queue.running.push(job.id());
                return Some(job);
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Job {
    fn id(&self) -> (Key, u64, u64) {
        (self.key, self.recording, self.style.revision)
    }
}

fn paint(shared: &Shared, sender: &Sender<Painted>, ctx: &Context) {
    while let Some(job) = shared.take() {
        let blocks = job.pyramid.finished_blocks();
        let (image, found) = tile::render(&job.pyramid, &job.style, job.key);
        shared.lock().unread += 1;
        let sent = sender.send(Painted {
            key: job.key,
            recording: job.recording,
            revision: job.style.revision,
            found,
            blocks,
            image,
        });
        // Sent before it is taken off the list, so that it is not asked for again in between.
        let id = job.id();
        shared.lock().running.retain(|other| *other != id);
        if sent.is_err() {
            return;
        }
        ctx.request_repaint_after(SOON);
    }
}
