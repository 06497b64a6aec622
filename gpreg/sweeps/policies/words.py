"""The words of a command line that mean a policy, as the table ``[rho]`` of a sweep's file."""

from typing import Any

from gpreg.errors import UsageError, did_you_mean
from gpreg.registry.coefficient import convention
from gpreg.sweeps.policies.table import KEYS

_OPTIONS = {"values": "--grid", "tuning_seeds": "--tuning-seeds", "halving": "--halving"}


def table_of(
    rho: str | None = None, *, grid: str | None = None, tuning_seeds: str | None = None, halving: bool = False
) -> dict[str, Any] | None:
    """The table that words mean, ``None`` if there are none; its values are looked at by ``policy_of``.

    >>> table_of("0.1,1,lambda=10")
    {'policy': 'grid', 'values': ['0.1', '1', 'lambda=10']}
    >>> table_of("tuned", grid="0.1,1", tuning_seeds="100:102", halving=True)
    {'policy': 'tuned', 'values': ['0.1', '1'], 'tuning_seeds': '100:102', 'halving': True}

    Args:
        rho: a policy, or one or several coefficients with commas between them.
        grid: the coefficients that ``tuned`` chooses from.
        tuning_seeds: the seeds of the runs by which it chooses.
        halving: whether it gives most of them up early.

    Raises:
        UsageError: the options do not go together, or the policy is unknown.
    """
    given: dict[str, Any] = {}
    if grid is not None:
        given["values"] = _values(grid)
    if tuning_seeds is not None:
        given["tuning_seeds"] = tuning_seeds
    if halving:
        given["halving"] = True
    if given and rho != "tuned":
        raise UsageError(
            f"{', '.join(_OPTIONS[key] for key in given)} says how rho is tuned, and --rho is "
            + ("not given" if rho is None else rho),
            remedy="`--rho tuned --grid 0.1,1,10` chooses the best for each row; `--rho 0.1,1,10` shows them all",
        )
    if rho is None:
        return None
    if rho in KEYS and rho != "grid":
        return {"policy": rho, **given}
    if rho.replace("-", "").isalpha():
        known = [name for name in KEYS if name != "grid"]
        raise UsageError(
            f"--rho {rho} is neither a number nor a policy{did_you_mean(rho, known)}",
            remedy=f"write numbers, as in --rho 0.1,1,10, or one of {', '.join(known)}",
        )
    return {"policy": "grid", "values": _values(rho)}


def _values(text: str) -> list[str]:
    """The coefficients between commas.

    Raises:
        UsageError: one is of a convention with two numbers, the comma between which is not that between two of them.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        name, equals, number = word.partition("=")
        if equals and (known := convention(name.strip())).sigma:
            raise UsageError(
                f"{word} is of {known.name}, which has two numbers, and here a comma separates coefficients",
                remedy=f"`gpreg rho {number or 100},{known.sigma:g} {known.name}` says what it is as rho: write that",
            )
    return words
