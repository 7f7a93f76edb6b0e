//! Times as people write them.

/// A time in seconds as `minutes:seconds`, from one hour on as `hours:minutes:seconds`, with this
/// many decimals.
///
/// ```
/// use partita::app::axes::clock;
///
/// assert_eq!(clock(1.0, 0), "0:01");
/// assert_eq!(clock(62.5, 1), "1:02.5");
/// assert_eq!(clock(3723.0, 0), "1:02:03");
/// assert_eq!(clock(59.999, 2), "1:00.00");
/// ```
#[must_use]
pub fn clock(seconds: f64, decimals: usize) -> String {
    let decimals = decimals.min(6);
    let unit = 10u64.pow(decimals as u32);
    // Rounded first, so that 59.99 s never becomes 0:60.0.
    let total = (seconds.max(0.0) * unit as f64).round() as u64;
    let (whole, part) = (total / unit, total % unit);
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    let mut text = if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    };
    if decimals > 0 {
        text += &format!(".{part:0decimals$}");
    }
    text
}
