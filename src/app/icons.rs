//! Icons: characters of the embedded subset of Lucide, made by `scripts/fonts.py`.

pub(super) const ARROW_DOWN_UP: &str = "\u{e046}";
pub(super) const AUDIO_LINES: &str = "\u{e55a}";
pub(super) const CHECK: &str = "\u{e06c}";
pub(super) const CHEVRON_DOWN: &str = "\u{e06d}";
pub(super) const CHEVRON_RIGHT: &str = "\u{e06f}";
pub(super) const CIRCLE_ALERT: &str = "\u{e077}";
pub(super) const ELLIPSIS: &str = "\u{e0b6}";
pub(super) const FILE_AUDIO: &str = "\u{e31a}";
pub(super) const HEADPHONES: &str = "\u{e0f1}";
pub(super) const LAYERS: &str = "\u{e529}";
pub(super) const PAUSE: &str = "\u{e12e}";
pub(super) const PLAY: &str = "\u{e13c}";
pub(super) const REDO_2: &str = "\u{e2a0}";
pub(super) const REPEAT: &str = "\u{e146}";
pub(super) const SKIP_BACK: &str = "\u{e15f}";
pub(super) const SQUARE: &str = "\u{e167}";
pub(super) const TRIANGLE_ALERT: &str = "\u{e193}";
pub(super) const UNDO_2: &str = "\u{e2a1}";
pub(super) const VOLUME_2: &str = "\u{e1ab}";
pub(super) const VOLUME_X: &str = "\u{e1ac}";
pub(super) const X: &str = "\u{e1b2}";
