//! What a separation is asked for.

use serde::{Deserialize, Serialize};

use crate::nmf;
use crate::spectral::StftSettings;

/// Components for each source where only the number of sources is given.
const COMPONENTS_PER_SOURCE: usize = 4;
/// Components where nothing is given.
pub const DEFAULT_COMPONENTS: usize = 16;

/// Into how many components the spectrogram is taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentCount {
    /// This many.
    Fixed(usize),
    /// Where sources are asked for, as many as these need: atoms of several factorizations are
    /// grouped, and each source gets up to 20 of its own. Where components are asked for, 16;
    /// never more than the spectrogram has bins or frames.
    #[default]
    Auto,
    /// As many as the recording itself speaks for, in one factorization: chosen by what values
    /// that were held out, duplicates and stability say
    /// ([`choose_components`](super::choose_components)).
    Evidence,
}

impl ComponentCount {
    /// The number of components for a spectrogram of `bins` × `frames`; the most there can be
    /// where it is chosen from evidence.
    #[must_use]
    pub fn resolve(self, sources: SourceCount, bins: usize, frames: usize) -> usize {
        match (self, sources) {
            (Self::Fixed(count), _) => count,
            (Self::Auto, SourceCount::Fixed(sources)) => sources
                .saturating_mul(COMPONENTS_PER_SOURCE)
                .min(bins)
                .min(frames),
            (Self::Auto, _) => DEFAULT_COMPONENTS.min(bins).min(frames),
            (Self::Evidence, SourceCount::Fixed(sources)) => {
                nmf::MOST_CHOSEN.max(sources).min(bins).min(frames)
            }
            (Self::Evidence, _) => nmf::MOST_CHOSEN.min(bins).min(frames),
        }
    }
}

/// Into how many sources the components are grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceCount {
    /// This many.
    Fixed(usize),
    /// As many as the recording suggests: the number whose groups agree best with how alike the
    /// atoms are. Components that are asked for and plainly take turns are grouped by that.
    Auto,
    /// Each component is a source of its own.
    #[default]
    Components,
}

/// How much time the sources are worth. Plays no part where components are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quality {
    /// Fewer atoms and iterations.
    Fast,
    /// The best that is known.
    #[default]
    Best,
}

/// A part of the way to sources that can be left out, to measure what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ingredient {
    /// The trial whether each source is one component.
    Simple,
    /// What activations pay for changing, where nothing is asked for.
    Continuity,
    /// More than one factorization; the one that is left has 5 atoms for each source.
    Runs,
    /// A gain for each channel: without, all channels are added up.
    Gains,
    /// The pair model; without, atoms are compared by the correlation of their mel spectra.
    PairModel,
    /// The votes of many clusterings; without, one clustering decides.
    Votes,
    /// The second stage; without, the pooled atoms stay as they are.
    Second,
    /// The grouping; without, each pooled atom is a source of its own.
    Grouping,
}

impl Ingredient {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Simple,
        Self::Continuity,
        Self::Runs,
        Self::Gains,
        Self::PairModel,
        Self::Votes,
        Self::Second,
        Self::Grouping,
    ];

    /// What the command calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Continuity => "continuity",
            Self::Runs => "runs",
            Self::Gains => "gains",
            Self::PairModel => "pair-model",
            Self::Votes => "votes",
            Self::Second => "second",
            Self::Grouping => "grouping",
        }
    }
}

/// How much of the spectrogram is in memory while it is factorized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// All of it, and all samples.
    Batch,
    /// A sample of its frames, from which the templates are learnt, then one block after the
    /// other, read anew from the file: memory does not grow with the recording but for the
    /// activations.
    Online,
    /// `Batch` where that fits into the memory that may be used, otherwise `Online`.
    #[default]
    Auto,
}

