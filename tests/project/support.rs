//! Small projects to work on.

use std::path::Path;
use std::sync::Arc;

use partita::audio::{AudioBuffer, Container, RecordingInfo, SampleFormat};
use partita::nmf::Matrix;
use partita::project::{Edit, Group, Project, RecordingRef, SeparationData, SourceId};
use partita::separation::{Component, ComponentChoice, Evidence, Factors};
use partita::spectral::{Stft, StftSettings, Window, note_name};

pub const RATE: u32 = 8000;
pub const FRAMES: usize = 3000;
pub const STFT: StftSettings = StftSettings {
    size: 64,
    hop: 16,
    window: Window::Hann,
};

/// Pseudo-random numbers from 0 to 1.
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }
}

/// Two channels of 16-bit noise.
pub fn samples() -> Arc<AudioBuffer> {
    let mut noise = Noise::new(7);
    let channels = (0..2)
        .map(|_| {
            (0..FRAMES)
                .map(|_| ((noise.next() - 0.5) * 32_768.0).round() / 32_768.0)
                .collect()
        })
        .collect();
    Arc::new(AudioBuffer::new(channels, RATE).unwrap())
}

pub fn recording(path: &Path) -> Arc<RecordingRef> {
    Arc::new(RecordingRef {
        path: path.to_owned(),
        info: RecordingInfo {
            container: Container::Wav,
            codec: "PCM".into(),
            format: SampleFormat::I16,
            rate: RATE,
            channels: 2,
            frames: Some(FRAMES as u64),
            channel_mask: Some(3),
            time_reference: None,
            metadata: vec![("title".into(), "A song".into())],
        },
        size: 12_044,
        sha256: Some("ab".repeat(32)),
        repairs: vec!["a chunk of odd length lacks its padding byte".into()],
    })
}

/// Facts of component `k`: higher, louder and later than those before, every third percussive.
pub fn component(k: usize, count: usize) -> Component {
    let place = k as f64;
    let peak_hz = 110.0 * (place + 1.0);
    Component {
        energy_share: 2.0 * (place + 1.0) / (count * (count + 1)) as f64,
        peak_hz,
        note: note_name(peak_hz),
        centroid_hz: 1.1 * peak_hz,
        centre_hz: 1.05 * peak_hz,
        spread_octaves: 0.25,
        percussiveness: if k % 3 == 2 { 0.9 } else { 0.1 / (place + 1.0) },
        tonality: if k % 3 == 1 { 0.2 } else { 0.9 },
        onsets: vec![0.1 * place, 1.0 / 3.0 + place],
        confidence: k.is_multiple_of(2).then_some(0.75),
        stability: (k % 2 == 1).then_some(1.0 / 3.0),
    }
}

pub fn data(components: usize, seed: u64) -> Arc<SeparationData> {
    let mut noise = Noise::new(seed);
    let stft = Stft::new(STFT).unwrap();
    let (bins, frames) = (stft.bins(), stft.frame_count(FRAMES));
    let w = Matrix::from_fn(bins, components, |_, _| noise.next());
    let h = Matrix::from_fn(components, frames, |_, _| noise.next() * 3.0);
    Arc::new(SeparationData {
        dendrogram: None,
        choice: Some(ComponentChoice {
            chosen: components,
            reason: "two foretell the most".to_owned(),
            curve: vec![Evidence {
                components: 2,
                held_out: 0.25,
                duplicated: 0.0,
                stability: 1.0,
                score: 0.25,
            }],
        }),
        factors: Arc::new(Factors::new(w, h).unwrap()),
        components: (0..components).map(|k| component(k, components)).collect(),
        divergence_curve: vec![9.0, 1.0 / 3.0, 0.1],
        iterations: 2,
        stft: STFT,
        rate: RATE,
        frames: FRAMES,
        excerpt: None,
        scale: 2.0,
    })
}

pub fn group(name: &str, atoms: &[usize]) -> Group {
    Group {
        name: name.into(),
        atoms: atoms.to_vec(),
    }
}

/// Makes edits one after the other.
pub fn after(project: &Project, edits: &[Edit]) -> Project {
    edits.iter().fold(project.clone(), |project, edit| {
        project.apply(edit).unwrap()
    })
}

pub fn open() -> Project {
    after(
        &Project::default(),
        &[Edit::Open(recording(Path::new("/music/song.wav")))],
    )
}

/// Sources Bass (0, 1), Drums (2), Keys (3, 4, 5) with the ids 1, 2, 3.
pub fn project() -> Project {
    let groups = vec![
        group("Bass", &[0, 1]),
        group("Drums", &[2]),
        group("Keys", &[3, 4, 5]),
    ];
    let edit = Edit::SetSeparation {
        data: data(6, 1),
        groups,
    };
    after(&open(), &[edit])
}

pub const BASS: SourceId = SourceId(1);
pub const DRUMS: SourceId = SourceId(2);
pub const KEYS: SourceId = SourceId(3);

/// What must hold of every project.
pub fn check(project: &Project) {
    let components = project.separation().map_or(0, |data| data.len());
    assert_eq!(project.atoms().len(), components);
    assert_eq!(project.gains().len(), components);
    let mut members: Vec<usize> = Vec::new();
    let mut ids = Vec::new();
    for source in project.sources() {
        assert!(!source.members.is_empty() && !source.name.is_empty());
        members.extend(&source.members);
        ids.push(source.id);
    }
    members.sort_unstable();
    assert_eq!(members, (0..components).collect::<Vec<_>>());
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), project.sources().len());
}

pub fn names(project: &Project) -> Vec<(&str, &[usize])> {
    let sources = project.sources().iter();
    sources
        .map(|source| (source.name.as_str(), source.members.as_slice()))
        .collect()
}
