"""Divergence over seconds: plain updates, relaxed ones, the fast solver, and scikit-learn.

Each problem is a spectrogram (Hann window of 2048, hop 512, 44.1 kHz mono), a number of components,
a kind of start and its seed; all methods run on one thread, one after the other, and count processor
time. The measure is the Kullback-Leibler divergence that plain updates reach after 200 iterations,
and their time. Prints tables; writes all curves to a JSON file, and plots with --plots.
"""
import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOALS = {8: 60, 16: 40, 32: 25}
ITERATIONS = 200


def driven(options, recording, k, init, seed, algorithm, rounds):
    command = [str(options.driver), str(recording.path), str(recording.v.shape[0]), str(k), init,
               str(seed), algorithm, str(ITERATIONS), str(rounds)]
    environment = os.environ | {"RAYON_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def reached(points, target):
    """Seconds until the divergence is known to be no higher than the target."""
    return next((t for t, _, d in points if d <= target), math.inf)


def compared(plain, method):
    """A method against plain updates: the share of their time, and the divergence at equal time."""
    points = method["points"]
    target, whole = plain["points"][-1][2], plain["points"][-1][0]
    worst, now = -math.inf, None
    at = 0
    for t, _, d in plain["points"]:
        while at < len(points) and points[at][0] <= t:
            now = points[at][2]
            at += 1
        if now is not None:
            worst = max(worst, now / d - 1)
    first = points[0][0] if points else math.inf
    work = next((w for _, w, d in points if d <= target), math.inf)
    return {"ratio": reached(points, target) / whole, "first": first / whole, "work": work / ITERATIONS,
            "excess": worst if worst > -math.inf else None,
            "last": method["last"] / plain["last"]}


def solve(options, recordings):
    """All problems of the library alone."""
    rows = []
    for recording in recordings:
        long = recording.v.shape[1] > 5000
        problems = [("random", seed) for seed in range(1, (1 if long else options.seeds) + 1)]
        problems += [("nndsvda", 1)] if "nndsvda" in options.inits else []
        for k in options.components:
            for init, seed in problems:
                if init not in options.inits:
                    continue
                rounds = 1 if long else options.rounds
                run = lambda algorithm, rounds=rounds: driven(
                    options, recording, k, init, seed, algorithm, rounds)
                row = {"recording": recording.name, "group": recording.group, "k": k, "init": init,
                       "seed": seed, "frames": recording.v.shape[1], "mu": run("mu"), "fast": run("fast")}
                if seed == 1:
                    row["relaxed"] = run("relaxed", 1)
                row["compared"] = {name: compared(row["mu"], row[name])
                                   for name in ("fast", "relaxed") if name in row}
                rows.append(row)
                if options.verbose:
                    c = row["compared"]["fast"]
                    print(f"{recording.name} {init} K={k} seed {seed}: ratio {c['ratio']:.3f}, work {c['work']:.3f}, first {c['first']:.3f}, "
                          f"excess {100 * c['excess']:+.1f} %, last {c['last']:.3f}", file=sys.stderr)
    return rows


def beside_peers(options, recordings):
    """scikit-learn on the recordings of 30 s, and the fast solver to its divergence."""
    import scikit
    rows = []
    for recording in (r for r in recordings if r.group == "30 s"):
        for k in options.components:
            for seed in range(1, options.peer_seeds + 1):
                v = recording.v
                row = {"recording": recording.name, "k": k, "seed": seed,
                       "scikit-learn": scikit.multiplicative(v, k, seed, ITERATIONS)}
                if seed == 1:
                    row["MiniBatchNMF"] = scikit.mini_batch(v, k, seed, [5, 20, 60])
                for algorithm in ("mu", "fast"):
                    row[algorithm] = driven(options, recording, k, "random", seed, algorithm, options.rounds)
                seconds, _, target = row["scikit-learn"][-1]
                row["times"] = {name: seconds / reached(row[name]["points"], target) for name in ("mu", "fast")}
                row["MiniBatchNMF times"] = [
                    t / reached(row["fast"]["points"], d) for t, _, d in row.get("MiniBatchNMF", [])]
                rows.append(row)
                if options.verbose:
                    print(f"{recording.name} K={k} seed {seed}: {row['times']}", file=sys.stderr)
    return rows


def keep(options, rows, peers):
    options.curves.parent.mkdir(parents=True, exist_ok=True)
    record = {"machine": platform.processor() or platform.machine(), "iterations": ITERATIONS,
              "problems": rows, "peers": peers}
    options.curves.write_text(json.dumps(record) + "\n")


def spread(values):
    ordered = sorted(values)
    return statistics.median(ordered), ordered[math.ceil(0.9 * len(ordered)) - 1]


def tables(rows, peers):
    lines = ["| recordings | start | K | method | problems | median | 9 of 10 | within 15 % | within 25 % "
             "| never above | worst excess | last |", "|" + "---|" * 12]
    percent = lambda x: "-" if math.isinf(x) else f"{100 * x:.0f} %"
    kinds = sorted({(r["group"], r["init"]) for r in rows}, key=lambda k: (k[1] != "random", k[0] != "short", k))
    for group, init in kinds:
        for method in ("fast", "relaxed"):
            ks = sorted({r["k"] for r in rows})
            for k in ks + ["all"]:
                found = [r["compared"][method] for r in rows
                         if (r["group"], r["init"]) == (group, init) and k in (r["k"], "all")
                         and method in r["compared"]]
                if not found or (method == "relaxed" and k != "all"):
                    continue
                ratios = [c["ratio"] for c in found]
                median, most = spread(ratios)
                excess = [c["excess"] for c in found if c["excess"] is not None]
                share = lambda limit: sum(r <= limit for r in ratios) / len(ratios)
                lines.append(
                    f"| {group} | {init} | {k} | {method} | {len(found)} | {percent(median)} | {percent(most)} "
                    f"| {percent(share(0.15))} | {percent(share(0.25))} "
                    f"| {percent(sum(e <= 0 for e in excess) / max(1, len(excess)))} "
                    f"| {100 * max(max(excess, default=0), 0):.1f} % "
                    f"| {statistics.median(c['last'] for c in found):.3f} |")
    if peers:
        lines += ["", "| K | problems | scikit-learn, s | fast to its divergence, s | times faster, median "
                  "| least | goal | plain updates get there | MiniBatchNMF, 20 passes |", "|" + "---|" * 9]
        for k in sorted({r["k"] for r in peers}):
            found = [r for r in peers if r["k"] == k]
            times = [r["times"]["fast"] for r in found]
            mini = [r["MiniBatchNMF times"][1] for r in found if r["MiniBatchNMF times"]]
            seconds = statistics.median(r["scikit-learn"][-1][0] for r in found)
            lines.append(
                f"| {k} | {len(found)} | {seconds:.2f} | {seconds / statistics.median(times):.3f} "
                f"| {statistics.median(times):.0f} | {min(times):.0f} | {GOALS.get(k, '-')} "
                f"| {sum(r['times']['mu'] > 0 for r in found)} of {len(found)} "
                f"| {statistics.median(mini):.0f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", type=Path, required=True)
    parser.add_argument("--recordings", type=Path,
                        help="folder of NAME/mix.wav or NAME.wav; parts of the demo recording if not given")
    parser.add_argument("--groups", nargs="+", default=["short", "30 s", "3 min"])
    parser.add_argument("--components", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--inits", nargs="+", default=["random", "nndsvda"], choices=["random", "nndsvda"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--peer-seeds", type=int, default=5, help="0 leaves scikit-learn out")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--curves", type=Path, default=ROOT / "target/convergence.json")
    parser.add_argument("--plots", type=Path, help="folder for the plots as SVG")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    sys.path.insert(0, str(Path(__file__).parent))
    import problems
    with tempfile.TemporaryDirectory() as work:
        made = problems.recordings(options.recordings, Path(work), options.groups)
        rows = solve(options, made)
        keep(options, rows, [])
        peers = beside_peers(options, made) if options.peer_seeds else []
        keep(options, rows, peers)
    print(tables(rows, peers))
    if options.plots:
        import plots
        plots.draw(rows, peers, options.plots)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
