//! What a turn of the wheel is worth.

/// Points of scrolling that double the zoom.
const DISTANCE: f32 = 220.0;

/// The factor to zoom by after so many points of scrolling and a pinch by this factor; exactly 1
/// where nothing was turned.
///
/// ```
/// use partita::app::axes::turned;
///
/// assert_eq!(turned(220.0, 1.0), 2.0);
/// assert_eq!(turned(0.0, 1.5), 1.5);
/// ```
#[must_use]
pub fn turned(scroll: f32, pinch: f32) -> f64 {
    f64::from(pinch) * f64::from(scroll / DISTANCE).exp2()
}
