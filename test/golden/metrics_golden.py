"""Golden values for src/evaluation, by scikit-learn and SciPy. Run: python test/golden/metrics_golden.py > test/golden/metrics-golden.json

NDCG comes from sklearn.metrics.ndcg_score (which averages over ties), ranks from scipy.stats.rankdata, log-likelihoods from
scipy.special.log_softmax, tests from scipy.stats.permutation_test and binomtest, intervals from scipy.stats.bootstrap.
"""
import json

import numpy as np
from scipy.special import log_softmax
from scipy.stats import bootstrap, binomtest, permutation_test, rankdata
from sklearn.metrics import ndcg_score

rng = np.random.default_rng(2025)
CUTOFFS = [1, 3, 5, 10]


def lists():
    for row in range(24):
        scores = rng.normal(size=20).round(12)
        if row % 3 == 1:
            scores = rng.integers(0, 4, size=20).astype(float)  # many ties
        if row == 5:
            scores = np.zeros(20)  # nothing but ties
        yield scores, int(rng.integers(20))


rows = []
for scores, target in lists():
    relevant = np.zeros((1, 20))
    relevant[0, target] = 1
    lowest = int(rankdata(-scores, method="min")[target])
    highest = int(rankdata(-scores, method="max")[target])
    ranks = np.arange(lowest, highest + 1)
    metrics = {}
    for k in CUTOFFS:
        metrics[f"hitRatio@{k}"] = float((ranks <= k).mean())
        metrics[f"ndcg@{k}"] = float(ndcg_score(relevant, scores[None], k=k))
    metrics["mrr"] = float((1 / ranks).mean())
    metrics["nll"] = float(-log_softmax(scores)[target])
    rows.append({"scores": scores.tolist(), "target": target, "metrics": metrics})


def paired(first, second):
    return permutation_test(
        (first, second), lambda a, b, axis: (a - b).mean(axis=axis), permutation_type="samples", n_resamples=np.inf, vectorized=True
    ).pvalue


small = [rng.normal(0.3, 1, size=10).round(6), rng.normal(0, 1, size=10).round(6)]
column = (rng.random(300) < 0.47).astype(float)
interval = bootstrap((column,), np.mean, n_resamples=40000, method="percentile", rng=rng).confidence_interval
hits = [(rng.random(400) < 0.5).astype(float), (rng.random(400) < 0.42).astype(float)]
large = permutation_test(
    tuple(hits), lambda a, b, axis: (a - b).mean(axis=axis), permutation_type="samples", n_resamples=100000, vectorized=True, rng=rng
).pvalue
wins = int(((hits[0] == 1) & (hits[1] == 0)).sum())
losses = int(((hits[0] == 0) & (hits[1] == 1)).sum())

print(
    json.dumps(
        {
            "rows": rows,
            "exactPermutation": {"first": small[0].tolist(), "second": small[1].tolist(), "p": float(paired(*small))},
            "bootstrap": {"column": column.astype(int).tolist(), "low": float(interval.low), "high": float(interval.high)},
            "hits": {
                "first": hits[0].astype(int).tolist(),
                "second": hits[1].astype(int).tolist(),
                "permutationP": float(large),
                "wins": wins,
                "losses": losses,
                "mcNemarP": float(binomtest(wins, wins + losses, 0.5).pvalue),
            },
        }
    )
)
