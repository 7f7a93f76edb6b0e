"""Tables of ratios, and the goals, from the records of one comparison."""
from statistics import median

OURS = "partita"
OURS_MEASURED = "partita-measured"
LIMIT_GOAL = {8: 0.85, 16: 0.90, 32: 0.90}
LIBRARY_GOAL = {8: 5.5, 16: 4.0, 32: 3.3}
NUMPY_GOAL = {8: 2.6, 16: 2.0, 32: 1.5}
LIBRARIES = ("scikit-learn", "torchnmf")
TIGHT_NUMPY = ("numpy-blocked-64", "numpy-blocked-256")


class Runs:
    """The factorization runs by threads, components and peer; the best round counts."""

    def __init__(self, records):
        self.groups = {}
        for r in records:
            if r["kind"] == "run":
                self.groups.setdefault((r["threads"], r["k"], r["peer"]), []).append(r)

    def per_iteration(self, threads, k, peer, unit, choose=min):
        """Milliseconds per iteration (unit: "cpu_s" or "wall_s"), None if it did not run."""
        runs = self.groups.get((threads, k, peer))
        if runs is None:
            return None
        return choose([1e3 * r[unit] / r["iterations"] for r in runs])

    def fastest(self, k, peers):
        times = [self.per_iteration(1, k, peer, "cpu_s") for peer in peers]
        return min((t for t in times if t is not None), default=None)


def limit_ms(records, k):
    """Arithmetic limit of one iteration on one core: all multiply-adds, then all divisions."""
    measured = [r for r in records if r["kind"] == "limit"]
    bins, frames = records[0]["shape"]
    flops = max(r["fma_gflops"] for r in measured) * 1e9
    divides = max(r["divide_gops"] for r in measured) * 1e9
    return 1e3 * (8 * bins * frames * k / flops + 2 * bins * frames / divides)


def table(head, rows):
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in cells)


def factorization_table(records, runs, threads):
    """Processor time for one thread, time by the clock for more."""
    unit, name = ("cpu_s", "CPU") if threads == 1 else ("wall_s", "wall")
    rows = []
    for k in sorted({key[1] for key in runs.groups if key[0] == threads}):
        ours = runs.per_iteration(threads, k, OURS, unit)
        middle = runs.per_iteration(threads, k, OURS, unit, median)
        for group_threads, group_k, peer in runs.groups:
            if (group_threads, group_k) != (threads, k):
                continue
            group = runs.groups[threads, k, peer]
            best = runs.per_iteration(threads, k, peer, unit)
            typical = runs.per_iteration(threads, k, peer, unit, median)
            note = group[0]["note"]
            if group[0]["iterations"] != records[0]["iterations"]:
                note += f"; {min(r['wall_s'] for r in group):.2f} s in all"
            rows.append([
                k, peer, f"{best:.2f}", f"{typical:.2f}",
                f"{best / ours:.2f}" if ours else "-",
                f"{typical / middle:.2f}" if ours else "-",
                f"{group[0]['kl_over_sum']:.6f}", f"{max(r['peak_mib'] for r in group):.0f}",
                group[0]["iterations"], note,
            ])
        if threads == 1:
            limit = limit_ms(records, k)
            rows.append([k, "arithmetic limit", f"{limit:.2f}", "",
                         f"{limit / ours:.2f}" if ours else "-", "", "", "", "", ""])
    return table(["K", "peer", f"{name} ms/iteration", "median", "× partita", "median ×",
                  "KL / ΣV", "peak MiB", "iterations", "note"], rows)


def separation_table(records):
    rows = []
    for r in (r for r in records if r["kind"] == "separate"):
        parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in r["timings"].items())
        rows.append([r["threads"], f"{r['wall_s']:.2f}", f"{r['cpu_s']:.2f}",
                     f"{r['peak_mib']:.0f}", f"{r['bound_mib']:.0f}", r["stems"],
                     "yes" if r["exact"] else "NO", f"{r['export_x_realtime']:.1f}", parts])
    return table(["threads", "wall s", "CPU s", "peak MiB", "bound MiB", "stems",
                  "add up exactly", "mask and export × real time", "timings in s"], rows)


