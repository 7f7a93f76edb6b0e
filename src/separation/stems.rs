//! All stems of a recording, a span at a time.

use std::ops::Range;

use super::factors::{Model, Place};
use super::{Groups, Masks, SeparationError};
use crate::audio::AudioBuffer;
use crate::nmf::Matrix;
use crate::spectral::{Complex32, Hpss, Overlap, Scale, Stft, Workspace};

/// Renders all stems of a recording for any span of samples: for each frame and channel one
/// forward FFT, and one inverse for each stem.
///
/// A sample comes out with the same bits whatever span it is asked for in. Shared between
/// threads, each with a [`StemWorkspace`] of its own.
#[derive(Clone, Debug)]
pub struct StemRenderer<'a> {
    recording: &'a AudioBuffer,
    core: StemCore<'a>,
}

/// All that stems are rendered with but the samples.
#[derive(Clone, Debug)]
pub(super) struct StemCore<'a> {
    shares: Shares<'a>,
    stft: &'a Stft,
    scale: Scale,
    overlap: Overlap,
    size: Size,
    /// Frames of the transform.
    columns: usize,
}

/// Channels and samples of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub channels: usize,
    /// Samples of each channel.
    pub frames: usize,
}

/// A stretch of a recording.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'s> {
    /// The samples of each channel, from the centre of frame `column` on.
    pub channels: &'s [Vec<f32>],
    /// The frame of the transform whose centre is the first sample.
    pub column: usize,
}

/// What the masks of the stems come from.
#[derive(Clone, Debug)]
enum Shares<'a> {
    /// The components of each stem.
    Model { model: Model<'a>, groups: Groups },
    /// A harmonic, a percussive and perhaps a residual stem.
    Split(&'a Hpss),
}

impl Shares<'_> {
    fn stems(&self) -> usize {
        match self {
            Self::Model { groups, .. } => groups.len(),
            Self::Split(split) => 2 + usize::from(split.has_residual()),
        }
    }

    /// Whether the masks of a frame serve all its channels.
    fn same_in_all_channels(&self) -> bool {
        match self {
            Self::Model { model, .. } => model.same_in_all_channels(),
            Self::Split(_) => true,
        }
    }

    fn fill(&self, masks: &mut Masks, place: Place) {
        match self {
            Self::Model { model, groups } => masks.fill_groups(*model, place, groups),
            Self::Split(split) => masks.fill_split(split.frame(place.frame)),
        }
    }
}

/// Memory of one thread that renders stems.
pub struct StemWorkspace {
    fft: Workspace,
    spectrum: Vec<Complex32>,
    masked: Vec<Complex32>,
    sound: Vec<f32>,
    masks: Masks,
}

/// The samples of all stems and channels in one span.
#[derive(Clone, Debug, Default)]
pub struct StemBlock {
    stems: usize,
    frames: usize,
    /// Channel by channel, stem by stem, sample by sample.
    values: Vec<f32>,
}

impl StemBlock {
    /// Number of samples of each plane.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The samples of one channel of one stem.
    ///
    /// # Panics
    /// When there is no such stem or channel, as with any slice index.
    #[must_use]
    pub fn plane(&self, stem: usize, channel: usize) -> &[f32] {
        let from = (channel * self.stems + stem) * self.frames;
        &self.values[from..from + self.frames]
    }

    /// All planes: channel by channel, and stem by stem within a channel.
    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    /// Takes the planes out, in the same order.
    pub(super) fn take_values(&mut self) -> Vec<f32> {
        self.frames = 0;
        std::mem::take(&mut self.values)
    }

    fn reset(&mut self, stems: usize, channels: usize, frames: usize) {
        self.stems = stems;
        self.frames = frames;
        self.values.clear();
        self.values.resize(stems * channels * frames, 0.0);
    }

    fn plane_mut(&mut self, stem: usize, channel: usize) -> &mut [f32] {
        let from = (channel * self.stems + stem) * self.frames;
        &mut self.values[from..from + self.frames]
    }
}

