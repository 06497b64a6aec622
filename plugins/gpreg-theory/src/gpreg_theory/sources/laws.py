"""Probability laws: a density on the line, or masses on points of any dimension."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpreg.errors import UsageError

Array = NDArray[np.float64]

QUANTILES = (1e-6, 1e-3, 0.1, 0.5)
"""The quantiles at which quadrature cuts the line for a frozen distribution; the last three also from above."""
TOTAL = 1e-6
"""The sum of masses may differ from 1 by this much."""
MOST_ATOMS = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Density:
    """A law on the line that has a density.

    Args:
        log_density: a function of ``(N,)`` points that gives ``(N,)`` values of log p, ``-inf`` where p vanishes.
        support: the interval outside of which p vanishes; either end may be infinite.
        breakpoints: points where p is not smooth, and points in every region that has mass, such as the modes. A
            singularity is best put at 0, because elsewhere floats are too coarse to come near it.
        positive: whether p > 0 inside the support, so that ``-inf`` there is an underflow and not a hole.
    """

    log_density: Callable[[Array], Any]
    support: tuple[float, float] = (-np.inf, np.inf)
    breakpoints: Sequence[float] = ()
    positive: bool = False

    def __post_init__(self) -> None:
        low, high = self.support
        if not low < high:
            raise UsageError(f"the support is ({low:g}, {high:g}); its first end must be less than its second")

    def log_mass(self, points: Array) -> Array:
        """``(N,)`` values of log p at ``(N,)`` points."""
        low, high = self.support
        inside = (points >= low) & (points <= high)
        values = np.full(points.shape, -np.inf)
        values[inside] = self.log_density(points[inside])
        return values

    @property
    def cuts(self) -> tuple[float, ...]:
        """The finite points at which quadrature cuts the line; at least one."""
        ends = [end for end in self.support if np.isfinite(end)]
        return (*ends, *self.breakpoints) or (0.0,)


@dataclass(frozen=True, kw_only=True, eq=False)
class Atoms:
    """A law of finitely many points.

    It can also be a density on a quadrature grid: with masses ``w_i p(x_i)`` its divergences are those of p up to the
    error of the quadrature, in any dimension.

    Args:
        points: ``(N,)`` or ``(N, d)``; the masses of a point that is given several times are added.
        masses: ``(N,)``, at least 0, with sum 1; by default equal, as for samples.

    Raises:
        UsageError: shapes do not fit, values are not finite, or masses are negative or do not add up to 1.
    """

    points: ArrayLike
    masses: ArrayLike | None = None

    def __post_init__(self) -> None:
        points = np.asarray(self.points, dtype=np.float64)
        if points.ndim not in {1, 2} or not len(points):
            raise UsageError(f"points have shape {points.shape}; it must be (N,) or (N, d), of at least one point")
        given = np.full(len(points), 1 / len(points)) if self.masses is None else self.masses
        masses = np.asarray(given, dtype=np.float64)
        if masses.shape != points.shape[:1]:
            raise UsageError(f"masses have shape {masses.shape}; for these points it must be {points.shape[:1]}")
        if not np.isfinite(points).all() or not (masses >= 0).all():
            raise UsageError("points must be finite, and masses at least 0")
        if abs(masses.sum() - 1) > TOTAL:
            raise UsageError(
                f"the masses add to {masses.sum():.9g} and not to 1",
                remedy="divide them by their sum, or refine the grid that they come from",
            )
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "masses", masses)

    @cached_property
    def _merged(self) -> tuple[Array, Array]:
        atoms, place = np.unique(np.asarray(self.points), axis=0, return_inverse=True)
        weights: Array = np.bincount(place.reshape(-1), weights=np.asarray(self.masses)).astype(np.float64)
        return atoms, weights

    @property
    def atoms(self) -> Array:
        """``(K,)`` or ``(K, d)``, the points in ascending order, each once."""
        return self._merged[0]

    @property
    def weights(self) -> Array:
        """``(K,)``, the masses of the atoms."""
        return self._merged[1]

    def log_mass(self, points: Array) -> Array:
        """``(N,)`` logarithms of the masses at ``(N,)`` or ``(N, d)`` points; ``-inf`` off the atoms."""
        with np.errstate(divide="ignore"):
            logarithms = np.log(self.weights)
        return np.array([logarithms[self._place[key]] if key in self._place else -np.inf for key in _keys(points)])

    @cached_property
    def _place(self) -> dict[tuple[float, ...], int]:
        return {key: place for place, key in enumerate(_keys(self.atoms))}


@dataclass(frozen=True, kw_only=True, eq=False)
class Counted:
    """A frozen discrete distribution of scipy, whose logarithms are exact even where its masses underflow."""

    frozen: Any

    @cached_property
    def atoms(self) -> Array:
        """``(K,)``, from the first to the last point whose mass and tail a float can hold."""
        low, high = (float(end) for end in self.frozen.support())
        first = low if np.isfinite(low) else self._last(-1, self.frozen.cdf)
        last = high if np.isfinite(high) else self._last(1, self.frozen.sf)
        if not last - first < MOST_ATOMS:
            raise UsageError(
                f"the distribution has more than {MOST_ATOMS:,} points", remedy="name those that matter, with Atoms"
            )
        return np.arange(first, last + 1)

    def _last(self, direction: int, tail: Callable[[float], float]) -> float:
        """A point beyond which the tail is too small for a float, at most twice as far as the first such point."""
        middle, far = float(self.frozen.median()), 8.0
        while tail(middle + direction * far) > 1e-300 and far < MOST_ATOMS:
            far *= 2
        return middle + direction * far

    @property
    def weights(self) -> Array:
        """``(K,)``, the masses of the atoms."""
        weights: Array = np.asarray(self.frozen.pmf(self.atoms), dtype=np.float64)
        return weights

    def log_mass(self, points: Array) -> Array:
        """``(N,)`` logarithms of the masses at ``(N,)`` points."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.frozen.logpmf(points), dtype=np.float64)


Law = Density | Atoms | Counted


def law(given: Any) -> Law:
    """Make a law of what was given.

    Args:
        given: a frozen distribution of ``scipy.stats``, continuous or discrete, a :class:`Density` or :class:`Atoms`.

    Raises:
        UsageError: it is none of these. A bare array is refused, because it may mean masses or samples.
    """
    if isinstance(given, Density | Atoms | Counted):
        return given
    if callable(getattr(given, "logpmf", None)) and callable(getattr(given, "support", None)):
        try:
            given.logpmf(0.0)
        except AttributeError:  # a frozen continuous distribution has the method but no masses
            pass
        else:
            return Counted(frozen=given)
    if callable(getattr(given, "logpdf", None)) and callable(getattr(given, "support", None)):
        low, high = (float(end) for end in given.support())
        cuts = [*given.ppf(QUANTILES), *given.isf(QUANTILES[:-1])]
        inner = [float(cut) for cut in cuts if low < cut < high]
        return Density(log_density=given.logpdf, support=(low, high), breakpoints=inner, positive=True)
    raise UsageError(
        f"{type(given).__name__} is not a probability law on its own",
        remedy="give scipy.stats.norm(0, 1), Density(log_density=..., support=...), or Atoms(points=..., masses=...)",
    )


def _keys(points: Array) -> list[tuple[float, ...]]:
    return [tuple(row) for row in np.reshape(points, (len(points), -1)).tolist()]
