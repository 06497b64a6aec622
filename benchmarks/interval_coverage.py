"""How often intervals of a few seeds cover the truth: those that are used, and the bootstraps that are not.

Usage: python benchmarks/interval_coverage.py [repetitions]
"""

import sys
import warnings

import numpy as np
from scipy import integrate, stats

from gpreg.comparison.interval import Interval, of_interquartile_mean, of_median

LAWS = {"normal": stats.norm(), "skewed": stats.lognorm(1.0)}
SEEDS = (3, 5, 10)


def interquartile_mean(law: object, n: int) -> float:
    """Of a law, what the estimate of ``n`` seeds aims at: the mean of the order statistics that are kept."""
    kept = range(n // 4 + 1, n - n // 4 + 1)
    means = [
        integrate.quad(lambda u, k=k: law.ppf(u) * stats.beta(k, n + 1 - k).pdf(u), 0, 1)[0]  # type: ignore[attr-defined]  # mypy does not see beta
        for k in kept
    ]
    return float(np.mean(means))


def bootstrapped(values: np.ndarray, method: str, rng: np.random.Generator) -> tuple[float, float]:
    """The interquartile mean's 95 % interval by scipy's bootstrap."""
    found = stats.bootstrap(
        (values,),
        lambda x, axis: stats.trim_mean(x, 0.25, axis=axis),
        n_resamples=499,
        method=method,
        random_state=rng,
        vectorized=True,
    ).confidence_interval
    return float(found.low), float(found.high)


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    warnings.simplefilter("ignore", RuntimeWarning)  # scipy's, of samples without spread
    print(
        "| scores | seeds | median, range | promised | interquartile mean, t | percentile bootstrap | BCa bootstrap |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, law in LAWS.items():
        for n in SEEDS:
            rng = np.random.default_rng(n)
            target = interquartile_mean(law, n)
            hits, promised = np.zeros(4), 0.0
            for _ in range(repetitions):
                values = law.rvs(n, random_state=rng)
                median, middle = of_median(values, 0.95), of_interquartile_mean(values, 0.95)
                assert isinstance(median, Interval)
                assert isinstance(middle, Interval)
                promised = median.coverage
                hits[0] += median.low <= law.median() <= median.high
                hits[1] += middle.low <= target <= middle.high
                for index, method in ((2, "percentile"), (3, "BCa")):
                    low, high = bootstrapped(values, method, rng)
                    hits[index] += low <= target <= high
            shares = [f"{share:.1%}" for share in hits / repetitions]
            print(f"| {name} | {n} | {shares[0]} | {promised:.1%} | {' | '.join(shares[1:])} |")


if __name__ == "__main__":
    main()