def goals(records, runs):
    """(goal, wanted, measured, met) for every goal that this run could measure."""
    found = []

    def at_least(name, wanted, value):
        if value is not None:
            found.append((name, f"≥ {wanted:g}", f"{value:.3g}", value >= wanted))

    def at_most(name, wanted, value):
        if value is not None:
            found.append((name, f"≤ {wanted:.4g}", f"{value:.3g}", value <= wanted))

    def over(a, b):
        return a / b if a is not None and b is not None else None

    bins, frames = records[0]["shape"]
    for k in sorted({key[1] for key in runs.groups if key[2] == OURS}):
        ours = runs.per_iteration(1, k, OURS, "cpu_s")
        if k in LIMIT_GOAL:
            at_least(f"share of the arithmetic limit, K = {k}", LIMIT_GOAL[k],
                     over(limit_ms(records, k), ours))
            at_least(f"times the faster of scikit-learn and torchnmf, K = {k}",
                     LIBRARY_GOAL[k], over(runs.fastest(k, LIBRARIES), ours))
            at_least(f"times tight numpy, K = {k}", NUMPY_GOAL[k],
                     over(runs.fastest(k, TIGHT_NUMPY), ours))
        at_least(f"two threads over one by the clock, K = {k}", 1.85,
                 over(runs.per_iteration(1, k, OURS, "wall_s"),
                      runs.per_iteration(2, k, OURS, "wall_s")))
        groups = [g for key, g in runs.groups.items() if key[1:] == (k, OURS)]
        at_most(f"peak MiB of the factorization, whole process, K = {k}",
                1.1 * bins * frames * 4 / 2**20 + 20,
                max(r["peak_mib"] for g in groups for r in g))
        at_most(f"KL off the float64 reference, relative, K = {k}", 1e-5,
                max(abs(r["kl_off_reference"]) for g in groups for r in g))
    separations = [r for r in records if r["kind"] == "separate"]
    for r in separations:
        at_most(f"peak MiB of separate, {r['threads']} threads", r["bound_mib"], r["peak_mib"])
        if r["threads"] == 2:
            at_most("seconds of separate, 2 threads", 6, r["wall_s"])
        if r["threads"] == 1:
            at_least("mask and export, times real time, 1 thread", 40, r["export_x_realtime"])
    return found


def text(records):
    """The whole report; the first record is that of the machine and the input."""
    machine, runs = records[0], Runs(records)
    limits = [r for r in records if r["kind"] == "limit"]
    bins, frames = machine["shape"]
    parts = [
        f"{machine['cpu']}, {machine['cores']} cores; {machine['seconds']:g} s of "
        f"{machine['input']}: F = {bins}, N = {frames}; {machine['iterations']} iterations, "
        f"best of {machine['rounds']} interleaved rounds (and their median)\n"
        f"one core: {max(r['fma_gflops'] for r in limits):.1f} GFLOP/s of multiply-adds, "
        f"{max(r['divide_gops'] for r in limits):.2f} G divisions/s, float32, "
        f"{limits[0]['lanes']} lanes; limit of one iteration: 8·F·N·K flops + 2·F·N divisions"
    ]
    for threads in sorted({key[0] for key in runs.groups}):
        parts.append(f"## Factorization, {threads} thread{'s' * (threads > 1)}\n\n"
                     + factorization_table(records, runs, threads))
    if any(r["kind"] == "separate" for r in records):
        parts.append(f"## partita separate, {machine['separate_seconds']:g} s stereo, K = 16, "
                     f"16 stems\n\n" + separation_table(records))
    found = goals(records, runs)
    if found:
        parts.append("## Goals\n\n" + table(["goal", "wanted", "measured", "met"], [
            [*row[:3], "yes" if row[3] else "NO"] for row in found]))
    skipped = [f"- {r['what']}: {r['skip']}" for r in records if r["kind"] == "skip"]
    if skipped:
        parts.append("## Skipped\n\n" + "\n".join(skipped))
    return "\n\n".join(parts)
