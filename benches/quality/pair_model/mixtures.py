"""Random mixtures of parts played by a General MIDI soundfont, with the parts they are made of."""

import random
import struct
import subprocess
import tempfile

import numpy as np
import soundfile

RATE = 44100
SECONDS = 6.0
# General MIDI programs of each kind of part; drums are on their own channel.
PROGRAMS = {
    "piano": [0, 1, 4, 5], "chrom": [8, 11, 12, 13], "organ": [16, 18, 19], "guitar": [24, 25, 26, 27],
    "dist": [29, 30], "bass": [32, 33, 34, 36, 38], "strings": [48, 49, 44, 40, 42], "choir": [52, 53],
    "brass": [56, 57, 61, 62], "reed": [65, 66, 68, 71], "pipe": [73, 75], "lead": [80, 81, 84], "pad": [88, 89, 90],
}
DRUMS = ("drums", "kick", "snare", "cymbals")
# Ticks of a sixteenth note and of a bar.
STEP, BAR = 24, 384


def variable_length(number):
    """A number as MIDI files write it."""
    digits = [number & 127]
    number >>= 7
    while number:
        digits.insert(0, (number & 127) | 128)
        number >>= 7
    return bytes(digits)


def midi_file(notes, program, channel, bpm):
    """A MIDI file of notes (start, length, pitch, velocity), times in ticks of 1/96 beat."""
    events = [(0, bytes([0xB0 | channel, 7, 110]))]
    if channel != 9:
        events.append((0, bytes([0xC0 | channel, program])))
    for start, length, pitch, velocity in notes:
        events.append((start, bytes([0x90 | channel, pitch, velocity])))
        events.append((start + length, bytes([0x80 | channel, pitch, 0])))
    events.sort(key=lambda event: (event[0], event[1][0] & 0xF0 != 0x80))
    track = b"\0\xff\x51\x03" + struct.pack(">I", int(60e6 / bpm))[1:]
    last = 0
    for time, event in events:
        track += variable_length(time - last) + event
        last = time
    track += b"\0\xff\x2f\0"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(track)) + track


def drum_part(kind, rng, bars):
    pattern = {
        36: [i for i in range(16) if i in (0, 8) or rng.random() < 0.12],
        38: [i for i in range(16) if i in (4, 12) or rng.random() < 0.06],
        rng.choice([42, 42, 46, 51]): [i for i in range(16) if i % rng.choice([2, 4, 1]) == 0],
        rng.choice([49, 45, 50, 54]): [rng.randrange(16)],
    }
    keys = list(pattern)
    played = {"drums": keys, "kick": keys[:1], "snare": keys[1:2], "cymbals": keys[2:]}[kind]
    notes = []
    for bar in range(bars):
        for key in played:
            for i in pattern[key]:
                if rng.random() < 0.93:
                    notes.append((bar * BAR + i * STEP, 24, key, rng.randint(70, 120)))
    return notes


def part(kind, rng, bars, chords):
    """The notes of one part: a rhythm of two bars over the chords."""
    if kind in DRUMS:
        return drum_part(kind, rng, bars)
    if kind == "bass":
        lowest, voices, density = 36, 1, rng.uniform(0.3, 0.7)
    elif kind in ("strings", "organ", "choir", "pad"):
        lowest, voices, density = rng.choice([48, 55, 60]), rng.choice([1, 2, 3, 3]), rng.uniform(0.05, 0.2)
    elif kind in ("lead", "reed", "pipe", "brass"):
        lowest, voices, density = rng.choice([55, 60, 67]), 1, rng.uniform(0.25, 0.6)
    else:
        lowest, voices, density = rng.choice([45, 52, 57, 64]), rng.choice([1, 2, 3, 4]), rng.uniform(0.2, 0.6)

    def rhythm():
        accent = lambda i: 1.6 if i % 4 == 0 else 1.0 if i % 2 == 0 else 0.35
        return [i for i in range(16) if rng.random() < density * accent(i)] or [0]

    rhythms = [rhythm() for _ in range(2)]
    legato = rng.uniform(0.4, 1.1)
    notes = []
    for bar in range(bars):
        chord, starts = chords[bar % len(chords)], rhythms[bar % 2]
        for q, i in enumerate(starts):
            until = starts[q + 1] if q + 1 < len(starts) else 16
            length = max(12, int((until - i) * STEP * min(legato, 1)))
            pitches = [pitch + 12 * octave for pitch in chord for octave in (0, 1)]
            for pitch in rng.sample(pitches, min(voices, len(pitches))):
                if kind == "bass":
                    sounding = lowest - 12 + (chord[0] % 12) + rng.choice([0, 0, 12, 7])
                else:
                    sounding = lowest + pitch
                notes.append((bar * BAR + i * STEP, length, sounding, rng.randint(75, 115)))
    return notes


