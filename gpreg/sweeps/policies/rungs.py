"""Rungs: how many values are tried for how many steps, before one is chosen."""

from dataclasses import dataclass

FEWEST = 2
"""Values on the last rung of a halving: of one there is nothing left to choose."""

SHORTEST = 4
"""Steps of a run that has a quarter."""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One stage of a choice.

    Attributes:
        steps: generator steps that each of its runs has made in all when its scores are compared.
        values: how many coefficients are on it.
    """

    steps: int
    values: int


def full_grid(values: int, steps: int) -> tuple[Rung, ...]:
    """All values, for all steps.

    >>> full_grid(5, 1000)
    (Rung(steps=1000, values=5),)
    """
    return (Rung(steps=steps, values=values),)


def halved(values: int, steps: int) -> tuple[Rung, ...]:
    """Successive halving over steps (Jamieson and Talwalkar, 2016): all values for a quarter, the better half go on.

    Half of the steps are made by the better half, and all steps by the best quarter, but never by fewer than
    :data:`FEWEST` values. Rungs that would drop no value are left out.

    >>> [(rung.values, rung.steps) for rung in halved(8, 1000)]
    [(8, 250), (4, 500), (2, 1000)]
    >>> [(rung.values, rung.steps) for rung in halved(3, 1000)]
    [(3, 250), (2, 1000)]
    >>> halved(2, 1000)
    (Rung(steps=1000, values=2),)
    """
    if steps < SHORTEST:
        return full_grid(values, steps)
    half = max(FEWEST, -(-values // 2))
    stages = {values: -(-steps // 4), half: -(-steps // 2)}  # if both are as many, the second says for how long
    stages[max(FEWEST, -(-half // 2))] = steps
    return tuple(Rung(steps=length, values=count) for count, length in stages.items())


def budget(rungs: tuple[Rung, ...]) -> int:
    """Generator steps for one seed, over all values: each run goes on from where the rung before left it.

    >>> budget(full_grid(8, 1000)), budget(halved(8, 1000))
    (8000, 4000)
    """
    done = [0, *(rung.steps for rung in rungs)]
    return sum(rung.values * (rung.steps - before) for rung, before in zip(rungs, done[:-1], strict=True))