/// What a separation is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SeparationSettings {
    /// The transform.
    pub stft: StftSettings,
    /// How many components.
    pub components: ComponentCount,
    /// How many sources.
    pub sources: SourceCount,
    /// How much time the sources are worth.
    #[serde(default)]
    pub quality: Quality,
    /// Starts of the factorization, at least 1: the one that `nmf` asks for, then random ones. The
    /// result with the lowest divergence is kept, and the others tell how stable its components
    /// are. Plays no part where only sources are asked for, which have several factorizations
    /// anyway, or patterns.
    pub restarts: usize,
    /// The factorization; its number of components is set by `components`.
    pub nmf: nmf::Settings,
    /// Frames of a template. Above 1 each component is a pattern that unfolds over so many frames
    /// ([`factorize_convolutive`](nmf::factorize_convolutive)); the separation has one component
    /// for each frame of each pattern, and those of a pattern stay in one source. Sources are then
    /// grouped as where components are asked for.
    pub template_frames: usize,
    /// Whether components that are asked for have a gain in each channel, as those of sources have
    /// anyway: they are told by where they stand as well, each channel has its own masks, and it
    /// takes as many times the work as there are channels. The updates are plain ones. Plays no part
    /// with patterns, and cannot be done block by block.
    pub channel_gains: bool,
    /// What is to be left out of what is done unasked: nothing. All but
    /// [`Ingredient::Continuity`] are parts of the way to sources, and are left out to measure what
    /// they are worth.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Ingredient>,
    /// How much of the spectrogram is held. Plays no part where the samples are in memory anyway:
    /// [`separate`](super::separate()) holds all of it.
    pub model: Model,
    /// Bytes of memory that may be used; `None` is half of the machine's
    /// ([`memory_budget`](super::memory_budget)).
    pub memory: Option<u64>,
}

/// The continuity of components in short recordings where nothing is asked for, and that of the
/// atoms of so many sources as are asked for. Where their number is to be found it is none: that was
/// fitted on atoms without; nor where it is to be fast.
const CONTINUITY: f64 = 0.1;
const CONTINUITY_OF_ATOMS: f64 = 0.03;

impl SeparationSettings {
    /// Whether sources are found by way of atoms, as many as they need.
    #[must_use]
    pub fn is_by_atoms(&self) -> bool {
        self.components == ComponentCount::Auto
            && self.sources != SourceCount::Components
            && self.template_frames == 1
    }

    /// Starts of the factorization that are made: those that are asked for, or one where these play
    /// no part.
    #[must_use]
    pub fn starts(&self) -> usize {
        let one = self.is_by_atoms() || self.template_frames > 1;
        if one { 1 } else { self.restarts.max(1) }
    }

    /// Whether components that are asked for get gains in the channels.
    pub(super) fn has_own_gains(&self) -> bool {
        self.channel_gains && self.template_frames == 1
    }

    /// The same with what [`Algorithm::Auto`](nmf::Algorithm::Auto) comes to for a recording of so
    /// many frames of the transform in each of `channels` channels.
    ///
    /// Components that are asked for, and nothing special of them, are found by the
    /// [fast algorithm](nmf::Settings::resolved) in long recordings. In shorter ones, below
    /// [`FAST_FRAMES`](nmf::Settings::FAST_FRAMES), there is time for what makes them better:
    /// plain updates with a gain in each channel and some continuity. The atoms of a given number of sources
    /// have some continuity, too. Everything else knows plain updates only, so where sources are found by way of
    /// atoms, and with gains in several channels, they are what any algorithm comes to.
    #[must_use]
    pub fn resolved(&self, frames: usize, channels: usize) -> Self {
        let mut settings = self.clone();
        let nmf = &mut settings.nmf;
        let plain = nmf.divergence.is_kullback_leibler() && !nmf.has_penalties();
        let lasting = plain && !self.without.contains(&Ingredient::Continuity);
        if self.is_by_atoms() {
            let given = matches!(self.sources, SourceCount::Fixed(_));
            if lasting && given && self.quality == Quality::Best {
                nmf.continuity = CONTINUITY_OF_ATOMS;
            }
            nmf.algorithm = nmf::Algorithm::Mu;
        }
        if self.has_own_gains() && channels > 1 {
            nmf.algorithm = nmf::Algorithm::Mu;
        }
        if nmf.algorithm != nmf::Algorithm::Auto {
            return settings;
        }
        if self.template_frames > 1 || self.channel_gains {
            nmf.algorithm = nmf::Algorithm::Mu;
            return settings;
        }
        *nmf = nmf.resolved(frames);
        let short = frames < nmf::Settings::FAST_FRAMES;
        if short && plain && self.model != Model::Online {
            nmf.continuity = if lasting { CONTINUITY } else { 0.0 };
            settings.channel_gains = channels > 1;
        }
        settings
    }