impl<'a> StemRenderer<'a> {
    /// A renderer of the stems that `groups` of the components make.
    ///
    /// # Errors
    /// [`SeparationError::Shape`] or [`SeparationError::Value`] when the factors do not belong
    /// to this recording and transform, [`SeparationError::Groups`] when the groups are of
    /// another number of components.
    pub fn new(
        recording: &'a AudioBuffer,
        templates: &'a Matrix,
        activations: &'a Matrix,
        stft: &'a Stft,
        groups: Groups,
    ) -> Result<Self, SeparationError> {
        let model = Model::new(templates, activations)?;
        let size = Size::of(recording);
        let scale = Scale::of(recording.channels());
        let core = StemCore::new(model, size, stft, scale, groups)?;
        Ok(Self { recording, core })
    }

    /// A renderer of a harmonic, a percussive, and where the masks leave one, a residual stem.
    ///
    /// # Errors
    /// [`SeparationError::Shape`] when the masks do not belong to this recording and transform.
    pub fn of_split(
        recording: &'a AudioBuffer,
        split: &'a Hpss,
        stft: &'a Stft,
    ) -> Result<Self, SeparationError> {
        let expected = (stft.bins(), stft.frame_count(recording.frames()));
        let got = (split.bins(), split.frames());
        if got != expected {
            return Err(SeparationError::Shape {
                what: "masks",
                expected,
                got,
            });
        }
        let core = StemCore {
            shares: Shares::Split(split),
            stft,
            scale: Scale::of(recording.channels()),
            overlap: stft.overlap(recording.frames()),
            size: Size::of(recording),
            columns: got.1,
        };
        Ok(Self { recording, core })
    }

    /// The same with a gain for each component in each channel, channels × components, as in
    /// [`Factors::with_channel_gains`](super::Factors::with_channel_gains). Masks of a split have
    /// no components, and stay as they are.
    ///
    /// # Errors
    /// [`SeparationError::Shape`] or [`SeparationError::Value`] when the gains do not belong to
    /// the recording and the factors.
    pub fn with_channel_gains(mut self, gains: &'a Matrix) -> Result<Self, SeparationError> {
        self.core = self.core.with_channel_gains(gains)?;
        Ok(self)
    }

    /// The recording.
    #[must_use]
    pub fn recording(&self) -> &'a AudioBuffer {
        self.recording
    }

    /// The transform.
    #[must_use]
    pub fn stft(&self) -> &'a Stft {
        self.core.stft
    }

    /// Number of stems.
    #[must_use]
    pub fn stems(&self) -> usize {
        self.core.stems()
    }

    /// Memory for one thread.
    #[must_use]
    pub fn workspace(&self) -> StemWorkspace {
        self.core.workspace()
    }

    /// Renders the samples of `span` of all stems and channels into `block`, whose memory is
    /// used again. What lies beyond the end of the recording is 0.
    ///
    /// `proceed` is asked before each frame; when it says no, rendering stops, the block is
    /// incomplete and the result is false.
    pub fn render(
        &self,
        span: Range<usize>,
        block: &mut StemBlock,
        workspace: &mut StemWorkspace,
        proceed: &dyn Fn() -> bool,
    ) -> bool {
        let whole = Stretch {
            channels: self.recording.channels(),
            column: 0,
        };
        self.core.render(whole, span, block, workspace, proceed)
    }

    pub(super) fn core(&self) -> &StemCore<'a> {
        &self.core
    }
}

impl Size {
    pub(super) fn of(recording: &AudioBuffer) -> Self {
        Self {
            channels: recording.channel_count(),
            frames: recording.frames(),
        }
    }
}

impl<'a> StemCore<'a> {
    pub(super) fn new(
        model: Model<'a>,
        size: Size,
        stft: &'a Stft,
        scale: Scale,
        groups: Groups,
    ) -> Result<Self, SeparationError> {
        check_shapes(model, stft, size)?;
        let groups = Groups::new(groups.members().to_vec(), model.components())?;
        Ok(Self {
            columns: model.activations.cols(),
            shares: Shares::Model { model, groups },
            stft,
            scale,
            overlap: stft.overlap(size.frames),
            size,
        })
    }

