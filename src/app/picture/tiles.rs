//! The tiles that are on the graphics card.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use eframe::egui::{
    Color32, Context, Mesh, Painter, Pos2, Rangef, Rect, Shape, TextureHandle, TextureId,
    TextureOptions, pos2,
};

use super::lattice::{COLUMNS, Key, ROWS, Visible};
use super::painters::{Job, Painted, Painters};
use super::pyramid::{Columns, Pyramid};
use super::style::Style;
use super::tile::{BORDER, HEIGHT, WIDTH};
use crate::app::axes::{FrequencyView, TimeView};

/// Tiles kept, of half a mebibyte each: more than a large screen shows at once.
const KEPT: usize = 160;
/// Tiles handed to the graphics card in one frame.
const UPLOADS: usize = 4;
/// A sketched tile is painted again each time this share of the recording has been computed.
const REFRESHES: usize = 24;
/// Pieces that bend a tile of the other frequency scale into this one.
const BENDS: usize = 24;

struct Tile {
    face: Face,
    /// How it will look, as soon as all that is in view can change at once.
    next: Option<Face>,
    /// The frame in which it was last seen.
    used: u64,
}

/// How a tile looks.
struct Face {
    texture: TextureHandle,
    revision: u64,
    found: Columns,
    blocks: usize,
}

impl Tile {
    /// How it looks, or will look, in a style.
    fn in_style(&self, revision: u64) -> Option<&Face> {
        let next = self.next.iter();
        let mut faces = next.chain([&self.face]);
        faces.find(|face| face.revision == revision)
    }
}

/// Where the picture is on the screen, and what it shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub rect: Rect,
    pub time: TimeView,
    pub frequency: FrequencyView,
}

/// The tiles of a recording.
pub(super) struct Tiles {
    painters: Painters,
    pyramid: Arc<Pyramid>,
    recording: u64,
    tiles: HashMap<Key, Tile>,
    ready: VecDeque<Painted>,
    frame: u64,
    /// The style in which tiles are painted.
    style: Option<Arc<Style>>,
    /// Whether another one is wanted by now.
    behind: bool,
    /// The style that the picture as a whole was in last.
    shown: u64,
}

impl Tiles {
    pub fn new(ctx: &Context, pyramid: Arc<Pyramid>) -> Self {
        Self {
            painters: Painters::new(ctx),
            pyramid,
            recording: 0,
            tiles: HashMap::new(),
            ready: VecDeque::new(),
            frame: 0,
            style: None,
            behind: false,
            shown: 0,
        }
    }

    pub fn pyramid(&self) -> &Arc<Pyramid> {
        &self.pyramid
    }

    /// Another recording, of which nothing is there.
    pub fn open(&mut self, pyramid: Arc<Pyramid>) {
        self.pyramid.cancel();
        self.pyramid = pyramid;
        self.recording += 1;
        self.tiles.clear();
        self.ready.clear();
    }

    /// Whether there is anything on the screen.
    pub fn any(&self) -> bool {
        !self.tiles.is_empty()
    }

    /// Whether everything asked for is on the screen.
    pub fn is_settled(&self) -> bool {
        let waiting = self.tiles.values().any(|tile| tile.next.is_some());
        self.ready.is_empty() && self.painters.is_idle() && !waiting && !self.behind
    }

    /// Takes painted tiles over, asks for those that are missing or out of date, and draws what is
    /// there: a coarser or, failing that, an old tile where the right one is not ready.
    pub fn show(&mut self, painter: &Painter, frame: &Frame, style: &Arc<Style>) {
        self.frame += 1;
        let density = painter.pixels_per_point();
        let visible = Visible::new(
            &self.pyramid,
            frame.time,
            frame.frequency,
            frame.rect,
            density,
        );
        let style = self.style_to_paint(&visible.keys, style);
        self.receive(painter.ctx(), style.revision);
        self.change_over(&visible.keys, style.revision);
        self.ask(frame, density, &visible, &style);
        self.draw(painter, frame, &visible.keys);
        self.evict();
        if self.behind && self.all_in(&visible.keys, style.revision) {
            painter.ctx().request_repaint();
        }
    }

    /// The style in which tiles are painted now: the one that is wanted, as soon as all that is in
    /// view is in the one before. While styles come faster than they can be painted, as during a
    /// factorization, every one that is begun is seen as a whole.
    fn style_to_paint(&mut self, visible: &[Key], wanted: &Arc<Style>) -> Arc<Style> {
        let present = self.style.take().filter(|present| {
            present.revision != wanted.revision && !self.all_in(visible, present.revision)
        });
        self.behind = present.is_some();
        let style = present.unwrap_or_else(|| Arc::clone(wanted));
        Arc::clone(self.style.insert(style))
    }

