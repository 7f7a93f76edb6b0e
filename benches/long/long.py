"""Peak memory and time of `partita separate` against the length of the recording.

Makes stereo recordings of several lengths from the demo recording, repeated with other speed, level
and place each time so that no two repeats are alike, separates each, and prints a table. Memory is
what the operating system says at the end of the process (ru_maxrss, the "maximum resident set size"
of time -v). The rows go to a JSON file; --plot draws them. --tight compares instead the divergence that
is reached block by block, with a sample as large as these memories allow, with that of the whole. --peers
compares both with the streaming factorizations of others.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[2]


def make_recording(path, minutes, seed=1):
    """Writes the demo, varied, until it is so long."""
    demo, rate = soundfile.read(ROOT / "assets/demo.wav", always_2d=True, dtype="float32")
    random = np.random.default_rng(seed)
    left = round(minutes * 60 * rate)
    with soundfile.SoundFile(path, "w", rate, 2, "PCM_16", format="RF64") as file:
        while left > 0:
            speed = 2 ** random.uniform(-0.25, 0.25)
            place = np.arange(int(len(demo) / speed)) * speed
            sound = np.stack([np.interp(place, np.arange(len(demo)), c) for c in demo.T], axis=1)
            turn = random.uniform(0, 0.6)
            mixed = sound @ np.array([[1 - turn, turn], [turn, 1 - turn]])
            mixed *= random.uniform(0.4, 0.9)
            file.write(mixed[:left].astype(np.float32))
            left -= len(mixed)


def separate(program, wav, folder, options):
    """One run: seconds, peak memory, and what separation.json says."""
    out = Path(tempfile.mkdtemp(dir=folder))
    command = [str(program), "separate", str(wav), "-o", str(out), "--quiet", *options]
    began = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    report = json.loads(next(out.glob("*/separation.json")).read_text())
    shutil.rmtree(out)
    return {
        "seconds": round(seconds, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mib": round(usage.ru_maxrss / 1024, 1),
        "model": report["settings"]["model"],
        "stems": len(report["stems"]),
        "frames": report["frames"],
        "divergence": report["divergence_curve"][-1],
        "timings": {name: round(value, 1) for name, value in report["timings"].items()},
    }


def table(rows):
    lines = ["| minutes | model | stems | peak memory, MiB | of it activations | s | s a minute | processor s |",
             "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        activations = row["frames"] * row["components"] * 4 / 2**20
        lines.append(f"| {row['minutes']:g} | {row['model']} | {row['stems']} | {row['peak_mib']:.0f} "
                     f"| {activations:.0f} | {row['seconds']:.0f} "
                     f"| {row['seconds'] / row['minutes']:.2f} | {row['cpu_s']:.0f} |")
    return "\n".join(lines)


def tight(program, wav, folder, components, memories):
    """Lines of a table: the divergence with little memory, over that of the whole."""
    asked = ["-k", str(components), "-s", "components"]
    whole = separate(program, wav, folder, [*asked, "--model", "batch"])
    yield "| memory | divergence over that of the whole | peak memory, MiB |"
    yield "|---|---|---|"
    for memory in memories:
        row = separate(program, wav, folder, [*asked, "--model", "online", "--memory", memory])
        ratio = row["divergence"] / whole["divergence"]
        yield f"| {memory} | {ratio:.4f} | {row['peak_mib']:.0f} |"


def plot(rows, path):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "partita"
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for model, colour in (("online", "tab:blue"), ("batch", "tab:orange")):
        found = sorted((r for r in rows if r["model"] == model), key=lambda r: r["minutes"])
        if not found:
            continue
        minutes = [r["minutes"] for r in found]
        axes[0].plot(minutes, [r["peak_mib"] for r in found], "o-", color=colour, label=model)
        axes[1].plot(minutes, [r["cpu_s"] for r in found], "o-", color=colour, label=model)
    axes[0].axhline(400, color="grey", linestyle=":", linewidth=1)
    axes[0].set(xlabel="minutes of stereo", ylabel="peak memory, MiB", ylim=0)
    axes[1].set(xlabel="minutes of stereo", ylabel="processor time, s", ylim=0)
    axes[0].legend(frameon=False)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--minutes", type=float, nargs="+", default=[3, 30, 120])
    parser.add_argument("--models", nargs="+", default=["online"], choices=["online", "batch", "auto"])
    parser.add_argument("--memory", default="400M")
    parser.add_argument("--components", type=int, default=16)
    parser.add_argument("--sources", default="components", help="as -s of the command")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/long", help="recordings and stems go there")
    parser.add_argument("--rows", type=Path, default=ROOT / "target/long/rows.json")
    parser.add_argument("--plot", type=Path, help="draw the rows as SVG")
    parser.add_argument("--tight", nargs="+", metavar="MEMORY", help="such as 110M 130M 160M")
    parser.add_argument("--peers", nargs="+", metavar="MEMORY", help="such as 400M 110M")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = json.loads(options.rows.read_text()) if options.rows.exists() else []
    for minutes in options.minutes:
        wav = options.folder / f"{minutes:g}-minutes.wav"
        if not wav.exists():
            make_recording(wav, minutes)
        if options.tight:
            print("\n".join(tight(options.program, wav, options.folder, options.components, options.tight)))
            return
        if options.peers:
            import beside
            print("\n".join(beside.table(options.program, wav, options.folder, options.components, options.peers)))
            return
        for model in options.models:
            row = separate(options.program, wav, options.folder,
                           ["-k", str(options.components), "-s", options.sources,
                            "--model", model, "--memory", options.memory])
            row |= {"minutes": minutes, "components": options.components, "asked": model}
            same = lambda r: (r["minutes"], r["asked"], r["stems"], r["components"])
            rows = [r for r in rows if same(r) != same(row)] + [row]
            rows.sort(key=lambda r: (r["model"], r["minutes"]))
            options.rows.write_text(json.dumps(rows, indent=1) + "\n")
            print(json.dumps(row), file=sys.stderr)
    print(table(rows))
    if options.plot:
        plot(rows, options.plot)


if __name__ == "__main__":
    main()