def render(soundfont, notes, program, channel, bpm, reverb):
    """The part as samples (frames x 2), by fluidsynth."""
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/part.mid", "wb") as file:
            file.write(midi_file(notes, program, channel, bpm))
        command = ["fluidsynth", "-ni", "-q", "-R", str(reverb), "-C", "0", "-g", "0.6", "-r", str(RATE),
                   "-F", folder + "/part.wav", soundfont, folder + "/part.mid"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        samples, _ = soundfile.read(folder + "/part.wav", always_2d=True)
    length = int(SECONDS * RATE)
    samples = samples[:length]
    return np.vstack([samples, np.zeros((length - len(samples), 2))])


def mixture(soundfont, seed):
    """The kinds of the parts of a mixture, and the parts, each frames x channels: 2 to 4 parts, mono or stereo, with or
    without reverb."""
    rng = random.Random(seed)
    bpm = rng.randint(80, 160)
    bars = int(SECONDS / (240 / bpm)) + 1
    root = rng.randrange(12)
    scale = [0, 2, 4, 5, 7, 9, 11] if rng.random() < 0.5 else [0, 2, 3, 5, 7, 8, 10]
    degrees = rng.choice([[0, 4, 5, 3], [0, 3, 4, 0], [5, 3, 0, 4], [0, 0, 3, 4]])
    chords = [[(root + scale[(degree + k) % 7]) % 12 for k in (0, 2, 4)] for degree in degrees]
    if rng.random() < 0.12:
        kinds = ["kick", "snare", "cymbals"]
    else:
        count, kinds = rng.choice([2, 3, 3, 3, 4, 4]), []
        if rng.random() < 0.75:
            kinds.append("drums")
        if rng.random() < 0.55:
            kinds.append("bass")
        others = [kind for kind in PROGRAMS if kind != "bass"]
        rng.shuffle(others)
        kinds = (kinds + others)[:count]
    stereo = rng.random() < 0.65
    wide = rng.random() < 0.3
    reverb = 1 if rng.random() < 0.4 else 0
    parts = []
    for kind in kinds:
        channel = 9 if kind in DRUMS else 0
        program = 0 if channel == 9 else rng.choice(PROGRAMS[kind])
        sound = render(soundfont, part(kind, rng, bars, chords), program, channel, bpm, reverb)
        sound *= 10 ** (rng.uniform(-5, 5) / 20) * 0.1 / max(np.sqrt((sound**2).mean()), 1e-6)
        if not stereo:
            sound = sound.mean(1, keepdims=True)
        elif not (wide and rng.random() < 0.5):
            middle = kind in ("drums", "bass", "kick") and rng.random() < 0.7
            side = 0 if middle else rng.choice([0, -0.7, 0.7, -0.35, 0.35, -1, 1]) * rng.uniform(0.5, 1)
            angle, mono = (side + 1) * np.pi / 4, sound.mean(1)
            panned = np.stack([np.cos(angle) * mono, np.sin(angle) * mono], 1)
            sound = panned if reverb == 0 else 0.85 * panned + 0.15 * sound
        parts.append(sound.astype(np.float32))
    return kinds, parts
