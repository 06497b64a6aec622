"""Permutation tests of whether two rows differ, exact where runs are few."""

import numpy as np
from scipy import stats

EXACT = 20_000
"""Permutations up to which all are tried; beyond, so many are drawn."""


def paired(differences: np.ndarray, seed: int) -> float:
    """Two-sided p-value of sign flips of paired differences, ``(n,)``.

    The statistic is the mean, or the sum of signed ranks if a difference is infinite because a run diverged.
    """
    if not np.isfinite(differences).all():
        differences = np.sign(differences) * stats.rankdata(np.abs(differences))
    return _p_value((differences / 2, -differences / 2), "samples", seed)


def unpaired(a: np.ndarray, b: np.ndarray, seed: int) -> float:
    """Two-sided p-value of exchanging runs between A, ``(a,)``, and B, ``(b,)``: of means, or ranks if one diverged."""
    joined = np.concatenate([a, b])
    if not np.isfinite(joined).all():
        joined = stats.rankdata(joined)
    return _p_value((joined[: len(a)], joined[len(a) :]), "independent", seed)


def _p_value(samples: tuple[np.ndarray, np.ndarray], kind: str, seed: int) -> float:
    if min(map(len, samples)) < 2:  # scipy takes two or more; of one pair, either sign is as probable
        return 1.0 if kind == "samples" else _of_one(samples)
    found = stats.permutation_test(
        samples,
        lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis),
        permutation_type=kind,
        vectorized=True,
        n_resamples=EXACT,
        random_state=np.random.default_rng(seed),
    )
    return min(1.0, float(found.pvalue))


def _of_one(samples: tuple[np.ndarray, np.ndarray]) -> float:
    """Of one run against several: twice its rank from the nearer end, ties counted against a difference."""
    one, several = sorted(samples, key=len)
    joined = np.concatenate([one, several])
    return min(1.0, 2 * min(float(np.mean(joined <= one[0])), float(np.mean(joined >= one[0]))))
