//! The levels of a whole recording, in several resolutions of time.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use super::analyser::{Analyser, Workspace};
use super::decibel::decibels;
use super::strips::{self, Strip, Strips};
use super::waveform::Waveform;
use crate::app::jobs::step_back;
use crate::audio::AudioBuffer;
use crate::separation::Cancel;
use crate::spectral::{Axes, Scale, SpectralError, Stft, StftSettings};

/// Bytes that the levels of a recording may take; levels that do not fit are computed again where
/// they are looked at.
const BUDGET: usize = 160 << 20;
/// The coarsest level has about this many columns, at least.
const FEWEST_COLUMNS: usize = 256;
/// The coarsest level joins at least this many frames, as a power of two.
const SMALLEST_BLOCK: usize = 5;
/// Frames of the sketch that is shown until the levels are there.
const SKETCH: usize = 1024;
/// How often it is told that there is more to see, at most.
const NEWS: usize = 48;
/// How often the hop may be halved where the time is magnified.
const FINEST: i32 = -2;

/// Levels of a recording over frequency and time, one byte each, for pictures of any width.
///
/// Level 0 has one column for each frame of the transform. A column of level `l` is the maximum, bin
/// by bin, of `2^l` frames, so that nothing that is short or thin is lost in a coarse picture. Levels
/// −1 and −2 have a half and a quarter of the hop. Stored are the levels from
/// [`finest_stored`](Self::finest_stored) to [`coarsest`](Self::coarsest); together they take at most
/// 160 MiB, whatever the length: [`bytes`](Self::bytes) is about `2 · bins · frames / 2^finest`. Finer
/// columns are computed from the samples when they are asked for.
///
/// A byte holds steps of 0.5 dB. 0 dB is a sine at the full scale of [`scale`](Self::scale)
/// in all channels; the magnitudes are the means of the channels, as in
/// [`Stft::magnitude`].
pub struct Pyramid {
    analyser: OnceLock<Analyser>,
    audio: Arc<AudioBuffer>,
    stft: Stft,
    frames: usize,
    finest_stored: i32,
    coarsest: i32,
    waveform: OnceLock<Waveform>,
    sketch: OnceLock<Vec<u8>>,
    blocks: Vec<OnceLock<Box<[u8]>>>,
    finished: AtomicUsize,
    strips: Strips,
    cancel: Cancel,
}

/// Levels of some columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// As the samples say.
    Exact,
    /// At least one is only a sketch, or not there yet.
    Sketched,
}

impl Pyramid {
    /// A pyramid of which nothing has been computed.
    ///
    /// # Errors
    /// [`SpectralError`] for settings that [`Stft::new`] refuses.
    pub fn new(audio: Arc<AudioBuffer>, settings: StftSettings) -> Result<Self, SpectralError> {
        Self::within(audio, settings, BUDGET)
    }

    fn within(
        audio: Arc<AudioBuffer>,
        settings: StftSettings,
        budget: usize,
    ) -> Result<Self, SpectralError> {
        let stft = Stft::new(settings)?;
        let frames = stft.frame_count(audio.frames());
        let mut finest = 0;
        while 2 * stft.bins() * (frames >> finest) > budget {
            finest += 1;
        }
        let mut coarsest = (finest + 1).max(SMALLEST_BLOCK);
        while frames >> (coarsest + 1) >= FEWEST_COLUMNS {
            coarsest += 1;
        }
        Ok(Self {
            analyser: OnceLock::new(),
            blocks: (0..frames.div_ceil(1 << coarsest))
                .map(|_| OnceLock::new())
                .collect(),
            audio,
            stft,
            frames,
            finest_stored: finest as i32,
            coarsest: coarsest as i32,
            waveform: OnceLock::new(),
            sketch: OnceLock::new(),
            finished: AtomicUsize::new(0),
            strips: Strips::default(),
            cancel: Cancel::default(),
        })
    }

