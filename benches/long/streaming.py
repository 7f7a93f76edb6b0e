"""The streaming factorizations of others, each run in a process of its own.

    python streaming.py NAME V.bin FOLDER SEED SETTINGS

V.bin holds magnitudes (float32, one frame after the other), FOLDER the start as w.npy and h.npy (bins × K,
K × frames), SETTINGS the arguments of the peer as JSON. Writes wo.npy, and ho.npy where the peer finds
activations, into FOLDER, and prints the seconds of the factorization alone.

Every peer is a function (path, w, h, seed, **settings) -> (w, h or None).
"""
import importlib
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

# Updates of the activations of each batch, and of all frames in the end.
BATCH_UPDATES, LAST_UPDATES = 5, 50


def blocks(path, bins, size):
    with open(path, "rb") as file:
        while (values := np.fromfile(file, np.float32, size * bins)).size:
            yield values.reshape(-1, bins)


def whole(path, bins):
    return np.fromfile(path, np.float32).reshape(-1, bins)


def default(path, w, h, seed):
    """Everything as it comes, but for the divergence."""
    from sklearn.decomposition import MiniBatchNMF
    model = MiniBatchNMF(w.shape[1], beta_loss="kullback-leibler", random_state=seed)
    h = model.fit_transform(whole(path, len(w))).T
    return model.components_.T, h


def fit(path, w, h, seed, batch, passes, forget):
    """The spectrogram and all activations in memory, one update of them in each pass."""
    from sklearn.decomposition import MiniBatchNMF
    model = MiniBatchNMF(w.shape[1], init="custom", beta_loss="kullback-leibler", batch_size=batch, max_iter=passes,
                         forget_factor=forget, tol=0.0, max_no_improvement=None)
    h = model.fit_transform(whole(path, len(w)), W=h.T.copy(), H=w.T.copy()).T
    return model.components_.T, h


def partial_fit(path, w, h, seed, batch, passes, forget):
    """Batch after batch from the file; the activations are found again in each pass."""
    from sklearn.decomposition import MiniBatchNMF
    # A batch is all that partial_fit knows of: it would forget as much after each as fit does after a pass.
    model = MiniBatchNMF(w.shape[1], init="custom", beta_loss="kullback-leibler", batch_size=batch,
                         forget_factor=forget ** (batch / h.shape[1]), tol=0.0,
                         fresh_restarts_max_iter=BATCH_UPDATES, transform_max_iter=LAST_UPDATES)
    first = {"W": h.T[:batch].copy(), "H": w.T.copy()}
    for _ in range(passes):
        for block in blocks(path, len(w), batch):
            model.partial_fit(block, **first)
            first = {}
    h = np.vstack([model.transform(block) for block in blocks(path, len(w), batch)]).T
    return model.components_.T, h


class Documents:
    """Frames as gensim streams them: lists of places and values."""

    def __init__(self, path, bins, frames):
        self.path, self.bins, self.frames = path, bins, frames

    def __len__(self):
        return self.frames

    def __iter__(self):
        for block in blocks(self.path, self.bins, 64):
            for frame in block:
                yield list(enumerate(frame.tolist()))


def gensim(corpus, w, seed, batch, passes):
    from gensim.models.nmf import Nmf
    model = Nmf(corpus, num_topics=w.shape[1], id2word={i: str(i) for i in range(len(w))}, chunksize=batch,
                passes=passes, eval_every=None, normalize=False, random_state=seed)
    return model.get_topics().T, None


def gensim_matrix(path, w, h, seed, batch, passes):
    from scipy.sparse import csc_matrix
    bins, frames = len(w), h.shape[1]
    # Made of its parts, zeros included: scipy's own way from a full matrix takes twice the memory.
    places = np.tile(np.arange(bins, dtype=np.int32), frames)
    ends = np.arange(0, bins * frames + 1, bins, dtype=np.int32)
    v = csc_matrix((np.fromfile(path, np.float32), places, ends), (bins, frames))
    return gensim(v, w, seed, batch, passes)


def gensim_documents(path, w, h, seed, batch, passes):
    return gensim(Documents(path, len(w), h.shape[1]), w, seed, batch, passes)


# What is imported before the clock starts, and the function.
PEERS = {
    "default": ("sklearn.decomposition", default),
    "fit": ("sklearn.decomposition", fit),
    "partial_fit": ("sklearn.decomposition", partial_fit),
    "gensim_matrix": ("gensim.models.nmf", gensim_matrix),
    "gensim_documents": ("gensim.models.nmf", gensim_documents),
}


def main():
    name, path, folder, seed, settings = sys.argv[1:]
    warnings.simplefilter("ignore")
    folder = Path(folder)
    w, h = np.load(folder / "w.npy"), np.load(folder / "h.npy")
    package, peer = PEERS[name]
    importlib.import_module(package)
    began = time.perf_counter()
    w, h = peer(path, w, h, int(seed), **json.loads(settings))
    print(time.perf_counter() - began)
    np.save(folder / "wo.npy", w)
    if h is not None:
        np.save(folder / "ho.npy", h)


if __name__ == "__main__":
    main()
