"""The stability of real networks with several measures, which share the modes of R."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpreg.errors import UsageError
from gpreg_theory.advice.stability import Asked, NetworkStability, asked_of, network_stability, require_linear
from gpreg_theory.networks.singular import Tell
from gpreg_theory.networks.strongest import StrongestModes


@dataclass(frozen=True, kw_only=True)
class NetworkComparison:
    """What was found with each measure.

    Attributes:
        found: the results, at least one.
        refused: why nothing could be found with other measures, by name.
    """

    found: tuple[NetworkStability, ...]
    refused: Mapping[str, UsageError]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON knows it."""
        return {
            "networks": [one.to_dict() for one in self.found],
            "refused": [
                {"measure": name, "because": error.message, "remedy": error.remedy}
                for name, error in self.refused.items()
            ],
        }


def network_stabilities(
    of: Mapping[str, Asked | UsageError],
    *,
    run: Path | None = None,
    step: int | str | None = None,
    construction: bool | None = None,
    modes: int = 10,
    stages: Callable[[], AbstractContextManager[Tell | None]] = nullcontext,
) -> NetworkComparison:
    """:func:`gpreg_theory.network_stability` with each of several measures, for which the modes of R are found once.

    A measure without a linearised game is refused, and the others are looked at. Refusals that need no computation come
    first.

    Args:
        of: experiments, plans or runs by the names of their measures; an error for a measure that is refused already.
        run, step, construction, modes: as there, for all measures.
        stages: makes a context manager for each measure; what it returns is told how far the computation is.

    Raises:
        UsageError: nothing can be said with any measure; gives the reason for each.
        DataError, CheckpointError: the data, or the checkpoint, is not there.
    """
    possible: dict[str, Asked] = {}
    refused: dict[str, UsageError] = {}
    for name, asked in of.items():
        try:
            if isinstance(asked, UsageError):
                raise asked
            require_linear(asked_of(asked)[0])
        except UsageError as error:
            refused[name] = error
        else:
            possible[name] = asked
    found, find = [], StrongestModes()
    for name, asked in possible.items():
        try:
            with stages() as tell:
                one = network_stability(
                    asked, run=run, step=step, construction=construction, modes=modes, progress=tell, find=find
                )
        except UsageError as error:
            refused[name] = error
        else:
            found.append(one)
    if not found:
        raise _none_of(refused)
    return NetworkComparison(found=tuple(found), refused=refused)


def _none_of(refused: Mapping[str, UsageError]) -> UsageError:
    """One error that gives the reason for every measure, each reason once."""
    first = next(iter(refused.values()))
    if len(refused) == 1:
        return first
    reasons: dict[str, list[str]] = {}
    for measure, error in refused.items():
        reasons.setdefault(error.message, []).append(measure)
    told = "; ".join(f"{', '.join(measures)}: {reason}" for reason, measures in reasons.items())
    return UsageError(f"none of these measures can be looked at: {told}", remedy=first.remedy)
