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
    shares: Shares<'a>,
    stft: &'a Stft,
    scale: Scale,
    overlap: Overlap,
    frames: usize,
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
        check_shapes(model, stft, recording)?;
        let groups = Groups::new(groups.members().to_vec(), model.components())?;
        let shares = Shares::Model { model, groups };
        Ok(Self::with_shares(
            recording,
            stft,
            shares,
            activations.cols(),
        ))
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
        Ok(Self::with_shares(
            recording,
            stft,
            Shares::Split(split),
            got.1,
        ))
    }

    fn with_shares(
        recording: &'a AudioBuffer,
        stft: &'a Stft,
        shares: Shares<'a>,
        frames: usize,
    ) -> Self {
        Self {
            recording,
            shares,
            stft,
            scale: Scale::of(recording.channels()),
            overlap: stft.overlap(recording.frames()),
            frames,
        }
    }

    /// The same with a gain for each component in each channel, channels × components, as in
    /// [`Factors::with_channel_gains`](super::Factors::with_channel_gains). Masks of a split have
    /// no components, and stay as they are.
    ///
    /// # Errors
    /// [`SeparationError::Shape`] or [`SeparationError::Value`] when the gains do not belong to
    /// the recording and the factors.
    pub fn with_channel_gains(mut self, gains: &'a Matrix) -> Result<Self, SeparationError> {
        if let Shares::Model { model, .. } = &mut self.shares {
            *model = model.with_channel_gains(gains)?;
            check_shapes(*model, self.stft, self.recording)?;
        }
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
        self.stft
    }

    /// Number of stems.
    #[must_use]
    pub fn stems(&self) -> usize {
        self.shares.stems()
    }

    /// Memory for one thread.
    #[must_use]
    pub fn workspace(&self) -> StemWorkspace {
        StemWorkspace {
            fft: self.stft.workspace(),
            spectrum: vec![Complex32::default(); self.stft.bins()],
            masked: vec![Complex32::default(); self.stft.bins()],
            sound: vec![0.0; self.stft.size()],
            masks: Masks::new(self.stft.bins(), self.stems()),
        }
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
        let channels = self.recording.channels();
        block.reset(self.stems(), channels.len(), span.len());
        for n in self.stft.frames_covering(span.clone(), self.frames) {
            if !proceed() {
                return false;
            }
            self.add_frame(n, span.start, block, workspace);
        }
        let undo = self.scale.inverse();
        for plane in block.values.chunks_exact_mut(span.len().max(1)) {
            self.overlap.divide(span.start, plane, undo);
        }
        true
    }

    fn add_frame(
        &self,
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
        for (c, channel) in self.recording.channels().iter().enumerate() {
            if !self.stft.forward(channel, n, self.scale, spectrum, fft) {
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

/// Whether factors belong to a recording and to a transform.
pub(super) fn check_shapes(
    model: Model<'_>,
    stft: &Stft,
    recording: &AudioBuffer,
) -> Result<(), SeparationError> {
    let components = model.components();
    let frames = stft.frame_count(recording.frames());
    let expected = [
        ("templates", model.templates, (stft.bins(), components)),
        ("activations", model.activations, (components, frames)),
    ];
    let gains = model.channel_gains.map(|gains| {
        let channels = recording.channel_count();
        ("channel gains", gains, (channels, components))
    });
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
