//! A distribution that can be added to without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Percentiles;

/// Classes for each doubling of the value.
const FINENESS: f64 = 8.0;
const CLASSES: usize = 320;

/// Counts durations in nanoseconds in classes that are 9 % wide.
#[derive(Debug)]
pub(super) struct Histogram {
    classes: [AtomicU64; CLASSES],
    max: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            classes: [const { AtomicU64::new(0) }; CLASSES],
            max: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    /// Neither allocates nor waits.
    pub fn add(&self, nanoseconds: u64) {
        let class = (nanoseconds.max(1) as f64).log2() * FINENESS;
        let class = (class as usize).min(CLASSES - 1);
        self.classes[class].fetch_add(1, Ordering::Relaxed);
        self.max.fetch_max(nanoseconds, Ordering::Relaxed);
    }

    /// How many were added.
    pub fn count(&self) -> u64 {
        self.classes.iter().map(|x| x.load(Ordering::Relaxed)).sum()
    }

    /// The distribution, its values times `unit`.
    pub fn percentiles(&self, unit: f64) -> Percentiles {
        let counts = self.classes.each_ref().map(|x| x.load(Ordering::Relaxed));
        let count: u64 = counts.iter().sum();
        let max = self.max.load(Ordering::Relaxed) as f64;
        let quantile = |share: f64| {
            let wanted = (count as f64 * share).ceil() as u64;
            let mut seen = 0;
            let class = counts.iter().position(|n| {
                seen += n;
                seen >= wanted
            });
            let upper = class.map_or(0.0, |class| ((class + 1) as f64 / FINENESS).exp2());
            upper.min(max) * unit
        };
        Percentiles {
            count,
            p50: quantile(0.5) as f32,
            p99: quantile(0.99) as f32,
            max: (max * unit) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_within_the_width_of_a_class() {
        let histogram = Histogram::default();
        assert_eq!(histogram.percentiles(1.0), Percentiles::default());
        (1..=1000).for_each(|i| histogram.add(i * 1000));
        let found = histogram.percentiles(1e-3);
        assert_eq!((found.count, found.max), (1000, 1000.0));
        assert!((500.0..550.0).contains(&found.p50), "{}", found.p50);
        assert!((990.0..=1000.0).contains(&found.p99), "{}", found.p99);
        histogram.add(u64::MAX);
        histogram.add(0);
        assert_eq!(histogram.percentiles(1.0).count, 1002);
    }
}
