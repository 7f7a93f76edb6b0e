//! What a plot needs of a curve: at most two points for each column of pixels.

use egui_plot::PlotPoint;

use super::curves::Curve;

/// Where the values of a curve are on the axis of a plot.
pub(super) struct Axis<'a> {
    /// The place on the axis of a value of this index; grows with it.
    pub at: &'a dyn Fn(f64) -> f64,
    /// The index, with its fraction, of a place on the axis.
    pub index: &'a dyn Fn(f64) -> f64,
    /// The first and the last place shown.
    pub range: (f64, f64),
    /// Pixels across.
    pub width: f32,
}

/// The points of what is shown of a curve, `scale` times its values. Where more values than one
/// fall on a column of pixels, the largest of them, and the smallest where `both` are wanted.
pub(super) fn points(curve: &Curve, axis: &Axis<'_>, scale: f64, both: bool) -> Vec<PlotPoint> {
    let count = curve.values().len();
    let (from, to) = axis.range;
    let columns = axis.width.ceil().max(1.0) as usize;
    let index = |place: f64| ((axis.index)(place).max(0.0) as usize).min(count);
    let point = |x: f64, value: f32| PlotPoint::new(x, f64::from(value) * scale);
    let mut points = Vec::with_capacity(2 * columns.min(count) + 2);
    // One value beyond each end, so that the line goes on there.
    let mut next = index(from).saturating_sub(1);
    for column in 0..columns {
        let right = from + (to - from) * (column + 1) as f64 / columns as f64;
        let end = index(right).max(next);
        match end - next {
            0 => {}
            1 => points.push(point((axis.at)(next as f64), curve.values()[next])),
            _ => {
                let x = f64::midpoint((axis.at)(next as f64), (axis.at)((end - 1) as f64));
                let (low, high) = curve.between(next, end);
                points.push(point(x, high));
                if both && low < high {
                    points.push(point(x, low));
                }
            }
        }
        next = end;
    }
    for beyond in next..(next + 2).min(count) {
        points.push(point((axis.at)(beyond as f64), curve.values()[beyond]));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(values: Vec<f32>, range: (f64, f64), width: f32) -> Vec<PlotPoint> {
        let axis = Axis {
            at: &|index| index / 10.0,
            index: &|place| place * 10.0,
            range,
            width,
        };
        points(&Curve::new(values), &axis, 1.0, true)
    }

    #[test]
    fn a_long_curve_makes_no_more_points_than_pixels_and_loses_no_peak() {
        let mut values = vec![1.0; 1_000_000];
        values[777_777] = 9.0;
        let points = linear(values, (0.0, 100_000.0), 500.0);
        assert!(points.len() <= 1004, "{}", points.len());
        let peak = points.iter().find(|point| point.y == 9.0).unwrap();
        assert!((peak.x - 77_777.7).abs() < 201.0);
    }

    #[test]
    fn a_short_curve_keeps_its_values_and_goes_on_beyond_both_ends() {
        let values: Vec<f32> = (0..100u8).map(f32::from).collect();
        let points = linear(values, (2.0, 4.0), 500.0);
        assert!(points[0].x < 2.0 && points[points.len() - 1].x > 4.0);
        assert!(
            points
                .iter()
                .all(|point| (point.y - point.x * 10.0).abs() < 1e-4)
        );
    }

    #[test]
    fn nothing_makes_no_points() {
        assert!(linear(Vec::new(), (0.0, 1.0), 100.0).is_empty());
    }
}
