"""Takes mixtures apart into pooled atoms and keeps how much each atom shares with each true part.

atoms.py SOUNDFONT FOLDER [--count N] writes FOLDER/NNNN.npz for each seed that is not there yet.
"""

import argparse
import pathlib

import numpy as np
from scipy.sparse.linalg import svds

from mixtures import mixture

SIZE, HOP = 2048, 512
WINDOW = np.hanning(SIZE + 1)[:SIZE].astype(np.float32)
ITERATIONS = 100
# Atoms of each run, for each part.
RUNS = (3, 5, 8)


def stft(samples):
    """Bins x frames."""
    samples = np.asarray(samples, np.float32)
    frames = 1 + len(samples) // HOP
    padded = np.zeros(SIZE + len(samples) + SIZE, np.float32)
    padded[SIZE // 2 : SIZE // 2 + len(samples)] = samples
    cut = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[::HOP][:frames]
    return np.fft.rfft(cut * WINDOW, axis=1).astype(np.complex64).T.copy()


def spectra(sound):
    """Channels x bins x frames."""
    return np.stack([stft(channel) for channel in sound.T])


def nndsvda(v, components):
    """Boutsidis & Gallopoulos 2008, zeros filled with the mean."""
    u, s, vt = svds(v.astype(np.float32), k=components, random_state=0)
    order = np.argsort(-s)
    u, s, vt = u[:, order], s[order], vt[order]
    w = np.zeros((v.shape[0], components), np.float32)
    h = np.zeros((components, v.shape[1]), np.float32)
    for k in range(components):
        left, right = u[:, k], vt[k]
        if k == 0:
            a, b = np.abs(left), np.abs(right)
        else:
            a, b = np.maximum(left, 0), np.maximum(right, 0)
            c, d = np.maximum(-left, 0), np.maximum(-right, 0)
            if np.linalg.norm(c) * np.linalg.norm(d) >= np.linalg.norm(a) * np.linalg.norm(b):
                a, b = c, d
        p, q = np.linalg.norm(a), np.linalg.norm(b)
        scale = np.sqrt(s[k] * p * q)
        w[:, k], h[k] = a / p * scale, b / q * scale
    w[w < 1e-6] = v.mean()
    h[h < 1e-6] = v.mean()
    return w, h


def project(stacked, channels):
    """The nearest templates that all channels share, with a gain in each: stacked, sums, gains, templates."""
    rows, components = stacked.shape
    by_channel = stacked.reshape(channels, rows // channels, components)
    sums = by_channel.sum((0, 1))
    scale = np.maximum(sums, 1e-30)
    templates, gains = by_channel.sum(0) / scale, by_channel.sum(1) / scale
    return (gains[:, None, :] * templates[None]).reshape(rows, components), sums, gains, templates


def ntf(v, w, h, channels):
    """Lowers the Kullback-Leibler divergence of v from templates x gains x activations."""
    sums = w.sum(0)
    w, h = w / sums, h * sums[:, None]
    w = project(w, channels)[0]
    for _ in range(ITERATIONS):
        h *= w.T @ (v / (w @ h + 1e-12))
        w, sums, _, _ = project(w * ((v / (w @ h + 1e-12)) @ h.T), channels)
        h *= (sums / np.maximum(h.sum(1), 1e-30))[:, None]
        w = np.maximum(w, 1e-15)
    _, _, gains, templates = project(w, channels)
    return templates, h, gains


def atoms(parts):
    """Templates, activations and gains of all atoms, and what each shares with each part."""
    mix = spectra(sum(parts))
    channels, bins, frames = mix.shape
    v = np.abs(mix).reshape(-1, frames).astype(np.float32)
    found = [ntf(v, *nndsvda(v, run * len(parts)), channels) for run in RUNS]
    w = np.concatenate([templates for templates, _, _ in found], 1)
    h = np.concatenate([activations for _, activations, _ in found], 0)
    g = np.concatenate([gains for _, _, gains in found], 1)
    stacked = (g[:, None, :] * w[None]).reshape(-1, w.shape[1])
    inverse = 1 / (stacked @ h + 1e-12)
    # All bins but the first and the last stand for two.
    weight = np.full((channels * bins, 1), 2, np.float32)
    weight[::bins] = weight[bins - 1 :: bins] = 1
    shared = np.zeros((w.shape[1], len(parts)))
    flat = mix.reshape(-1, frames)
    for j, sound in enumerate(parts):
        true = spectra(sound).reshape(-1, frames)
        product = (np.real(flat * np.conj(true)) * inverse * weight).astype(np.float32)
        shared[:, j] = np.einsum("fa,fn,an->a", stacked, product, h, optimize=True)
    return dict(W=w, H=h, G=g, XS=shared)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("soundfont")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=260)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for seed in range(arguments.count):
        path = arguments.folder / f"{seed:04}.npz"
        if not path.exists():
            _, parts = mixture(arguments.soundfont, seed)
            np.savez(path, **atoms(parts))
            print(path.name, flush=True)


if __name__ == "__main__":
    main()
