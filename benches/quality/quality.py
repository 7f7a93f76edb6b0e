"""Separates mixtures whose stems are known, and writes a table of SI-SDR over the mixture in dB.

Each case is a folder with mix.wav and its true stems, J of them. Every row is scored by `partita
evaluate`: blind rows make J stems, matched to the true ones as well as they can be; oracle rows make
components, which are then grouped by the true stems. Seconds are processor time per case, of the whole
command or of the peer's own work, all threads together, so that a busy machine changes them little. `--leave-one-out` adds what each part of the way to the stems is worth.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import peers

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "audio"
# `mix` is what is done without a preset.
PRESETS = ("melodic", "drums", "speech", "long", "auto")
PARTS = ("votes", "pair-model", "second", "gains", "runs", "simple", "continuity")
# What the rows are held to: no case this far below the best peer, and these means over the music.
FAR_BELOW = 1.0
ORACLE_ROW = "Partita, 4J, -k 4J -s components"
BLIND_ROW = "Partita"
FAST_ROW = "Partita, --quality fast"
AUTO_ROW = "Partita, -s auto"
MEANS = {("oracle", ORACLE_ROW): 8.5, ("blind", BLIND_ROW): 6.0, ("blind", FAST_ROW): 4.5}
# And single cases of the blind row.
CASES = {"d1": 60.0, "d2": 22.0}


def partita(program, more, pooled=False, each=None):
    """The command with J stems, of `each` components for each stem where that is given, or with
    `components` of them, or with as many stems as it finds itself."""
    def separate(mix, stems, components, folder):
        asked = [] if "-s" in more else ["-s", str(stems)]
        if each:
            asked += ["-k", str(each * stems)]
        if components is not None and not pooled:
            asked = ["-k", str(components), "-s", "components"]
        with tempfile.TemporaryDirectory() as out:
            command = [program, "separate", mix, "-o", out, "-q", "--format", "32f"]
            subprocess.run(command + asked + more, check=True)
            for stem in Path(out).glob("*/*.wav"):
                shutil.move(stem, folder / stem.name)
    return separate


def rows(program, leave_one_out):
    """The rows as (kind, name, how)."""
    ours = {BLIND_ROW: [], FAST_ROW: ["--quality", "fast"]}
    ours |= {f"Partita, --preset {preset}": ["--preset", preset] for preset in PRESETS}
    if leave_one_out:
        ours |= {f"Partita, without {part}": ["--without", part] for part in PARTS}
    for name, more in ours.items():
        yield "blind", name, partita(program, more)
    yield "blind", "Partita, -k 4J -s J", partita(program, [], each=4)
    yield "blind", AUTO_ROW, partita(program, ["-s", "auto"])
    for name, separate in peers.BLIND.items():
        yield "blind", name, separate
    for name, more in {ORACLE_ROW: [], ORACLE_ROW + " --algorithm mu": ["--algorithm", "mu"]}.items():
        yield "oracle", name, partita(program, more)
    yield "oracle", "Partita, 16J pooled atoms", partita(program, ["--without", "grouping,simple"], True)
    for name, separate in peers.ORACLE.items():
        yield "oracle", name, separate


def evaluate(program, case, folder, oracle):
    command = [program, "evaluate", "--json", "--reference", case, "--estimate", folder]
    printed = subprocess.run(command + ["--oracle"] * oracle, check=True, capture_output=True)
    return json.loads(printed.stdout)["oracle" if oracle else "si_sdr"]["mean_improvement"]


def processor_time():
    """Seconds of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def measure(program, case, kind, separate):
    """The gain in dB and the seconds of one row in one case."""
    stems = len(list(case.glob("*.wav"))) - 1
    oracle = kind == "oracle"
    with tempfile.TemporaryDirectory() as folder:
        start = processor_time()
        separate(case / "mix.wav", stems, 4 * stems if oracle else None, Path(folder))
        seconds = processor_time() - start
        made = len(list(Path(folder).glob("*.wav")))
        gain = evaluate(program, case, folder, oracle)
        return {"gain": gain, "seconds": seconds, "stems": made, "true_stems": stems}


