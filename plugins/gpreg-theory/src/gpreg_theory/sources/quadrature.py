"""Integrals over a line, maybe infinite, of functions that may be singular where the line is cut."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from gpreg.errors import GpregError

Array = NDArray[np.float64]

ORDER = 16
FAR = 200.0
"""How many e-folds of distance are followed from a cut: to 1e87 times the scale, or 1e-87 where floats allow."""
SLOWEST = 1e-3
"""A tail that loses less than this fraction of its weight in an e-fold counts as not integrable."""
BACK = 2.0
"""The number of e-folds over which the fall of a tail is measured, more than rounding errors at a cut reach."""
REFINEMENTS = 9

_POINTS, _WEIGHTS = legendre.leggauss(ORDER)
_UP_TO: Array = legendre.legval(_POINTS, legendre.legint(np.eye(ORDER), lbnd=-1)).T @ np.linalg.inv(
    legendre.legvander(_POINTS, ORDER - 1)
)
"""The matrix that integrates the interpolating polynomial from -1 to each node."""


@dataclass(frozen=True, kw_only=True)
class _Run:
    """Windows from a cut, or from infinity, to the middle of a stretch, of equal length in the log of the distance.

    Attributes:
        cut: the point from which the distance is measured.
        towards: +1 if the stretch lies right of the cut, -1 if left.
        near, far: the least and the largest distance.
        open_at: the end at which it goes on: ``"near"`` to the cut itself, ``"far"`` to infinity, ``""`` at neither.
    """

    cut: float
    towards: int
    near: float
    far: float
    open_at: str

    def edges(self, step: float) -> Array:
        if self.near == 0:
            return np.array([0.0, self.far])
        folds = float(np.log(self.far) - np.log(self.near))
        return np.geomspace(self.near, self.far, max(int(np.ceil(folds / step)), 2) + 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """Gauss-Legendre quadrature on windows that are graded towards every cut and towards infinity.

    Functions must be analytic between the cuts and behave like powers, perhaps with logarithms, at the cuts and at
    infinity. In the logarithm of the distance such a function is smooth and decays geometrically, so that what lies
    beyond the last window is the rest of a geometric series. If the series does not fall the integral is infinite.

    Args:
        cuts: finite points in ascending order, where functions are singular or change their scale.
        left, right: whether the line goes on to infinity on that side.
        step: the length of a window, in e-folds of distance.
    """

    cuts: tuple[float, ...]
    left: bool = True
    right: bool = True
    step: float = 2.0

    @cached_property
    def _windows(self) -> tuple[Array, Array, Array, Array]:
        """Nodes and weights, ``(K, n)``, in ascending order; and the e-folds of windows that are open left or right."""
        blocks = [self._window(run) for run in self._runs()]
        nodes, weights, before, after = (np.concatenate(part) for part in zip(*blocks, strict=True))
        order = np.argsort(nodes[:, 0], kind="stable")
        return nodes[order], weights[order], before[order], after[order]

    def _runs(self) -> list[_Run]:
        """The runs: two for each stretch between cuts, one for each infinity."""
        cuts = np.array(self.cuts)
        scale = float(cuts[-1] - cuts[0]) / max(len(cuts) - 1, 1) or 1.0
        beyond = np.concatenate([cuts[:1] - scale] * self.left + [cuts] + [cuts[-1:] + scale] * self.right)
        runs = []
        for a, b in zip(beyond[:-1].tolist(), beyond[1:].tolist(), strict=True):
            half = (b - a) / 2
            for cut, towards in ((a, 1), (b, -1)):
                near = max(half * float(np.exp(-FAR)), 64 * float(np.spacing(abs(cut))))
                if near < half * np.exp(-2 * BACK):
                    runs.append(_Run(cut=cut, towards=towards, near=near, far=half, open_at="near"))
                else:  # floats are too coarse here to come near a singularity
                    runs.append(_Run(cut=cut, towards=towards, near=0.0, far=half, open_at=""))
        for there, cut, towards in ((self.left, cuts[0], -1), (self.right, cuts[-1], 1)):
            if there:
                far = scale * np.exp(FAR)
                runs.append(_Run(cut=float(cut), towards=towards, near=scale, far=far, open_at="far"))
        return runs

    def _window(self, run: _Run) -> tuple[Array, Array, Array, Array]:
        edges = run.edges(self.step)
        if run.near == 0:
            low, high = edges[:-1, None], edges[1:, None]
            distance = low + (high - low) * (_POINTS + 1) / 2
            weights = np.broadcast_to((high - low) / 2 * _WEIGHTS, distance.shape)
        else:
            fold = np.diff(np.log(edges))[:, None]
            distance = edges[:-1, None] * np.exp(fold * (_POINTS + 1) / 2)
            weights = distance * fold / 2 * _WEIGHTS
        open_at = np.zeros(len(distance))
        if run.open_at:
            open_at[0 if run.open_at == "near" else -1] = fold[0, 0]
        nodes = run.cut + run.towards * distance
        outer_is_left = (run.open_at == "near") == (run.towards > 0)
        before, after = (open_at, np.zeros_like(open_at)) if outer_is_left else (np.zeros_like(open_at), open_at)
        if run.towards < 0:
            nodes, weights = nodes[:, ::-1], weights[:, ::-1]
        return nodes, weights, before, after

    @property
    def nodes(self) -> Array:
        """The nodes in ascending order, ``(K, n)``; each row is a window."""
        return self._windows[0]

    def integrate(self, values: Array) -> float:
        """Integrate a function by its values at the nodes, ``(K, n)``; the integral may be infinite."""
        sums, before, after = self._parts(values)
        return float(sums.sum() + before.sum() + after.sum())

    def cumulate(self, values: Array) -> tuple[Array, Array]:
        """The integrals from the line's left end to each node, and from each node to its right end, ``(K, n)`` each."""
        sums, before, after = self._parts(values)
        whole = sums + before + after
        inside = (values * self._windows[1] / _WEIGHTS) @ _UP_TO.T
        left = np.concatenate([[0.0], np.cumsum(whole)[:-1]]) + before
        right = np.concatenate([np.cumsum(whole[::-1])[::-1][1:], [0.0]]) + after
        return left[:, None] + inside, right[:, None] + sums[:, None] - inside

    def crossings(self, values: Array) -> Array:
        """``(C,)`` abscissae at which a function changes its sign, to the precision of its nodes.

        Changes that are too small to matter to an integral, such as rounding errors far out, do not count.
        """
        x, y = self.nodes.reshape(-1), values.reshape(-1)
        width = np.diff(x)
        size = np.abs(values * self._windows[1]).sum()
        k = np.flatnonzero((y[:-1] * y[1:] < 0) & (np.minimum(np.abs(y[:-1]), np.abs(y[1:])) * width > 1e-13 * size))
        return np.asarray(x[k] - y[k] * width[k] / (y[k + 1] - y[k]))

    def _parts(self, values: Array) -> tuple[Array, Array, Array]:
        """The integrals over each window, ``(K,)``, and over what lies beyond it if it is open left, and right."""
        _, weights, open_left, open_right = self._windows
        sums: Array = (values * weights).sum(axis=1)
        size = float(np.abs(sums[np.isfinite(sums)]).sum())
        before, after = np.zeros_like(sums), np.zeros_like(sums)
        for beyond, folds, inwards in ((before, open_left, 1), (after, open_right, -1)):
            for k in np.flatnonzero(folds):
                back = int(np.ceil(BACK / folds[k]))
                inner, outer = float(sums[k + inwards * back]), float(sums[k])
                beyond[k] = _rest(inner, outer, float(folds[k]), back, size)
        return sums, before, after


