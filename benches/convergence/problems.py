"""The recordings, as spectrograms on the disk."""
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benches/peers"), str(ROOT / "benches/long")]
from long import make_recording
from material import RATE, sound, spectrogram
import soundfile


class Recording:
    def __init__(self, name, group, v, folder):
        self.name, self.group, self.v = name, group, v
        self.path = folder / f"{name}.bin"
        # One frame after the other, as the library holds it.
        np.ascontiguousarray(v.T).tofile(self.path)


def found_in(folder):
    """Pairs of name and path: FOLDER/<name>/mix.wav, or FOLDER/<name>.wav where there is none such."""
    cases = sorted(folder.glob("*/mix.wav"))
    return [(p.parent.name, p) for p in cases] or [(p.stem, p) for p in sorted(folder.glob("*.wav"))]


def whole(path):
    samples, rate = soundfile.read(path, always_2d=True)
    return sound(path, len(samples) / rate)


def recordings(folder, work, groups):
    """Short ones as they are; 30 s and 3 minutes of music made of them and of the demo recording."""
    short = [(name, whole(path)) for name, path in found_in(folder)] if folder else []
    if not short:
        demo = whole(ROOT / "assets/demo.wav")
        fifth = 6 * RATE
        short = [(f"demo-{i}", demo[i * 2 * RATE:i * 2 * RATE + fifth]) for i in range(5)]
    made = []
    if "short" in groups:
        made += [Recording(name, "short", spectrogram(samples), work) for name, samples in short]
    for group, seconds in (("30 s", 30), ("3 min", 180)):
        if group not in groups:
            continue
        for seed in (1, 2, 3):
            path = work / f"varied-{seconds}-{seed}.wav"
            make_recording(path, seconds / 60, seed)
            made.append(Recording(f"demo, varied {seed}, {group}", group, spectrogram(sound(path, seconds)), work))
        # One after the other, each at its own level.
        for name, order in (("medley", 1), ("medley, backwards", -1)):
            parts = np.vstack([samples for _, samples in short][::order])
            parts = np.tile(parts, (-(-seconds * RATE // len(parts)), 1))[:seconds * RATE]
            made.append(Recording(f"{name}, {group}", group, spectrogram(parts), work))
    return made
