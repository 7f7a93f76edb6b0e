//! What part of the recording is shown: which seconds and which frequencies.
//!
//! [`TimeView`] and [`FrequencyView`] are small values that every pane with a time or a frequency
//! axis shares. They translate seconds and hertz into positions on the screen and back, zoom around
//! a point, never leave the recording, and know the ticks of their ruler.

mod clock;
mod frequency;
mod ruler;
mod time;
mod wheel;

pub use clock::clock;
pub use frequency::{FrequencyScale, FrequencyView};
pub use ruler::Tick;
pub use time::TimeView;
pub use wheel::turned;
