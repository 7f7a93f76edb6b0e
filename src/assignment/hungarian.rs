//! One-to-one assignment of the largest total value.

/// Assigns rows to columns one to one so that the sum of `value(row, column)` is largest (the
/// Hungarian method; Kuhn 1955, Munkres 1957, with potentials: cubic in the number of rows).
///
/// Gives the column of each row; where there are fewer columns than rows, some rows have none.
/// Values must be finite.
pub(crate) fn assign(
    rows: usize,
    columns: usize,
    value: impl Fn(usize, usize) -> f64,
) -> Vec<Option<usize>> {
    if rows <= columns {
        return smallest_cost(rows, columns, |r, c| -value(r, c))
            .into_iter()
            .map(Some)
            .collect();
    }
    let mut column_of = vec![None; rows];
    let row_of = smallest_cost(columns, rows, |c, r| -value(r, c));
    for (column, row) in row_of.into_iter().enumerate() {
        column_of[row] = Some(column);
    }
    column_of
}

/// The column of each row, for at least as many columns as rows.
///
/// Rows enter one by one; each lengthens the assignment along the cheapest alternating path,
/// found as by Dijkstra in costs that the potentials keep at 0 or more.
fn smallest_cost(rows: usize, columns: usize, cost: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let mut row_potential = vec![0.0; rows];
    let mut column_potential = vec![0.0; columns];
    let mut row_of: Vec<Option<usize>> = vec![None; columns];
    for entering in 0..rows {
        let mut distance = vec![f64::INFINITY; columns];
        let mut previous: Vec<Option<usize>> = vec![None; columns];
        let mut settled = vec![false; columns];
        let (mut row, mut from) = (entering, None);
        let free = loop {
            let mut nearest: Option<usize> = None;
            for column in (0..columns).filter(|&c| !settled[c]) {
                let reduced = cost(row, column) - row_potential[row] - column_potential[column];
                if reduced < distance[column] {
                    distance[column] = reduced;
                    previous[column] = from;
                }
                if nearest.is_none_or(|best| distance[column] < distance[best]) {
                    nearest = Some(column);
                }
            }
            // There are at least as many columns as rows, so one is always left.
            let Some(column) = nearest else {
                break None;
            };
            let step = distance[column];
            row_potential[entering] += step;
            for c in 0..columns {
                if settled[c] {
                    column_potential[c] -= step;
                    if let Some(r) = row_of[c] {
                        row_potential[r] += step;
                    }
                } else {
                    distance[c] -= step;
                }
            }
            settled[column] = true;
            match row_of[column] {
                Some(next) => (row, from) = (next, Some(column)),
                None => break Some(column),
            }
        };
        let mut end = free;
        while let Some(column) = end {
            let before = previous[column];
            row_of[column] = before.map_or(Some(entering), |before| row_of[before]);
            end = before;
        }
    }
    let mut column_of = vec![0; rows];
    for (column, row) in row_of.into_iter().enumerate() {
        if let Some(row) = row {
            column_of[row] = column;
        }
    }
    column_of
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// The largest total over all ways to choose, by trying them.
    fn best(rows: usize, taken: u32, columns: usize, value: &dyn Fn(usize, usize) -> f64) -> f64 {
        if rows == 0 {
            return 0.0;
        }
        (0..columns)
            .filter(|c| taken >> c & 1 == 0)
            .map(|c| value(rows - 1, c) + best(rows - 1, taken | 1 << c, columns, value))
            .fold(f64::NEG_INFINITY, f64::max)
    }

    #[test]
    fn the_total_is_the_largest_of_all_assignments() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        for trial in 0..300 {
            let (rows, columns) = (1 + trial % 6, 1 + trial / 6 % 7);
            // Few different values, so that ties are frequent.
            let values: Vec<f64> = (0..rows * columns)
                .map(|_| (rng.next_u64() % 9) as f64 - 4.0)
                .collect();
            let value = |r: usize, c: usize| values[r * columns + c];
            let assigned = assign(rows, columns, value);
            let pairs: Vec<(usize, usize)> = assigned
                .iter()
                .enumerate()
                .filter_map(|(r, c)| Some((r, (*c)?)))
                .collect();
            assert_eq!(pairs.len(), rows.min(columns));
            let mut used: Vec<usize> = pairs.iter().map(|p| p.1).collect();
            used.sort_unstable();
            used.dedup();
            assert_eq!(used.len(), pairs.len(), "a column was given twice");
            let total: f64 = pairs.iter().map(|&(r, c)| value(r, c)).sum();
            let largest = if rows <= columns {
                best(rows, 0, columns, &value)
            } else {
                best(columns, 0, rows, &|c, r| value(r, c))
            };
            assert!((total - largest).abs() < 1e-9, "{total} of {largest}");
        }
    }
}