def table(results, names, music):
    """The results as lines of Markdown, with the best peer and what Partita has over it."""
    shown = [name.split("_")[0] for name in names]
    yield "| dB over the mixture | " + " | ".join(shown) + f" | mean of {music[0]} to {music[-1]} | s |"
    yield "|---|" + "---|" * (len(names) + 2)
    for kind in ("blind", "oracle"):
        found = {row: cases for (of, row), cases in results.items() if of == kind}
        if not found:
            continue
        for row, cases in found.items():
            gains = [cases[name]["gain"] for name in names]
            seconds = np.mean([cases[name]["seconds"] for name in names])
            yield line(f"{kind}: {row}", gains, names, music) + f" {seconds:.1f} |"
        known = peers.BLIND if kind == "blind" else peers.ORACLE
        best = [max(found[row][name]["gain"] for row in known if row in found) for name in names]
        own = BLIND_ROW if kind == "blind" else ORACLE_ROW
        over = [found[own][name]["gain"] - peer for name, peer in zip(names, best)]
        yield line(f"{kind}: best peer of each case", best, names, music) + " |"
        yield line(f"{kind}: Partita over it", over, names, music) + " |"


def line(name, gains, names, music):
    over = [gain for gain, case in zip(gains, names) if case.startswith(music)]
    mean = f"{np.mean(over):.2f}" if over else "-"
    return f"| {name} | " + " | ".join(f"{gain:.2f}" for gain in gains) + f" | {mean} |"


def checks(results, names, music):
    """What the table is held to, as sentences."""
    blind = results["blind", BLIND_ROW]
    for name in names:
        best = max(results["blind", row][name]["gain"] for row in peers.BLIND)
        if blind[name]["gain"] < best - FAR_BELOW:
            yield f"{name}: {blind[name]['gain']:.2f} dB is far below the best peer, {best:.2f} dB"
    for name in names:
        goal = CASES.get(name.split("_")[0])
        if goal and blind[name]["gain"] < goal:
            yield f"{name}: {blind[name]['gain']:.2f} dB, less than {goal}"
    for (kind, row), goal in MEANS.items():
        over = [results[kind, row][name]["gain"] for name in names if name.startswith(music)]
        if over and np.mean(over) < goal:
            yield f"{kind}, {row}: {np.mean(over):.2f} dB on average, less than {goal}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path,
                        default=Path(os.environ.get("PARTITA_AUDIO", DEFAULT)))
    parser.add_argument("--program", required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--leave-one-out", action="store_true")
    parser.add_argument("--music", default="d3,d4,d5,d6,d7,d8",
                        help="beginnings of the cases that the mean is taken over")
    args = parser.parse_args()
    cases = sorted(path.parent for path in args.folder.glob("*/mix.wav"))
    if not cases:
        parser.error(f"there is no folder with a mix.wav in it: {args.folder}")
    names, music = [case.name for case in cases], tuple(args.music.split(","))
    results = {}
    for kind, row, separate in rows(args.program, args.leave_one_out):
        results[kind, row] = {
            case.name: measure(args.program, case, kind, separate) for case in cases}
    print("\n".join(table(results, names, music)))
    auto = results["blind", AUTO_ROW].values()
    numbers = [", ".join(str(case[of]) for case in auto) for of in ("stems", "true_stems")]
    print(f"{AUTO_ROW}: {numbers[0]} stems where there are {numbers[1]}")
    below = list(checks(results, names, music))
    for sentence in below:
        print(f"below the goal: {sentence}")
    if args.json:
        plain = [{"kind": kind, "row": row, "cases": found}
                 for (kind, row), found in results.items()]
        args.json.write_text(json.dumps(plain, indent=1) + "\n")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
