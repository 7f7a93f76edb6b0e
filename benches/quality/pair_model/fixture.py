"""Writes what measures.py measures of six made-up atoms: fixture.py > tests/fixtures/pair_model.json

The test of src/separation/grouping/measures_tests.rs makes the same atoms by the same formulas and holds the program's
measures to these, so that trees fitted on the ones are asked about the others.
"""

import json
import sys

import numpy as np

from fit import names
from measures import features, pairs

BINS, FRAMES = 1025, 300
PITCHES = [9.0, 9.3, 27.0, 6.0, 55.5, 140.0]
WIDTHS = [0.8, 0.8, 1.2, 0.8, 30.0, 60.0]
PERIODS = [50, 50, 75, 30, 15, 40]
DECAYS = [0.03, 0.05, 0.01, 0.2, 0.4, 0.15]
LEFT = [0.5, 0.52, 0.8, 0.5, 0.2, 0.35]


def atoms():
    """Harmonics with noise far below; attacks that decay, softer every other time."""
    f, n = np.arange(BINS)[:, None], np.arange(FRAMES)[None]
    pitch, width, period, decay = (np.array(x) for x in (PITCHES, WIDTHS, PERIODS, DECAYS))
    k = np.arange(len(PITCHES))
    w = sum(np.exp(-(((f - h * pitch) / width) ** 2)) / h for h in range(1, 7))
    w = w + 1e-4 * (1 + (f * 7919 + k * 104729) % 1000 / 1000)
    since = (n + 5 * k[:, None]) % period[:, None]
    turn = (n + 5 * k[:, None]) // period[:, None] % 2
    h = np.exp(-decay[:, None] * since) * (1 - 0.4 * turn) + 1e-3
    w = (w / w.sum(0)).astype(np.float32)
    return w, h.astype(np.float32), np.array([LEFT, 1 - np.array(LEFT)], np.float32)


def main():
    w, h, stereo = atoms()
    measured = {}
    for name, g in (("mono", np.ones((1, len(PITCHES)), np.float32)), ("stereo", stereo)):
        all_pairs = pairs(w, g, features(w, h, g))
        measured[name] = [[[round(float(all_pairs[m][i, j]), 6) for m in names()] for j in range(i)]
                          for i in range(len(PITCHES))]
    json.dump(measured, sys.stdout)
    print()


if __name__ == "__main__":
    main()