    /// Whether all that is in view is, or can be, shown in a style. What has not been painted at
    /// all yet does not count.
    fn all_in(&self, visible: &[Key], revision: u64) -> bool {
        let mut tiles = visible.iter().filter_map(|key| self.tiles.get(key));
        tiles.all(|tile| tile.in_style(revision).is_some())
    }

    fn receive(&mut self, ctx: &Context, revision: u64) {
        while let Some(painted) = self.painters.next() {
            if painted.recording == self.recording {
                self.ready.push_back(painted);
            }
        }
        // What is in the present style comes first.
        let (now, later): (Vec<_>, Vec<_>) = self
            .ready
            .drain(..)
            .partition(|painted| painted.revision == revision);
        self.ready = now.into_iter().chain(later).collect();
        for painted in self.ready.drain(..UPLOADS.min(self.ready.len())) {
            upload(&mut self.tiles, ctx, painted, self.frame);
        }
        if !self.ready.is_empty() {
            ctx.request_repaint();
        }
    }

    /// Lets tiles look as they should, all that are in view at once: a picture that is half in one
    /// style and half in another says nothing.
    fn change_over(&mut self, visible: &[Key], revision: u64) {
        let now = self.all_in(visible, revision);
        if now {
            self.shown = revision;
        }
        for tile in self.tiles.values_mut() {
            match tile.next.take() {
                Some(next) if next.revision == revision && now => tile.face = next,
                Some(next) if next.revision == revision => tile.next = Some(next),
                _ => {}
            }
        }
    }

    fn ask(&mut self, frame: &Frame, density: f32, visible: &Visible, style: &Arc<Style>) {
        // The whole recording is kept as the ground on which everything finer appears.
        let whole = Visible::new(
            &self.pyramid,
            frame.time.fit(),
            frame.frequency.fit(),
            frame.rect,
            density,
        );
        // It comes before what is beside the view: it stands in where that moves on.
        let wanted = [&visible.keys, &whole.keys, &visible.beside];
        let mut keys: Vec<Key> = Vec::new();
        for key in wanted.into_iter().flatten() {
            if !keys.contains(key) {
                keys.push(*key);
            }
        }
        let finished = self.pyramid.finished_blocks();
        let complete = self.pyramid.progress() >= 1.0;
        let refresh = (self.pyramid.block_count() / REFRESHES).max(1);
        let mut jobs = Vec::new();
        for key in keys {
            let current = self.tiles.get_mut(&key).is_some_and(|tile| {
                tile.used = self.frame;
                tile.in_style(style.revision).is_some_and(|face| {
                    let grown = finished - face.blocks.min(finished);
                    let fresh = grown < refresh && !(complete && grown > 0);
                    face.found == Columns::Exact || fresh
                })
            });
            let ready =
                |painted: &Painted| painted.key == key && painted.revision == style.revision;
            if !current && !self.ready.iter().any(ready) {
                jobs.push(Job {
                    key,
                    recording: self.recording,
                    pyramid: Arc::clone(&self.pyramid),
                    style: Arc::clone(style),
                });
            }
        }
        self.painters.request(jobs);
    }

    fn draw(&mut self, painter: &Painter, frame: &Frame, keys: &[Key]) {
        for key in keys {
            let area = Area::of(*key, &self.pyramid);
            let own = self.tiles.get(key).map(|tile| &tile.face);
            if let Some(face) = own {
                painter.add(mesh(*key, area, area, face.texture.id(), frame));
                if face.revision == self.shown {
                    continue;
                }
            }
            // Over one that has come into view in another style than its neighbours, as after a mute,
            // only what is in theirs.
            let any = own.is_none();
            let mut substitutes: Vec<(Key, Area)> = self
                .tiles
                .iter()
                .filter(|(_, tile)| any || tile.face.revision == self.shown)
                .map(|(other, _)| (*other, Area::of(*other, &self.pyramid)))
                .filter(|(_, other)| other.meets(area))
                .collect();
            // Tiles of the other scale at the bottom, then from coarse to fine.
            substitutes.sort_by_key(|(other, _)| {
                (
                    other.scale == key.scale,
                    -other.time,
                    other.frequency,
                    other.column,
                    other.row,
                )
            });
            for (other, full) in substitutes {
                if let Some(tile) = self.tiles.get_mut(&other) {
                    tile.used = self.frame;
                    painter.add(mesh(
                        other,
                        full,
                        full.within(area),
                        tile.face.texture.id(),
                        frame,
                    ));
                }
            }
        }
    }

