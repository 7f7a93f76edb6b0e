"""Divergence over seconds as SVG."""
import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "partita"
import matplotlib.pyplot as plt

METHODS = [
    ("mu", "plain updates", "tab:blue"),
    ("relaxed", "relaxed", "tab:green"),
    ("fast", "fast", "tab:orange"),
    ("scikit-learn", "scikit-learn", "tab:gray"),
    ("MiniBatchNMF", "MiniBatchNMF", "tab:purple"),
]


def curve(axis, row, target):
    """All methods of one problem, relative to the divergence that counts."""
    for name, label, colour in METHODS:
        if name not in row:
            continue
        points = row[name]["points"] if isinstance(row[name], dict) else row[name]
        line = dict(color=colour, linewidth=1.6)
        if isinstance(row[name], list):
            line |= dict(marker=".", markersize=4, linewidth=1)
        axis.plot([p[0] for p in points], [p[-1] / target for p in points], label=label, **line)
        coarse = row[name].get("coarse") if isinstance(row[name], dict) else None
        if coarse:
            joined = coarse + [[points[0][0], points[0][2]]]
            axis.plot([p[0] for p in joined], [p[1] / target for p in joined], ":", color=colour, linewidth=1)
    axis.axhline(1, color="grey", linewidth=0.6)
    axis.set(xscale="log", ylim=(0.93, 1.6), xlabel="seconds of processor time")
    axis.spines[["top", "right"]].set_visible(False)


def grid(rows, path, title, target):
    ks = sorted({r["k"] for r in rows})
    figure, axes = plt.subplots(1, len(ks), figsize=(3.2 * len(ks) + 0.4, 3.3), sharey=True,
                                layout="constrained", squeeze=False)
    for axis, k in zip(axes[0], ks):
        row = next(r for r in rows if r["k"] == k)
        curve(axis, row, target(row))
        axis.set_title(f"{title(row)}, K = {k}", fontsize=9)
    axes[0][0].set_ylabel("divergence / plain updates after 200")
    axes[0][-1].legend(frameon=False, fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def draw(rows, peers, folder):
    folder.mkdir(parents=True, exist_ok=True)
    plain = lambda row: row["mu"]["points"][-1][2]
    if peers:
        first = peers[0]["recording"]
        chosen = [r for r in peers if r["recording"] == first and r["seed"] == 1]
        grid(chosen, folder / "convergence-30-s.svg", lambda r: "30 s of music", plain)
    for group, name in (("short", "short"), ("3 min", "3-min")):
        for init in ("random", "nndsvda"):
            chosen = [r for r in rows if (r["group"], r["init"], r["seed"]) == (group, init, 1)]
            if not chosen:
                continue
            seconds = chosen[0]["frames"] * 512 / 44_100
            what = f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
            # The problem in the middle of all, by how long the fast solver took.
            by_name = {r["recording"] for r in chosen}
            ratio = lambda n: sorted(r["compared"]["fast"]["ratio"] for r in chosen if r["recording"] == n)[-1]
            middle = sorted(by_name, key=lambda n: (ratio(n), n))[len(by_name) // 2]
            chosen = [r for r in chosen if r["recording"] == middle]
            grid(chosen, folder / f"convergence-{name}-{init}.svg", lambda r: f"{what}, {init} start", plain)
