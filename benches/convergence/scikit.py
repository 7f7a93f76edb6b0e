"""scikit-learn on one thread: divergence over seconds of processor time."""
import time
import warnings

import numpy as np
from threadpoolctl import threadpool_limits

from material import divergence, start

warnings.simplefilter("ignore")
STEP = 20


def multiplicative(v, k, seed, iterations):
    """Points of seconds, iterations and divergence; the last one is that of one call on its own."""
    from sklearn.decomposition import non_negative_factorization

    def go_on(w, h, count):
        began = time.process_time()
        w, h, _ = non_negative_factorization(
            v, W=w.copy(), H=h.copy(), n_components=k, init="custom", solver="mu",
            beta_loss="kullback-leibler", tol=0.0, max_iter=count)
        return w, h, time.process_time() - began

    with threadpool_limits(1):
        w, h = start(v, k, seed)
        go_on(w, h, 1)
        *_, whole = go_on(w, h, iterations)
        points, seconds = [], 0.0
        for done in range(STEP, iterations + 1, STEP):
            w, h, more = go_on(w, h, STEP)
            seconds += more
            points.append([seconds, done, divergence(v, w, h)])
    # The same steps in one call have less to set up.
    scale = min(1.0, whole / seconds)
    return [[t * scale, i, d] for t, i, d in points]


def mini_batch(v, k, seed, passes):
    from sklearn.decomposition import MiniBatchNMF
    frames = np.ascontiguousarray(v.T)
    w, h = start(v, k, seed)
    points = []
    with threadpool_limits(1):
        for count in passes:
            model = MiniBatchNMF(k, init="custom", beta_loss="kullback-leibler", tol=0.0,
                                 max_no_improvement=None, max_iter=count, random_state=seed)
            began = time.process_time()
            activations = model.fit_transform(frames, W=h.T.copy(), H=w.T.copy())
            seconds = time.process_time() - began
            points.append([seconds, count, divergence(v, model.components_.T, activations.T)])
    return points
