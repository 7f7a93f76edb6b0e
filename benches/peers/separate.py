"""The whole way from a recording to its stems: a 3-minute stereo file through the command."""
import json
import tempfile
from pathlib import Path

import numpy as np
import soundfile

import material
from processes import run_measured

COMPONENTS = 16


def measure(program, wav, iterations, threads, folder):
    """One run of `partita separate` with 16 stems; what it took, from outside and inside."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        result = run_measured(
            [program, "separate", wav, "-o", out, "-k", COMPONENTS, "-s", "components",
             "--iterations", iterations, "--algorithm", "mu", "--tolerance", 0, "--threads", threads, "--quiet"],
            threads)
        if "skip" in result:
            return result
        reports = list(Path(out).glob("*/separation.json"))
        if len(reports) != 1:
            return {"skip": f"{len(reports)} separation.json found, 1 expected"}
        report = json.loads(reports[0].read_text())
        stems = sorted(reports[0].parent.glob("*.wav"))
        info = soundfile.info(wav)
        samples = info.frames * info.channels * 4
        v = report["bins"] * report["frames"] * 4
        timings = report["timings"]
        return {
            "threads": threads, "iterations": report["iterations"], "stems": len(stems),
            "wall_s": result["wall_s"], "cpu_s": result["cpu_s"],
            "peak_mib": result["peak_mib"], "bound_mib": (samples + v) / 2**20 + 150,
            "timings": timings,
            "export_x_realtime": info.duration / (timings.get("mask", 0) + timings["export"]),
            "exact": adds_up(wav, stems),
        }


def adds_up(wav, stems):
    """Whether the integer samples of the stems add up to those of the recording."""
    total = 0
    for stem in stems:
        total = total + soundfile.read(stem, dtype="int16", always_2d=True)[0].astype(np.int32)
    return bool(np.array_equal(total, soundfile.read(wav, dtype="int16", always_2d=True)[0]))


def make_recording(source, seconds, folder):
    path = Path(folder) / "recording.wav"
    material.write_wav(path, material.sound(source, seconds))
    return path
