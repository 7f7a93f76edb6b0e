//! How one sound changes over into another.

use std::f64::consts::PI;

/// Weights of a raised cosine: the share of the new sound, from just above 0 to just below 1.
///
/// The shares of old and new add up to 1, so a sound that does not change keeps its bits, and
/// the slope is 0 at both ends, so there is no corner to be heard.
#[derive(Clone, Debug)]
pub(super) struct Fade(Vec<f32>);

impl Fade {
    /// A fade of `frames` frames, at least 1.
    pub fn new(frames: usize) -> Self {
        let frames = frames.max(1);
        let share = |i: usize| {
            let phase = PI * (i + 1) as f64 / (frames + 1) as f64;
            (0.5 - 0.5 * phase.cos()) as f32
        };
        Self((0..frames).map(share).collect())
    }

    /// How many frames it takes.
    pub fn frames(&self) -> usize {
        self.0.len()
    }

    /// What is heard in frame `i`: the old sound before the fade, the new one after it.
    pub fn blend(&self, i: usize, old: f32, new: f32) -> f32 {
        match self.0.get(i) {
            Some(share) => old + (new - old) * share,
            None => new,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_that_does_not_change_keeps_its_bits() {
        let fade = Fade::new(480);
        for i in 0..500 {
            assert_eq!(fade.blend(i, 0.123_456_7, 0.123_456_7), 0.123_456_7);
        }
    }

    #[test]
    fn a_fade_goes_from_old_to_new_in_small_steps() {
        let fade = Fade::new(480);
        let mut last = 0.0;
        for i in 0..=480 {
            let now = fade.blend(i, 0.0, 1.0);
            assert!(now > last && now - last < 0.0034, "{i}: {last} to {now}");
            last = now;
        }
        assert_eq!(last, 1.0);
    }
}
