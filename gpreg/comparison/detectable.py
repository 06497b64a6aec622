"""What a number of seeds could have shown at all."""

import math

from scipy import optimize, stats

from gpreg.comparison.permutation import EXACT

POWER = 0.8
"""How probable it is that a difference of the smallest detectable size would have been found."""


def smallest_p(n_a: int, n_b: int, *, paired: bool) -> float:
    """The smallest two-sided p-value that a permutation test of so many runs can reach.

    >>> smallest_p(3, 3, paired=True), smallest_p(3, 3, paired=False)
    (0.25, 0.1)
    """
    possible = 2**n_a if paired else math.comb(n_a + n_b, n_a)
    return min(1.0, 2 / (possible if possible <= EXACT else EXACT + 1))


def decides(n_a: int, n_b: int, *, paired: bool, level: float) -> bool:
    """Whether a permutation test of so many runs can reach ``level`` at all.

    >>> decides(5, 5, paired=True, level=0.05), decides(5, 5, paired=False, level=0.05)
    (False, True)
    """
    return smallest_p(n_a, n_b, paired=paired) <= level * (1 + 1e-9)


def seeds_needed(pairs: int, level: float, *, paired: bool) -> int:
    """The fewest seeds a row with which a test can reach ``level`` after Holm's correction for so many pairs.

    >>> seeds_needed(3, 0.05, paired=True), seeds_needed(3, 0.05, paired=False)
    (7, 5)
    """
    n = 2
    while 2 * pairs / (2**n if paired else math.comb(2 * n, n)) > level:
        n += 1
    return n


def detectable(error: float, freedom: float, level: float) -> float:
    """The smallest true difference that a t test finds with a probability of 80 %.

    Args:
        error: the standard error of the difference.
        freedom: its degrees of freedom.
        level: of the two-sided test, after a correction for the number of tests.
    """
    critical = float(stats.t.ppf(1 - level / 2, freedom))
    highest = 4.0 + 4 * critical
    shift = optimize.brentq(lambda nc: float(stats.nct.sf(critical, freedom, nc)) - POWER, 1e-9, highest)
    return float(shift) * error
