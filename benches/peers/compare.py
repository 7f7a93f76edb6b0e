"""Measures Partita and its peers side by side and prints ratios.

Started by ./run, which builds and installs what is needed; README.md tells what is measured.
"""
import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

import material
import peers
import processes
import report
import separate

ROOT = Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(prog="benches/peers/run", description=__doc__.splitlines()[0])
    parser.add_argument("--input", type=Path, default=ROOT / "assets" / "demo.wav",
                        help="any recording; repeated to the wanted length (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30, help="length for the factorization")
    parser.add_argument("--components", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--peers", nargs="*", default=list(peers.PEERS), choices=peers.PEERS,
                        help="which peers (none: Partita alone)")
    parser.add_argument("--separate-seconds", type=float, default=180,
                        help="length for the whole way to the stems, 0 to leave it out")
    parser.add_argument("--quick", action="store_true",
                        help="a small run: shows that everything works, its numbers mean nothing")
    parser.add_argument("--output", type=Path, default=ROOT / "target" / "peers.jsonl",
                        help="file for the records, one JSON object a line (default: %(default)s)")
    parser.add_argument("--install-torch", action="store_true",
                        help="install Debian's torch with apt-get where it is missing (as root)")
    for built in ("driver", "program", "torch-python", "torch-missing"):
        parser.add_argument(f"--{built}", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.quick:
        args.seconds, args.iterations, args.rounds, args.separate_seconds = 3, 10, 1, 5
    return args


def machine(args, shape):
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        cpu = next((line.split(":")[1].strip() for line in info if line.startswith("model name")),
                   "unknown CPU")
    return {"kind": "machine", "cpu": cpu, "cores": os.cpu_count(), "load": os.getloadavg()[0],
            "input": args.input.name, "seconds": args.seconds, "shape": shape,
            "iterations": args.iterations, "rounds": args.rounds,
            "separate_seconds": args.separate_seconds, "numpy": np.__version__,
            "quick": args.quick}


class Records:
    """All that was measured so far, written line by line as it comes."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file, self.all, self.skipped = path.open("w", encoding="utf-8"), [], set()

    def add(self, kind, **record):
        self.all.append({"kind": kind, **record})
        self.file.write(json.dumps(self.all[-1]) + "\n")
        self.file.flush()

    def skip(self, what, reason):
        if what not in self.skipped:
            self.skipped.add(what)
            self.add("skip", what=what, skip=reason)
            print(f"skipped: {what}: {reason}", file=sys.stderr)


def factorization_runs(args, v, references, records, folder, label):
    """All peers and Partita once, for every number of threads and components."""
    python = dict.fromkeys(peers.PEERS, sys.executable) | {"torchnmf": args.torch_python}
    sum_v = float(v.sum(dtype=np.float64))
    for threads in args.threads:
        for k in args.components:
            w0, h0 = material.start(v, k)
            processes.write_problem(folder, v, w0, h0)
            for peer in [report.OURS, report.OURS_MEASURED, *args.peers]:
                if peer in records.skipped:
                    continue
                print(f"{label}: K = {k}, {threads} threads, {peer}", file=sys.stderr)
                ours = peer in (report.OURS, report.OURS_MEASURED)
                if ours:
                    record, factors = processes.run_partita(
                        args.driver, folder, v.shape, k, args.iterations, threads,
                        every_divergence=peer == report.OURS_MEASURED)
                elif python[peer] is None:
                    record, factors = {"skip": args.torch_missing}, None
                else:
                    record, factors = processes.run_peer(
                        python[peer], peer, folder, k, args.iterations, threads)
                if factors is None:
                    records.skip(peer, record["skip"])
                    continue
                record["kl"] = material.divergence(v, *factors)
                record["kl_over_sum"] = record["kl"] / sum_v
                if ours:
                    record["kl_off_reference"] = record["kl"] / references[k] - 1
                records.add("run", peer=peer, threads=threads, k=k, **record)


def reference(args, v, k):
    """Divergence of the same updates in the same order in float64 from the same start."""
    w, h, _, _ = peers.blocked_numpy(v, *material.start(v, k), k, args.iterations,
                                     block=256, dtype=np.float64)
    return material.divergence(v, w, h)


def separation_runs(args, records, folder, recording):
    for threads in args.threads:
        what = f"separate, {threads} threads"
        if what not in records.skipped:
            print(what, file=sys.stderr)
            record = separate.measure(args.program, recording, args.iterations, threads, folder)
            if "skip" in record:
                records.skip(what, record["skip"])
            else:
                records.add("separate", **record)


def main():
    args = arguments()
    if not args.input.exists():
        sys.exit(f"there is no recording to measure with; name one with --input: {args.input}")
    cores = os.cpu_count() or 1
    v = material.spectrogram(material.sound(args.input, args.seconds))
    records = Records(args.output)
    records.add(**machine(args, v.shape))
    for threads in [t for t in args.threads if t > cores]:
        records.skip(f"{threads} threads", f"this machine has {cores} cores")
        args.threads.remove(threads)
    references = {k: reference(args, v, k) for k in args.components}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        recording = None
        if args.separate_seconds:
            recording = separate.make_recording(args.input, args.separate_seconds, folder)
        for number in range(1, args.rounds + 1):
            records.add("limit", **processes.measure_limit(args.driver))
            label = f"round {number}/{args.rounds}"
            factorization_runs(args, v, references, records, folder, label)
            if recording:
                separation_runs(args, records, folder, recording)
    if args.quick:
        print("A quick run: it shows that everything works, its numbers mean nothing.\n")
    print(report.text(records.all))
    print(f"\nRecords: {args.output}")


if __name__ == "__main__":
    main()
