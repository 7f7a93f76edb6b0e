//! The ticks of a ruler.

/// A mark on a ruler.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where it is, in the unit of the axis: seconds or hertz.
    pub value: f64,
    /// What is written at it; nothing at the small marks between.
    pub label: Option<String>,
}

/// The multiples of `step` from `low` to `high`; every `labelled`-th, counted from 0, has a label.
pub(super) fn multiples(
    low: f64,
    high: f64,
    step: f64,
    labelled: i64,
    label: impl Fn(f64) -> String,
) -> Vec<Tick> {
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last)
        .map(|n| {
            let value = n as f64 * step;
            Tick {
                value,
                label: (n % labelled == 0).then(|| label(value)),
            }
        })
        .collect()
}
