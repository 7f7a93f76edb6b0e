"""Fresh processes for every measurement, with the same environment for all of them."""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 1800


def environment(threads):
    """The environment of one run: so many threads in every library, BLAS left to itself."""
    # These two are set on some machines to keep old BLAS builds alive; they slow a current one.
    env = {name: value for name, value in os.environ.items()
           if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON"):
        env[f"{library}_NUM_THREADS"] = str(threads)
    return env


def last_line(command, threads):
    """Runs a command that ends its output with a line of JSON, and returns what that says."""
    done = subprocess.run([str(part) for part in command], env=environment(threads),
                          capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        errors = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return {"skip": " / ".join(errors[-3:])}
    return json.loads(done.stdout.strip().splitlines()[-1])


def run_measured(command, threads):
    """A command with its seconds, processor time, peak memory and output."""
    return last_line([sys.executable, HERE / "launch.py", *command], threads)


def run_peer(python, name, folder, k, iterations, threads):
    """One peer; returns its record, and the factors if it could run."""
    record = last_line([python, HERE / "peers.py", name, folder, k, iterations], threads)
    if "skip" in record:
        return record, None
    return record, (np.load(folder / "wo.npy"), np.load(folder / "ho.npy"))


def write_problem(folder, v, w, h):
    """The input of all runs, for Python and (raw, see driver.rs) for Partita."""
    for name, matrix in (("v", v), ("w", w), ("h", h)):
        np.save(folder / f"{name}.npy", matrix)
        np.ascontiguousarray(matrix.T, "<f4").tofile(folder / f"{name.upper()}.bin")


def run_partita(driver, folder, shape, k, iterations, threads, *, every_divergence):
    """Our own run through the driver; the peak memory is that of its whole process."""
    bins, frames = shape
    command = [driver, bins, frames, k, iterations, folder]
    measured = run_measured(command + ["measured"] * every_divergence, threads)
    if "skip" in measured:
        return measured, None
    *before, seconds = measured.pop("output").strip().splitlines()
    told = dict(line.split() for line in before)
    record = {"wall_s": float(seconds), "cpu_s": float(told.get("cpu_s", measured["cpu_s"])),
              "iterations": iterations, "peak_mib": measured["peak_mib"],
              "note": "float32" + ", divergence in every iteration" * every_divergence}
    w = np.fromfile(folder / "Wo.bin", "<f4").reshape(k, bins).T
    h = np.fromfile(folder / "Ho.bin", "<f4").reshape(frames, k).T
    return record, (w, h)


def measure_limit(driver):
    return last_line([driver, "--limit"], 1)
