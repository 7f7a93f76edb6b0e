"""How often `partita separate -s auto` finds the number of parts, in mixtures that the pair model was not fitted on:
number.py SOUNDFONT PROGRAM [--count N]."""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from mixtures import RATE, mixture

# The first mixture; the pair model was fitted on those from 0 on.
FIRST = 10000


def found(program, samples, folder):
    """How many stems come of a mixture."""
    soundfile.write(folder / "mix.wav", samples, RATE, subtype="FLOAT")
    command = [program, "separate", folder / "mix.wav", "-s", "auto", "--json", "--force", "-o", folder]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return len(json.loads(result.stdout)["stems"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("soundfont")
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=80)
    options = parser.parse_args()
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(FIRST, FIRST + options.count):
            parts = mixture(options.soundfont, seed)
            samples = sum(parts)
            samples *= 0.7 / np.abs(samples).max()
            pairs.append((found(options.program, samples, Path(folder)), len(parts)))
    for parts in sorted({parts for _, parts in pairs}):
        counts = [found for found, of in pairs if of == parts]
        numbers = "  ".join(f"{number}: {counts.count(number)}" for number in sorted(set(counts)))
        print(f"{parts} parts, found  {numbers}")
    off = np.array([found - parts for found, parts in pairs])
    print(f"right {np.mean(off == 0):.0%}, off by one at most {np.mean(abs(off) <= 1):.0%}, too many by {off.mean():.2f}")


if __name__ == "__main__":
    main()
