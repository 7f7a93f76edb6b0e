//! The separation in the background, with factors to see and hear while it runs.

use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Task, Waker};
use crate::audio::{AudioBuffer, RecordingReader};
use crate::project::{Group, ProjectError, SeparationData};
use crate::separation::{
    self, Cancel, Factors, Iteration, Model, Outcome, Phase, Progress, RecordingStream, Separation,
    SeparationError, SeparationSettings, Stage,
};

/// Least time between two snapshots of the factors: they are copies, and what follows them must
/// keep up.
const BETWEEN_SNAPSHOTS: Duration = Duration::from_millis(150);
/// Least time between two pieces of news of the progress.
const BETWEEN_NEWS: Duration = Duration::from_millis(60);
/// A snapshot of a long recording takes time: for so many times as long there is no other one.
const REST: u32 = 4;

/// Share of the work after which its pace is known.
const SOON: f64 = 0.03;

/// What a separation is to work on.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The recording.
    pub recording: Arc<AudioBuffer>,
    /// Its file, from which it is read again where it is gone through block by block.
    pub path: PathBuf,
    /// The samples to take apart; the whole recording without it.
    pub excerpt: Option<Range<usize>>,
    /// The settings.
    pub settings: SeparationSettings,
    /// Factors of these samples to run on from.
    pub from: Option<Arc<Factors>>,
}

impl Ask {
    /// The samples to take apart.
    fn span(&self) -> Range<usize> {
        self.excerpt.clone().unwrap_or(0..self.recording.frames())
    }

    /// Whether they are held in memory with their spectrogram.
    fn model(&self) -> Model {
        let (frames, channels) = (self.span().len(), self.recording.channel_count());
        separation::chosen_model(frames, channels, &self.settings)
    }
}

/// What came out of it.
#[derive(Debug)]
pub struct Finished {
    /// The result.
    pub data: SeparationData,
    /// Its factors as those of the whole recording.
    pub whole: Arc<Factors>,
    /// The sources that were found.
    pub groups: Vec<Group>,
    /// What it was asked for.
    pub ask: Ask,
    /// How long it took.
    pub took: Duration,
}

/// What can be seen of a separation while it runs.
#[derive(Debug, Default)]
pub struct Live {
    iteration: AtomicUsize,
    limit: AtomicUsize,
    keep: AtomicBool,
    /// Whether nobody looks at the latest factors any more but waits for others.
    sated: AtomicBool,
    shown: Mutex<Shown>,
}

#[derive(Debug, Default)]
struct Shown {
    phase: Option<Phase>,
    fraction: f64,
    stage: Option<Stage>,
    curve: Vec<f64>,
    factors: Option<Arc<Factors>>,
    next_snapshot: Option<Instant>,
    last_news: Option<Instant>,
    factorizing_since: Option<Instant>,
}

impl Live {
    /// Iterations done, and at most to be done.
    pub fn iterations(&self) -> (usize, usize) {
        (
            self.iteration.load(Ordering::Relaxed),
            self.limit.load(Ordering::Relaxed),
        )
    }

    /// The part of the work that goes on, and the share of it that is done.
    pub fn phase(&self) -> (Option<Phase>, f64) {
        let shown = self.shown();
        (shown.phase, shown.fraction)
    }

    /// Which of the factorizations runs.
    pub fn stage(&self) -> Option<Stage> {
        self.shown().stage
    }

    /// Whether it was asked to stop and to keep what has been found.
    pub fn is_kept(&self) -> bool {
        self.keep.load(Ordering::Relaxed)
    }

    /// The divergence after each iteration so far.
    pub fn curve(&self) -> Vec<f64> {
        self.shown().curve.clone()
    }

    /// Asks for other factors than the latest ones. Without it there are no others.
    pub fn go_on(&self) {
        self.sated.store(false, Ordering::Relaxed);
    }

    /// Whether the latest factors are the last ones until others are asked for.
    pub fn is_waiting(&self) -> bool {
        self.sated.load(Ordering::Relaxed)
    }

    /// The latest factors.
    pub fn factors(&self) -> Option<Arc<Factors>> {
        self.shown().factors.clone()
    }

