"""The table ``[rho]`` of a sweep's file: which policy it means."""

from collections.abc import Mapping, Sequence
from typing import Any

from gpreg.errors import UsageError, did_you_mean
from gpreg.sweeps.policies.fixed import AutoRho, EqualRho, GridRho, RecipeRho
from gpreg.sweeps.policies.numbers import coefficients, seeds_of, trace_of
from gpreg.sweeps.policies.policy import Policy
from gpreg.sweeps.policies.tuned import TunedRho

KEYS: Mapping[str, tuple[str, ...]] = {
    "recipe": (),
    "auto": (),
    "equal": ("trace",),
    "grid": ("values",),
    "tuned": ("values", "tuning_seeds", "halving"),
}
"""The policies, and the keys that the table of each may have."""

GRID = (0.01, 0.1, 1.0, 10.0, 100.0)
"""The coefficients that ``tuned`` tries unless others are named: decades around those of the papers."""

TUNING_SEEDS = (1000, 1001, 1002)
"""The seeds of tuning runs unless others are named: far from those that people count from 0."""


def policy_of(table: Mapping[str, Any] | None, *, seeds: Sequence[int], score: str) -> Policy:
    """The policy that a table ``[rho]`` means; ``None``: that of the recipe.

    >>> policy_of({"policy": "grid", "values": ["lambda=10", 2]}, seeds=[0], score="wasserstein/w1")
    GridRho(values=(2.0, 20.0))
    >>> policy_of({"policy": "tuned", "tuning_seeds": "100:102"}, seeds=[0], score="wasserstein/w1").table
    {'policy': 'tuned', 'values': [0.01, 0.1, 1.0, 10.0, 100.0], 'tuning_seeds': [100, 101], 'halving': False}

    Args:
        table: as TOML has it; coefficients may be written as ``"lambda=10"`` and the like.
        seeds: those of the runs that are reported, which tuning runs must not have.
        score: what rows are compared by, as ``metric/value``.

    Raises:
        UsageError: the policy or a key is unknown, or a value is impossible.
    """
    given = dict(table or {})
    name = given.pop("policy", None if given else "recipe")
    if not isinstance(name, str) or name not in KEYS:
        what = "missing" if name is None else f"{name!r}, which is none{did_you_mean(str(name), KEYS)}"
        raise UsageError(f"rho.policy is {what}", remedy=f'write policy = "tuned"; known are {", ".join(KEYS)}')
    for key in given:
        if key not in KEYS[name]:
            raise _unknown(key, name)
    match name:
        case "auto":
            return AutoRho()
        case "equal":
            return EqualRho(trace_of(given.get("trace", {})))
        case "grid":
            return GridRho(coefficients(given.get("values"), fewest=1))
        case "tuned":
            return _tuned(given, seeds, score)
    return RecipeRho()


def _tuned(given: Mapping[str, Any], seeds: Sequence[int], score: str) -> TunedRho:
    values = coefficients(given.get("values", GRID), fewest=2)
    tuning, halving = seeds_of(given.get("tuning_seeds", TUNING_SEEDS)), given.get("halving", False)
    if not isinstance(halving, bool):
        raise UsageError(f"rho.halving is {halving!r}; it must be true or false", remedy="write halving = true")
    if both := sorted({*tuning} & {*seeds}):
        free = max(*tuning, *seeds) + 1
        raise UsageError(
            f"seeds {', '.join(map(str, both))} would be tuned on and reported; the best of several scores is "
            "also the luckiest",
            remedy=f"tune on fresh seeds, as in --tuning-seeds {free}:{free + len(tuning)}",
        )
    return TunedRho(values, tuning, score, halving)


def _unknown(key: str, policy: str) -> UsageError:
    """Why a key is none of a policy's table."""
    owners = [name for name, keys in KEYS.items() if key in keys]
    if owners:
        return UsageError(
            f"rho.{key} is a key of policy {' and '.join(owners)}, not of {policy!r}",
            remedy=f'leave it out, or write policy = "{owners[-1]}"',
        )
    return UsageError(
        f"the table [rho] has no key {key!r}{did_you_mean(key, KEYS[policy])}",
        remedy=f"policy {policy!r} has {', '.join(KEYS[policy]) or 'no keys of its own'}",
    )
