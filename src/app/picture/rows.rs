//! From frequency bins to the rows of a picture.

use std::ops::Range;

use crate::spectral::Axes;

/// How the rows of a picture, from the top to the bottom, read the bins of a column.
///
/// Where a row is higher than a bin it takes the largest of its bins, so that a thin partial stays
/// as bright as it is; where bins are higher than a row, as in the bass of a logarithmic axis, a
/// cubic through four bins goes between them.
pub(super) struct Rows(Vec<Row>);

struct Row {
    /// The bins whose centre is in the row.
    inside: Range<usize>,
    /// The cubic: bin before the row's centre, and how far the centre lies behind it.
    between: Option<(usize, f32)>,
}

impl Rows {
    /// Rows with these lower and upper ends in Hz, for a transform with `axes` and `bins`.
    pub fn new(bands: impl Iterator<Item = (f64, f64)>, axes: Axes, bins: usize) -> Self {
        let row = |(low, high): (f64, f64)| {
            let (low, high) = (axes.bin(low), axes.bin(high));
            let inside =
                (low.max(0.0).ceil() as usize).min(bins)..(high.max(0.0).ceil() as usize).min(bins);
            let centre = f64::midpoint(low, high);
            let last = bins.saturating_sub(1) as f64;
            let narrow = high - low < 1.0 && (0.0..=last).contains(&centre);
            Row {
                inside,
                between: narrow.then(|| (centre as usize, centre.fract() as f32)),
            }
        };
        Self(bands.map(row).collect())
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The code of each row.
    pub fn codes(&self, bins: &[u8], rows: &mut [u8]) {
        for (code, row) in rows.iter_mut().zip(&self.0) {
            let largest = bins
                .get(row.inside.clone())
                .unwrap_or_default()
                .iter()
                .max();
            let between = row.between.map_or(0, |(bin, t)| cubic(bins, bin, t));
            *code = between.max(largest.copied().unwrap_or(0));
        }
    }

    /// The mean of a template in each row.
    pub fn means<'a>(&'a self, template: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        self.0.iter().map(|row| {
            if let Some((bin, t)) = row.between {
                let low = template.get(bin).copied().unwrap_or(0.0);
                let high = template.get(bin + 1).copied().unwrap_or(low);
                return low + t * (high - low);
            }
            let inside = template.get(row.inside.clone()).unwrap_or_default();
            inside.iter().sum::<f32>() / inside.len().max(1) as f32
        })
    }
}

/// Catmull-Rom interpolation between `bin` and the next one, kept within the range of codes.
fn cubic(bins: &[u8], bin: usize, t: f32) -> u8 {
    let last = bins.len().saturating_sub(1);
    let at = |bin: usize| bins.get(bin.min(last)).map_or(0.0, |&code| f32::from(code));
    let (a, b, c, d) = (at(bin.saturating_sub(1)), at(bin), at(bin + 1), at(bin + 2));
    let slope = c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a));
    (b + 0.5 * t * slope).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectral::StftSettings;

    /// One bin for each hertz.
    fn axes() -> Axes {
        Axes::new(StftSettings::default(), 2048)
    }

    fn codes(bands: &[(f64, f64)], bins: &[u8]) -> Vec<u8> {
        let rows = Rows::new(bands.iter().copied(), axes(), bins.len());
        let mut out = vec![0; rows.len()];
        rows.codes(bins, &mut out);
        out
    }

    #[test]
    fn a_high_row_takes_its_largest_bin() {
        let bins = [1, 9, 3, 4, 200, 6, 7, 8];
        assert_eq!(
            codes(&[(4.0, 8.0), (0.0, 4.0), (2.5, 4.0)], &bins),
            [200, 9, 4]
        );
    }

    #[test]
    fn narrow_rows_go_smoothly_from_bin_to_bin() {
        let bins = [10, 20, 40, 30, 30, 30];
        let bands: Vec<(f64, f64)> = (0..20)
            .map(|n| (1.0 + f64::from(n) / 20.0, 1.0 + f64::from(n + 1) / 20.0))
            .collect();
        let rows = codes(&bands, &bins);
        assert!(rows.windows(2).all(|pair| pair[0] <= pair[1]), "{rows:?}");
        assert!(rows[0] <= 21 && rows[19] >= 39, "{rows:?}");
        // The bin's own value is met where its centre is.
        assert_eq!(codes(&[(1.9, 2.1)], &bins), [40]);
    }

    #[test]
    fn what_is_outside_the_bins_is_silent() {
        let bins = [50; 8];
        assert_eq!(
            codes(&[(8.5, 9.0), (20.0, 40.0), (-5.0, -4.0)], &bins),
            [0, 0, 0]
        );
    }

    #[test]
    fn templates_are_averaged_or_interpolated() {
        let template = [0.0, 2.0, 4.0, 6.0];
        let bands = [(1.0, 3.0), (1.4, 1.6)];
        let rows = Rows::new(bands.into_iter(), axes(), 4);
        assert_eq!(rows.means(&template).collect::<Vec<_>>(), [3.0, 3.0]);
    }
}
