//! From one sample rate to another, at any place.

use rubato::WindowFunction;
use rubato::interpolation::interp_lin;
use rubato::sinc_interpolator::{AnyInterpolator, SincInterpolator, make_interpolator};

/// Samples that a value is made from when the rate goes up; more, in proportion, when it goes
/// down, since the filter must then cut lower.
const POINTS: usize = 128;

/// Filters that are tabulated at most. Rates whose ratio has more phases than this get the
/// nearest two, blended.
const MAX_PHASES: u64 = 2048;

/// Input samples for each output sample, as a fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    step: u64,
    phases: u64,
}

impl Ratio {
    /// From `input` to `output` samples a second.
    pub fn new(input: u32, output: u32) -> Self {
        let (input, output) = (u64::from(input.max(1)), u64::from(output.max(1)));
        let common = greatest_common_divisor(input, output);
        Self {
            step: input / common,
            phases: output / common,
        }
    }

    /// The input place of output `n` of a stretch: whole samples, and a number of `phases`th.
    pub fn place(self, n: u64) -> (i64, u64) {
        let fine = u128::from(n) * u128::from(self.step);
        let whole = fine / u128::from(self.phases);
        let part = fine % u128::from(self.phases);
        (whole as i64, part as u64)
    }

    /// How many outputs there are before the input place `samples`.
    pub fn outputs_before(self, samples: u64) -> u64 {
        let fine = u128::from(samples) * u128::from(self.phases);
        fine.div_ceil(u128::from(self.step)) as u64
    }
}

/// Windowed-sinc resampling by a fixed ratio as a function of the place alone.
///
/// Value `n` belongs to the input place `n · in / out`. The ratio in lowest terms has few
/// phases for all common rates, and each has its own exact filter (from rubato's tables), so
/// there is no state, no delay and no warm-up: any part of the output can be had at any time,
/// with the same bits.
pub(super) struct Kernel {
    ratio: Ratio,
    filters: Option<AnyInterpolator<f32>>,
}

impl Kernel {
    /// From `input` to `output` samples a second.
    pub fn new(input: u32, output: u32) -> Self {
        let ratio = Ratio::new(input, output);
        let filters = (ratio.step != ratio.phases).then(|| {
            let ratio_up = ratio.phases as f64 / ratio.step as f64;
            let points = (POINTS as f64 / ratio_up.min(1.0)).ceil() as usize;
            let rows = ratio.phases.min(MAX_PHASES) as usize;
            make_interpolator(
                points,
                ratio_up,
                None,
                rows,
                WindowFunction::BlackmanHarris2,
            )
        });
        Self { ratio, filters }
    }

    pub fn ratio(&self) -> Ratio {
        self.ratio
    }

    /// How many input samples before and after a place its value depends on.
    pub fn reach(&self) -> i64 {
        match &self.filters {
            Some(filters) => filters.nbr_points() as i64 / 2 + 2,
            None => 0,
        }
    }

    /// Writes the outputs from `n` on, made from `wave`, whose first sample is at the input
    /// place `start`. The wave must [reach](Self::reach) beyond both ends.
    pub fn run(&self, n: u64, wave: &[f32], start: i64, out: &mut [f32]) {
        for (i, value) in out.iter_mut().enumerate() {
            let (whole, part) = self.ratio.place(n + i as u64);
            let at = (whole - start).max(0) as usize;
            *value = match &self.filters {
                None => wave.get(at).copied().unwrap_or(0.0),
                Some(filters) => self.value(filters, wave, at, part),
            };
        }
    }

    /// The value `part / phases` after sample `at`.
    fn value(&self, filters: &AnyInterpolator<f32>, wave: &[f32], at: usize, part: u64) -> f32 {
        let rows = filters.nbr_sincs() as u64;
        let fine = part * rows;
        let (row, rest) = (fine / self.ratio.phases, fine % self.ratio.phases);
        let first = row_value(filters, wave, at, row);
        if rest == 0 {
            return first;
        }
        let second = row_value(filters, wave, at, row + 1);
        interp_lin(rest as f32 / self.ratio.phases as f32, &[first, second])
    }
}

/// The value `row / rows` after sample `at`. The table's row `r` looks `(r + 1) / rows` ahead of
/// the sample one before the middle of its points.
fn row_value(filters: &AnyInterpolator<f32>, wave: &[f32], at: usize, row: u64) -> f32 {
    let half = filters.nbr_points() / 2;
    let (first, row) = match row.checked_sub(1) {
        Some(row) => ((at + 1).checked_sub(half), row as usize),
        None => (at.checked_sub(half), filters.nbr_sincs() - 1),
    };
    match first {
        Some(first) if first + filters.nbr_points() < wave.len() => {
            filters.get_sinc_interpolated(wave, first, row)
        }
        _ => 0.0,
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}
