"""The peers: the same factorization as others do it, each run in a process of its own.

    python peers.py NAME DIR COMPONENTS ITERATIONS

reads v.npy, w.npy and h.npy (F x N, F x K, K x N, float32) from DIR, runs the peer, writes
wo.npy and ho.npy there, and prints one line of JSON: seconds by the clock and of the processor
for the fit alone, iterations done, and the peak memory of the process. A peer whose package
cannot be imported prints {"skip": reason}.

Every peer is a function (v, w, h, k, iterations) -> (w, h, iterations done, note).
"""
import json
import os
import resource
import sys
import time
import warnings
from functools import partial

import numpy as np

TINY = np.float32(1e-10)


def plain_numpy(v, w, h, k, iterations):
    """Lee & Seung's updates, as one writes them down."""
    w, h = w.copy(), h.copy()
    for _ in range(iterations):
        h *= (w.T @ (v / np.maximum(w @ h, TINY))) / w.sum(axis=0)[:, None]
        w *= ((v / np.maximum(w @ h, TINY)) @ h.T) / h.sum(axis=1)
    return w, h, iterations, "float32"


def blocked_numpy(v, w, h, k, iterations, block=64, dtype=np.float32):
    """The same updates in one pass over V, by blocks of frames that stay in the cache.

    A block's activations are updated and at once used for the numerator of the templates, in
    buffers that are made once. This is as far as numpy goes.
    """
    bins, frames = v.shape
    tiny = dtype(TINY)
    v = np.ascontiguousarray(v.T, dtype)  # one frame a row
    h = np.ascontiguousarray(h.T, dtype)
    w = np.ascontiguousarray(w.T, dtype)  # one template a row
    ratio = np.empty((block, bins), dtype)
    numerator, part = np.empty_like(w), np.empty_like(w)
    update = np.empty((block, k), dtype)
    for _ in range(iterations):
        templates_sum = np.maximum(w.sum(axis=1), tiny)
        numerator[:] = 0
        for a in range(0, frames, block):
            vb, hb = v[a:a + block], h[a:a + block]
            rb, ub = ratio[:len(hb)], update[:len(hb)]
            np.matmul(hb, w, out=rb)
            np.maximum(rb, tiny, out=rb)
            np.divide(vb, rb, out=rb)
            np.matmul(rb, w.T, out=ub)
            ub /= templates_sum
            hb *= ub
            np.matmul(hb, w, out=rb)
            np.maximum(rb, tiny, out=rb)
            np.divide(vb, rb, out=rb)
            np.matmul(hb.T, rb, out=part)
            numerator += part
        numerator /= np.maximum(h.sum(axis=0), tiny)[:, None]
        w *= numerator
    return w.T, h.T, iterations, f"{np.dtype(dtype)}, {block} frames a block"


def scikit_learn(v, w, h, k, iterations):
    from sklearn.decomposition import non_negative_factorization
    w, h, done = non_negative_factorization(
        v, W=w.copy(), H=h.copy(), n_components=k, init="custom", solver="mu",
        beta_loss="kullback-leibler", tol=0.0, max_iter=iterations)
    return w, h, done, f"{w.dtype}, W before H"


def librosa_default(v, w, h, k, iterations):
    import librosa
    from sklearn.decomposition import NMF
    # What decompose makes itself by default; made here so that its iterations can be read.
    model = NMF(n_components=k)
    w, h = librosa.decompose.decompose(v, transformer=model)
    return w, h, model.n_iter_, "Frobenius, coordinate descent; own start and stop"


def librosa_kl(v, w, h, k, iterations):
    import librosa
    w, h = librosa.decompose.decompose(
        v, n_components=k, solver="mu", beta_loss="kullback-leibler", init="random",
        random_state=0, tol=0.0, max_iter=iterations)
    return w, h, iterations, "own random start"


def torchnmf(v, w, h, k, iterations):
    import torch
    from torchnmf.nmf import NMF
    # torchnmf has V ~ H W^T with one frame a row.
    model = NMF(W=torch.from_numpy(w.copy()), H=torch.from_numpy(h.T.copy()))
    done = model.fit(torch.from_numpy(v.T.copy()), beta=1, tol=-1e30, max_iter=iterations)
    w, h = model.W.detach().numpy(), model.H.detach().numpy().T
    return w, h, done, f"{w.dtype}, torch {torch.__version__}"


PEERS = {
    "scikit-learn": scikit_learn, "torchnmf": torchnmf, "librosa-kl": librosa_kl,
    "librosa-default": librosa_default, "numpy": plain_numpy,
    # Small blocks suit few components and large ones many: the faster one counts.
    "numpy-blocked-64": partial(blocked_numpy, block=64),
    "numpy-blocked-256": partial(blocked_numpy, block=256),
}


def peak_mib():
    """Peak of this process alone; ru_maxrss would count the pages of its parent too."""
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    name, folder, k, iterations = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    warnings.simplefilter("ignore")
    v, w, h = (np.load(os.path.join(folder, f"{m}.npy")) for m in "vwh")
    peer = PEERS[name]
    try:
        # A small fit first: imports, thread pools and compilation are not what is compared.
        peer(v[:, :64].copy(), w, h[:, :64].copy(), k, 2)
    except ImportError as error:
        print(json.dumps({"skip": str(error)}))
        return
    processor, clock = processor_seconds(), time.perf_counter()
    w, h, done, note = peer(v, w, h, k, iterations)
    clock, processor = time.perf_counter() - clock, processor_seconds() - processor
    peak = peak_mib()
    np.save(os.path.join(folder, "wo.npy"), np.asarray(w))
    np.save(os.path.join(folder, "ho.npy"), np.asarray(h))
    print(json.dumps({"wall_s": clock, "cpu_s": processor, "iterations": int(done),
                      "peak_mib": peak, "note": note}))


if __name__ == "__main__":
    main()
