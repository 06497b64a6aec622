"""Numbers of the theory as text."""

import math
from collections.abc import Iterable, Sequence

ROUNDING = 1e-6
"""Integration leaves a coordinate that should be 0 within this of 0."""

SHOWN = 6
"""The most eigenvalues, modes and coordinates that are printed; JSON has all."""


def number(value: float | None) -> str:
    """A number with four digits; a dash for one that is not known."""
    return "–" if value is None else "∞" if value == math.inf else f"{value:.4g}"


def point(values: Iterable[float]) -> str:
    """Coordinates in parentheses."""
    numbers = [f"{0.0 if abs(value) < ROUNDING else float(value):.4g}" for value in values]
    shown = ", ".join(numbers[:SHOWN])
    return f"({shown}, ...)" if len(numbers) > SHOWN else f"({shown})"


def named(names: Sequence[str], values: Iterable[float]) -> str:
    """Coordinates with their names; of many, only those that are not 0."""
    pairs = list(zip(names, map(float, values), strict=True))
    if len(pairs) <= SHOWN:
        return ", ".join(f"{name} = {value:.4g}" for name, value in pairs)
    other = [f"{name} = {value:.4g}" for name, value in pairs if value]
    return ", ".join([*other[:SHOWN], f"{'the other' if other else 'all'} {len(pairs) - len(other)} coordinates 0"])


def spectrum(values: Iterable[complex]) -> str:
    """The distinct eigenvalues, slowest first, with a conjugate pair as one."""
    shown = dict.fromkeys(
        _eigenvalue(complex(value)) for value in sorted(values, key=lambda z: (-z.real, -abs(z.imag)))
    )
    more = f", and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return ", ".join(list(shown)[:SHOWN]) + more


def _eigenvalue(value: complex) -> str:
    size = abs(value)
    real = 0.0 if abs(value.real) < 1e-9 * size else value.real
    imaginary = 0.0 if abs(value.imag) < 1e-7 * size else abs(value.imag)
    if not imaginary:
        return f"{real + 0.0:.4g}"
    return f"{real:.4g} ± {imaginary:.4g}i" if real else f"±{imaginary:.4g}i"