def _rest(inner: float, outer: float, folds: float, back: int, size: float) -> float:
    """The rest of a geometric series of which two terms are known; infinite if the terms do not fall.

    Terms that are rounding errors, compared with the size of the integral, do not make the rest infinite.

    Args:
        inner, outer: an earlier term, and the last one.
        folds: the e-folds of distance from one term to the next.
        back: by how many terms the two are apart.
        size: the size of the whole integral.
    """
    if not np.isfinite(outer):
        return outer
    if not inner or outer / inner <= 0:
        return 0.0
    ratio = float((outer / inner) ** (1 / back))
    if ratio < np.exp(-SLOWEST * folds):
        return outer * ratio / (1 - ratio)
    return float(np.copysign(np.inf, outer)) if abs(outer) > 1e-14 * size else 0.0


def converge(rule: Rule, quantity: Callable[[Rule], tuple[float, Any]], tolerance: float = 1e-8) -> float:
    """Refine a rule until two results in a row agree to the tolerance, relative above 1 and absolute below.

    Args:
        rule: the first rule.
        quantity: gives the result of a rule and the abscissae of kinks, at which the next rule is cut as well. Nodes
            are dense near a cut, so that each rule finds the kinks much better than the last.
        tolerance: the largest difference of two results that agree.

    Raises:
        GpregError: no two results agree.
    """
    last, value = np.nan, np.nan
    for _ in range(REFINEMENTS):
        last = value
        with np.errstate(all="ignore"):  # densities may underflow, and logarithms may be -inf
            value, kinks = quantity(rule)
        if value == last or abs(value - last) <= tolerance * max(1.0, abs(value)):
            return value
        rule = replace(rule, step=rule.step / 2, cuts=merged((*rule.cuts, *kinks)))
    raise GpregError(
        f"the integral did not settle: {last:.9g}, then {value:.9g}",
        remedy="name the points where the density is not smooth as `breakpoints`, and move a singularity to 0",
    )


def merged(points: Any) -> tuple[float, ...]:
    """The points in ascending order, without those that are as good as equal."""
    ordered = np.unique(np.asarray(points, dtype=np.float64))
    apart = np.diff(ordered) > 1e-12 * np.maximum(np.abs(ordered[1:]), np.ptp(ordered))
    return tuple(ordered[np.concatenate([[True], apart])].tolist())
