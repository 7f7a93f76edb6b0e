//! Running medians.

/// A window of an odd number of values that slides over others and knows its median.
#[derive(Clone, Debug, Default)]
pub(super) struct Median {
    sorted: Vec<f32>,
}

impl Median {
    /// Writes the median of `length` values (odd) around each of `values` to `medians`. Beyond the
    /// ends the values are mirrored, the outermost ones included.
    pub fn filter(&mut self, values: &[f32], length: usize, medians: &mut [f32]) {
        if values.is_empty() {
            return;
        }
        let half = length / 2;
        let at = |i: usize| values[mirrored(i, half, values.len())];
        self.sorted.clear();
        self.sorted.extend((0..length).map(at));
        self.sorted.sort_unstable_by(f32::total_cmp);
        for (i, median) in medians.iter_mut().enumerate() {
            if i > 0 {
                self.replace(at(i - 1), at(i + length - 1));
            }
            *median = self.sorted[half];
        }
    }

    /// Takes one value out and another in.
    fn replace(&mut self, old: f32, new: f32) {
        let place = |sorted: &[f32], x: f32| sorted.partition_point(|y| y.total_cmp(&x).is_lt());
        let from = place(&self.sorted, old);
        let to = place(&self.sorted, new);
        if to > from {
            self.sorted[from..to].rotate_left(1);
            self.sorted[to - 1] = new;
        } else {
            self.sorted[to..=from].rotate_right(1);
            self.sorted[to] = new;
        }
    }
}

/// Which of `len` values stands at place `i` of a row that begins `before` places earlier.
fn mirrored(i: usize, before: usize, len: usize) -> usize {
    let period = 2 * len;
    let at = (i + period - before % period) % period;
    at.min(period - 1 - at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_sorting_each_window() {
        let mut state = 1_u32;
        let mut draw = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Few different values: windows hold equal ones.
            (state >> 28) as f32
        };
        let mut filter = Median::default();
        for (len, length) in [(1, 5), (2, 31), (7, 1), (7, 3), (40, 31), (200, 17)] {
            let values: Vec<f32> = (0..len).map(|_| draw()).collect();
            let mut medians = vec![0.0; len];
            filter.filter(&values, length, &mut medians);
            for (i, median) in medians.iter().enumerate() {
                let mut window: Vec<f32> = (0..length)
                    .map(|j| {
                        let mut at = (i + j) as i64 - (length / 2) as i64;
                        while !(0..len as i64).contains(&at) {
                            at = if at < 0 {
                                -1 - at
                            } else {
                                2 * len as i64 - 1 - at
                            };
                        }
                        values[at as usize]
                    })
                    .collect();
                window.sort_by(f32::total_cmp);
                assert_eq!(*median, window[length / 2], "{len} {length} {i}");
            }
        }
    }
}
