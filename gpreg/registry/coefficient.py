"""The penalty's coefficient: one normal form, and what each paper's and code base's number means in it.

Every penalty here is ``(rho/2) * E_mu[form(grad D)]`` (Kim, Park and Hwang, Definition 4). Papers and code bases write
other multiples, so that "10" differs by a factor of two between them. The conventions are data, in
``conventions.toml`` beside this file.
"""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from gpreg.errors import UsageError, did_you_mean
from gpreg.registry.convention import Convention

SIGMOID = "a penalty on the sigmoid of the critic's output is 16 times weaker where the output is 0"
"""Why a number for the raw output is none for the sigmoid: the square of the sigmoid's slope 1/4."""

_REMEDY = "`gpreg rho` lists all conventions"

_Given = TypeVar("_Given")


@cache
def conventions() -> tuple[Convention, ...]:
    """All known conventions: the general ones first, which are of any measure and form.

    >>> [each.name for each in conventions() if each.general]
    ['rho', 'gamma', 'lambda']
    """
    text = Path(__file__).with_name("conventions.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["convention"]
    return tuple(Convention(**{**row, "aliases": tuple(row.get("aliases", ()))}) for row in rows)


def convention(name: str) -> Convention:
    """The convention of that name or alias; case, hyphens, underscores and spaces do not count.

    >>> convention("wgan_gp").formula, convention("FastGen").formula
    ('rho = 2 lambda', 'rho = 2 weight sigma^2')

    Raises:
        UsageError: there is none, or there are several.
    """
    found = [each for each in conventions() if _plain(name) in map(_plain, (each.name, *each.aliases))]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{name!r} has several conventions: "
            + "; ".join(f"{each.name!r} is {each.term} ({each.formula})" for each in found),
            remedy=f"write one of these names; {_REMEDY}",
        )
    names = [each.name for each in conventions()]
    spelled = {_plain(word): each.name for each in conventions() for word in (*each.aliases, each.name)}
    near = did_you_mean(_plain(name), spelled)
    nearest = next((real for plain, real in spelled.items() if near and repr(plain) in near), None)
    raise UsageError(
        f"there is no convention {name!r}{f'; did you mean {nearest!r}?' if nearest else ''}\nknown are "
        + ", ".join(names),
        remedy=_REMEDY,
    )


def to_rho(value: float | str | Sequence[float], name: str) -> float:
    """The coefficient in normal form that a number, or a number and a sigma, mean in a convention.

    >>> to_rho(10, "lambda"), to_rho(150, "R3GAN"), to_rho(5, "skrl"), to_rho("100,0.1", "aR1")
    (20.0, 150.0, 10.0, 2.0)

    Raises:
        UsageError: the convention is unknown, or the numbers are impossible.
    """
    known, numbers = convention(name), numbers_of(value)
    most = 2 if known.sigma else 1
    if not 1 <= len(numbers) <= most:
        wanted = f"two numbers, {known.symbol} and sigma" if known.sigma else f"one number, {known.symbol}"
        example = "100,0.1" if known.sigma else f"{known.default or 10:g}"
        raise UsageError(
            f"{len(numbers)} numbers are given for {known.name}, which has {wanted}",
            remedy=f"write for example {known.name}={example}",
        )
    return known.rho(*numbers)


def numbers_of(value: float | str | Sequence[float], *, hint: str = "write for example lambda=10") -> list[float]:
    """The numbers of text such as ``"100,0.1"``, of a sequence, or of one number.

    >>> numbers_of("100, 0.1"), numbers_of(10)
    ([100.0, 0.1], [10.0])

    Raises:
        UsageError: one is no number; the hint says what to write.
    """
    values = value.split(",") if isinstance(value, str) else value if isinstance(value, Sequence) else (value,)
    return [_read(each, hint) for each in values]


def read(given: _Given) -> _Given | float:
    """The coefficient of text such as ``"lambda=10"`` or ``"aR1=100,0.1"``; all else as it is.

    >>> read("R3GAN = 150"), read(20.0), read("auto")
    (150.0, 20.0, 'auto')

    Raises:
        UsageError: the convention is unknown, or the numbers are impossible.
    """
    if not isinstance(given, str) or "=" not in given:
        return given
    name, _, value = given.partition("=")
    return to_rho(value, name.strip())


def rho_of(given: float | str) -> float:
    """The coefficient that a number, or text such as ``"lambda=10"``, means; a number is not looked at.

    >>> rho_of("lambda=10"), rho_of(20.0)
    (20.0, 20.0)

    Raises:
        UsageError: the convention is unknown, the numbers are impossible, or the text has no convention.
    """
    found = read(given)
    if isinstance(found, str):
        raise UsageError(
            f"rho is {found!r}; it must be a number, or somebody's, such as 'lambda=10' or 'R3GAN=150'", remedy=_REMEDY
        )
    return found


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A coefficient as one convention writes it.

    Attributes:
        convention: the convention.
        number: what it writes for the coefficient.
        sigma: the size of its noise, where it has one.
        text: number and sigma with their symbols: ``"gamma = 10"``.
    """

    convention: Convention
    number: float
    sigma: float | None
    text: str


def conventions_of(
    rho: float,
    *,
    measure: str | Collection[str] | None = None,
    form: str | None = None,
    of: str | None = "logit",
    sigma: float | None = None,
) -> tuple[Reading, ...]:
    """A coefficient in every convention that is about such a penalty, the general ones first.

    Args:
        rho: the coefficient in normal form.
        measure: a name of ``gpreg list-measures``, or all names that the points have; ``None``: any.
        form: a name of ``gpreg list-forms``, with its default options; ``None``: any.
        of: ``"logit"``, or ``"sigmoid"`` for the gradient of the sigmoid of the critic's output; ``None``: either.
        sigma: the size of the noise of approximate R1; by default each convention's own.

    Raises:
        UsageError: rho is no finite number >= 0, or sigma none > 0.

    >>> found = conventions_of(10.0, measure="pd+pg", form="squared")
    >>> [f"{each.convention.name}: {each.text}" for each in found][:4]
    ['rho: rho = 10', 'gamma: gamma = 10', 'lambda: lambda = 5', 'R3GAN: gamma = 10']
    """
    fitting = (each for each in conventions() if each.fits(measure, form, of))
    sigmas = [(each, each.sigma if each.sigma is None or sigma is None else sigma) for each in fitting]
    return tuple(
        Reading(convention=each, number=each.number(rho, own), sigma=own, text=each.written(rho, own))
        for each, own in sigmas
    )


def in_conventions(rho: float) -> str:
    """The coefficient in the general conventions, for the user: ``"rho=20 (gamma=20, lambda=10)"``."""
    normal, *others = (f"{each.name}={rho / each.factor:g}" for each in conventions() if each.general)
    return f"{normal} ({', '.join(others)})"


def _plain(name: str) -> str:
    return name.lower().translate({ord(each): None for each in "-_ "})


def _read(value: object, hint: str) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # whatever it is, if it is a number
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{value!r} is no number", remedy=hint) from None
