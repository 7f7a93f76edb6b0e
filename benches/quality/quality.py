"""Separates mixtures whose stems are known, and writes a table of SI-SDR over the mixture in dB.

Each case is a folder with mix.wav and its true stems, J of them. Every row is scored by
`partita evaluate`. Blind rows make J stems; oracle rows make 4 J components, which are then grouped
by the true stems. Seconds are those of the whole command, or of the peer's own work.
"""
import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import istft, stft
from sklearn.decomposition import non_negative_factorization

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "audio"
TRANSFORM = {"nperseg": 2048, "noverlap": 1536, "window": "hann"}


def partita(program, more):
    def separate(mix, stems, components, folder):
        asked = ["-s", str(stems)] if components is None else [
            "-k", str(components), "-s", "components"]
        with tempfile.TemporaryDirectory() as out:
            command = [program, "separate", mix, "-o", out, "-q", "--format", "32f"]
            subprocess.run(command + asked + more, check=True)
            for stem in Path(out).glob("*/*.wav"):
                shutil.move(stem, folder / stem.name)
    return separate


def scikit_learn(init):
    """KL-NMF on the magnitudes of all channels added up, Wiener masks."""
    def separate(mix, stems, components, folder):
        samples, rate = soundfile.read(mix, always_2d=True)
        _, _, spectra = stft(samples.T, rate, **TRANSFORM)
        magnitude = np.abs(spectra).sum(0) + 1e-10
        w, h, _ = non_negative_factorization(
            magnitude, n_components=components or stems, init=init, solver="mu",
            beta_loss="kullback-leibler", max_iter=200, random_state=0)
        whole = w @ h + 1e-20
        for k in range(w.shape[1]):
            _, stem = istft(spectra * (np.outer(w[:, k], h[k]) / whole), rate, **TRANSFORM)
            stem = stem[:, :len(samples)].T
            soundfile.write(folder / f"{k:03}.wav", stem, rate, subtype="FLOAT")
    return separate


def evaluate(program, case, folder, oracle):
    command = [program, "evaluate", "--json", "--reference", case, "--estimate", folder]
    printed = subprocess.run(command + ["--oracle"] * oracle, check=True, capture_output=True)
    return json.loads(printed.stdout)["oracle" if oracle else "si_sdr"]["mean_improvement"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path,
                        default=Path(os.environ.get("PARTITA_AUDIO", DEFAULT)))
    parser.add_argument("--program", required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--music", default="d3,d4,d5,d6,d7,d8",
                        help="beginnings of the cases that the mean is taken over")
    args = parser.parse_args()
    cases = sorted(path.parent for path in args.folder.glob("*/mix.wav"))
    if not cases:
        parser.error(f"there is no folder with a mix.wav in it: {args.folder}")
    help_text = subprocess.run([args.program, "separate", "--help"], check=True,
                               capture_output=True, text=True).stdout
    rows = {"Partita": partita(args.program, [])}
    if "--preset" in help_text:
        for preset in ("melodic", "drums", "speech", "full-mix", "fast"):
            if preset in help_text:
                rows[f"Partita, {preset}"] = partita(args.program, ["--preset", preset])
    for init in ("random", "nndsvda"):
        rows[f"scikit-learn, {init}"] = scikit_learn(init)
    music = tuple(args.music.split(","))
    results = {}
    for kind, oracle in (("blind", False), ("oracle", True)):
        for name, separate in rows.items():
            for case in cases:
                stems = len(list(case.glob("*.wav"))) - 1
                with tempfile.TemporaryDirectory() as folder:
                    start = time.monotonic()
                    separate(case / "mix.wav", stems, 4 * stems if oracle else None, Path(folder))
                    seconds = time.monotonic() - start
                    gain = evaluate(args.program, case, folder, oracle)
                results.setdefault(f"{name}, {kind}", {})[case.name] = {
                    "gain": gain, "seconds": seconds}
    names = [case.name for case in cases]
    print("| dB over the mixture | " + " | ".join(names) + " | music | s per case |")
    print("|---|" + "---|" * (len(names) + 2))
    for row, found in results.items():
        over = [found[n]["gain"] for n in names if n.startswith(music)]
        mean = f"{np.mean(over):.1f}" if over else "-"
        seconds = np.mean([found[n]["seconds"] for n in names])
        gains = " | ".join(f"{found[n]['gain']:.1f}" for n in names)
        print(f"| {row} | {gains} | {mean} | {seconds:.1f} |")
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
