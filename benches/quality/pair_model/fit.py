"""Fits boosted trees to pairs of atoms: fit.py FOLDER --out JSON, on what atoms.py has written.

First it holds back the last quarter of the mixtures and says how well the model tells pairs there; then it fits all.
"""

import argparse
import json
import pathlib
import re

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score

from measures import features, pairs, weights

SOURCE = pathlib.Path(__file__).resolve().parents[3] / "src/separation/grouping/pairs.rs"


def names():
    """The measures that the program asks for, in its order."""
    listed = SOURCE.read_text().split("NAMES: [")[1].split("];")[0]
    return re.findall(r'"(\w+)"', listed)


def examples(path, wanted):
    """Each pair twice: as one source with the chance that it is one, and as two with the rest."""
    case = np.load(path)
    w, g = case["W"], case["G"]
    d = features(w, case["H"], g)
    measured = pairs(w, g, d)
    shared = np.maximum(case["XS"], 0)
    truth = shared / np.maximum(shared.sum(1, keepdims=True), 1e-9)
    i, j = np.triu_indices(len(truth), 1)
    loud = weights(d, 0.5)
    counts = loud[i] * loud[j]
    counts /= counts.sum()
    same = (truth[i] * truth[j]).sum(1)
    x = np.stack([measured[name] for name in wanted], 2)[i, j]
    return x, counts * same, counts * (1 - same)


def dataset(cases):
    x, y, s = [], [], []
    for measured, same, other in cases:
        x += [measured, measured]
        y += [np.ones(len(measured)), np.zeros(len(measured))]
        s += [same, other]
    return np.concatenate(x), np.concatenate(y), np.concatenate(s) * 1000


def fitted(cases):
    x, y, s = dataset(cases)
    model = HistGradientBoostingClassifier(max_iter=110, max_leaf_nodes=12, learning_rate=0.08, l2_regularization=1,
                                           random_state=0, early_stopping=False)
    return model.fit(x, y, sample_weight=s)


def written(model, wanted):
    """The model as the program reads it."""
    trees = []
    for [predictor] in model._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        values = np.where(leaf, nodes["value"], nodes["num_threshold"])
        trees.append({
            "measure": [-1 if is_leaf else int(k) for is_leaf, k in zip(leaf, nodes["feature_idx"])],
            "value": [float(f"{value:.4g}") for value in values],
            "left": nodes["left"].tolist(),
            "right": nodes["right"].tolist(),
        })
    everything = {"names": wanted, "baseline": float(np.ravel(model._baseline_prediction)[0]), "trees": trees}
    return json.dumps(everything, separators=(",", ":")).replace('{"measure"', '\n{"measure"') + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    wanted = names()
    cases = [examples(path, wanted) for path in sorted(arguments.folder.glob("*.npz"))]
    cut = len(cases) * 3 // 4
    x, y, s = dataset(cases[cut:])
    chance = fitted(cases[:cut]).predict_proba(x)[:, 1]
    auc, loss = roc_auc_score(y, chance, sample_weight=s), log_loss(y, chance, sample_weight=s)
    print(f"{len(cases) - cut} mixtures held back: area under the curve {auc:.3f}, log loss {loss:.3f}")
    arguments.out.write_text(written(fitted(cases), wanted))
    print(f"{arguments.out}: fitted on {len(cases)} mixtures")


if __name__ == "__main__":
    main()