    /// Time left for finding the components, from the pace so far.
    pub fn left(&self) -> Option<Duration> {
        let shown = self.shown();
        let spent = shown.factorizing_since?.elapsed();
        let done = shown.fraction;
        let known = shown.phase == Some(Phase::Factorize) && done >= SOON;
        known.then(|| spent.mul_f64((1.0 - done).max(0.0) / done))
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A separation that runs.
pub struct Separating {
    /// What is seen of it.
    pub live: Arc<Live>,
    /// Whether it runs on from the factors of the project.
    pub continues: bool,
    task: Task<Result<Outcome<Finished>, ProjectError>>,
}

impl Separating {
    /// One that stands still where it has these factors, for whoever takes pictures of it.
    #[cfg(test)]
    pub fn standing(factors: Factors, curve: Vec<f64>) -> Self {
        let iterations = curve.len();
        let shown = Shown {
            phase: Some(Phase::Factorize),
            fraction: 0.4,
            stage: Some(Stage::Only),
            curve,
            factors: Some(Arc::new(factors)),
            ..Shown::default()
        };
        Self {
            live: Arc::new(Live {
                iteration: iterations.into(),
                limit: 200.into(),
                shown: Mutex::new(shown),
                ..Live::default()
            }),
            continues: false,
            task: Task::spawn("standing", Arc::new(|| {}), |cancel| {
                while !cancel.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(Outcome::Cancelled)
            }),
        }
    }

    /// Asks to stop and to keep what has been found.
    pub fn stop_and_keep(&self) {
        self.live.keep.store(true, Ordering::Relaxed);
    }

    /// The result, once it is there; `None` within for a cancel. A breakdown counts as one.
    pub fn poll(&self) -> Option<Result<Option<Finished>, ProjectError>> {
        Some(match self.task.poll()? {
            Ok(Ok(Outcome::Done(finished))) => Ok(Some(finished)),
            Ok(Ok(Outcome::Cancelled)) | Err(_) => Ok(None),
            Ok(Err(error)) => Err(error),
        })
    }
}

struct Watch {
    live: Arc<Live>,
    wake: Waker,
    /// Frames of the transform before the excerpt, and in all.
    place: (usize, usize),
}

impl Progress for Watch {
    fn report(&self, phase: Phase, fraction: f64) {
        let mut shown = self.live.shown();
        let moved = shown.phase != Some(phase) || (fraction - shown.fraction).abs() >= 0.01;
        let news = shown
            .last_news
            .is_none_or(|at| at.elapsed() >= BETWEEN_NEWS);
        if moved {
            (shown.phase, shown.fraction) = (Some(phase), fraction);
            if phase == Phase::Factorize {
                shown.factorizing_since.get_or_insert_with(Instant::now);
            }
        }
        if moved && news {
            shown.last_news = Some(Instant::now());
            drop(shown);
            (self.wake)();
        }
    }

    fn enters(&self, stage: Stage) {
        self.live.shown().stage = Some(stage);
        self.live.limit.store(0, Ordering::Relaxed);
        (self.wake)();
    }

    fn iterated(&self, iteration: &Iteration<'_>) -> ControlFlow<()> {
        self.live
            .iteration
            .store(iteration.number(), Ordering::Relaxed);
        self.live.limit.store(iteration.limit(), Ordering::Relaxed);
        let mut shown = self.live.shown();
        shown.stage = Some(iteration.stage());
        if iteration.number() == 1 {
            // Another factorization begins.
            shown.curve.clear();
        }
        shown.curve.extend(iteration.divergence());
        let begun = Instant::now();
        let due = iteration.is_changed()
            && !self.live.is_waiting()
            && shown.next_snapshot.is_none_or(|at| begun >= at);
        drop(shown);
        if due {
            let factors = iteration.factors().map(|factors| self.placed(factors));
            let rest = BETWEEN_SNAPSHOTS.max(begun.elapsed() * REST);
            let mut shown = self.live.shown();
            shown.next_snapshot = Some(Instant::now() + rest);
            if let Ok(factors) = factors {
                shown.factors = Some(Arc::new(factors));
                self.live.sated.store(true, Ordering::Relaxed);
            }
            drop(shown);
            (self.wake)();
        }
        if self.live.is_kept() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

impl Watch {
    fn placed(&self, factors: Factors) -> Factors {
        let (before, frames) = self.place;
        factors.placed(before, frames)
    }
}

/// Bytes that factors of `components` over `columns` frames take while they are shown: the latest,
/// those before them, which picture and sound still have, and those in the making.
pub fn bytes_shown(components: usize, columns: usize) -> u64 {
    const COPIES: u64 = 3;
    COPIES * (components as u64) * (columns as u64) * size_of::<f32>() as u64
}

/// Starts a separation.
pub fn separate(ask: Ask, wake: Waker) -> Separating {
    let live = Arc::new(Live::default());
    let watched = Arc::clone(&live);
    let continues = ask.from.is_some();
    let task = Task::spawn("separation", Arc::clone(&wake), move |cancel| {
        run(ask, watched, wake, cancel)
    });
    Separating {
        live,
        continues,
        task,
    }
}

/// Goes through a part of the recording block by block.
fn from_file(
    ask: &Ask,
    span: &Range<usize>,
    settings: &SeparationSettings,
    watch: &Watch,
    cancel: &Cancel,
) -> Result<Outcome<Separation>, SeparationError> {
    let reader = RecordingReader::open(&ask.path)?;
    let (first, most) = (span.start as u64, span.len() as u64);
    let opened = RecordingStream::open(reader, first, most, watch, cancel)?;
    let Outcome::Done(mut stream) = opened else {
        return Ok(Outcome::Cancelled);
    };
    if stream.frames() != span.len() {
        return Err(SeparationError::Changed);
    }
    separation::separate_stream(&mut stream, settings, watch, cancel)
}

fn run(
    ask: Ask,
    live: Arc<Live>,
    wake: Waker,
    cancel: &Cancel,
) -> Result<Outcome<Finished>, ProjectError> {
    let start = Instant::now();
    let stft = crate::spectral::Stft::new(ask.settings.stft).map_err(SeparationError::from)?;
    let span = ask.span();
    let frames = stft.frame_count(ask.recording.frames());
    let settings = ask.settings.for_part(stft.frame_count(span.len()), frames);
    let watch = Watch {
        live,
        wake,
        place: (span.start / stft.hop(), frames),
    };
    let outcome = if ask.from.is_none() && ask.model() == Model::Online {
        from_file(&ask, &span, &settings, &watch, cancel)?
    } else {
        let part = match &ask.excerpt {
            Some(span) => Arc::new(ask.recording.excerpt(span.clone())),
            None => Arc::clone(&ask.recording),
        };
        match &ask.from {
            Some(factors) => separation::resume(&part, &settings, factors, &watch, cancel)?,
            None => separation::separate(&part, &settings, &watch, cancel)?,
        }
    };
    let Outcome::Done(separation) = outcome else {
        return Ok(Outcome::Cancelled);
    };
    let groups = separation.sources.iter().map(Group::from).collect();
    let (rate, frames) = (ask.recording.rate(), ask.recording.frames());
    let data = SeparationData::new(separation, rate, frames, ask.excerpt.clone())?;
    Ok(Outcome::Done(Finished {
        whole: data.whole(),
        data,
        groups,
        ask,
        took: start.elapsed(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{StemFormat, WavSpec, WavWriter};
    use crate::spectral::Stft;

    /// A recording of two tones that take turns, in memory and in a file.
    fn asked(folder: &std::path::Path, excerpt: Option<Range<usize>>) -> Ask {
        let tone = |t: usize| {
            let hz = if (t / 4000).is_multiple_of(2) {
                0.05
            } else {
                0.21
            };
            (8000.0 * (hz * t as f64).sin()) as i32
        };
        let samples: Vec<i32> = (0..40_000).map(tone).collect();
        let path = folder.join("tones.wav");
        let spec = WavSpec {
            rate: 8000,
            channels: 1,
            format: StemFormat::I16,
            channel_mask: None,
            time_reference: None,
        };
        let mut writer = WavWriter::create(&path, spec, true).unwrap();
        writer.write_i32(&[&samples]).unwrap();
        writer.finish().unwrap();
        let settings = SeparationSettings {
            components: crate::separation::ComponentCount::Fixed(2),
            model: Model::Online,
            ..SeparationSettings::default()
        };
        Ask {
            recording: Arc::new(crate::audio::read(&path).unwrap().buffer),
            path,
            excerpt,
            settings,
            from: None,
        }
    }

    fn ended(job: &Separating) -> Result<Option<Finished>, ProjectError> {
        loop {
            match job.poll() {
                Some(result) => return result,
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    #[test]
    fn long_recordings_are_gone_through_block_by_block_from_their_file() {
        let folder = tempfile::tempdir().unwrap();
        for excerpt in [None, Some(8192..30_000)] {
            let ask = asked(folder.path(), excerpt);
            assert_eq!(ask.model(), Model::Online);
            let (settings, span) = (ask.settings.stft, ask.span());
            let job = separate(ask, Arc::new(|| {}));
            let finished = ended(&job).unwrap().unwrap();
            let stft = Stft::new(settings).unwrap();
            let (part, whole) = (finished.data.factors, finished.whole);
            let shape = |factors: &Factors| {
                let h = factors.activations();
                (h.rows(), h.cols())
            };
            assert_eq!(shape(&part), (2, stft.frame_count(span.len())));
            assert_eq!(shape(&whole), (2, stft.frame_count(40_000)));
            assert_eq!(shape(&job.live.factors().unwrap()), shape(&whole));
            let before = span.start / stft.hop();
            let (part, whole) = (part.activations(), whole.activations());
            assert_eq!(whole.column(before + 3), part.column(3));
        }
    }

    #[test]
    fn a_file_that_has_changed_is_not_taken_for_the_recording() {
        let folder = tempfile::tempdir().unwrap();
        let mut ask = asked(folder.path(), None);
        let longer = vec![vec![0.0; 50_000]];
        ask.recording = Arc::new(AudioBuffer::new(longer, 8000).unwrap());
        let result = ended(&separate(ask, Arc::new(|| {})));
        let changed = matches!(
            result,
            Err(ProjectError::Separation(SeparationError::Changed))
        );
        assert!(changed);
    }
}
