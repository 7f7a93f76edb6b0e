//! What is at the pointer.

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Painter, Pos2, Rect, Stroke, StrokeKind, Vec2, vec2,
};

use super::style::PictureTheme;
use crate::app::axes::clock;
use crate::spectral::{Note, note_name};

/// Space between the text and the edge of the card.
const PADDING: Vec2 = vec2(10.0, 7.0);
/// Distance of the card from the pointer.
const DISTANCE: f32 = 14.0;
const LINE_HEIGHT: f32 = 17.0;
const FIRST: f32 = 12.5;
const OTHERS: f32 = 11.5;

/// Time, pitch, level and owner of a point of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Readout {
    /// Seconds from the start.
    pub seconds: f64,
    /// Frequency in Hz.
    pub hz: f64,
    /// The nearest note and its distance.
    pub note: Option<Note>,
    /// Level of the nearest frame and bin in dB of full scale; `None` while nothing is computed.
    pub db: Option<f64>,
    /// The source with the largest share, and that share from 0 to 1.
    pub source: Option<(usize, f32)>,
}

impl Readout {
    pub(super) fn new(
        seconds: f64,
        hz: f64,
        db: Option<f64>,
        source: Option<(usize, f32)>,
    ) -> Self {
        Self {
            seconds,
            hz,
            note: note_name(hz),
            db,
            source,
        }
    }

    /// The readout in words, `decimals` being those of the seconds.
    pub(super) fn lines(&self, decimals: usize) -> [String; 2] {
        let hz = if self.hz < 1000.0 {
            format!("{:.1} Hz", self.hz)
        } else {
            format!("{:.0} Hz", self.hz)
        };
        let first = format!("{} · {hz}", clock(self.seconds, decimals.max(2)));
        let level = self.db.map(|db| {
            if db > -200.0 {
                format!("{} dB", signed(db, 1))
            } else {
                "−∞ dB".to_owned()
            }
        });
        let note = self.note.as_ref().map(|note| {
            let cents = signed(note.cents, 0);
            let plus = if note.cents >= 0.5 { "+" } else { "" };
            format!("{} {plus}{cents} ct", note.pitch())
        });
        let second: Vec<String> = note.into_iter().chain(level).collect();
        [first, second.join(" · ")]
    }
}

/// A number with a true minus sign; what rounds to 0 has none.
fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let is_zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    match text.strip_prefix('-') {
        Some(digits) if is_zero => digits.to_owned(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
}

/// Draws the card beside `pointer`, inside `bounds`.
pub(super) fn card(
    painter: &Painter,
    bounds: Rect,
    pointer: Pos2,
    lines: [String; 2],
    source: Option<(String, Color32)>,
    theme: &PictureTheme,
) {
    let [first, second] = lines;
    let mut rows = vec![(first, FIRST, theme.text), (second, OTHERS, theme.second)];
    rows.extend(source.map(|(name, color)| (name, OTHERS, color)));
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(text, size, color)| painter.layout_no_wrap(text, FontId::proportional(size), color))
        .collect();
    let width = rows
        .iter()
        .fold(0.0, |width: f32, row| width.max(row.size().x));
    let size = vec2(width, LINE_HEIGHT * rows.len() as f32) + 2.0 * PADDING;
    let rect = beside(pointer, size, bounds);
    painter.rect(
        rect,
        CornerRadius::same(6),
        theme.card.gamma_multiply(0.96),
        Stroke::new(1.0, theme.line),
        StrokeKind::Inside,
    );
    for (n, row) in rows.into_iter().enumerate() {
        let middle = rect.top() + PADDING.y + LINE_HEIGHT * (n as f32 + 0.5);
        let at = Align2::LEFT_CENTER
            .anchor_size(Pos2::new(rect.left() + PADDING.x, middle), row.size())
            .min;
        painter.galley(at, row, theme.text);
    }
}

/// A rectangle beside the pointer: to the right and below where there is room, never outside
/// `bounds` if it fits there at all.
fn beside(pointer: Pos2, size: Vec2, bounds: Rect) -> Rect {
    let place = |at: f32, size: f32, low: f32, high: f32| {
        let after = at + DISTANCE;
        let place = if after + size <= high {
            after
        } else {
            at - DISTANCE - size
        };
        place.min(high - size).max(low)
    };
    Rect::from_min_size(
        Pos2::new(
            place(pointer.x, size.x, bounds.left(), bounds.right()),
            place(pointer.y, size.y, bounds.top(), bounds.bottom()),
        ),
        size,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readout_says_time_pitch_and_level() {
        let readout = Readout::new(4.2137, 414.8, Some(-31.44), Some((2, 0.86)));
        assert_eq!(
            readout.lines(2),
            ["0:04.21 · 414.8 Hz", "G#4 −2 ct · −31.4 dB"]
        );
        let readout = Readout::new(3725.0, 4410.0, Some(f64::NEG_INFINITY), None);
        assert_eq!(
            readout.lines(1),
            ["1:02:05.00 · 4410 Hz", "C#8 −10 ct · −∞ dB"]
        );
        let readout = Readout::new(0.0, 440.0, Some(-0.04), None);
        assert_eq!(readout.lines(1)[1], "A4 0 ct · 0.0 dB");
        assert_eq!(Readout::new(0.0, 0.0, None, None).lines(1)[1], "");
    }

    #[test]
    fn the_card_stays_inside_and_does_not_cover_the_pointer() {
        let bounds = Rect::from_min_max(Pos2::new(50.0, 80.0), Pos2::new(450.0, 380.0));
        let size = vec2(130.0, 64.0);
        for x in (50..=450).step_by(25) {
            for y in (80..=380).step_by(25) {
                let pointer = Pos2::new(x as f32, y as f32);
                let rect = beside(pointer, size, bounds);
                assert!(bounds.contains_rect(rect), "{pointer:?}: {rect:?}");
                assert!(!rect.contains(pointer), "{pointer:?}: {rect:?}");
            }
        }
    }
}
