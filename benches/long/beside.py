"""`partita separate` beside the streaming factorizations of others, on one recording and in one run.

Every run is a process of its own; the peers have one thread in every library. They are given the magnitudes that
the program makes of the recording, ready on the disk; the program makes its own, and writes stems. The divergence
of the peers is computed here, that of the program is what separation.json says. That spectrogram and divergence
are the same is checked first: of one component the lowest divergence is known, and the program has to find it.
Where a peer gives no activations, they are found here for its templates, outside of its time and memory.
"""
import json
import os
import sys
import tempfile
from itertools import product
from pathlib import Path
from statistics import mean

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "peers"))
from material import divergence, spectrogram, start
from processes import run_measured

HOP = 512
ROUNDS = 2


def grid(**values):
    """All settings there are of these values."""
    return [dict(zip(values, chosen)) for chosen in product(*values.values())]


# Each line of the table is the best of those with as many passes, by the first round.
GRID = {
    "default": [{}],
    "fit": [*grid(passes=(8, 32), batch=(256, 1024), forget=(0.7, 0.001)),
            *grid(passes=[100], batch=[256], forget=[0.001])],
    "partial_fit": [*grid(passes=(2, 8), batch=(128, 512), forget=(0.7, 0.001)),
                    *grid(passes=[32], batch=[128], forget=[0.001])],
    "gensim_matrix": grid(passes=(1, 4), batch=(128, 512)),
    # The same templates as from the matrix.
    "gensim_documents": grid(passes=[1], batch=[128]),
}
NAMES = {
    "default": "scikit-learn, as it comes",
    "fit": "scikit-learn `fit_transform`",
    "partial_fit": "scikit-learn `partial_fit`",
    "gensim_matrix": "gensim, a matrix",
    "gensim_documents": "gensim, streamed",
}


def magnitudes(wav, frames):
    """The mean of the magnitudes of all channels, bins × frames, as the program takes it."""
    samples, _ = soundfile.read(wav, always_2d=True)
    samples *= 2.0 ** -np.frexp(np.abs(samples).max())[1]
    missing = max(0, (frames - 1) * HOP - len(samples))
    samples = np.pad(samples, ((0, missing), (0, 0)))
    return np.mean([spectrogram(samples[:, [c]]) for c in range(samples.shape[1])], axis=0)


def activations(v, w, updates=50, block=128):
    """Activations for templates that stay, by multiplicative updates."""
    w = w.astype(np.float32)
    h = np.tile(v.sum(axis=0) / w.sum(), (w.shape[1], 1))
    for a in range(0, v.shape[1], block):
        vb, hb = v[:, a:a + block], h[:, a:a + block]
        for _ in range(updates):
            hb *= (w.T @ (vb / np.maximum(w @ hb, 1e-30))) / w.sum(axis=0)[:, None]
    return h


def ours(program, wav, folder, options, threads):
    """One separation: what it took, and what separation.json says."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        took = run_measured([program, "separate", wav, "-o", out, "--quiet", "-s", "components",
                             "--threads", threads, *options], threads)
        if "skip" in took:
            sys.exit(f"{program} failed: {took['skip']}")
        report = json.loads(next(Path(out).glob("*/separation.json")).read_text())
    timings = report["timings"]
    return {"seconds": timings["read"] + timings["stft"] + timings["factorize"], "whole": took["wall_s"],
            "peak": took["peak_mib"], "divergence": report["divergence_curve"][-1], "frames": report["frames"]}


def check(program, wav, folder, memories):
    """The spectrogram, when the program's divergences of one component are the lowest there are."""
    for options in [["--model", "batch"], *(["--model", "online", "--memory", m] for m in memories)]:
        found = ours(program, wav, folder, ["-k", 1, "--tolerance", 0, *options], 1)
        v = magnitudes(wav, found["frames"])
        lowest = divergence(v, v.sum(axis=1, dtype=np.float64)[:, None] / v.sum(dtype=np.float64),
                            v.sum(axis=0, dtype=np.float64)[None])
        off = found["divergence"] / lowest - 1
        print(f"one component, {' '.join(options)}: {off:+.1e}", file=sys.stderr)
        if abs(off) > 1e-5:
            sys.exit("the program factorizes another spectrogram than its peers are given")
    return v


def peer(name, folder, v, seed, settings):
    took = run_measured([sys.executable, HERE / "streaming.py", name, folder / "V.bin", folder, seed,
                         json.dumps(settings)], 1)
    if "skip" in took:
        sys.exit(f"{name} failed: {took['skip']}")
    w, ready = np.load(folder / "wo.npy"), folder / "ho.npy"
    if ready.exists():
        h = np.load(ready)
        ready.unlink()
    else:
        h = activations(v, w)
    return {"seconds": float(took["output"]), "whole": took["wall_s"], "peak": took["peak_mib"],
            "divergence": divergence(v, w, h)}


def measure(program, wav, work, components, memories):
    """Rows by name, each with a record of every round; another seed in each round."""
    rows, chosen = {}, GRID
    with tempfile.TemporaryDirectory(dir=work) as folder:
        folder = Path(folder)
        v = check(program, wav, folder, memories)
        np.ascontiguousarray(v.T).tofile(folder / "V.bin")
        models = {"batch": []} | {f"online, {m}": ["--memory", m] for m in memories}
        for seed in range(1, ROUNDS + 1):
            for name, start_of in zip("wh", start(v, components, seed)):
                np.save(folder / f"{name}.npy", start_of)
            for name, memory in models.items():
                for threads in (1, 2):
                    options = ["-k", components, "--seed", seed, "--model", name.split(",")[0], *memory]
                    record = ours(program, wav, folder, options, threads)
                    rows.setdefault((f"partita, {name}", threads), []).append(record)
                    print(seed, name, threads, record, file=sys.stderr)
            best = {}
            for name, all_settings in chosen.items():
                for settings in all_settings:
                    record = peer(name, folder, v, seed, settings) | {"settings": settings}
                    print(seed, name, record, file=sys.stderr)
                    line = (name, settings.get("passes"))
                    if line not in best or record["divergence"] < best[line]["divergence"]:
                        best[line] = record
            for (name, _), record in best.items():
                said = "".join(f", {what} {value}" for what, value in record["settings"].items())
                rows.setdefault((NAMES[name] + said, 1), []).append(record)
            chosen = {name: [r["settings"] for (n, _), r in best.items() if n == name] for name in GRID}
    return rows


def table(program, wav, work, components, memories):
    """Lines of a table: the mean divergence of the rounds, the times of the fastest, and the largest memory."""
    before = os.getloadavg()[0]
    rows = measure(program, wav, work, components, memories)
    fastest = lambda records, what: min(r[what] for r in records)
    batch = rows["partita, batch", 1]
    yield "| | threads | divergence | s for the factors | over batch | s of the process | peak memory, MiB |"
    yield "|---|---|---|---|---|---|---|"
    for (name, threads), records in rows.items():
        ratio = mean(r["divergence"] / b["divergence"] for r, b in zip(records, batch))
        seconds = fastest(records, "seconds")
        yield (f"| {name} | {threads} | {ratio:.3f} | {seconds:.1f} | {seconds / fastest(batch, 'seconds'):.2f} "
               f"| {fastest(records, 'whole'):.1f} | {max(r['peak'] for r in records):.0f} |")
    yield f"\nLoad of the machine before and after: {before:.1f}, {os.getloadavg()[0]:.1f}"
