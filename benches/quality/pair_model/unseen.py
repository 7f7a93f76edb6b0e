"""What the program makes of mixtures that the pair model was not fitted on: how often `-s auto` finds the number of
parts, and what the presets are worth by kind of material, in dB of SI-SDR over the mixture with the number given:
unseen.py SOUNDFONT PROGRAM [--count N] [--first SEED]."""

import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from mixtures import DRUMS, RATE, mixture

# The seed of the first mixture; the pair model was fitted on those from 0 on, and what is added to the log-odds of each
# two atoms was chosen on 80 from 10000 on.
FIRST = 20000
PRESETS = ("mix", "melodic", "drums", "speech")


def separate(program, folder, *options):
    command = [program, "separate", folder / "mix.wav", "--json", "-q", "--force", "--format", "32f", "-o", folder, *options]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def gain(program, folder, parts, preset):
    """The mean gain over the mixture; NaN where a stem is silent."""
    separate(program, folder, "-s", str(parts), "--preset", preset)
    command = [program, "evaluate", "--json", "--reference", folder / "parts", "--estimate", folder / "mix",
               "--mixture", folder / "mix.wav"]
    scores = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return float(scores["si_sdr"]["mean_improvement"] or "nan")


def material(kinds):
    drums = [kind in DRUMS for kind in kinds]
    return "drums alone" if all(drums) else "with drums" if any(drums) else "without drums"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("soundfont")
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=80)
    parser.add_argument("--first", type=int, default=FIRST)
    options = parser.parse_args()
    if shutil.which(options.program) is None:
        parser.error(f"{options.program} is no program: build it with `cargo build --release` and give its path")
    numbers, gains = [], {}
    for seed in range(options.first, options.first + options.count):
        kinds, parts = mixture(options.soundfont, seed)
        samples = sum(parts)
        level = 0.7 / np.abs(samples).max()
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "parts").mkdir()
            soundfile.write(folder / "mix.wav", level * samples, RATE, subtype="FLOAT")
            for number, part in enumerate(parts):
                soundfile.write(folder / f"parts/{number}.wav", level * part, RATE, subtype="FLOAT")
            numbers.append((len(separate(options.program, folder, "-s", "auto")["stems"]), len(parts)))
            row = [gain(options.program, folder, len(parts), preset) for preset in PRESETS]
        gains.setdefault(material(kinds), []).append(row)
    for parts in sorted({parts for _, parts in numbers}):
        counts = [found for found, of in numbers if of == parts]
        shown = "  ".join(f"{number}: {counts.count(number)}" for number in sorted(set(counts)))
        print(f"{parts} parts, found  {shown}")
    off = np.array([found - parts for found, parts in numbers])
    print(f"right {np.mean(off == 0):.0%}, off by one at most {np.mean(abs(off) <= 1):.0%}, too many by {off.mean():.2f}")
    for kind, rows in gains.items():
        means = "  ".join(f"{preset} {mean:.1f}" for preset, mean in zip(PRESETS, np.nanmean(rows, axis=0)))
        print(f"{kind} ({len(rows)}): {means}")


if __name__ == "__main__":
    main()
