//! A first look at a recording while it is being read: it grows from left to right.

use std::sync::{Mutex, OnceLock, PoisonError};

use eframe::egui::ColorImage;

use super::decibel::{Coder, decibels};
use super::ramp::{Ramp, Strength};
use super::style::PictureTheme;
use crate::audio::PartRead;
use crate::spectral::{Axes, Complex32, Scale, Stft, StftSettings};

/// Columns and rows.
const COLUMNS: usize = 512;
const ROWS: usize = 256;
/// Where the rows begin; they end at half of the rate, in equal steps of pitch.
const LOWEST_HZ: f64 = 30.0;
/// Levels that are shown below the loudest, in dB.
const SPAN: f64 = 80.0;

/// Levels of single frames, spread evenly over what a recording is to become. One thread reads and
/// adds to it, another one shows it.
#[derive(Default)]
pub struct Preview {
    columns: Mutex<Columns>,
    /// Known from the first part on.
    rows: OnceLock<Option<Rows>>,
}

/// The columns that are there, each from low to high, one byte for each row.
#[derive(Clone, Debug, Default)]
struct Columns(Vec<u8>);

impl Preview {
    /// Adds what has been read since the last time. Returns whether there is more to see. Where it is
    /// not known how much there will be, there is nothing to see.
    pub fn follow(&self, part: &PartRead<'_>) -> bool {
        let ready = (part.fraction * COLUMNS as f64) as usize;
        let from = self.columns();
        let frames = part.channels.first().map_or(0, Vec::len);
        if ready <= from || frames == 0 {
            return false;
        }
        let Some(rows) = self.rows.get_or_init(|| Rows::new(part.rate)) else {
            return false;
        };
        let stft = &rows.stft;
        let all = frames as f64 / part.fraction;
        let mut added = Vec::with_capacity((ready - from) * ROWS);
        for column in from..ready {
            let at = (column as f64 + 0.5) / COLUMNS as f64 * all;
            // What comes after the last sample is not there yet.
            let last = frames.saturating_sub(stft.size()) / stft.hop();
            let frame = ((at / stft.hop() as f64) as usize).min(last);
            rows.append(&mut added, part.channels, frame);
        }
        self.lock().0.extend(added);
        true
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.lock().0.len() / ROWS
    }

    /// What is there, on the ground of the theme: the whole width, and the rest empty.
    pub fn image(&self, theme: &PictureTheme) -> ColorImage {
        let seen = self.lock().0.clone();
        let loudest = decibels(seen.iter().copied().max().unwrap_or(0));
        let strength = Strength::new(loudest - SPAN, loudest);
        let ramp = Ramp::new(&strength, theme.ground, theme.dark);
        let mut image = ColorImage::filled([COLUMNS, ROWS], theme.ground);
        for (column, codes) in seen.chunks_exact(ROWS).enumerate() {
            for (row, &code) in codes.iter().enumerate() {
                image.pixels[(ROWS - 1 - row) * COLUMNS + column] = ramp.color(code);
            }
        }
        image
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Columns> {
        self.columns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From bins to rows.
struct Rows {
    stft: Stft,
    /// The first bin of each row, and the end of the last one.
    bins: Vec<usize>,
    coder: Coder,
}

impl Rows {
    fn new(rate: u32) -> Option<Self> {
        let stft = Stft::new(StftSettings::default()).ok()?;
        let axes = Axes::new(stft.settings(), rate);
        let octaves = (f64::from(rate) / 2.0 / LOWEST_HZ).log2().max(1.0);
        let bin = |row: usize| {
            let hz = LOWEST_HZ * 2f64.powf(octaves * row as f64 / ROWS as f64);
            (hz / axes.hz(1.0)).round() as usize
        };
        Some(Self {
            bins: (0..=ROWS)
                .map(|row| bin(row).min(stft.bins() - 1))
                .collect(),
            coder: Coder::new(stft.window().iter().sum::<f32>() / 2.0),
            stft,
        })
    }

    /// Appends the rows of a frame: in each the loudest of its bins.
    fn append(&self, out: &mut Vec<u8>, channels: &[Vec<f32>], frame: usize) {
        let stft = &self.stft;
        let mut spectrum = vec![Complex32::default(); stft.bins()];
        let mut magnitudes = vec![0.0_f32; stft.bins()];
        let mut workspace = stft.workspace();
        let mean = 1.0 / channels.len().max(1) as f32;
        for channel in channels {
            if stft.forward(channel, frame, Scale::ONE, &mut spectrum, &mut workspace) {
                for (sum, x) in magnitudes.iter_mut().zip(&spectrum) {
                    *sum += (x.re * x.re + x.im * x.im).sqrt() * mean;
                }
            }
        }
        out.extend(self.bins.windows(2).map(|bins| {
            let row = &magnitudes[bins[0]..bins[1].max(bins[0] + 1)];
            self.coder.code(row.iter().copied().fold(0.0, f32::max))
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_with_what_has_been_read_and_shows_where_the_tone_is() {
        let (rate, all) = (44_100, 200_000);
        let tone = |t: usize| (t as f32 * 1000.0 * std::f32::consts::TAU / 44_100.0).sin();
        let samples: Vec<f32> = (0..all).map(tone).collect();
        let preview = Preview::default();
        for (share, columns) in [(0.25, 128), (0.25, 128), (1.0, 512)] {
            let channels = [samples[..(share * all as f64) as usize].to_vec()];
            let part = PartRead {
                fraction: share,
                rate,
                channels: &channels,
            };
            let before = preview.columns();
            assert_eq!(preview.follow(&part), columns > before);
            assert_eq!(preview.columns(), columns);
        }
        let octaves = (22_050.0 / LOWEST_HZ).log2();
        let expected = (1000.0 / LOWEST_HZ).log2() / octaves * ROWS as f64;
        for column in preview.lock().0.chunks_exact(ROWS) {
            let loudest = (0..ROWS).max_by_key(|&row| column[row]).unwrap();
            assert!(
                (loudest as f64 - expected).abs() < 4.0,
                "{loudest} {expected}"
            );
        }
        let image = preview.image(&PictureTheme::DARK);
        assert_eq!(image.size, [COLUMNS, ROWS]);
        assert!(
            image
                .pixels
                .iter()
                .any(|&pixel| pixel != PictureTheme::DARK.ground)
        );
    }

    #[test]
    fn of_an_unknown_length_nothing_is_shown() {
        let channels = [vec![0.5; 9000]];
        let part = PartRead {
            fraction: 0.0,
            rate: 8000,
            channels: &channels,
        };
        let preview = Preview::default();
        assert!(!preview.follow(&part));
        assert_eq!(preview.columns(), 0);
    }
}