    pub(super) fn with_channel_gains(mut self, gains: &'a Matrix) -> Result<Self, SeparationError> {
        if let Shares::Model { model, .. } = &mut self.shares {
            *model = model.with_channel_gains(gains)?;
            check_shapes(*model, self.stft, self.size)?;
        }
        Ok(self)
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    pub(super) fn stft(&self) -> &'a Stft {
        self.stft
    }

    pub(super) fn stems(&self) -> usize {
        self.shares.stems()
    }

    pub(super) fn workspace(&self) -> StemWorkspace {
        StemWorkspace {
            fft: self.stft.workspace(),
            spectrum: vec![Complex32::default(); self.stft.bins()],
            masked: vec![Complex32::default(); self.stft.bins()],
            sound: vec![0.0; self.stft.size()],
            masks: Masks::new(self.stft.bins(), self.stems()),
        }
    }

    /// The samples that rendering `span` needs: from the centre of a frame on, which is returned
    /// as well.
    pub(super) fn needed(&self, span: Range<usize>) -> (Range<usize>, usize) {
        let columns = self.stft.frames_covering(span, self.columns);
        needed(self.stft, columns, self.size.frames)
    }

    /// As [`StemRenderer::render`], from a stretch that has what is [`needed`](Self::needed).
    pub(super) fn render(
        &self,
        stretch: Stretch<'_>,
        span: Range<usize>,
        block: &mut StemBlock,
        workspace: &mut StemWorkspace,
        proceed: &dyn Fn() -> bool,
    ) -> bool {
        block.reset(self.stems(), self.size.channels, span.len());
        for n in self.stft.frames_covering(span.clone(), self.columns) {
            if !proceed() {
                return false;
            }
            self.add_frame(stretch, n, span.start, block, workspace);
        }
        let undo = self.scale.inverse();
        for plane in block.values.chunks_exact_mut(span.len().max(1)) {
            self.overlap.divide(span.start, plane, undo);
        }
        true
    }

    fn add_frame(
        &self,
        stretch: Stretch<'_>,
        n: usize,
        start: usize,
        block: &mut StemBlock,
        workspace: &mut StemWorkspace,
    ) {
        let StemWorkspace {
            fft,
            spectrum,
            masked,
            sound,
            masks,
        } = workspace;
        let mut has_masks = false;
        for (c, channel) in stretch.channels.iter().enumerate() {
            let column = n - stretch.column;
            if !self
                .stft
                .forward(channel, column, self.scale, spectrum, fft)
            {
                continue;
            }
            if !has_masks {
                let place = Place {
                    channel: c,
                    frame: n,
                };
                self.shares.fill(masks, place);
                has_masks = self.shares.same_in_all_channels();
            }
            for stem in (0..self.stems()).filter(|&stem| masks.is_audible(stem)) {
                masks.apply(stem, spectrum, masked);
                self.stft.inverse(masked, sound, fft);
                let plane = block.plane_mut(stem, c);
                self.stft.overlap_add(sound, n, start, plane);
            }
        }
    }
}

/// The samples that the frames `columns` of a signal of `frames` samples are computed from, widened
/// to begin at the centre of a frame, and that frame.
pub(super) fn needed(stft: &Stft, columns: Range<usize>, frames: usize) -> (Range<usize>, usize) {
    let half = stft.size() / 2;
    let column = (columns.start * stft.hop()).saturating_sub(half) / stft.hop();
    let end = (columns.end.saturating_sub(1) * stft.hop() + half).min(frames);
    let start = (column * stft.hop()).min(end);
    (start..end, column)
}

/// Whether factors belong to a recording and to a transform.
pub(super) fn check_shapes(
    model: Model<'_>,
    stft: &Stft,
    size: Size,
) -> Result<(), SeparationError> {
    let components = model.components();
    let frames = stft.frame_count(size.frames);
    let expected = [
        ("templates", model.templates, (stft.bins(), components)),
        ("activations", model.activations, (components, frames)),
    ];
    let gains = model
        .channel_gains
        .map(|gains| ("channel gains", gains, (size.channels, components)));
    for (what, matrix, expected) in expected.into_iter().chain(gains) {
        let got = (matrix.rows(), matrix.cols());
        if got != expected {
            return Err(SeparationError::Shape {
                what,
                expected,
                got,
            });
        }
    }
    Ok(())
}
