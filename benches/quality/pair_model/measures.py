"""What is measured of atoms and of two of them: as src/separation/grouping/{features,pairs}.rs does."""

import numpy as np
from scipy.fft import dct
from scipy.ndimage import median_filter

RATE = 44100


def frequencies(bins):
    return np.arange(bins) * RATE / 2 / (bins - 1)


def mel_bank(bands, bins, lowest=40, highest=16000):
    to_mel = lambda hz: 2595 * np.log10(1 + hz / 700)
    to_hz = lambda mel: 700 * (10 ** (mel / 2595) - 1)
    edges = to_hz(np.linspace(to_mel(lowest), to_mel(highest), bands + 2))
    f = frequencies(bins)
    bank = np.zeros((bands, bins))
    for i, (low, middle, high) in enumerate(zip(edges, edges[1:], edges[2:])):
        bank[i] = np.maximum(0, np.minimum((f - low) / (middle - low), (high - f) / (high - middle)))
    sums = bank.sum(1, keepdims=True)
    bank /= np.maximum(sums, 1e-9)
    for i in range(bands):
        if sums[i] < 0.5:
            bank[i] = 0
            bank[i, int(round(edges[i + 1] / (RATE / 2) * (bins - 1)))] = 1
    return bank


def centred(rows):
    """Rows without their mean and of length 1, so that products are correlations."""
    rows = rows - rows.mean(1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def features(w, h, g):
    """Of each atom, from templates (bins x atoms), activations (atoms x frames) and gains (channels x atoms)."""
    d = {"energy": (w.astype(float) ** 2).sum(0) * (h.astype(float) ** 2).sum(1) * (g**2).sum(0)}
    bands = mel_bank(40, w.shape[0]) @ w
    mel = np.log10(bands + 1e-4 * bands.max(0))
    d["mel"] = (mel - mel.mean(0)).T
    d["mfcc"] = dct(mel.T, norm="ortho", axis=1)[:, 1:14]
    d["act"] = centred(np.sqrt(h / np.maximum(h.max(1, keepdims=True), 1e-9)))
    rises = np.maximum(np.diff(h, axis=1, prepend=0), 0)
    blur = np.array([0.25, 0.5, 1, 0.5, 0.25])
    d["ons"] = centred(np.array([np.convolve(np.sqrt(row), blur, "same") for row in rises]))
    second = np.hanning(90)
    d["slow"] = centred(np.sqrt(np.array([np.convolve(row, second / second.sum(), "same") for row in h])))

    f, share = frequencies(w.shape[0]), w / w.sum(0)
    centroid = (f[:, None] * share).sum(0)
    spread = np.sqrt(((f[:, None] - centroid) ** 2 * share).sum(0))
    squares = w.astype(float) ** 2
    tonality = np.where(w > 2 * median_filter(w, size=(25, 1)), squares, 0).sum(0) / np.maximum(squares.sum(0), 1e-30)
    percussiveness = rises.sum(1) / np.maximum(h.sum(1), 1e-9) * 2.0
    crest = h.max(1) / np.maximum(h.mean(1), 1e-9)
    flatness = np.exp(np.log(w + 1e-9 * w.max(0)).mean(0)) / w.mean(0)
    d["ton"], d["perc"] = tonality, np.minimum(percussiveness, 1)
    d["scales"] = {
        "d_centroid": np.log2(centroid + 50),
        "d_spread": np.log2(spread + 50),
        "d_ton": 3 * tonality,
        "d_perc": 3 * d["perc"],
        "d_flat": np.log(flatness + 1e-3) / 2,
        "d_crest": np.log(crest) / 1.5,
    }
    return d


def weights(d, power):
    w = np.maximum(d["energy"], 0) ** power
    return w / w.sum()


def pairs(w, g, d):
    """All measures of all pairs: a dictionary of atoms x atoms."""
    count = w.shape[1]
    difference = lambda x: np.abs(x[:, None] - x[None])
    least = lambda x: np.minimum(x[:, None], x[None])
    p = {}
    mono = float(g.shape[0] == 1)
    if mono:
        for name in ("pan", "pan_far", "pan_near", "pan_rel", "pan_sd", "pan_near_sd"):
            p[name] = np.zeros((count, count))
    else:
        loud = weights(d, 0.5)
        angle = np.arctan2(g[1], g[0]) / (np.pi / 2)
        mean = (loud * angle).sum()
        deviation = np.sqrt((loud * (angle - mean) ** 2).sum())
        apart = difference(angle)
        p["pan"] = np.minimum(apart * 8, 1)
        p["pan_far"] = np.minimum(apart * 3, 1)
        p["pan_near"] = np.exp(-((apart / 0.03) ** 2))
        p["pan_rel"] = np.minimum(apart / (deviation + 0.02), 3) / 3
        p["pan_sd"] = np.full((count, count), min(deviation * 4, 1))
        p["pan_near_sd"] = p["pan_near"] * min(deviation * 6, 1)

    cepstra = d["mfcc"][:, None] - d["mfcc"][None]
    timbre = np.sqrt((cepstra**2).mean(2))
    p["timbre"] = np.minimum(timbre, 2)
    p["timbre_near"] = np.exp(-((timbre / 0.25) ** 2))
    p["tilt"] = np.minimum(np.sqrt((cepstra[:, :, :4] ** 2).mean(2)), 3)
    mel = d["mel"] - d["mel"].mean(1, keepdims=True)
    mel /= np.linalg.norm(mel, axis=1, keepdims=True)
    p["mel_corr"] = mel @ mel.T
    root = np.sqrt(w / np.maximum(w.sum(0), 1e-12))
    p["overlap"] = root.T @ root
    for name, values in d["scales"].items():
        p[name] = np.minimum(difference(values), 4)
    p["both_ton"], p["both_perc"], p["both_noise"] = least(d["ton"]), least(d["perc"]), least(1 - d["ton"])
    crossed = d["perc"][:, None] * d["ton"][None]
    p["perc_x_ton"] = np.maximum(crossed, crossed.T)
    for name in ("act", "ons", "slow"):
        p[name] = d[name] @ d[name].T
    p["dup"] = p["overlap"] * np.maximum(p["act"], 0)
    for left, right in (("act", "ton"), ("ons", "ton"), ("ons", "perc"), ("act", "perc"), ("timbre", "ton"),
                        ("timbre", "noise")):
        p[f"{left}_{right}"] = p[left] * p[f"both_{right}"]
    for kind in ("ton", "noise"):
        p[f"dcent_{kind}"] = p["d_centroid"] * p[f"both_{kind}"]

    f = frequencies(w.shape[0])
    loudest = w.copy()
    loudest[:2] = 0
    peak = np.maximum(f[loudest.argmax(0)], 20)
    octaves = np.abs(np.log2(peak[:, None] / peak[None]))
    ratio = 2**octaves
    p["d_peak"] = np.minimum(octaves, 4)
    p["harm"] = np.exp(-((np.abs(ratio - np.round(ratio)) / 0.03) ** 2)) * (ratio < 9)
    low = peak < 150
    p["one_low"] = (low[:, None] != low[None]) * 1.0
    p["low_act"] = p["one_low"] * p["act"]
    p["timbre_mono"], p["ons_mono"] = p["timbre"] * mono, p["ons"] * mono
    return p