    fn evict(&mut self) {
        let excess = self.tiles.len().saturating_sub(KEPT);
        if excess == 0 {
            return;
        }
        let mut by_age: Vec<(u64, Key)> = self
            .tiles
            .iter()
            .filter(|(_, tile)| tile.used < self.frame)
            .map(|(key, tile)| (tile.used, *key))
            .collect();
        by_age.sort_by_key(|(used, _)| *used);
        for (_, key) in by_age.into_iter().take(excess) {
            self.tiles.remove(&key);
        }
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        self.pyramid.cancel();
    }
}

fn upload(tiles: &mut HashMap<Key, Tile>, ctx: &Context, painted: Painted, frame: u64) {
    let Painted {
        key,
        revision,
        found,
        blocks,
        image,
        ..
    } = painted;
    if let Some(tile) = tiles.get_mut(&key)
        && tile.face.revision == revision
    {
        let face = &mut tile.face;
        face.texture.set(image, TextureOptions::LINEAR);
        (face.found, face.blocks) = (found, blocks);
        return;
    }
    let face = Face {
        texture: ctx.load_texture("spectrogram tile", image, TextureOptions::LINEAR),
        revision,
        found,
        blocks,
    };
    if let Some(tile) = tiles.get_mut(&key) {
        tile.next = Some(face);
        return;
    }
    let tile = Tile {
        face,
        next: None,
        used: frame,
    };
    tiles.insert(key, tile);
}

/// A piece of time and frequency.
#[derive(Clone, Copy, Debug)]
struct Area {
    seconds: (f64, f64),
    hertz: (f64, f64),
}

impl Area {
    fn of(key: Key, pyramid: &Pyramid) -> Self {
        Self {
            seconds: key.seconds(pyramid),
            hertz: key.hertz(),
        }
    }

    fn within(self, other: Self) -> Self {
        let cut = |a: (f64, f64), b: (f64, f64)| (a.0.max(b.0), a.1.min(b.1));
        Self {
            seconds: cut(self.seconds, other.seconds),
            hertz: cut(self.hertz, other.hertz),
        }
    }

    fn meets(self, other: Self) -> bool {
        let both = self.within(other);
        both.seconds.0 < both.seconds.1 && both.hertz.0 < both.hertz.1
    }
}

/// The `part` of a tile, whose whole area is `full`, on the screen.
fn mesh(key: Key, full: Area, part: Area, texture: TextureId, frame: &Frame) -> Shape {
    let (x, y) = (frame.rect.x_range(), frame.rect.y_range());
    let view = Area {
        seconds: (frame.time.start(), frame.time.end()),
        hertz: (frame.frequency.low(), frame.frequency.high()),
    };
    let part = part.within(view);
    let u = |seconds: f64| {
        let place = (seconds - full.seconds.0) / (full.seconds.1 - full.seconds.0);
        (BORDER as f32 + place as f32 * COLUMNS as f32) / WIDTH as f32
    };
    let (bottom, top) = (key.scale.unit(full.hertz.0), key.scale.unit(full.hertz.1));
    let v = |hz: f64| {
        let place = (top - key.scale.unit(hz)) / (top - bottom);
        (BORDER as f32 + place as f32 * ROWS as f32) / HEIGHT as f32
    };
    let (left, right) = (
        frame.time.x(part.seconds.0, x),
        frame.time.x(part.seconds.1, x),
    );
    let (high, low) = (
        frame.frequency.y(part.hertz.1, y),
        frame.frequency.y(part.hertz.0, y),
    );
    let bends = if key.scale == frame.frequency.scale() {
        1
    } else {
        BENDS
    };
    let mut mesh = Mesh::with_texture(texture);
    for bend in 0..bends {
        let at = |n: usize| high + (low - high) * n as f32 / bends as f32;
        let (from, to) = (at(bend), at(bend + 1));
        let uv = Rect::from_min_max(
            pos2(
                u(part.seconds.0),
                v(hz_within(frame.frequency, from, y, part)),
            ),
            pos2(
                u(part.seconds.1),
                v(hz_within(frame.frequency, to, y, part)),
            ),
        );
        let rect = Rect::from_min_max(Pos2::new(left, from), Pos2::new(right, to));
        mesh.add_rect_with_uv(rect, uv, Color32::WHITE);
    }
    Shape::mesh(mesh)
}

fn hz_within(view: FrequencyView, position: f32, y: Rangef, part: Area) -> f64 {
    view.hz(position, y)
        .clamp(part.hertz.0, part.hertz.1.max(part.hertz.0))
}
