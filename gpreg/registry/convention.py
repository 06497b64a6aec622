"""One way to write the penalty's coefficient: whose it is, and how it is converted."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from gpreg.errors import UsageError

_SAME_POINTS = {"wgan-gp": "gp"}
"""Measures that draw the same points under two names, which differ in their own form."""


@dataclass(frozen=True, kw_only=True)
class Convention:
    """One way to write the coefficient.

    Attributes:
        name: what people call it: a symbol such as ``"lambda"``, or the paper or code base, such as ``"R3GAN"``.
        symbol: what is written for the number.
        term: the penalty, written with that symbol.
        factor: the number for which ``rho = factor * number``, or ``factor * number * sigma^2`` with a sigma.
        source: the paper and its equation, or the repository, file and line.
        aliases: further names.
        sigma: of approximate R1, where two numbers make the coefficient: the size of its noise, unless one is given.
        measure, form: names of the measure and form that it is about; ``None``: of any.
        of: whether the gradient is that of the critic's output, ``"logit"``, or of its ``"sigmoid"``.
        every: the penalty is computed in each so many steps; gpreg's own ``every`` has this as a weight.
        default: the number that the source itself uses.
        note: what else one must know.

    >>> from gpreg.registry.coefficient import convention
    >>> lazy = convention("stylegan3")
    >>> lazy.name, lazy.rho(10), lazy.measure, lazy.every
    ('StyleGAN3', 10.0, 'pd', 16)
    """

    name: str
    symbol: str
    term: str
    factor: float
    source: str
    aliases: tuple[str, ...] = ()
    sigma: float | None = None
    measure: str | None = None
    form: str | None = None
    of: str = "logit"
    every: int = 1
    default: float | None = None
    note: str = ""

    @property
    def general(self) -> bool:
        """Whether it is but a way to write: of any measure and form."""
        return self.measure is None and self.form is None

    @property
    def formula(self) -> str:
        """How rho follows from the number: ``"rho = 2 weight sigma^2"``."""
        factor = "" if self.factor == 1 else f"{self.factor:g} "
        return f"rho = {factor}{self.symbol}{' sigma^2' if self.sigma else ''}"

    def rho(self, number: float, sigma: float | None = None) -> float:
        """The coefficient in normal form that this convention's number, and its sigma, mean.

        Raises:
            UsageError: a number is impossible, or there is one too many.
        """
        size = self._size(sigma)
        return _finite(self.factor * _checked(number, self.symbol) * size * size, f"rho of {self.name}")

    def number(self, rho: float, sigma: float | None = None) -> float:
        """What this convention writes for a coefficient, with its own sigma or a given one; see :meth:`rho`.

        Raises:
            UsageError: a number is impossible, or there is one too many.
        """
        size = self._size(sigma)
        return _finite(_checked(rho, "rho") / self.factor / size / size, f"{self.symbol} of {self.name}")

    def written(self, rho: float, sigma: float | None = None) -> str:
        """A coefficient as this convention writes it: ``"gamma = 10"``, ``"weight = 100, sigma = 0.1"``."""
        second = f", sigma = {self._size(sigma):.12g}" if self.sigma else ""
        return f"{self.symbol} = {self.number(rho, sigma):.12g}{second}"

    def fits(self, measure: str | Collection[str] | None, form: str | None, of: str | None = "logit") -> bool:
        """Whether it is about such a penalty: ``None`` is any, and of a measure's several names one must fit."""
        measures = None if measure is None else {_points(name) for name in _names(measure)}
        return (
            (self.general or of in (None, self.of))
            and (measures is None or self.measure is None or _points(self.measure) in measures)
            and (form is None or self.form in (None, form))
        )

    def _size(self, sigma: float | None) -> float:
        """The sigma, or 1 without one."""
        if self.sigma is None:
            if sigma is not None:
                raise UsageError(
                    f"{self.name} has one number, {self.symbol}, and no sigma",
                    remedy=f"write for example {self.name}={self.default or 10:g}",
                )
            return 1.0
        size = self.sigma if sigma is None else sigma
        if not 0 < size < math.inf:
            raise UsageError(
                f"sigma of {self.name} is {size!r}; it must be a finite number > 0",
                remedy=f"write for example {self.name}=100,0.1",
            )
        return size


def _points(measure: str) -> str:
    return _SAME_POINTS.get(measure, measure)


def _names(measure: str | Collection[str]) -> Collection[str]:
    return (measure,) if isinstance(measure, str) else measure


def _checked(number: float, what: str) -> float:
    if not 0 <= number < math.inf:
        raise UsageError(
            f"{what} is {number!r}; it must be a finite number >= 0",
            remedy="give a number such as 10; with 0 there is no penalty",
        )
    return number


def _finite(number: float, what: str) -> float:
    if not number < math.inf:
        raise UsageError(f"{what} would be larger than any number", remedy="give smaller numbers, or a larger sigma")
    return float(number)
