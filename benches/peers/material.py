"""What all peers are given: sound, spectrogram, start; and the divergence they are judged by."""
from math import gcd

import numpy as np
import soundfile
from scipy import fft, signal

RATE = 44_100


def sound(path, seconds):
    """Any recording as RATE Hz stereo of the given length (samples x 2), repeated if shorter."""
    samples, rate = soundfile.read(path, always_2d=True)
    if rate != RATE:
        common = gcd(rate, RATE)
        samples = signal.resample_poly(samples, RATE // common, rate // common)
    if samples.shape[1] == 1:
        # A second channel that differs: a later and softer copy of the first.
        samples = np.hstack([samples, 0.8 * np.roll(samples, RATE // 100, axis=0)])
    wanted = round(seconds * RATE)
    repeats = -(-wanted // len(samples))
    return np.tile(samples[:, :2], (repeats, 1))[:wanted]


def write_wav(path, samples):
    soundfile.write(path, np.clip(samples, -1, 1 - 2**-15), RATE, subtype="PCM_16")


def spectrogram(samples, size=2048, hop=512):
    """|STFT| of the mono mix, periodic Hann, centred frames, zero padding; float32, F x N."""
    mono = np.pad(samples.mean(axis=1), size // 2)
    window = signal.get_window("hann", size)
    frames = np.lib.stride_tricks.sliding_window_view(mono, size)[::hop]
    return np.abs(fft.rfft(frames * window, axis=1)).T.astype(np.float32)


def start(v, k, seed=1):
    """Uniform random templates and activations whose product has about the mean of V."""
    random = np.random.default_rng(seed)
    w = random.uniform(0.1, 1.0, (v.shape[0], k))
    h = random.uniform(0.1, 1.0, (k, v.shape[1]))
    scale = np.sqrt(v.mean(dtype=np.float64) / (w @ h).mean())
    return (w * scale).astype(np.float32), (h * scale).astype(np.float32)


def divergence(v, w, h, block=512):
    """Generalised Kullback-Leibler divergence D(V | WH), in float64."""
    w, h = np.asarray(w, np.float64), np.asarray(h, np.float64)
    total = 0.0
    for a in range(0, v.shape[1], block):
        vb = v[:, a:a + block].astype(np.float64)
        model = w @ h[:, a:a + block]
        sounding = vb > 0
        logs = np.log(vb[sounding] / np.maximum(model[sounding], 1e-30))
        total += (vb[sounding] * logs).sum() - vb.sum() + model.sum()
    return float(total)