    /// The same for a part of `part` frames of a recording of `whole` frames: with
    /// [`Algorithm::Auto`](nmf::Algorithm::Auto) it has nothing that the whole would not have.
    #[must_use]
    pub fn for_part(&self, part: usize, whole: usize) -> Self {
        let mut settings = self.clone();
        let short = |frames| frames < nmf::Settings::FAST_FRAMES;
        let resolves_by_length =
            !self.is_by_atoms() && settings.nmf.algorithm == nmf::Algorithm::Auto;
        if resolves_by_length && short(part) && !short(whole) {
            settings.nmf.algorithm = nmf::Algorithm::Mu;
        }
        settings
    }
}

impl Default for SeparationSettings {
    fn default() -> Self {
        Self {
            stft: StftSettings::default(),
            components: ComponentCount::default(),
            sources: SourceCount::default(),
            quality: Quality::default(),
            restarts: 1,
            nmf: nmf::Settings::default(),
            template_frames: 1,
            channel_gains: false,
            without: Vec::new(),
            model: Model::default(),
            memory: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_by_plain_updates_only_is_asked_for_them() {
        let by_atoms = SeparationSettings {
            sources: SourceCount::Auto,
            ..SeparationSettings::default()
        };
        assert!(by_atoms.is_by_atoms());
        let components = SeparationSettings {
            components: ComponentCount::Fixed(8),
            ..by_atoms.clone()
        };
        let patterns = SeparationSettings {
            template_frames: 4,
            ..components.clone()
        };
        let gains = SeparationSettings {
            channel_gains: true,
            ..components.clone()
        };
        let fast = |settings: &SeparationSettings| {
            let mut settings = settings.clone();
            settings.nmf.algorithm = nmf::Algorithm::Fast;
            settings
        };
        for plain in [
            fast(&by_atoms),
            fast(&gains),
            by_atoms.clone(),
            patterns,
            gains,
        ] {
            for frames in [100, 10_000] {
                let found = plain.resolved(frames, 2);
                assert_eq!(found.nmf.algorithm, nmf::Algorithm::Mu);
                assert_eq!(found.nmf.iterations, plain.nmf.iterations);
                assert_eq!(found.nmf.continuity, 0.0);
                assert_eq!(found.channel_gains, plain.channel_gains);
            }
        }
        let given = SeparationSettings {
            sources: SourceCount::Fixed(3),
            ..by_atoms.clone()
        };
        assert_eq!(fast(&given).resolved(100, 2).nmf.continuity, 0.03);
        let without = SeparationSettings {
            without: vec![Ingredient::Continuity],
            ..given.clone()
        };
        let quick = SeparationSettings {
            quality: Quality::Fast,
            ..given
        };
        for none in [without, quick] {
            assert_eq!(none.resolved(100, 2).nmf.continuity, 0.0);
        }
        let sudden = SeparationSettings {
            without: vec![Ingredient::Continuity],
            ..components.clone()
        };
        let sudden = sudden.resolved(100, 2);
        assert_eq!((sudden.nmf.continuity, sudden.channel_gains), (0.0, true));
        let long = components.resolved(10_000, 2);
        assert_eq!(long.nmf.algorithm, nmf::Algorithm::Fast);
        assert_eq!((long.nmf.continuity, long.channel_gains), (0.0, false));
        for (channels, gains) in [(1, false), (2, true)] {
            let short = components.resolved(1499, channels);
            assert_eq!(short.nmf.algorithm, nmf::Algorithm::Mu);
            assert_eq!(short.nmf.iterations, components.nmf.iterations);
            assert_eq!((short.nmf.continuity, short.channel_gains), (0.1, gains));
            let part = components.for_part(1499, 10_000).resolved(1499, channels);
            assert_eq!(part.nmf.algorithm, nmf::Algorithm::Mu);
            assert_eq!((part.nmf.continuity, part.channel_gains), (0.0, false));
            assert_eq!(by_atoms.for_part(1499, 10_000), by_atoms);
            assert_eq!(components.for_part(500, 1499), components);
            assert_eq!(short.resolved(1499, channels), short);
        }
    }
}