    /// A pyramid that a thread of its own computes, until [`cancel`](Self::cancel). `changed` is
    /// called from any thread whenever there is more to see.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn start(
        audio: Arc<AudioBuffer>,
        settings: StftSettings,
        changed: impl Fn() + Send + Sync + 'static,
    ) -> Result<Arc<Self>, SpectralError> {
        let pyramid = Arc::new(Self::new(audio, settings)?);
        let worker = Arc::clone(&pyramid);
        thread::spawn(move || {
            step_back();
            // Threads of its own: those of a separation would wait for all of it.
            let pool = ThreadPoolBuilder::new().start_handler(|_| step_back());
            match pool.build() {
                Ok(pool) => pool.install(|| worker.build(&changed)),
                Err(_) => worker.build(&changed),
            }
        });
        Ok(pyramid)
    }

    /// Computes everything that is not there yet, the outline and a sketch first. Runs on the
    /// current rayon pool.
    pub fn build(&self, changed: &(dyn Fn() + Sync)) {
        let analyser = self.analyser();
        changed();
        if self.frames > 4 * SKETCH {
            self.sketch.get_or_init(|| self.draw_sketch(analyser));
            changed();
        }
        let every = (self.blocks.len() / NEWS).max(1);
        let _ = self.blocks.par_iter().enumerate().try_for_each_init(
            || analyser.workspace(),
            |workspace, (index, block)| {
                block.get_or_init(|| self.compute(index, analyser, workspace));
                let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
                if finished.is_multiple_of(every) || finished == self.blocks.len() {
                    changed();
                }
                if self.cancel.is_cancelled() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
    }

    /// Stops the computation within a few milliseconds, for good.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// How much is computed, from 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f64 {
        if self.blocks.is_empty() {
            return 1.0;
        }
        self.finished.load(Ordering::Relaxed) as f64 / self.blocks.len() as f64
    }

    /// The recording.
    #[must_use]
    pub fn audio(&self) -> &Arc<AudioBuffer> {
        &self.audio
    }

    /// The frequency and time scale of level 0.
    #[must_use]
    pub fn axes(&self) -> Axes {
        Axes::new(self.stft.settings(), self.audio.rate())
    }

    /// Number of frequency bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.stft.bins()
    }

    /// Number of columns of level 0.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The finest level that is stored, 0 for recordings of up to about 15 minutes.
    #[must_use]
    pub fn finest_stored(&self) -> i32 {
        self.finest_stored
    }

    /// The finest level there is: 0 or less.
    #[must_use]
    pub fn finest(&self) -> i32 {
        let settings = self.stft.settings();
        (FINEST..0)
            .find(|level| settings.hop >> -level >= settings.smallest_hop())
            .unwrap_or(0)
    }

    /// The coarsest level there is.
    #[must_use]
    pub fn coarsest(&self) -> i32 {
        self.coarsest
    }

    /// Bytes that the stored levels take when all are there.
    #[must_use]
    pub fn bytes(&self) -> usize {
        (self.finest_stored..=self.coarsest)
            .map(|level| self.blocks.len() << (self.coarsest - level))
            .sum::<usize>()
            * self.bins()
    }

    /// The power of two by which samples are multiplied first, so that quiet recordings are seen
    /// as well as loud ones.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.analyser().scale()
    }

    /// What 0 dB of the codes is in dB of the full scale of the file.
    #[must_use]
    pub fn offset_db(&self) -> f64 {
        20.0 * f64::from(self.scale().inverse()).log10()
    }

    /// The outline of the recording, when it is there.
    #[must_use]
    pub fn waveform(&self) -> Option<&Waveform> {
        self.waveform.get()
    }

    /// Level at a frequency and time in dB of full scale, computed from the samples: that of the
    /// nearest frame and bin. `None` before anything has been computed, and beyond the recording.
    #[must_use]
    pub fn level_db(&self, seconds: f64, hz: f64) -> Option<f64> {
        let analyser = self.analyser.get()?;
        let (frame, bin) = (self.axes().frame(seconds), self.axes().bin(hz));
        if !(frame >= 0.0 && frame.round() < self.frames as f64 && bin >= 0.0) {
            return None;
        }
        let mut workspace = analyser.workspace();
        let magnitude = analyser
            .magnitudes(0, frame.round() as usize, &mut workspace)
            .get(bin.round() as usize)
            .copied()?;
        let relative = f64::from(magnitude) / f64::from(analyser.unit());
        Some(20.0 * relative.log10() + self.offset_db())
    }

    /// Seconds at the left edge of a column.
    pub(super) fn left_edge(&self, level: i32, column: i64) -> f64 {
        let frame = if level >= 0 {
            (column as f64) * f64::from(1 << level) - 0.5
        } else {
            (column as f64 - 0.5) / f64::from(1 << -level)
        };
        self.axes().seconds(frame)
    }

    /// The column that shows a time.
    pub(super) fn column_at(&self, level: i32, seconds: f64) -> i64 {
        let frame = self.axes().frame(seconds);
        if level >= 0 {
            ((frame + 0.5) / f64::from(1 << level)).floor() as i64
        } else {
            (frame * f64::from(1 << -level) + 0.5).floor() as i64
        }
    }

    /// Number of columns of a level.
    pub(super) fn columns_of(&self, level: i32) -> usize {
        if level >= 0 {
            self.frames.div_ceil(1 << level)
        } else {
            self.frames << -level
        }
    }

    /// Writes the codes of the columns from `first` on, each of [`bins`](Self::bins), into `out`;
    /// columns outside the recording are silent. Columns that are not stored are computed.
    pub(super) fn columns(&self, level: i32, first: i64, out: &mut [u8]) -> Columns {
        let bins = self.bins();
        let count = self.columns_of(level) as i64;
        let mut found = Columns::Exact;
        let mut last: Option<(usize, Strip)> = None;
        for (column, codes) in (first..).zip(out.chunks_exact_mut(bins)) {
            if !(0..count).contains(&column) {
                codes.fill(0);
                continue;
            }
            let column = column as usize;
            if level >= self.finest_stored {
                if !self.stored(level, column, codes) {
                    found = Columns::Sketched;
                }
                continue;
            }
            let (number, offset) = (column / strips::WIDTH, column % strips::WIDTH);
            if last.as_ref().is_none_or(|(known, _)| *known != number) {
                last = Some((number, self.strip(level, number)));
            }
            match last.as_ref().and_then(|(_, strip)| strip.get()) {
                Some(values) => {
                    codes.copy_from_slice(&values[offset * bins..(offset + 1) * bins]);
                }
                None => codes.fill(0),
            }
        }
        found
    }

    /// Number of blocks that are computed: when it has grown, sketched columns may have become
    /// exact.
    pub(super) fn finished_blocks(&self) -> usize {
        self.finished.load(Ordering::Relaxed)
    }

    /// Number of blocks in all.
    pub(super) fn block_count(&self) -> usize {
        self.blocks.len()
    }

    fn stored(&self, level: i32, column: usize, codes: &mut [u8]) -> bool {
        let bins = self.bins();
        let per_block = 1 << (self.coarsest - level);
        if let Some(block) = self.blocks.get(column / per_block).and_then(OnceLock::get) {
            // Finer levels lie before this one.
            let before = (2 << (self.coarsest - self.finest_stored)) - 2 * per_block;
            let from = (before + column % per_block) * bins;
            codes.copy_from_slice(&block[from..from + bins]);
            return true;
        }
        match self.sketch.get() {
            Some(sketch) => {
                let frame = (column << level) + (1 << level) / 2;
                let nearest = (frame * SKETCH / self.frames.max(1)).min(SKETCH - 1);
                codes.copy_from_slice(&sketch[nearest * bins..(nearest + 1) * bins]);
            }
            None => codes.fill(0),
        }
        false
    }

    fn strip(&self, level: i32, number: usize) -> Strip {
        let strip = self.strips.get(level, number);
        strip.get_or_init(|| {
            let (bins, analyser) = (self.bins(), self.analyser());
            let mut workspace = analyser.workspace();
            let mut codes = vec![0; strips::WIDTH * bins];
            let columns = number * strips::WIDTH..self.columns_of(level);
            for (column, codes) in columns.zip(codes.chunks_exact_mut(bins)) {
                self.compute_column(level, column, codes, analyser, &mut workspace);
            }
            codes.into_boxed_slice()
        });
        strip
    }

    fn compute_column(
        &self,
        level: i32,
        column: usize,
        codes: &mut [u8],
        analyser: &Analyser,
        workspace: &mut Workspace,
    ) {
        if level < 0 {
            analyser.raise(level, column, codes, workspace);
            return;
        }
        for frame in (column << level)..((column + 1) << level).min(self.frames) {
            analyser.raise(0, frame, codes, workspace);
        }
    }

    fn analyser(&self) -> &Analyser {
        self.analyser.get_or_init(|| {
            let waveform = self
                .waveform
                .get_or_init(|| Waveform::new(self.audio.channels()));
            let scale = Scale::of(&[[waveform.peak()]]);
            Analyser::new(Arc::clone(&self.audio), &self.stft, self.finest(), scale)
        })
    }

    fn draw_sketch(&self, analyser: &Analyser) -> Vec<u8> {
        let bins = self.bins();
        let mut sketch = vec![0; SKETCH * bins];
        sketch.par_chunks_mut(bins).enumerate().for_each_init(
            || analyser.workspace(),
            |workspace, (n, codes)| {
                let frame = (2 * n + 1) * self.frames / (2 * SKETCH);
                analyser.raise(0, frame, codes, workspace);
            },
        );
        sketch
    }

    /// All stored levels of a block, the finest first.
    fn compute(&self, index: usize, analyser: &Analyser, workspace: &mut Workspace) -> Box<[u8]> {
        let bins = self.bins();
        let width = 1usize << (self.coarsest - self.finest_stored);
        let mut levels = vec![0; (2 * width - 1) * bins];
        for (offset, codes) in levels.chunks_exact_mut(bins).take(width).enumerate() {
            let column = index * width + offset;
            self.compute_column(self.finest_stored, column, codes, analyser, workspace);
        }
        let (mut from, mut width) = (0, width);
        while width > 1 {
            let (finer, coarser) = levels[from * bins..].split_at_mut(width * bins);
            for (pair, codes) in finer
                .chunks_exact(2 * bins)
                .zip(coarser.chunks_exact_mut(bins))
            {
                let (left, right) = pair.split_at(bins);
                for ((code, &a), &b) in codes.iter_mut().zip(left).zip(right) {
                    *code = a.max(b);
                }
            }
            from += width;
            width /= 2;
        }
        levels.into_boxed_slice()
    }

    /// Level of a code in dB of full scale.
    #[must_use]
    pub fn db(&self, code: u8) -> f64 {
        decibels(code) + self.offset_db()
    }
}

#[cfg(test)]
mod tests;
