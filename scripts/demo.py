#!/usr/bin/env python3
"""Builds the demo recording from single recorded notes and drum hits.

    scripts/demo.py SAMPLES_DIR [OUT.wav]

SAMPLES_DIR holds the FLAC files of Debian's package `sonic-pi-samples` (/usr/share/sonic-pi/samples once it is
installed); assets/demo.README.md names the ones used, their authors and their licence. The result (by default
assets/demo.wav) is six bars in E minor at 100 beats a minute and a last chord, 16 s: one bar of drums, then the
bass joins, then the guitar. Needs `sox`; the same samples give the same bytes every time.
"""
import array
import pathlib
import subprocess
import sys
import wave

RATE = 44_100
BEAT = 26_460  # frames: 0.6 s
LENGTH = 16 * RATE
FADE = 2 * BEAT  # of the last chord
MASTER = 0.75  # keeps the loudest sample below full scale

# What is played: (beat of the whole piece, gain[, pitch as a ratio]). One bar is four beats.
KICK = [(4 * bar + beat, 0.50) for bar in range(6) for beat in (0, 1.5, 2.5)] + [(24, 0.50)]
SNARE = [(4 * bar + beat, 0.34) for bar in range(6) for beat in (1, 3)] + [(23.5, 0.20), (23.75, 0.26)]
HAT = [(beat / 2, 0.24 if beat % 2 == 0 else 0.15) for beat in range(47)]
OPEN_HAT = [(7.5, 0.16), (15.5, 0.16), (24, 0.30)]
TOMS = [(22.5, 0.30), (23, 0.34)]
# The bass sample is a C (65.4 Hz); ratios to E, G, A, B and D in equal temperament.
E, G, A, B, D = (2 ** (semitones / 12) for semitones in (-8, -5, -3, -1, 2))
LINE = [(0, E), (1.5, E), (2, G), (3, B), (4, A), (5.5, A), (6, D), (7, B)]
BASS = [(4 + 8 * phrase + beat, 0.42, pitch) for phrase in range(3) for beat, pitch in LINE if 8 * phrase + beat < 20]
BASS += [(24, 0.44, E)]
GUITAR = [(8, 0.40), (16, 0.40), (24, 0.40)]
HARMONICS = [(10, 0.30), (14, 0.30), (18, 0.30), (22, 0.30)]

# Each part: sample, where it stands (0 left, 1 right), whether a new note ends the one before, notes.
PARTS = [
    ("drum_bass_hard", 0.5, True, KICK),
    ("drum_snare_hard", 0.5, True, SNARE),
    ("drum_cymbal_closed", 0.62, True, HAT),
    ("drum_cymbal_open", 0.62, True, OPEN_HAT),
    ("drum_tom_lo_hard", 0.4, True, TOMS),
    ("bass_woodsy_c", 0.5, True, BASS),
    ("guit_em9", 0.22, True, GUITAR),
    ("guit_harmonics", 0.8, False, HARMONICS),
]
RELEASE = 441  # frames of fade where a note is cut short


def read(path):
    """Left and right samples of a sound file at 44.1 kHz; a mono file gives the same twice."""
    raw = subprocess.run(
        ["sox", "-D", str(path), "-t", "raw", "-e", "signed", "-b", "16", "-L", "-c", "2", "-r", str(RATE), "-"],
        check=True, stdout=subprocess.PIPE).stdout
    samples = array.array("h", raw)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples[0::2], samples[1::2]


def repitched(sound, ratio):
    """The sound played `ratio` times as fast (Catmull-Rom interpolation)."""
    if ratio == 1:
        return sound
    result = []
    for channel in sound:
        last = len(channel) - 3
        out = []
        position = 1.0
        while position < last:
            i = int(position)
            t = position - i
            a, b, c, d = channel[i - 1 : i + 3]
            out.append(b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))))
            position += ratio
        result.append(out)
    return tuple(result)


def play(mix, sound, place, cut, notes):
    """Adds the notes of one part to the mix."""
    notes = sorted(notes)
    gains = (min(1.0, 2 * (1 - place)), min(1.0, 2 * place))
    for i, (beat, gain, *pitch) in enumerate(notes):
        start = round(beat * BEAT)
        end = round(notes[i + 1][0] * BEAT) if cut and i + 1 < len(notes) else LENGTH
        for out, channel, side in zip(mix, repitched(sound, *pitch or [1]), gains):
            frames = min(len(channel), end - start)
            for n in range(frames):
                out[start + n] += channel[n] * gain * side * min(1.0, (frames - n) / RELEASE)


def main(samples, out):
    mix = ([0.0] * LENGTH, [0.0] * LENGTH)
    for name, place, cut, notes in PARTS:
        play(mix, read(samples / f"{name}.flac"), place, cut, notes)
    data = array.array("h")
    for i, frame in enumerate(zip(*mix)):
        fade = min(1.0, (LENGTH - 1 - i) / FADE)
        data.extend(round(value * fade * MASTER) for value in frame)
    if sys.byteorder == "big":
        data.byteswap()
    with wave.open(str(out), "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(data.tobytes())


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    root = pathlib.Path(__file__).resolve().parent.parent
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else root / "assets" / "demo.wav")
